/** Which fixes nobody should believe. They are kept in the track with the reason, and never move a patrol on the map. */
import { distanceM, type LonLat } from '../../shared/geo.ts';
import type { Mark } from '../../shared/positions.ts';

/** A fix as judged: WGS 84, time in epoch ms. */
export interface JudgedFix {
  position: LonLat;
  at: number;
  accuracyM: number | null;
  speedMps: number | null;
  /** the device itself says that it does not know where it is */
  unsure?: boolean;
}
/** The rules of the patrol's station. */
export interface FixLimits {
  /** how far a fix may be ahead of our clock */
  maxAheadMs: number;
  maxSpeedMps: number;
  /** a circle wider than this says no more than the city */
  worstAccuracyM: number;
  /** noise of two receivers is not speed; beyond this it is no excuse */
  slackM: number;
}
/** What a fix is judged by: its neighbour in time, never the one that happened to arrive before it. */
export interface Neighbours {
  /** the last fix of the track that is believed, at or before the time of this one */
  before: JudgedFix | null;
  /** the latest that was believed when this one arrived, epoch ms */
  latestAt: number | null;
}

/** Receivers without a fix report 0,0 or a hair beside it. */
const ZERO_DEGREES = 0.01;

const slackOf = (fix: JudgedFix, slackM: number): number => Math.min(fix.accuracyM ?? 0, slackM);

/** Whether the way from `before`, or the speed that the device itself reports, is more than any patrol can do. */
export function tooFast(fix: JudgedFix, before: JudgedFix | null, { maxSpeedMps, slackM }: FixLimits): boolean {
  if ((fix.speedMps ?? 0) > maxSpeedMps) return true;
  if (before === null) return false;
  const seconds = (fix.at - before.at) / 1000;
  const metres = distanceM(before.position, fix.position) - slackOf(fix, slackM) - slackOf(before, slackM);
  return seconds > 0 && metres > maxSpeedMps * seconds;
}

/** Judges one fix; none but 'backwards' means plausible. */
export function marksOf(fix: JudgedFix, { before, latestAt }: Neighbours, limits: FixLimits, now: number): Mark[] {
  const marks: Mark[] = [];
  const [lon, lat] = fix.position;
  if (fix.at > now + limits.maxAheadMs) marks.push('future');
  if (latestAt !== null && fix.at < latestAt) marks.push('backwards');
  if (tooFast(fix, before, limits)) marks.push('speed');
  if (Math.abs(lon) <= ZERO_DEGREES && Math.abs(lat) <= ZERO_DEGREES) marks.push('zero_island');
  if (fix.unsure === true || (fix.accuracyM ?? 0) > limits.worstAccuracyM) marks.push('accuracy');
  if (before?.at === fix.at) marks.push('duplicate');
  return marks;
}
