import type { Knex } from 'knex';
import type { LonLat } from '../../shared/geo.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';

type Db = Knex | Knex.Transaction;

/** Where a patrol is, for the snapshot and the tick. */
export interface LatestFix {
  num: number;
  stationId: string;
  lon: number;
  lat: number;
  /** epoch ms of the fix */
  at: number;
  speedMps: number | null;
  headingDeg: number | null;
}

const LATEST = `p.num, p.station_id as "stationId", st_x(l.position) as lon, st_y(l.position) as lat,
  cast(extract(epoch from l.at) * 1000 as float8) as at, l.speed_mps as "speedMps", l.heading_deg as "headingDeg"`;
const FROM = `patrol_positions l join patrols p on p.id = l.patrol_id and p.ended_at is null`;

/** The latest plausible fix of every patrol of the subtree that is out. */
export const latestPositions = (db: Db, scope: string): Promise<LatestFix[]> =>
  rows<LatestFix>(db, `select ${LATEST} from ${FROM} where ${inSubtreeSql('p.station_id')}`, { scope });

/** Those of all stations that arrived at or after `since`. A batch becomes visible a moment after the time it was stamped with: ask with some seconds of overlap. */
export const changedPositions = (db: Db, since: Date): Promise<LatestFix[]> =>
  rows<LatestFix>(
    db,
    `select ${LATEST} from ${FROM} where l.received_at >= :since`,
    { since },
    { prepare: 'changed_positions' },
  );

/** What is known of a patrol before its new fixes are judged. */
export interface KnownPatrol {
  id: string;
  stationId: string;
  stationPath: readonly string[];
  /** epoch ms */
  endedAt: number | null;
  /** everybody who is or was in the crew */
  members: readonly string[];
  latest: { lon: number; lat: number; at: number; accuracyM: number | null } | null;
  maxAheadS: number;
  maxSpeedKmh: number;
  worstAccuracyM: number;
  slackM: number;
}

/** The patrols named that exist, with their rules. */
export const knownPatrols = (db: Db, ids: readonly string[]): Promise<KnownPatrol[]> =>
  rows<KnownPatrol>(
    db,
    // the rules are looked up once a station, not once a patrol
    `with asked as materialized (
       select p.id, p.station_id, p.ended_at from patrols p where p.id = any (cast(:ids as uuid[]))
     ), ruled as materialized (
       select s.id, s.path, cast(rule_value('positions.max_ahead', s.path) as float8) as max_ahead, cast(rule_value('positions.max_speed', s.path) as float8) as max_speed,
         cast(rule_value('positions.worst_accuracy', s.path) as float8) as worst_accuracy, cast(rule_value('positions.accuracy_slack', s.path) as float8) as slack
       from stations s where s.id in (select station_id from asked)
     )
     select a.id, a.station_id as "stationId", r.path as "stationPath", cast(extract(epoch from a.ended_at) * 1000 as float8) as "endedAt",
       array(select c.user_id from patrol_crew c where c.patrol_id = a.id) as members,
       case when l.patrol_id is not null then json_build_object('lon', st_x(l.position), 'lat', st_y(l.position), 'at', extract(epoch from l.at) * 1000, 'accuracyM', l.accuracy_m) end as latest,
       r.max_ahead as "maxAheadS", r.max_speed as "maxSpeedKmh", r.worst_accuracy as "worstAccuracyM", r.slack as "slackM"
     from asked a join ruled r on r.id = a.station_id left join patrol_positions l on l.patrol_id = a.id`,
    { ids },
    { prepare: 'known_patrols' },
  );

/** Fixes of many patrols, a column each; `marks` joined by commas, `newest` at the one plausible fix that may become a patrol's latest. */
export interface FixColumns {
  patrolIds: string[];
  ats: string[];
  lons: number[];
  lats: number[];
  crs: string[];
  speeds: (number | null)[];
  headings: (number | null)[];
  accuracies: (number | null)[];
  batteries: (number | null)[];
  marks: string[];
  newest: boolean[];
}

/** Writes track and latest in one statement. What is known already is left alone, and an older fix never replaces a newer one. */
export async function writeFixes(db: Db, fixes: FixColumns, receivedAt: Date): Promise<void> {
  await rows(
    db,
    `with fixes as materialized (
       select * from unnest(cast(:patrolIds as uuid[]), cast(:ats as timestamptz[]), cast(:lons as float8[]), cast(:lats as float8[]), cast(:crs as text[]),
         cast(:speeds as real[]), cast(:headings as real[]), cast(:accuracies as real[]), cast(:batteries as real[]), cast(:marks as text[]), cast(:newest as boolean[]))
         as f (patrol_id, at, lon, lat, crs, speed_mps, heading_deg, accuracy_m, battery, marks, newest)
     ), tracked as (
       insert into positions (patrol_id, at, position, received_at, crs, speed_mps, heading_deg, accuracy_m, battery, marks)
       select patrol_id, at, st_setsrid(st_makepoint(lon, lat), 4326), :receivedAt, crs, speed_mps, heading_deg, accuracy_m, battery,
         string_to_array(marks, ',')
       from fixes
       on conflict (patrol_id, at) do nothing
     )
     insert into patrol_positions as l (patrol_id, at, position, received_at, speed_mps, heading_deg, accuracy_m, battery)
     select patrol_id, at, st_setsrid(st_makepoint(lon, lat), 4326), :receivedAt, speed_mps, heading_deg, accuracy_m, battery
     from fixes where newest order by patrol_id
     on conflict (patrol_id) do update set at = excluded.at, position = excluded.position, received_at = excluded.received_at,
       speed_mps = excluded.speed_mps, heading_deg = excluded.heading_deg, accuracy_m = excluded.accuracy_m, battery = excluded.battery
     where excluded.at > l.at`,
    { ...fixes, receivedAt },
    { prepare: 'write_fixes' },
  );
}

/** One point of a track. */
export interface TrackPoint {
  at: string;
  position: { type: 'Point'; coordinates: LonLat };
  speedMps: number | null;
  marks: string[];
}
/** Points of one track: 14 hours at one a second. */
const MOST_POINTS = 50_000;

/** The name and track of a patrol of the subtree, oldest first, or undefined. */
export async function trackOf(
  db: Db,
  scope: string,
  patrolId: string,
): Promise<{ name: string; points: TrackPoint[] } | undefined> {
  const patrol = await row<{ name: string }>(
    db,
    `select p.name from patrols p where p.id = cast(:patrolId as uuid) and ${inSubtreeSql('p.station_id')}`,
    { scope, patrolId },
  );
  if (!patrol) return undefined;
  const points = await rows<TrackPoint>(
    db,
    `select ${asInstant('t.at')} as at, ${asPoint('t.position')} as position, t.speed_mps as "speedMps", t.marks from positions t
     where t.patrol_id = cast(:patrolId as uuid) order by t.at limit :most`,
    { patrolId, most: MOST_POINTS },
  );
  return { name: patrol.name, points };
}
