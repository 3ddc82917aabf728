/** Where a warning holds: polygons and circles in WGS 84 as `lat,lon`, and codes of the Chinese national table. */
import type { LonLat } from '../../shared/geo.ts';
import { MAX_VERTICES } from '../../shared/outlines.ts';
import { fieldProblem, type Problem } from '../../shared/problems.ts';
import type { XmlElement } from './xml.ts';

/** The union of all that it names. */
export interface CapArea {
  /** closed rings, [lon, lat] */
  polygons: LonLat[][];
  circles: { center: LonLat; radiusM: number }[];
  /** six digits of GB/T 2260; one that ends in 00 or 0000 means all below it */
  codes: string[];
}
/** Names in an area's description, for a warning that outlines nothing and has no code: `西安市、咸阳市`. */
export const namesIn = ({ polygons, circles, codes }: CapArea, areaText: string | null): string[] =>
  polygons.length + circles.length + codes.length > 0 || areaText === null
    ? []
    : [...new Set(areaText.split(/[,，、;；\n]+/).map((name) => name.trim()))].filter((name) => name.length >= 2);

export const noArea = (): CapArea => ({ polygons: [], circles: [], codes: [] });

/** Twice the width of the largest country; what is larger was not meant. */
const MAX_WIDTH_DEG = 90;
const MAX_RADIUS_KM = 5_000;
const DEGREES = /^[+-]?(\d{1,3}(\.\d{0,20})?|\.\d{1,20})$/;
/** Provinces in GB/T 2260: other six digits (counties of other countries) are other tables'. */
const CODE = /^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|81|82)\d{4}$/;
/** Tables of other countries whose codes may look the same. */
const OTHER_TABLES = /^(?:SAME|FIPS|UGC|EMMA|NUTS|CLC|profile:)/i;

const refuse = (path: string, message: string): Problem =>
  fieldProblem(path, 'invalid_geometry', message, 'invalid_geometry');

function position(text: string, path: string): LonLat {
  const [lat, lon, more] = text.split(',').map((part) => (DEGREES.test(part.trim()) ? Number(part) : NaN));
  if (lat === undefined || lon === undefined || more !== undefined || Number.isNaN(lat) || Number.isNaN(lon))
    throw fieldProblem(path, 'type', 'a position is lat,lon in degrees');
  if (Math.abs(lat) > 90)
    throw fieldProblem(
      path,
      'lat_range',
      Math.abs(lat) <= 180 && Math.abs(lon) <= 90
        ? 'latitude must be -90..90; swapped? the order is lat,lon'
        : 'latitude must be -90..90',
    );
  if (Math.abs(lon) > 180) throw fieldProblem(path, 'lon_range', 'longitude must be -180..180');
  return [lon, lat];
}

/** Twice the area in square degrees, by its sign the way round. */
const extent = (ring: readonly LonLat[]): number =>
  ring.reduce((sum, [lon, lat], n) => {
    const [nextLon, nextLat] = ring[(n + 1) % ring.length] ?? [lon, lat];
    return sum + lon * nextLat - nextLon * lat;
  }, 0);

function polygon(text: string, path: string): LonLat[] {
  const words = text.replaceAll(/\s*,\s*/g, ',').split(/\s+/);
  if (words.length > MAX_VERTICES)
    throw fieldProblem(path, 'too_many_vertices', `at most ${String(MAX_VERTICES)}`, 'too_many_vertices');
  const ring = words.map((word) => position(word, path));
  const [first, last] = [ring[0], ring.at(-1)];
  if (!first || !last || ring.length < 4) throw refuse(path, 'a polygon has at least four positions');
  if (first[0] !== last[0] || first[1] !== last[1]) throw refuse(path, 'its last position is not its first');
  const longitudes = ring.map(([lon]) => lon);
  if (Math.max(...longitudes) - Math.min(...longitudes) > MAX_WIDTH_DEG) throw refuse(path, 'far too large');
  if (extent(ring) === 0 && new Set(ring.map(String)).size < 3) throw refuse(path, 'it encloses nothing');
  return ring;
}

function circle(text: string, path: string): { center: LonLat; radiusM: number } {
  const [center, radius, more] = text.replaceAll(/\s*,\s*/g, ',').split(/\s+/);
  const km = /^\d{1,5}(\.\d{0,20})?$/.test(radius ?? '') ? Number(radius) : NaN;
  if (center === undefined || more !== undefined || Number.isNaN(km))
    throw fieldProblem(path, 'type', 'a circle is lat,lon and a radius in km');
  if (km > MAX_RADIUS_KM) throw refuse(path, 'far too large');
  return { center: position(center, path), radiusM: km * 1_000 };
}

/** Adds what an <area> names to what is known. A code of another table adds nothing. */
export function readArea(area: XmlElement, known: CapArea): void {
  for (const { text, path } of area.all('polygon')) if (text !== '') known.polygons.push(polygon(text, path));
  for (const { text, path } of area.all('circle')) if (text !== '') known.circles.push(circle(text, path));
  for (const geocode of area.all('geocode')) {
    if (OTHER_TABLES.test(geocode.all('valueName')[0]?.text ?? '')) continue;
    // a code of twelve digits goes down to the village; its county is what stations have
    const given = [geocode.text, ...geocode.all('value').map(({ text }) => text)];
    for (const code of given.flatMap((text) => text.split(/[\s,;，；]+/)))
      if (/^\d{6}(\d{6})?$/.test(code) && CODE.test(code.slice(0, 6))) known.codes.push(code.slice(0, 6));
  }
}

/** National identifiers begin with the code of whoever issued them: 14 digits, then the time. */
export function codesOf(identifier: string): string[] {
  const code = /^(\d{6})\d{8}_\d{8,}$/.exec(identifier)?.[1];
  return code !== undefined && CODE.test(code) ? [code] : [];
}

/** What codes below this one begin with: `61` for a province, `6101` for a prefecture, all six digits for a county. */
export const codePrefix = (code: string): string => code.replace(/(?:0000|00)$/, '');
