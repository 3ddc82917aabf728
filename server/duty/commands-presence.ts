/** Who is at a desk: taking up duty and leaving it, the hand-over note with both signatures, the answer to a call. */
import type { Part } from '../../shared/contract.ts';
import type { answerCall, handOverShift, ShiftRow, signIn, signOut } from '../../shared/duty.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { HOUR_MS } from '../../shared/roster.ts';
import { type Context, staffOf, userIdOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { atDesk } from './desk.ts';
import { shiftRows, SIGNED_IN } from './queries.ts';
import { openItemsOf, signedNote } from './queries-hand-over.ts';
import { stationOfShift } from './queries-roster.ts';

/** Whoever takes over may come this much before the shift begins. */
const EARLY_MS = 2 * HOUR_MS;

/** Who stands at a desk is a person: another system's token cannot. */
function personOf(ctx: Context): string {
  const id = userIdOf(ctx.actor);
  if (id === null) throw new Problem('forbidden');
  return id;
}

/** Runs a change of one shift of the subtree as it stands under the desk's lock, and answers how it stands then. */
async function onShift(
  ctx: Context,
  id: string,
  change: (shift: ShiftRow, userId: string) => Promise<void>,
): Promise<ShiftRow> {
  const userId = personOf(ctx);
  const at = await stationOfShift(ctx.db, staffOf(ctx).stationId, id);
  if (!at) throw new Problem('not_found');
  const after = await atDesk(ctx, at.stationId, [id], async () => {
    const [shift] = await shiftRows(ctx.db, [id]);
    if (!shift) throw new Problem('not_found');
    await change(shift, userId);
    return {};
  });
  const shift = after.get(id);
  if (!shift) throw new Problem('not_found');
  return shift;
}

const isIn = (shift: ShiftRow, userId: string): boolean =>
  shift.people.some((each) => each.userId === userId && each.signedInAt !== null && each.signedOutAt === null);

/**
 * Takes up duty; signing in again changes nothing but who decides. Up to two hours before its start a shift begins with whoever comes for the
 * hand-over; it is only from its start that it must be covered.
 */
export const takeUp = (ctx: Context, id: string, body: Part<(typeof signIn)['body']>): Promise<ShiftRow> =>
  onShift(ctx, id, async (shift, userId) => {
    const now = ctx.now();
    if (shift.endedAt !== null || shift.endsAt <= now.toISOString()) throw new Problem('shift_ended');
    if (Date.parse(shift.startsAt) - now.getTime() > EARLY_MS)
      throw fieldProblem('', 'too_early', 'begins later', 'not_on_duty');
    await rows(
      ctx.db,
      `insert into duty_people as p (shift_id, user_id, officer, planned, signed_in_at)
       values (cast(:id as uuid), cast(:userId as uuid), coalesce(cast(:officer as boolean), false), false, :now)
       on conflict (shift_id, user_id) do update set officer = coalesce(cast(:officer as boolean), p.officer),
         signed_in_at = case when ${SIGNED_IN} then p.signed_in_at else excluded.signed_in_at end, signed_out_at = null, sign_out_reason = null,
         coming = case when p.called_at is null then p.coming else true end`,
      { id, userId, officer: body.officer ?? null, now },
    );
    await rows(ctx.db, `update duty_shifts set started_at = :now where id = cast(:id as uuid) and started_at is null`, {
      id,
      now,
    });
  });

/** Ends duty; 409 not_on_duty for whoever is not signed in. The last to leave a shift whose note nobody has signed says why, else 422. */
export const leave = (ctx: Context, id: string, body: Part<(typeof signOut)['body']>): Promise<ShiftRow> =>
  onShift(ctx, id, async (shift, userId) => {
    if (!isIn(shift, userId)) throw new Problem('not_on_duty');
    const others = shift.people.some((each) => each.userId !== userId && isIn(shift, each.userId));
    if (!others && shift.handOver === null && body.reason === undefined)
      throw fieldProblem('/reason', 'required', 'the last one to leave without hand-over says why');
    await rows(
      ctx.db,
      `update duty_people set signed_out_at = :now, sign_out_reason = :reason where shift_id = cast(:id as uuid) and user_id = cast(:userId as uuid)`,
      { id, userId, reason: body.reason ?? null, now: ctx.now() },
    );
  });

/** Whether somebody stands at this station's desk now, on whichever shift. */
const isAtDesk = async (ctx: Context, stationId: string, userId: string): Promise<boolean> =>
  (await row(
    ctx.db,
    `select p.user_id from duty_people p join duty_shifts d on d.id = p.shift_id
     where d.station_id = cast(:stationId as uuid) and d.removed_at is null and d.ended_at is null and p.user_id = cast(:userId as uuid) and ${SIGNED_IN}`,
    { stationId, userId },
  )) !== undefined;

/** Signs as the one who gives: what is open now is written down with it. Until it is taken, it may be given anew. */
async function give(ctx: Context, shift: ShiftRow, userId: string, note: string): Promise<void> {
  if (!isIn(shift, userId)) throw new Problem('not_on_duty');
  await rows(
    ctx.db,
    `insert into duty_handovers (shift_id, note, open_items, given_by, given_at)
     values (cast(:id as uuid), :note, cast(:open as jsonb), cast(:userId as uuid), :now)
     on conflict (shift_id) do update set note = excluded.note, open_items = excluded.open_items, given_by = excluded.given_by, given_at = excluded.given_at`,
    {
      id: shift.id,
      note,
      open: JSON.stringify(await openItemsOf(ctx.db, shift.stationId)),
      userId,
      now: ctx.now(),
    },
  );
}

/** Signs as the one who takes: another person, at this station's desk now. */
async function take(ctx: Context, shift: ShiftRow, userId: string): Promise<void> {
  const signed = await signedNote(ctx.db, shift.id);
  if (!signed) throw fieldProblem('/sign', 'not_given', 'nobody has given it yet', 'conflict');
  if (signed.givenBy === userId) throw fieldProblem('/sign', 'same_person', 'another person takes it', 'conflict');
  if (!(await isAtDesk(ctx, shift.stationId, userId))) throw new Problem('not_on_duty');
  await rows(
    ctx.db,
    `update duty_handovers set taken_by = cast(:userId as uuid), taken_at = :now where shift_id = cast(:id as uuid)`,
    { id: shift.id, userId, now: ctx.now() },
  );
}

/**
 * Signs a shift's note: 409 handed_over when both have, not_on_duty for whoever is not at the desk, conflict for the same person twice or when nothing
 * was given. A shift that is past its end is over with the second signature; a note that was given may be taken after it.
 */
export const handOn = (ctx: Context, id: string, body: Part<(typeof handOverShift)['body']>): Promise<ShiftRow> =>
  onShift(ctx, id, async (shift, userId) => {
    if (shift.handOver !== null && shift.handOver.takenAt !== null) throw new Problem('handed_over');
    if (body.sign === 'give') await give(ctx, shift, userId, body.note ?? '');
    else await take(ctx, shift, userId);
  });

/** Whoever was called in says whether they come; 409 nothing_asked for whoever was not, shift_ended when it is too late. */
export const sayComing = (ctx: Context, id: string, body: Part<(typeof answerCall)['body']>): Promise<ShiftRow> =>
  onShift(ctx, id, async (shift, userId) => {
    if (!shift.people.some((each) => each.userId === userId && each.calledAt !== null))
      throw new Problem('nothing_asked');
    if (shift.endedAt !== null) throw new Problem('shift_ended');
    await rows(
      ctx.db,
      `update duty_people set coming = :coming where shift_id = cast(:id as uuid) and user_id = cast(:userId as uuid)`,
      { id, userId, coming: body.coming },
    );
  });
