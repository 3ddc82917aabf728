/** Start to stop: config, database, app, listening; drains on SIGTERM. */
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { createApp, followKeyOf, type Running } from './app.ts';
import { allRoles, BadConfig, type Config, operatorEnvironment, readConfig } from './config.ts';
import { DatabaseUnavailable, DatabaseUnfit, FolderInUse } from './db/errors.ts';
import { type Database, openDatabase } from './db/open.ts';
import { FASTEST } from './demo/night/night.ts';
import { type Demo, openDemo } from './demo/seed.ts';
import { BadBackup } from './operations/archive.ts';
import { backupCommand, type OpenOptions, type Operator, restoreCommand } from './operations/commands.ts';
import { doctorCommand } from './operations/doctor.ts';
import { rootStation } from './stations/queries.ts';
import { originOf, PortTaken, takePort, tryPort } from './port.ts';
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
  crews: 'play' | 'manual';
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
      crews: { type: 'string', default: 'play' },
      data: { type: 'string' },
      limits: { type: 'boolean', default: true },
    },
  });
  const number = (name: string, text: string, most: number, least = 0): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most))
      throw new BadConfig(`--${name} needs a number from ${String(least)} to ${String(most)}, not "${text}"`);
    return value;
  };
  const whole = (name: string, text: string, most: number): number => {
    const value = number(name, text, most);
    if (!Number.isInteger(value)) throw new BadConfig(`--${name} needs a whole number, not "${text}"`);
    return value;
  };
  const { crews } = values;
  if (crews !== 'play' && crews !== 'manual') throw new BadConfig(`--crews needs play or manual, not "${crews}"`);
  return {
    port: values.port === undefined ? null : whole('port', values.port, 65_535),
    seed: whole('seed', values.seed, 2 ** 32 - 1),
    speed: number('speed', values.speed, FASTEST, 0.1),
    still: values.still,
    crews,
    data: values.data ?? null,
    limits: values.limits,
  };
}

/** With the seconds since the command: whoever waits sees that it goes on. */
const step = (text: string): void => {
  say(`${(performance.now() / 1000).toFixed(1).padStart(6)} s  ${text} ...`);
};

async function open(config: Config, options: OpenOptions = {}): Promise<Database> {
  return openDatabase({
    ...options,
    ...(config.databaseUrl === null ? { dataDir: config.dataDir } : { databaseUrl: config.databaseUrl }),
    log: {
      info: (text) => {
        log.info(text);
      },
      warn: (text) => {
        log.warn(text);
      },
      error: (text) => {
        log.error(text);
      },
    },
    onProgress: step,
  });
}

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

async function start(config: Config, browserBuilt: Promise<void>): Promise<void> {
  if (config.databaseUrl === null && (await readDemoFolder(config.dataDir)) !== null)
    throw new DatabaseUnfit(
      `${config.dataDir} belongs to the demo, whose passwords everybody knows. Open it with: npm run demo -- --data ${config.dataDir}`,
    );
  const database = await open(config);
  await browserBuilt;
  const app = await createApp({ database, config, log, now: () => new Date(), webDir });
  await takePort(app.http, config);
  const origin = originOf(app.http, config);
  stopOnSignals(async () => {
    await app.drain();
    await database.close();
  });
  say(`Warmpath ${config.version} is ready: ${origin}`);
  if (database.kind === 'embedded') {
    say(
      `Data: ${config.dataDir} (embedded database: it survives a crash of the program, not a power cut; a city sets DATABASE_URL)`,
    );
  }
  const service = { database, now: () => new Date(), log, followKey: await followKeyOf(database) };
  const setup = await offerSetup(service);
  if (setup !== null) say(`This database is empty. Set it up once at ${origin}${setup}`);
}

/** What the demo writes beside its database: whose ids are in there, and whether all of them are. */
interface DemoFolder {
  seed: number;
  seeded: boolean;
  /** how often it was opened: each time is another night; folders of earlier versions do not say */
  nights?: number;
}
const demoFile = (dataDir: string): string => join(dataDir, 'demo.json');

async function readDemoFolder(dataDir: string): Promise<DemoFolder | null> {
  const text = await readFile(demoFile(dataDir), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as DemoFolder);
}

/** What a folder with a city in it says of itself; throws when it is not the demo's, or only half made. */
function judgeFolder(known: DemoFolder | null, dataDir: string): DemoFolder {
  if (known === null)
    throw new DatabaseUnfit(
      `${dataDir} holds a database that is not the demo's. Choose another folder for the demo: --data DIR`,
    );
  if (!known.seeded)
    throw new DatabaseUnfit(
      `The demo in ${dataDir} was interrupted while it was being set up. Delete that folder and start again.`,
    );
  return known;
}

