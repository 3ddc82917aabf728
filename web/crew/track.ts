/** Fixes that are still on the phone: in which batches they go, what of them is kept when there are too many, and when they were made. Pure. */
import type { PositionBody } from '../../shared/positions.ts';
import type { ClockState } from '../live/clock.ts';

/** A fix as it waits; `offsetMs` is what was then believed of a clock that nobody had measured, else null. */
export interface Unsent {
  body: PositionBody;
  offsetMs: number | null;
}
/** Two nights at a fix each two seconds are thinned to this; a few megabytes. */
export const MOST_UNSENT = 20_000;
/** Small enough for one try on a poor network. */
const BATCH = 500;
const WORTH_MS = 1500;

/** The first that go together: of one outing, in the order in which they were made. */
export function nextBatch(unsent: readonly Unsent[]): readonly Unsent[] {
  const patrolId = unsent[0]?.body.patrolId;
  const other = unsent.findIndex(({ body }) => body.patrolId !== patrolId);
  return unsent.slice(0, Math.min(BATCH, other === -1 ? BATCH : other));
}

/** Too many: the older half loses every second fix, so a long track grows coarser and never loses its beginning. */
export function thinned(unsent: readonly Unsent[], most = MOST_UNSENT): readonly Unsent[] {
  if (unsent.length <= most) return unsent;
  const half = Math.floor(unsent.length / 2);
  return unsent.filter((_, at) => at >= half || at % 2 === 0);
}

/** A fix is at most seconds old when it is told, so a receiver that differs by more goes by another clock than the phone. */
const SAME_CLOCK_MS = 60_000;
/**
 * When a fix was made, in epoch ms by the server's clock. Some browsers stamp it with the phone's clock, some with the time of
 * the satellites: the first is moved by what is known of that clock, the second is right as it is.
 */
export function fixTime(
  timestamp: number,
  phoneNow: number,
  clock: ClockState,
): { at: number; offsetMs: number | null } {
  if (Math.abs(phoneNow - timestamp) > SAME_CLOCK_MS) return { at: timestamp, offsetMs: null };
  return { at: timestamp + clock.offsetMs, offsetMs: clock.certain ? null : clock.offsetMs };
}

/** The body as it may be sent: a time read off a clock that was measured only since is moved by what was found out. */
export function righted({ body, offsetMs }: Unsent, now: ClockState): PositionBody {
  const byMs = offsetMs === null || !now.certain ? 0 : now.offsetMs - offsetMs;
  return Math.abs(byMs) < WORTH_MS ? body : { ...body, at: new Date(Date.parse(body.at) + byMs).toISOString() };
}
