/** Beds held and people in beds. */
import type { Knex } from 'knex';
import type { BedKind, HoldRow, PlaceUnit } from '../../shared/shelters.ts';
import type { StayRow } from '../../shared/stays.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const HOLD = `h.id, h.version, h.shelter_id as "shelterId", s.station_id as "stationId", h.unit, h.kind, h.people, h.held_for as "for", h.dispatch_id as "dispatchId",
  d.patrol_id as "patrolId", h.status, ${asInstant('h.expires_at')} as "expiresAt", ${asInstant('h.created_at')} as "createdAt", ${asInstant('h.eta_at')} as "etaAt",
  jsonb_build_object('name', s.name, 'address', s.address, 'position', ${asPoint('s.position')}) as shelter`;
const HOLD_FROM = `holds h join shelters s on s.id = h.shelter_id left join dispatches d on d.id = h.dispatch_id`;

/** Holds by id, in no order. */
export const holdRows = (db: Db, ids: readonly string[]): Promise<HoldRow[]> =>
  rows<HoldRow>(db, `select ${HOLD} from ${HOLD_FROM} where h.id = any (cast(:ids as uuid[])) order by h.id`, { ids });

/** Every hold of the subtree that nothing has ended; those whose time is over among them, until the job has said so. */
export const liveHolds = (db: Db, scope: string): Promise<HoldRow[]> =>
  rows<HoldRow>(db, `select ${HOLD} from ${HOLD_FROM} where h.status = 'held' and ${inSubtreeSql('s.station_id')}`, {
    scope,
  });

/** Holds of one shelter that nothing has ended. */
export const holdsOfShelter = (db: Db, shelterId: string): Promise<HoldRow[]> =>
  rows<HoldRow>(
    db,
    `select ${HOLD} from ${HOLD_FROM} where h.status = 'held' and h.shelter_id = cast(:shelterId as uuid) order by h.id`,
    { shelterId },
  );

/** What a hold counts for. */
export interface CountedHold {
  shelterId: string;
  unit: PlaceUnit;
  kind: BedKind;
  people: number;
  expiresAt: string;
  status: 'held';
}
/** Holds that keep beds at `now`. */
export const countedHolds = (db: Db, shelterIds: readonly string[], now: Date): Promise<CountedHold[]> =>
  rows<CountedHold>(
    db,
    `select h.shelter_id as "shelterId", h.unit, h.kind, h.people, h.status, ${asInstant('h.expires_at')} as "expiresAt" from holds h
     where h.status = 'held' and h.expires_at > :now and h.shelter_id = any (cast(:shelterIds as uuid[]))`,
    { shelterIds, now },
  );

/** A hold of a shelter, locked until the command ends. */
export async function lockedHold(db: Db, shelterId: string, id: string): Promise<HoldRow | undefined> {
  const locked = await row(
    db,
    `select id from holds where id = cast(:id as uuid) and shelter_id = cast(:shelterId as uuid) for no key update`,
    { shelterId, id },
  );
  return locked === undefined ? undefined : (await holdRows(db, [id]))[0];
}

/** The job a hold is made for, as far as it matters here. */
export interface HoldDispatch {
  incidentId: string;
  patrolId: string;
  ended: boolean;
}
/** A dispatch of the subtree, or undefined. */
export const dispatchInScope = (db: Db, scope: string, id: string): Promise<HoldDispatch | undefined> =>
  row<HoldDispatch>(
    db,
    `select d.incident_id as "incidentId", d.patrol_id as "patrolId", d.ended_at is not null as ended from dispatches d
     where d.id = cast(:id as uuid) and ${inSubtreeSql('d.station_id')}`,
    { scope, id },
  );

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
  rows<StayRow>(db, `select ${STAY} from ${STAY_FROM} where t.left_at is null and ${inSubtreeSql('s.station_id')}`, {
    scope,
  });

/** One page of stays, newest first: those there now, or all. */
export const stayPage = (
  db: Db,
  scope: string,
  filter: { shelterId: string | null; all: boolean },
  page: PageAfter,
): Promise<StayRow[]> =>
  rows<StayRow>(
    db,
    `select ${STAY} from ${STAY_FROM}
     where ${inSubtreeSql('s.station_id')} and (:all or t.left_at is null) and (cast(:shelterId as uuid) is null or t.shelter_id = cast(:shelterId as uuid))
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
