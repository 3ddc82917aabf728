/** Where people set out from for a shelter, and what there is in each. */
import type { Knex } from 'knex';
import type { LonLat } from '../../shared/geo.ts';
import {
  type Beds,
  type BedKind,
  type HoldRow,
  noBeds,
  type PlaceUnit,
  type ShelterRow,
} from '../../shared/shelters.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import { type Field, FIELD_RULES } from './queries-field.ts';

type Db = Knex | Knex.Transaction;

/** A patrol as a way to go: null where nobody knows where it is. */
interface Whereabouts {
  lon: number | null;
  lat: number | null;
  walks: boolean;
}
/** Where a patrol is; while its fix is old or missing, at the incident it was sent to, if that has a place. */
export const whereaboutsOf = (
  db: Db,
  patrolId: string,
  incidentId: string | null,
  now: Date,
): Promise<Whereabouts | undefined> =>
  row<Whereabouts>(
    db,
    `select st_x(w.position) as lon, st_y(w.position) as lat, w.walks from (
       select p.vehicle_id is null as walks, case
         when l.at >= cast(:now as timestamptz) - cast(rule_value('positions.stale', s.path) as float8) * interval '1 second' then l.position
         else coalesce(i.position::geometry, l.position) end as position
       from patrols p join stations s on s.id = p.station_id left join patrol_positions l on l.patrol_id = p.id
         left join incidents i on i.id = cast(:incidentId as uuid)
       where p.id = cast(:patrolId as uuid)) w`,
    { patrolId, incidentId, now },
  );

/** The rules of a station and the area a place lies in: how fast one sets out from there. */
export const departureField = (
  db: Db,
  stationId: string,
  [lon, lat]: LonLat,
): Promise<(Field & { area: string | null }) | undefined> =>
  row<Field & { area: string | null }>(
    db,
    `select s.path, s.time_zone as "timeZone", ${FIELD_RULES} as rules,
       (select a.name from areas a where st_covers(a.outline, st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326)) order by a.size_m2, a.id limit 1) as area
     from stations s where s.id = cast(:stationId as uuid)`,
    { stationId, lon, lat },
  );

interface Stored extends Pick<
  ShelterRow,
  'id' | 'stationId' | 'status' | 'opening' | 'features' | 'confidential' | 'surgeOpen'
> {
  lon: number | null;
  lat: number | null;
  kinds: BedKind[] | null;
  totals: number[];
  surges: number[];
  takenKinds: BedKind[] | null;
  taken: number[];
}
function countsOf(kinds: readonly BedKind[] | null, numbers: readonly number[]): Beds {
  const counts = noBeds();
  kinds?.forEach((kind, n) => {
    counts[kind] = numbers[n] ?? 0;
  });
  return counts;
}

/**
 * Every house of the subtree that was not given up, in no order, with places of the unit alone and nothing that is for reading.
 * Each table is read once, in arrays: hundreds of jsonb objects take longer than all the rest.
 */
export async function matchedHouses(db: Db, scope: string, unit: PlaceUnit): Promise<ShelterRow[]> {
  const found = await rows<Stored>(
    db,
    `select s.id, s.station_id as "stationId", s.status, st_x(s.position::geometry) as lon, st_y(s.position::geometry) as lat, s.opening, s.features, s.confidential,
       s.surge_open as "surgeOpen", b.kinds, b.totals, b.surges, t.kinds as "takenKinds", t.taken
     from shelters s
       left join (select shelter_id, array_agg(kind) as kinds, array_agg(total) as totals, array_agg(surge) as surges from shelter_beds where unit = :unit group by shelter_id) b
         on b.shelter_id = s.id
       left join (select shelter_id, array_agg(kind) as kinds, array_agg(people) as taken from (
           select shelter_id, kind, cast(sum(people) as integer) as people from stays where left_at is null and unit = :unit group by shelter_id, kind) k group by shelter_id) t
         on t.shelter_id = s.id
     where s.closed_down_at is null and ${inSubtreeSql('s.station_id')}`,
    { scope, unit },
  );
  const none = noBeds();
  const isBed = unit === 'bed';
  return found.map((house): ShelterRow => {
    const [total, occupied] = [countsOf(house.kinds, house.totals), countsOf(house.takenKinds, house.taken)];
    return {
      id: house.id,
      version: 0,
      stationId: house.stationId,
      name: '',
      kind: 'station',
      status: house.status,
      position:
        house.lon === null || house.lat === null ? null : { type: 'Point', coordinates: [house.lon, house.lat] },
      address: null,
      phone: null,
      contact: null,
      operator: null,
      hours: '',
      opening: house.opening,
      features: house.features,
      about: '',
      confidential: house.confidential,
      beds: isBed ? total : none,
      occupiedBeds: isBed ? occupied : none,
      seats: isBed ? none : total,
      occupiedSeats: isBed ? none : occupied,
      surgeBeds: countsOf(house.kinds, house.surges),
      surgeOpen: house.surgeOpen,
      countedAt: '',
      exportedAt: null,
      closedDownAt: null,
    };
  });
}

/** What a hold counts for, and whose job it is made for. */
export interface PlacedHold extends Pick<HoldRow, 'shelterId' | 'patrolId' | 'unit' | 'kind' | 'people' | 'expiresAt'> {
  status: 'held';
}
/** Every hold of the subtree that keeps places of the unit at `now`. */
export const placedHolds = (db: Db, scope: string, unit: PlaceUnit, now: Date): Promise<PlacedHold[]> =>
  rows<PlacedHold>(
    db,
    `select h.shelter_id as "shelterId", d.patrol_id as "patrolId", h.unit, h.kind, h.people, h.status, ${asInstant('h.expires_at')} as "expiresAt"
     from holds h join shelters s on s.id = h.shelter_id left join dispatches d on d.id = h.dispatch_id
     where h.status = 'held' and h.expires_at > :now and h.unit = :unit and ${inSubtreeSql('s.station_id')}`,
    { scope, unit, now },
  );
