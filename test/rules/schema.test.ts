/** What the migrations make is what was agreed; `UPDATE_SCHEMA=1` writes the agreement anew. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { DATABASE_HOOK_MS, quiet, type TestDatabase, testDatabase } from '../kit/database.ts';
import { readSchema } from './schema.ts';

const file = new URL('../../migrations/schema.snapshot.json', import.meta.url);

describe('the schema', () => {
  let stored: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    stored = await testDatabase();
    database = await openDatabase({ ...stored.options, log: quiet });
  }, DATABASE_HOOK_MS);
  afterAll(async () => {
    await database.close();
    await stored.drop();
  }, DATABASE_HOOK_MS);

  it('is the one in migrations/schema.snapshot.json', async () => {
    const schema = await readSchema(database.knex);
    if (process.env['UPDATE_SCHEMA'] === '1') await writeFile(file, `${JSON.stringify(schema, null, 2)}\n`);
    expect(schema).toEqual(JSON.parse(await readFile(file, 'utf8')));
  });

  it('has an index for every foreign key, so that no join and no delete reads a whole table', async () => {
    const bare = await rows<{ key: string }>(
      database.knex,
      `select c.relname || ': ' || pg_get_constraintdef(k.oid) as key
       from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
       where k.contype = 'f' and n.nspname = 'public' and not exists (
         select from pg_index i where i.indrelid = k.conrelid and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) like '%IS NOT NULL%' or pg_get_expr(i.indpred, i.indrelid) like '%IS NULL%')
           and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey
       ) order by 1`,
    );
    expect(bare.map(({ key }) => key)).toEqual([]);
  });

  it('binds time: no column takes it from the database', async () => {
    const found = await rows<{ name: string }>(
      database.knex,
      `select table_name || '.' || column_name as name from information_schema.columns
       where table_schema = 'public' and table_name not like 'knex%' and column_default ~* '(now\\(|current_|clock_|statement_timestamp|localtime)'`,
    );
    expect(found).toEqual([]);
  });

  it('knows every moment with its zone', async () => {
    const found = await rows<{ name: string }>(
      database.knex,
      `select table_name || '.' || column_name as name from information_schema.columns
       where table_schema = 'public' and table_name not like 'knex%' and data_type in ('timestamp without time zone', 'time without time zone')`,
    );
    expect(found).toEqual([]);
  });
});
