import type { Part } from '../../shared/contract.ts';
import {
  type DispatchRow,
  type DispatchStatus,
  isEnded,
  judgeStep,
  type reassignDispatch,
  type sendPatrol,
  type stepDispatch,
} from '../../shared/dispatches.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import type { PatrolRow } from '../../shared/patrols.ts';
import { happenedAt } from '../../shared/lateness.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { type Context, isDesk, staffOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { lockIncidents, tell } from '../incidents/commands.ts';
import { incidentInScope, incidentRow } from '../incidents/queries.ts';
import { lockPatrol, setPatrolStatus } from '../patrols/commands.ts';
import { patrolRows } from '../patrols/queries.ts';
import { record } from '../realtime/record.ts';
import { handHoldsOver, releaseHoldsOf } from '../shelters/commands-holds.ts';
import { ruleNumber } from '../stations/queries.ts';
import { endLadder, planLadder } from './commands-ladder.ts';
import { dispatchInScope, dispatchRows, wasInCrew } from './queries.ts';

async function dispatchRow(ctx: Context, id: string): Promise<DispatchRow> {
  const [found] = await dispatchRows(ctx.db, [id]);
  if (!found) throw new Error('the dispatch just written is not there');
  return found;
}

/** What a step of a job leaves behind. */
export interface Settled {
  dispatch: DispatchRow;
  incident: IncidentRow;
  patrol: PatrolRow;
}
const namedIn = (path: string, what: string) => (error: unknown) => {
  throw error instanceof Problem ? fieldProblem(path, 'not_found', `no such ${what}`, 'not_found') : error;
};
const judgeOpen = (incident: IncidentRow): void => {
  if (incident.status === 'closed') throw new Problem('incident_closed', [], { current: incident });
};

/** Writes the dispatch of a patrol that the caller has locked, after its incident. */
async function sendLocked(ctx: Context, id: string, incident: IncidentRow, patrol: PatrolRow): Promise<Settled> {
  if (patrol.status === 'ended') throw new Problem('patrol_off', [], { current: patrol });
  if (patrol.status === 'busy') throw new Problem('patrol_busy', [], { current: patrol });
  const reaches = await row(
    ctx.db,
    `select id from stations where id = cast(:incidentStation as uuid) and path @> array[cast(:patrolStation as uuid)]`,
    { incidentStation: incident.stationId, patrolStation: patrol.stationId },
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
    `insert into dispatches (id, incident_id, patrol_id, station_id, status, dispatched_at, accept_by, client_times)
     values (cast(:id as uuid), cast(:incidentId as uuid), cast(:patrolId as uuid), cast(:stationId as uuid), 'dispatched', :now, :now, '{}')`,
    { id, incidentId: incident.id, patrolId: patrol.id, stationId: incident.stationId, now },
  );
  await planLadder(ctx, id, incident);
  await tell(ctx, incident.id, 'dispatched', { dispatchId: id, patrol: patrol.name });
  const busy = await setPatrolStatus(ctx, patrol.id, 'busy', false);
  const after = await settleIncident(ctx, incident.id, { dispatchedAt: now });
  return { dispatch: await dispatchRow(ctx, id), incident: after, patrol: busy };
}

/**
 * Writes a new job and gives what it leaves behind; the caller records the fact. `accepts`: the crew took it itself, so it has
 * accepted with that, and nobody is asked. 409 patrol_busy, patrol_off, incident_closed, and conflict (/patrolId) for a crew of another
 * station, which would never hear of it. Incident first, then patrol: every command locks in that order.
 */
export async function begin(
  ctx: Context,
  body: Part<(typeof sendPatrol)['body']>,
  accepts: { at?: string | undefined } | null = null,
): Promise<Settled> {
  const [incident] = await lockIncidents(ctx, [body.incidentId]).catch(namedIn('/incidentId', 'incident'));
  if (!incident) throw new Problem('not_found');
  judgeOpen(incident);
  const patrol = await lockPatrol(ctx, body.patrolId).catch(namedIn('/patrolId', 'patrol'));
  const sent = await sendLocked(ctx, body.id, incident, patrol);
  return accepts === null
    ? sent
    : stepLocked(ctx, sent.dispatch, { status: 'accepted', at: accepts.at }, ctx.now(), false);
}

/** Sends a patrol, with the refusals of begin(). */
export async function send(ctx: Context, body: Part<(typeof sendPatrol)['body']>): Promise<DispatchRow> {
  const sent = await begin(ctx, body);
  record(ctx, {
    type: 'dispatch.sent',
    stationId: sent.incident.stationId,
    rows: { dispatches: [sent.dispatch], incidents: [sent.incident], patrols: [sent.patrol] },
  });
  return sent.dispatch;
}

/**
 * Recalls and sends in one step, with the refusals of both: another patrol for the job, or another job for the patrol. Both
 * incidents are locked in id order, then both patrols.
 */
