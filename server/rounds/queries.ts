import type { Knex } from 'knex';
import type { RoundRow, RunRow } from '../../shared/rounds.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';
import { BELIEVED, RECEIVED } from '../positions/queries-fixes.ts';

type Db = Knex | Knex.Transaction;

const STOP = `'id', t.id, 'name', t.name, 'position', ${asPoint('t.position')}, 'radiusM', t.radius_m, 'siteId', t.site_id`;
const ROUND = `r.id, r.version, r.station_id as "stationId", r.name, r.note, r.active,
  coalesce((select jsonb_agg(jsonb_build_object(${STOP}) order by t.place) from round_stops t where t.round_id = r.id), '[]') as stops`;
const RUN = `r.id, r.version, r.station_id as "stationId", r.round_id as "roundId", r.name, r.patrol_id as "patrolId", ${asInstant('r.started_at')} as "startedAt",
  ${asInstant('r.ended_at')} as "endedAt",
  coalesce((select jsonb_agg(jsonb_build_object(${STOP}, 'state', t.state, 'at', ${asInstant('t.at')}, 'how', t.how, 'reason', t.reason) order by t.place)
    from run_stops t where t.run_id = r.id), '[]') as stops`;

/** Rounds of a subtree that are in use. */
export const liveRounds = (db: Db, scope: string): Promise<RoundRow[]> =>
  rows<RoundRow>(
    db,
    `select ${ROUND} from rounds r where r.active and ${inSubtreeSql('r.station_id')} order by r.id`,
    { scope },
    { prepare: 'live_rounds' },
  );

/** Rounds under way. */
export const liveRuns = (db: Db, scope: string): Promise<RunRow[]> =>
  rows<RunRow>(
    db,
    `select ${RUN} from runs r where r.ended_at is null and ${inSubtreeSql('r.station_id')} order by r.id`,
    { scope },
    { prepare: 'live_runs' },
  );

/** A round of the subtree, in use or not. */
export const roundInScope = (db: Db, scope: string, id: string): Promise<RoundRow | undefined> =>
  row<RoundRow>(
    db,
    `select ${ROUND} from rounds r where r.id = cast(:id as uuid) and ${inSubtreeSql('r.station_id')}`,
    { scope, id },
  );

/** Locks a round of the subtree until the command ends; its row as it then is, undefined when there is none. */
export async function lockedRound(db: Db, scope: string, id: string): Promise<RoundRow | undefined> {
  await row(
    db,
    `select r.id from rounds r where r.id = cast(:id as uuid) and ${inSubtreeSql('r.station_id')} for no key update`,
    { scope, id },
  );
  return roundInScope(db, scope, id);
}

/** One page of rounds, by name. */
export const roundPage = (
  db: Db,
  scope: string,
  active: 'true' | 'false' | 'all',
  page: PageAfter,
): Promise<RoundRow[]> =>
  rows<RoundRow>(
    db,
    `select ${ROUND} from rounds r
     where ${inSubtreeSql('r.station_id')} and (:active = 'all' or r.active = (:active = 'true'))
       and (cast(:after as uuid) is null or (r.name, r.id) > (select c.name, c.id from rounds c where c.id = cast(:after as uuid)))
     order by r.name, r.id limit cast(:limit as integer) + 1`,
    { scope, active, ...page },
  );

/** Whole rows for facts, in the order of ids. */
export const runRows = (db: Db, ids: readonly string[]): Promise<RunRow[]> =>
  rows<RunRow>(db, `select ${RUN} from runs r where r.id = any (cast(:ids as uuid[])) order by r.id`, { ids });

/** Whose run of the subtree it is. */
export const runInScope = (db: Db, scope: string, id: string): Promise<{ id: string; patrolId: string } | undefined> =>
  row<{ id: string; patrolId: string }>(
    db,
    `select r.id, r.patrol_id as "patrolId" from runs r where r.id = cast(:id as uuid) and ${inSubtreeSql('r.station_id')}`,
    { scope, id },
  );

/** One page, newest first: those under way, or all; of one patrol when it is named. */
export const runPage = (
  db: Db,
  scope: string,
  patrolId: string | null,
  status: 'running' | 'all',
  page: PageAfter,
): Promise<RunRow[]> =>
  rows<RunRow>(
    db,
    `select ${RUN} from runs r
     where ${inSubtreeSql('r.station_id')} and (:status = 'all' or r.ended_at is null)
       and (cast(:patrolId as uuid) is null or r.patrol_id = cast(:patrolId as uuid))
       and (cast(:after as uuid) is null or (r.started_at, r.id) < (select c.started_at, c.id from runs c where c.id = cast(:after as uuid)))
     order by r.started_at desc, r.id desc limit cast(:limit as integer) + 1`,
    { scope, patrolId, status, ...page },
  );

/** A stop that a track came to, and when first. */
export interface Reached {
  runId: string;
  stopId: string;
  at: Date;
}

/** Fixes of one patrol since a time, or those received in a stretch. */
export type Source = { patrolId: string; since: Date } | { from: Date; to: Date };
const OF_PATROL = `p.patrol_id = cast(:patrolId as uuid) and p.at >= cast(:since as timestamptz)`;
const sourceSql = (source: Source): string => `${'patrolId' in source ? OF_PATROL : RECEIVED} and ${BELIEVED}`;

/**
 * Stops nobody was at that these fixes came to while their run was under way: within the radius, and with an accuracy that
 * can tell, which is the radius and the slack of the rule `positions.accuracy_slack`.
 */
export const reachedStops = (db: Db, source: Source): Promise<Reached[]> =>
  rows<Reached>(
    db,
    `with fixes as materialized (
       select p.patrol_id, p.at, p.position, p.accuracy_m from positions p where ${sourceSql(source)}
     ), open as materialized (
       select r.id as run_id, r.patrol_id, r.started_at, coalesce(r.ended_at, 'infinity') as ended_at, cast(rule_value('positions.accuracy_slack', s.path) as float8) as slack
       from runs r join stations s on s.id = r.station_id where r.patrol_id in (select patrol_id from fixes)
     )
     select t.run_id as "runId", t.id as "stopId", min(f.at) as at
     from open o join run_stops t on t.run_id = o.run_id and t.state = 'todo'
       join fixes f on f.patrol_id = o.patrol_id and f.at between o.started_at and o.ended_at
     where coalesce(f.accuracy_m, 0) <= t.radius_m + o.slack and st_dwithin(t.position, f.position::geography, t.radius_m)
     group by t.run_id, t.id order by t.run_id, t.id`,
    { ...source },
  );
