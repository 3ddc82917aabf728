import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REPORT_MS } from '../../server/db/dialect.ts';
import { DatabaseUnavailable, codeOf, constraintOf } from '../../server/db/errors.ts';
import { openDatabase } from '../../server/db/open.ts';
import type { Database } from '../../server/db/open.ts';
import { asGeometryJson, asPoint, pointSql } from '../../server/db/postgis.ts';
import { one, row, rows } from '../../server/db/rows.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { DATABASE_HOOK_MS, quiet, testDatabase, testKind } from '../kit/database.ts';
import type { TestDatabase } from '../kit/database.ts';

let place: TestDatabase;
let database: Database;

beforeAll(async () => {
  place = await testDatabase();
  database = await openDatabase({ ...place.options, log: quiet });
  await database.knex.raw(`create table trial (
    id int primary key,
    name text not null,
    amount int constraint trial_amount_positive check (amount > 0),
    parent_id int constraint trial_parent_fk references trial (id),
    constraint trial_name_once unique (name))`);
}, DATABASE_HOOK_MS);

afterAll(async () => {
  await database.close();
  await place.drop();
}, DATABASE_HOOK_MS);

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const insert = 'insert into trial (id, name, amount, parent_id) values (:id, :name, :amount, :parent)';
const trial = (id: number, more: Record<string, unknown> = {}) => ({
  id,
  name: `n${String(id)}`,
  amount: 1,
  parent: null,
  ...more,
});

describe('types', () => {
  test('every SQL type in use has one JavaScript type', async () => {
    const id = '5bd3a6a5-98a2-4d51-a8ec-6f9d3f6a2c11';
    const found = await one(
      database.knex,
      `select cast(9007199254740991 as int8) as big, count(*) as counted, sum(1) as summed, 1.5::numeric as fraction, 2::int as whole,
        0.25::float8 as double, 1.5::float4 as single, true as yes, :id::uuid as id, 'ü"'''::text as text,
        array['a', null, 'c,d'] as texts, array[:id::uuid] as ids, array[1, 2]::int8[] as bigs, array[1.5, null]::numeric[] as fractions,
        array['2026-01-02']::date[] as dates, '{}'::text[] as none, '{"a": [1, null]}'::jsonb as json, '[1]'::jsonb as list, 'null'::jsonb as nothing,
        '2026-01-02 03:04:05.678+08'::timestamptz as moment, '2026-01-02'::date as day, '\\x00ff'::bytea as bytes, null::text as missing`,
      { id },
    );
    expect(found).toEqual({
      big: 9007199254740991,
      counted: 1,
      summed: 1,
      fraction: 1.5,
      whole: 2,
      double: 0.25,
      single: 1.5,
      yes: true,
      id,
      text: `ü"'`,
      texts: ['a', null, 'c,d'],
      ids: [id],
      bigs: [1, 2],
      fractions: [1.5, null],
      dates: ['2026-01-02'],
      none: [],
      json: { a: [1, null] },
      list: [1],
      nothing: null,
      moment: new Date('2026-01-01T19:04:05.678Z'),
      day: '2026-01-02',
      bytes: Buffer.from([0, 255]),
      missing: null,
    });
    expect(Buffer.isBuffer((found as { bytes: unknown }).bytes)).toBe(true);
  });

  test('values go in as they came out', async () => {
    const given = {
      moment: new Date('2026-01-01T19:04:05.678Z'),
      json: { a: [1, 'ü', null] },
      texts: ['a', null, 'x"y', '{}', 'NULL'],
      bytes: Buffer.from('00ff10', 'hex'),
      big: 9007199254740991,
      float: 0.1,
      day: '2026-02-28',
      yes: false,
      text: 'NaN',
    };
    const found = await one(
      database.knex,
      `select :moment::timestamptz as moment, :json::jsonb as json, :texts::text[] as texts, :bytes::bytea as bytes, :big::int8 as big,
        :float::float8 as float, :day::date as day, :yes::boolean as yes, :text::text as text`,
      given,
    );
    expect(found).toEqual(given);
  });

  test('the session counts in UTC', async () => {
    expect(
      await one(
        database.knex,
        `select '2026-01-01 00:00Z'::timestamptz::text as t, current_setting('TimeZone') as zone`,
      ),
    ).toEqual({
      t: '2026-01-01 00:00:00+00',
      zone: expect.stringMatching(/UTC|GMT/) as string,
    });
  });

  test('a large answer and a large value arrive whole', async () => {
    const text = 'ü'.repeat(2_000_000);
    expect((await one<{ t: string }>(database.knex, 'select :text::text as t', { text })).t === text).toBe(true);
    const many = await rows<{ n: number }>(database.knex, 'select n from generate_series(1, 50000) n');
    expect(many.length).toBe(50_000);
    expect(many.at(-1)).toEqual({ n: 50_000 });
  });
});

