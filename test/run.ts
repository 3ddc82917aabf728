// npm test: checks, builds, and runs every test this machine can run; says at the end what it could not run and why.
//   npm test                                        all
//   npm test -- --only check,node,embedded,e2e      some parts
//   npm test -- test/sightings [-t name]            some tests (anything else goes on to vitest)
// With CI=true a part that cannot run here is a failure.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChecks } from './check.ts';
import { findChromium } from './kit/chromium.ts';
import { findPostgres, startPostgres, type Cluster } from './kit/postgres.ts';
import type { Summary } from './kit/summary.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const PARTS = ['check', 'node', 'embedded', 'e2e'] as const;
type Part = (typeof PARTS)[number];

/** What is run again on the embedded database, when PostgreSQL has had all: what could differ there. */
const EMBEDDED_SUBSET = ['test/db/contract', 'test/db/folder', 'test/thread', 'test/hostile', 'test/kill'];
/** How much a run beside another gives way (nice value). */
const BESIDE = 10;
/** Longest a run of vitest may take before it is taken for hung. */
const HUNG_MS = 15 * 60_000;
/** What all of this may take on two cores, in minutes; beyond, tests should be made cheaper. */
const BUDGET_MIN = 12;

const ci = ['true', '1'].includes(process.env['CI'] ?? '');
const began = performance.now();
const total = { passed: 0, failed: 0, skipped: 0 };
/** Lines for the end: what failed or could not run, and why. */
const notes: string[] = [];

const temp = mkdtempSync(join(tmpdir(), 'warmpath-test-'));
let cluster: Cluster | undefined;
const running = new Set<ChildProcess>();

async function cleanUp(): Promise<void> {
  await cluster?.stop();
  cluster = undefined;
  rmSync(temp, { recursive: true, force: true });
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => {
    for (const child of running) child.kill('SIGTERM');
    void cleanUp().finally(() => process.exit(code));
  });
}

function title(text: string): void {
  console.log(`\n== ${text} (at ${((performance.now() - began) / 1000).toFixed(0)} s)`);
}

function count(name: string, ok: boolean): void {
  if (ok) total.passed++;
  else {
    total.failed++;
    notes.push(`failed: ${name}`);
  }
}

/** Something this machine lacks: told at the end, and in CI a failure. */
function missing(what: string): void {
  notes.push(`${ci ? 'failed: ' : ''}could not run: ${what}`);
  if (ci) total.failed++;
}

/** Runs a command with its output shown, at once or when it has ended; resolves to its exit code (1 when killed). */
function show(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  when: 'at once' | 'at its end',
): Promise<number> {
  return new Promise((done) => {
    const said: Buffer[] = [];
    const stdio = when === 'at once' ? 'inherit' : 'pipe';
    const child: ChildProcess = spawn(command, args, { cwd: root, env, stdio: ['ignore', stdio, stdio] });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => said.push(part));
    running.add(child);
    // what runs beside something that a person would watch gives way to it
    if (when === 'at its end' && child.pid !== undefined) setPriority(child.pid, BESIDE);
    const watch = setTimeout(() => {
      notes.push(`stopped after ${HUNG_MS / 60_000} minutes: ${args.join(' ')}`);
      child.kill('SIGKILL');
    }, HUNG_MS);
    child.on('error', (error) => console.error(error.message));
    child.on('close', (code) => {
      clearTimeout(watch);
      running.delete(child);
      process.stdout.write(Buffer.concat(said));
      done(code ?? 1);
    });
  });
}

let runs = 0;
/** One run of vitest, summed up into `total`. `database` undefined means the embedded one. */
async function runVitest(
  name: string,
  project: 'node' | 'e2e',
  args: string[],
  database: string | undefined,
  when: 'at once' | 'at its end' = 'at once',
): Promise<void> {
  if (when === 'at once') title(name);
  const file = join(temp, `summary-${++runs}.json`);
  const env: NodeJS.ProcessEnv = { ...process.env, TEST_SUMMARY_FILE: file };
  delete env['TEST_DATABASE_URL'];
  if (database !== undefined) env['TEST_DATABASE_URL'] = database;
  const vitest = ['run', '--config', 'test/vitest.config.ts', '--project', project, '--passWithNoTests', ...args];
  const code = await show(`${root}/node_modules/.bin/vitest`, vitest, env, when);
  if (when === 'at its end') title(`${name}, up to here`);
  let sum: Summary;
  try {
    sum = JSON.parse(readFileSync(file, 'utf8')) as Summary;
  } catch {
    sum = { passed: 0, failed: 0, skipped: 0, unexplained: [] }; // no test matched, or vitest died
  }
  // vitest may fail where no test did: a broken configuration, a process that dies
  if (code !== 0 && sum.failed === 0) sum.failed = 1;
  if (sum.failed > 0) notes.push(`failed: ${sum.failed} in ${name}`);
  total.passed += sum.passed;
  total.failed += sum.failed;
  total.skipped += sum.skipped;
  for (const test of sum.unexplained) missing(`${test} (${name}): skipped without the reason "not for this database"`);
}

