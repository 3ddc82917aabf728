/** Telling: those at work by the picture, everybody by a notice, other systems by a call. */
import { createHash, randomUUID } from 'node:crypto';
import { rows } from '../db/rows.ts';
import type { Context } from '../context.ts';
import { queueCall } from '../feeds/commands-calls.ts';
import { callState } from '../feeds/queries-calls.ts';
import { stationById } from '../stations/queries.ts';
import type { Step } from './queries-steps.ts';
import type { Handler, Outcome } from './steps-outcome.ts';

/** It is in the picture of those it goes to as long as it is done. */
export const notify: Handler<'notify'> = { do: () => Promise.resolve({ state: 'done' }), undo: null };

export const publicNotice: Handler<'public_notice'> = {
  async do(ctx, { id, stationId }, { words }) {
    await rows(
      ctx.db,
      `insert into public_notices (id, station_id, step_id, words, from_at)
       values (cast(:id as uuid), cast(:stationId as uuid), cast(:stepId as uuid), cast(:words as jsonb), :now)
       on conflict (step_id) do update set words = excluded.words, ended_at = null`,
      { id: randomUUID(), stationId, stepId: id, words: JSON.stringify(words), now: ctx.now() },
    );
    return { state: 'done' };
  },
  async undo(ctx, { id }) {
    await rows(
      ctx.db,
      `update public_notices set ended_at = :now where step_id = cast(:id as uuid) and ended_at is null`,
      { id, now: ctx.now() },
    );
    return { state: 'done' };
  },
};

/** How often it is asked whether a call was taken; while it was refused, less often. */
const SOON_MS = 5_000;
const LATER_MS = 30_000;
/** The same call of the same step has the same id, so that whoever gets it twice knows. */
function callId(stepId: string, n: number): string {
  const hex = createHash('sha256')
    .update(`${stepId}:${String(n)}`)
    .digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** Sees to it that the last call a step has made says so; it is over when the other server has taken it. */
async function tell(ctx: Context, step: Step, url: string, event: 'on' | 'off'): Promise<Outcome> {
  const last = step.before?.find(({ of }) => of === 'call');
  const call = last?.set === event ? await callState(ctx.db, callId(step.id, last.n)) : undefined;
  // one that was given up is made anew when somebody says `retry`, which forgets the fault
  if (!call || (call.state === 'given_up' && step.fault === null)) {
    const n = (last?.n ?? 0) + 1;
    await queueCall(ctx, {
      id: callId(step.id, n),
      stationId: step.stationId,
      url,
      body: await bodyOf(ctx, step, event),
    });
    return { state: 'waiting', before: [{ of: 'call', found: null, set: event, n }], againMs: SOON_MS };
  }
  if (call.state === 'done') return { state: 'done' };
  if (call.fault === null) return { state: 'waiting', againMs: SOON_MS };
  return { state: 'failed', fault: call.fault, againMs: call.state === 'given_up' ? null : LATER_MS };
}

/** What a system is told: which plan, where, since when and why; nothing of people or places. */
async function bodyOf(ctx: Context, step: Step, event: 'on' | 'off'): Promise<Record<string, string>> {
  const { planId, plan, stationId, activationId, level, since, reason } = step;
  const station = (await stationById(ctx.db, stationId))?.name ?? '';
  return { event, at: ctx.now().toISOString(), planId, plan, stationId, station, activationId, level, since, reason };
}

export const webhook: Handler<'webhook'> = {
  do: (ctx, step, { url }) => tell(ctx, step, url, 'on'),
  undo: (ctx, step, { url }) => tell(ctx, step, url, 'off'),
};
