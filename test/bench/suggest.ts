/** P5: whom to send, with 500 patrols out and 2,000 incidents open, against the bare nearest-neighbour query on the same rows. */
import { openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { nearbyPatrols, sceneInScope } from '../../server/dispatches/queries-suggest.ts';
import { benchDatabase, child, measure, percentile } from './kit.ts';
import { cookieOf, fillCity, shape } from './winter.ts';

const CALLS = 200;
const SQL_CALLS = 400;

/** The 95th percentile in milliseconds of `calls` one after the other. */
async function p95(calls: number, one: (n: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < calls; n += 1) {
    const from = performance.now();
    await one(n);
    times.push(performance.now() - from);
  }
  return percentile(times, 0.95);
}

export async function benchSuggest(cluster: string): Promise<void> {
  const stored = await benchDatabase(cluster);
  const service = await child<{ url: string; root: string }>('./service.ts', { DATABASE_URL: stored.url });
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const database = await openDatabase({ databaseUrl: stored.url, log: silent, allowUnsafe: true });
  try {
    const db = database.knex;
    const { url, root } = service.ready;
    await fillCity(db, root, { patrols: 500, incidents: 2_000, freeShare: 0.5, now: new Date() });
    const incidents = await rows<{ id: string; lon: number; lat: number }>(
      db,
      `select id, st_x(position::geometry) as lon, st_y(position::geometry) as lat from incidents order by id limit 200`,
    );
    const cookie = await cookieOf(url);
    const at = (n: number): { id: string; lon: number; lat: number } =>
      incidents[n % incidents.length] ?? { id: '', lon: 0, lat: 0 };
    const knn = (n: number): Promise<unknown> =>
      rows(
        db,
        `select patrol_id from patrol_positions order by position <-> st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326) limit 5`,
        { lon: at(n).lon, lat: at(n).lat },
        { prepare: 'bare_knn' },
      );
    await measure({
      name: `P5 suggestions over HTTP, ${shape(500, 2_000)}, p95`,
      unit: 'ms',
      goal: 'ours <= 100 ms',
      ours: () =>
        p95(CALLS, async (n) => {
          const response = await fetch(`${url}/api/incidents/${at(n).id}/suggestions`, { headers: { cookie } });
          if (!response.ok) throw new Error(`refused with ${String(response.status)}`);
          await response.arrayBuffer();
        }),
      baseline: () => p95(CALLS, knn),
    });
    await measure({
      name: 'P5 SQL part (two statements, shortlist with fit), p95',
      unit: 'ms',
      goal: '<= 5',
      pairs: 5,
      ours: () =>
        p95(SQL_CALLS, async (n) => {
          const scene = await sceneInScope(db, root, at(n).id);
          if (!scene) throw new Error('no scene');
          const found = await nearbyPatrols(db, scene, new Date());
          if (found.length < 20) throw new Error('nobody is near');
        }),
      baseline: () => p95(SQL_CALLS, knn),
    });
  } finally {
    await Promise.all([service.stop(), database.close()]);
    await stored.drop();
  }
}
