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

/** Why a fix is kept and marked, in this order. */
export const fixMarks = ['future', 'backwards', 'speed', 'zero_island', 'accuracy', 'duplicate'] as const;
export type Mark = (typeof fixMarks)[number];
/** Marks of fixes that nobody should believe. A fix that only came late ('backwards') is as good as any: tracks, GPX and coverage have it. */
export const disbelieved: readonly Mark[] = fixMarks.filter((mark) => mark !== 'backwards');
export const isBelieved = (marks: readonly string[]): boolean => marks.every((mark) => mark === 'backwards');

/** [patrol num, lon * 1e5, lat * 1e5, seconds before the tick's `at`, speed in 0.1 m/s or -1, heading in degrees or -1]: 1 m is enough on a map. */
export type PackedFix = [number, number, number, number, number, number];
/** What a crew's phone says of its own tracking; 'hidden': the page was left or the screen went dark, and nothing more will come. */
export const trackingStates = ['on', 'starting', 'quiet', 'hidden', 'denied', 'unavailable', 'unsupported'] as const;
export type TrackingReport = (typeof trackingStates)[number];
/** Standing still is not offline: when a patrol was last heard of at all, and by what. */
export interface Heard {
  /** epoch ms */
  at: number;
  /** of the own app; null where a device speaks */
  tracking: TrackingReport | null;
  /** percent */
  battery: number | null;
}
/** [patrol num, seconds before the tick's `at`, index in trackingStates or -1, battery in percent or -1]. */
export type PackedHeard = [number, number, number, number];
/** One `positions` message: `at` in epoch seconds, the fixes that changed, and who was heard of. */
export interface PositionsTick {
  at: number;
  fixes: PackedFix[];
  heard?: PackedHeard[];
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

export const packHeard = (num: number, heard: Heard, tickAt: number): PackedHeard => [
  num,
  Math.round(tickAt - heard.at / 1000),
  heard.tracking === null ? -1 : trackingStates.indexOf(heard.tracking),
  orMinus(heard.battery, 1),
];

/** Folds a tick into when each patrol was last heard of, by patrol num. */
export function applyHeard(latest: ReadonlyMap<number, Heard>, tick: PositionsTick): ReadonlyMap<number, Heard> {
  if (tick.heard === undefined || tick.heard.length === 0) return latest;
  const next = new Map(latest);
  for (const [num, age, tracking, battery] of tick.heard)
    next.set(num, {
      at: (tick.at - age) * 1000,
      tracking: trackingStates[tracking] ?? null,
      battery: battery < 0 ? null : battery,
    });
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
/** Sent while nothing moves, too; not a fact, not in the audit, and no reason to wake anybody but the map. */
export const sendHeartbeat = endpoint({
  name: 'sendHeartbeat',
  method: 'POST',
  path: '/api/patrols/:id/heartbeat',
  who: ['crew'],
  status: 202,
  replay: 'self',
  summary: "The crew's phone is there, and how its tracking is",
  params: idParams,
  body: z.strictObject({ tracking: z.enum(trackingStates), battery: measure(0, 100) }),
  reply: z.object({ at: instant }),
});
const word = z.optional(z.string());
/** Fields of the protocol that count, for the description: the door itself takes many more and lets them be. */
const osmandFields = z.object({
  id: word,
  deviceid: word,
  token: word,
  timestamp: word,
  lat: word,
  lon: word,
  location: word,
  speed: word,
  bearing: word,
  heading: word,
  accuracy: word,
  batt: word,
  battery: word,
  valid: word,
});
/** OsmAnd / Traccar protocol (traccar.org/osmand): query, form or JSON body; see server/positions/osmand.ts for the fields. */
export const getOsmand = endpoint({
  name: 'getOsmand',
  method: 'GET',
  path: '/osmand',
  who: 'public',
  summary: 'A fix of a registered device in the OsmAnd/Traccar protocol, in the query',
  query: osmandFields,
  reply: z.unknown(),
});
export const postOsmand = endpoint({
  name: 'postOsmand',
  method: 'POST',
  path: '/osmand',
  who: 'public',
  limit: 1_000_000,
  replay: 'never',
  summary: 'Fixes of a registered device in the OsmAnd/Traccar protocol, as form or JSON',
  query: osmandFields,
  reply: z.unknown(),
});
/** OwnTracks in HTTP mode (owntracks.org/booklet/tech/http): Basic authentication with the device's unique id and token. */
export const postOwntracks = endpoint({
  name: 'postOwntracks',
  method: 'POST',
  path: '/owntracks',
  who: 'public',
  limit: 1_000_000,
  replay: 'never',
  summary: 'A message of OwnTracks; locations are kept, other types are taken note of',
  reply: z.unknown(),
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
