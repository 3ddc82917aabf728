/** Beds held a second over HTTP, against a handler that does no more than lock, count and insert. */
import { randomUUID } from 'node:crypto';
import autocannon from 'autocannon';
import { benchDatabase, child, measure } from './kit.ts';
import { cookieOf } from './winter.ts';

const SECONDS = 4;
const MANY = 200;
/** As many beds as no run can hold. */
const BEDS = 100_000;

async function load(url: string, shelters: readonly string[], cookie: string): Promise<number> {
  let n = 0;
  const result = await autocannon({
    url,
    connections: 32,
    duration: SECONDS,
    requests: [
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-requested-with': 'warmpath', cookie },
        setupRequest: (request) => ({
          ...request,
          path: `/api/shelters/${shelters[n++ % shelters.length] ?? ''}/holds`,
          body: JSON.stringify({ id: randomUUID(), people: 1, kind: 'any', for: 'somebody' }),
        }),
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${String(result.non2xx)} refused, ${String(result.errors)} failed`);
  return result['2xx'] / result.duration;
}

/** Houses with so many beds that none is ever full. */
const FILL = `
  with made as (
    insert into shelters (id, station_id, name, kind, status, address, hours, features, confidential, counted_at, created_at)
    select gen_random_uuid(), s.id, 'House ' || n, 'station', 'open', 'x', '', '{}', false, timestamptz '2026-01-01', timestamptz '2026-01-01'
    from stations s, generate_series(1, ${String(MANY)}) n where s.parent_id is null returning id
  ) insert into shelter_beds (shelter_id, kind, total) select id, 'any', ${String(BEDS)} from made returning shelter_id as id`;

export async function benchHolds(cluster: string): Promise<void> {
  const stored = await benchDatabase(cluster);
  const raw = await benchDatabase(cluster);
  const ours = await child<{ url: string }>('./service.ts', { DATABASE_URL: stored.url });
  const baseline = await child<{ url: string }>('./baseline.ts', { DATABASE_URL: raw.url });
  try {
    const { rows } = await ours.ask<{ rows: { id: string }[] }>({ sql: FILL });
    const shelters = rows.map(({ id }) => id);
    await ours.ask({ sql: 'analyze' });
    const cookie = await cookieOf(ours.ready.url);
    await baseline.ask({
      sql: `insert into raw_shelters select id, ${String(BEDS)} from unnest(array['${shelters.join("', '")}']::uuid[]) id`,
    });
    for (const [name, among] of [
      [`${String(MANY)} houses`, shelters],
      ['one house', shelters.slice(0, 1)],
    ] as const)
      await measure({
        name: `P14 beds held, ${name}`,
        unit: 'holds/s',
        goal: '>= 0.4',
        ours: async () => {
          const rate = await load(ours.ready.url, among, cookie);
          await ours.ask({ sql: 'truncate holds, stays, stay_people, stay_dues, stay_extensions' });
          return rate;
        },
        baseline: async () => {
          const rate = await load(baseline.ready.url, among, '');
          await baseline.ask({ sql: 'truncate raw_holds' });
          return rate;
        },
      });
  } finally {
    await Promise.all([ours.stop(), baseline.stop()]);
    await Promise.all([stored.drop(), raw.drop()]);
  }
}
