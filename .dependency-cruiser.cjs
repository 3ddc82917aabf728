// Who may import whom: the table of ARCHITECTURE.md, checked by `npm run check`.
// An exception belongs here, beside the rule it bends, with its reason.

/**
 * The nouns, in order. Server code of a noun may import commands or queries of nouns before it, never of nouns after it:
 * so no two nouns need each other, and the list can be read from left to right. A new noun takes its place here first.
 */
const nouns = [
  'stations',
  'users',
  'informants',
  'tasks',
  'weather',
  'alerts',
  'feeds',
  'sites',
  'places',
  'shelters',
  'stays',
  'hsds',
  'supplies',
  'patrols',
  'positions',
  'panics',
  'rounds',
  'incidents',
  'sightings',
  'dispatches',
  'rechecks',
  'encounters',
  'coverage',
  'calls',
  'presence',
  'duty',
  'plans',
  'tally',
];
const plumbing = ['http', 'db', 'realtime', 'jobs'];
/** Folders of web/ that are whole pages: they put nouns together, and nobody imports them. */
const apps = ['desk', 'crew', 'shelter', 'admin', 'signin', 'public'];
/** Nouns whose own page puts others together, beside what desk and crew take from them. */
const pages = ['plans', 'duty'];
const kits = ['live', 'map', 'ui'];

const any = (names) => `(${names.join('|')})`;
/** Matches the named packages, or their types, wherever npm has put them. */
const packages = (...names) => `(^|/)node_modules/(@types/)?${any(names)}/`;

const inOrder = nouns.map((noun, at) => {
  const before = nouns.slice(0, at);
  const allowed = [`${noun}/`, ...before.map((other) => `${other}/(commands|queries)[^/]*[.]ts$`)];
  return {
    name: `order-${noun}`,
    comment: `server/${noun} may use itself and the commands or queries of: ${before.join(', ') || 'no other noun'}. Move the shared part left, or let a fact carry it.`,
    severity: 'error',
    from: { path: `^server/${noun}/` },
    to: { path: `^server/${any(nouns)}/`, pathNot: `^server/${any(allowed)}` },
  };
});

