/** What a plan is made from. */
import type { Knex } from 'knex';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';

type Db = Knex | Knex.Transaction;

/** Ids of the incidents named that lie in the subtree; without names those that nobody is on the way to or was at. */
export const plannedIncidents = async (db: Db, scope: string, ids: readonly string[] | null): Promise<string[]> =>
  (
    await rows<{ id: string }>(
      db,
      `select i.id from incidents i where ${inSubtreeSql('i.station_id')} and ${
        ids === null
          ? `i.status = 'open' and (i.outcome is null or exists (
        select from rechecks r where r.incident_id = i.id and r.status in ('same_crew', 'any_crew')))`
          : `i.id = any (cast(:ids as uuid[]))`
      }`,
      { scope, ids: ids ?? [] },
    )
  ).map(({ id }) => id);

/** A patrol in the subtree that is out. */
export interface PlannedPatrol {
  id: string;
  stationId: string;
  status: string;
  lon: number | null;
  lat: number | null;
  fixAgeS: number | null;
  spareSeats: number | null;
  skills: string[];
  supplies: boolean | null;
  shiftEndsInS: number | null;
}
/** Those named, or all that are free, in the order of their ids. */
export const plannedPatrols = (
  db: Db,
  scope: string,
  ids: readonly string[] | null,
  now: Date,
): Promise<PlannedPatrol[]> =>
  rows<PlannedPatrol>(
    db,
    `with chosen as materialized (
       select p.id, p.station_id, p.status, p.vehicle_id, p.crew_count, p.shift_ends_at from patrols p
       where ${inSubtreeSql('p.station_id')} and ${ids === null ? `p.ended_at is null and p.status = 'free'` : `p.id = any (cast(:ids as uuid[]))`}
     ), aboard as (
       select distinct t.patrol_id from (
         select c.id as patrol_id, m.item_id, case when m.to_id = c.id then m.quantity else -m.quantity end as quantity
         from chosen c join supply_movements m on m.to_id = c.id or m.from_id = c.id join supply_items i on i.id = m.item_id and i.active
       ) t group by t.patrol_id, t.item_id having sum(t.quantity) > 0
     )
     select c.id, c.station_id as "stationId", c.status, st_x(l.position) as lon, st_y(l.position) as lat,
       cast(extract(epoch from cast(:now as timestamptz) - l.at) as integer) as "fixAgeS", v.seats - c.crew_count as "spareSeats",
       array(select distinct u from patrol_crew w join users m on m.id = w.user_id cross join unnest(m.skills) as u where w.patrol_id = c.id and w.left_at is null order by u) as skills,
       case when exists (select from supply_items i where i.active) then exists (select from aboard a where a.patrol_id = c.id) end as supplies,
       cast(extract(epoch from c.shift_ends_at - cast(:now as timestamptz)) as integer) as "shiftEndsInS"
     from chosen c left join patrol_positions l on l.patrol_id = c.id left join vehicles v on v.id = c.vehicle_id
     order by c.id`,
    { scope, ids: ids ?? [], now },
    { deadlineMs: 10_000 },
  );

/** Names of areas. */
export const areaNames = async (db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, string>> =>
  new Map(
    (
      await rows<{ id: string; name: string }>(
        db,
        `select a.id, a.name from areas a where a.id = any (cast(:ids as uuid[]))`,
        {
          ids,
        },
      )
    ).map(({ id, name }) => [id, name]),
  );
