import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { migrationsHash, readMigrations } from '../../server/db/migrate.ts';
import { openDatabase } from '../../server/db/open.ts';
import type { DatabaseKind } from '../../server/db/open.ts';
import { ensureTemplate } from '../../server/db/template.ts';

/** A new, migrated, empty database of one test file; give `options` to openDatabase and call `drop` after closing it. */
export interface TestDatabase {
  options: { databaseUrl?: string; dataDir?: string; allowUnsafe?: boolean };
  kind: DatabaseKind;
  drop(): Promise<void>;
}

const maintenanceUrl = process.env['TEST_DATABASE_URL'];

/** Which database this run tests: PostgreSQL when TEST_DATABASE_URL names a superuser's maintenance database. */
export const testKind: DatabaseKind = maintenanceUrl === undefined || maintenanceUrl === '' ? 'embedded' : 'postgres';

/** Milliseconds a hook that makes or opens a database may take: the first one of a version builds the template. */
export const DATABASE_HOOK_MS = 180_000;

/** Swallows what the database says in passing. */
export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Makes a database on whichever kind the environment names. */
export async function testDatabase(): Promise<TestDatabase> {
  return maintenanceUrl === undefined || maintenanceUrl === '' ? embedded() : postgres(maintenanceUrl);
}

async function embedded(): Promise<TestDatabase> {
  await ensureTemplate(await readMigrations(), quiet, () => undefined);
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'warmpath-test-'));
  return { kind: 'embedded', options: { dataDir }, drop: () => rm(dataDir, { recursive: true, force: true }) };
}

async function postgres(url: string): Promise<TestDatabase> {
  const template = `warmpath_template_${migrationsHash(await readMigrations())}`;
  const name = `warmpath_test_${randomBytes(6).toString('hex')}`;
  await withClient(url, async (client) => {
    await ensurePostgresTemplate(client, url, template);
    await client.query(`create database ${name} template ${template}`);
  });
  return {
    kind: 'postgres',
    options: { databaseUrl: urlOf(url, name), allowUnsafe: true },
    drop: () =>
      withClient(url, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

/** Two test workers must not both build it; and a build that was killed half way must not look finished, hence the renaming. */
async function ensurePostgresTemplate(client: pg.Client, url: string, template: string): Promise<void> {
  await client.query(`select pg_advisory_lock(hashtext('warmpath test template'))`);
  const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
  if (rowCount === 0) {
    const building = `${template}_building`;
    await client.query(`drop database if exists ${building} with (force)`);
    await client.query(`create database ${building} encoding 'UTF8' template template0`);
    const database = await openDatabase({ databaseUrl: urlOf(url, building), allowUnsafe: true, log: quiet });
    await database.close();
    await client.query(`alter database ${building} rename to ${template}`);
  }
  await client.query(`select pg_advisory_unlock(hashtext('warmpath test template'))`);
}

/** The same server and user, another database. */
export function urlOf(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function withClient(url: string, fn: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await fn(client);
  } finally {
    await client.end();
  }
}
