/** The outline of a key area while it is drawn. Pure. */
import { centroid, kinks, polygon } from '@turf/turf';
import { distanceM, type LonLat, round6 } from '../../shared/geo.ts';
import type { SiteOutline } from '../../shared/sites.ts';

export interface Corner {
  id: string;
  position: LonLat;
}
/** A ring of a key area may have so many corners. */
export const MAX_CORNERS = 200;

/** The corners of the outer ring, without the last, which is the first again. */
export const cornersOf = (outline: SiteOutline | null): Corner[] =>
  (outline?.coordinates[0] ?? []).slice(0, -1).map((position) => ({ id: crypto.randomUUID(), position }));

const ringOf = (corners: readonly Corner[]): LonLat[] => {
  const ring = corners.map(({ position }) => position);
  return ring[0] ? [...ring, ring[0]] : [];
};
/** What keeps it from being an outline; null when it is one. */
export function outlineProblem(corners: readonly Corner[]): 'few' | 'crossed' | null {
  if (corners.length < 3) return 'few';
  return kinks(polygon([ringOf(corners)])).features.length > 0 ? 'crossed' : null;
}
export const outlineOf = (corners: readonly Corner[]): SiteOutline => ({
  type: 'Polygon',
  coordinates: [ringOf(corners)],
});
/** The middle of an outline, for the sign on the map. */
export function middleOf(corners: readonly Corner[]): LonLat {
  const [lon = 0, lat = 0] = centroid(polygon([ringOf(corners)])).geometry.coordinates;
  return [round6(lon), round6(lat)];
}
/** A new corner goes into the side that it lengthens least, so that a click beside an edge bends that edge. */
export function withCorner(corners: readonly Corner[], corner: Corner): Corner[] {
  if (corners.length < 3) return [...corners, corner];
  const detour = (at: number): number => {
    const [a, b] = [corners[at], corners[(at + 1) % corners.length]];
    if (!a || !b) return Infinity;
    return (
      distanceM(a.position, corner.position) +
      distanceM(corner.position, b.position) -
      distanceM(a.position, b.position)
    );
  };
  const best = corners.reduce((least, _, at) => (detour(at) < detour(least) ? at : least), corners.length - 1);
  return [...corners.slice(0, best + 1), corner, ...corners.slice(best + 1)];
}
