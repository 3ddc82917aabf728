/** Which shelters suit people on the way: computed from rows, live holds and the time. */
import type { HoldRow, ShelterRow } from '../../shared/shelters.ts';
import { availability, type BedKind } from '../../shared/shelters.ts';
import { distanceM, type LonLat } from '../../shared/geo.ts';

export interface BedOffer {
  shelter: ShelterRow;
  /** the kind of bed to ask for: the wished one, or a bed for anyone in its place */
  kind: BedKind;
  /** free beds of that kind now */
  free: number;
  fits: boolean;
  /** null for a place not on the map, or when we do not know where we are */
  distanceM: number | null;
}

/** Those with room first, a room of the wished kind before a bed for anyone within the same kilometre, then the nearest. */
export function bedOffers(
  shelters: Iterable<ShelterRow>,
  holds: readonly HoldRow[],
  now: Date,
  wish: { kind: BedKind; people: number; from: LonLat | null },
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
    offers.push({
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
