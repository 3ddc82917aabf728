/** Beds held. */
import type { Knex } from 'knex';
import type { BedKind, HoldRow, PlaceUnit, ShelterRow } from '../../shared/shelters.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql, ruleSql } from '../db/scope.ts';

type Db = Knex | Knex.Transaction;

const HOLD = `h.id, h.version, h.shelter_id as "shelterId", s.station_id as "stationId", h.unit, h.kind, h.people, h.held_for as "for", h.dispatch_id as "dispatchId",
  d.patrol_id as "patrolId", h.status, ${asInstant('h.expires_at')} as "expiresAt", ${asInstant('h.created_at')} as "createdAt", ${asInstant('h.eta_at')} as "etaAt",
  jsonb_build_object('name', s.name, 'address', s.address, 'position', ${asPoint('s.position')}) as shelter`;
const HOLD_OF = `h join shelters s on s.id = h.shelter_id left join dispatches d on d.id = h.dispatch_id`;
const HOLD_FROM = `holds ${HOLD_OF}`;

/** A place that may be held. */
export interface Place {
  shelterId: string;
  unit: PlaceUnit;
  kind: BedKind;
}
/** What holding there goes by; the rules in minutes. */
export interface House extends Place {
  status: ShelterRow['status'];
  /** of its station */
  path: readonly string[];
  free: number;
  duration: number;
  margin: number;
  longest: number;
}
/** SQL: places of a unit and kind `w` free in a house `r`, that has the columns of shelters; read it only under the lock of the house. */
const FREE = `coalesce((select b.total + case when r.surge_open then b.surge else 0 end from shelter_beds b where b.shelter_id = r.id and b.unit = w.unit and b.kind = w.kind), 0)
  - coalesce((select sum(t.people) from stays t where t.shelter_id = r.id and t.left_at is null and t.unit = w.unit and t.kind = w.kind), 0)
  - coalesce((select sum(o.people) from holds o where o.shelter_id = r.id and o.status = 'held' and o.expires_at > :now and o.unit = w.unit and o.kind = w.kind), 0)`;
/** Counts what is free at `now` of places in houses that the caller has locked before; a house that is given up or not there has no row. */
export const housesOf = (db: Db, places: readonly Place[], now: Date): Promise<House[]> =>
  rows<House>(
    db,
    `with wanted as materialized (
       select distinct "shelterId", unit, kind from jsonb_to_recordset(cast(:places as jsonb)) as x ("shelterId" uuid, unit text, kind text)
     ), terms as materialized (
       select p.id, p.path, cast(${ruleSql('holds.duration', 'p.path')} as float8) as duration, cast(${ruleSql('holds.margin', 'p.path')} as float8) as margin,
         cast(${ruleSql('holds.longest', 'p.path')} as float8) as longest
       from stations p where p.id in (select r.station_id from wanted w join shelters r on r.id = w."shelterId")
     )
     select w.*, r.status, cast(${FREE} as integer) as free, p.path, p.duration, p.margin, p.longest
     from wanted w join shelters r on r.id = w."shelterId" and r.closed_down_at is null join terms p on p.id = r.station_id`,
    { places: JSON.stringify(places.map(({ shelterId, unit, kind }) => ({ shelterId, unit, kind }))), now },
    { prepare: 'houses_of' },
  );

/** Locks houses until the command ends, in the order of their ids; answers which. Those that others have are waited for only if `waits`. */
export async function lockHouses(db: Db, ids: readonly string[], waits: boolean): Promise<Set<string>> {
  const locked = await rows<{ id: string }>(
    db,
    `select id from shelters where id = any (cast(:ids as uuid[])) order by id for no key update${waits ? '' : ' skip locked'}`,
    { ids },
    { prepare: waits ? 'lock_houses' : 'try_houses' },
  );
  return new Set(locked.map(({ id }) => id));
}

