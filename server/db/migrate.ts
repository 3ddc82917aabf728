import type { Knex } from 'knex';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MIGRATION_MS } from './dialect.ts';
import { DatabaseUnfit } from './errors.ts';
import { migrationsFolder } from './place.ts';
import { one, rows } from './rows.ts';

/** One migration: `name` is its file name without extension, so that source and build agree. */
export interface Migration {
  name: string;
  statements: readonly string[];
}

const FILE = /^(\d{12}_[a-z0-9_]+)\.(ts|js|mjs)$/;

/** Reads all migrations in the order of their names; each file exports `statements`, one SQL statement per item. */
export async function readMigrations(folder: string = migrationsFolder): Promise<Migration[]> {
  const files = new Map<string, string>();
  for (const file of await filesOf(folder)) {
    const name = FILE.exec(file)?.[1];
    if (name === undefined) continue;
    if (files.has(name)) throw new Error(`two migrations called ${name} in ${folder}`);
    files.set(name, path.join(folder, file));
  }
  const names = [...files.keys()].sort();
  return Promise.all(
    names.map(async (name) => {
      const module = (await import(
        /* @vite-ignore */ pathToFileURL(files.get(name) as string).href
      )) as Partial<Migration>;
      if (!Array.isArray(module.statements)) throw new Error(`migration ${name} exports no statements`);
      return { name, statements: module.statements as readonly string[] };
    }),
  );
}

/** The migrations up to and including the one called `last`; all of them when it is not said. */
export function upTo(migrations: readonly Migration[], last: string | undefined): readonly Migration[] {
  return last === undefined ? migrations : migrations.filter(({ name }) => name <= last);
}

/** The names of the migrations a database has, in their order; none when it is not one of ours. */
export async function appliedMigrations(db: Knex | Knex.Transaction): Promise<string[]> {
  const { there } = await one<{ there: boolean }>(db, `select to_regclass('knex_migrations') is not null as there`);
  if (!there) return [];
  return (await rows<{ name: string }>(db, `select name from knex_migrations order by id`)).map(({ name }) => name);
}

/** A short name for this exact set of migrations. */
export function migrationsHash(migrations: readonly Migration[], ...extra: string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([migrations.map(({ name, statements }) => [name, statements]), extra]))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Applies what is missing, each migration in one transaction, and returns the names applied; throws DatabaseUnfit when the
 * database has one that is not among them: what a newer version has stored, this one could only spoil. The caller makes sure that
 * nobody else migrates meanwhile (advisory lock or folder lock): knex's own lock table would stay locked after a crash.
 */
export async function migrate(knex: Knex, migrations: readonly Migration[]): Promise<string[]> {
  const config: Knex.MigratorConfig = { tableName: 'knex_migrations', migrationSource: sourceOf(migrations) };
  const applied: string[] = [];
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = (await appliedMigrations(knex)).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new DatabaseUnfit(
      `This database was changed by a newer version of Warmpath (migration ${unknown}, after ${migrations.at(-1)?.name ?? 'none'}). ` +
        'Run that version or a newer one.',
    );
  const [, pending] = (await knex.migrate.list(config)) as [unknown, unknown[]];
  if (pending.length > 0) await knex.migrate.forceFreeMigrationsLock(config);
  // `latest` would put all of them into one transaction.
  for (let left = pending.length; left > 0; left -= 1) {
    const [, names] = (await knex.migrate.up(config)) as [number, string[]];
    applied.push(...names);
  }
  return applied;
}

function sourceOf(migrations: readonly Migration[]): Knex.MigrationSource<Migration> {
  return {
    getMigrations: () => Promise.resolve([...migrations]),
    getMigrationName: (migration) => migration.name,
    getMigration: (migration) =>
      Promise.resolve({
        up: async (trx: Knex) => {
          for (const statement of migration.statements) await run(trx, migration.name, statement);
        },
        down: () => Promise.reject(new Error('migrations go forward only')),
      }),
  };
}

async function run(trx: Knex, name: string, statement: string): Promise<void> {
  try {
    // A literal question mark (jsonb ? text) must not be taken for a binding.
    await trx.raw(statement.replaceAll('?', '\\?')).queryContext({ deadlineMs: MIGRATION_MS });
  } catch (error) {
    if (error instanceof Error) error.message = `migration ${name}: ${error.message}`;
    throw error;
  }
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