/** A throw-away folder goes with the process, however that ends. */
async function throwAway(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'warmpath-demo-'));
  process.on('exit', () => {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  });
  return dataDir;
}

async function openCity(database: Database, config: Config, flags: Flags): Promise<{ app: Running; city: Demo }> {
  const { dataDir } = config;
  const fresh = !(await rootStation(database.knex));
  const known: DemoFolder = fresh
    ? { seed: flags.seed, seeded: false }
    : judgeFolder(await readDemoFolder(dataDir), dataDir);
  if (fresh) {
    // Said before the accounts are there: `start` must never open a folder that has them.
    await writeFile(demoFile(dataDir), JSON.stringify(known));
    await createDemoAccounts({ database, now: () => new Date(), log, followKey: await followKeyOf(database) });
  }
  const app = await createApp({ database, config, log, now: () => new Date(), webDir });
  const nights = (known.nights ?? 0) + 1;
  step(fresh ? 'setting up the city' : 'coming back to the city');
  const city = await beforeOpening(app, (origin) =>
    openDemo({
      origin,
      seed: known.seed,
      fresh,
      say: (text) => {
        step(`  ${text}`);
      },
      night: flags.still ? null : { speed: flags.speed, crews: flags.crews, nights },
      complain: (error) => {
        log.warn({ err: error }, 'somebody of the demo has left the night');
      },
    }),
  );
  await writeFile(demoFile(dataDir), JSON.stringify({ ...known, seeded: true, nights } satisfies DemoFolder));
  return { app, city };
}

async function demo(given: Config, flags: Flags, browserBuilt: Promise<void>): Promise<void> {
  // Everybody knows the passwords: the demo is for this machine only, whatever the environment says.
  const own = {
    host: '127.0.0.1',
    databaseUrl: null,
    publicOrigin: null,
    trustProxy: null,
    roles: allRoles,
    demo: flags.still ? ('still' as const) : ('playing' as const),
  };
  // On its terminal stand the links and the passwords: a line for each request would push them away.
  log.level = 'warn';
  const kept = flags.data !== null;
  if (!kept) await tryPort({ ...given, ...own });
  const config: Config = { ...given, ...own, dataDir: flags.data ?? (await throwAway()) };
  const database = await open(config);
  await browserBuilt;
  const { app, city } = await openCity(database, config, flags);
  await takePort(app.http, config);
  const origin = originOf(app.http, config);
  city.run(origin);
  stopOnSignals(async () => {
    city.stop();
    await app.drain();
    await database.close();
  });
  say(city.welcome(origin));
  say(
    `Ready after ${(performance.now() / 1000).toFixed(1)} s. Data: ${config.dataDir}${kept ? '' : ', gone when it stops'}.`,
  );
}

const exitCodes: readonly [new (...args: never[]) => Error, number][] = [
  [FolderInUse, 3],
  [DatabaseUnfit, 4],
  [DatabaseUnavailable, 5],
  [BadBackup, 6],
  [BadConfig, 2],
  [PortTaken, 1],
];

const operator = (): Operator => ({ config: readConfig(), open, now: () => new Date(), say });
/** What ends by itself, and reads its own arguments. */
const operations = {
  backup: (argv: string[]) => backupCommand(argv, operator()),
  restore: (argv: string[]) => restoreCommand(argv, operator()),
  doctor: async (argv: string[]) => {
    process.exitCode = await doctorCommand(argv, operator(), operatorEnvironment());
  },
};

/** `start`, `demo` or an operation, and its flags; the pages' files may still be being built meanwhile. Exits with 3 when another process has the data folder. */
export async function main(argv: string[], browserBuilt: Promise<void> = Promise.resolve()): Promise<void> {
  const [command = 'start', ...rest] = argv;
  try {
    if (Object.hasOwn(operations, command)) {
      await operations[command as keyof typeof operations](rest);
      return;
    }
    const config = readConfig();
    const flags = readFlags(rest);
    const settings: Config = { ...config, port: flags.port ?? config.port, limits: flags.limits };
    if (command === 'demo') await demo(settings, flags, browserBuilt);
    else if (command === 'start') await start(settings, browserBuilt);
    else throw new BadConfig(`unknown command "${command}": start, demo, ${Object.keys(operations).join(', ')}`);
  } catch (error) {
    const known = exitCodes.find(([type]) => error instanceof type);
    const flagError = error instanceof TypeError && 'code' in error;
    process.stderr.write(
      `${known || flagError ? (error as Error).message : String(error instanceof Error ? error.stack : error)}\n`,
    );
    process.exit(known?.[1] ?? (flagError ? 2 : 1));
  }
}
