/** Three nodes on one PostgreSQL, one killed in the middle of switching a plan on: it comes on once, each of its steps once. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../server/db/open.ts';
import { row, rows } from '../../server/db/rows.ts';
import { startFollowing } from '../../server/jobs/run.ts';
import { decidePlan } from '../../server/plans/commands-decide.ts';
import { decidePlans, planJobs } from '../../server/plans/jobs.ts';
import { runCommand, type Service } from '../../server/realtime/command.ts';
import { createPlan, listActivations, listDecisions, listPlans } from '../../shared/plans.ts';
import { startApp, type TestApp } from '../kit/app.ts';
import { DATABASE_HOOK_MS, quiet, type TestDatabase, testDatabase, testKind } from '../kit/database.ts';
import { spec, step, warn, warned } from './kit.ts';

const NODES = 3;
const PLANS = 6;
const STEPS = 5;

describe.skipIf(testKind !== 'postgres')(
  'three nodes (not for this database when embedded: it has one process)',
  () => {
    let stored: TestDatabase;
    let app: TestApp;
    let stop: () => Promise<void>;
    let nodes: { database: Database; service: Service }[];

    beforeAll(async () => {
      stored = await testDatabase();
      ({ app, stop } = await startApp(stored));
      nodes = [];
      for (let n = 0; n < NODES; n += 1) {
        const database = await openDatabase({ ...stored.options, log: quiet, poolSize: 4 });
        nodes.push({ database, service: { ...app.service, database } });
      }
    }, DATABASE_HOOK_MS);
    afterAll(async () => {
      for (const { database } of nodes) await database.close();
      await stop();
      await stored.drop();
    }, DATABASE_HOOK_MS);

    it('whoever dies, and however many decide at the same moment', async () => {
      const { manager } = app.east;
      const ids = Array.from({ length: PLANS }, () => randomUUID()).sort();
      const orange = spec({
        levels: [{ level: 'orange', mode: 'automatic', askMin: 1, when: warned('orange') }],
        steps: Array.from({ length: STEPS }, (_, n) => step(`s${String(n)}`)),
      });
      for (const id of ids) await manager.does(createPlan, { body: { id, name: id, spec: orange, active: true } });
      const [dies, ...live] = nodes;
      if (!dies) throw new Error('no node');

      // one node has written the activation and its steps, and dies before it commits, the plan's row still locked
      await warn(manager, 'orange');
      let written = (): void => undefined;
      const middle = new Promise<void>((resolve) => (written = resolve));
      let die: () => void = () => undefined;
      const death = new Promise<void>((resolve) => (die = resolve));
      const dying = runCommand(
        dies.service,
        { kind: 'system' },
        { command: 'test', subjectIds: [], fields: [] },
        async (ctx) => {
          await decidePlan(ctx, ids[0] ?? '');
          const { pid } = (await row<{ pid: number }>(ctx.db, `select pg_backend_pid() as pid`)) ?? { pid: 0 };
          written();
          await death;
          await rows(app.database.knex, `select pg_terminate_backend(:pid)`, { pid });
        },
      ).catch((error: unknown) => error);
      await middle;
      expect(await activations(), 'nobody sees what was not committed').toBe(0);

      // the others hear of the warning, and of the clock, at the same moment; the first plan keeps them waiting until the death
      const following = await Promise.all(live.map(({ service }) => startFollowing(service, planJobs)));
      const deciding = Promise.all([...live, ...live].map(({ service }) => decidePlans(service)));
      die();
      expect(await dying).toBeInstanceOf(Error);
      await deciding;
      await Promise.all(following.map((each) => each.caughtUp()));
      await Promise.all(following.map((each) => each.stop()));

      expect((await manager.does(listPlans)).items.map(({ level }) => level)).toEqual(ids.map(() => 'orange'));
      const { items } = await manager.does(listActivations);
      expect(items.map(({ planId }) => planId).sort()).toEqual(ids);
      for (const { steps, version } of items) {
        expect(steps.map(({ key }) => key)).toEqual(['s0', 's1', 's2', 's3', 's4']);
        expect(version).toBe(1);
      }
      for (const id of ids)
        expect((await manager.does(listDecisions, { params: { id } })).items.map(({ level }) => level)).toEqual([
          'orange',
          'none',
        ]);
      expect(await count(`events where type = 'plan.decided'`)).toBe(2 * PLANS);
      expect(await count('activation_steps')).toBe(PLANS * STEPS);
    });

    const count = async (from: string): Promise<number> =>
      (await row<{ n: number }>(app.database.knex, `select cast(count(*) as integer) as n from ${from}`))?.n ?? -1;
    const activations = (): Promise<number> => count('activations');
  },
);
