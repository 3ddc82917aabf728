/** Beds held. */
import type { Knex } from 'knex';
import type { BedKind, HoldRow, PlaceUnit, ShelterRow } from '../../shared/shelters.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';

type Db = Knex | Knex.Transaction;

const HOLD = `h.id, h.version, h.shelter_id as "shelterId", s.station_id as "stationId", h.unit, h.kind, h.people, h.held_for as "for", h.dispatch_id as "dispatchId",
  d.patrol_id as "patrolId", h.status, ${asInstant('h.expires_at')} as "expiresAt", ${asInstant('h.created_at')} as "createdAt", ${asInstant('h.eta_at')} as "etaAt",
  jsonb_build_object('name', s.name, 'address', s.address, 'position', ${asPoint('s.position')}) as shelter`;
const HOLD_OF = `h join shelters s on s.id = h.shelter_id left join dispatches d on d.id = h.dispatch_id`;
const HOLD_FROM = `holds ${HOLD_OF}`;

/** SQL: places of one unit and kind free in a house `r`, that has the columns of shelters; read it only under the lock of the house. */
const FREE = `coalesce((select b.total + case when r.surge_open then b.surge else 0 end from shelter_beds b where b.shelter_id = r.id and b.unit = :unit and b.kind = :kind), 0)
  - coalesce((select sum(t.people) from stays t where t.shelter_id = r.id and t.left_at is null and t.unit = :unit and t.kind = :kind), 0)
  - coalesce((select sum(o.people) from holds o where o.shelter_id = r.id and o.status = 'held' and o.expires_at > :now and o.unit = :unit and o.kind = :kind), 0)`;
/** SQL: the rules of a hold as they are at station `p`, in one walk; a call of rule_value() for each takes longer than all the rest. */
const TERMS = `(select jsonb_object_agg(k.key, k.value) as rules from (
    select distinct on (v.key) v.key, v.value from rules v
    where v.key in ('holds.duration', 'holds.margin', 'holds.longest') and (v.station_id is null or v.station_id = any (p.path))
    order by v.key, array_position(p.path, v.station_id) desc nulls last) k)`;
const MAKE_HOLD = `with r as (
    select r.id, r.status, ${FREE} as free, cast(t.rules -> 'holds.duration' as float8) * interval '1 minute' as lasts,
      cast(:etaAt as timestamptz) + cast(t.rules -> 'holds.margin' as float8) * interval '1 minute' as eta_end,
      cast(t.rules -> 'holds.longest' as float8) * interval '1 minute' as longest
    from shelters r join stations p on p.id = r.station_id cross join lateral ${TERMS} t where r.id = cast(:shelterId as uuid)
  ), h as (
    insert into holds (id, shelter_id, unit, kind, people, held_for, dispatch_id, status, expires_at, created_at, eta_at)
    select cast(:id as uuid), r.id, :unit, :kind, cast(:people as integer), :for, cast(:dispatchId as uuid), 'held',
      greatest(cast(:now as timestamptz) + r.lasts, case when r.eta_end is not null then least(r.eta_end, cast(:now as timestamptz) + r.longest) end), cast(:now as timestamptz), cast(:etaAt as timestamptz)
    from r where r.status = 'open' and r.free >= cast(:people as integer) returning *
  ) select r.status, (select to_jsonb(x) from (select ${HOLD} from ${HOLD_OF}) x) as hold from r`;

/** Counts what is free in a house that the caller has locked before, and holds it if that is enough and the house is open; `hold` is null else. */
export const insertHold = (
  db: Db,
  wanted: {
    id: string;
    shelterId: string;
    unit: PlaceUnit;
    kind: BedKind;
    people: number;
    for: string;
    dispatchId: string | null;
    etaAt: Date | null;
  },
  now: Date,
): Promise<{ status: ShelterRow['status']; hold: HoldRow | null } | undefined> =>
  row(db, MAKE_HOLD, { ...wanted, now }, { prepare: 'make_hold' });

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
