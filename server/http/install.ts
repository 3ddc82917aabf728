/** What makes the crew's page an app on a phone: its manifest, its icons, and its worker at an address that stays. */
import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Assets } from './assets.ts';
import { cookieOf } from './cookies.ts';
import { chooseLocale, translator } from './words.ts';

const PAGE = '/crew';
/** The night palette's ground (web/ui/tokens.css): the page opens at night, and a splash must not blind. */
const NIGHT = '#0e131a';
/** Made by the build from web/crew/icon.svg; see web/vite.config.ts. */
const icons = [
  { name: 'web/crew/icon-192.png', sizes: '192x192', purpose: 'any' },
  { name: 'web/crew/icon-512.png', sizes: '512x512', purpose: 'any' },
  { name: 'web/crew/icon-512.png', sizes: '512x512', purpose: 'maskable' },
] as const;

/** GET /crew/manifest.webmanifest?lang=: who the app is, in the language of the page that names it. */
export const crewManifest =
  (assets: Assets): RequestHandler =>
  (req, res) => {
    const locale = chooseLocale(req.query['lang'], cookieOf(req.headers, 'lang'), req.headers['accept-language']);
    const t = translator(locale);
    res.set({ 'cache-control': 'no-cache', vary: 'Accept-Language, Cookie' });
    res.type('application/manifest+json').send(
      JSON.stringify({
        id: PAGE,
        name: t('crew.app.name'),
        short_name: t('crew.app.short'),
        description: t('app.tagline'),
        lang: locale,
        start_url: PAGE,
        scope: PAGE,
        display: 'standalone',
        background_color: NIGHT,
        theme_color: NIGHT,
        icons: icons.flatMap(({ name, ...icon }) => {
          const src = assets.file(name);
          return src === null ? [] : [{ src, type: 'image/png', ...icon }];
        }),
      }),
    );
  };

/** GET /crew/sw.js: the worker as built, told what belongs to the page; its text changes when any of that does. */
export function crewWorker(assets: Assets): RequestHandler {
  const script = assets.text('web/crew/sw.ts');
  const files = assets.all('web/crew/main.ts');
  const edition = createHash('sha256')
    .update(JSON.stringify([script, files]))
    .digest('hex')
    .slice(0, 12);
  const text = script === null ? null : `const precache = ${JSON.stringify({ edition, files })};\n${script}`;
  return (_req, res, next) => {
    if (text === null) {
      next();
      return;
    }
    // the script lies below the page it serves, which a browser allows only when told so
    res.set({ 'cache-control': 'no-cache', 'service-worker-allowed': PAGE });
    res.type('text/javascript').send(text);
  };
}
