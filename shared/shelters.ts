/** Warm places, and places in them held for people on the way. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { pointSchema } from './geo.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { openingWindow, openingWindows } from './opening.ts';
import { desk } from './roles.ts';

export const bedKinds = ['any', 'men', 'women', 'family', 'accessible', 'quarantine'] as const;
export type BedKind = (typeof bedKinds)[number];
export type Beds = Record<BedKind, number>;
/** What somebody gets: a bed for the night, or a seat in the warm. Each has the same kinds. */
export const placeUnits = ['bed', 'seat'] as const;
export type PlaceUnit = (typeof placeUnits)[number];
export const shelterKinds = ['station', 'warm_place', 'guidance'] as const;
/** Warm places and guidance points come and go with the cold; a station stays. */
export const isTemporary = (kind: (typeof shelterKinds)[number]): boolean => kind !== 'station';
export const shelterStatuses = ['open', 'full', 'closed'] as const;
/** What a house has and allows, with words under `feature.<code>`; `women_and_children` admits no men. */
export const shelterFeatures = [
  'warm_food',
  'hot_water',
  'shower',
  'charging',
  'luggage',
  'pets',
  'couples',
  'wheelchair',
  'medical',
  'no_id',
  'women_staff',
  'women_room',
  'women_and_children',
  'advice',
] as const;
export type ShelterFeature = (typeof shelterFeatures)[number];

const bedCount = z.int().check(z.gte(0), z.lte(100_000));
const beds = z.object({
  any: bedCount,
  men: bedCount,
  women: bedCount,
  family: bedCount,
  accessible: bedCount,
  quarantine: bedCount,
});
const bedsWithTotal = z.extend(beds, { total: z.number() });

/** The fact: beds and people in them. Availability is computed from it, the live holds and the time. */
export const shelterRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  name: z.string(),
  kind: z.enum(shelterKinds),
  status: z.enum(shelterStatuses),
  /** null for those who may not know a confidential place */
  position: z.nullable(pointSchema),
  address: z.nullable(z.string()),
  phone: z.nullable(z.string()),
  /** who answers there, for colleagues */
  contact: z.nullable(z.string()),
  /** who runs it */
  operator: z.nullable(z.string()),
  /** hours in words, for people; `opening` is for the clock */
  hours: z.string(),
  opening: z.array(openingWindow),
  features: z.array(z.enum(shelterFeatures)),
  /** what else to know of it, in words of its own */
  about: z.string(),
  confidential: z.boolean(),
  beds,
  occupiedBeds: beds,
  seats: beds,
  occupiedSeats: beds,
  /** beds that exist only while `surgeOpen` */
  surgeBeds: beds,
  surgeOpen: z.boolean(),
  countedAt: instant,
  /** when its guests were exported; null until then and again from any change of a stay on: before that a temporary place is not given up */
  exportedAt: z.nullable(instant),
  /** given up for good; it then leaves every list */
  closedDownAt: z.nullable(instant),
});
export type ShelterRow = z.infer<typeof shelterRow>;

export const holdStatuses = ['held', 'used', 'cancelled', 'expired'] as const;
export const holdRow = z.object({
  id: idSchema,
  version: z.number(),
  shelterId: idSchema,
  stationId: idSchema,
  unit: z.enum(placeUnits),
  kind: z.enum(bedKinds),
  people: z.number(),
  /** free text for the shelter; null for those it does not concern */
  for: z.nullable(z.string()),
  dispatchId: z.nullable(idSchema),
  patrolId: z.nullable(idSchema),
  status: z.enum(holdStatuses),
  expiresAt: instant,
  createdAt: instant,
  /** when the patrol should be there, as last estimated; null without one */
  etaAt: z.nullable(instant),
  /** where to bring them: for the crew bound there, also when the place is confidential */
  shelter: z.nullable(z.object({ name: z.string(), address: z.string(), position: z.nullable(pointSchema) })),
});
export type HoldRow = z.infer<typeof holdRow>;
/** Sums over kinds. */
export const totalBeds = (counts: Beds): number => bedKinds.reduce((sum, kind) => sum + counts[kind], 0);
export const noBeds = (): Beds => ({ any: 0, men: 0, women: 0, family: 0, accessible: 0, quarantine: 0 });

