/**
 * How long places are held. A hold that has run out is never held again, since its beds may be somebody else's; so its time is judged
 * under the lock of its house, by a clock read after that.
 */
import type { Part } from '../../shared/contract.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { extendHold, HoldRow } from '../../shared/shelters.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { ruleNumber } from '../stations/queries.ts';
import { heldBy, later, tellHolds } from './commands-holds.ts';
import { holdRows, lockedTerms, lockHouses, type Terms, termsOf } from './queries-holds.ts';

type Times = Pick<Terms, 'id' | 'etaAt' | 'expiresAt'>;

/** Writes new times of locked holds, moves their obligations with them, and tells. */
async function move(ctx: Context, times: readonly Times[]): Promise<HoldRow[]> {
  const ids = times.map(({ id }) => id);
  await rows(
    ctx.db,
    `with moved as (
       update holds h set eta_at = t.eta_at, expires_at = t.expires_at, version = version + 1
       from unnest(cast(:ids as uuid[]), cast(:etas as timestamptz[]), cast(:ends as timestamptz[])) as t (id, eta_at, expires_at)
       where h.id = t.id returning h.id, h.expires_at
     ) update obligations o set until = moved.expires_at from moved where o.kind = 'hold' and o.ref_id = moved.id`,
    { ids, etas: times.map(({ etaAt }) => etaAt), ends: times.map(({ expiresAt }) => expiresAt) },
  );
  const holds = await holdRows(ctx.db, ids);
  tellHolds(ctx, 'hold.extended', holds);
  return holds;
}

/**
 * Keeps a hold for so many more minutes from now; it never ends earlier for that. 409 hold_ended, also when its time is over; 409
 * version_conflict; 422 range beyond the rule holds.longest, counted from when it was made. A crew has its own only (404).
 */
export async function prolong(
  ctx: Context,
  shelterId: string,
  holdId: string,
  { version, minutes }: Part<(typeof extendHold)['body']>,
): Promise<HoldRow> {
  const hold = await heldBy(ctx, shelterId, holdId);
  const now = ctx.now();
  if (new Date(hold.expiresAt) <= now) throw new Problem('hold_ended');
  if (hold.version !== version) throw new Problem('version_conflict', [], { current: hold });
  const longest = await ruleNumber(ctx.db, 'holds.longest', hold.stationId);
  const expiresAt = later(now, minutes);
  if (expiresAt > later(new Date(hold.createdAt), longest))
    throw fieldProblem('/minutes', 'range', `places are held for ${String(longest)} minutes at most`);
  if (expiresAt <= new Date(hold.expiresAt)) return hold;
  const [moved] = await move(ctx, [
    { id: holdId, etaAt: hold.etaAt === null ? null : new Date(hold.etaAt), expiresAt },
  ]);
  if (!moved) throw new Error('a hold is gone');
  return moved;
}

/** When the patrol bound for a hold should be there, as now estimated. */
interface Estimate {
  holdId: string;
  shelterId: string;
  etaAt: Date;
}
/** An end that moves by less is not worth a fact, nor is an estimate that moves by less: it wavers with every turn of the road. */
const STEP_MS = 60_000;
const WAVER_MS = 5 * STEP_MS;

/** The times that follow from an estimate, or null when they are as good as those there are: never an earlier end, and never one beyond the longest. */
export function timesBy(
  etaAt: Date,
  { id, expiresAt, etaAt: before, createdAt, margin, longest }: Terms,
): Times | null {
  const end = Math.min(later(etaAt, margin).getTime(), later(createdAt, longest).getTime());
  const extended = end - expiresAt.getTime() >= STEP_MS;
  const news = before === null || Math.abs(etaAt.getTime() - before.getTime()) >= WAVER_MS;
  return extended || news ? { id, etaAt, expiresAt: extended ? new Date(end) : expiresAt } : null;
}

/** Holds moved in one transaction, so that nobody waits long for the locks of their houses. */
const BATCH = 200;

/** Moves up to 200 holds with the estimates of their patrols, where that is worth it; gives how many moved. */
export async function followEstimates(ctx: Context, estimates: readonly Estimate[]): Promise<number> {
  const known = new Map(estimates.map((estimate) => [estimate.holdId, estimate]));
  const worthwhile = (terms: readonly Terms[]): Times[] =>
    terms.flatMap((each) => {
      const estimate = known.get(each.id);
      return (estimate && timesBy(estimate.etaAt, each)) ?? [];
    });
  const seen = worthwhile(await termsOf(ctx.db, [...known.keys()], ctx.now())).slice(0, BATCH);
  if (seen.length === 0) return 0;
  const houses = new Set(seen.flatMap(({ id }) => known.get(id)?.shelterId ?? []));
  await lockHouses(ctx.db, [...houses], true);
  const times = worthwhile(
    await lockedTerms(
      ctx.db,
      seen.map(({ id }) => id),
      ctx.now(),
    ),
  );
  if (times.length > 0) await move(ctx, times);
  return times.length;
}