const rules = [
  {
    name: 'no-cycle',
    comment: 'Two files that need each other are one file, or miss a third that both need.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-unresolved',
    comment: 'This import leads nowhere.',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-undeclared-package',
    comment: 'Runtime code may use only packages of "dependencies": a production image has no others. Types are free.',
    from: { path: '^(server|shared)/', pathNot: '^server/run[.]mjs$' },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-optional'],
      dependencyTypesNot: ['type-only'],
      pathNot: '(^|/)node_modules/@types/',
    },
  },
  {
    name: 'no-barrel',
    comment: 'Import from the file that has the thing. A barrel file loads everything for anything and breeds cycles.',
    from: {},
    to: { path: '(^|/)index[.](ts|js|mjs|vue)$', pathNot: '(^|/)node_modules/' },
  },
  {
    name: 'nobody-imports-tests',
    comment: 'Tests are for the code, not the code for the tests.',
    from: { pathNot: '^test/' },
    to: { path: '^test/' },
  },

  // shared/ and migrations/
  {
    name: 'shared-is-pure',
    comment:
      'Both sides run shared/: only itself, zod/mini, turf and gcoord. No Node, no DOM, no I/O, no folder of ours.',
    from: { path: '^shared/' },
    to: { pathNot: ['^shared/', packages('zod', '@turf/[^/]+', 'gcoord', 'geojson')] },
  },
  {
    name: 'migrations-stand-alone',
    comment: "A migration must mean the same in five years: only knex's types, nothing of ours.",
    from: { path: '^migrations/' },
    to: { pathNot: packages('knex') },
  },
  {
    name: 'migrations-take-types-only',
    comment: 'A migration is handed its connection; it needs nothing of knex when it runs.',
    from: { path: '^migrations/' },
    to: { path: packages('knex'), dependencyTypesNot: ['type-only'] },
  },

  // server/
  {
    name: 'server-known-folder',
    comment: 'A new noun takes its place in the order first: the array `nouns` in .dependency-cruiser.cjs.',
    from: {},
    to: { path: '^server/[^/]+/', pathNot: `^server/${any([...nouns, ...plumbing, 'demo', 'operations'])}/` },
  },
  {
    name: 'server-not-web',
    comment: 'The server knows the browser only by the built manifest.',
    from: { path: '^server/' },
    to: { path: '^(web|migrations)/' },
  },
  {
    name: 'plumbing-knows-no-noun',
    comment: 'http, db, realtime and jobs serve every noun alike; app.ts hands them what they need.',
    from: { path: `^server/${any(plumbing)}/` },
    to: { path: `^server/(${any(nouns)}/|demo/|app[.]ts$|main[.]ts$)` },
  },
  {
    name: 'context-knows-no-noun',
    comment: 'ctx is the small thing every command gets: a noun in it would be in every command.',
    from: { path: '^server/(context|config)[.]ts$' },
    to: { path: `^server/(${any(nouns)}/|demo/|app[.]ts$|main[.]ts$)` },
  },
  {
    name: 'noun-knows-no-root',
    comment: 'app.ts and main.ts put nouns together; a noun that needs them is not a noun.',
    from: { path: `^server/${any(nouns)}/` },
    to: { path: '^server/(demo/|app[.]ts$|main[.]ts$)' },
  },
  {
    name: 'config-is-handed-in',
    comment:
      'Only app.ts and main.ts read the configuration; others take what they need as an argument (its type is free).',
    from: { path: '^server/[^/]+/' },
    to: { path: '^server/config[.]ts$', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'queries-below-commands',
    comment: 'routes -> commands -> queries: at most three files from URL to SQL, in this direction.',
    from: { path: `^server/${any(nouns)}/queries[^/]*[.]ts$` },
    to: { path: '^server/[^/]+/(commands|routes|pages|jobs)[^/]*[.]ts$' },
  },
  {
    name: 'commands-below-routes',
    comment: 'routes -> commands -> queries: a command does not know who calls it.',
    from: { path: `^server/${any(nouns)}/commands[^/]*[.]ts$` },
    to: { path: '^server/[^/]+/(routes|pages|jobs)[^/]*[.]ts$' },
  },
  ...inOrder,
  {
    name: 'demo-speaks-http',
    comment:
      'The playing night is a client like any other: shared/, Node, and HTTP. Only then does it show that the service works.',
    from: { path: '^server/demo/' },
    // zod/mini is what shared/ speaks; the demo reads answers with it
    to: { pathNot: ['^server/demo/', '^shared/', '/zod/mini/'], dependencyTypesNot: ['core'] },
  },
  {
    name: 'demo-is-composed-in-main',
    comment: 'Only main.ts starts the demo.',
    from: { path: '^server/', pathNot: '^server/(demo/|main[.]ts$)' },
    to: { path: '^server/demo/' },
  },
  {
    name: 'operations-know-no-noun',
    comment:
      'Backup, restore and doctor work on any database of ours, whatever nouns are in it: db, and words to speak.',
    from: { path: '^server/operations/' },
    to: { path: '^server/', pathNot: ['^server/(operations|db)/', '^server/http/words[.]ts$', '^server/config[.]ts$'] },
  },
  {
    name: 'operations-are-composed-in-main',
    comment: 'Only main.ts runs what an operator calls.',
    from: { path: '^server/', pathNot: '^server/(operations/|main[.]ts$)' },
    to: { path: '^server/operations/' },
  },
  {
    name: 'express-at-the-edge',
    comment: 'express belongs to server/http, app.ts, and the routes and pages of a noun; commands know no request.',
    from: {
      path: '^(server|shared|web)/',
      pathNot: ['^server/http/', '^server/app[.]ts$', `^server/${any(nouns)}/(routes|pages)[^/]*[.]ts$`],
    },
    to: { path: packages('express', 'express-serve-static-core') },
  },
  {
    name: 'socket-io-in-realtime',
    comment: 'A noun records a fact; the relay tells who hears it. Nothing else emits.',
    from: { path: '^(server|shared|web)/', pathNot: '^server/(realtime/|app[.]ts$|main[.]ts$)' },
    to: { path: packages('socket.io') },
  },
  {
    name: 'drivers-in-db',
    comment: 'Nothing outside server/db may know which database it is.',
    from: { path: '^(server|shared|web)/', pathNot: '^server/db/' },
    to: { path: packages('pg', '@electric-sql/pglite', '@electric-sql/pglite-postgis') },
  },
  {
    name: 'knex-in-db',
    comment: 'Elsewhere ctx.db is given; its type may be named.',
    from: { path: '^(server|shared|web)/', pathNot: '^server/db/' },
    to: { path: packages('knex'), dependencyTypesNot: ['type-only'] },
  },

  // web/
  {
    name: 'web-known-folder',
    comment:
      'A folder of web/ is a noun, a page (desk, crew, shelter, signin, public) or live, map, ui: see .dependency-cruiser.cjs.',
    from: {},
    to: { path: '^web/[^/]+/', pathNot: `^web/${any([...nouns, ...apps, ...kits])}/` },
  },
  {
    name: 'web-not-server',
    comment: 'The two sides meet in shared/.',
    from: { path: '^web/' },
    to: { path: '^(server|migrations)/' },
  },
  {
    name: 'web-not-node',
    comment: 'A browser has no Node.',
    from: { path: '^web/', pathNot: '^web/vite[.]config[.]ts$' },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'web-noun-alone',
    comment: 'Nouns meet in the store: web/<noun> may use itself, shared, live, map and ui.',
    from: { path: `^web/${any(nouns.filter((noun) => !pages.includes(noun)))}/` },
    to: { path: '^web/', pathNot: ['^web/$1/', `^web/${any(kits)}/`] },
  },
  {
    name: 'web-kit-below',
    comment: 'live, map and ui serve every noun and page alike, so they know none.',
    from: { path: `^web/${any(kits)}/` },
    to: { path: '^web/', pathNot: `^web/${any(kits)}/` },
  },
  {
    name: 'web-app-alone',
    comment: 'A page does not load another page.',
    from: { path: `^web/${any(apps)}/` },
    to: { path: `^web/${any(apps)}/`, pathNot: '^web/$1/' },
  },
  {
    name: 'public-without-framework',
    comment: 'The public pages have 20 kB of script for a cheap phone on a slow line.',
    from: { path: '^web/public/' },
    to: { path: packages('vue', '@vue/[^/]+', 'socket.io-client', 'i18next', 'pinia', 'reka-ui') },
  },
  {
    name: 'leaflet-behind-map',
    comment: 'Leaflet says [lat, lon]; only web/map and web/<noun>/layer.ts may, so that nobody mixes the order up.',
    from: { path: '^(server|shared|web)/', pathNot: ['^web/map/', '^web/[^/]+/layer[.]ts$'] },
    to: { path: packages('leaflet', 'leaflet[^/]*', 'protomaps-leaflet', 'supercluster') },
  },
  {
    name: 'socket-in-live',
    comment: 'One place listens; everyone else reads the store.',
    from: { path: '^(server|shared|web)/', pathNot: '^web/live/' },
    to: { path: packages('socket.io-client') },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: rules.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    // an import of a type is an import too
    tsPreCompilationDeps: true,
    // paths need no alias; the parser is told of TypeScript by the file names
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.vue', '.json', '.d.ts'],
    },
    cache: { folder: 'node_modules/.cache/dependency-cruiser', strategy: 'content' },
  },
};
