import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseUnavailable } from '../../server/db/errors.ts';
import { openDatabase } from '../../server/db/open.ts';
import type { Database } from '../../server/db/open.ts';
import { one, rows } from '../../server/db/rows.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { DATABASE_HOOK_MS, quiet, testDatabase, testKind } from '../kit/database.ts';
import type { TestDatabase } from '../kit/database.ts';

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe.skipIf(testKind === 'embedded')('PostgreSQL (not for this database: no TEST_DATABASE_URL)', () => {
  let place: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    place = await testDatabase();
    database = await openDatabase({ ...place.options, log: quiet, poolSize: 3 });
  }, DATABASE_HOOK_MS);
  afterAll(async () => {
    await database.close();
    await place.drop();
  }, DATABASE_HOOK_MS);

  test('a full pool answers DatabaseUnavailable within seconds, and works again after', async () => {
    const began = Date.now();
    const all = await Promise.all([1, 2, 3, 4].map(() => failure(rows(database.knex, 'select pg_sleep(4)'))));
    expect(all.filter((error) => error instanceof DatabaseUnavailable && error.reason === 'busy').length).toBe(1);
    expect(Date.now() - began).toBeLessThan(6_000);
    expect(await one(database.knex, 'select 1 as x')).toEqual({ x: 1 });
  });

  test('connections that the server ended are replaced, and a transaction on one fails', async () => {
    const error = await failure(
      inTransaction(database, async (trx) => {
        const { pid } = await one<{ pid: number }>(trx, 'select pg_backend_pid() as pid');
        await rows(database.knex, 'select pg_terminate_backend(:pid)', { pid });
        await rows(trx, 'select 1');
      }),
    );
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(await one(database.knex, 'select 1 as x')).toEqual({ x: 1 });
  });

  test('LISTEN comes back after its connection was lost, and tells of what was missed', async () => {
    let woken = 0;
    const stop = await database.listen(() => (woken += 1));
    const before = woken;
    await rows(
      database.knex,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'warmpath listen' and datname = current_database()`,
    );
    await expect.poll(() => woken).toBeGreaterThan(before);
    const reconnected = woken;
    database.committed();
    await expect.poll(() => woken).toBe(reconnected + 1);
    await stop();
  });

  test('a wake crosses from one node to another', async () => {
    const other = await openDatabase({ ...place.options, log: quiet });
    let woken = 0;
    await other.listen(() => (woken += 1));
    const before = woken;
    database.committed();
    await expect.poll(() => woken).toBe(before + 1);
    await other.close();
  });

  test('two transactions that lock each other both get done', async () => {
    await rows(database.knex, 'create table pair (id int primary key, n int not null)');
    await rows(database.knex, 'insert into pair values (1, 0), (2, 0)');
    const add = (ids: number[]) =>
      inTransaction(database, async (trx) => {
        for (const id of ids) {
          await rows(trx, 'update pair set n = n + 1 where id = :id', { id });
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      });
    await Promise.all([add([1, 2]), add([2, 1])]);
    expect(await rows(database.knex, 'select n from pair order by id')).toEqual([{ n: 2 }, { n: 2 }]);
  });

  test('a server that is not there, or says nothing, is DatabaseUnavailable within seconds', async () => {
    const nobody = await failure(openDatabase({ databaseUrl: 'postgres://x@127.0.0.1:1/x', log: quiet }));
    expect(nobody).toBeInstanceOf(DatabaseUnavailable);
    const mute = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as net.AddressInfo;
    const silent = await failure(openDatabase({ databaseUrl: `postgres://x@127.0.0.1:${String(port)}/x`, log: quiet }));
    expect(silent).toBeInstanceOf(DatabaseUnavailable);
    mute.close();
  });
});
