/** Several nodes on one PostgreSQL work the steps of a plan, and one of them dies over it: each step happens once. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../server/db/open.ts';
import { row, rows } from '../../server/db/rows.ts';
import { runSteps } from '../../server/plans/commands-steps.ts';
import type { Service } from '../../server/realtime/command.ts';
import { createSite } from '../../shared/sites.ts';
import { places, startApp, type TestApp } from '../kit/app.ts';
import { DATABASE_HOOK_MS, quiet, type TestDatabase, testDatabase, testKind } from '../kit/database.ts';
import { endAll, mustStart } from '../kill/program.ts';
import { activationOf, doing, house, lower, ordersOn, statesOf, warmPlace } from './steps-kit.ts';

const HOOK = 'https://hooks.example.org/cold';

describe.skipIf(testKind !== 'postgres')('nodes (not for this database when embedded: it has one process)', () => {
  let stored: TestDatabase;
  let app: TestApp;
  let stop: () => Promise<void>;
  const opened: Database[] = [];
  let nodes: Service[];
  const manager = () => app.east.manager;
  const db = () => app.database.knex;
  const count = async (sql: string, bindings: Record<string, unknown> = {}): Promise<number> =>
    (await row<{ n: number }>(db(), `select cast(count(*) as integer) as n from ${sql}`, bindings))?.n ?? -1;

  beforeAll(async () => {
    stored = await testDatabase();
    const resolve = () => Promise.resolve([{ address: '93.184.216.34', family: 4 as const }]);
    // a node of its own, with the clock of this machine, works on the same steps
    ({ app, stop } = await startApp(stored, { start: new Date().toISOString(), outside: { resolve } }));
    await rows(db(), `update rules set value = '[{"host": "hooks.example.org"}]' where key = 'outside.hosts'`);
    for (let n = 0; n < 3; n += 1) opened.push(await openDatabase({ ...stored.options, log: quiet, poolSize: 4 }));
    nodes = opened.map((database) => ({ ...app.service, database }));
  }, DATABASE_HOOK_MS);
  afterAll(async () => {
    await endAll();
    for (const database of opened) await database.close();
    await stop();
    await stored.drop();
  }, DATABASE_HOOK_MS);

  /** Keys in the order in which they are worked. */
  const plan = (place: string) =>
    ordersOn(manager(), [
      doing({ kind: 'public_notice', words: { en: 'Cold.' } }, { key: 'a' }),
      doing({ kind: 'open_shelters', shelters: [place], surge: true }, { key: 'b' }),
      doing({ kind: 'set_rules', values: { 'duplicates.window': 3 } }, { key: 'c' }),
      doing({ kind: 'visit_sites', sites: 'all', everyH: 6 }, { key: 'd' }),
      doing({ kind: 'webhook', url: HOOK }, { key: 'e' }),
      doing({ kind: 'call_roster', roles: ['dispatcher'], minimum: 1 }, { key: 'f' }),
    ]);
  const stepsOf = `activation_steps t join activations a on a.id = t.activation_id where a.plan_id = cast(:id as uuid)`;
  /** What there is of each effect: notices, versions of house, rule and place, calls, calls in, facts of the activation. */
  async function effects(id: string, place: string, site: string): Promise<number[]> {
    const activation = await activationOf(manager(), id);
    const version = async (table: string, bindings: Record<string, unknown>): Promise<number> =>
      (await row<{ version: number }>(db(), `select version from ${table}`, bindings))?.version ?? 0;
    return [
      await count(`public_notices where step_id in (select t.id from ${stepsOf})`, { id }),
      (await house(manager(), place)).version,
      await version(`rules where key = 'duplicates.window' and station_id = cast(:east as uuid)`, {
        east: app.stations.east,
      }),
      await version(`sites where id = cast(:site as uuid)`, { site }),
      await count(`outside_calls where body ->> 'planId' = :id`, { id }),
      await count(`duty_calls where cause in (select t.id from ${stepsOf})`, { id }),
      await count(
        `events e, jsonb_array_elements(e.payload -> 'rows' -> 'activations') as r where e.type = 'activation.changed' and r ->> 'id' = :activation`,
        { activation: activation.id },
      ),
    ];
  }
  async function world(): Promise<{ place: string; site: string }> {
    const site = randomUUID();
    await rows(db(), `update sites set active = false`);
    await app.east.dispatcher.does(createSite, {
      body: { id: site, name: 'Bridge', position: { type: 'Point', coordinates: places.east }, visitEveryH: 24 },
    });
    return { place: await warmPlace(manager(), { surge: 2 }), site };
  }

  it('do each step once, and take each back once, though all of them work at the same moment', async () => {
    const { place, site } = await world();
    const id = await plan(place);
    await Promise.all([...nodes, ...nodes].map((node) => runSteps(node)));
    // the call waits for the other server, and nothing has changed of its step
    expect(await effects(id, place, site)).toEqual([1, 2, 1, 2, 1, 1, 5]);
    expect(Object.values(await statesOf(manager(), id)).sort()).toEqual([...Array<string>(5).fill('done'), 'waiting']);
    await rows(db(), `update outside_calls set done_at = :now, next_at = null`, { now: app.clock.now() });
    await lower(manager(), id);
    await Promise.all([...nodes, ...nodes].map((node) => runSteps(node)));
    await rows(db(), `update outside_calls set done_at = :now, next_at = null`, { now: app.clock.now() });
    app.clock.advance(10_000);
    await Promise.all(nodes.map((node) => runSteps(node)));
    expect(await effects(id, place, site)).toEqual([1, 3, 0, 3, 2, 0, 5 + 6 + 1]);
    expect(new Set(Object.values(await statesOf(manager(), id)))).toEqual(new Set(['undone']));
    expect((await activationOf(manager(), id)).closedAt).not.toBeNull();
  });

  it('one that is killed in the middle of a step leaves nothing of it behind, and the others do the rest', async () => {
    const { place, site } = await world();
    const id = await plan(place);
    const before = await house(manager(), place);
    // the node cannot get past the house, which somebody else holds
    const trx = await db().transaction();
    try {
      await rows(trx, `select id from shelters where id = cast(:place as uuid) for update`, { place });
      const node = mustStart({ DATABASE_URL: stored.options.databaseUrl ?? '' });
      const stuck = `pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%from shelters%'`;
      await expect.poll(() => count(stuck)).toBeGreaterThan(0);
      expect(await statesOf(manager(), id)).toMatchObject({ a: 'done', b: 'waiting' });
      await (await node).kill();
    } finally {
      await trx.rollback();
    }
    app.clock.advance(60_000);
    await Promise.all(nodes.map((each) => runSteps(each)));
    expect(await effects(id, place, site)).toEqual([1, before.version + 1, 1, 2, 1, 1, 5]);
    expect(await statesOf(manager(), id)).toEqual({
      a: 'done',
      b: 'done',
      c: 'done',
      d: 'done',
      e: 'waiting',
      f: 'done',
    });
    expect(
      await count(`shelter_counts where shelter_id = cast(:place as uuid) and source = 'capacity'`, { place }),
    ).toBe(2);
  });
});
