/** A track taken apart for drawing; pure. */
import type { LonLat } from '../../shared/geo.ts';

export interface TrackPoint {
  position: LonLat;
  /** epoch ms */
  at: number;
}
/** Two points further apart in time than this are not joined: nobody knows the way between. */
const GAP_MS = 10 * 60_000;
/** At most this many times stand along the line. */
const TIMES = 12;

/** Parts of a track with no gap in them. */
export function trackParts(points: readonly TrackPoint[]): TrackPoint[][] {
  const parts: TrackPoint[][] = [];
  for (const point of points) {
    const part = parts.at(-1);
    const last = part?.at(-1);
    if (part && last && point.at - last.at <= GAP_MS) part.push(point);
    else parts.push([point]);
  }
  return parts;
}
/** Evenly spaced in time, with the first and the last. */
export function trackTimes(points: readonly TrackPoint[], most = TIMES): TrackPoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return [];
  const step = Math.max(60_000, (last.at - first.at) / (most - 1));
  const chosen = [first];
  for (const point of points) if (point.at >= (chosen.at(-1)?.at ?? 0) + step) chosen.push(point);
  if (chosen.at(-1) !== last) chosen.push(last);
  return chosen;
}
