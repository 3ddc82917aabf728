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
  rows<LatestFix>(
    db,
    `select ${LATEST} from ${FROM} where ${inSubtreeSql('p.station_id')}`,
    { scope },
    { prepare: 'latest_positions' },
  );

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
  /** the latest fix that is believed */
  latest: { lon: number; lat: number; at: number; accuracyM: number | null } | null;
  /** epoch ms of the latest in the track that is not ahead of the clock, believed or not: what is later than this is in order */
  tailAt: number | null;
  maxAheadS: number;
  maxSpeedKmh: number;
  worstAccuracyM: number;
  slackM: number;
}

/** The patrols named that exist, with their rules; `now` is what their tracks must not be ahead of. */
export const knownPatrols = (db: Db, ids: readonly string[], now: Date): Promise<KnownPatrol[]> =>
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
       (select cast(extract(epoch from t.at) * 1000 as float8) from positions t
        where t.patrol_id = a.id and t.at <= cast(:now as timestamptz) + make_interval(secs => r.max_ahead) order by t.at desc limit 1) as "tailAt",
       r.max_ahead as "maxAheadS", r.max_speed as "maxSpeedKmh", r.worst_accuracy as "worstAccuracyM", r.slack as "slackM"
     from asked a join ruled r on r.id = a.station_id left join patrol_positions l on l.patrol_id = a.id`,
    { ids, now },
    { prepare: 'known_patrols' },
  );

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
