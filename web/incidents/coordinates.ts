/** Reads coordinates as people paste them; the only text here that says latitude first. */
import type { LonLat } from '../../shared/geo.ts';

/**
 * [lon, lat] of "34.26, 108.94", "108.94 34.26", "N34.26 E108.94" or a map link with such a pair; null when there is none.
 * Latitude first, as maps say it, unless the first number can only be a longitude.
 */
export function readCoordinates(text: string): LonLat | null {
  const decoded = text.replaceAll('%2C', ',');
  const pair =
    /(-?\d{1,3}(?:\.\d+)?)\s*°?\s*[NSEW]?\s*[,，;\s]+\s*(?:[NSEW]|[东西南北][经纬]?)?\s*(-?\d{1,3}(?:\.\d+)?)/i.exec(
      decoded,
    );
  if (!pair) return null;
  const first = Number(pair[1]);
  const second = Number(pair[2]);
  const lonFirst = Math.abs(first) > 90;
  const [lon, lat] = lonFirst ? [first, second] : [second, first];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? [lon, lat] : null;
}
