/** P11: everything doubled. What costs more than 2.2 times as much hides a loop in a loop. */
import { openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { coldClock } from '../../shared/cold-clock.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import { defaultColdRules } from '../kit/rules.ts';
import { queueOf } from '../../web/incidents/queue.ts';
import { benchDatabase, child, type Child } from './kit.ts';
import { cookieOf, fillCity } from './winter.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const SIZE = { patrols: 250, incidents: 1_500, desks: 250, history: 20_000 };
const TURNS = 7;
type Cost = () => Promise<number>;
/** Of all turns the quickest: other work on the machine only ever adds. */
const least = (times: readonly number[]): number => Math.min(...times);

async function timed(work: () => unknown): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

interface Town {
  costs: Record<string, Cost>;
  stop(): Promise<void>;
}
/** A service with `times` the size. */
async function town(cluster: string, times: number): Promise<Town> {
  const stored = await benchDatabase(cluster);
  const service: Child<{ url: string; root: string }> = await child('./service.ts', { DATABASE_URL: stored.url });
  const desks = await child<object>('./listeners.ts', {});
  const database = await openDatabase({ databaseUrl: stored.url, log: silent, allowUnsafe: true });
  const { url, root } = service.ready;
  const db = database.knex;
  await fillCity(db, root, {
    patrols: SIZE.patrols * times,
    incidents: SIZE.incidents * times,
    freeShare: 0.5,
    now: new Date(),
  });
  await rows(
    db,
    `insert into incidents (id, code, station_id, lane, status, priority, position, people, signs, source, verified, opened_at, last_reported_at, last_seen_at, closed_at, close_reason)
     select gen_random_uuid(), 'H' || n, cast(:root as uuid), 'outside', 'closed', 'normal', st_setsrid(st_makepoint(108.94 + random() * 0.1, 34.26 + random() * 0.1), 4326)::geography,
       1, array[]::text[], 'public', false, :at, :at, :at, :at, 'helped' from generate_series(1, cast(:count as integer)) n`,
    { root, at: new Date(Date.now() - 86_400_000), count: SIZE.history * times },
    { deadlineMs: 600_000 },
  );
  await rows(db, 'analyze');
  const cookie = await cookieOf(url);
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(url + path, { headers: { cookie } });
    if (!response.ok) throw new Error(`${path} refused with ${String(response.status)}`);
    return response.json();
  };
  const snapshot = (await get('/api/snapshot')) as { incidents: IncidentRow[] };
  const [some] = snapshot.incidents;
  await desks.ask({ connect: { url, count: SIZE.desks * times, cookie, event: 'changes' } });
  const coldRules = await defaultColdRules();
  return {
    costs: {
      'snapshot of a desk': () => timed(() => get('/api/snapshot')),
      'suggestions for one incident': () =>
        timed(async () => {
          for (let n = 0; n < 5; n += 1) await get(`/api/incidents/${some?.id ?? ''}/suggestions`);
        }),
      'duplicates of one incident': () =>
        timed(async () => {
          for (let n = 0; n < 5; n += 1) await get(`/api/incidents/${some?.id ?? ''}/duplicates`);
        }),
      'list of incidents, first page': () => timed(() => get('/api/incidents?limit=100')),
      'sorting the queue in the browser': () =>
        timed(() => {
          const now = new Date();
          const minutesOf = (row: IncidentRow): number => coldClock(row, null, coldRules, now).minutes;
          for (let n = 0; n < 10; n += 1)
            queueOf(snapshot.incidents, { filter: 'all', search: '', stationId: null }, minutesOf);
        }),
      'changes told to all desks': async () => {
        await desks.ask({ expect: 20 });
        const all = desks.next<{ ms: number }>();
        await service.ask({ tell: 20, burst: true });
        return (await all).ms;
      },
    },
    stop: async () => {
      await database.close();
      await Promise.all([service.stop(), desks.stop()]);
      await stored.drop();
    },
  };
}

export async function benchGrowth(cluster: string): Promise<void> {
  const small = await town(cluster, 1);
  const large = await town(cluster, 2);
  const { patrols, incidents, desks, history } = SIZE;
  console.log(
    `P11 growth: ${String(patrols)} patrols, ${String(incidents)} open and ${String(history)} closed incidents, ${String(desks)} desks, then all doubled`,
  );
  try {
    for (const name of Object.keys(small.costs)) {
      const [once, twice]: [number[], number[]] = [[], []];
      // by turns; the first of each warms up
      for (let turn = 0; turn <= TURNS; turn += 1) {
        const [a, b] = [(await small.costs[name]?.()) ?? NaN, (await large.costs[name]?.()) ?? NaN];
        if (turn === 0) continue;
        once.push(a);
        twice.push(b);
      }
      console.log(
        `P11 ${name} | ${least(twice).toFixed(1)} ms doubled | ${least(once).toFixed(1)} ms | ${(least(twice) / least(once)).toFixed(2)} | <= 2.2`,
      );
    }
  } finally {
    await Promise.all([small.stop(), large.stop()]);
  }
}