/** A hold to be. */
export interface NewHold extends Place {
  id: string;
  people: number;
  /** free text for the shelter */
  for: string;
  dispatchId: string | null;
  /** when its patrol should be there */
  etaAt: Date | null;
}
/** Writes holds that were judged under the locks of their houses; in no order. */
export const insertHolds = (db: Db, holds: readonly (NewHold & { expiresAt: Date })[], now: Date): Promise<HoldRow[]> =>
  rows<HoldRow>(
    db,
    `with h as (
       insert into holds (id, shelter_id, unit, kind, people, held_for, dispatch_id, status, expires_at, created_at, eta_at)
       select id, "shelterId", unit, kind, people, "for", "dispatchId", 'held', "expiresAt", :now, "etaAt"
       from jsonb_to_recordset(cast(:holds as jsonb)) as x (id uuid, "shelterId" uuid, unit text, kind text, people integer, "for" text, "dispatchId" uuid,
         "expiresAt" timestamptz, "etaAt" timestamptz) returning *
     ) select ${HOLD} from ${HOLD_OF}`,
    { holds: JSON.stringify(holds), now },
    { prepare: 'insert_holds' },
  );

/** What a hold goes by, in minutes: the rules `holds.margin` and `holds.longest` of its house. */
export interface Terms {
  id: string;
  etaAt: Date | null;
  expiresAt: Date;
  createdAt: Date;
  margin: number;
  longest: number;
}
const TERMS_OF = `select h.id, h.eta_at as "etaAt", h.expires_at as "expiresAt", h.created_at as "createdAt",
    cast(rule_value('holds.margin', p.path) as float8) as margin, cast(rule_value('holds.longest', p.path) as float8) as longest
  from holds h join shelters s on s.id = h.shelter_id join stations p on p.id = s.station_id
  where h.id = any (cast(:ids as uuid[])) and h.status = 'held' and h.expires_at > :now order by h.id`;
/** What decides how long these holds last, of those that still stand at `now`. */
export const termsOf = (db: Db, ids: readonly string[], now: Date): Promise<Terms[]> =>
  rows<Terms>(db, TERMS_OF, { ids, now });

/** The same, and they are locked until the command ends. */
export const lockedTerms = (db: Db, ids: readonly string[], now: Date): Promise<Terms[]> =>
  rows<Terms>(db, `${TERMS_OF} for no key update of h`, { ids, now });

/** Holds by id, in no order. */
export const holdRows = (db: Db, ids: readonly string[]): Promise<HoldRow[]> =>
  rows<HoldRow>(db, `select ${HOLD} from ${HOLD_FROM} where h.id = any (cast(:ids as uuid[])) order by h.id`, { ids });

/** Every hold of the subtree that nothing has ended; those whose time is over among them, until the job has said so. */
export const liveHolds = (db: Db, scope: string): Promise<HoldRow[]> =>
  rows<HoldRow>(
    db,
    `select ${HOLD} from ${HOLD_FROM} where h.status = 'held' and ${inSubtreeSql('s.station_id')}`,
    { scope },
    { prepare: 'live_holds' },
  );

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
  id: string;
  patrolId: string;
  /** of its station */
  path: readonly string[];
  ended: boolean;
}
/** These jobs as they are now. */
export const dispatchesOf = (db: Db, ids: readonly string[]): Promise<HoldDispatch[]> =>
  rows<HoldDispatch>(
    db,
    `select d.id, d.patrol_id as "patrolId", p.path, d.ended_at is not null as ended from dispatches d join stations p on p.id = d.station_id
     where d.id = any (cast(:ids as uuid[]))`,
    { ids },
  );

/** Locks the incidents of these jobs until the command ends, in the order of their ids; answers of which jobs. */
export async function lockIncidentsOf(db: Db, dispatchIds: readonly string[], waits: boolean): Promise<Set<string>> {
  const locked = await rows<{ id: string }>(
    db,
    `select d.id from dispatches d join incidents i on i.id = d.incident_id where d.id = any (cast(:dispatchIds as uuid[]))
     order by i.id for key share of i${waits ? '' : ' skip locked'}`,
    { dispatchIds },
  );
  return new Set(locked.map(({ id }) => id));
}
