import type { SessionRow } from '../../shared/users.ts';
import type { Role } from '../../shared/roles.ts';
import type { RuleKey } from '../../shared/rules.ts';
import { cookieOf } from './cookies.ts';
import { dataBlock, type EmergencyNumber, html, type Html, ICON, sendPage } from './html.ts';
import type { Page, PageContext } from './route.ts';

/** What an app is told at its start; web/ui/boot.ts reads it. */
export interface BootFacts {
  session: SessionRow | null;
  emergency: EmergencyNumber[];
  timeZone: string;
  version: string;
  /** false where a browser would not keep a session safe: the page says so instead of failing */
  secure: boolean;
  /** the demonstration, where nothing acts by itself when it is still; null in earnest */
  demo: { still: boolean } | null;
  /** the rules of the field that the app itself goes by, at this person's station, so that they hold without a network */
  rules: Partial<Record<RuleKey, unknown>>;
  /** nobody is signed in, and the session that was here was taken out of service */
  revoked: boolean;
}

/** A page that is an app: who may use it, and its entry in web/. */
export interface App {
  path: string;
  entry: string;
  title: string;
  roles: readonly Role[];
  /** can be put on a phone's home screen */
  installable?: boolean;
  /** rules of the field its page is told at its start */
  rules?: readonly RuleKey[];
}

const SIGN_IN = 'web/signin/main.ts';

/** The bars' ground by day and by night, --surface in web/ui/tokens.css: the browser paints its own bar alike. */
const surfaces = { light: '#ffffff', dark: '#161d26' };

/** What lets a phone put the page on its home screen; see install.ts. */
const installLinks = ({ locale, file }: PageContext): Html => {
  const icon = file('web/crew/icon-180.png');
  return html`<link rel="manifest" href="/crew/manifest.webmanifest?lang=${locale}" />
    ${icon !== null && html`<link rel="apple-touch-icon" href="${icon}" />`}`;
};

/** Answers 200 with the app, or at the same address with the page to sign in or to set up a second factor. */
export const appPage = (
  app: App,
  facts: (page: PageContext, req: Parameters<Page['handle']>[1]) => Promise<BootFacts>,
): Page => ({
  method: 'GET',
  path: app.path,
  handle: async (page, req, res) => {
    const boot = await facts(page, req);
    const { session } = boot;
    const fits = session !== null && app.roles.includes(session.user.role);
    const allowed = fits && !session.mustEnrol;
    const { styles, script } = page.assets(allowed ? app.entry : SIGN_IN);
    // for the crew's worker, which keeps the app and never the sign-in page
    res.setHeader('x-app', allowed ? app.path : 'sign-in');
    const chosen = cookieOf(req.headers, 'theme');
    // before the first paint: a white flash at night blinds whoever chose the night
    const theme = (chosen === 'day' || chosen === 'night') && html`data-theme="${chosen}"`;
    sendPage(
      res,
      200,
      html`<!doctype html>
        <html lang="${page.locale}" ${theme}>
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="color-scheme" content="light dark" />
            ${Object.entries(surfaces).map(
              ([scheme, color]) =>
                html`<meta name="theme-color" media="(prefers-color-scheme: ${scheme})" content="${color}" />`,
            )}
            ${app.installable === true && installLinks(page)}
            <link rel="icon" href="${ICON}" />
            <title>${page.t(app.title)} – ${page.t('app.name')}</title>
            ${styles.map((href) => html`<link rel="stylesheet" href="${href}" />`)}
            ${script !== null && html`<script type="module" src="${script}"></script>`}
          </head>
          <body>
            <div id="app"></div>
            <noscript>${page.t('app.noscript')} <a href="/report">${page.t('app.report_link')}</a></noscript>
            ${dataBlock('boot', { ...boot, locale: page.locale, tiles: page.tiles, app: app.path, roles: app.roles, wrongRole: session !== null && !fits && !session.mustEnrol })}
          </body>
        </html> `,
      true,
    );
  },
});
