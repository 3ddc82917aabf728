/** P6: the plan for all against the solver alone on the same matrix, and the harm it saves against nearest-first on a winter night. */
import { munkres } from 'munkres';
import { openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import type { Question } from '../../server/dispatches/assign.ts';
import { planFor } from '../../server/dispatches/plan.ts';
import { createRouting } from '../../server/dispatches/routing.ts';
import { createSolver } from '../../server/dispatches/solver.ts';
import { estimateTable } from '../../server/dispatches/router-estimate.ts';
import { coldClocksOf } from '../../server/incidents/queries-cold.ts';
import { expectedHarm } from '../../shared/harm.ts';
import { benchDatabase, child, measure } from './kit.ts';
import { fillCity, shape } from './winter.ts';

/** Xi'an in January at night, the wind from the north. */
const WEATHER = { temperatureC: -6, windKmh: 18 };

/** The matrix the solver gets, made once: the baseline is munkres and nothing else. */
function matrixOf({ cases, units, rules }: Question): Float64Array[] {
  const { seconds } = estimateTable(
    units.map(({ place }) => place),
    cases.map(({ place }) => place),
    cases.map(({ pace }) => pace),
  );
  const [rule] = rules;
  if (!rule) throw new Error('no rules');
  return units.map((_, y) =>
    Float64Array.from(
      cases,
      (one, x) =>
        expectedHarm(one.clockMin, (seconds[y * cases.length + x] ?? 0) / 60, one, rule.harm) -
        rule.harm.priority[one.priority] * one.people,
    ),
  );
}

async function benchSize(cluster: string, patrols: number, incidents: number, solverAlone: boolean): Promise<void> {
  const stored = await benchDatabase(cluster);
  // the service makes the city's stations and areas, and is not needed after that
  const service = await child<{ url: string; root: string }>('./service.ts', { DATABASE_URL: stored.url });
  const { root } = service.ready;
  await service.stop();
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const database = await openDatabase({ databaseUrl: stored.url, log: silent, allowUnsafe: true });
  const solver = createSolver();
  try {
    const db = database.knex;
    const now = new Date('2026-01-15T15:00:00Z');
    await fillCity(db, root, { patrols, incidents, freeShare: 1, now });
    await rows(
      db,
      `insert into readings (id, station_id, kind, at, received_at, temperature_c, wind_kmh, precipitation, source)
       select gen_random_uuid(), cast(:root as uuid), 'observed', :now, :now, :temperatureC, :windKmh, 'none', 'bench'`,
      { root, now, ...WEATHER },
    );
    let asked: Question | null = null;
    const routing = createRouting({ router: null, log: silent });
    const plan = () =>
      planFor(db, root, {}, now, {
        routing,
        solver: {
          solve: (question) => {
            asked = question;
            return solver.solve(question);
          },
        },
        clocks: coldClocksOf,
      });
    const { totals, assignments } = await plan();
    if (asked === null) throw new Error('nothing was asked');
    const question: Question = asked;
    const size = shape(patrols, incidents);
    if (solverAlone) {
      const matrix = matrixOf(question);
      const alone = (): Promise<number> => {
        const from = performance.now();
        munkres(matrix);
        return Promise.resolve(performance.now() - from);
      };
      const timed = (work: () => Promise<unknown>) => async (): Promise<number> => {
        const from = performance.now();
        await work();
        return performance.now() - from;
      };
      await measure({
        name: `P6 plan in its thread (times, harm, solver, nearest-first), ${size}`,
        unit: 'ms',
        goal: '<= 1.5',
        pairs: 5,
        ours: timed(() => solver.solve(question)),
        baseline: alone,
      });
      await measure({
        name: `P6 the same with all that is read before and after, ${size}`,
        unit: 'ms',
        goal: 'for information',
        ours: timed(plan),
        baseline: alone,
      });
    }
    const saved = 100 * (1 - totals.plan / totals.nearestFirst);
    console.log(
      `P6 expected harm, ${size} | ${totals.plan.toFixed(1)} | nearest-first ${totals.nearestFirst.toFixed(1)} | ${saved.toFixed(0)} % less, ${String(assignments.length)} served | >= 15 %`,
    );
  } finally {
    await solver.close();
    await database.close();
    await stored.drop();
  }
}

export async function benchPlan(cluster: string): Promise<void> {
  await benchSize(cluster, 200, 200, true);
  await benchSize(cluster, 1_000, 1_000, true);
  // as nights are: fewer crews than people
  await benchSize(cluster, 120, 200, false);
}
