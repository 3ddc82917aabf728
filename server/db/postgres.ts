import knex from 'knex';
import type { Knex } from 'knex';
import pg from 'pg';
import { DeadlineClient, INTERACTIVE_MS } from './dialect.ts';
import type { Wiring } from './dialect.ts';
import { DatabaseUnavailable, DatabaseUnfit, asDatabaseError } from './errors.ts';
import { CHANNEL, startListening } from './listen.ts';
import { MIGRATION_LOCK } from './locks.ts';
import { migrate, readMigrations, upTo } from './migrate.ts';
import type { Database, DatabaseOptions } from './database.ts';
import { wireTypes } from './wire-types.ts';

const OLDEST_SERVER = 150_000;
const OLDEST_POSTGIS = [3, 3] as const;
const POOL_SIZE = 16;
const ACQUIRE_MS = 3_000;
const LOCK_MS = 5_000;
/** A transaction that waits for its own node this long is a bug or a dead node, and holds locks of others. */
const IDLE_IN_TRANSACTION_MS = 30_000;

// jit: compiling costs more than it saves on statements of milliseconds, and PostGIS estimates trigger it.
const SESSION = `
  set timezone = 'UTC'; set datestyle = 'ISO'; set jit = off; set client_min_messages = warning;
  set statement_timeout = ${String(INTERACTIVE_MS)}; set lock_timeout = ${String(LOCK_MS)};
  set idle_in_transaction_session_timeout = ${String(IDLE_IN_TRANSACTION_MS)}`;

/** Opens a PostgreSQL database with PostGIS; throws DatabaseUnfit if the server is too old or may lose data. */
export async function openPostgres(databaseUrl: string, options: DatabaseOptions): Promise<Database> {
  const { log, onProgress = () => undefined } = options;
  const connection: pg.ClientConfig = {
    connectionString: databaseUrl,
    types: wireTypes,
    keepAlive: true,
    connectionTimeoutMillis: ACQUIRE_MS,
    application_name: 'warmpath',
    pipeline: true,
  };
  await prepare(connection, options, onProgress);
  const db = pooled(connection, options);
  try {
    await db.raw('select 1');
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const wake = startListening(connection, log);
  const committed = onceAtATime(async () => {
    // not told, the others look by themselves soon
    await db.raw(`select pg_notify('${CHANNEL}', '')`).catch((error: unknown) => {
      if (closing === undefined) log.warn(`NOTIFY failed: ${String(error)}`);
    });
  });
  let closing: Promise<void> | undefined;
  const close = async () => {
    await wake.close();
    await db.destroy();
  };
  return {
    kind: 'postgres',
    knex: db,
    listen: wake.listen,
    committed,
    close: () => (closing ??= close()),
  };
}

/** Runs `work` when asked, and once more when it was asked again meanwhile. */
function onceAtATime(work: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await work();
    } while (again);
    running = false;
  };
  return () => {
    again = true;
    if (!running) void run();
  };
}

/** Checks the server and migrates, on a connection whose session lock ends with it: a crashed migrator leaves nothing locked. */
async function prepare(
  connection: pg.ClientConfig,
  options: DatabaseOptions,
  onProgress: (step: string) => void,
): Promise<void> {
  const client = new pg.Client(connection);
  client.on('error', (error) => options.log.warn(`migration connection: ${error.message}`));
  try {
    await client.connect();
    await check(client, options.allowUnsafe === true);
    if (options.migrate === false) return;
    await client.query('set statement_timeout = 0; set lock_timeout = 0');
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [MIGRATION_LOCK]);
    if (rows[0]?.mine !== true) {
      onProgress('waiting for another server to finish its migrations');
      await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    }
    const db = pooled(connection, { ...options, poolSize: 2 });
    try {
      const applied = await migrate(db, upTo(await readMigrations(options.migrationsDir), options.migrateTo));
      if (applied.length > 0) options.log.info(`migrations applied: ${applied.join(', ')}`);
    } finally {
      await db.destroy();
    }
  } catch (error) {
    throw asDatabaseError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface ServerFacts {
  version: number;
  fsync: string;
  synchronousCommit: string;
  encoding: string;
  postgis: string | null;
  installed: boolean;
  mayInstall: boolean;
}

async function check(client: pg.Client, allowUnsafe: boolean): Promise<void> {
  const { rows } = await client.query<ServerFacts>(`
    select current_setting('server_version_num')::int as version, current_setting('fsync') as fsync,
      current_setting('synchronous_commit') as "synchronousCommit", current_setting('server_encoding') as encoding,
      (select coalesce(installed_version, default_version) from pg_available_extensions where name = 'postgis') as postgis,
      exists (select from pg_extension where extname = 'postgis') as installed,
      (select rolsuper from pg_roles where rolname = current_user) as "mayInstall"`);
  const facts = rows[0] as ServerFacts;
  const fault = faultOf(facts, allowUnsafe);
  if (fault !== undefined) throw new DatabaseUnfit(`Cannot use this PostgreSQL server: ${fault}`);
}

function faultOf(facts: ServerFacts, allowUnsafe: boolean): string | undefined {
  if (facts.version < OLDEST_SERVER) return 'it is older than version 15.';
  if (facts.encoding !== 'UTF8') return `its database has the encoding ${facts.encoding}; create one with UTF8.`;
  if (facts.postgis === null) return 'PostGIS is not installed on it (Debian: apt install postgresql-15-postgis-3).';
  const [major = 0, minor = 0] = facts.postgis.split('.').map(Number);
  if (major < OLDEST_POSTGIS[0] || (major === OLDEST_POSTGIS[0] && minor < OLDEST_POSTGIS[1])) {
    return `its PostGIS is ${facts.postgis}, and 3.3 or later is needed (alter extension postgis update).`;
  }
  if (!facts.installed && !facts.mayInstall) {
    return 'PostGIS is not enabled in this database: let a superuser run "create extension postgis" in it once.';
  }
  if (allowUnsafe) return undefined;
  if (facts.fsync !== 'on') return 'fsync is off, so a power cut would destroy acknowledged reports; set fsync = on.';
  if (facts.synchronousCommit === 'off')
    return 'synchronous_commit is off, so a crash would lose acknowledged reports; set it on.';
  return undefined;
}

function pooled(connection: pg.ClientConfig, options: DatabaseOptions): Knex {
  const { log, poolSize = POOL_SIZE } = options;
  const wiring: Wiring = {
    serverKeepsTime: true,
    expire: (client) => {
      const { stream } = (client as unknown as { connection: { stream: { destroy(error: Error): void } } }).connection;
      stream.destroy(new DatabaseUnavailable('deadline', 'the database server did not answer in time'));
    },
  };
  return knex({
    client: DeadlineClient as unknown as typeof knex.Client,
    connection: connection as Knex.PgConnectionConfig,
    pool: {
      min: 0,
      max: poolSize,
      afterCreate: (client: pg.Client, done: (error: Error | null) => void) => {
        client.query(SESSION).then(
          () => done(null),
          (error: Error) => done(error),
        );
      },
    },
    acquireConnectionTimeout: ACQUIRE_MS,
    compileSqlOnError: false,
    log: {
      warn: (message: unknown) => log.warn(String(message)),
      error: (message: unknown) => log.error(String(message)),
      deprecate: () => undefined,
      debug: () => undefined,
    },
    wiring,
  } as Knex.Config);
}
