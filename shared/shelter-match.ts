/** Which shelters suit people on the way, and why the others do not: the same rules for the service and for a phone without a network. */
import * as z from 'zod/mini';
import { endpoint } from './contract.ts';
import { pointSchema } from './geo.ts';
import { idSchema, instant } from './ids.ts';
import { openAt } from './opening.ts';
import type { PlanLevel } from './plan-levels.ts';
import { desk } from './roles.ts';
import {
  type BedKind,
  bedKinds,
  type Beds,
  type HoldRow,
  noBeds,
  type PlaceUnit,
  placesOf,
  placeUnits,
  type ShelterFeature,
  shelterFeatures,
  type ShelterRow,
} from './shelters.ts';

const some = z.optional(z.int().check(z.gte(0), z.lte(99)));
/** How many need which kind of place. A kind says what somebody must have, `any` that nothing is known; see `mayTake`. */
const group = z
  .strictObject({ any: some, men: some, women: some, family: some, accessible: some, quarantine: some })
  .check(z.refine((counts) => sizeOf(counts) > 0, 'nobody'));
export type Group = { [K in BedKind]?: number | undefined };
export const sizeOf = (people: Group): number => bedKinds.reduce((sum, kind) => sum + (people[kind] ?? 0), 0);

/** Where somebody of each kind may be put, best first. Whoever needs a bed apart, for infection or for a wheelchair, needs that one. */
export const mayTake: Readonly<Record<BedKind, readonly BedKind[]>> = {
  any: ['any'],
  men: ['men', 'any'],
  women: ['women', 'any'],
  family: ['family', 'any'],
  accessible: ['accessible'],
  quarantine: ['quarantine'],
};

/** Puts as many people as can be into free places, exact kinds first; who is `left` found none. */
export function allocate(wanted: Group, free: Beds): { beds: Beds; left: Beds } {
  const beds = noBeds();
  const left = noBeds();
  for (const kind of bedKinds) {
    const need = wanted[kind] ?? 0;
    beds[kind] = Math.min(need, free[kind]);
    left[kind] = need - beds[kind];
  }
  // places for anyone go last, to those whose own kind had none left
  for (const kind of bedKinds) {
    if (kind === 'any' || !mayTake[kind].includes('any')) continue;
    const taken = Math.min(left[kind], free.any - beds.any);
    beds.any += taken;
    left[kind] -= taken;
  }
  return { beds, left };
}

/** What somebody was met as: a person of an encounter, whole or as a draft. */
interface Met {
  groups: readonly string[];
  needs: readonly string[];
}
const anyOf = ({ groups, needs }: Met, ...codes: readonly string[]): boolean =>
  codes.some((code) => groups.includes(code) || needs.includes(code));
/** The places to look for first, from what was noticed of people who were met together; a family is kept one. */
export function groupOf(people: readonly Met[]): Group {
  const family = people.some((person) => anyOf(person, 'family', 'minor'));
  const kindOf = (person: Met): BedKind => {
    if (anyOf(person, 'wheelchair', 'disabled')) return 'accessible';
    if (family) return 'family';
    return anyOf(person, 'woman_alone', 'pregnant') ? 'women' : 'any';
  };
  const group: Group = {};
  for (const kind of people.map(kindOf)) group[kind] = (group[kind] ?? 0) + 1;
  return group;
}
/** What houses differ in that somebody on the way may depend on, and what was noticed that asks for it. */
const neededFor = {
  wheelchair: ['wheelchair', 'disabled'],
  pets: ['pet'],
  couples: ['couple'],
  medical: ['medicine', 'injury'],
} as const satisfies Partial<Record<ShelterFeature, readonly string[]>>;
export const usualNeeds = [
  'wheelchair',
  'pets',
  'couples',
  'medical',
] as const satisfies readonly (keyof typeof neededFor)[];
export const needsOf = (people: readonly Met[]): ShelterFeature[] =>
  usualNeeds.filter((feature) => people.some((person) => anyOf(person, ...neededFor[feature])));

/** Why a shelter is not for them, the most basic first; words under `match.excluded.<code>`. */
export const exclusions = [
  'closed',
  'closed_on_arrival',
  'women_and_children_only',
  'no_such_places',
  'full',
  'too_small',
  'lacks_feature',
  'no_way',
] as const;
export type Exclusion = (typeof exclusions)[number];

const beds = z.object({
  any: z.number(),
  men: z.number(),
  women: z.number(),
  family: z.number(),
  accessible: z.number(),
  quarantine: z.number(),
});
export const shelterMatch = z.object({
  shelterId: idSchema,
  /** from now to the door; null when it is not on the map, the asker may not know where it is, or nobody knows where they are */
  etaS: z.nullable(z.number()),
  distanceM: z.nullable(z.number()),
  arrivesAt: z.nullable(instant),
  /** free places that one of them may take: now, and when they arrive; by then holds may have run out */
  freeNow: z.number(),
  freeOnArrival: z.number(),
  /** how many of them could have a place held now, and in which kinds */
  takes: z.number(),
  beds,
  /** wanted, and not there */
  lacks: z.array(z.enum(shelterFeatures)),
  /** when it opens by its hours, if it is closed now */
  opensAt: z.nullable(instant),
  /** when it closes by its hours after they have arrived; null when it stays open for days */
  closesAt: z.nullable(instant),
  excluded: z.nullable(z.enum(exclusions)),
});
export type ShelterMatch = z.infer<typeof shelterMatch>;

