/**
 * Re-checks: a refusal is not an end. Every change is made under the lock of the incident, so that a meeting, a crew that
 * takes it and the pulse never work the same one at once. While one runs, the incident owes somebody a visit and cannot close.
 */
import { randomUUID } from 'node:crypto';
import type { Part } from '../../shared/contract.ts';
import type { DispatchRow } from '../../shared/dispatches.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { minutesUntil, type RecheckStep } from '../../shared/recheck-clock.ts';
import type { endRecheck, RecheckRow, takeRecheck } from '../../shared/rechecks.ts';
import { type Context, isDesk, staffOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { begin } from '../dispatches/commands.ts';
import { lockIncidents, tell } from '../incidents/commands.ts';
import { incidentRow } from '../incidents/queries.ts';
import { record } from '../realtime/record.ts';
import { planLevelAt, rulesAt } from '../stations/queries.ts';
import { endBy, isOffered, type Meeting, nextStatus } from './clock.ts';
import { recheckInScope, recheckOfIncident, recheckRows } from './queries.ts';

async function recheckRow(ctx: Context, id: string): Promise<RecheckRow> {
  const [found] = await recheckRows(ctx.db, [id]);
  if (!found) throw new Error('the re-check just written is not there');
  return found;
}

/** Ends one and takes back what the incident owed; the caller holds the incident and records the fact. */
async function end(
  ctx: Context,
  id: string,
  ended: NonNullable<RecheckRow['ended']>,
  at: Date,
  reason: string | null = null,
): Promise<RecheckRow> {
  await rows(
    ctx.db,
    `update rechecks set status = 'done', ended = :ended, ended_at = greatest(cast(:at as timestamptz), started_at), end_reason = :reason, version = version + 1
     where id = cast(:id as uuid)`,
    { id, ended, at, reason },
  );
  await rows(ctx.db, `delete from obligations where kind = 'recheck' and ref_id = cast(:id as uuid)`, { id });
  return recheckRow(ctx, id);
}

/** A meeting with refusals at an incident that the caller has locked. */
export interface Refused extends Meeting {
  encounterId: string;
  patrolId: string | null;
  incident: Pick<IncidentRow, 'id' | 'stationId' | 'priority' | 'status'>;
  /** how many refused in it */
  refused: number;
}

/** The clock starts when they refused, not when it is told; one that is due by then is offered by the next pulse. */
async function start(ctx: Context, met: Refused): Promise<RecheckRow> {
  const { incident, at } = met;
  const rules = await rulesAt(ctx.db, ['recheck.after', 'recheck.same_crew'], incident.stationId);
  const level = await planLevelAt(ctx.db, incident.stationId);
  const dueAt = new Date(
    at.getTime() + minutesUntil(rules['recheck.after'] as RecheckStep[], level, incident.priority) * 60_000,
  );
  const openToAllAt = new Date(dueAt.getTime() + (rules['recheck.same_crew'] as number) * 60_000);
  const id = randomUUID();
  await rows(
    ctx.db,
    `insert into rechecks (id, station_id, incident_id, encounter_id, patrol_id, people, started_at, due_at, open_to_all_at, status)
     values (cast(:id as uuid), cast(:stationId as uuid), cast(:incidentId as uuid), cast(:encounterId as uuid), cast(:patrolId as uuid),
       cast(:people as integer), :at, :dueAt, :openToAllAt, 'waiting')`,
    {
      id,
      stationId: incident.stationId,
      incidentId: incident.id,
      encounterId: met.encounterId,
      patrolId: met.patrolId,
      people: met.refused,
      at,
      dueAt,
      openToAllAt,
    },
  );
  await rows(
    ctx.db,
    `insert into obligations (incident_id, kind, ref_id) values (cast(:incidentId as uuid), 'recheck', cast(:id as uuid))`,
    { id, incidentId: incident.id },
  );
  await tell(ctx, incident.id, 'recheck_started', { recheckId: id, people: met.refused, dueAt }, at);
  await rows(ctx.db, `update incidents set version = version + 1 where id = cast(:id as uuid)`, { id: incident.id });
  return recheckRow(ctx, id);
}

/** Somebody has been there since: what this meeting, told late, says of the refusal is overtaken. */
const wasSeenSince = async (ctx: Context, { encounterId, dispatchId, at, incident }: Refused): Promise<boolean> =>
  (
    await rows(
      ctx.db,
      `select id from encounters where incident_id = cast(:incidentId as uuid) and id <> cast(:encounterId as uuid) and at > :at
         and (dispatch_id is null or dispatch_id is distinct from cast(:dispatchId as uuid)) and (not_found_reason is null or not_found_reason = 'gone') limit 1`,
      { incidentId: incident.id, encounterId, at, dispatchId },
    )
  ).length > 0;

/**
 * What a meeting at an incident does to its re-checks: it ends the one that runs, and starts a new one when somebody refused.
 * More who refuse in the same visit join the clock that runs. The caller holds the incident and records the fact with these rows.
 */
export async function followMeeting(
  ctx: Context,
  met: Refused,
): Promise<{ rechecks: RecheckRow[]; before: RecheckRow[] }> {
  const running = await recheckOfIncident(ctx.db, met.incident.id);
  const before = running ? await recheckRows(ctx.db, [running.id]) : [];
  const ended = running ? endBy(running, met) : null;
  const rechecks = running && ended ? [await end(ctx, running.id, ended, met.at)] : [];
  if (met.refused === 0 || met.incident.status === 'closed') return { rechecks, before };
  // somebody met them after that: what is told late is overtaken
  if (running && ended === null && running.visit !== met.dispatchId) return { rechecks, before };
  if (running && ended === null) {
    await rows(
      ctx.db,
      `update rechecks set people = least(99, people + cast(:refused as integer)), version = version + 1 where id = cast(:id as uuid)`,
      { id: running.id, refused: met.refused },
    );
    return { rechecks: await recheckRows(ctx.db, [running.id]), before };
  }
  if (!(await wasSeenSince(ctx, met))) rechecks.push(await start(ctx, met));
  return { rechecks, before };
}

/**
 * A patrol goes and looks again. A crew takes what is offered to it, for itself, and has accepted with that; the desk may send
 * any patrol at any time, which answers as to any other job. 409 recheck_ended when it is over, or somebody else's.
 */
export async function take(ctx: Context, id: string, body: Part<(typeof takeRecheck)['body']>): Promise<DispatchRow> {
  const staff = staffOf(ctx);
  const byDesk = isDesk(staff);
  const seen = await recheckInScope(ctx.db, staff.stationId, id);
  if (!seen) throw new Problem('not_found');
  const patrolId = byDesk ? body.patrolId : staff.patrolId;
  if (patrolId === undefined) throw fieldProblem('/patrolId', 'required', 'say which patrol');
  if (patrolId === null) throw new Problem('patrol_off');
  if (body.patrolId !== undefined && body.patrolId !== patrolId)
    throw fieldProblem('/patrolId', 'not_found', 'a crew takes it for itself', 'not_found');
  await lockIncidents(ctx, [seen.incidentId]);
  const running = await recheckOfIncident(ctx.db, seen.incidentId);
  const current = running?.id === id ? running : undefined;
  const status = current && nextStatus(current, ctx.now(), current).status;
  const open = status !== undefined && status !== 'taken' && (byDesk || isOffered(status, seen.patrolId === patrolId));
  if (!current || !open) throw new Problem('recheck_ended', [], { current: await recheckRow(ctx, id) });
  const before = await recheckRow(ctx, id);
  const wish = { id: body.id, incidentId: seen.incidentId, patrolId };
  const { dispatch, incident, patrol } = await begin(ctx, wish, byDesk ? null : { at: body.at });
  await rows(
    ctx.db,
    `update rechecks set status = 'taken', dispatch_id = cast(:dispatchId as uuid), version = version + 1 where id = cast(:id as uuid)`,
    { id, dispatchId: dispatch.id },
  );
  record(ctx, {
    type: 'recheck.taken',
    stationId: incident.stationId,
    rows: {
      rechecks: [await recheckRow(ctx, id)],
      dispatches: [dispatch],
      incidents: [await incidentRow(ctx.db, incident.id)],
      patrols: [patrol],
    },
    before: { rechecks: [before] },
  });
  return dispatch;
}

/** Ends one without going there, with the reason in the incident's story. 409 version_conflict, recheck_ended. */
export async function giveUp(
  ctx: Context,
  id: string,
  { version, reason }: Part<(typeof endRecheck)['body']>,
): Promise<RecheckRow> {
  const seen = await recheckInScope(ctx.db, staffOf(ctx).stationId, id);
  if (!seen) throw new Problem('not_found');
  await lockIncidents(ctx, [seen.incidentId]);
  const before = await recheckRow(ctx, id);
  if (before.endedAt !== null) throw new Problem('recheck_ended', [], { current: before });
  if (before.version !== version) throw new Problem('version_conflict', [], { current: before });
  const ended = await end(ctx, id, 'ended', ctx.now(), reason);
  await tell(ctx, seen.incidentId, 'recheck_ended', { recheckId: id, reason });
  await rows(ctx.db, `update incidents set version = version + 1 where id = cast(:id as uuid)`, {
    id: seen.incidentId,
  });
  record(ctx, {
    type: 'recheck.changed',
    stationId: ended.stationId,
    rows: { rechecks: [ended], incidents: [await incidentRow(ctx.db, seen.incidentId)] },
    before: { rechecks: [before] },
  });
  return ended;
}