/** Places of one unit. `over`: how many more are taken and held than there are, after the house was made smaller. */
export interface Places {
  capacity: Beds & { total: number };
  available: Beds & { total: number };
  occupied: number;
  held: number;
  over: number;
}
/** Beds, and beside them seats. */
export interface Availability extends Places {
  seats: Places;
}

const withTotal = (counts: Beds): Beds & { total: number } => ({ ...counts, total: totalBeds(counts) });

/** Beds there are now: those of the surge only while it is open. */
export function bedsNow({ beds, surgeBeds, surgeOpen }: Pick<ShelterRow, 'beds' | 'surgeBeds' | 'surgeOpen'>): Beds {
  const now = { ...beds };
  if (surgeOpen) for (const kind of bedKinds) now[kind] += surgeBeds[kind];
  return now;
}

type Counted = Pick<
  ShelterRow,
  'status' | 'beds' | 'occupiedBeds' | 'seats' | 'occupiedSeats' | 'surgeBeds' | 'surgeOpen'
>;
type Held = Pick<HoldRow, 'unit' | 'kind' | 'people' | 'expiresAt' | 'status'>;

/** Places of one unit: available = total - occupied - held, by kind, never below 0 and nothing unless the place is open; a hold counts until its stored time. */
export function placesOf(shelter: Counted, holds: Iterable<Held>, unit: PlaceUnit, now: Date): Places {
  const held = noBeds();
  for (const hold of holds)
    if (hold.unit === unit && hold.status === 'held' && Date.parse(hold.expiresAt) > now.getTime())
      held[hold.kind] += hold.people;
  const [total, occupied] =
    unit === 'bed' ? [bedsNow(shelter), shelter.occupiedBeds] : [shelter.seats, shelter.occupiedSeats];
  const free = noBeds();
  let over = 0;
  for (const kind of bedKinds) {
    const left = total[kind] - occupied[kind] - held[kind];
    if (shelter.status === 'open') free[kind] = Math.max(0, left);
    over += Math.max(0, -left);
  }
  return {
    capacity: withTotal(total),
    available: withTotal(free),
    occupied: totalBeds(occupied),
    held: totalBeds(held),
    over,
  };
}

/** Beds and seats as they are at `now`, see `placesOf`. */
export const availability = (shelter: Counted, holds: readonly Held[], now: Date): Availability => ({
  ...placesOf(shelter, holds, 'bed', now),
  seats: placesOf(shelter, holds, 'seat', now),
});

export const freshnesses = ['fresh', 'ageing', 'stale'] as const;
export type Freshness = (typeof freshnesses)[number];
/** How old the count is, by the station's rule in hours. */
export function freshness(countedAt: Date, now: Date, limitsH: { fresh: number; stale: number }): Freshness {
  const hours = (now.getTime() - countedAt.getTime()) / 3_600_000;
  return hours < limitsH.fresh ? 'fresh' : hours <= limitsH.stale ? 'ageing' : 'stale';
}