describe('bindings', () => {
  test('named, positional, cast and a literal question mark', async () => {
    const id = '5bd3a6a5-98a2-4d51-a8ec-6f9d3f6a2c11';
    expect(await row(database.knex, 'select cast(:x as uuid) as x, :x::uuid as y', { x: id })).toEqual({
      x: id,
      y: id,
    });
    expect(await row(database.knex, 'select ?::int + ?::int as sum', [1, 2])).toEqual({ sum: 3 });
    expect(await row(database.knex, `select '{"a": 1}'::jsonb ? :key as has, '?' as mark`, { key: 'a' })).toEqual({
      has: true,
      mark: '?',
    });
    expect(await row(database.knex, `select '{"a": 1}'::jsonb \\? ? as has`, ['a'])).toEqual({ has: true });
    expect(await row(database.knex, `select :text::text as text, '10:30:id' as id`, { text: 'x', uuid: 1 })).toEqual({
      text: 'x',
      id: '10:30:id',
    });
    await expect(rows(database.knex, 'select :x::int', { x: undefined })).rejects.toThrow(
      'the binding :x is undefined',
    );
    expect(await row(database.knex, 'select 1 as x where false')).toBeUndefined();
    await expect(one(database.knex, 'select 1 as x where false')).rejects.toThrow('expected one row, got 0');
  });

  test('a prepared statement keeps its name on the connection', async () => {
    for (const n of [1, 2, 3]) {
      expect(await one(database.knex, 'select :n::int + 1 as m', { n }, { prepare: 'contract-plus-one' })).toEqual({
        m: n + 1,
      });
    }
  });

  test('errors hold neither bindings nor the values of a row', async () => {
    const errors = [
      await failure(rows(database.knex, 'select cast(:secret as uuid)', { secret: 'under the bridge' })),
      await failure(rows(database.knex, insert, trial(900, { name: 'under the bridge', amount: -1 }))),
      await failure(rows(database.knex, 'select cast(:secret as timestamptz)', { secret: 'under the bridge' })),
      await failure(rows(database.knex, 'select cast(:secret as int)', { secret: 'under the bridge' })),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(Error);
      expect(JSON.stringify(Object.entries(error as object)) + String(error)).not.toContain('bridge');
    }
  });
});

describe('constraints', () => {
  test('violations carry the same code and name on both databases', async () => {
    await rows(database.knex, insert, trial(1));
    const of = async (more: Record<string, unknown>) =>
      constraintOf(await failure(rows(database.knex, insert, trial(2, more))));
    expect(await of({ id: 1 })).toEqual({ code: '23505', constraint: 'trial_pkey' });
    expect(await of({ name: 'n1' })).toEqual({ code: '23505', constraint: 'trial_name_once' });
    expect(await of({ amount: 0 })).toEqual({ code: '23514', constraint: 'trial_amount_positive' });
    expect(await of({ parent: 77 })).toEqual({ code: '23503', constraint: 'trial_parent_fk' });
    expect(await of({ name: null })).toEqual({ code: '23502', constraint: 'trial.name' });
    const other = await failure(rows(database.knex, 'select nothing_here'));
    expect(constraintOf(other)).toBeUndefined();
    expect(codeOf(other)).toBe('42703');
    expect(codeOf(await failure(rows(database.knex, 'select 1/:n::int', { n: 0 })))).toBe('22012');
  });

  test('after an error the next query gets its own answer', async () => {
    for (let n = 0; n < 20; n += 1) {
      const [bad, good] = await Promise.all([
        failure(rows(database.knex, 'select cast(:x as int)', { x: 'no' })),
        one(database.knex, 'select :n::int as n', { n }),
      ]);
      expect(codeOf(bad)).toBe('22P02');
      expect(good).toEqual({ n });
    }
  });
});

