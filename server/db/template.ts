import knex from 'knex';
import { createRequire } from 'node:module';
import { access, constants, cp, mkdir, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { EmbeddedClient } from './dialect.ts';
import type { Wiring } from './dialect.ts';
import type { Engine } from './engine.ts';
import { startEngine } from './engine.ts';
import { DatabaseUnfit, FolderInUse } from './errors.ts';
import type { FolderLock } from './folder-lock.ts';
import { lockFolder } from './folder-lock.ts';
import type { DatabaseLog } from './database.ts';
import type { Migration } from './migrate.ts';
import { migrate, migrationsHash } from './migrate.ts';
import { cacheFolder } from './place.ts';
import { wireTypes } from './wire-types.ts';

/** PostgreSQL's major version inside the pinned PGlite; it cannot open another one's files. */
const EMBEDDED_MAJOR = '18';
const KEPT_MS = 7 * 24 * 3_600_000;

/** Where the embedded database's files lie inside the data folder. */
export function databaseFolder(dataDir: string): string {
  return path.join(dataDir, 'pgdata');
}

/** A pool of one over the engine: the embedded database has one session. */
export function embeddedKnex(engine: Engine, log: DatabaseLog) {
  const wiring: Wiring = {
    serverKeepsTime: false,
    stream: () => engine.connect(),
    expire: () => engine.restart('a call passed its deadline'),
  };
  return knex({
    client: EmbeddedClient as unknown as typeof knex.Client,
    connection: { user: 'postgres', database: 'postgres', types: wireTypes },
    pool: { min: 1, max: 1 },
    acquireConnectionTimeout: 10_000,
    compileSqlOnError: false,
    log: {
      warn: (m: unknown) => log.warn(String(m)),
      error: (m: unknown) => log.error(String(m)),
      deprecate: () => undefined,
      debug: () => undefined,
    },
    wiring,
  } as Parameters<typeof knex>[0]);
}

/** Puts a database into the locked data folder if there is none yet: a copy of the template, which is built once per version. */
export async function prepareFolder(
  dataDir: string,
  migrations: readonly Migration[],
  log: DatabaseLog,
  onProgress: (step: string) => void,
): Promise<void> {
  const target = databaseFolder(dataDir);
  // What an interrupted copy left. Safe: we hold the folder.
  for (const name of await readdir(dataDir)) {
    if (name.endsWith('.copying')) await rm(path.join(dataDir, name), { recursive: true, force: true });
  }
  const version = await readFile(path.join(target, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) {
    if (version.trim() === EMBEDDED_MAJOR) return;
    throw new DatabaseUnfit(
      `${target} was written by PostgreSQL ${version.trim()}, and this version of Warmpath contains ${EMBEDDED_MAJOR}. ` +
        'Start the version of Warmpath that made it, export, and import here.',
    );
  }
  if (await exists(target)) {
    throw new DatabaseUnfit(`${target} exists but holds no database (no PG_VERSION); move it away to start afresh`);
  }
  const template = await ensureTemplate(migrations, log, onProgress);
  const copy = path.join(dataDir, `pgdata.${randomBytes(4).toString('hex')}.copying`);
  // A half-made copy never has the real name.
  await cp(template, copy, { recursive: true });
  await rename(copy, target);
}

/** The folder with an empty, migrated database of this version, built (about 12 s) if it is not in the cache. */
export async function ensureTemplate(
  migrations: readonly Migration[],
  log: DatabaseLog,
  onProgress: (step: string) => void,
): Promise<string> {
  const cache = await writableCache();
  const template = path.join(cache, `template-${migrationsHash(migrations, ...versions())}`);
  for (;;) {
    if (await exists(template)) break;
    const lock = await buildLock(cache);
    if (lock === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      continue;
    }
    try {
      if (!(await exists(template))) {
        onProgress('preparing the database (first start only)');
        await build(cache, template, migrations, log);
      }
    } finally {
      await lock.release();
    }
  }
  await utimes(template, new Date(), new Date()).catch(() => undefined);
  return template;
}

/** Undefined while another process builds: one build takes a core and a gigabyte. */
async function buildLock(cache: string): Promise<FolderLock | undefined> {
  try {
    return await lockFolder(cache, 'b');
  } catch (error) {
    if (error instanceof FolderInUse) return undefined;
    throw error;
  }
}

async function build(
  cache: string,
  template: string,
  migrations: readonly Migration[],
  log: DatabaseLog,
): Promise<void> {
  await removeOld(cache, template);
  const building = `${template}.${randomBytes(4).toString('hex')}.building`;
  try {
    const engine = await startEngine(building, log);
    try {
      const db = embeddedKnex(engine, log);
      await migrate(db, migrations);
      await db.destroy();
    } finally {
      await engine.close();
    }
    await rename(building, template);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
}

/** Half-built folders (we hold the build lock, so nobody is at work on them) and templates unused for a week. */
async function removeOld(cache: string, current: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const folder = path.join(cache, name);
    if (!name.startsWith('template-') || folder === current) continue;
    const age = Date.now() - ((await stat(folder).catch(() => undefined))?.mtimeMs ?? 0);
    if (name.endsWith('.building') || age > KEPT_MS) await rm(folder, { recursive: true, force: true });
  }
}

function versions(): string[] {
  const require = createRequire(import.meta.url);
  const versionOf = (name: string) => {
    const entry = require.resolve(name);
    const { version } = require(path.join(entry.slice(0, entry.lastIndexOf(name) + name.length), 'package.json')) as {
      version: string;
    };
    return `${name}@${version}`;
  };
  return ['@electric-sql/pglite', '@electric-sql/pglite-postgis'].map(versionOf);
}

async function writableCache(): Promise<string> {
  for (const folder of [cacheFolder, path.join(os.tmpdir(), `warmpath-cache-${os.userInfo().username}`)]) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await access(folder, constants.W_OK);
      return folder;
    } catch {
      // a read-only image or another user's checkout
    }
  }
  throw new DatabaseUnfit('neither node_modules/.cache nor the temporary folder can be written');
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
