/** Patrols on their way to a warm place. */
import type { Knex } from 'knex';
import type { LonLat } from '../../shared/geo.ts';
import { rows } from '../db/rows.ts';
import type { Trip } from './arrival.ts';
import { type Field, FIELD_RULES } from './queries-field.ts';

type Db = Knex | Knex.Transaction;

/** A trip with what holds where it goes from: the rules of its station, and the area of its scene. */
export interface Underway {
  trip: Trip;
  field: Field;
  area: string | null;
}

const lonLat = (column: string, name: string): string =>
  `st_x(${column}::geometry) as "${name}Lon", st_y(${column}::geometry) as "${name}Lat"`;
/** SQL: of the running job `d` to the house `w`. */
const COLUMNS = `d.status, d.on_scene_at as "onSceneAt", p.vehicle_id is null as walks, a.name as area, s.path, s.time_zone as "timeZone", ${FIELD_RULES} as rules,
  ${lonLat('l.position', 'fix')}, ${lonLat('i.position', 'scene')}, ${lonLat('w.position', 'house')}`;
const OF = `join incidents i on i.id = d.incident_id join stations s on s.id = d.station_id join patrols p on p.id = d.patrol_id
  left join areas a on a.id = i.area_id left join patrol_positions l on l.patrol_id = d.patrol_id`;

type Place = 'fix' | 'scene' | 'house';
type Told = Pick<Trip, 'status' | 'onSceneAt' | 'walks'> &
  Field & { area: string | null } & Record<`${Place}${'Lon' | 'Lat'}`, number | null>;

const placeIn = (told: Told, place: Place): LonLat | null => {
  const [lon, lat] = [told[`${place}Lon`], told[`${place}Lat`]];
  return lon === null || lat === null ? null : [lon, lat];
};
const underway = (told: Told): Underway => ({
  trip: {
    status: told.status,
    onSceneAt: told.onSceneAt,
    walks: told.walks,
    fix: placeIn(told, 'fix'),
    scene: placeIn(told, 'scene'),
    house: placeIn(told, 'house'),
    onSceneMin: told.rules['dispatch.soon_free'].on_scene,
  },
  field: { path: told.path, timeZone: told.timeZone, rules: told.rules },
  area: told.area,
});

/** Places that are to be held for a job. */
interface Bound {
  id: string;
  shelterId: string;
  dispatchId: string | null;
}
/** The trips of running jobs to the houses of these holds; a job that has ended makes none. */
export async function tripsOf(db: Db, holds: readonly Bound[]): Promise<(Underway & { holdId: string })[]> {
  const found = await rows<Told & { holdId: string }>(
    db,
    `select b.id as "holdId", ${COLUMNS}
     from jsonb_to_recordset(cast(:holds as jsonb)) as b (id uuid, "shelterId" uuid, "dispatchId" uuid)
       join dispatches d on d.id = b."dispatchId" and d.ended_at is null ${OF} join shelters w on w.id = b."shelterId"`,
    { holds: JSON.stringify(holds.map(({ id, shelterId, dispatchId }) => ({ id, shelterId, dispatchId }))) },
  );
  return found.map(({ holdId, ...told }) => ({ holdId, ...underway(told) }));
}

/** A hold that waits for a running job. */
interface Awaited extends Underway {
  holdId: string;
  shelterId: string;
}
/** Every hold that still stands and whose job still runs; there are no more than a few for each patrol that is out. */
export async function awaited(db: Db, now: Date): Promise<Awaited[]> {
  const found = await rows<Told & Pick<Awaited, 'holdId' | 'shelterId'>>(
    db,
    `select h.id as "holdId", h.shelter_id as "shelterId", ${COLUMNS}
     from holds h join dispatches d on d.id = h.dispatch_id and d.ended_at is null ${OF} join shelters w on w.id = h.shelter_id
     where h.status = 'held' and h.expires_at > :now order by h.expires_at, h.id`,
    { now },
  );
  return found.map(({ holdId, shelterId, ...told }) => ({ holdId, shelterId, ...underway(told) }));
}