describe('transactions', () => {
  const count = async (id: number) =>
    (await one<{ n: number }>(database.knex, 'select count(*) as n from trial where id = :id', { id })).n;

  test('commit, and roll back on a throw', async () => {
    expect(await inTransaction(database, async (trx) => (await rows(trx, insert, trial(10)), 'done'))).toBe('done');
    expect(await count(10)).toBe(1);
    const mine = new Error('changed my mind');
    const thrown = await failure(
      inTransaction(database, async (trx) => {
        await rows(trx, insert, trial(11));
        throw mine;
      }),
    );
    expect(thrown).toBe(mine);
    expect(await count(11)).toBe(0);
  });

  test('a failed statement that the code ignores does not pass for a commit', async () => {
    const thrown = await failure(
      inTransaction(database, async (trx) => {
        await rows(trx, insert, trial(12));
        await failure(rows(trx, insert, trial(12)));
      }),
    );
    expect(codeOf(thrown)).toBe('25P02');
    expect(await count(12)).toBe(0);
  });

  test('a savepoint confines a failure', async () => {
    await inTransaction(database, async (trx) => {
      await rows(trx, insert, trial(13));
      expect(constraintOf(await failure(trx.transaction((inner) => rows(inner, insert, trial(13)))))?.code).toBe(
        '23505',
      );
      await rows(trx, insert, trial(14));
    });
    expect(await count(14)).toBe(1);
  });

  test('statements given at once run one after the other', async () => {
    const found = await inTransaction(database, (trx) =>
      Promise.all([1, 2, 3, 4].map((n) => one<{ n: number }>(trx, 'select :n::int as n', { n }))),
    );
    expect(found.map(({ n }) => n)).toEqual([1, 2, 3, 4]);
  });

  test('isolation and read only', async () => {
    const found = await inTransaction(
      database,
      (trx) =>
        one(
          trx,
          `select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as only`,
        ),
      { isolation: 'repeatable read', readOnly: true },
    );
    expect(found).toEqual({ level: 'repeatable read', only: 'on' });
    expect(
      codeOf(await failure(inTransaction(database, (trx) => rows(trx, insert, trial(15)), { readOnly: true }))),
    ).toBe('25006');
  });

  test('a deadlock or serialization failure is tried again, three times in all', async () => {
    let tries = 0;
    const collide = (trx: Parameters<typeof rows>[0]) =>
      rows(trx, `do $$ begin raise exception 'collided' using errcode = '40001'; end $$`);
    const result = await inTransaction(database, async (trx) => {
      tries += 1;
      if (tries < 3) await collide(trx);
      return 'third';
    });
    expect(result).toBe('third');
    tries = 0;
    const error = await failure(
      inTransaction(database, async (trx) => {
        tries += 1;
        await collide(trx);
      }),
    );
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(tries).toBe(3);
  });
});

describe('waking', () => {
  const settle = () => new Promise((resolve) => setTimeout(resolve, 150));

  test('listeners wake after a commit, for a hundred commits at once a few times, and not when they have stopped', async () => {
    let woken = 0;
    const stop = await database.listen(() => (woken += 1));
    await settle();
    woken = 0;
    database.committed();
    await expect.poll(() => woken).toBe(1);
    for (let n = 0; n < 100; n += 1) database.committed();
    await settle();
    expect(woken).toBeGreaterThan(1);
    expect(woken).toBeLessThan(5);
    await stop();
    const before = woken;
    database.committed();
    await settle();
    expect(woken).toBe(before);
  });
});

