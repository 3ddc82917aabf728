/** P2: batches of 100 fixes over HTTP against a raw unnest upsert of 1,000 rows. */
import autocannon from 'autocannon';
import { benchDatabase, child, measure } from './kit.ts';

const SECONDS = 4;
const PATROLS = 1_000;
const UPSERTS = 100;

export async function benchPositions(cluster: string): Promise<void> {
  const stored = await benchDatabase(cluster);
  const raw = await benchDatabase(cluster);
  const service = await child<{ url: string; root: string }>('./service.ts', { DATABASE_URL: stored.url });
  const baseline = await child<{ url: string }>('./baseline.ts', { DATABASE_URL: raw.url });
  try {
    const { url, root } = service.ready;
    const { rows } = await service.ask<{ rows: { id: string }[] }>({
      sql: `insert into patrols (id, station_id, name, crew_count, status, started_at) select gen_random_uuid(), '${root}', 'P', 2, 'free', timestamptz '2026-01-01' from generate_series(1, ${String(PATROLS)}) returning id`,
    });
    const response = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'dispatcher', password: 'demo' }),
    });
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    let turn = 0;
    const batch = (): string => {
      turn += 1;
      const at = new Date().toISOString();
      return JSON.stringify(
        Array.from({ length: 100 }, (_, n) => ({
          patrolId: rows[(turn * 100 + n) % PATROLS]?.id,
          position: { type: 'Point', coordinates: [108.9 + n * 0.0001, 34.2] },
          at,
          speedMps: 8,
          headingDeg: 90,
        })),
      );
    };
    await measure({
      name: 'P2 positions, batches of 100 over HTTP',
      unit: 'fixes/s',
      goal: '>= 0.4',
      ours: async () => {
        const result = await autocannon({
          url: `${url}/api/positions`,
          connections: 16,
          duration: SECONDS,
          requests: [
            {
              method: 'POST',
              headers: { 'content-type': 'application/json', 'x-requested-with': 'warmpath', cookie },
              setupRequest: (request) => ({ ...request, body: batch() }),
            },
          ],
        });
        if (result.non2xx > 0) throw new Error(`${String(result.non2xx)} refused`);
        return (result['2xx'] * 100) / result.duration;
      },
      baseline: async () => {
        const { ms } = await baseline.ask<{ ms: number }>({ unnest: UPSERTS });
        return (UPSERTS * 1_000 * 1_000) / ms;
      },
    });
  } finally {
    await Promise.all([service.stop(), baseline.stop()]);
    await Promise.all([stored.drop(), raw.drop()]);
  }
}
