import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMigrations } from '../../server/db/migrate.ts';
import { openDatabase } from '../../server/db/open.ts';
import type { DatabaseOptions } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { DATABASE_HOOK_MS, quiet, testDatabase, testKind } from '../kit/database.ts';
import type { TestDatabase } from '../kit/database.ts';

let place: TestDatabase;
let folder: string;
let all: DatabaseOptions;

/** The real migrations come first, because the test's database has them already. */
async function write(name: string, statements: string[]): Promise<void> {
  await writeFile(path.join(folder, `${name}.mjs`), `export const statements = ${JSON.stringify(statements)};\n`);
}

beforeAll(async () => {
  place = await testDatabase();
  folder = await mkdtemp(path.join(os.tmpdir(), 'warmpath-migrations-'));
  for (const { name, statements } of await readMigrations()) await write(name, [...statements]);
  all = { ...place.options, log: quiet, migrationsDir: folder };
}, DATABASE_HOOK_MS);

afterAll(async () => {
  await place.drop();
  await rm(folder, { recursive: true, force: true });
}, DATABASE_HOOK_MS);

const names = async () => {
  const database = await openDatabase({ ...all, migrate: false });
  const found = await rows<{ name: string }>(
    database.knex,
    `select name from knex_migrations where name like '9999%' order by id`,
  );
  await database.close();
  return found.map(({ name }) => name);
};

describe('migrations', () => {
  test('what is in the folder is applied in order, once, and recorded without extension', async () => {
    await writeFile(path.join(folder, 'README.md'), 'not a migration');
    await write('999901010001_first', [
      'create table first_thing (id int primary key, note jsonb)',
      `insert into first_thing (id, note) select 1, '{"a": 1}' where '{"a": 1}'::jsonb ? 'a' and 'x:y' = 'x:y'`,
    ]);
    await write('999901010002_second', ['alter table first_thing add column more text']);
    for (let round = 0; round < 2; round += 1) {
      const database = await openDatabase(all);
      expect(await rows(database.knex, 'select id, more from first_thing')).toEqual([{ id: 1, more: null }]);
      await database.close();
    }
    expect(await names()).toEqual(['999901010001_first', '999901010002_second']);
  });

  test('one that fails leaves nothing of itself, keeps the ones before, and can be mended', async () => {
    await write('999901010003_third', ['create table third_thing (id int)']);
    await write('999901010004_fourth', ['create table fourth_thing (id int)', 'select nonsense']);
    await expect(openDatabase(all)).rejects.toThrow('migration 999901010004_fourth');
    expect(await names()).toEqual(['999901010001_first', '999901010002_second', '999901010003_third']);
    await rm(path.join(folder, '999901010004_fourth.mjs'));
    await write('999901010005_fifth', ['create table fourth_thing (id int)']);
    const database = await openDatabase(all);
    await database.close();
    expect((await names()).at(-1)).toBe('999901010005_fifth');
  });

  test("a crashed migrator's lock does not stay", async () => {
    const before = await openDatabase({ ...all, migrate: false });
    await rows(before.knex, 'update knex_migrations_lock set is_locked = 1');
    await before.close();
    await write('999901010006_sixth', ['create table sixth_thing (id int)']);
    const database = await openDatabase(all);
    await database.close();
    expect((await names()).at(-1)).toBe('999901010006_sixth');
  });

  test.skipIf(testKind === 'embedded')(
    'of two servers that start at once one migrates and the other waits (not for this database: the folder lock admits one)',
    async () => {
      await write('999901010007_seventh', [
        'create table seventh_thing (id int)',
        'select pg_sleep(0.5)',
        'insert into seventh_thing values (1)',
      ]);
      const opened = await Promise.all([openDatabase(all), openDatabase(all), openDatabase(all)]);
      for (const database of opened) {
        expect(await rows(database.knex, 'select id from seventh_thing')).toEqual([{ id: 1 }]);
        await database.close();
      }
    },
    60_000,
  );
});
