/** Who is near an incident and could go, by index. */
import type { Knex } from 'knex';
import type { LonLat } from '../../shared/geo.ts';
import { row, rows } from '../db/rows.ts';
import { type Field, FIELD_RULES } from './queries-field.ts';

type Db = Knex | Knex.Transaction;

/** An incident as far as it matters to who goes. */
export interface Scene extends Field {
  id: string;
  place: LonLat | null;
  people: number;
  signs: string[];
  wants: string[];
  area: string | null;
  /** stations whose crews see it, as far as the asker sees them */
  reach: string[];
  /** all stations that the asker sees */
  below: string[];
}

/** The scene with the rules of its station; undefined when it is not there or out of scope. */
export async function sceneInScope(db: Db, scope: string, incidentId: string): Promise<Scene | undefined> {
  const found = await row<Omit<Scene, 'place' | 'reach'> & { lon: number | null; lat: number | null }>(
    db,
    `select i.id, st_x(i.position::geometry) as lon, st_y(i.position::geometry) as lat, i.people, i.signs, i.wants, a.name as area, s.path,
       s.time_zone as "timeZone", ${FIELD_RULES} as rules, array(select b.id from stations b where b.path @> array[cast(:scope as uuid)]) as below
     from incidents i join stations s on s.id = i.station_id left join areas a on a.id = i.area_id
     where i.id = cast(:incidentId as uuid) and s.path @> array[cast(:scope as uuid)]`,
    { scope, incidentId },
    { prepare: 'scene_of_incident' },
  );
  if (!found) return undefined;
  const { lon, lat, ...scene } = found;
  return {
    ...scene,
    place: lon === null || lat === null ? null : [lon, lat],
    reach: scene.path.slice(Math.max(0, scene.path.indexOf(scope))),
  };
}

/** A patrol near, with what it brings. */
export interface Nearby {
  id: string;
  /** null when it is not known, or the incident's is not */
  lon: number | null;
  lat: number | null;
  fixAgeS: number | null;
  fresh: boolean;
  /** free, soon (with `freeInS`), or why it cannot go: break, busy, other_station */
  standing: 'free' | 'soon' | 'break' | 'busy' | 'other_station';
  freeInS: number;
  spareSeats: number | null;
  skills: string[];
  supplies: boolean | null;
  shiftEndsInS: number | null;
}

/** Fresh candidates, and beside them whoever is nearest, also with an old fix or not able to go; those of unknown place where there are few others. */
const FRESH = '20';
const NEAREST = '20';
const UNKNOWN = '6';
/** Where the incident itself has no place, any. */
const ANY = '50';

const COLUMNS = `p.id, p.station_id, p.status, p.vehicle_id, p.crew_count, p.shift_ends_at`;
const OUT = `p.ended_at is null and p.station_id = any (cast(:below as uuid[]))`;
/** SQL: a crew that sees it and is free, or at work somewhere else and free soon. One at work at this very scene is there already. */
const FREE_OR_SOON = `p.station_id = any (cast(:reach as uuid[])) and (p.status = 'free' or (p.status = 'busy' and exists (
  select from dispatches d where d.patrol_id = p.id and d.ended_at is null and d.status in ('on_scene', 'transporting') and d.incident_id <> cast(:incidentId as uuid))))`;
/** SQL: patrols by distance, by the index on their positions; each walk ends at its limit. */
const BY_DISTANCE = `order by l.position <-> st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326) limit`;
// as an expression the planner cannot look into: it then guesses the same with the value as without, and keeps one plan
const FRESH_FIX = `coalesce(l.at >= cast(:freshFrom as timestamptz), false)`;
const NEAR = `
  select * from located union all (select ${COLUMNS}, null, null from patrols p left join patrol_positions l on l.patrol_id = p.id
    where (select count(*) from located) < ${NEAREST} and ${OUT} and l.patrol_id is null limit ${UNKNOWN})`;
