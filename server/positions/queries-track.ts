/** Writing tracks, and looking up the parts of them that late fixes fall into. */
import type { Knex } from 'knex';
import type { LonLat } from '../../shared/geo.ts';
import { disbelieved } from '../../shared/positions.ts';
import { rows } from '../db/rows.ts';
import type { StoredFix } from './track.ts';

type Db = Knex | Knex.Transaction;

/** A fix as it is stored: `at` in epoch ms, `marks` joined by commas. */
export interface FixRow {
  patrolId: string;
  at: number;
  lon: number;
  lat: number;
  crs: string;
  speedMps: number | null;
  headingDeg: number | null;
  accuracyM: number | null;
  battery: number | null;
  marks: string;
}

/**
 * An array as PostgreSQL reads it. The driver's own way looks at each value twice and quotes it; ids, numbers and our own
 * words need no quotes.
 */
const literal = (values: readonly (string | number | boolean | null)[]): string =>
  `{${values.map((value) => value ?? 'null').join(',')}}`;

/** A list of marks inside an array: empty, or with commas, only quotes hold it together. */
const quoted = (values: readonly string[]): string => `{${values.map((value) => `"${value}"`).join(',')}}`;

const asInstantOfMs = (column: string): string => `to_timestamp(${column} / 1000)`;

/** The columns of a latest fix, as the parameters `<name>Ids` and so on give them. */
const measuredSql = (name: string): string =>
  `cast(:${name}Ids as uuid[]), cast(:${name}Ats as float8[]), cast(:${name}Lons as float8[]), cast(:${name}Lats as float8[]),
         cast(:${name}Speeds as real[]), cast(:${name}Headings as real[]), cast(:${name}Accuracies as real[]), cast(:${name}Batteries as real[])`;
const MEASURED = 'patrol_id, at, lon, lat, speed_mps, heading_deg, accuracy_m, battery';
const STORED = `f.patrol_id, ${asInstantOfMs('f.at')}, st_setsrid(st_makepoint(f.lon, f.lat), 4326), :receivedAt, f.speed_mps, f.heading_deg, f.accuracy_m, f.battery`;
const measured = (name: string, fixes: readonly FixRow[]): Record<string, string> => ({
  [`${name}Ids`]: literal(fixes.map(({ patrolId }) => patrolId)),
  [`${name}Ats`]: literal(fixes.map(({ at }) => at)),
  [`${name}Lons`]: literal(fixes.map(({ lon }) => lon)),
  [`${name}Lats`]: literal(fixes.map(({ lat }) => lat)),
  [`${name}Speeds`]: literal(fixes.map(({ speedMps }) => speedMps)),
  [`${name}Headings`]: literal(fixes.map(({ headingDeg }) => headingDeg)),
  [`${name}Accuracies`]: literal(fixes.map(({ accuracyM }) => accuracyM)),
  [`${name}Batteries`]: literal(fixes.map(({ battery }) => battery)),
});

/**
 * Writes fixes into the tracks, and those of `latest` (one a patrol, believed) as where their patrols are, in one statement.
 * What is known already is left alone, and an older fix never replaces a newer one.
 */
export async function writeFixes(
  db: Db,
  fixes: readonly FixRow[],
  latest: readonly FixRow[],
  receivedAt: Date,
): Promise<void> {
  await rows(
    db,
    `with tracked as (
       insert into positions (patrol_id, at, position, received_at, speed_mps, heading_deg, accuracy_m, battery, crs, marks)
       select ${STORED}, f.crs, string_to_array(f.marks, ',')
       from unnest(${measuredSql('track')}, cast(:crs as text[]), cast(:marks as text[])) as f (${MEASURED}, crs, marks)
       on conflict (patrol_id, at) do nothing
     )
     insert into patrol_positions as l (patrol_id, at, position, received_at, speed_mps, heading_deg, accuracy_m, battery)
     select ${STORED} from unnest(${measuredSql('latest')}) as f (${MEASURED}) order by f.patrol_id
     on conflict (patrol_id) do update set at = excluded.at, position = excluded.position, received_at = excluded.received_at,
       speed_mps = excluded.speed_mps, heading_deg = excluded.heading_deg, accuracy_m = excluded.accuracy_m, battery = excluded.battery
     where excluded.at > l.at`,
    {
      ...measured('track', fixes),
      ...measured('latest', latest),
      crs: literal(fixes.map(({ crs }) => crs)),
      marks: quoted(fixes.map(({ marks }) => marks)),
      receivedAt,
    },
    { prepare: 'write_fixes' },
  );
}

