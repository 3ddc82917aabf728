/** Where patrols are. Not facts: batched, latest plus track, sent as a packed tick. */
import * as z from 'zod/mini';
import { endpoint } from './contract.ts';
import { crsSchema, type LonLat, pointSchema } from './geo.ts';
import { idParams, idSchema, instant } from './ids.ts';
import { desk } from './roles.ts';

export interface Fix {
  position: LonLat;
  /** epoch ms of the fix */
  at: number;
  speedMps: number | null;
  headingDeg: number | null;
}

/** [patrol num, lon * 1e5, lat * 1e5, seconds before the tick's `at`, speed in 0.1 m/s or -1, heading in degrees or -1]: 1 m is enough on a map. */
export type PackedFix = [number, number, number, number, number, number];
/** One `positions` message: `at` in epoch seconds and the fixes that changed. */
export interface PositionsTick {
  at: number;
  fixes: PackedFix[];
}

const orMinus = (value: number | null, factor: number): number => (value === null ? -1 : Math.round(value * factor));

export function packFix(num: number, fix: Fix, tickAt: number): PackedFix {
  const [lon, lat] = fix.position;
  return [
    num,
    Math.round(lon * 1e5),
    Math.round(lat * 1e5),
    Math.round(tickAt - fix.at / 1000),
    orMinus(fix.speedMps, 10),
    orMinus(fix.headingDeg, 1),
  ];
}

export function unpackFix([num, lon, lat, age, speed, heading]: PackedFix, tickAt: number): { num: number; fix: Fix } {
  const fix = {
    position: [lon / 1e5, lat / 1e5] as LonLat,
    at: (tickAt - age) * 1000,
    speedMps: speed < 0 ? null : speed / 10,
    headingDeg: heading < 0 ? null : heading,
  };
  return { num, fix };
}

/** Folds a tick into the latest fixes by patrol num; an older fix never replaces a newer one. */
export function applyTick(latest: ReadonlyMap<number, Fix>, tick: PositionsTick): Map<number, Fix> {
  const next = new Map(latest);
  for (const packed of tick.fixes) {
    const { num, fix } = unpackFix(packed, tick.at);
    const known = next.get(num);
    if (!known || known.at <= fix.at) next.set(num, fix);
  }
  return next;
}

const measure = (from: number, to: number) => z.optional(z.number().check(z.gte(from), z.lte(to)));
export const positionBody = z.strictObject({
  patrolId: idSchema,
  position: pointSchema,
  at: instant,
  crs: z.optional(crsSchema),
  speedMps: measure(0, 400),
  headingDeg: measure(0, 360),
  accuracyM: measure(0, 100_000),
  battery: measure(0, 100),
});
export type PositionBody = z.infer<typeof positionBody>;

export const takePositions = endpoint({
  name: 'takePositions',
  method: 'POST',
  path: '/api/positions',
  who: [...desk, 'crew'],
  summary: 'A batch of fixes; implausible ones are kept and marked',
  status: 202,
  limit: 1_000_000,
  replay: 'self',
  body: z.array(positionBody).check(z.minLength(1), z.maxLength(2000)),
  reply: z.object({ accepted: z.number(), marked: z.number() }),
});
export const trackPoint = z.object({
  at: instant,
  position: pointSchema,
  speedMps: z.nullable(z.number()),
  marks: z.array(z.string()),
});
export const readTrack = endpoint({
  name: 'readTrack',
  method: 'GET',
  path: '/api/patrols/:id/track',
  who: [...desk, 'inspector', 'crew'],
  summary: "A patrol's track, oldest first",
  params: idParams,
  reply: z.object({ items: z.array(trackPoint) }),
});
export const readTrackGpx = endpoint({
  name: 'readTrackGpx',
  method: 'GET',
  path: '/api/patrols/:id/track.gpx',
  who: [...desk, 'inspector', 'crew'],
  summary: "A patrol's track as GPX 1.1, without the marked fixes",
  params: idParams,
  reply: z.unknown(),
});
