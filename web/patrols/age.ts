/** How a patrol is heard of: its place, and apart from that whether it is there at all. Pure. */
import type { Fix, Heard, TrackingReport } from '../../shared/positions.ts';

/**
 * 'moving': its place is fresh. 'still': there, and where it was. 'untracked': there, but its phone no longer tells where.
 * 'silent': not heard of for longer than the rule patrols.offline allows. 'none': nothing has come from it yet.
 */
export const signalStates = ['moving', 'still', 'untracked', 'silent', 'none'] as const;
export type SignalState = (typeof signalStates)[number];
export interface Signal {
  state: SignalState;
  /** epoch ms: of the place where it is known, since when for what is missing; null for 'none' */
  at: number | null;
  /** what the phone last said of its own tracking, where that explains the state */
  why: TrackingReport | null;
  battery: number | null;
}
/** Seconds, from the rules positions.fresh and patrols.offline. */
export interface SignalLimits {
  fresh: number;
  offline: number;
}
/** Slower is not walking: noise of a receiver at rest. */
const STILL_MPS = 0.5;
const LOST: readonly (TrackingReport | null)[] = ['hidden', 'denied', 'unavailable', 'unsupported'];

type FixSeen = Pick<Fix, 'at' | 'speedMps'>;
/** When anything was heard, epoch ms; a fix is a word, too. */
export const lastSign = (fix: FixSeen | undefined, heard: Heard | undefined): number | null =>
  fix || heard ? Math.max(fix?.at ?? -Infinity, heard?.at ?? -Infinity) : null;

/** Judges what is known at `now` (epoch ms). */
export function signalOf(
  fix: FixSeen | undefined,
  heard: Heard | undefined,
  now: number,
  limits: SignalLimits,
): Signal {
  const at = lastSign(fix, heard);
  const battery = heard?.battery ?? null;
  if (at === null) return { state: 'none', at: null, why: null, battery };
  const said = heard?.tracking ?? null;
  // a second phone of the crew may still tell what this one no longer does
  const lost = LOST.includes(said) && (heard?.at ?? 0) >= (fix?.at ?? -Infinity);
  if (now - at > limits.offline * 1000) return { state: 'silent', at, why: lost ? said : null, battery };
  if (lost) return { state: 'untracked', at: fix?.at ?? at, why: said, battery };
  if (!fix) return { state: 'untracked', at, why: said, battery };
  const fresh = now - fix.at <= limits.fresh * 1000;
  const moves = fresh && (fix.speedMps === null || fix.speedMps >= STILL_MPS);
  return { state: moves ? 'moving' : 'still', at: fix.at, why: null, battery };
}
