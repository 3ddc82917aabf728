/** People in beds, and who of a meeting they are. */
import type { Knex } from 'knex';
import type { StayRow } from '../../shared/stays.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const STAY = `t.id, t.version, t.shelter_id as "shelterId", s.station_id as "stationId", t.hold_id as "holdId", t.unit, t.kind, t.people,
  array(select p.person_id from stay_people p where p.stay_id = t.id order by p.person_id) as "personIds", t.bed, t.belongings, t.unidentified,
  ${asInstant('t.arrived_at')} as "arrivedAt", ${asInstant('t.left_at')} as "leftAt", t.going_to as "goingTo", t.note,
  coalesce((select jsonb_agg(jsonb_build_object('kind', d.kind, 'warnAt', ${asInstant('d.warn_at')}, 'dueAt', ${asInstant('d.due_at')}, 'doneAt', ${asInstant('d.done_at')}, 'note', d.note) order by d.due_at, d.kind)
    from stay_dues d where d.stay_id = t.id), '[]') as dues`;
const STAY_FROM = `stays t join shelters s on s.id = t.shelter_id`;

/** Stays by id, in no order. */
export const stayRows = (db: Db, ids: readonly string[]): Promise<StayRow[]> =>
  rows<StayRow>(db, `select ${STAY} from ${STAY_FROM} where t.id = any (cast(:ids as uuid[]))`, { ids });

/** Everybody in a bed of the subtree. */
export const liveStays = (db: Db, scope: string): Promise<StayRow[]> =>
  rows<StayRow>(
    db,
    `select ${STAY} from ${STAY_FROM} where t.left_at is null and ${inSubtreeSql('s.station_id')}`,
    { scope },
    { prepare: 'live_stays' },
  );

/** One page of stays, newest first: those there now, or all; of houses that were given up too unless `standing`. */
export const stayPage = (
  db: Db,
  scope: string,
  filter: { shelterId: string | null; all: boolean; standing: boolean },
  page: PageAfter,
): Promise<StayRow[]> =>
  rows<StayRow>(
    db,
    `select ${STAY} from ${STAY_FROM}
     where ${inSubtreeSql('s.station_id')} and (:all or t.left_at is null) and (s.closed_down_at is null or not :standing) and (cast(:shelterId as uuid) is null or t.shelter_id = cast(:shelterId as uuid))
       and (cast(:after as uuid) is null
         or (t.arrived_at, t.id) < (select c.arrived_at, c.id from stays c where c.id = cast(:after as uuid)))
     order by t.arrived_at desc, t.id desc limit cast(:limit as integer) + 1`,
    { scope, ...filter, ...page },
  );

/** The shelter of a stay in the subtree, or undefined. */
export async function shelterOfStay(db: Db, scope: string, id: string): Promise<string | undefined> {
  const found = await row<{ shelterId: string }>(
    db,
    `select t.shelter_id as "shelterId" from ${STAY_FROM} where t.id = cast(:id as uuid) and ${inSubtreeSql('s.station_id')}`,
    { scope, id },
  );
  return found?.shelterId;
}

/** A stay with what the file of a house says besides. */
export interface StayOfFile extends StayRow {
  extensions: { days: number; reason: string; filedWith: string; at: string }[];
}
/** All stays of a house, in the order people came. */
export const staysOfShelter = (db: Db, shelterId: string): Promise<StayOfFile[]> =>
  rows<StayOfFile>(
    db,
    `select ${STAY},
       coalesce((select jsonb_agg(jsonb_build_object('days', x.days, 'reason', x.reason, 'filedWith', x.filed_with, 'at', ${asInstant('x.at')}) order by x.at, x.id)
         from stay_extensions x where x.stay_id = t.id), '[]') as extensions
     from ${STAY_FROM} where t.shelter_id = cast(:shelterId as uuid) order by t.arrived_at, t.id`,
    { shelterId },
  );

/** Somebody a patrol met, and the meeting. */
export interface MetPerson {
  id: string;
  encounterId: string;
}
/** Which of these people the caller may name: met in the subtree; for the staff of a house those alone who are on their way to it. */
export const peopleToName = (
  db: Db,
  scope: string,
  ids: readonly string[],
  houseOfStaff: string | null,
): Promise<MetPerson[]> =>
  rows<MetPerson>(
    db,
    `select p.id, p.encounter_id as "encounterId" from encounter_people p join encounters e on e.id = p.encounter_id
     where p.id = any (cast(:ids as uuid[])) and ${inSubtreeSql('e.station_id')}
       and (cast(:house as uuid) is null or e.shelter_id = cast(:house as uuid) or exists (
         select from holds h where h.dispatch_id = e.dispatch_id and h.shelter_id = cast(:house as uuid) and h.status <> 'cancelled'))`,
    { scope, ids, house: houseOfStaff },
  );

/** Up to `most` of those a job brought in who have no bed: first who was to come to this house, then who had none before. */
export const peopleBroughtIn = (db: Db, dispatchId: string, shelterId: string, most: number): Promise<MetPerson[]> =>
  rows<MetPerson>(
    db,
    `select p.id, p.encounter_id as "encounterId" from encounter_people p join encounters e on e.id = p.encounter_id
     where e.dispatch_id = cast(:dispatchId as uuid) and p.outcome = 'brought_in'
       and not exists (select from stay_people s where s.person_id = p.id and s.staying)
     order by coalesce(e.shelter_id = cast(:shelterId as uuid), true) desc,
       exists (select from stay_people s where s.person_id = p.id), e.at, p.id
     limit cast(:most as integer)`,
    { dispatchId, shelterId, most },
  );
