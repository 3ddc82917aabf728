/** A night of 100 patrols with a fix every 5 s counted into squares, and the minute that comes after it, against a bare `insert ... select` of the same fixes. */
import { countTracks } from '../../server/coverage/commands-count.ts';
import { type Database, openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { runCommand, type Service } from '../../server/realtime/command.ts';
import { benchDatabase, child, measure } from './kit.ts';

const PATROLS = 100;
const HOURS = 10;
/** On a full minute, so that counting does not stop half way to let others work. */
const END = new Date('2026-01-16T00:00:00Z');
const MINUTE_MS = 60_000;

/** Patrols going round their quarter at walking to driving speed, each fix received as it was made. */
async function layNight({ knex: db }: Database, root: string): Promise<void> {
  await rows(
    db,
    `insert into patrols (id, station_id, name, crew_count, status, started_at)
     select gen_random_uuid(), cast(:root as uuid), 'Patrol', 2, 'free', cast(:end as timestamptz) - cast(:hours as float8) * interval '1 hour' from generate_series(1, cast(:patrols as integer))`,
    { root, end: END, hours: HOURS, patrols: PATROLS },
  );
  await rows(
    db,
    `insert into positions (patrol_id, at, position, received_at, crs, accuracy_m, marks)
     select p.id, t.at, st_setsrid(st_makepoint(
         108.94 + (p.n % 10 - 4.5) * 0.02 + 0.015 * sin(t.s * (2 + p.n % 7) / 9000.0 + p.n),
         34.26 + (p.n / 10 - 4.5) * 0.02 + 0.012 * cos(t.s * (3 + p.n % 5) / 8000.0 + p.n)), 4326), t.at, 'wgs84', 10, '{}'
     from generate_series(5, cast(:seconds as integer), 5) with ordinality as s (s, k)
       cross join lateral (select s.s, cast(:end as timestamptz) - (cast(:seconds as integer) - s.s) * interval '1 second' as at) t
       cross join (select id, row_number() over (order by id) - 1 as n from patrols) p order by t.at`,
    { end: END, seconds: HOURS * 3600 },
    { deadlineMs: 600_000 },
  );
  await rows(
    db,
    `create table raw_fixes (patrol_id uuid, at timestamptz, position geometry(Point, 4326), received_at timestamptz)`,
  );
  await rows(db, 'vacuum analyze', {}, { deadlineMs: 600_000 });
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
};

export async function benchCoverage(cluster: string): Promise<void> {
  const stored = await benchDatabase(cluster);
  const node = await child<{ root: string }>('./service.ts', { DATABASE_URL: stored.url, ROLES: 'http,relay' });
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const database = await openDatabase({ databaseUrl: stored.url, log: silent, allowUnsafe: true });
  await node.stop();
  try {
    const db = database.knex;
    await layNight(database, node.ready.root);
    let now = END;
    const service: Service = {
      database,
      now: () => now,
      log: { debug: () => undefined, ...silent },
      followKey: Buffer.alloc(32),
    };
    const count = async (): Promise<void> => {
      const step = (): Promise<number> =>
        runCommand(service, { kind: 'system' }, { command: 'bench', subjectIds: [], fields: [] }, countTracks);
      while ((await step()) > 0);
    };
    const copy = async (since: Date): Promise<unknown> => {
      await rows(db, `truncate raw_fixes`);
      return rows(
        db,
        `insert into raw_fixes select patrol_id, at, position, received_at from positions where received_at > :since`,
        { since },
        { deadlineMs: 600_000 },
      );
    };
    const forget = async (): Promise<void> => {
      for (const table of ['coverage_cells', 'coverage_grids', 'track_readers']) await rows(db, `truncate ${table}`);
    };
    await measure({
      name: `P13 coverage, a night of ${String(PATROLS)} patrols x 1 fix / 5 s (${((PATROLS * HOURS * 3600) / 5).toLocaleString('en')} fixes)`,
      unit: 's',
      goal: 'ours <= 60 s',
      ours: async () => {
        await forget();
        now = new Date(END.getTime() + MINUTE_MS);
        return seconds(count);
      },
      baseline: () => seconds(() => copy(new Date(0))),
    });
    const lastMinute = new Date(END.getTime() - MINUTE_MS);
    await measure({
      name: `P13 coverage, the minute after (${((PATROLS * 60) / 5).toLocaleString('en')} fixes)`,
      unit: 's',
      goal: 'ours <= 1 s',
      pairs: 7,
      ours: async () => {
        await rows(db, `update track_readers set received_to = :lastMinute where name = 'coverage'`, { lastMinute });
        now = new Date(END.getTime() + MINUTE_MS);
        return seconds(count);
      },
      baseline: () => seconds(() => copy(lastMinute)),
    });
  } finally {
    await database.close();
    await stored.drop();
  }
}