const places = {
  capacity: bedsWithTotal,
  available: bedsWithTotal,
  occupied: z.number(),
  held: z.number(),
  over: z.number(),
};
/** What GET answers: the row with its computed numbers. `capacity` has the surge beds in it while they are open. */
export const shelterView = z.extend(
  z.omit(shelterRow, { beds: true, occupiedBeds: true, seats: true, occupiedSeats: true }),
  {
    ...places,
    seats: z.object(places),
    /** by its windows and the plan's level; `status` is what its staff say */
    openNow: z.boolean(),
    /** when `openNow` changes next by its windows */
    changesAt: z.nullable(instant),
    freshness: z.enum(freshnesses),
  },
);
export type ShelterView = z.infer<typeof shelterView>;
export const publicShelter = z.object({
  id: idSchema,
  name: z.string(),
  kind: z.enum(shelterKinds),
  position: z.nullable(pointSchema),
  address: z.string(),
  phone: z.nullable(z.string()),
  hours: z.string(),
  /** when it closes by its windows; null when no hours are set or it stays open for days */
  openUntil: z.nullable(instant),
  features: z.array(z.enum(shelterFeatures)),
  about: z.string(),
  /** places free now, beds and seats: 'yes', 'few' (below the rule shelters.few) or 'full', never a count of people */
  room: z.enum(['yes', 'few', 'full']),
  freshness: z.enum(freshnesses),
  distanceM: z.nullable(z.number()),
});
export type PublicShelter = z.infer<typeof publicShelter>;

const capacity = z.strictObject({
  any: z.optional(bedCount),
  men: z.optional(bedCount),
  women: z.optional(bedCount),
  family: z.optional(bedCount),
  accessible: z.optional(bedCount),
  quarantine: z.optional(bedCount),
});
const features = z.array(z.enum(shelterFeatures)).check(z.maxLength(shelterFeatures.length));
/** What managers write of a house; staff and dispatchers have status and counts alone. */
const described = {
  phone: z.optional(z.nullable(text(40))),
  contact: z.optional(z.nullable(text(100))),
  operator: z.optional(z.nullable(text(200))),
  hours: z.optional(text(200)),
  opening: z.optional(openingWindows),
  features: z.optional(features),
  about: z.optional(z.nullable(text(1000))),
  confidential: z.optional(z.boolean()),
};
const counted = {
  status: z.optional(z.enum(shelterStatuses)),
  capacity: z.optional(capacity),
  seats: z.optional(capacity),
  surge: z.optional(capacity),
  surgeOpen: z.optional(z.boolean()),
};
const seers = [...desk, 'admin', 'crew', 'shelter', 'inspector'] as const;
const bedKeepers = [...desk, 'shelter'] as const;

export const listPublicShelters = endpoint({
  name: 'listPublicShelters',
  method: 'GET',
  path: '/api/public/shelters',
  who: 'public',
  summary: 'Open warm places now, nearest first when a position is given; never a confidential one',
  query: z.strictObject({ ...paging, lon: z.optional(z.string()), lat: z.optional(z.string()) }),
  reply: listOf(publicShelter),
});
export const listShelters = endpoint({
  name: 'listShelters',
  method: 'GET',
  path: '/api/shelters',
  who: seers,
  summary: 'Shelters of the own subtree with what is free now; shelter staff see their own',
  query: z.strictObject(paging),
  reply: listOf(shelterView),
});
export const createShelter = endpoint({
  name: 'createShelter',
  method: 'POST',
  path: '/api/shelters',
  who: ['manager', 'admin'],
  summary: 'Adds a shelter',
  status: 201,
  replay: 'id',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    name: text(200),
    kind: z.enum(shelterKinds),
    position: z.optional(pointSchema),
    address: text(300),
    ...described,
    ...counted,
    capacity,
  }),
  reply: shelterView,
});
/** Shelter staff set status and capacity of their own house; the rest is the manager's. */
export const updateShelter = endpoint({
  name: 'updateShelter',
  method: 'PATCH',
  path: '/api/shelters/:id',
  who: ['manager', 'admin', 'dispatcher', 'shelter'],
  summary: 'Changes a shelter; dispatchers and staff set status, capacity and surge beds only',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    name: z.optional(text(200)),
    position: z.optional(pointSchema),
    address: z.optional(text(300)),
    ...described,
    ...counted,
  }),
  reply: shelterView,
});
const people = z.int().check(z.gte(1), z.lte(99));
export const holdBed = endpoint({
  name: 'holdBed',
  method: 'POST',
  path: '/api/shelters/:id/holds',
  who: [...bedKeepers, 'crew'],
  summary: 'Holds beds for people on the way; 409 no_bed when there are not enough',
  status: 201,
  replay: 'id',
  params: idParams,
  body: z.strictObject({
    id: idSchema,
    people,
    unit: z.optional(z.enum(placeUnits)),
    kind: z.optional(z.enum(bedKinds)),
    for: text(300),
    dispatchId: z.optional(idSchema),
  }),
  reply: holdRow,
});
const holdParams = z.object({ id: idSchema, holdId: idSchema });
/** By hand; a running job extends its own as its estimate moves. */
export const extendHold = endpoint({
  name: 'extendHold',
  method: 'PATCH',
  path: '/api/shelters/:id/holds/:holdId',
  who: [...bedKeepers, 'crew'],
  summary:
    'Keeps held beds for so many more minutes from now, never longer than the rule holds.longest from the beginning',
  params: holdParams,
  body: z.strictObject({ version: z.number(), minutes: z.int().check(z.gte(5), z.lte(720)) }),
  reply: holdRow,
});
export const releaseHold = endpoint({
  name: 'releaseHold',
  method: 'DELETE',
  path: '/api/shelters/:id/holds/:holdId',
  who: [...bedKeepers, 'crew'],
  summary: 'Gives held beds back',
  params: holdParams,
  reply: holdRow,
});

