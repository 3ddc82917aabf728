/** Warm places, beds held for people on the way, and people in beds. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { pointSchema } from './geo.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

export const bedKinds = ['any', 'men', 'women', 'family', 'accessible', 'quarantine'] as const;
export type BedKind = (typeof bedKinds)[number];
export type Beds = Record<BedKind, number>;
export const shelterKinds = ['station', 'warm_place', 'guidance'] as const;
export const shelterStatuses = ['open', 'full', 'closed'] as const;

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
  hours: z.string(),
  features: z.array(z.string()),
  confidential: z.boolean(),
  beds,
  occupiedBeds: beds,
  countedAt: instant,
});
export type ShelterRow = z.infer<typeof shelterRow>;

export const holdStatuses = ['held', 'used', 'cancelled', 'expired'] as const;
export const holdRow = z.object({
  id: idSchema,
  version: z.number(),
  shelterId: idSchema,
  stationId: idSchema,
  kind: z.enum(bedKinds),
  people: z.number(),
  /** free text for the shelter; null for those it does not concern */
  for: z.nullable(z.string()),
  dispatchId: z.nullable(idSchema),
  patrolId: z.nullable(idSchema),
  status: z.enum(holdStatuses),
  expiresAt: instant,
  createdAt: instant,
  /** where to bring them: for the crew bound there, also when the place is confidential */
  shelter: z.nullable(z.object({ name: z.string(), address: z.string(), position: z.nullable(pointSchema) })),
});
export type HoldRow = z.infer<typeof holdRow>;
export const stayRow = z.object({
  id: idSchema,
  version: z.number(),
  shelterId: idSchema,
  stationId: idSchema,
  holdId: z.nullable(idSchema),
  kind: z.enum(bedKinds),
  people: z.number(),
  arrivedAt: instant,
  leftAt: z.nullable(instant),
  goingTo: z.nullable(z.string()),
  note: z.nullable(z.string()),
});
export type StayRow = z.infer<typeof stayRow>;

/** Sums over kinds. */
export const totalBeds = (counts: Beds): number => bedKinds.reduce((sum, kind) => sum + counts[kind], 0);
export const noBeds = (): Beds => ({ any: 0, men: 0, women: 0, family: 0, accessible: 0, quarantine: 0 });

export interface Availability {
  capacity: Beds & { total: number };
  available: Beds & { total: number };
  occupied: number;
  held: number;
}
/** available = total - occupied - held, by kind, never below 0 and nothing unless the place is open; a hold counts until its stored time. */
export function availability(
  shelter: Pick<ShelterRow, 'beds' | 'occupiedBeds' | 'status'>,
  holds: Iterable<Pick<HoldRow, 'kind' | 'people' | 'expiresAt' | 'status'>>,
  now: Date,
): Availability {
  const heldBy = noBeds();
  for (const hold of holds)
    if (hold.status === 'held' && new Date(hold.expiresAt) > now) heldBy[hold.kind] += hold.people;
  const free = noBeds();
  if (shelter.status === 'open')
    for (const kind of bedKinds)
      free[kind] = Math.max(0, shelter.beds[kind] - shelter.occupiedBeds[kind] - heldBy[kind]);
  return {
    capacity: { ...shelter.beds, total: totalBeds(shelter.beds) },
    available: { ...free, total: totalBeds(free) },
    occupied: totalBeds(shelter.occupiedBeds),
    held: totalBeds(heldBy),
  };
}

export const freshnesses = ['fresh', 'ageing', 'stale'] as const;
export type Freshness = (typeof freshnesses)[number];
/** How old the count is, by the station's rule in hours. */
export function freshness(countedAt: Date, now: Date, limitsH: { fresh: number; stale: number }): Freshness {
  const hours = (now.getTime() - countedAt.getTime()) / 3_600_000;
  return hours < limitsH.fresh ? 'fresh' : hours <= limitsH.stale ? 'ageing' : 'stale';
}

/** What GET answers: the row with its computed numbers. */
export const shelterView = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  name: z.string(),
  kind: z.enum(shelterKinds),
  status: z.enum(shelterStatuses),
  position: z.nullable(pointSchema),
  address: z.nullable(z.string()),
  phone: z.nullable(z.string()),
  hours: z.string(),
  features: z.array(z.string()),
  confidential: z.boolean(),
  capacity: bedsWithTotal,
  available: bedsWithTotal,
  occupied: z.number(),
  held: z.number(),
  freshness: z.enum(freshnesses),
  countedAt: instant,
});
export type ShelterView = z.infer<typeof shelterView>;
export const publicShelter = z.object({
  id: idSchema,
  name: z.string(),
  kind: z.enum(shelterKinds),
  position: z.nullable(pointSchema),
  address: z.string(),
  phone: z.nullable(z.string()),
  hours: z.string(),
  features: z.array(z.string()),
  /** places free now: 'yes', 'few' (below the rule shelters.few) or 'full', never a count of people */
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
const features = z.array(text(40)).check(z.maxLength(20));
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
    status: z.optional(z.enum(shelterStatuses)),
    position: z.optional(pointSchema),
    address: text(300),
    phone: z.optional(text(40)),
    hours: z.optional(text(200)),
    features: z.optional(features),
    confidential: z.optional(z.boolean()),
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
  summary: 'Changes a shelter; dispatchers and staff set status and capacity only',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    status: z.optional(z.enum(shelterStatuses)),
    capacity: z.optional(capacity),
    name: z.optional(text(200)),
    position: z.optional(pointSchema),
    address: z.optional(text(300)),
    phone: z.optional(z.nullable(text(40))),
    hours: z.optional(text(200)),
    features: z.optional(features),
    confidential: z.optional(z.boolean()),
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
    kind: z.optional(z.enum(bedKinds)),
    for: text(300),
    dispatchId: z.optional(idSchema),
  }),
  reply: holdRow,
});
export const releaseHold = endpoint({
  name: 'releaseHold',
  method: 'DELETE',
  path: '/api/shelters/:id/holds/:holdId',
  who: [...bedKeepers, 'crew'],
  summary: 'Gives held beds back',
  params: z.object({ id: idSchema, holdId: idSchema }),
  reply: holdRow,
});
export const listStays = endpoint({
  name: 'listStays',
  method: 'GET',
  path: '/api/stays',
  who: bedKeepers,
  summary: 'People in beds now (or all), newest first',
  query: z.strictObject({ ...paging, shelterId: z.optional(idSchema), status: z.optional(z.enum(['in', 'all'])) }),
  reply: listOf(stayRow),
});
export const checkIn = endpoint({
  name: 'checkIn',
  method: 'POST',
  path: '/api/stays',
  who: bedKeepers,
  summary: 'Checks in; with a hold its beds are used, without one a free bed is needed',
  status: 201,
  replay: 'id',
  body: z.strictObject({
    id: idSchema,
    shelterId: idSchema,
    holdId: z.optional(idSchema),
    people: z.optional(people),
    kind: z.optional(z.enum(bedKinds)),
    note: z.optional(text(1000)),
  }),
  reply: stayRow,
});
export const updateStay = endpoint({
  name: 'updateStay',
  method: 'PATCH',
  path: '/api/stays/:id',
  who: bedKeepers,
  summary: 'Checks out (`left: true`) or changes the note',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    left: z.optional(z.literal(true)),
    goingTo: z.optional(text(300)),
    note: z.optional(text(1000)),
  }),
  reply: stayRow,
});
