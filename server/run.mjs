// Starts the built server, building first whatever is stale. Plain JavaScript: it runs before anything is built.
//   node server/run.mjs start|demo [flags]   build what is stale, then run in this process, so that signals reach the server
//   node server/run.mjs backup|restore|doctor ...   the same, without the browser's part
//   node server/run.mjs build [--force]      only build
//   tsx watch server/run.mjs dev [flags]     run the source of the server, with a built web
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');

/** Each part is a folder of dist/, built from these folders of source. */
const parts = [
  { name: 'server', from: ['server', 'shared'], build: buildServer },
  { name: 'migrations', from: ['migrations'], build: buildMigrations },
  { name: 'web', from: ['web', 'shared'], build: buildWeb },
];

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** The version in package.json's `engines`, so that it is said in one place only. */
async function checkNode() {
  const { engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const wanted = /\d+(\.\d+)*/.exec(engines.node)[0].split('.').map(Number);
  const have = process.versions.node.split('.').map(Number);
  const older = have[0] !== wanted[0] ? have[0] < wanted[0] : have[1] < (wanted[1] ?? 0);
  if (older) fail(`Warmpath needs Node.js ${wanted.join('.')} or newer; this is ${process.version}.`);
}

/** Absolute paths of all files under `folder`, sorted, so that the order of the disk does not matter. */
async function filesUnder(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** A hash of contents, not of times: a fresh checkout or a copied folder has new times and the same contents. */
async function fingerprint(part) {
  const hash = createHash('sha256').update(process.versions.node.split('.')[0]);
  const files = [fileURLToPath(import.meta.url), join(root, 'package-lock.json')].filter((file) => existsSync(file));
  for (const folder of part.from)
    if (existsSync(join(root, folder))) files.push(...(await filesUnder(join(root, folder))));
  for (const file of files)
    hash
      .update(relative(root, file))
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  return hash.digest('hex');
}

/** Vite's build for Node: packages stay outside; all files lie flat in `outDir`, as `import.meta.url` there has it. */
async function buildForNode(input, outDir) {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'warn',
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      target: 'node20',
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        input,
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  });
}

/**
 * dist/server: main.js, and beside it what the code opens by path rather than imports: worker threads (plain *.mjs files,
 * and *.worker.ts built to *.worker.js), the data of the demo and of rehearsals as demo/data and plans/data, and the texts of
 * the guides as guide.
 */
async function buildServer(outDir) {
  const files = await filesUnder(join(root, 'server'));
  const workers = files.filter((file) => file.endsWith('.worker.ts'));
  await buildForNode([join(root, 'server/main.ts'), ...workers], outDir);
  for (const file of files) {
    if (file.endsWith('.mjs') && file !== fileURLToPath(import.meta.url)) await cp(file, join(outDir, basename(file)));
  }
  for (const data of ['demo/data', 'plans/data'])
    if (existsSync(join(root, 'server', data)))
      await cp(join(root, 'server', data), join(outDir, data), { recursive: true });
  await cp(join(root, 'server/http/guide'), join(outDir, 'guide'), { recursive: true });
}

/** dist/migrations: one file for each migration, under its own name, because the database remembers the names. */
async function buildMigrations(outDir) {
  const sources = (await filesUnder(join(root, 'migrations'))).filter((file) => file.endsWith('.ts'));
  if (sources.length > 0) await buildForNode(sources, outDir);
  else await mkdir(outDir, { recursive: true });
}

/** dist/web: hashed files and .vite/manifest.json, which tells the server their names. */
async function buildWeb(outDir) {
  const { build } = await import('vite');
  await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn', build: { outDir, emptyOutDir: true } });
}

/**
 * Builds one part when its sources changed. It is built beside its place and then moved there: a build that fails or is
 * interrupted leaves the old one standing, and two processes that build at once do not mix their files.
 */
async function refresh(part, force) {
  const place = join(dist, part.name);
  const stampFile = join(dist, `${part.name}.stamp`);
  const stamp = await fingerprint(part);
  const built = existsSync(place) ? await readFile(stampFile, 'utf8').catch(() => '') : '';
  if (built === stamp && !force) return;
  const began = performance.now();
  const fresh = join(dist, `.${part.name}-${process.pid}`);
  try {
    await part.build(fresh);
    await rm(stampFile, { force: true });
    await rm(place, { recursive: true, force: true });
    await rename(fresh, place);
    await writeFile(stampFile, stamp);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  console.log(`  built ${part.name} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/** True when vite is installed; a production image has neither vite nor the need for it. */
function canBuild() {
  try {
    createRequire(import.meta.url).resolve('vite');
    return true;
  } catch {
    return false;
  }
}

const [command, ...flags] = process.argv.slice(2);
/** Runs once and ends; needs no pages. */
const operations = ['backup', 'restore', 'doctor'];
if (!['start', 'demo', 'build', 'dev', ...operations].includes(command))
  fail(`usage: node server/run.mjs start|demo|build|${operations.join('|')} [flags]`);
await checkNode();

const entry = command === 'dev' ? join(root, 'server/main.ts') : join(dist, 'server/main.js');
let browserBuilt = Promise.resolve();
if (canBuild()) {
  await mkdir(dist, { recursive: true });
  const wanted =
    command === 'dev'
      ? ['web']
      : operations.includes(command)
        ? ['server', 'migrations']
        : parts.map(({ name }) => name);
  const force = command === 'build' && flags.includes('--force');
  const chosen = parts.filter(({ name }) => wanted.includes(name));
  for (const part of chosen.filter(({ name }) => name !== 'web')) await refresh(part, force);
  // The pages are built while the database opens: each keeps one core busy for seconds.
  browserBuilt = Promise.all(chosen.filter(({ name }) => name === 'web').map((part) => refresh(part, force))).then(
    () => undefined,
  );
  // Whoever awaits it hears of a failure; this only keeps Node from ending before anybody does.
  browserBuilt.catch(() => undefined);
} else if (command === 'build' || !existsSync(entry)) {
  fail(
    'There is nothing to run, or the tools to build are not installed: run `npm ci` (with development packages) first.',
  );
}

if (command === 'build') await browserBuilt;
else {
  const { main } = await import(pathToFileURL(entry).href);
  await main([command === 'dev' ? 'start' : command, ...flags], browserBuilt);
}
