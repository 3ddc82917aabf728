import type { Knex } from 'knex';
import type { DispatchRow } from '../../shared/dispatches.ts';
import type { Staff } from '../context.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const COLUMNS = `d.id, d.version, d.incident_id as "incidentId", d.patrol_id as "patrolId", d.station_id as "stationId", d.status,
  ${asInstant('d.dispatched_at')} as "dispatchedAt", ${asInstant('d.accepted_at')} as "acceptedAt", ${asInstant('d.en_route_at')} as "enRouteAt",
  ${asInstant('d.on_scene_at')} as "onSceneAt", ${asInstant('d.transporting_at')} as "transportingAt", ${asInstant('d.ended_at')} as "endedAt",
  d.reason, d.set_by_desk as "setByDesk", ${asInstant('d.accept_by')} as "acceptBy", d.rung, ${asInstant('d.alarmed_at')} as "alarmedAt",
  d.suggested_patrol_id as "suggestedPatrolId"`;

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
    { prepare: 'live_dispatches' },
  );

export const dispatchInScope = (db: Db, scope: string, id: string): Promise<DispatchRow | undefined> =>
  row<DispatchRow>(
    db,
    `select ${COLUMNS} from dispatches d where d.id = cast(:id as uuid) and ${inSubtreeSql('d.station_id')}`,
    { id, scope },
  );

/** True for whoever is, or was, with this patrol. */
export const wasInCrew = async (
  db: Db,
  patrolId: string,
  { id, patrolId: own }: Pick<Staff, 'id' | 'patrolId'>,
): Promise<boolean> =>
  own === patrolId ||
  (await row(
    db,
    `select c.user_id from patrol_crew c where c.patrol_id = cast(:patrolId as uuid) and c.user_id = cast(:id as uuid)`,
    { patrolId, id },
  )) !== undefined;

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
