import type { Knex } from 'knex';
import type { SiteHistory, SiteRow } from '../../shared/sites.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import { SITE_COLUMNS } from '../sites/queries.ts';

type Db = Knex | Knex.Transaction;
type Stored = SiteRow & Omit<SiteHistory, 'site'>;

/** No place and no rule reaches further, in metres: the bound by which the index finds candidates. */
const REACH = 1000;
const SITES = 5;
const PAST = 20;

/**
 * Known places that cover an incident, or lie within the rule `sites.radius` of it, nearest first, with what happened at each
 * in the days of the rule `sites.look_back` before `now`: incidents that ended there and meetings there, but for the asked one's.
 */
export async function sitesOfIncident(db: Db, id: string, scope: string, now: Date): Promise<SiteHistory[]> {
  const found = await rows<Stored>(
    db,
    `with me as (
       select i.id, i.position, cast(rule_value('sites.radius', s.path) as text)::float8 as radius,
         cast(:now as timestamptz) - cast(rule_value('sites.look_back', s.path) as text)::integer * interval '1 day' as since
       from incidents i join stations s on s.id = i.station_id where i.id = cast(:id as uuid)
     ), near as materialized (
       select t.*, st_distance(t.position, me.position) as metres, me.since from me join sites t on st_dwithin(t.position, me.position, cast(:reach as float8))
       where t.active and ${inSubtreeSql('t.station_id')} and st_distance(t.position, me.position) <= greatest(t.radius_m, me.radius)
       order by st_distance(t.position, me.position), t.id limit :sites
     ), ended as (
       select t.id as site_id, i.id, i.code, i.closed_at as at, i.people, i.close_reason
       from near t join incidents i on st_dwithin(i.position, t.position, t.radius_m)
       where i.status = 'closed' and i.merged_into is null and i.closed_at >= t.since and i.id <> cast(:id as uuid) and ${inSubtreeSql('i.station_id')}
     ), at_site as (
       select t.id as site_id, e.id from near t join encounters e on st_dwithin(e.position, t.position, t.radius_m) where e.at >= t.since
       union select t.id, e.id from near t join encounters e on e.site_id = t.id where e.at >= t.since
     ), met as (
       select a.site_id, e.id, e.at, i.code, e.not_found_reason, p.people, p.refusals, p.outcomes
       from at_site a join encounters e on e.id = a.id left join incidents i on i.id = e.incident_id
       cross join lateral (
         select coalesce(sum(n), 0) as people, coalesce(sum(n) filter (where outcome = 'refused'), 0) as refusals,
           coalesce(jsonb_object_agg(outcome, n), '{}') as outcomes
         from (select p.outcome, count(*) as n from encounter_people p where p.encounter_id = e.id group by p.outcome) x
       ) p
       where e.incident_id is distinct from cast(:id as uuid) and ${inSubtreeSql('e.station_id')}
     )
     select ${SITE_COLUMNS}, round(t.metres) as "distanceM",
       (select cast(count(*) as integer) from ended x where x.site_id = t.id) as incidents,
       (select cast(count(*) as integer) from met x where x.site_id = t.id) as encounters,
       (select cast(coalesce(sum(x.refusals), 0) as integer) from met x where x.site_id = t.id) as refusals,
       coalesce((select jsonb_agg(x.entry order by x.at desc, x.id) from (
         select at, id, jsonb_build_object('at', ${asInstant('at')}, 'kind', 'incident', 'id', id, 'code', code, 'people', people,
             'outcomes', '{}'::jsonb, 'notFoundReason', null, 'closeReason', close_reason) as entry from ended where site_id = t.id
         union all select at, id, jsonb_build_object('at', ${asInstant('at')}, 'kind', 'encounter', 'id', id, 'code', code, 'people', people,
             'outcomes', outcomes, 'notFoundReason', not_found_reason, 'closeReason', null) from met where site_id = t.id
         order by at desc, id limit :newest
       ) x), '[]') as past
     from near t order by t.metres, t.id`,
    { id, scope, now, reach: REACH, sites: SITES, newest: PAST },
  );
  return found.map(({ distanceM, incidents, encounters, refusals, past, ...site }) => ({
    site,
    distanceM,
    incidents,
    encounters,
    refusals,
    past,
  }));
}
