import type { Knex } from 'knex';
import { openAt } from '../../shared/opening.ts';
import type { PlanLevel } from '../../shared/plan-levels.ts';
import {
  type Availability,
  availability,
  type Beds,
  freshness,
  isTemporary,
  noBeds,
  type PlaceUnit,
  shelterKinds,
  type ShelterRow,
  type ShelterView,
} from '../../shared/shelters.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';
import { planLevels } from '../stations/queries.ts';
import { type CountedHold, countedHolds } from './queries-holds.ts';

type Db = Knex | Knex.Transaction;

const countsSql = (unit: PlaceUnit, column: 'total' | 'surge'): string =>
  `(select jsonb_object_agg(b.kind, b.${column}) from shelter_beds b where b.shelter_id = s.id and b.unit = '${unit}')`;
const takenSql = (unit: PlaceUnit): string =>
  `(select jsonb_object_agg(o.kind, o.people) from (
    select t.kind, sum(t.people) as people from stays t where t.shelter_id = s.id and t.unit = '${unit}' and t.left_at is null group by t.kind) o)`;
/** The columns that `whole` and `availability` need, but for the holds. */
export const COUNTS = `${countsSql('bed', 'total')} as beds, ${countsSql('bed', 'surge')} as "surgeBeds", ${countsSql('seat', 'total')} as seats,
  ${takenSql('bed')} as "occupiedBeds", ${takenSql('seat')} as "occupiedSeats"`;
const COLUMNS = `s.id, s.version, s.station_id as "stationId", s.name, s.kind, s.status, ${asPoint('s.position')} as position, s.address, s.phone,
  s.contact, s.operator, s.hours, s.opening, s.features, s.about, s.confidential, s.surge_open as "surgeOpen", ${asInstant('s.counted_at')} as "countedAt",
  ${asInstant('s.exported_at')} as "exportedAt", ${asInstant('s.closed_down_at')} as "closedDownAt", ${COUNTS}`;

const counts = ['beds', 'occupiedBeds', 'seats', 'occupiedSeats', 'surgeBeds'] as const;
type CountName = (typeof counts)[number];
/** Counts as they are stored: only the kinds there are. */
export type StoredCounts = Record<CountName, Partial<Beds> | null>;
type Stored = Omit<ShelterRow, CountName> & StoredCounts;
/** With 0 for every kind there is none of. */
export const whole = <T extends StoredCounts>(stored: T): Omit<T, CountName> & Record<CountName, Beds> => ({
  ...stored,
  ...(Object.fromEntries(counts.map((name) => [name, { ...noBeds(), ...stored[name] }])) as Record<CountName, Beds>),
});

/** Shelters by id, in no order. */
export async function shelterRows(db: Db, ids: readonly string[]): Promise<ShelterRow[]> {
  const found = await rows<Stored>(db, `select ${COLUMNS} from shelters s where s.id = any (cast(:ids as uuid[]))`, {
    ids,
  });
  return found.map(whole);
}

/** Every shelter of the subtree that was not given up. */
export async function liveShelters(db: Db, scope: string): Promise<ShelterRow[]> {
  const found = await rows<Stored>(
    db,
    `select ${COLUMNS} from shelters s where s.closed_down_at is null and ${inSubtreeSql('s.station_id')}`,
    { scope },
    { prepare: 'live_shelters' },
  );
  return found.map(whole);
}

/** Houses of the subtree that come and go with the cold and were not given up, in the order of ids. */
export const temporaryShelterIds = async (db: Db, scope: string): Promise<string[]> =>
  (
    await rows<{ id: string }>(
      db,
      `select s.id from shelters s where s.closed_down_at is null and s.kind = any (cast(:kinds as text[])) and ${inSubtreeSql('s.station_id')} order by s.id`,
      { scope, kinds: shelterKinds.filter(isTemporary) },
    )
  ).map(({ id }) => id);

/** One page of the subtree's shelters by name; only the one named when `only` says so. */
export async function shelterPage(db: Db, scope: string, only: string | null, page: PageAfter): Promise<ShelterRow[]> {
  const found = await rows<Stored>(
    db,
    `select ${COLUMNS} from shelters s
     where s.closed_down_at is null and ${inSubtreeSql('s.station_id')} and (cast(:only as uuid) is null or s.id = cast(:only as uuid))
       and (cast(:after as uuid) is null or (s.name, s.id) > (select c.name, c.id from shelters c where c.id = cast(:after as uuid)))
     order by s.name, s.id limit cast(:limit as integer) + 1`,
    { scope, only, ...page },
  );
  return found.map(whole);
}

/** True when the shelter lies in the subtree and was not given up; it is then locked until the command ends, so that beds can be counted in the next statement. */
export async function lockShelterRow(db: Db, scope: string, id: string): Promise<boolean> {
  const locked = await row(
    db,
    `select s.id from shelters s where s.id = cast(:id as uuid) and s.closed_down_at is null and ${inSubtreeSql('s.station_id')} for no key update`,
    { scope, id },
    { prepare: 'lock_shelter' },
  );
  return locked !== undefined;
}

/** Beds free in one shelter now; count under its lock. */
export async function availabilityOf(db: Db, shelter: ShelterRow, now: Date): Promise<Availability> {
  return availability(shelter, await countedHolds(db, [shelter.id], now), now);
}

interface Limits {
  /** hours */
  fresh: number;
  stale: number;
  timeZone: string;
  level: PlanLevel;
}

async function limitsByStation(db: Db, stationIds: readonly string[]): Promise<Map<string, Limits>> {
  const found = await rows<Omit<Limits, 'level'> & { id: string }>(
    db,
    `select id, time_zone as "timeZone", rule_value('shelters.fresh', path) as fresh, rule_value('shelters.stale', path) as stale from stations where id = any (cast(:stationIds as uuid[]))`,
    { stationIds },
  );
  const levels = await planLevels(db, stationIds);
  return new Map(found.map(({ id, ...limits }) => [id, { ...limits, level: levels.get(id) ?? 'none' }]));
}

/** Rows with what is free now and how old the count is: the form of reads. Order is kept. */
export async function shelterViews(db: Db, shelters: readonly ShelterRow[], now: Date): Promise<ShelterView[]> {
  if (shelters.length === 0) return [];
  const holds = new Map<string, CountedHold[]>(shelters.map(({ id }) => [id, []]));
  for (const hold of await countedHolds(
    db,
    shelters.map(({ id }) => id),
    now,
  ))
    holds.get(hold.shelterId)?.push(hold);
  const limits = await limitsByStation(db, [...new Set(shelters.map(({ stationId }) => stationId))]);
  return shelters.map((shelter) => {
    const { beds: _beds, occupiedBeds: _occupied, seats: _seats, occupiedSeats: _taken, ...rest } = shelter;
    const limit = limits.get(shelter.stationId);
    if (!limit) throw new Error(`no rule says when a count of shelter ${shelter.id} is fresh`);
    const { open, changesAt } = openAt(shelter.opening, now.getTime(), limit.timeZone, limit.level);
    return {
      ...rest,
      ...availability(shelter, holds.get(shelter.id) ?? [], now),
      openNow: open,
      changesAt: changesAt === null ? null : new Date(changesAt).toISOString(),
      freshness: freshness(new Date(shelter.countedAt), now, limit),
    };
  });
}
