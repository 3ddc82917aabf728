/** Who is put where: never somebody left out who could be placed, and one reason for a house that is not for them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocate,
  type Ask,
  type Exclusion,
  type Group,
  inOrder,
  matchHouse,
  mayTake,
  type ShelterMatch,
  sizeOf,
  type Trip,
  unknownTrip,
} from '../../shared/shelter-match.ts';
import { type BedKind, bedKinds, type Beds, noBeds, totalBeds } from '../../shared/shelters.ts';

const now = new Date('2026-01-15T13:00:00.000Z'); // 21:00 on a Thursday in Xi'an
const beds = (some: Partial<Beds>): Beds => ({ ...noBeds(), ...some });
const upTo = (most: number): fc.Arbitrary<Beds> =>
  fc.record(Object.fromEntries(bedKinds.map((kind) => [kind, fc.nat(most)])) as Record<BedKind, fc.Arbitrary<number>>);

/** As many as can be placed, by trying everything. */
function mostPlaced(people: readonly BedKind[], free: Beds): number {
  const [first, ...rest] = people;
  if (first === undefined) return 0;
  let most = mostPlaced(rest, free);
  for (const take of mayTake[first])
    if (free[take] > 0) most = Math.max(most, 1 + mostPlaced(rest, { ...free, [take]: free[take] - 1 }));
  return most;
}

describe('putting people into places', () => {
  it('leaves nobody out who could be placed, takes no more than is free, and whoever has a kind of their own takes that first', () => {
    fc.assert(
      fc.property(upTo(2), upTo(2), (people, free) => {
        const { beds: given, left } = allocate(people, free);
        const each = bedKinds.flatMap((kind) => Array.from({ length: people[kind] }, () => kind));
        expect(totalBeds(given)).toBe(mostPlaced(each, free));
        expect(totalBeds(given) + totalBeds(left)).toBe(sizeOf(people));
        for (const kind of bedKinds) {
          expect(given[kind]).toBeLessThanOrEqual(free[kind]);
          if (kind !== 'any') expect(given[kind]).toBe(Math.min(people[kind], free[kind]));
        }
      }),
      { numRuns: 300 },
    );
  });
});

type House = Parameters<typeof matchHouse>[0];
const house = (over: Partial<House> = {}): House => ({
  id: 'a',
  status: 'open',
  opening: [],
  features: [],
  beds: beds({ any: 2, women: 2 }),
  occupiedBeds: noBeds(),
  seats: noBeds(),
  occupiedSeats: noBeds(),
  surgeBeds: noBeds(),
  surgeOpen: false,
  ...over,
});
const ask = (people: Group, over: Partial<Ask> = {}): Ask => ({
  people,
  unit: 'bed',
  needs: [],
  together: true,
  ...over,
});
const setting = { now, zone: 'Asia/Shanghai', level: 'none' } as const;
const inMinutes = (min: number): Trip => ({ etaS: min * 60, distanceM: min * 500, noWay: false });
const held = (people: number, minutes: number) => ({
  unit: 'bed' as const,
  kind: 'any' as const,
  people,
  status: 'held' as const,
  expiresAt: new Date(now.getTime() + minutes * 60_000).toISOString(),
});
const nightly = (from: string, to: string, level: 'none' | 'blue' = 'none') => [
  { days: [1, 2, 3, 4, 5, 6, 7], from, to, level },
];
const match = (
  of: Partial<House>,
  people: Group,
  { trip = inMinutes(20), holds = [], ...more }: { trip?: Trip; holds?: ReturnType<typeof held>[] } & Partial<Ask> = {},
): ShelterMatch => matchHouse(house(of), holds, ask(people, more), trip, setting);

