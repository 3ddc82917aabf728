import type { Knex } from 'knex';
import type { DispatchRow, SuggestionRow } from '../../shared/dispatches.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const COLUMNS = `d.id, d.version, d.incident_id as "incidentId", d.patrol_id as "patrolId", d.station_id as "stationId", d.status,
  ${asInstant('d.dispatched_at')} as "dispatchedAt", ${asInstant('d.accepted_at')} as "acceptedAt", ${asInstant('d.en_route_at')} as "enRouteAt",
  ${asInstant('d.on_scene_at')} as "onSceneAt", ${asInstant('d.transporting_at')} as "transportingAt", ${asInstant('d.ended_at')} as "endedAt",
  d.reason, d.set_by_desk as "setByDesk"`;

/** Whole rows for facts. */
export const dispatchRows = (db: Db, ids: readonly string[]): Promise<DispatchRow[]> =>
  rows<DispatchRow>(db, `select ${COLUMNS} from dispatches d where d.id = any (cast(:ids as uuid[])) order by d.id`, {
    ids,
  });

/** Running dispatches of a subtree: those to its incidents. */
export const liveDispatches = (db: Db, scope: string): Promise<DispatchRow[]> =>
  rows<DispatchRow>(
    db,
    `select ${COLUMNS} from dispatches d where d.ended_at is null and ${inSubtreeSql('d.station_id')} order by d.id`,
    { scope },
  );

export const dispatchInScope = (db: Db, scope: string, id: string): Promise<DispatchRow | undefined> =>
  row<DispatchRow>(
    db,
    `select ${COLUMNS} from dispatches d where d.id = cast(:id as uuid) and ${inSubtreeSql('d.station_id')}`,
    { id, scope },
  );

export interface DispatchFilter {
  incidentId: string | null;
  patrolId: string | null;
  status: string;
}
export const dispatchPage = (db: Db, scope: string, filter: DispatchFilter, page: PageAfter): Promise<DispatchRow[]> =>
  rows<DispatchRow>(
    db,
    `select ${COLUMNS} from dispatches d
     where ${inSubtreeSql('d.station_id')}
       and (cast(:incidentId as uuid) is null or d.incident_id = cast(:incidentId as uuid))
       and (cast(:patrolId as uuid) is null or d.patrol_id = cast(:patrolId as uuid))
       and case :status when 'all' then true when 'active' then d.ended_at is null else d.status = :status end
       and (cast(:after as uuid) is null or (d.dispatched_at, d.id) < (select c.dispatched_at, c.id from dispatches c where c.id = cast(:after as uuid)))
     order by d.dispatched_at desc, d.id desc limit cast(:limit as integer) + 1`,
    { scope, ...filter, ...page },
  );

/** How many patrols a desk is shown. */
const SHOWN = 50;

/**
 * Patrols for an incident: free ones with a fresh fix first, nearest first by index; then those whose fix is stale or missing;
 * then, with the reason, those that cannot go. Distance is straight, in metres; ETA in seconds by the station's speed and detour.
 */
export const suggestionsFor = (db: Db, scope: string, incidentId: string, now: Date): Promise<SuggestionRow[]> =>
  rows<SuggestionRow>(
    db,
    `with me as (
       select i.position::geometry as spot, i.position, n.path,
         cast(rule_value('eta.speed', n.path) as text)::float8 / 3.6 as mps, cast(rule_value('eta.detour', n.path) as text)::float8 as detour,
         cast(rule_value('positions.stale', n.path) as text)::float8 as stale
       from incidents i join stations n on n.id = i.station_id where i.id = cast(:incidentId as uuid)
     ), near as (
       select l.patrol_id, l.at, l.position from me cross join lateral (
         select p.patrol_id, p.at, p.position from patrol_positions p
         where exists (select from patrols o where o.id = p.patrol_id and o.ended_at is null and ${inSubtreeSql('o.station_id')})
         order by p.position <-> me.spot limit 200
       ) l where me.spot is not null
     ), known as (
       select p.id, case when p.station_id = any (me.path) then p.status else 'other_station' end as status, n.at, case when n.position is null or me.position is null then null else st_distance(n.position::geography, me.position) end as metres,
         me.mps, me.detour, n.at >= cast(:now as timestamptz) - me.stale * interval '1 second' as fresh
       from me, patrols p left join near n on n.patrol_id = p.id
       where p.ended_at is null and ${inSubtreeSql('p.station_id')}
     )
     select k.id as "patrolId", case when k.metres is null then null else greatest(1, ceil(k.metres * k.detour / k.mps))::integer end as "etaS",
       round(k.metres) as "distanceM",
       case when k.metres is null then array['no_position'] when not k.fresh then array['stale_position']
         when k.status = 'free' and row_number() over (order by k.status <> 'free', not k.fresh, k.metres) = 1 then array['nearest'] else array['free'] end as reasons,
       case when k.status = 'free' then null else k.status end as excluded
     from known k
     order by k.status <> 'free', k.metres is null, not k.fresh, k.metres, k.id limit :shown`,
    { scope, incidentId, now, shown: SHOWN },
  );
