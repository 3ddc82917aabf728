/** Positions: GeoJSON order [lon, lat], WGS 84 inside; other systems are converted at the edge and their origin recorded. */
import { distance } from '@turf/turf';
import gcoord from 'gcoord';
import * as z from 'zod/mini';

export type LonLat = [lon: number, lat: number];
export interface Point {
  type: 'Point';
  coordinates: LonLat;
}
export const crsNames = ['wgs84', 'gcj02', 'bd09'] as const;
export type Crs = (typeof crsNames)[number];
export const crsSchema = z.enum(crsNames);

const coordinate = z.number();

/** A GeoJSON point, range-checked because PostGIS silently wraps what is out of range. */
export const pointSchema = z.strictObject({
  type: z.literal('Point'),
  coordinates: z.tuple([coordinate, coordinate]).check(
    z.superRefine(([lon, lat], context) => {
      if (Math.abs(lat) > 90) {
        const swapped = Math.abs(lon) <= 90 && Math.abs(lat) <= 180;
        const message = swapped
          ? 'latitude must be -90..90; swapped? the order is [lon, lat]'
          : 'latitude must be -90..90';
        context.addIssue({ code: 'custom', path: [1], params: { code: 'lat_range' }, message, input: lat });
      }
      if (Math.abs(lon) > 180) {
        context.addIssue({
          code: 'custom',
          path: [0],
          params: { code: 'lon_range' },
          message: 'longitude must be -180..180',
          input: lon,
        });
      }
    }),
  ),
});

const gcoordNames = { wgs84: gcoord.WGS84, gcj02: gcoord.GCJ02, bd09: gcoord.BD09 } as const;

/** Converts between coordinate systems; the fix from GCJ-02 is good to about 1 m inside China, identity outside. */
export function convert(position: LonLat, from: Crs, to: Crs): LonLat {
  if (from === to) return position;
  const [lon, lat] = gcoord.transform<LonLat>(position, gcoordNames[from], gcoordNames[to]);
  return [round6(lon), round6(lat)];
}

export const point = (lon: number, lat: number): Point => ({ type: 'Point', coordinates: [lon, lat] });

/** Six decimals are 0.1 m: more is noise on the wire. */
export const round6 = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Great-circle distance in metres. */
export const distanceM = (a: LonLat, b: LonLat): number => distance(a, b, { units: 'meters' });
