import type { SessionRow } from '../../shared/users.ts';
import type { Role } from '../../shared/roles.ts';
import { dataBlock, type EmergencyNumber, html, ICON, sendPage } from './html.ts';
import type { Page, PageContext } from './route.ts';

/** What an app is told at its start; web/ui/boot.ts reads it. */
export interface BootFacts {
  session: SessionRow | null;
  emergency: EmergencyNumber[];
  timeZone: string;
  version: string;
  /** false where a browser would not keep a session safe: the page says so instead of failing */
  secure: boolean;
}

/** A page that is an app: who may use it, and its entry in web/. */
export interface App {
  path: string;
  entry: string;
  title: string;
  roles: readonly Role[];
}

const SIGN_IN = 'web/signin/main.ts';

/** Answers 200 with the app, or with the sign-in page at the same address. */
export const appPage = (
  app: App,
  facts: (page: PageContext, req: Parameters<Page['handle']>[1]) => Promise<BootFacts>,
): Page => ({
  method: 'GET',
  path: app.path,
  handle: async (page, req, res) => {
    const boot = await facts(page, req);
    const allowed = boot.session !== null && app.roles.includes(boot.session.user.role);
    const { styles, script } = page.assets(allowed ? app.entry : SIGN_IN);
    sendPage(
      res,
      200,
      html`<!doctype html>
        <html lang="${page.locale}">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="color-scheme" content="light dark" />
            <link rel="icon" href="${ICON}" />
            <title>${page.t(app.title)} – ${page.t('app.name')}</title>
            ${styles.map((href) => html`<link rel="stylesheet" href="${href}" />`)}
            ${script !== null && html`<script type="module" src="${script}"></script>`}
          </head>
          <body>
            <div id="app"></div>
            <noscript>${page.t('app.noscript')} <a href="/report">${page.t('app.report_link')}</a></noscript>
            ${dataBlock('boot', { ...boot, locale: page.locale, tiles: page.tiles, app: app.path, wrongRole: boot.session !== null && !allowed })}
          </body>
        </html> `,
      true,
    );
  },
});
