/** How squares look: five steps of time and one for never; each square is painted once, and nothing else is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CoverageCell } from '../../shared/coverage.ts';
import { byLook, callOf, coverageSteps, stepEnds, stepOf } from '../../web/coverage/steps.ts';

const ends = stepEnds(24);

describe('steps', () => {
  it('end where the rule of the station says', () => {
    expect(ends).toEqual([2, 8, 24, 72]);
    expect(stepEnds(12)).toEqual([1, 4, 12, 36]);
  });
  it.each([
    [-1, 'never'],
    [0, 0],
    [2, 0],
    [2.01, 1],
    [8, 1],
    [9, 2],
    [24, 2],
    [25, 3],
    [72, 3],
    [73, 4],
    [10_000, 4],
  ] as const)('%d hours are step %s', (hours, step) => {
    expect(stepOf(hours, ends)).toBe(step);
  });
  it.each([
    [0, 'none'],
    [0.5, 'some'],
    [2.9, 'some'],
    [3, 'much'],
    [40, 'much'],
  ] as const)('a weight of %d calls %s', (weight, level) => {
    expect(callOf(weight)).toBe(level);
  });
  it('never go back as time goes on', () => {
    const hours = fc.double({ min: 0, max: 1000, noNaN: true });
    fc.assert(
      fc.property(hours, hours, fc.double({ min: 1, max: 720, noNaN: true }), (a, b, longAgo) => {
        const limits = stepEnds(longAgo);
        const [early, late] = a < b ? [a, b] : [b, a];
        expect(Number(stepOf(early, limits))).toBeLessThanOrEqual(Number(stepOf(late, limits)));
      }),
    );
  });
});

describe('what is painted', () => {
  it('is every square that was passed or is called to, once', () => {
    const cell: fc.Arbitrary<CoverageCell> = fc.tuple(
      fc.integer({ min: -500, max: 500 }),
      fc.integer({ min: -500, max: 500 }),
      fc.oneof(fc.constant(-1), fc.double({ min: 0, max: 400, noNaN: true })),
      fc.oneof(fc.constant(0), fc.double({ min: 0, max: 20, noNaN: true })),
    );
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 60 }), (cells) => {
        const { fills, calls } = byLook(cells, ends);
        const painted = [...fills.values()].flat();
        expect(new Set(painted).size).toBe(painted.length);
        expect(new Set(painted)).toEqual(new Set(cells.filter(([, , hours, weight]) => hours >= 0 || weight > 0)));
        expect(new Set([...calls.values()].flat())).toEqual(new Set(cells.filter(([, , , weight]) => weight > 0)));
        for (const [step, group] of fills) for (const [, , hours] of group) expect(step === 'never').toBe(hours < 0);
      }),
    );
    expect([...coverageSteps]).toEqual([0, 1, 2, 3, 4]);
  });
});