/** The embedded database is opened anew after a deadline or a crash, which takes longer than a call waits where other work has both cores. */
const countOnceBack = (ids: readonly number[], n: number): Promise<void> =>
  expect
    .poll(
      () =>
        one(database.knex, 'select count(*) as n from trial where id = any (cast(:ids as int[]))', { ids }).catch(
          () => null,
        ),
      { timeout: 45_000 },
    )
    .toEqual({ n });

describe('PostGIS', () => {
  test('a point goes in and comes out, longitude first, with 6 decimals', async () => {
    const found = await one(
      database.knex,
      `select ${asPoint('p')} as point, ${asPoint('null::geography')} as nothing, ${asGeometryJson('st_buffer(p::geometry, 1, 1)')} -> 'type' as type,
        round(st_distance(p, ${pointSql('108.95', '34.27')})) as metres
       from (select ${pointSql(':lon', ':lat')} as p) given`,
      { lon: 108.94, lat: 34.2654321987 },
    );
    expect(found).toEqual({
      point: { type: 'Point', coordinates: [108.94, 34.265432] },
      nothing: null,
      type: 'Polygon',
      metres: 1051,
    });
  });

  test('what GEOS throws is an error and stores nothing, and the database goes on', async () => {
    const bad = `'POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))'::geometry, 'POLYGON((0 0, 1 1, 1 0, 0 1, 0 0.3, 0 0))'::geometry`;
    const union = `insert into trial (id, name) select 50, st_astext(st_union(${bad}))`;
    expect(codeOf(await failure(rows(database.knex, union)))).toBe('XX000');
    await countOnceBack([50], 0);
    const inside = await failure(
      inTransaction(database, async (trx) => {
        await rows(trx, insert, trial(51));
        await rows(trx, union + ' where 1 = :n', { n: 1 });
      }),
    );
    expect(codeOf(inside)).toBe('XX000');
    await countOnceBack([50, 51], 0);
  });
});

describe('deadlines', () => {
  const runaway = 'select count(*) from generate_series(1, 1000000000) n where n % 2 = :rest';

  test('a runaway statement ends with DatabaseUnavailable, and what was committed is there', async () => {
    await rows(database.knex, insert, trial(60));
    const began = Date.now();
    const error = await failure(rows(database.knex, runaway, { rest: 1 }, { deadlineMs: 500 }));
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect((error as DatabaseUnavailable).reason).toBe('deadline');
    expect(Date.now() - began).toBeLessThan(5_000);
    await countOnceBack([60], 1);
  });

  test('a transaction it interrupts fails whole and never goes on', async () => {
    let later: unknown;
    const error = await failure(
      inTransaction(database, async (trx) => {
        await rows(trx, insert, trial(61));
        await failure(rows(trx, runaway, { rest: 1 }, { deadlineMs: 300 }));
        later = await failure(rows(trx, insert, trial(62)));
      }),
    );
    expect(later).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(Error);
    await countOnceBack([61, 62], 0);
  });

  test('calls that wait behind it are answered', async () => {
    const [stuck, ...others] = await Promise.all([
      failure(rows(database.knex, runaway, { rest: 1 }, { deadlineMs: 300 })),
      ...[1, 2, 3].map((n) => one<{ n: number }>(database.knex, 'select :n::int as n', { n })),
    ]);
    expect(stuck).toBeInstanceOf(DatabaseUnavailable);
    expect(others).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test('a longer deadline holds for its own statement only', async () => {
    expect(await one(database.knex, 'select 1 as x', {}, { deadlineMs: REPORT_MS })).toEqual({ x: 1 });
    if (testKind === 'postgres')
      expect(await one(database.knex, 'show statement_timeout')).toEqual({ statement_timeout: '10s' });
  });
});
