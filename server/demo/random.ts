/** Chance that comes out the same for the same seed. */
import { createHash } from 'node:crypto';
import type { LonLat } from '../../shared/geo.ts';
import { round6 } from '../../shared/geo.ts';

export interface Chance {
  /** the same UUID for the same seed and name (RFC 9562, version 8) */
  id(name: string): string;
  /** whole number, both ends included */
  whole(from: number, to: number): number;
  /** a place at most `metres` away, north-south and east-west each */
  near(place: LonLat, metres: number): LonLat;
}

const METRES_PER_DEGREE = 111_320;

/** mulberry32 (public domain, Tommy Ettinger): 32 bits of state are plenty for a small city. */
export function chanceOf(seed: number): Chance {
  let state = Math.trunc(seed) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    id(name) {
      const hex = createHash('sha256')
        .update(`warmpath demo ${String(seed)} ${name}`)
        .digest('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    },
    whole: (from, to) => from + Math.floor(next() * (to - from + 1)),
    near([lon, lat], metres) {
      const degrees = metres / METRES_PER_DEGREE;
      const east = (degrees * (next() * 2 - 1)) / Math.cos((lat * Math.PI) / 180);
      return [round6(lon + east), round6(lat + degrees * (next() * 2 - 1))];
    },
  };
}
