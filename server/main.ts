/** Start to stop: config, database, app, listening; drains on SIGTERM. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { createApp, followKeyOf, type Running } from './app.ts';
import { BadConfig, type Config, readConfig } from './config.ts';
import { DatabaseUnavailable, DatabaseUnfit, FolderInUse } from './db/errors.ts';
import { type Database, openDatabase } from './db/open.ts';
import { openDemo } from './demo/seed.ts';
import { createDemoAccounts } from './users/demo.ts';
import { offerSetup } from './users/setup.ts';

const log = pino({ level: 'info', base: null }, pino.destination({ dest: 2, sync: true }));
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** The browser's files lie beside the server's when built, and in dist/ when run from source. */
const webDir = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../dist/web' : '../web', import.meta.url));

interface Flags {
  port: number | null;
  seed: number;
  speed: number;
  still: boolean;
  data: string | null;
  limits: boolean;
}

function readFlags(argv: string[]): Flags {
  const { values } = parseArgs({
    args: argv,
    allowNegative: true,
    options: {
      port: { type: 'string' },
      seed: { type: 'string', default: '1' },
      speed: { type: 'string', default: '1' },
      still: { type: 'boolean', default: false },
      data: { type: 'string' },
      limits: { type: 'boolean', default: true },
    },
  });
  const number = (name: string, text: string): number => {
    const value = Number(text);
    if (!Number.isFinite(value) || value < 0) throw new BadConfig(`--${name} needs a number, not "${text}"`);
    return value;
  };
  return {
    port: values.port === undefined ? null : number('port', values.port),
    seed: number('seed', values.seed),
    speed: number('speed', values.speed),
    still: values.still,
    data: values.data ?? null,
    limits: values.limits,
  };
}

async function open(config: Config): Promise<Database> {
  return openDatabase({
    ...(config.databaseUrl === null ? { dataDir: config.dataDir } : { databaseUrl: config.databaseUrl }),
    log: { info: (text) => { log.info(text); }, warn: (text) => { log.warn(text); }, error: (text) => { log.error(text); } },
    onProgress: (step) => {
      say(`  ${step} ...`);
    },
  });
}

const listen = (app: Running, config: Config): Promise<string> =>
  new Promise((resolve, reject) => {
    app.http.once('error', reject);
    app.http.listen(config.port, config.host, () => {
      const { port } = app.http.address() as AddressInfo;
      const host = config.host === '127.0.0.1' || config.host === '::1' ? 'localhost' : config.host;
      resolve(config.publicOrigin ?? `http://${host}:${String(port)}`);
    });
  });

/** Lets the demo set its city up over HTTP before anybody else can call. */
async function beforeOpening<T>(app: Running, work: (origin: string) => Promise<T>): Promise<T> {
  const server = createServer(app.express);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function stopOnSignals(stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    // A second signal means it: go at once.
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'draining');
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

async function start(config: Config): Promise<void> {
  const database = await open(config);
  const app = await createApp({ database, config, log, now: () => new Date(), webDir });
  const origin = await listen(app, config);
  stopOnSignals(async () => {
    await app.drain();
    await database.close();
  });
  say(`Warmpath ${config.version} is ready: ${origin}`);
  if (database.kind === 'embedded') {
    say(`Data: ${config.dataDir} (embedded database: it survives a crash of the program, not a power cut; a city sets DATABASE_URL)`);
  }
  const service = { database, now: () => new Date(), log, followKey: await followKeyOf(database) };
  const setup = await offerSetup(service);
  if (setup !== null) say(`This database is empty. Set it up once at ${origin}${setup}`);
}

async function demo(config: Config, flags: Flags): Promise<void> {
  const kept = flags.data !== null;
  const dataDir = flags.data ?? (await mkdtemp(join(tmpdir(), 'warmpath-demo-')));
  const settings: Config = { ...config, databaseUrl: null, dataDir, demo: true, limits: flags.limits };
  const database = await open(settings);
  const app = await createApp({ database, config: settings, log, now: () => new Date(), webDir });
  const fresh = await createDemoAccounts({ database, now: () => new Date(), log, followKey: await followKeyOf(database) });
  const city = await beforeOpening(app, (origin) => openDemo({ origin, seed: flags.seed, fresh, say }));
  const origin = await listen(app, settings);
  city.run(origin);
  stopOnSignals(async () => {
    city.stop();
    await app.drain();
    await database.close();
    if (!kept) await rm(dataDir, { recursive: true, force: true });
  });
  say(city.welcome(origin));
}

const exitCodes: readonly [new (...args: never[]) => Error, number][] = [
  [FolderInUse, 3],
  [DatabaseUnfit, 4],
  [DatabaseUnavailable, 5],
  [BadConfig, 2],
];

/** `start` or `demo`, and its flags. Exits with 3 when another process has the data folder. */
export async function main(argv: string[]): Promise<void> {
  const [command = 'start', ...rest] = argv;
  try {
    const config = readConfig();
    const flags = readFlags(rest);
    const settings: Config = { ...config, port: flags.port ?? config.port, limits: flags.limits };
    if (command === 'demo') await demo(settings, flags);
    else if (command === 'start') await start(settings);
    else throw new BadConfig(`unknown command "${command}": start or demo`);
  } catch (error) {
    const known = exitCodes.find(([type]) => error instanceof type);
    const flagError = error instanceof TypeError && 'code' in error;
    process.stderr.write(`${known || flagError ? (error as Error).message : String(error instanceof Error ? error.stack : error)}\n`);
    process.exit(known?.[1] ?? (flagError ? 2 : 1));
  }
}
