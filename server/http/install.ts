/** What makes pages open without a network: their workers at addresses that stay; and the crew's an app, with a manifest and icons. */
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

/** A service worker: its source, the pages it may stand before, and the files it keeps for them from the beginning. */
interface Worker {
  script: string;
  scope: string;
  files: readonly string[];
}

/** A worker as built, told what belongs to its pages; its text changes when any of that does. */
function serveWorker(assets: Assets, { script: name, scope, files }: Worker): RequestHandler {
  const script = assets.text(name);
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
    res.set({ 'cache-control': 'no-cache', 'service-worker-allowed': scope });
    res.type('text/javascript').send(text);
  };
}

/** GET /crew/sw.js: everything the crew's page may ask for, so that it opens anywhere. */
export const crewWorker = (assets: Assets): RequestHandler =>
  serveWorker(assets, { script: 'web/crew/sw.ts', scope: PAGE, files: assets.all('web/crew/main.ts') });

/** GET /shelters/sw.js: what the list needs to be read; nobody is made to load a map who did not ask for one. */
export const publicWorker = (assets: Assets): RequestHandler =>
  serveWorker(assets, {
    script: 'web/public/sw.ts',
    scope: '/shelters',
    files: assets.needs('web/public/shelters.ts'),
  });