/** Who looks for what. */
export interface Ask {
  people: Group;
  unit: PlaceUnit;
  needs: readonly ShelterFeature[];
  /** one house must take them all */
  together: boolean;
}
/** The way to a house, as far as it is known. */
export interface Trip {
  etaS: number | null;
  distanceM: number | null;
  /** a router that knows the roads found none */
  noWay: boolean;
}
export const unknownTrip: Trip = { etaS: null, distanceM: null, noWay: false };
/** The clock of the house's station, and how cold it is by its plan. */
interface Setting {
  now: Date;
  zone: string;
  level: PlanLevel;
}
type House = Pick<ShelterRow, 'id' | 'opening' | 'features'> & Parameters<typeof placesOf>[0];
type Held = Pick<HoldRow, 'unit' | 'kind' | 'people' | 'expiresAt' | 'status'>;

/**
 * Those a house admits. One for women and children takes nobody of whom it is not said: a man, or someone of whom nothing is
 * known, would be sent away at its door. A wheelchair or an infection says nothing of who somebody is.
 */
const admitted = ({ features }: Pick<House, 'features'>, people: Group): Group =>
  features.includes('women_and_children') ? { ...people, men: 0, any: 0 } : people;

const sum = (kinds: Iterable<BedKind>, counts: Beds): number => [...kinds].reduce((all, kind) => all + counts[kind], 0);
const isoOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** What one house is to them; `holds` are its own. Hours, places and reasons are those of the moment they arrive, or of now when that is not known. */
export function matchHouse(
  house: House,
  holds: readonly Held[],
  ask: Ask,
  trip: Trip,
  { now, zone, level }: Setting,
): ShelterMatch {
  const arrival = new Date(now.getTime() + (trip.etaS ?? 0) * 1000);
  const hoursNow = openAt(house.opening, now.getTime(), zone, level);
  const hours =
    hoursNow.changesAt !== null && arrival.getTime() >= hoursNow.changesAt
      ? openAt(house.opening, arrival.getTime(), zone, level)
      : hoursNow;

  const people = admitted(house, ask.people);
  const asked = bedKinds.filter((kind) => (people[kind] ?? 0) > 0);
  const suitable = new Set(asked.flatMap((kind) => mayTake[kind]));
  const placesAt = (at: Date) => placesOf(house, holds, ask.unit, at);
  const { available, capacity } = placesAt(now);
  // nothing but the end of a hold changes what is free on the way
  const running = holds.some(({ expiresAt }) => Date.parse(expiresAt) <= arrival.getTime());
  const later = running ? placesAt(arrival).available : available;
  const { beds } = allocate(people, available);
  const lacks = ask.needs.filter((feature) => !house.features.includes(feature));

  const whyNot = (): Exclusion | null => {
    const size = sizeOf(ask.people);
    if (house.status === 'closed' || (!hours.open && !hoursNow.open)) return 'closed';
    if (!hours.open) return 'closed_on_arrival';
    const welcome = sizeOf(people);
    if (welcome === 0 || (ask.together && welcome < size)) return 'women_and_children_only';
    const without = asked.filter((kind) => sum(mayTake[kind], capacity) === 0);
    if (without.length === asked.length || (ask.together && without.length > 0)) return 'no_such_places';
    const placed = sizeOf(allocate(people, later).beds);
    if (placed === 0) return 'full';
    if (ask.together && placed < size) return 'too_small';
    if (lacks.length > 0) return 'lacks_feature';
    return trip.noWay ? 'no_way' : null;
  };
  return {
    shelterId: house.id,
    etaS: trip.etaS,
    distanceM: trip.distanceM,
    arrivesAt: trip.etaS === null ? null : arrival.toISOString(),
    freeNow: sum(suitable, available),
    freeOnArrival: sum(suitable, later),
    takes: sizeOf(beds),
    beds,
    lacks,
    opensAt: hoursNow.open ? null : isoOf(hoursNow.changesAt),
    closesAt: hours.open ? isoOf(hours.changesAt) : null,
    excluded: whyNot(),
  };
}

const known = (value: number | null): number => value ?? Number.MAX_SAFE_INTEGER;
/** Those that take all now, the soonest first; then what takes some of them, or all by the time they arrive, the most first; then the excluded, the nearest first. */
export function inOrder<M extends ShelterMatch>(matches: readonly M[], people: Group): M[] {
  const size = sizeOf(people);
  const tier = ({ excluded, takes }: M): number => (excluded !== null ? 2 : takes < size ? 1 : 0);
  const soonest = (a: M, b: M): number => known(a.etaS) - known(b.etaS);
  const nearest = (a: M, b: M): number => known(a.distanceM) - known(b.distanceM);
  return [...matches].sort((a, b) => {
    const at = tier(a);
    return (
      at - tier(b) ||
      (at === 1 ? b.takes - a.takes : 0) ||
      (at === 2 ? nearest(a, b) : soonest(a, b) || nearest(a, b)) ||
      b.freeNow - a.freeNow ||
      a.shelterId.localeCompare(b.shelterId)
    );
  });
}

export const matchShelters = endpoint({
  name: 'matchShelters',
  method: 'POST',
  path: '/api/shelters/matches',
  who: [...desk, 'crew', 'shelter'],
  summary:
    'Shelters for people and their needs, the soonest that takes them first, then the excluded with the reason; holds nothing',
  replay: 'never',
  body: z.strictObject({
    people: group,
    unit: z.optional(z.enum(placeUnits)),
    needs: z.optional(z.array(z.enum(shelterFeatures)).check(z.maxLength(shelterFeatures.length))),
    /** false: they may be spread over several houses; a house that takes some of them is then none too small */
    together: z.optional(z.boolean()),
    /** where they are; else where the job's patrol is; a crew's own patrol when neither is said */
    from: z.optional(pointSchema),
    dispatchId: z.optional(idSchema),
  }),
  reply: z.object({ items: z.array(shelterMatch) }),
});
