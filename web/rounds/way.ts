/** The way through the stops of a round; pure. */
import { distanceM, type LonLat } from '../../shared/geo.ts';

/** Metres from stop to stop as the crow flies. */
export const wayM = (stops: readonly LonLat[]): number =>
  stops.reduce((sum, at, n) => {
    const before = stops[n - 1];
    return before ? sum + distanceM(before, at) : sum;
  }, 0);

/** More stops than these take a browser too long to try every turn of. */
const MAX_TURNS = 60;

/**
 * An order in which the way is no longer than in the given one, often much shorter: the first stop stays the first, and parts of
 * the way are turned round while that shortens it (2-opt for an open way).
 */
export function shorterOrder<T extends { position: { coordinates: LonLat } }>(stops: readonly T[]): T[] {
  const way = [...stops];
  const metres = (a: T | undefined, b: T | undefined): number =>
    a && b ? distanceM(a.position.coordinates, b.position.coordinates) : 0;
  let better = true;
  for (let turn = 0; better && turn < MAX_TURNS; turn += 1) {
    better = false;
    for (let from = 1; from < way.length - 1; from += 1)
      for (let to = from + 1; to < way.length; to += 1) {
        const now = metres(way[from - 1], way[from]) + metres(way[to], way[to + 1]);
        const then = metres(way[from - 1], way[to]) + metres(way[from], way[to + 1]);
        if (then > now - 0.5) continue;
        way.splice(from, to - from + 1, ...way.slice(from, to + 1).reverse());
        better = true;
      }
  }
  return way;
}

/** `items` with the one at `from` put to `to`. */
export function reordered<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items];
  const [moved] = next.splice(from, 1);
  if (moved !== undefined) next.splice(Math.max(0, Math.min(to, next.length)), 0, moved);
  return next;
}
