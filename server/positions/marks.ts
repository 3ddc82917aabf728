/** Which fixes nobody should believe. They are kept in the track with the reason, and never move a patrol on the map. */
import { distanceM, type LonLat } from '../../shared/geo.ts';

/** Why a fix is implausible. */
export type Mark = 'future' | 'backwards' | 'speed' | 'zero_island' | 'accuracy';

/** A fix as judged: WGS 84, time in epoch ms. */
export interface JudgedFix {
  position: LonLat;
  at: number;
  accuracyM: number | null;
  speedMps: number | null;
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

/** Receivers without a fix report 0,0 or a hair beside it. */
const ZERO_DEGREES = 0.01;

const slackOf = (fix: JudgedFix, slackM: number): number => Math.min(fix.accuracyM ?? 0, slackM);

function tooFast(fix: JudgedFix, before: JudgedFix, { maxSpeedMps, slackM }: FixLimits): boolean {
  const seconds = (fix.at - before.at) / 1000;
  const metres = distanceM(before.position, fix.position) - slackOf(fix, slackM) - slackOf(before, slackM);
  return seconds > 0 && metres > maxSpeedMps * seconds;
}

/** Judges one fix against the latest plausible one (null when there is none). No mark means plausible. */
export function marksOf(fix: JudgedFix, before: JudgedFix | null, limits: FixLimits, now: number): Mark[] {
  const marks: Mark[] = [];
  const [lon, lat] = fix.position;
  if (fix.at > now + limits.maxAheadMs) marks.push('future');
  if (before !== null && fix.at < before.at) marks.push('backwards');
  if ((fix.speedMps ?? 0) > limits.maxSpeedMps || (before !== null && tooFast(fix, before, limits)))
    marks.push('speed');
  if (Math.abs(lon) <= ZERO_DEGREES && Math.abs(lat) <= ZERO_DEGREES) marks.push('zero_island');
  if ((fix.accuracyM ?? 0) > limits.worstAccuracyM) marks.push('accuracy');
  return marks;
}