/** Somebody counted heads: kept for good, beside what the service had counted at that moment. */
export const shelterCount = z.object({
  id: idSchema,
  version: z.number(),
  shelterId: idSchema,
  at: instant,
  source: z.enum(['count', 'night_count', 'arrival', 'departure', 'capacity']),
  /** heads, by whoever counted; null for what the service noted itself */
  counted: z.nullable(z.number()),
  /** people checked in, places held, places there were: beds and seats together */
  registered: z.number(),
  held: z.number(),
  total: z.number(),
  note: z.nullable(z.string()),
});
export type ShelterCount = z.infer<typeof shelterCount>;
export const countShelter = endpoint({
  name: 'countShelter',
  method: 'POST',
  path: '/api/shelters/:id/counts',
  who: bedKeepers,
  summary: 'Writes down a count of heads; the answer says how many are checked in',
  status: 201,
  replay: 'id',
  params: idParams,
  body: z.strictObject({
    id: idSchema,
    people: z.int().check(z.gte(0), z.lte(100_000)),
    night: z.optional(z.boolean()),
    note: z.optional(text(500)),
  }),
  reply: shelterCount,
});
export const listShelterCounts = endpoint({
  name: 'listShelterCounts',
  method: 'GET',
  path: '/api/shelters/:id/counts',
  who: [...bedKeepers, 'admin', 'inspector'],
  summary: 'The history of counts, newest first',
  params: idParams,
  query: z.strictObject(paging),
  reply: listOf(shelterCount),
});
export const closeDownShelter = endpoint({
  name: 'closeDownShelter',
  method: 'POST',
  path: '/api/shelters/:id/close-down',
  who: ['manager', 'admin'],
  summary: 'Gives a temporary place up: 409 not_temporary, not_empty, or not_exported since the last guest left',
  params: idParams,
  body: z.strictObject({ version: z.number() }),
  reply: shelterView,
});
/** The same in CSV and XLSX: text cells are formula-safe. */
export const exportGuests = endpoint({
  name: 'exportGuests',
  method: 'POST',
  path: '/api/shelters/:id/exports',
  who: ['manager', 'admin', 'shelter'],
  summary: 'All stays of the house as a file; from then on a temporary place may be given up',
  replay: 'self',
  params: idParams,
  body: z.strictObject({ format: z.enum(['csv', 'xlsx']) }),
  reply: z.unknown(),
});
