import type { Knex } from 'knex';
import type { CrewMember, PatrolRow, PatrolStatus } from '../../shared/patrols.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

// Of an outing that is over everybody who took part is named; of one that is out those who are with it now.
const COLUMNS = `p.id, p.version, p.num, p.station_id as "stationId", p.name, p.vehicle_id as "vehicleId", v.name as "vehicleName",
  coalesce((select array_agg(c.user_id order by c.user_id) from patrol_crew c
    where c.patrol_id = p.id and (c.left_at is null or p.ended_at is not null)), cast('{}' as uuid[])) as crew,
  p.crew_count as "crewCount", p.status, ${asInstant('p.started_at')} as "startedAt", ${asInstant('p.ended_at')} as "endedAt",
  v.seats, array(select distinct s from patrol_crew c join users u on u.id = c.user_id cross join unnest(u.skills) as s
    where c.patrol_id = p.id and (c.left_at is null or p.ended_at is not null) order by s) as skills,
  ${asInstant('p.shift_ends_at')} as "shiftEndsAt", p.set_by_desk as "setByDesk",
  ${asInstant('p.roll_call_due_at')} as "rollCallDueAt", p.roll_call_rung as "rollCallRung"`;
const FROM = `patrols p left join vehicles v on v.id = p.vehicle_id`;

/** How long a crew may be without a word, at the station `s`. */
export const EVERY = `cast(rule_value('roll_call.every', s.path) as float8) * interval '1 minute'`;

/** Patrols by id, in no order. */
export const patrolRows = (db: Db, ids: readonly string[]): Promise<PatrolRow[]> =>
  rows<PatrolRow>(db, `select ${COLUMNS} from ${FROM} where p.id = any (cast(:ids as uuid[]))`, { ids });

/** Every patrol of the subtree that is out. */
export const livePatrols = (db: Db, scope: string): Promise<PatrolRow[]> =>
  rows<PatrolRow>(
    db,
    `select ${COLUMNS} from ${FROM} where p.ended_at is null and ${inSubtreeSql('p.station_id')}`,
    { scope },
    { prepare: 'live_patrols' },
  );

/** The patrol that is out in a vehicle, of which there is one at most; locked, so that its row is told as it will be. */
export async function lockedPatrolIn(db: Db, vehicleId: string): Promise<PatrolRow | undefined> {
  const locked = await row<{ id: string }>(
    db,
    `select id from patrols where vehicle_id = cast(:vehicleId as uuid) and ended_at is null for no key update`,
    { vehicleId },
  );
  return locked && (await patrolRows(db, [locked.id]))[0];
}

/** One page, newest first: those out now, those of one status, or all. */
export const patrolPage = (
  db: Db,
  scope: string,
  status: PatrolStatus | 'all' | undefined,
  page: PageAfter,
): Promise<PatrolRow[]> =>
  rows<PatrolRow>(
    db,
    `select ${COLUMNS} from ${FROM}
     where ${inSubtreeSql('p.station_id')}
       and case :status when 'all' then true when 'out' then p.ended_at is null else p.status = :status end
       and (cast(:after as uuid) is null
         or (p.started_at, p.id) < (select c.started_at, c.id from patrols c where c.id = cast(:after as uuid)))
     order by p.started_at desc, p.id desc limit cast(:limit as integer) + 1`,
    { scope, status: status ?? 'out', ...page },
  );

/** One page of the people of a subtree who can go out, by name. */
export const crewPage = (db: Db, scope: string, page: PageAfter): Promise<CrewMember[]> =>
  rows<CrewMember>(
    db,
    `select u.id, u.station_id as "stationId", u.name, u.skills,
       (select c.patrol_id from patrol_crew c where c.user_id = u.id and c.left_at is null limit 1) as "patrolId"
     from users u
     where u.active and u.role = 'crew' and ${inSubtreeSql('u.station_id')}
       and (cast(:after as uuid) is null or (u.name, u.id) > (select o.name, o.id from users o where o.id = cast(:after as uuid)))
     order by u.name, u.id limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );

/** True when the patrol lies in the subtree. */
export const patrolInScope = async (db: Db, scope: string, id: string): Promise<boolean> =>
  (await row(db, `select p.id from patrols p where p.id = cast(:id as uuid) and ${inSubtreeSql('p.station_id')}`, {
    id,
    scope,
  })) !== undefined;

/** True for everybody who is or was in its crew: a phone may send later what was said on the outing. */
export const everBelonged = async (db: Db, patrolId: string, userId: string): Promise<boolean> =>
  (await row(
    db,
    `select c.user_id from patrol_crew c where c.patrol_id = cast(:patrolId as uuid) and c.user_id = cast(:userId as uuid)`,
    { patrolId, userId },
  )) !== undefined;

/** True while the patrol has a job that is not over. */
export const hasRunningDispatch = async (db: Db, patrolId: string): Promise<boolean> =>
  (await row(db, `select d.id from dispatches d where d.patrol_id = cast(:patrolId as uuid) and d.ended_at is null`, {
    patrolId,
  })) !== undefined;
