import type { Knex } from 'knex';
import { helpedOutcomes } from '../../shared/encounters.ts';
import type { TallyCounts } from '../../shared/tally.ts';
import { REPORT_MS } from '../db/dialect.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

/** The root of the subtree asked for and the range in its zone; `to` is exclusive. */
export interface Frame {
  stationId: string;
  timeZone: string;
  from: string;
  to: string;
  ordered: boolean;
  tooLong: boolean;
}

/** Reads a range: a date is the station's whole day, anything else an instant. Undefined when the station is not in the subtree. */
export const frameOf = (
  db: Db,
  scope: string,
  ask: { station: string; from: string; to: string; fromIsDay: boolean; toIsDay: boolean },
): Promise<Frame | undefined> =>
  row<Frame>(
    db,
    `with bounds as (
       select s.id, s.time_zone,
         case when :fromIsDay then cast(substr(:from, 1, 10) as timestamp) at time zone s.time_zone else cast(:from as timestamptz) end as starts,
         case when :toIsDay then (cast(substr(:to, 1, 10) as timestamp) + interval '1 day') at time zone s.time_zone else cast(:to as timestamptz) end as ends
       from stations s where s.id = cast(:station as uuid) and s.path @> array[cast(:scope as uuid)]
     )
     select b.id as "stationId", b.time_zone as "timeZone", ${asInstant('b.starts')} as "from", ${asInstant('b.ends')} as "to",
       case when :toIsDay then b.starts < b.ends else b.starts <= b.ends end as ordered, b.ends > b.starts + interval '3 years' as "tooLong"
     from bounds b`,
    { scope, ...ask },
  );

/** One line of the tally: the whole, a station (with its name) or a day. */
export interface TallyLine extends TallyCounts {
  kind: 'all' | 'station' | 'day';
  stationId: string | null;
  name: string | null;
  day: string | null;
}

/**
 * The tally in one statement over the rows themselves, so that it is the same whenever it is asked as of the same moment.
 * Helped are people with an outcome that helps; a place counts once however often it opened.
 */
export const tallyLines = (db: Db, frame: Frame, asOf: Date): Promise<TallyLine[]> =>
  rows<TallyLine>(
    db,
    `with here as materialized (
       select id, name, cardinality(path) as depth from stations where path @> array[cast(:stationId as uuid)]
     ), days as materialized (
       select cast(d as date) as day, d at time zone :timeZone as starts, (d + interval '1 day') at time zone :timeZone as ends
       from generate_series(
         date_trunc('day', cast(:from as timestamptz) at time zone :timeZone),
         date_trunc('day', greatest(cast(:to as timestamptz) - interval '1 microsecond', cast(:from as timestamptz)) at time zone :timeZone),
         interval '1 day') d
     ), counted as (
       select e.station_id, cast(e.at at time zone :timeZone as date) as day,
         count(p.id) filter (where p.outcome = any (cast(:helped as text[]))) as helped,
         count(p.id) filter (where p.outcome = 'refused') as refused,
         count(distinct e.id) filter (where e.not_found_reason is not null) as not_found,
         0 as person_times, 0 as vehicle_times, 0 as handed_out
       from encounters e left join encounter_people p on p.encounter_id = e.id
       where e.station_id in (select id from here) and e.at >= cast(:from as timestamptz) and e.at < cast(:to as timestamptz) and e.recorded_at <= :asOf
       group by 1, 2
       union all
       select p.station_id, cast(p.started_at at time zone :timeZone as date), 0, 0, 0, sum(p.crew_count), count(p.vehicle_id), 0
       from patrols p
       where p.station_id in (select id from here) and p.started_at >= cast(:from as timestamptz) and p.started_at < cast(:to as timestamptz) and p.started_at <= :asOf
       group by 1, 2
       union all
       select m.station_id, cast(m.at at time zone :timeZone as date), 0, 0, 0, 0, 0, sum(case m.reason when 'hand_out' then m.quantity else -m.quantity end)
       from supply_movements m
       where m.station_id in (select id from here) and m.at >= cast(:from as timestamptz) and m.at < cast(:to as timestamptz) and m.recorded_at <= :asOf
         and (m.reason = 'hand_out' or (m.reason = 'return' and m.from_kind = 'person'))
       group by 1, 2
     ), opened as materialized (
       select s.station_id, o.shelter_id, o.opened_at, least(coalesce(o.closed_at, :asOf), cast(:asOf as timestamptz)) as closed_at
       from shelter_openings o join shelters s on s.id = o.shelter_id
       where s.station_id in (select id from here) and o.opened_at <= :asOf and o.opened_at < cast(:to as timestamptz)
         and (o.closed_at is null or o.closed_at > cast(:from as timestamptz) or o.opened_at >= cast(:from as timestamptz))
     ), inside as (
       select * from opened where closed_at > cast(:from as timestamptz) or opened_at >= cast(:from as timestamptz)
     ), places as (
       select station_id, cast(null as date) as day, count(distinct shelter_id) as places from inside group by station_id
       union all
       select cast(null as uuid), d.day, count(distinct i.shelter_id) from days d
       join inside i on i.opened_at < d.ends and (i.closed_at > d.starts or i.opened_at >= d.starts) group by d.day
     ), lines as (
       select case when grouping(c.station_id) = 0 then 'station' when grouping(c.day) = 0 then 'day' else 'all' end as kind, c.station_id, c.day,
         sum(c.helped) as helped, sum(c.refused) as refused, sum(c.not_found) as not_found,
         sum(c.person_times) as person_times, sum(c.vehicle_times) as vehicle_times, sum(c.handed_out) as handed_out
       from counted c group by grouping sets ((), (c.station_id), (c.day))
     ), heads as (
       select 'all' as kind, cast(null as uuid) as station_id, cast(null as text) as name, cast(null as date) as day, 0 as depth,
         (select coalesce(sum(places), 0) from places where station_id is not null) as places
       union all
       select 'station', h.id, h.name, null, h.depth, coalesce(p.places, 0) from here h left join places p on p.station_id = h.id
       union all
       select 'day', null, null, d.day, 0, coalesce(p.places, 0) from days d left join places p on p.day = d.day
     )
     select h.kind, h.station_id as "stationId", h.name, cast(h.day as text) as day,
       coalesce(l.helped, 0) as "peopleHelped", coalesce(l.refused, 0) as "refused", coalesce(l.not_found, 0) as "notFound",
       coalesce(l.person_times, 0) as "patrolPersonTimes", coalesce(l.vehicle_times, 0) as "vehicleTimes",
       coalesce(l.handed_out, 0) as "itemsHandedOut", h.places as "placesOpened"
     from heads h left join lines l on l.kind = h.kind and l.station_id is not distinct from h.station_id and l.day is not distinct from h.day
     order by h.kind, h.day, h.depth, h.name, h.station_id`,
    {
      stationId: frame.stationId,
      timeZone: frame.timeZone,
      from: frame.from,
      to: frame.to,
      asOf,
      helped: helpedOutcomes,
    },
    { deadlineMs: REPORT_MS },
  );
