import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timesBy } from '../../server/shelters/commands-hold-times.ts';
import {
  availability,
  type BedKind,
  bedKinds,
  type Beds,
  bedsNow,
  freshness,
  noBeds,
  type PlaceUnit,
  placeUnits,
  shelterStatuses,
  totalBeds,
} from '../../shared/shelters.ts';

const now = new Date('2026-01-15T13:00:00.000Z');
const at = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000);
const beds = (some: Partial<Beds>): Beds => ({ ...noBeds(), ...some });
const house = (over: Partial<Parameters<typeof availability>[0]> = {}): Parameters<typeof availability>[0] => ({
  status: 'open',
  beds: noBeds(),
  occupiedBeds: noBeds(),
  seats: noBeds(),
  occupiedSeats: noBeds(),
  surgeBeds: noBeds(),
  surgeOpen: false,
  ...over,
});
const hold = (kind: BedKind, people: number, minutes: number, unit: PlaceUnit = 'bed') => ({
  unit,
  kind,
  people,
  status: 'held' as const,
  expiresAt: at(minutes).toISOString(),
});

const anyBeds = fc.record(
  Object.fromEntries(bedKinds.map((kind) => [kind, fc.nat(60)])) as Record<BedKind, fc.Arbitrary<number>>,
);
const anyHouse = fc.record({
  status: fc.constantFrom(...shelterStatuses),
  beds: anyBeds,
  occupiedBeds: anyBeds,
  seats: anyBeds,
  occupiedSeats: anyBeds,
  surgeBeds: anyBeds,
  surgeOpen: fc.boolean(),
});
const anyHolds = fc.array(
  fc.record({
    unit: fc.constantFrom(...placeUnits),
    kind: fc.constantFrom(...bedKinds),
    people: fc.integer({ min: 1, max: 9 }),
    expiresAt: fc.integer({ min: -60, max: 60 }).map((minutes) => at(minutes).toISOString()),
    status: fc.constantFrom('held' as const, 'used' as const, 'expired' as const, 'cancelled' as const),
  }),
  { maxLength: 20 },
);

describe('what is free', () => {
  it('is what is neither taken nor held, by kind, beds and seats apart', () => {
    const free = availability(
      house({
        beds: beds({ any: 10, women: 4 }),
        occupiedBeds: beds({ any: 3 }),
        seats: beds({ any: 5 }),
        occupiedSeats: beds({ any: 1 }),
      }),
      [hold('any', 2, 30), hold('women', 4, 30), hold('any', 3, 30, 'seat')],
      now,
    );
    expect(free).toEqual({
      capacity: { ...beds({ any: 10, women: 4 }), total: 14 },
      available: { ...beds({ any: 5 }), total: 5 },
      occupied: 3,
      held: 6,
      over: 0,
      seats: {
        capacity: { ...beds({ any: 5 }), total: 5 },
        available: { ...beds({ any: 1 }), total: 1 },
        occupied: 1,
        held: 3,
        over: 0,
      },
    });
  });

  it('counts a hold until its time and not at it', () => {
    const one = house({ beds: beds({ any: 1 }) });
    expect(availability(one, [hold('any', 1, 1 / 60_000)], now).available.any).toBe(0);
    expect(availability(one, [hold('any', 1, 0)], now).available.any).toBe(1);
  });

  it('has the surge beds in it only while they are open, and says how many too many are taken after that', () => {
    const open = house({ beds: beds({ any: 2 }), surgeBeds: beds({ any: 3 }), surgeOpen: true });
    const four = [hold('any', 4, 30)];
    expect(availability(open, four, now)).toMatchObject({ capacity: { any: 5 }, available: { any: 1 }, over: 0 });
    expect(availability({ ...open, surgeOpen: false }, four, now)).toMatchObject({
      capacity: { any: 2 },
      available: { any: 0 },
      over: 2,
    });
  });

  it('and what is taken, held and over always add up, whatever is taken and held', () => {
    fc.assert(
      fc.property(anyHouse, anyHolds, (shelter, holds) => {
        const got = availability(shelter, holds, now);
        const live = holds.filter((each) => each.status === 'held' && Date.parse(each.expiresAt) > now.getTime());
        const units = [
          ['bed', got, bedsNow(shelter), shelter.occupiedBeds],
          ['seat', got.seats, shelter.seats, shelter.occupiedSeats],
        ] as const;
        for (const [unit, places, capacity, taken] of units) {
          const heldOf = (kind: BedKind): number =>
            live.reduce((sum, each) => sum + (each.unit === unit && each.kind === kind ? each.people : 0), 0);
          let over = 0;
          for (const kind of bedKinds) {
            const left = capacity[kind] - taken[kind] - heldOf(kind);
            expect(places.available[kind]).toBe(shelter.status === 'open' ? Math.max(0, left) : 0);
            over += Math.max(0, -left);
          }
          expect(places).toMatchObject({ over, occupied: totalBeds(taken), capacity: { total: totalBeds(capacity) } });
          expect(places.held).toBe(bedKinds.reduce((sum, kind) => sum + heldOf(kind), 0));
          expect(places.available.total).toBe(bedKinds.reduce((sum, kind) => sum + places.available[kind], 0));
        }
      }),
    );
  });
});

describe('the end of a hold', () => {
  const terms = (ends: number, eta: number | null, made = 0) => ({
    id: 'h',
    expiresAt: at(ends),
    etaAt: eta === null ? null : at(eta),
    createdAt: at(made),
    margin: 20,
    longest: 360,
  });
  it.each([
    ['moves when the patrol would be there less than the margin before it', 75, terms(90, 40), [75, 95]],
    ['stays while the margin is kept, and so does an estimate that wavers', 44, terms(90, 40), null],
    ['stays for less than a minute', 70.9, terms(90, 70), null],
    ['never comes nearer, though the patrol does', 10, terms(90, 40), [10, 90]],
    ['never goes beyond the longest', 350, terms(340, 300), [350, 360]],
    ['stays at the longest', 352, terms(360, 350), null],
    ['stays where it is beyond the longest already', 500, terms(400, 498, 0), null],
    ['is told of the first estimate', 30, terms(90, null), [30, 90]],
  ] as const)('%s', (_name, eta, known, expected) => {
    const times = timesBy(at(eta), known);
    expect(times).toEqual(expected && { id: 'h', etaAt: at(expected[0]), expiresAt: at(expected[1]) });
  });
});

describe('the age of a count', () => {
  it.each([
    [-1, 'fresh'],
    [0, 'fresh'],
    [1.99, 'fresh'],
    [2, 'ageing'],
    [8, 'ageing'],
    [8.01, 'stale'],
  ] as const)('%d h is %s by the default rule', (hours, expected) => {
    expect(freshness(new Date(now.getTime() - hours * 3_600_000), now, { fresh: 2, stale: 8 })).toBe(expected);
  });
});
