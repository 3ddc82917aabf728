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
  /** true in this share of cases, 0 to 1 */
  happens(share: number): boolean;
  /** one of a list that is not empty */
  pick<T>(list: readonly [T, ...T[]]): T;
  /** a chance of its own for this name: what one draws never changes what another gets */
  own(name: string): Chance;
}

const METRES_PER_DEGREE = 111_320;

/** mulberry32 (public domain, Tommy Ettinger): 32 bits of state are plenty for a small city. */
export function chanceOf(seed: number): Chance {
  return drawing(String(seed), Math.trunc(seed));
}

function drawing(name: string, start: number): Chance {
  let state = start >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const hash = (text: string): string => createHash('sha256').update(`warmpath demo ${name} ${text}`).digest('hex');
  const whole = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    id(of) {
      const hex = hash(of);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    },
    whole,
    happens: (share) => next() < share,
    pick: (list) => list[whole(0, list.length - 1)] ?? list[0],
    own: (of) => drawing(`${name} ${of}`, parseInt(hash(`chance of ${of}`).slice(0, 8), 16)),
    near([lon, lat], metres) {
      const degrees = metres / METRES_PER_DEGREE;
      const east = (degrees * (next() * 2 - 1)) / Math.cos((lat * Math.PI) / 180);
      return [round6(lon + east), round6(lat + degrees * (next() * 2 - 1))];
    },
  };
}
