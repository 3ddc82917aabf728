import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import sharp from 'sharp';
import { defineConfig, type Plugin } from 'vite';
import { leftOut } from './crew/words-left-out.ts';

/** Every script a server-rendered page may ask for; the manifest maps these paths to hashed names. */
const entries = [
  'web/desk/main.ts',
  'web/desk/call-main.ts',
  'web/crew/main.ts',
  'web/crew/sw.ts',
  'web/shelter/main.ts',
  'web/tally/main.ts',
  'web/duty/main.ts',
  'web/plans/main.ts',
  'web/admin/main.ts',
  'web/signin/main.ts',
  'web/public/report.ts',
  'web/public/follow.ts',
  'web/public/shelters.ts',
  'web/public/sw.ts',
  'web/public/guide.ts',
  'web/public/setup.ts',
  'web/public/posters.ts',
];

const root = fileURLToPath(new URL('..', import.meta.url));

const input = Object.fromEntries(
  entries
    .filter((entry) => existsSync(`${root}/${entry}`))
    // 'web/desk/main.ts' -> 'desk-main': a file name that says in the browser's tools whose it is
    .map((entry) => [entry.slice('web/'.length, -'.ts'.length).replace('/', '-'), entry]),
);

/** The crew's icon in the sizes that phones ask for; the manifest names them as if they lay beside the drawing. */
function icons(): Plugin {
  const drawing = fileURLToPath(new URL('crew/icon.svg', import.meta.url));
  return {
    name: 'icons',
    apply: 'build',
    async generateBundle() {
      for (const size of [180, 192, 512])
        this.emitFile({
          type: 'asset',
          name: `icon-${String(size)}.png`,
          originalFileName: `web/crew/icon-${String(size)}.png`,
          source: await sharp(drawing, { density: 72 * (size / 48) })
            .resize(size)
            .png({ compressionLevel: 9 })
            .toBuffer(),
        });
    },
  };
}

/** `<catalogue>.json?crew`: the catalogue without what only other pages say. */
function crewWords(): Plugin {
  return {
    name: 'crew-words',
    enforce: 'pre',
    load(id) {
      const [file = '', face] = id.split('?');
      if (face !== 'crew' || !file.endsWith('.json')) return null;
      const all = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>);
      const part = Object.fromEntries(all.filter(([key]) => !leftOut.includes(key.split('.')[0] ?? '')));
      return { code: `export default ${JSON.stringify(part)}`, moduleType: 'js' };
    },
  };
}

// es2020 for all: the public pages must run on old phones, and they share chunks with the apps.
export default defineConfig({
  root,
  base: '/assets/',
  publicDir: false,
  cacheDir: 'node_modules/.cache/vite',
  plugins: [vue(), icons(), crewWords()],
  define: { __VUE_OPTIONS_API__: 'false' },
  build: {
    outDir: 'dist/web',
    emptyOutDir: true,
    assetsDir: '.',
    manifest: true,
    target: 'es2020',
    // inlined assets would be data: URLs, which the content security policy refuses
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // a build takes seconds; which plugin took them is nobody's concern at every start
    rolldownOptions: { input, checks: { pluginTimings: false } },
  },
});
