/** P1: the whole command against express with one prepared insert, 64 connections. */
import { randomUUID } from 'node:crypto';
import autocannon from 'autocannon';
import { benchDatabase, child, measure } from './kit.ts';

const SECONDS = 4;

const body = (): string =>
  JSON.stringify({
    id: randomUUID(),
    position: { type: 'Point', coordinates: [108.85 + Math.random() * 0.2, 34.2 + Math.random() * 0.15] },
    source: 'public',
    people: 1,
    signs: ['elderly'],
    description: 'lying under the bridge near the river, thin coat',
  });

async function load(url: string): Promise<{ rate: number; p99: number }> {
  const result = await autocannon({
    url,
    connections: 64,
    duration: SECONDS,
    requests: [
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        setupRequest: (request) => ({ ...request, body: body() }),
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${String(result.non2xx)} refused, ${String(result.errors)} failed`);
  return { rate: result['2xx'] / result.duration, p99: result.latency.p99 };
}

const fill = (count: number): string => `
  with made as (select gen_random_uuid() as id, gen_random_uuid() as incident_id, n from generate_series(1, ${String(count)}) n), home as (select id from stations where parent_id is null),
  i as (insert into incidents (id, code, station_id, lane, status, priority, position, people, signs, source, verified, opened_at, last_reported_at, last_seen_at, closed_at)
    select incident_id, 'bench', home.id, 'outside', case when n % 500 = 0 then 'open' else 'closed' end, 'normal',
      st_setsrid(st_makepoint(108.5 + (n % 1000) * 0.001, 34 + (n / 1000 % 1000) * 0.0006), 4326)::geography, 1, '{}', 'public', false,
      timestamptz '2026-01-01' + n * interval '10 s', timestamptz '2026-01-01', timestamptz '2026-01-01', case when n % 500 = 0 then null else timestamptz '2026-01-02' end from made, home returning 1)
  insert into sightings (id, code, incident_id, first_incident_id, station_id, place_text, source, verified, observed_at, received_at, clock_suspect, people, signs, nearby, fingerprint)
    select made.id, 'bench', incident_id, incident_id, home.id, 'x', 'public', false, timestamptz '2026-01-01' + n * interval '10 s', timestamptz '2026-01-01' + n * interval '10 s', false, 1, '{}', false, '\\x00' from made, home`;

export async function benchIntake(cluster: string): Promise<void> {
  const small = await benchDatabase(cluster);
  const large = await benchDatabase(cluster);
  const raw = await benchDatabase(cluster);
  const ours = await child<{ url: string }>('./service.ts', { DATABASE_URL: small.url });
  const full = await child<{ url: string }>('./service.ts', { DATABASE_URL: large.url });
  const baseline = await child<{ url: string }>('./baseline.ts', { DATABASE_URL: raw.url });
  try {
    await ours.ask({ sql: fill(2_000) });
    for (let n = 0; n < 10; n += 1) await full.ask({ sql: fill(100_000) });
    await full.ask({ sql: 'analyze' });
    const p99 = { ours: [] as number[], baseline: [] as number[] };
    await measure({
      name: 'P1 intake',
      unit: 'req/s',
      goal: '>= 0.4, stretch >= 1.2',
      ours: async () => {
        const { rate, p99: late } = await load(`${ours.ready.url}/api/sightings`);
        p99.ours.push(late);
        return rate;
      },
      baseline: async () => {
        const { rate, p99: late } = await load(`${baseline.ready.url}/sightings`);
        p99.baseline.push(late);
        return rate;
      },
    });
    const worst = (list: number[]): number =>
      list.slice(1).sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)] ?? NaN;
    console.log(
      `P1 intake p99 | ${String(worst(p99.ours))} ms | ${String(worst(p99.baseline))} ms | ${(worst(p99.ours) / worst(p99.baseline)).toFixed(2)} | <= 2.5`,
    );
    await measure({
      name: 'P1 with 1,000,000 stored against 2,000',
      unit: 'req/s',
      goal: '>= 0.8',
      ours: async () => (await load(`${full.ready.url}/api/sightings`)).rate,
      baseline: async () => (await load(`${ours.ready.url}/api/sightings`)).rate,
    });
  } finally {
    await Promise.all([ours.stop(), full.stop(), baseline.stop()]);
    await Promise.all([small.drop(), large.drop(), raw.drop()]);
  }
}
