/** Coordinates as people paste them from a map. Imports nothing at run time: the report page's script has 20 kB in all. */
import type { LonLat } from './geo.ts';

/** Numbers that can only be China's longitudes and latitudes; they do not overlap, so the order shows itself. */
const inChina = (lon: number, lat: number): boolean => lon >= 73 && lon <= 135.1 && lat >= 3 && lat <= 53.6;

/**
 * Reads "34.2611, 108.9422" and the like. Maps differ in the order: what can only be one way round is read that way,
 * and what could be both as latitude first, as most maps copy it. Null when it is no pair of coordinates.
 */
export function parseCoordinates(text: string): LonLat | null {
  const found = /^\s*[([]?\s*(-?\d{1,3}(?:\.\d+)?)\s*°?\s*[,，;；\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*°?\s*[)\]]?\s*$/.exec(
    text,
  );
  if (!found) return null;
  const first = Number(found[1]);
  const second = Number(found[2]);
  const lonFirst = Math.abs(first) > 90 || (inChina(first, second) && !inChina(second, first));
  const [lon, lat] = lonFirst ? [first, second] : [second, first];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? [lon, lat] : null;
}
