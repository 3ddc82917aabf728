/** Whether somebody has been at a place, judged from fixes with their own doubt; pure, so that a phone can do it without a signal. */
import { distanceM, type LonLat } from './geo.ts';

export interface Fence {
  id: string;
  position: { coordinates: LonLat };
  /** metres around it that count as having been there */
  radiusM: number;
}
export interface FenceFix {
  position: LonLat;
  /** the true place lies within it, in metres */
  accuracyM: number;
  /** epoch ms */
  at: number;
}
/** What one fix says about one place: surely inside, surely outside, or neither. */
export type FenceSide = 'in' | 'out' | 'unsure';
export function sideOf({ position, radiusM }: Fence, fix: FenceFix): FenceSide {
  const metres = distanceM(position.coordinates, fix.position);
  if (metres + fix.accuracyM <= radiusM) return 'in';
  return metres - fix.accuracyM > radiusM ? 'out' : 'unsure';
}

/** A single fix may be an outlier; it counts when a second one agrees, or when none has spoken against it for so long. */
export const FENCE_DWELL_MS = 10_000;
/** Since when (epoch ms) somebody is surely inside, by fence id; and the newest fix that was judged. */
export interface FenceMemory {
  at: number;
  since: Readonly<Record<string, number>>;
}
export const noFenceMemory: FenceMemory = { at: -Infinity, since: {} };
export interface FenceArrival {
  id: string;
  /** of the first fix inside, epoch ms */
  at: number;
}

/**
 * One step: takes a new fix, or with null only lets time pass. `fences` are those still to be visited; an arrival is told
 * once and then forgotten. A fix that is not newer than the last one says nothing new.
 */
export function watchFences(
  memory: FenceMemory,
  fences: readonly Fence[],
  fix: FenceFix | null,
  now: number,
): { memory: FenceMemory; arrivals: FenceArrival[] } {
  const news = fix !== null && fix.at > memory.at ? fix : null;
  const since: Record<string, number> = {};
  const arrivals: FenceArrival[] = [];
  for (const fence of fences) {
    const side = news ? sideOf(fence, news) : 'unsure';
    const first = memory.since[fence.id];
    if (side === 'out') continue;
    if (first === undefined) {
      if (side === 'in' && news) since[fence.id] = news.at;
    } else if (side === 'in' || now - first >= FENCE_DWELL_MS) arrivals.push({ id: fence.id, at: first });
    else since[fence.id] = first;
  }
  return { memory: { at: news?.at ?? memory.at, since }, arrivals };
}
