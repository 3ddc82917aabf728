import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  availability,
  type BedKind,
  bedKinds,
  type Beds,
  freshness,
  noBeds,
  totalBeds,
} from '../../shared/shelters.ts';

const now = new Date('2026-01-15T13:00:00.000Z');
const beds = (some: Partial<Beds>): Beds => ({ ...noBeds(), ...some });
const hold = (kind: BedKind, people: number, minutes: number, status: 'held' | 'used' = 'held') => ({
  kind,
  people,
  status,
  expiresAt: new Date(now.getTime() + minutes * 60_000).toISOString(),
});

const anyBeds = fc.record(
  Object.fromEntries(bedKinds.map((kind) => [kind, fc.nat(60)])) as Record<BedKind, fc.Arbitrary<number>>,
);
const anyHolds = fc.array(
  fc.record({
    kind: fc.constantFrom(...bedKinds),
    people: fc.integer({ min: 1, max: 9 }),
    minutes: fc.integer({ min: -60, max: 60 }),
    status: fc.constantFrom('held' as const, 'used' as const, 'expired' as const, 'cancelled' as const),
  }),
  { maxLength: 20 },
);

describe('what is free', () => {
  it('is what is neither taken nor held, by kind', () => {
    const free = availability(
      { beds: beds({ any: 10, women: 4 }), occupiedBeds: beds({ any: 3 }), status: 'open' },
      [hold('any', 2, 30), hold('women', 4, 30)],
      now,
    );
    expect(free).toEqual({
      capacity: { ...beds({ any: 10, women: 4 }), total: 14 },
      available: { ...beds({ any: 5 }), total: 5 },
      occupied: 3,
      held: 6,
    });
  });

  it('counts a hold until its time and not at it', () => {
    const shelter = { beds: beds({ any: 1 }), occupiedBeds: noBeds(), status: 'open' as const };
    expect(availability(shelter, [hold('any', 1, 1)], now).available.any).toBe(0);
    expect(availability(shelter, [hold('any', 1, 0)], now).available.any).toBe(1);
  });

  it('is nothing unless the place is open, while what is taken still counts', () => {
    for (const status of ['full', 'closed'] as const) {
      const { available, occupied } = availability(
        { beds: beds({ any: 10 }), occupiedBeds: beds({ any: 2 }), status },
        [],
        now,
      );
      expect(available).toEqual({ ...noBeds(), total: 0 });
      expect(occupied).toBe(2);
    }
  });

  it('is never less than nothing, and never more than the beds, whatever is taken and held', () => {
    fc.assert(
      fc.property(
        anyBeds,
        anyBeds,
        anyHolds,
        fc.constantFrom('open' as const, 'full' as const, 'closed' as const),
        (capacity, taken, holds, status) => {
          const counted = holds.map(({ kind, people, minutes, status: state }) => ({
            kind,
            people,
            status: state,
            expiresAt: new Date(now.getTime() + minutes * 60_000).toISOString(),
          }));
          const { available, held, occupied } = availability(
            { beds: capacity, occupiedBeds: taken, status },
            counted,
            now,
          );
          const live = counted.filter((each) => each.status === 'held' && Date.parse(each.expiresAt) > now.getTime());
          expect(held).toBe(live.reduce((sum, each) => sum + each.people, 0));
          expect(occupied).toBe(totalBeds(taken));
          expect(available.total).toBe(bedKinds.reduce((sum, kind) => sum + available[kind], 0));
          for (const kind of bedKinds) {
            expect(available[kind]).toBeGreaterThanOrEqual(0);
            expect(available[kind]).toBeLessThanOrEqual(capacity[kind]);
            const heldHere = live.filter((each) => each.kind === kind).reduce((sum, each) => sum + each.people, 0);
            if (available[kind] > 0) expect(available[kind] + taken[kind] + heldHere).toBe(capacity[kind]);
          }
        },
      ),
    );
  });
});

describe('the age of a count', () => {
  it.each([
    [0, 'fresh'],
    [1.99, 'fresh'],
    [2, 'ageing'],
    [8, 'ageing'],
    [8.01, 'stale'],
  ] as const)('%d h is %s by the default rule', (hours, expected) => {
    expect(freshness(new Date(now.getTime() - hours * 3_600_000), now, { fresh: 2, stale: 8 })).toBe(expected);
  });
});