const LOCATED = `
  (select ${COLUMNS}, l.at, l.position from patrol_positions l join patrols p on p.id = l.patrol_id
   where ${FRESH_FIX} and ${OUT} and ${FREE_OR_SOON} ${BY_DISTANCE} ${FRESH})
  union (select ${COLUMNS}, l.at, l.position from patrol_positions l join patrols p on p.id = l.patrol_id where ${OUT} ${BY_DISTANCE} ${NEAREST})`;
const ANYWHERE = `(select ${COLUMNS}, cast(null as timestamptz) as at, cast(null as geometry) as position from patrols p where ${OUT} order by p.status <> 'free', p.id limit ${ANY})`;

/** What each of them brings, and whether it can go. */
const detailsSql = (chosen: string): string => `
  with ${chosen}
  select p.id, st_x(p.position) as lon, st_y(p.position) as lat, cast(extract(epoch from cast(:now as timestamptz) - p.at) as integer) as "fixAgeS",
    coalesce(p.at >= cast(:freshFrom as timestamptz), false) as fresh,
    case when p.station_id <> all (cast(:reach as uuid[])) then 'other_station' when d.free_at is not null then 'soon' else p.status end as standing,
    case when d.free_at is null then 0 else greatest(60, ceil(extract(epoch from d.free_at - cast(:now as timestamptz))))::integer end as "freeInS",
    (select v.seats from vehicles v where v.id = p.vehicle_id) - p.crew_count as "spareSeats",
    coalesce((select string_agg(array_to_string(m.skills, ' '), ' ') from patrol_crew c join users m on m.id = c.user_id where c.patrol_id = p.id and c.left_at is null), '') as skills,
    case when exists (select from supply_items i where i.active) then exists (
      select from supply_movements m join supply_items i on i.id = m.item_id and i.active where m.to_id = p.id or m.from_id = p.id
      group by m.item_id having sum(case when m.to_id = p.id then m.quantity else -m.quantity end) > 0) end as supplies,
    cast(extract(epoch from p.shift_ends_at - cast(:now as timestamptz)) as integer) as "shiftEndsInS"
  from near p left join lateral (
    select case d.status when 'on_scene' then d.on_scene_at + cast(:onSceneMin as float8) * interval '1 minute'
        when 'transporting' then d.transporting_at + cast(:transportingMin as float8) * interval '1 minute' end as free_at
    from dispatches d where d.patrol_id = p.id and d.ended_at is null and d.incident_id <> cast(:incidentId as uuid)) d on p.status = 'busy'`;
const NEARBY = detailsSql(`located as materialized (${LOCATED}), near as (${NEAR})`);
const OUT_ANYWHERE = detailsSql(`near as materialized (${ANYWHERE})`);

/** In no order. Never loads all patrols: each part stops at its limit. */
export async function nearbyPatrols(db: Db, scene: Scene, now: Date): Promise<Nearby[]> {
  const bindings = {
    incidentId: scene.id,
    reach: scene.reach,
    below: scene.below,
    freshFrom: new Date(now.getTime() - scene.rules['positions.stale'] * 1000),
    onSceneMin: scene.rules['dispatch.soon_free'].on_scene,
    transportingMin: scene.rules['dispatch.soon_free'].transporting,
    now,
  };
  const found =
    scene.place === null
      ? await rows<Told>(db, OUT_ANYWHERE, bindings)
      : await rows<Told>(
          db,
          NEARBY,
          { ...bindings, lon: scene.place[0], lat: scene.place[1] },
          { prepare: 'nearby_patrols' },
        );
  return found.map((row) => ({ ...row, skills: (row.skills ?? '').split(' ').filter((skill) => skill !== '') }));
}
type Told = Omit<Nearby, 'skills'> & { skills: string };

/** Where a patrol was last; undefined when nobody knows. */
export const fixOf = (db: Db, patrolId: string): Promise<{ lon: number; lat: number; walks: boolean } | undefined> =>
  row(
    db,
    `select st_x(l.position) as lon, st_y(l.position) as lat, p.vehicle_id is null as walks from patrol_positions l join patrols p on p.id = l.patrol_id where l.patrol_id = cast(:patrolId as uuid)`,
    { patrolId },
  );