describe('one house', () => {
  it.each<[string, Exclusion | null, Partial<House>, Group, Parameters<typeof match>[2]?]>([
    ['takes them', null, {}, { any: 2 }],
    ['closed by its staff', 'closed', { status: 'closed', beds: noBeds() }, { any: 1 }],
    ['closed by its hours, now and then', 'closed', { opening: nightly('08:00', '18:00') }, { any: 1 }],
    ['closed while the plan is lower', 'closed', { opening: nightly('00:00', '24:00', 'blue') }, { any: 1 }],
    ['opens before they arrive', null, { opening: nightly('21:10', '08:00') }, { any: 1 }],
    ['closes before they arrive', 'closed_on_arrival', { opening: nightly('08:00', '21:10') }, { any: 1 }],
    ['has no such bed', 'no_such_places', {}, { quarantine: 1 }],
    ['has no bed for one of them', 'no_such_places', {}, { women: 1, accessible: 1 }],
    ['has none for one of them, who may go elsewhere', null, {}, { women: 1, accessible: 1 }, { together: false }],
    ['has seats only', 'no_such_places', { beds: noBeds(), seats: beds({ any: 9 }) }, { any: 1 }],
    ['has seats', null, { beds: noBeds(), seats: beds({ any: 9 }) }, { any: 1 }, { unit: 'seat' }],
    ['says it is full', 'full', { status: 'full' }, { any: 1 }],
    ['has every bed taken', 'full', { occupiedBeds: beds({ any: 2 }) }, { men: 1 }],
    ['is too small for all', 'too_small', {}, { any: 3 }],
    ['is too small, but some may go', null, {}, { any: 3 }, { together: false }],
    ['admits no man', 'women_and_children_only', { features: ['women_and_children'] }, { men: 1, women: 1 }],
    ['admits nobody unknown', 'women_and_children_only', { features: ['women_and_children'] }, { any: 1 }],
    ['admits women', null, { features: ['women_and_children'] }, { women: 3 }],
    [
      'admits those who are women',
      null,
      { features: ['women_and_children'] },
      { men: 1, women: 1 },
      { together: false },
    ],
    ['lacks what they need', 'lacks_feature', { features: ['pets'] }, { any: 1 }, { needs: ['pets', 'medical'] }],
    ['has what they need', null, { features: ['pets'] }, { any: 1 }, { needs: ['pets'] }],
    ['cannot be reached', 'no_way', {}, { any: 1 }, { trip: { ...unknownTrip, noWay: true } }],
    ['is somewhere', null, {}, { any: 1 }, { trip: unknownTrip }],
    // the most basic of several
    ['is closed, and full, and lacks it', 'closed', { status: 'closed' }, { any: 3 }, { needs: ['pets'] }],
    ['is too small, and lacks it', 'too_small', {}, { any: 3 }, { needs: ['pets'] }],
  ])('that %s: %s', (_what, excluded, of, people, more) => {
    expect(match(of, people, more).excluded).toBe(excluded);
  });

  it('counts a hold until its time, and whoever sleeps there for good', () => {
    const of = { beds: beds({ any: 5 }), occupiedBeds: beds({ any: 1 }) };
    const holds = [held(2, 15), held(1, 60)];
    expect(match(of, { any: 2 }, { holds })).toMatchObject({ freeNow: 1, freeOnArrival: 3, takes: 1, excluded: null });
    expect(match(of, { any: 2 }, { holds, trip: inMinutes(10) })).toMatchObject({
      freeOnArrival: 1,
      excluded: 'too_small',
    });
    // where nobody knows how long it takes, what is so now holds
    expect(match(of, { any: 2 }, { holds, trip: unknownTrip })).toMatchObject({
      freeOnArrival: 1,
      arrivesAt: null,
      excluded: 'too_small',
    });
  });
  it('says which beds they get, when it opens and closes, and what it lacks', () => {
    expect(
      match({ opening: nightly('21:10', '08:00') }, { women: 3, men: 1 }, { needs: ['pets'], together: false }),
    ).toMatchObject({
      arrivesAt: '2026-01-15T13:20:00.000Z',
      takes: 4,
      beds: beds({ women: 2, any: 2 }),
      lacks: ['pets'],
      opensAt: '2026-01-15T13:10:00.000Z',
      closesAt: '2026-01-16T00:00:00.000Z',
    });
    expect(match({ opening: nightly('18:00', '08:00') }, { any: 1 }).opensAt).toBeNull();
    // surge beds are there while they are open
    expect(match({ surgeBeds: beds({ any: 4 }) }, { any: 6 }).excluded).toBe('too_small');
    expect(match({ surgeBeds: beds({ any: 4 }), surgeOpen: true }, { any: 6 })).toMatchObject({ takes: 6 });
  });
});

it('those that take all come first by time, then those that take some, then the excluded by distance', () => {
  const of = (id: string, over: Partial<House>, trip: Trip): ShelterMatch =>
    matchHouse(house({ id, ...over }), [], ask({ any: 2 }, { together: false }), trip, setting);
  const matches = [
    of('closed far', { status: 'closed' }, inMinutes(50)),
    of('one bed', { beds: beds({ any: 1 }) }, inMinutes(1)),
    of('unknown place', {}, unknownTrip),
    of('far', {}, inMinutes(40)),
    of('closed near', { status: 'closed' }, inMinutes(5)),
    of('near', {}, inMinutes(9)),
  ];
  expect(inOrder(matches, { any: 2 }).map(({ shelterId }) => shelterId)).toEqual([
    'near',
    'far',
    'unknown place',
    'one bed',
    'closed near',
    'closed far',
  ]);
});