/** Where in a patrol's track its late fixes fall, epoch ms. */
export interface Asked {
  patrolId: string;
  since: number;
  until: number;
}
interface WindowRow {
  patrolId: string;
  lon: number;
  lat: number;
  at: number;
  accuracyM: number | null;
  speedMps: number | null;
  marks: string[];
  part: 'before' | 'in' | 'after';
}
export interface FoundWindow {
  before: StoredFix | null;
  stored: StoredFix[];
  /** how many of `stored` lie after the last fix asked for */
  after: number;
}

const JUDGED = `t.position, t.at, t.accuracy_m, t.speed_mps, t.marks`;

/** The windows of many tracks in one query: the last believed fix before each, all within, and `ahead` more. */
export async function trackWindows(db: Db, asked: readonly Asked[], ahead: number): Promise<Map<string, FoundWindow>> {
  const found = await rows<WindowRow>(
    db,
    `with asked as materialized (
       select f.patrol_id, ${asInstantOfMs('f.since')} as since, ${asInstantOfMs('f.until')} as until
       from unnest(cast(:ids as uuid[]), cast(:sinces as float8[]), cast(:untils as float8[])) as f (patrol_id, since, until)
     )
     select a.patrol_id as "patrolId", st_x(w.position) as lon, st_y(w.position) as lat, cast(extract(epoch from w.at) * 1000 as float8) as at,
       w.accuracy_m as "accuracyM", w.speed_mps as "speedMps", w.marks, w.part
     from asked a cross join lateral (
       (select ${JUDGED}, 'before' as part from positions t
        where t.patrol_id = a.patrol_id and t.at < a.since and not (t.marks && cast(:disbelieved as text[])) order by t.at desc limit 1)
       union all
       (select ${JUDGED}, 'in' from positions t where t.patrol_id = a.patrol_id and t.at between a.since and a.until)
       union all
       (select ${JUDGED}, 'after' from positions t where t.patrol_id = a.patrol_id and t.at > a.until order by t.at limit cast(:ahead as integer))
     ) w
     order by a.patrol_id, w.at`,
    {
      ids: asked.map(({ patrolId }) => patrolId),
      sinces: asked.map(({ since }) => since),
      untils: asked.map(({ until }) => until),
      disbelieved,
      ahead,
    },
    { prepare: 'track_windows' },
  );
  const windows = new Map<string, FoundWindow>();
  for (const { patrolId } of asked) windows.set(patrolId, { before: null, stored: [], after: 0 });
  for (const { patrolId, lon, lat, part, ...fix } of found) {
    const window = windows.get(patrolId);
    if (!window) continue;
    const stored: StoredFix = { ...fix, position: [lon, lat] as LonLat };
    if (part === 'before') window.before = stored;
    else window.stored.push(stored);
    if (part === 'after') window.after += 1;
  }
  return windows;
}

/** Stored fixes that are judged otherwise now, a column each. */
export interface Rejudged {
  patrolIds: string[];
  ats: number[];
  marks: string[];
}

/** Writes what late fixes changed about others, and with them which one is the latest of each patrol. */
export async function rewriteMarks(db: Db, { patrolIds, ats, marks }: Rejudged, receivedAt: Date): Promise<void> {
  await rows(
    db,
    `update positions t set marks = string_to_array(f.marks, ',')
     from unnest(cast(:patrolIds as uuid[]), cast(:ats as float8[]), cast(:marks as text[])) as f (patrol_id, at, marks)
     where t.patrol_id = f.patrol_id and t.at = ${asInstantOfMs('f.at')}`,
    { patrolIds, ats, marks: quoted(marks) },
  );
  await rows(
    db,
    `insert into patrol_positions as l (patrol_id, at, position, received_at, speed_mps, heading_deg, accuracy_m, battery)
     select p.id, t.at, t.position, :receivedAt, t.speed_mps, t.heading_deg, t.accuracy_m, t.battery
     from patrols p cross join lateral (
       select * from positions t where t.patrol_id = p.id and not (t.marks && cast(:disbelieved as text[])) order by t.at desc limit 1
     ) t
     where p.id = any (cast(:patrolIds as uuid[])) order by p.id
     on conflict (patrol_id) do update set at = excluded.at, position = excluded.position, received_at = excluded.received_at,
       speed_mps = excluded.speed_mps, heading_deg = excluded.heading_deg, accuracy_m = excluded.accuracy_m, battery = excluded.battery
     where excluded.at <> l.at`,
    { patrolIds, disbelieved, receivedAt },
  );
}
