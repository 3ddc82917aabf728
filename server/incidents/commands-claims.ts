/** Who works on an incident at the desk, and whose alarms rest. Neither is needed for anything else: a claim tells, it never locks. */
import type { Part } from '../../shared/contract.ts';
import type { claimIncident, IncidentRow, snoozeIncident } from '../../shared/incidents.ts';
import { Problem } from '../../shared/problems.ts';
import { type Context, userIdOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { ruleNumber } from '../stations/queries.ts';
import { judgeOpen, lockIncidents, tell } from './commands.ts';
import { incidentRow } from './queries.ts';

async function lockOne(ctx: Context, id: string): Promise<IncidentRow> {
  const [found] = await lockIncidents(ctx, [id]);
  if (!found) throw new Problem('not_found');
  return found;
}

async function recorded(
  ctx: Context,
  id: string,
  type: 'incident.claimed' | 'incident.unclaimed' | 'incident.snoozed',
): Promise<IncidentRow> {
  const after = await incidentRow(ctx.db, id);
  record(ctx, { type, stationId: after.stationId, rows: { incidents: [after] } });
  return after;
}

const inMinutes = (ctx: Context, minutes: number): Date => new Date(ctx.now().getTime() + minutes * 60_000);

/** Takes it in hand for as long as the rule says; one's own is prolonged. 409 incident_closed, or claimed while another has it, unless `take`. */
export async function claim(
  ctx: Context,
  id: string,
  { take }: Part<(typeof claimIncident)['body']>,
): Promise<IncidentRow> {
  const me = userIdOf(ctx.actor);
  // another system has no hands
  if (me === null) throw new Problem('forbidden');
  const before = await lockOne(ctx, id);
  judgeOpen(before);
  const holder = before.claimedUntil !== null && new Date(before.claimedUntil) > ctx.now() ? before.claimedBy : null;
  if (holder !== null && holder !== me && take !== true) throw new Problem('claimed', [], { current: before });
  await rows(
    ctx.db,
    `update incidents set claimed_by = cast(:me as uuid), claimed_until = :until, version = version + 1 where id = cast(:id as uuid)`,
    { id, me, until: inMinutes(ctx, await ruleNumber(ctx.db, 'claims.duration', before.stationId)) },
  );
  // going on with one's own is no news
  if (holder !== me) await tell(ctx, id, 'claimed', holder === null ? {} : { takenFrom: holder });
  return recorded(ctx, id, 'incident.claimed');
}

/** Gives it out of hand; what somebody else has, or nobody, stays as it is. */
export async function unclaim(ctx: Context, id: string): Promise<IncidentRow> {
  const before = await lockOne(ctx, id);
  if (before.claimedBy === null || before.claimedBy !== userIdOf(ctx.actor)) return before;
  await rows(
    ctx.db,
    `update incidents set claimed_by = null, claimed_until = null, version = version + 1 where id = cast(:id as uuid)`,
    { id },
  );
  await tell(ctx, id, 'unclaimed');
  return recorded(ctx, id, 'incident.unclaimed');
}

/** Lets its alarms rest; 0 minutes ends the rest. 409 incident_closed. */
export async function snooze(
  ctx: Context,
  id: string,
  { minutes, reason }: Part<(typeof snoozeIncident)['body']>,
): Promise<IncidentRow> {
  const before = await lockOne(ctx, id);
  judgeOpen(before);
  if (minutes === 0 && before.snoozedUntil === null) return before;
  await rows(
    ctx.db,
    `update incidents set snoozed_until = cast(:until as timestamptz), version = version + 1 where id = cast(:id as uuid)`,
    { id, until: minutes === 0 ? null : inMinutes(ctx, minutes) },
  );
  await tell(ctx, id, 'snoozed', { minutes, reason });
  return recorded(ctx, id, 'incident.snoozed');
}
