import type { Knex } from 'knex';
import { distanceM } from '../../shared/geo.ts';
import { openAt } from '../../shared/opening.ts';
import type { PlanLevel } from '../../shared/plan-levels.ts';
import { fieldProblem } from '../../shared/problems.ts';
import {
  type Availability,
  availability,
  type Beds,
  freshness,
  noBeds,
  type PlaceUnit,
  type PublicShelter,
  type ShelterRow,
  type ShelterView,
} from '../../shared/shelters.ts';
import { asInstant, asPoint, pointSql } from '../db/postgis.ts';
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
const COLUMNS = `s.id, s.version, s.station_id as "stationId", s.name, s.kind, s.status, ${asPoint('s.position')} as position, s.address, s.phone,
  s.contact, s.operator, s.hours, s.opening, s.features, s.about, s.confidential, s.surge_open as "surgeOpen", ${asInstant('s.counted_at')} as "countedAt",
  ${asInstant('s.exported_at')} as "exportedAt", ${asInstant('s.closed_down_at')} as "closedDownAt",
  ${countsSql('bed', 'total')} as beds, ${countsSql('bed', 'surge')} as "surgeBeds", ${countsSql('seat', 'total')} as seats,
  ${takenSql('bed')} as "occupiedBeds", ${takenSql('seat')} as "occupiedSeats"`;

const counts = ['beds', 'occupiedBeds', 'seats', 'occupiedSeats', 'surgeBeds'] as const;
type Stored = Omit<ShelterRow, (typeof counts)[number]> & Record<(typeof counts)[number], Partial<Beds> | null>;
const whole = (stored: Stored): ShelterRow => ({
  ...stored,
  ...(Object.fromEntries(counts.map((name) => [name, { ...noBeds(), ...stored[name] }])) as Record<
    (typeof counts)[number],
    Beds
  >),
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
  const found = await rows<Stored>(db, `select ${COLUMNS} from shelters s where s.closed_down_at is null and ${inSubtreeSql('s.station_id')}`, {
    scope,
  });
  return found.map(whole);
}

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

/** True when the shelter lies in the subtree; it is then locked until the command ends, so that beds can be counted in the next statement. */
export async function lockShelterRow(db: Db, scope: string, id: string): Promise<boolean> {
  const locked = await row(
    db,
    `select s.id from shelters s where s.id = cast(:id as uuid) and ${inSubtreeSql('s.station_id')} for no key update`,
    { scope, id },
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
  /** free beds below which a place says 'few' */
  few: number;
  timeZone: string;
  level: PlanLevel;
}

async function limitsByStation(db: Db, stationIds: readonly string[]): Promise<Map<string, Limits>> {
  const found = await rows<Omit<Limits, 'level'> & { id: string }>(
    db,
    `select id, time_zone as "timeZone", rule_value('shelters.fresh', path) as fresh, rule_value('shelters.stale', path) as stale, rule_value('shelters.few', path) as few from stations where id = any (cast(:stationIds as uuid[]))`,
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

/** Where the asker is (degrees, WGS 84), how many places, and after which one. */
export interface PublicAsk {
  lon?: number | undefined;
  lat?: number | undefined;
  limit: number;
  after?: string | null;
}

function degrees(text: string | undefined, name: 'lon' | 'lat', max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw fieldProblem(`/query/${name}`, 'type', 'not a number');
  if (Math.abs(value) > max)
    throw fieldProblem(`/query/${name}`, `${name}_range`, `must be -${String(max)}..${String(max)}`);
  return value;
}

/** Reads `lon` and `lat` of a query; one without the other, or outside the range, is 422. */
export function placeOf(query: { lon?: string | undefined; lat?: string | undefined }): { lon?: number; lat?: number } {
  const lon = degrees(query.lon, 'lon', 180);
  const lat = degrees(query.lat, 'lat', 90);
  if (lon === undefined && lat === undefined) return {};
  if (lon === undefined) throw fieldProblem('/query/lon', 'required', 'lon and lat go together');
  if (lat === undefined) throw fieldProblem('/query/lat', 'required', 'lon and lat go together');
  return { lon, lat };
}

/** Up to `limit + 1` open places of all stations, nearest first when a position is given, else by name. */
export async function publicShelters(db: Db, now: Date, ask: PublicAsk): Promise<PublicShelter[]> {
  const near = ask.lon !== undefined && ask.lat !== undefined ? { lon: ask.lon, lat: ask.lat } : null;
  const page = { after: ask.after ?? null, limit: ask.limit };
  const found = near
    ? await rows<{ id: string }>(
        db,
        // Without a position a place is farther than any other.
        `select s.id from shelters s
         where s.status = 'open' and not s.confidential and s.closed_down_at is null
           and (cast(:after as uuid) is null or (coalesce(s.position <-> ${pointSql(':lon', ':lat')}, 'infinity'), s.id)
             > (select coalesce(c.position <-> ${pointSql(':lon', ':lat')}, 'infinity'), c.id from shelters c where c.id = cast(:after as uuid)))
         order by s.position <-> ${pointSql(':lon', ':lat')}, s.id limit cast(:limit as integer) + 1`,
        { ...near, ...page },
      )
    : await rows<{ id: string }>(
        db,
        `select s.id from shelters s
         where s.status = 'open' and not s.confidential and s.closed_down_at is null
           and (cast(:after as uuid) is null or (s.name, s.id) > (select c.name, c.id from shelters c where c.id = cast(:after as uuid)))
         order by s.name, s.id limit cast(:limit as integer) + 1`,
        page,
      );
  const known = new Map(
    (
      await shelterViews(
        db,
        await shelterRows(
          db,
          found.map(({ id }) => id),
        ),
        now,
      )
    ).map((shelter) => [shelter.id, shelter]),
  );
  const limits = await limitsByStation(db, [...new Set([...known.values()].map(({ stationId }) => stationId))]);
  return found.flatMap(({ id }): PublicShelter[] => {
    const shelter = known.get(id);
    // It may have closed since the first statement.
    if (!shelter || shelter.confidential || shelter.status !== 'open' || !shelter.openNow) return [];
    const { stationId, name, kind, position, address, phone, hours, features, about, freshness } = shelter;
    const free = shelter.available.total + shelter.seats.available.total;
    const room = free === 0 ? 'full' : free < (limits.get(stationId)?.few ?? 0) ? 'few' : 'yes';
    const away = near && position ? Math.round(distanceM([near.lon, near.lat], position.coordinates)) : null;
    return [
      {
        id,
        name,
        kind,
        position,
        address: address ?? '',
        phone,
        hours,
        openUntil: shelter.changesAt,
        features,
        about,
        room,
        freshness,
        distanceM: away,
      },
    ];
  });
}
