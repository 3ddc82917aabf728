/** Which shelters suit people on the way, and why the others do not. */
import * as z from 'zod/mini';
import { endpoint } from './contract.ts';
import { pointSchema } from './geo.ts';
import { idSchema, instant } from './ids.ts';
import { desk } from './roles.ts';
import { type BedKind, bedKinds, type Beds, noBeds, placeUnits, shelterFeatures } from './shelters.ts';

const some = z.optional(z.int().check(z.gte(0), z.lte(99)));
/** How many need which kind of place; those who need a room of their own sort may take one for anyone, see `mayTake`. */
const group = z
  .strictObject({ any: some, men: some, women: some, family: some, accessible: some, quarantine: some })
  .check(
    z.refine((counts) => Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0) > 0, 'nobody'),
  );
export type Group = z.infer<typeof group>;

/** Where somebody of each kind may be put, best first. Whoever needs a bed apart, for infection or for a wheelchair, needs that one. */
export const mayTake: Readonly<Record<BedKind, readonly BedKind[]>> = {
  any: ['any'],
  men: ['men', 'any'],
  women: ['women', 'any'],
  family: ['family', 'any'],
  accessible: ['accessible'],
  quarantine: ['quarantine'],
};

/** Puts people into free places, exact kinds first; what is left over found none. */
export function allocate(wanted: Group, free: Beds): { beds: Beds; left: number } {
  const beds = noBeds();
  const rest: Beds = { ...free };
  let left = 0;
  for (const kind of bedKinds) {
    let need = wanted[kind] ?? 0;
    for (const take of mayTake[kind].filter((each) => each !== 'any' || kind === 'any')) {
      const taken = Math.min(need, rest[take]);
      beds[take] += taken;
      rest[take] -= taken;
      need -= taken;
    }
    left += need;
  }
  // places for anyone go last, to those whose own kind had none left
  for (const kind of bedKinds) {
    if (kind === 'any' || !mayTake[kind].includes('any')) continue;
    const unplaced = Math.max(0, (wanted[kind] ?? 0) - free[kind]);
    const taken = Math.min(unplaced, rest.any);
    beds.any += taken;
    rest.any -= taken;
    left -= taken;
  }
  return { beds, left };
}

/** Why a shelter is not for them; words under `match.excluded.<code>`. */
export const exclusions = [
  'closed',
  'closed_on_arrival',
  'no_such_places',
  'full',
  'too_small',
  'women_and_children_only',
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
  /** from now to the door; null when it is not on the map or nobody knows where they are */
  etaS: z.nullable(z.number()),
  distanceM: z.nullable(z.number()),
  arrivesAt: z.nullable(instant),
  /** free now, and when they arrive: by then holds may have run out */
  freeNow: z.number(),
  freeOnArrival: z.number(),
  /** how many of them it takes, and in which kinds */
  takes: z.number(),
  beds,
  /** wanted, and not there */
  lacks: z.array(z.enum(shelterFeatures)),
  /** when it closes by its hours; null when it does not while they are likely to sleep */
  closesAt: z.nullable(instant),
  excluded: z.nullable(z.enum(exclusions)),
});
export type ShelterMatch = z.infer<typeof shelterMatch>;

export const matchShelters = endpoint({
  name: 'matchShelters',
  method: 'POST',
  path: '/api/shelters/matches',
  who: [...desk, 'crew', 'shelter'],
  summary: 'Shelters for people and their needs, the soonest that takes them first, then the excluded with the reason; holds nothing',
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
