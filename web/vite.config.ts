import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

/** Every script a server-rendered page may ask for; the manifest maps these paths to hashed names. */
const entries = [
  'web/desk/main.ts',
  'web/crew/main.ts',
  'web/crew/sw.ts',
  'web/shelter/main.ts',
  'web/tally/main.ts',
  'web/signin/main.ts',
  'web/public/report.ts',
  'web/public/follow.ts',
  'web/public/shelters.ts',
];

const root = fileURLToPath(new URL('..', import.meta.url));

const input = Object.fromEntries(
  entries
    .filter((entry) => existsSync(`${root}/${entry}`))
    // 'web/desk/main.ts' -> 'desk-main': a file name that says in the browser's tools whose it is
    .map((entry) => [entry.slice('web/'.length, -'.ts'.length).replace('/', '-'), entry]),
);

// es2020 for all: the public pages must run on old phones, and they share chunks with the apps.
export default defineConfig({
  root,
  base: '/assets/',
  publicDir: false,
  cacheDir: 'node_modules/.cache/vite',
  plugins: [vue()],
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
