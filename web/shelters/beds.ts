/** Which shelters suit people on the way: computed from rows, live holds and the time. */
import type { HoldRow, ShelterRow } from '../../shared/shelters.ts';
import { availability, type BedKind } from '../../shared/shelters.ts';
import { distanceM, type LonLat } from '../../shared/geo.ts';

/** What somebody on the way may need of a house beside a bed. */
export const wants = ['wheelchair', 'pet', 'couple', 'medical'] as const;
export type Want = (typeof wants)[number];
/** Houses tell what they have in words of their own, in either language; what is not told has to be asked. */
const tellsOf: Record<Want, RegExp> = {
  wheelchair: /无障碍|轮椅|wheelchair|accessible|step-free/i,
  pet: /宠物|犬|狗|猫|pet|dog|cat\b/i,
  couple: /夫妻|情侣|伴侣|家庭|couple|partner|family/i,
  medical: /医|护士|medical|nurse|doctor|clinic/i,
};
export function wantsOf(people: readonly { groups: readonly string[]; needs: readonly string[] }[]): Want[] {
  const any = (...codes: string[]): boolean =>
    people.some(({ groups, needs }) => codes.some((code) => groups.includes(code) || needs.includes(code)));
  const found: Record<Want, boolean> = {
    wheelchair: any('wheelchair', 'disabled'),
    pet: any('pet'),
    couple: any('couple'),
    medical: any('medicine', 'injury'),
  };
  return wants.filter((want) => found[want]);
}

export interface BedOffer {
  shelter: ShelterRow;
  /** the kind of bed to ask for: the wished one, or a bed for anyone in its place */
  kind: BedKind;
  /** free beds of that kind now */
  free: number;
  fits: boolean;
  /** wanted, and told of by the house; wanted, and not told of */
  has: Want[];
  untold: Want[];
  /** null for a place not on the map, or when we do not know where we are */
  distanceM: number | null;
}

/** Those with room first; within the same kilometre what is wanted and told of, then a room of the wished kind before a bed for anyone, then the nearest. */
export function bedOffers(
  shelters: Iterable<ShelterRow>,
  holds: readonly HoldRow[],
  now: Date,
  wish: { kind: BedKind; people: number; from: LonLat | null; wants?: readonly Want[] },
): BedOffer[] {
  const offers: BedOffer[] = [];
  for (const shelter of shelters) {
    if (shelter.kind === 'guidance') continue; // a guidance point has no beds
    const { available } = availability(
      shelter,
      holds.filter(({ shelterId }) => shelterId === shelter.id),
      now,
    );
    const exact = available[wish.kind] >= wish.people;
    const kind = exact || available.any < wish.people ? wish.kind : 'any';
    const tells = (want: Want): boolean => shelter.features.some((words) => tellsOf[want].test(words));
    const wanted = wish.wants ?? [];
    offers.push({
      has: wanted.filter(tells),
      untold: wanted.filter((want) => !tells(want)),
      shelter,
      kind,
      free: available[kind],
      fits: available[kind] >= wish.people,
      distanceM: wish.from && shelter.position ? distanceM(wish.from, shelter.position.coordinates) : null,
    });
  }
  const far = (offer: BedOffer): number => offer.distanceM ?? Number.MAX_SAFE_INTEGER;
  const kilometre = (offer: BedOffer): number => Math.floor(far(offer) / 1000);
  const instead = (offer: BedOffer): number => (offer.kind === wish.kind ? 0 : 1);
  return offers.sort(
    (a, b) =>
      Number(b.fits) - Number(a.fits) ||
      kilometre(a) - kilometre(b) ||
      a.untold.length - b.untold.length ||
      instead(a) - instead(b) ||
      far(a) - far(b) ||
      a.shelter.name.localeCompare(b.shelter.name),
  );
}

/** The kind of bed to begin with, from what the crew noticed about the people who come along. */
export function wishedKind(people: readonly { groups: readonly string[]; needs: readonly string[] }[]): BedKind {
  if (people.some(({ groups, needs }) => groups.includes('disabled') || needs.includes('wheelchair')))
    return 'accessible';
  if (people.some(({ groups }) => groups.includes('family') || groups.includes('minor'))) return 'family';
  if (people.length > 0 && people.every(({ groups }) => groups.includes('woman_alone') || groups.includes('pregnant')))
    return 'women';
  return 'any';
}
