import type { Part } from '../../shared/contract.ts';
import {
  type DispatchRow,
  type DispatchStatus,
  isEnded,
  judgeStep,
  type sendPatrol,
  type stepDispatch,
} from '../../shared/dispatches.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import { happenedAt } from '../../shared/lateness.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { type Context, isDesk, staffOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { lockIncidents, tell } from '../incidents/commands.ts';
import { incidentRow } from '../incidents/queries.ts';
import { lockPatrol, setPatrolStatus } from '../patrols/commands.ts';
import { record } from '../realtime/record.ts';
import { ruleNumber } from '../stations/queries.ts';
import { dispatchInScope, dispatchRows } from './queries.ts';

async function dispatchRow(ctx: Context, id: string): Promise<DispatchRow> {
  const [found] = await dispatchRows(ctx.db, [id]);
  if (!found) throw new Error('the dispatch just written is not there');
  return found;
}

/**
 * Sends a patrol: 409 patrol_busy, patrol_off, incident_closed, and conflict (/patrolId) for a crew of another station, which
 * would never hear of it. Incident first, then patrol: every command locks in that order.
 */
export async function send(ctx: Context, body: Part<(typeof sendPatrol)['body']>): Promise<DispatchRow> {
  const [incident] = await lockIncidents(ctx, [body.incidentId]).catch((error: unknown) => {
    throw error instanceof Problem ? fieldProblem('/incidentId', 'not_found', 'no such incident', 'not_found') : error;
  });
  if (!incident) throw new Problem('not_found');
  if (incident.status === 'closed') throw new Problem('incident_closed', [], { current: incident });
  const patrol = await lockPatrol(ctx, body.patrolId).catch((error: unknown) => {
    throw error instanceof Problem ? fieldProblem('/patrolId', 'not_found', 'no such patrol', 'not_found') : error;
  });
  if (patrol.status === 'ended') throw new Problem('patrol_off', [], { current: patrol });
  if (patrol.status === 'busy') throw new Problem('patrol_busy', [], { current: patrol });
  const reaches = await row(
    ctx.db,
    `select id from stations where id = cast(:incidentStation as uuid) and path @> array[cast(:patrolStation as uuid)]`,
    {
      incidentStation: incident.stationId,
      patrolStation: patrol.stationId,
    },
  );
  if (!reaches)
    throw fieldProblem(
      '/patrolId',
      'other_station',
      'its crew belongs to another station and cannot see this incident',
      'conflict',
    );
  const now = ctx.now();
  await rows(
    ctx.db,
    `insert into dispatches (id, incident_id, patrol_id, station_id, status, dispatched_at, client_times)
     values (cast(:id as uuid), cast(:incidentId as uuid), cast(:patrolId as uuid), cast(:stationId as uuid), 'dispatched', :now, '{}')`,
    { ...body, stationId: incident.stationId, now },
  );
  await tell(ctx, incident.id, 'dispatched', { dispatchId: body.id, patrol: patrol.name });
  const busy = await setPatrolStatus(ctx, patrol.id, 'busy');
  const after = await settleIncident(ctx, incident.id, { dispatchedAt: now });
  const dispatch = await dispatchRow(ctx, body.id);
  record(ctx, {
    type: 'dispatch.sent',
    stationId: incident.stationId,
    rows: { dispatches: [dispatch], incidents: [after], patrols: [busy] },
  });
  return dispatch;
}

/** An incident's status follows from its running dispatches; times are kept from the first. */
async function settleIncident(
  ctx: Context,
  id: string,
  times: { dispatchedAt?: Date; arrivedAt?: Date },
): Promise<IncidentRow> {
  await rows(
    ctx.db,
    `update incidents i set version = version + 1,
       first_dispatched_at = coalesce(first_dispatched_at, cast(:dispatchedAt as timestamptz)), seen_at = coalesce(seen_at, cast(:dispatchedAt as timestamptz)),
       arrived_at = coalesce(arrived_at, cast(:arrivedAt as timestamptz)),
       status = case when status = 'closed' then status else coalesce((
         select case when bool_or(d.status in ('on_scene', 'transporting')) then 'on_scene' else 'assigned' end
         from dispatches d where d.incident_id = i.id and d.ended_at is null having count(*) > 0), 'open') end
     where i.id = cast(:id as uuid)`,
    { id, dispatchedAt: times.dispatchedAt ?? null, arrivedAt: times.arrivedAt ?? null },
  );
  return incidentRow(ctx.db, id);
}

/** Statuses passed on the way to this one; a crew that skips has still been there. */
const passed: Partial<Record<DispatchStatus, readonly string[]>> = {
  accepted: ['accepted_at'],
  en_route: ['accepted_at', 'en_route_at'],
  on_scene: ['accepted_at', 'en_route_at', 'on_scene_at'],
  transporting: ['accepted_at', 'en_route_at', 'on_scene_at', 'transporting_at'],
};

/** The next step of a job. A crew works its own job only (404) and forward only; the desk may set any, and it is marked. */
export async function step(ctx: Context, id: string, body: Part<(typeof stepDispatch)['body']>): Promise<DispatchRow> {
  const staff = staffOf(ctx);
  const byDesk = isDesk(staff);
  const seen = await dispatchInScope(ctx.db, staff.stationId, id);
  if (!seen || (!byDesk && seen.patrolId !== staff.patrolId)) throw new Problem('not_found');
  await lockIncidents(ctx, [seen.incidentId], 'anywhere');
  await lockPatrol(ctx, seen.patrolId, 'anywhere');
  const current = await dispatchRow(ctx, id);
  if (body.version !== undefined && body.version !== current.version)
    throw new Problem('version_conflict', [], { current });
  const verdict = judgeStep(current.status, body.status, byDesk);
  if (verdict === 'same') return current;
  if (verdict !== 'step') throw new Problem(verdict, [], { current });
  const now = ctx.now();
  const maxLateH = await ruleNumber(ctx.db, 'reports.max_late', current.stationId);
  const at = happenedAt(body.at, now, maxLateH, new Date(current.dispatchedAt));
  const ended = isEnded(body.status);
  const reached = passed[body.status] ?? [];
  const set = (column: string): boolean => reached.includes(column);
  await rows(
    ctx.db,
    `update dispatches set status = :status, version = version + 1, set_by_desk = set_by_desk or :byDesk, reason = coalesce(:reason, reason),
       accepted_at = case when :accepted then coalesce(accepted_at, :at) else accepted_at end,
       en_route_at = case when :enRoute then coalesce(en_route_at, :at) else en_route_at end,
       on_scene_at = case when :onScene then coalesce(on_scene_at, :at) else on_scene_at end,
       transporting_at = case when :transporting then coalesce(transporting_at, :at) else transporting_at end,
       ended_at = case when :ended then cast(:at as timestamptz) end,
       client_times = client_times || cast(:clientTimes as jsonb)
     where id = cast(:id as uuid)`,
    {
      id,
      status: body.status,
      byDesk,
      reason: body.reason ?? null,
      at,
      ended,
      accepted: set('accepted_at'),
      enRoute: set('en_route_at'),
      onScene: set('on_scene_at'),
      transporting: set('transporting_at'),
      clientTimes: JSON.stringify({ [body.status]: { claimed: body.at ?? null, receivedAt: now } }),
    },
  );
  const patrol = await setPatrolStatus(ctx, current.patrolId, ended ? 'free' : 'busy');
  const arrived = body.status === 'on_scene' || body.status === 'transporting';
  await tell(
    ctx,
    current.incidentId,
    body.status === 'dispatched' ? 'dispatched' : body.status,
    { dispatchId: id, patrol: patrol.name, setByDesk: byDesk, reason: body.reason ?? null },
    at,
  );
  const incident = await settleIncident(ctx, current.incidentId, arrived ? { arrivedAt: at } : {});
  const dispatch = await dispatchRow(ctx, id);
  record(ctx, {
    type: 'dispatch.stepped',
    stationId: dispatch.stationId,
    rows: { dispatches: [dispatch], incidents: [incident], patrols: [patrol] },
  });
  return dispatch;
}
