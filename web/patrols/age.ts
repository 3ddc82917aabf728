/** How far a fix may be trusted. */
import type { Freshness } from '../../shared/shelters.ts';

/** Limits in seconds, from the rules positions.fresh and positions.stale. */
export interface FixLimits {
  fresh: number;
  stale: number;
}

/** Judges a fix made at `at` (epoch ms). */
export function fixAge(at: number, now: Date, limits: FixLimits): Freshness {
  const seconds = (now.getTime() - at) / 1000;
  return seconds <= limits.fresh ? 'fresh' : seconds <= limits.stale ? 'ageing' : 'stale';
}
