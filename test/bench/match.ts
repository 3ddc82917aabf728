/** Where to bring people, with 500 shelters, against the bare statement that counts what is free in each of them. */
import type { Knex } from 'knex';
import { openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { benchDatabase, child, measure, percentile } from './kit.ts';
import { cookieOf } from './winter.ts';

const SHELTERS = 500;
const CALLS = 200;
/** One after the other, as other waits are measured; and several desks and crews at the same moment, for information. */
const AT_ONCE = [1, 4] as const;

/** Houses all over the city with beds of every kind, hours, features, people in a third of the beds and places held for more on the way. */
async function fillHouses(db: Knex, root: string, now: Date): Promise<void> {
  await rows(db, `select setseed(0.42)`);
  await rows(
    db,
    `with houses as (
       insert into shelters (id, station_id, name, kind, status, position, address, hours, opening, features, confidential, counted_at, created_at)
       select gen_random_uuid(), cast(:root as uuid), 'House ' || n, case when n % 3 = 0 then 'station' else 'warm_place' end,
         case when n % 10 = 0 then 'closed' when n % 10 = 1 then 'full' else 'open' end,
         st_setsrid(st_makepoint(108.94 + (random() - 0.5) * 0.4, 34.26 + (random() - 0.5) * 0.3), 4326)::geography, 'a street', '',
         case when n % 2 = 0 then '[]'::jsonb else jsonb_build_array(jsonb_build_object('days', array[1, 2, 3, 4, 5, 6, 7], 'from', to_char(6 + n % 6, 'FM00') || ':' || to_char(n % 60, 'FM00'),
           'to', to_char(n % 6, 'FM00') || ':30', 'level', case when n % 5 = 0 then 'blue' else 'none' end)) end,
         case n % 4 when 0 then array['pets', 'wheelchair'] when 1 then array['warm_food', 'medical', 'pets'] when 2 then array['women_and_children'] else array['hot_water'] end,
         n % 20 = 0, :now, :now from generate_series(1, cast(:shelters as integer)) n returning id
     ), beds as (
       insert into shelter_beds (shelter_id, unit, kind, total, surge)
       select h.id, u.unit, k.kind, 4 + cast(floor(random() * 8) as integer), case when u.unit = 'bed' then 4 else 0 end from houses h
         cross join unnest(array['any', 'men', 'women', 'family', 'accessible', 'quarantine']) k (kind) cross join unnest(array['bed', 'seat']) u (unit)
     ), sleepers as (
       insert into stays (id, shelter_id, unit, kind, people, arrived_at)
       select gen_random_uuid(), h.id, 'bed', k.kind, 1, :now from houses h cross join unnest(array['any', 'men', 'women']) k (kind) cross join generate_series(1, 4)
     )
     insert into holds (id, shelter_id, unit, kind, people, held_for, status, expires_at, created_at)
     select gen_random_uuid(), h.id, 'bed', 'any', 1, '', 'held', cast(:now as timestamptz) + (random() * 90) * interval '1 minute', :now from houses h cross join generate_series(1, 3)`,
    { root, shelters: SHELTERS, now },
  );
  await rows(db, 'analyze');
}

/** Milliseconds of each of `calls`, always so many of them under way. */
async function timesOf(calls: number, atOnce: number, one: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let begun = 0;
  const asker = async (): Promise<void> => {
    while (begun < calls) {
      begun += 1;
      const from = performance.now();
      await one();
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, asker));
  return times;
}

export async function benchMatch(cluster: string): Promise<void> {
  const stored = await benchDatabase(cluster);
  const service = await child<{ url: string; root: string }>('./service.ts', { DATABASE_URL: stored.url });
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const database = await openDatabase({ databaseUrl: stored.url, log: silent, allowUnsafe: true });
  try {
    const { url, root } = service.ready;
    const now = new Date();
    await fillHouses(database.knex, root, now);
    const headers = { cookie: await cookieOf(url), 'content-type': 'application/json', 'x-requested-with': 'warmpath' };
    const body = JSON.stringify({
      people: { women: 1, men: 2 },
      needs: ['pets'],
      from: { type: 'Point', coordinates: [108.94, 34.26] },
    });
    const ask = async (): Promise<void> => {
      const response = await fetch(`${url}/api/shelters/matches`, { method: 'POST', headers, body });
      const { items } = (await response.json()) as { items?: { excluded: string | null }[] };
      if ((items?.length ?? 0) < SHELTERS || !items?.some(({ excluded }) => excluded === null))
        throw new Error(`refused with ${String(response.status)}, or nothing fits`);
    };
    const count = (): Promise<unknown> =>
      rows(
        database.knex,
        `select b.shelter_id, b.kind, b.total - coalesce(t.people, 0) - coalesce(h.people, 0) as free from shelter_beds b
           left join (select shelter_id, kind, sum(people) as people from stays where left_at is null and unit = 'bed' group by shelter_id, kind) t using (shelter_id, kind)
           left join (select shelter_id, kind, sum(people) as people from holds where status = 'held' and expires_at > :now and unit = 'bed' group by shelter_id, kind) h using (shelter_id, kind)
         where b.unit = 'bed'`,
        { now },
      );
    for (const atOnce of AT_ONCE)
      await measure({
        name: `P15 matching over HTTP, ${String(SHELTERS)} shelters, ${String(atOnce)} at a time, p95`,
        unit: 'ms',
        goal: atOnce === 1 ? 'ours <= 100 ms' : 'for information',
        ours: async () => percentile(await timesOf(CALLS, atOnce, ask), 0.95),
        baseline: async () => percentile(await timesOf(CALLS, atOnce, count), 0.95),
      });
  } finally {
    await Promise.all([service.stop(), database.close()]);
    await stored.drop();
  }
}