/** The browser tests in two lists that take about as long: a long file has much to do. */
function browserHalves(): string[][] {
  const folder = join(root, 'test/e2e');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => ({ name: `test/e2e/${name}`, bytes: statSync(join(folder, name)).size }))
    .sort((a, b) => b.bytes - a.bytes);
  const halves = [0, 0].map((bytes) => ({ bytes, names: [] as string[] }));
  for (const { name, bytes } of files) {
    const lighter = halves.reduce((least, half) => (half.bytes < least.bytes ? half : least));
    lighter.bytes += bytes;
    lighter.names.push(name);
  }
  return halves.map(({ names }) => names);
}

function options(): { parts: Set<Part>; rest: string[] } {
  const rest = process.argv.slice(2);
  const at = rest.indexOf('--only');
  if (at < 0) {
    if (rest.length === 0) return { parts: new Set(PARTS), rest };
    return { parts: new Set(rest.some((each) => each.includes('e2e')) ? ['e2e'] : ['node']), rest };
  }
  const [, list = ''] = rest.splice(at, 2);
  const parts = list.split(',').filter((each): each is Part => PARTS.some((part) => part === each));
  if (parts.length === 0) throw new Error(`--only takes some of ${PARTS.join(',')}`);
  return { parts: new Set(parts), rest };
}

/** The address of a PostgreSQL to test on: the one named, or a throw-away one; undefined, with a note, when there is none. */
async function postgres(): Promise<string | undefined> {
  const named = process.env['TEST_DATABASE_URL'] ?? '';
  if (named !== '') return named;
  const found = findPostgres();
  if ('missing' in found) {
    missing(
      `the tests on PostgreSQL: ${found.missing}, and TEST_DATABASE_URL is not set. They ran on the embedded database as far as they can.`,
    );
    return undefined;
  }
  try {
    cluster = await startPostgres(found.bin);
    console.log(`PostgreSQL of ${found.bin}, in ${cluster.dir}`);
    return cluster.url;
  } catch (error) {
    missing(`the tests on PostgreSQL: ${String(error)}`);
    return undefined;
  }
}

async function main(): Promise<void> {
  const { parts, rest } = options();
  if (parts.has('check')) {
    title('check');
    for (const step of await runChecks()) count(step.name, step.ok);
  }
  if (!parts.has('node') && !parts.has('embedded') && !parts.has('e2e')) return;

  title('build');
  count('build', (await show(process.execPath, ['server/run.mjs', 'build'], process.env, 'at once')) === 0);

  const database = parts.has('node') || parts.has('e2e') ? await postgres() : undefined;
  if (parts.has('node')) {
    await runVitest(
      database === undefined ? 'tests on the embedded database' : 'tests on PostgreSQL',
      'node',
      rest,
      database,
    );
  }
  // Browser tests mostly wait for a page, and the embedded database keeps one core busy: together they take as long as one.
  const last: Promise<void>[] = [];
  if (parts.has('e2e')) {
    if (findChromium() === undefined) {
      missing('the browser tests: no Chromium in /usr/bin, and CHROMIUM_PATH does not name one');
    } else {
      // each half has a city and a browser of its own, which on the embedded database would be cores too many
      const lists = rest.length > 0 || database === undefined ? [rest] : browserHalves();
      for (const [n, files] of lists.entries())
        last.push(runVitest(`browser tests ${String(n + 1)}/${String(lists.length)}`, 'e2e', files, database));
    }
  }
  // without PostgreSQL the embedded database has just had all tests
  if (parts.has('embedded') && (database !== undefined || !parts.has('node'))) {
    const args = rest.length > 0 ? rest : EMBEDDED_SUBSET;
    const when = last.length > 0 ? 'at its end' : 'at once';
    last.push(runVitest('tests on the embedded database', 'node', args, undefined, when));
  }
  await Promise.all(last);
}

try {
  await main();
} catch (error) {
  console.error(error);
  count('the test run itself', false);
} finally {
  await cleanUp();
}

const minutes = (performance.now() - began) / 60_000;
console.log(`\n${minutes.toFixed(1)} minutes${minutes > BUDGET_MIN ? `, over the budget of ${BUDGET_MIN}` : ''}`);
for (const note of notes) console.log(note);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed > 0 ? 1 : 0;
