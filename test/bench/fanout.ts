/** P3: a change, and a tick of 500 vehicles, to 1,000 desks, against a socket.io room that is handed the same bytes. P4: bytes of a fix. */
import { randomUUID } from 'node:crypto';
import { packFix, packHeard } from '../../shared/positions.ts';
import { benchDatabase, child, measure } from './kit.ts';

const DESKS = 1_000;
const MESSAGES = 100;
const VEHICLES = 500;
const TICKS = 20;

const signIn = async (url: string): Promise<string> => {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'dispatcher', password: 'demo' }),
  });
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
};

export async function benchFanOut(cluster: string): Promise<void> {
  const stored = await benchDatabase(cluster);
  const bare = await benchDatabase(cluster);
  const service = await child<{ url: string; root: string }>('./service.ts', { DATABASE_URL: stored.url });
  const baseline = await child<{ url: string }>('./baseline.ts', { DATABASE_URL: bare.url });
  const desks = await child<object>('./listeners.ts', {});
  const plain = await child<object>('./listeners.ts', {});
  try {
    const { url, root } = service.ready;
    const body = {
      id: randomUUID(),
      position: { type: 'Point', coordinates: [108.95, 34.26] },
      source: 'public',
      people: 1,
      signs: [],
      description: 'lying under the bridge near the river',
    };
    await fetch(`${url}/api/sightings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    await service.ask({
      sql: `with p as (insert into patrols (id, station_id, name, crew_count, status, started_at) select gen_random_uuid(), '${root}', 'P', 2, 'free', timestamptz '2026-01-01' from generate_series(1, ${String(VEHICLES)}) returning id)
      insert into patrol_positions (patrol_id, at, position, received_at) select id, timestamptz '2026-01-01', st_setsrid(st_makepoint(108.9, 34.2), 4326), timestamptz '2026-01-01' from p`,
    });
    const cookie = await signIn(url);
    const message = {
      after: 1,
      upTo: 2,
      changes: await fetch(`${url}/api/changes?since=0`, { headers: { cookie } }).then(async (response) =>
        ((await response.json()) as { changes: unknown[] }).changes.slice(-1),
      ),
    };
    const rate = async (listeners: typeof desks, go: () => Promise<unknown>): Promise<number> => {
      await listeners.ask({ expect: MESSAGES });
      const all = listeners.next<{ ms: number }>();
      await go();
      const { ms } = await all;
      return (DESKS * MESSAGES * 1000) / ms;
    };
    await desks.ask({ connect: { url, count: DESKS, cookie, event: 'changes' } });
    await plain.ask({ connect: { url: baseline.ready.url, count: DESKS, event: 'changes' } });
    const changeRate = (burst: boolean): (() => Promise<number>) => {
      return () => rate(desks, () => service.ask({ tell: MESSAGES, burst }));
    };
    const raw = (): Promise<number> => rate(plain, () => baseline.ask({ emit: MESSAGES, payload: message }));
    await measure({
      name: 'P3 changes to 1,000 desks, a burst of writers (committed, read and told)',
      unit: 'changes/s',
      goal: '>= 0.9',
      ours: changeRate(true),
      baseline: raw,
    });
    await measure({
      name: 'P3 changes to 1,000 desks, each committed, read and told before the next',
      unit: 'changes/s',
      goal: 'for information',
      ours: changeRate(false),
      baseline: raw,
    });
    const at = Math.floor(Date.now() / 1000);
    const tick = {
      at,
      fixes: Array.from({ length: VEHICLES }, (_, n) =>
        packFix(n + 1, { position: [108.9, 34.2], at: at * 1000, speedMps: 8.3, headingDeg: 271 }, at),
      ),
    };
    // the costliest tick there is: of most patrols only one of the two is news
    const heard = tick.fixes.map(([num]) => packHeard(num, { at: at * 1000, tracking: 'on', battery: 80 }, at));
    await desks.ask({ connect: { url, count: DESKS, cookie, event: 'positions' } });
    await plain.ask({ connect: { url: baseline.ready.url, count: DESKS, event: 'positions' } });
    const cost = async (ask: Promise<{ cpuMs: number }>): Promise<number> => (DESKS * TICKS * 1000) / (await ask).cpuMs;
    await measure({
      name: 'P3 a tick of 500 vehicles to 1,000 desks (read and told)',
      unit: 'msg per CPU second',
      goal: '>= 0.9',
      ours: () => cost(service.ask({ ticks: TICKS })),
      baseline: () => cost(baseline.ask({ ticks: TICKS, payload: tick })),
    });
    console.log(
      `P4 bytes per position in a tick, each patrol heard of beside its fix | ${(JSON.stringify({ ...tick, heard }).length / VEHICLES).toFixed(1)} B | 170 B as JSON objects | - | <= 48 B`,
    );
  } finally {
    await Promise.all([service.stop(), baseline.stop(), desks.stop(), plain.stop()]);
    await Promise.all([stored.drop(), bare.drop()]);
  }
}