export async function reassign(
  ctx: Context,
  id: string,
  body: Part<(typeof reassignDispatch)['body']>,
): Promise<DispatchRow> {
  const { stationId: scope } = staffOf(ctx);
  const seen = await dispatchInScope(ctx.db, scope, id);
  if (!seen) throw new Problem('not_found');
  const { incidentId = seen.incidentId, patrolId = seen.patrolId } = body;
  if (incidentId === seen.incidentId && patrolId === seen.patrolId)
    throw fieldProblem(body.patrolId === undefined ? '/incidentId' : '/patrolId', 'same', 'the one it has already');
  if (body.incidentId !== undefined && !(await incidentInScope(ctx.db, incidentId, scope)))
    throw fieldProblem('/incidentId', 'not_found', 'no such incident', 'not_found');
  const incidents = await lockIncidents(ctx, [...new Set([seen.incidentId, incidentId])], 'anywhere');
  const target = incidents.find((incident) => incident.id === incidentId);
  if (!target) throw new Problem('not_found');
  judgeOpen(target);
  for (const each of [...new Set([seen.patrolId, patrolId])].sort())
    await lockPatrol(ctx, each, each === seen.patrolId ? 'anywhere' : 'subtree').catch(namedIn('/patrolId', 'patrol'));
  const current = await dispatchRow(ctx, id);
  const verdict = judgeStep(current.status, 'recalled', true);
  if (verdict !== 'step') throw new Problem('dispatch_ended', [], { current });
  const left = await stepLocked(ctx, current, { status: 'recalled', reason: body.reason }, ctx.now(), true);
  const patrol = patrolId === seen.patrolId ? left.patrol : (await patrolRows(ctx.db, [patrolId]))[0];
  if (!patrol) throw new Problem('not_found');
  const sent = await sendLocked(ctx, body.id, target, patrol);
  if (incidentId === seen.incidentId) await handHoldsOver(ctx, id, body.id);
  else await releaseHoldsOf(ctx, id);
  record(ctx, {
    type: 'dispatch.reassigned',
    stationId: sent.dispatch.stationId,
    rows: {
      dispatches: [left.dispatch, sent.dispatch],
      incidents: incidentId === seen.incidentId ? [sent.incident] : [left.incident, sent.incident],
      patrols: patrolId === seen.patrolId ? [sent.patrol] : [left.patrol, sent.patrol],
    },
  });
  return sent.dispatch;
}

/** An incident's status follows from its running dispatches; times are the earliest that happened, in whatever order they arrive. */
async function settleIncident(
  ctx: Context,
  id: string,
  times: { dispatchedAt?: Date; acceptedAt?: Date; arrivedAt?: Date },
): Promise<IncidentRow> {
  await rows(
    ctx.db,
    `update incidents i set version = version + 1,
       first_dispatched_at = coalesce(first_dispatched_at, cast(:dispatchedAt as timestamptz)), seen_at = coalesce(seen_at, cast(:dispatchedAt as timestamptz)),
       accepted_at = least(accepted_at, cast(:acceptedAt as timestamptz)), arrived_at = least(arrived_at, cast(:arrivedAt as timestamptz)),
       status = case when status = 'closed' then status else coalesce((
         select case when bool_or(d.status in ('on_scene', 'transporting')) then 'on_scene' else 'assigned' end
         from dispatches d where d.incident_id = i.id and d.ended_at is null having count(*) > 0), 'open') end
     where i.id = cast(:id as uuid)`,
    {
      id,
      dispatchedAt: times.dispatchedAt ?? null,
      acceptedAt: times.acceptedAt ?? null,
      arrivedAt: times.arrivedAt ?? null,
    },
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

/** Writes a step that was found allowed; the caller has locked incident and patrol. */
async function stepLocked(
  ctx: Context,
  current: DispatchRow,
  wish: { status: DispatchStatus; at?: string | undefined; reason?: string | undefined },
  at: Date,
  byDesk: boolean,
): Promise<Settled> {
  const { id } = current;
  const ended = isEnded(wish.status);
  const reached = passed[wish.status] ?? [];
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
      status: wish.status,
      byDesk,
      reason: wish.reason ?? null,
      at,
      ended,
      accepted: set('accepted_at'),
      enRoute: set('en_route_at'),
      onScene: set('on_scene_at'),
      transporting: set('transporting_at'),
      clientTimes: JSON.stringify({ [wish.status]: { claimed: wish.at ?? null, receivedAt: ctx.now() } }),
    },
  );
  if (current.status === 'dispatched') await endLadder(ctx, id);
  const patrol = await setPatrolStatus(ctx, current.patrolId, ended ? 'free' : 'busy', byDesk);
  await tell(
    ctx,
    current.incidentId,
    wish.status,
    { dispatchId: id, patrol: patrol.name, setByDesk: byDesk, reason: wish.reason ?? null },
    at,
  );
  const incident = await settleIncident(ctx, current.incidentId, {
    ...(set('accepted_at') ? { acceptedAt: at } : {}),
    ...(set('on_scene_at') ? { arrivedAt: at } : {}),
  });
  // Set back by the desk: the crew is asked again, and what was not yet climbed when it seemed to answer still may be.
  if (wish.status === 'dispatched') await planLadder(ctx, id, incident);
  return { dispatch: await dispatchRow(ctx, id), incident, patrol };
}

/**
 * The next step of a job. A crew works its own job only (404) and forward only; the desk may set any, and it is marked. Who was
 * with the patrol may say so when the outing is over, or they have left it: a step taken without a line comes late.
 */
export async function step(ctx: Context, id: string, body: Part<(typeof stepDispatch)['body']>): Promise<DispatchRow> {
  const staff = staffOf(ctx);
  const byDesk = isDesk(staff);
  const seen = await dispatchInScope(ctx.db, staff.stationId, id);
  if (!seen || (!byDesk && !(await wasInCrew(ctx.db, seen.patrolId, staff)))) throw new Problem('not_found');
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
  const { dispatch, incident, patrol } = await stepLocked(ctx, current, body, at, byDesk);
  // of a job that is done, whoever was not brought yet may still come: those beds stay until their time
  if (body.status === 'recalled' || body.status === 'declined') await releaseHoldsOf(ctx, id);
  record(ctx, {
    type: 'dispatch.stepped',
    stationId: dispatch.stationId,
    rows: { dispatches: [dispatch], incidents: [incident], patrols: [patrol] },
  });
  return dispatch;
}
