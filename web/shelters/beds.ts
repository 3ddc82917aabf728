/** Which shelters suit people on the way, by the rules of the service, from rows, live holds and the time: for when it cannot be asked. */
import { distanceM, type LonLat } from '../../shared/geo.ts';
import { allocate, type Ask, type Group, inOrder, matchHouse, type ShelterMatch } from '../../shared/shelter-match.ts';
import { type BedKind, bedKinds, type HoldRow, type ShelterRow } from '../../shared/shelters.ts';

/** A house with what it is to them. */
export interface BedOffer {
  shelter: ShelterRow;
  match: ShelterMatch;
}

/** Offers in the order of the matches; a house that the picture has not is left out. */
export const offersOf = (
  matches: readonly ShelterMatch[],
  shelters: Readonly<Record<string, ShelterRow>>,
): BedOffer[] =>
  matches.flatMap((match) => {
    const shelter = shelters[match.shelterId];
    return shelter ? [{ shelter, match }] : [];
  });

/**
 * What this device makes of it by itself: no times on the way, straight distances, hours on the page's clock. At which level
 * the plan is it does not know: of hours that go by it, those of the coldest night are taken, since the staff said it is open.
 */
export function ownOffers(
  shelters: Readonly<Record<string, ShelterRow>>,
  holds: Readonly<Record<string, HoldRow>>,
  ask: Ask,
  from: LonLat | null,
  clock: { now: Date; zone: string },
): BedOffer[] {
  const matches = Object.values(shelters).map((shelter) =>
    matchHouse(
      shelter,
      Object.values(holds).filter(({ shelterId }) => shelterId === shelter.id),
      ask,
      {
        etaS: null,
        distanceM: from && shelter.position ? Math.round(distanceM(from, shelter.position.coordinates)) : null,
        noWay: false,
      },
      { ...clock, level: 'red' },
    ),
  );
  return offersOf(inOrder(matches, ask.people), shelters);
}

/** The holds that put them there: one for each kind of place. */
export const partsOf = ({ beds }: Pick<ShelterMatch, 'beds'>): { kind: BedKind; people: number }[] =>
  bedKinds.flatMap((kind) => (beds[kind] > 0 ? [{ kind, people: beds[kind] }] : []));
/** Who is still without a place after those. */
export const restOf = (people: Group, { beds }: Pick<ShelterMatch, 'beds'>): Group => allocate(people, beds).left;
