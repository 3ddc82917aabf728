/** The plan for all: what it must always be, whoever is out there. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, type Case, type Question, type Unit } from '../../server/dispatches/assign.ts';
import { estimateTable } from '../../server/dispatches/router-estimate.ts';
import { createSolver } from '../../server/dispatches/solver.ts';
import type { LonLat } from '../../shared/geo.ts';
import { expectedHarm, type HarmRules } from '../../shared/harm.ts';
import { priorities } from '../../shared/incidents.ts';

const harm: HarmRules = { steepness: 3, graceMin: 15, priority: { life_risk: 3, urgent: 1.5, normal: 1 } };
const pace = { mps: 25 / 3.6, walkMps: 4.5 / 3.6, detour: 1.4 };
const place = fc.tuple(
  fc.double({ min: 108.8, max: 109.1, noNaN: true }),
  fc.double({ min: 34.1, max: 34.4, noNaN: true }),
);
const oneCase = (kinds: number): fc.Arbitrary<Case> =>
  fc.record({
    place,
    pace: fc.constant(pace),
    clockMin: fc.integer({ min: 0, max: 600 }),
    priority: fc.constantFrom(...priorities),
    people: fc.integer({ min: 1, max: 5 }),
    field: fc.constant(0),
    kind: fc.nat(kinds - 1),
  });
const oneUnit = (kinds: number): fc.Arbitrary<Unit> =>
  fc.record({
    place,
    walks: fc.boolean(),
    kind: fc.nat(kinds - 1),
    shiftEndsInS: fc.option(fc.integer({ min: 0, max: 7200 })),
  });
const KINDS = 3;
/** A night with up to `most` of each, some pairs impossible, some crews ill-fitting. */
const question = (most: number): fc.Arbitrary<Question> =>
  fc
    .record({
      cases: fc.array(oneCase(KINDS), { maxLength: most }),
      units: fc.array(oneUnit(KINDS), { maxLength: most }),
      penalties: fc.array(fc.array(fc.constantFrom(0, 0, 5, 20, NaN), { minLength: KINDS, maxLength: KINDS }), {
        minLength: KINDS,
        maxLength: KINDS,
      }),
    })
    .map(({ cases, units, penalties }) => ({
      cases,
      units,
      penalties,
      rules: [{ harm, shiftEndMin: 15, jobS: 1200, againMin: 50 }],
      danger: cases.map((_, n) => n).sort((a, b) => (cases[a]?.clockMin ?? 0) - (cases[b]?.clockMin ?? 0) || a - b),
      seconds: null,
    }));
const can = ({ cases, units, penalties }: Question, unit: number, of: number): boolean =>
  !Number.isNaN(penalties[cases[of]?.kind ?? 0]?.[units[unit]?.kind ?? 0] ?? NaN);

/** Least harm over every way there is, nobody for some included. */
function bruteForce(asked: Question): number {
  const { cases, units, penalties } = asked;
  // nobody is served when nobody is in line
  const nobody = assign({ ...asked, danger: [] }).nearestFirst.map((each) => each.harm);
  const { seconds } = estimateTable(
    units.map((unit) => unit.place),
    cases.map((one) => one.place),
    cases.map((one) => one.pace),
    units.map((unit) => unit.walks),
  );
  const pairHarm = cases.map((one, of) =>
    units.map(({ kind, shiftEndsInS }, unit) => {
      if (!can(asked, unit, of)) return null;
      const etaS = Math.max(1, Math.ceil(seconds[unit * cases.length + of] ?? 0));
      const late = shiftEndsInS !== null && etaS + 1200 > shiftEndsInS ? 15 : 0;
      const minutes = etaS / 60 + (penalties[one.kind]?.[kind] ?? 0) + late;
      return Math.min(nobody[of] ?? 0, expectedHarm(one.clockMin, minutes, one, harm));
    }),
  );
  const best = (of: number, taken: number): number => {
    if (of === cases.length) return 0;
    let least = (nobody[of] ?? 0) + best(of + 1, taken);
    pairHarm[of]?.forEach((cost, unit) => {
      if (cost !== null && (taken & (1 << unit)) === 0)
        least = Math.min(least, cost + best(of + 1, taken | (1 << unit)));
    });
    return least;
  };
  return best(0, 0);
}

describe('harm', () => {
  it('grows with the ETA, falls with the clock, and is never more than the people', () => {
    const amount = fc.double({ min: 0, max: 2000, noNaN: true });
    fc.assert(
      fc.property(
        amount,
        amount,
        amount,
        fc.constantFrom(...priorities),
        fc.integer({ min: 1, max: 9 }),
        (clock, eta, more, priority, people) => {
          const at = (clockMin: number, etaMin: number): number =>
            expectedHarm(clockMin, etaMin, { priority, people }, harm);
          expect(at(clock, eta + more)).toBeGreaterThanOrEqual(at(clock, eta));
          expect(at(clock + more, eta)).toBeLessThanOrEqual(at(clock, eta));
          expect(at(clock, eta)).toBeLessThanOrEqual(people * harm.priority[priority]);
        },
      ),
    );
  });
  it('does not write off who is in danger already: they gain most by the nearest crew', () => {
    const life = { priority: 'life_risk', people: 1 } as const;
    const gain = (clock: number): number => expectedHarm(clock, 25, life, harm) - expectedHarm(clock, 8, life, harm);
    expect(gain(0)).toBeGreaterThan(gain(30));
    expect(gain(30)).toBeGreaterThan(gain(240));
  });
});

describe('the plan', () => {
  it('is feasible: one to one, only pairs that can be, and nobody left alone whom a free crew could reach', () => {
    fc.assert(
      fc.property(question(12), (asked) => {
        const { plan } = assign(asked);
        expect(plan).toHaveLength(asked.cases.length);
        const used = plan.flatMap(({ unit }) => unit ?? []);
        expect(new Set(used).size).toBe(used.length);
        plan.forEach(({ unit, etaS }, of) => {
          if (unit === null) {
            const idle = asked.units.some((_, other) => !used.includes(other) && can(asked, other, of));
            expect(idle).toBe(false);
          } else {
            expect(can(asked, unit, of)).toBe(true);
            expect(etaS).toBeGreaterThanOrEqual(1);
          }
        });
      }),
    );
  });

  it('is never worse than nearest-first', () => {
    fc.assert(
      fc.property(question(15), (asked) => {
        const { totals, plan, nearestFirst } = assign(asked);
        expect(totals.plan).toBeLessThanOrEqual(totals.nearestFirst);
        const sum = (all: typeof plan): number => all.reduce((total, each) => total + each.harm, 0);
        expect(totals).toEqual({ plan: sum(plan), nearestFirst: sum(nearestFirst) });
      }),
    );
  });

  it('is the best there is, as far as all ways can be tried', () => {
    fc.assert(
      fc.property(question(6), (asked) => {
        expect(assign(asked).totals.plan).toBeCloseTo(bruteForce(asked), 6);
      }),
      { numRuns: 60 },
    );
  });

  it('is the same each time', () => {
    fc.assert(
      fc.property(question(10), (asked) => {
        expect(assign(asked)).toEqual(assign(structuredClone(asked)));
      }),
      { numRuns: 30 },
    );
  });

  it('takes the nearest away from who can wait for who cannot', () => {
    const there: LonLat = [108.95, 34.25];
    const one = (over: Partial<Case>): Case => ({
      place: there,
      pace,
      clockMin: 300,
      priority: 'normal',
      people: 1,
      field: 0,
      kind: 0,
      ...over,
    });
    const asked: Question = {
      cases: [
        one({ clockMin: 60, priority: 'normal' }),
        one({ place: [108.99, 34.25], clockMin: 61, priority: 'life_risk', people: 3 }),
      ],
      units: [
        { place: [108.96, 34.25], walks: false, kind: 0, shiftEndsInS: null },
        { place: [108.8, 34.25], walks: false, kind: 0, shiftEndsInS: null },
      ],
      rules: [{ harm, shiftEndMin: 15, jobS: 1200, againMin: 50 }],
      penalties: [[0]],
      danger: [0, 1],
      seconds: null,
    };
    const { plan, nearestFirst, nearest, totals } = assign(asked);
    expect(nearestFirst.map(({ unit }) => unit)).toEqual([0, 1]);
    expect(plan.map(({ unit }) => unit)).toEqual([1, 0]);
    expect(nearest).toEqual([0, 0]);
    expect(totals.plan).toBeLessThan(totals.nearestFirst);
  });

  it('sends the only crew, however ill it fits, to who does not react rather than far away to who can wait', () => {
    const there: LonLat = [108.95, 34.25];
    const one = { pace, people: 1, field: 0, kind: 0 };
    const { plan } = assign({
      cases: [
        { ...one, place: [108.75, 34.25], clockMin: 150, priority: 'normal' },
        { ...one, place: there, clockMin: 0, priority: 'life_risk' },
      ],
      units: [{ place: there, walks: false, kind: 0, shiftEndsInS: null }],
      rules: [{ harm, shiftEndMin: 15, jobS: 1200, againMin: 50 }],
      penalties: [[28]],
      danger: [1, 0],
      seconds: null,
    });
    expect(plan.map(({ unit }) => unit)).toEqual([null, 0]);
  });

  it('believes the router where it said something, and counts what a crew lacks', () => {
    const there: LonLat = [108.95, 34.25];
    const one: Case = { place: there, pace, clockMin: 60, priority: 'normal', people: 1, field: 0, kind: 0 };
    const unit = (kind: number, shiftEndsInS: number | null = null): Unit => ({
      place: there,
      walks: false,
      kind,
      shiftEndsInS,
    });
    const base = { cases: [one], rules: [{ harm, shiftEndMin: 15, jobS: 1200, againMin: 50 }], danger: [0] };
    const chosen = (units: Unit[], penalties: number[], seconds: (number | null)[]): number | null =>
      assign({ ...base, units, penalties: [penalties], seconds: Float64Array.from(seconds, (cell) => cell ?? NaN) })
        .plan[0]?.unit ?? null;
    expect(chosen([unit(0), unit(0)], [0], [600, 599.5])).toBe(0);
    expect(chosen([unit(0), unit(0)], [0], [600, 500])).toBe(1);
    // no road known: estimated, and it stands right there
    expect(chosen([unit(0), unit(0)], [0], [600, null])).toBe(1);
    // five minutes farther, but it has the seats
    expect(chosen([unit(0), unit(1)], [20, 0], [300, 600])).toBe(1);
    expect(chosen([unit(0, 1500), unit(0)], [0], [301, 900])).toBe(1);
    expect(chosen([unit(0), unit(0)], [NaN], [300, 600])).toBe(null);
  });
});

describe('the thread', () => {
  const asked: Question = {
    cases: [{ place: [108.95, 34.25], pace, clockMin: 60, priority: 'normal', people: 1, field: 0, kind: 0 }],
    units: [{ place: [108.96, 34.25], walks: false, kind: 0, shiftEndsInS: null }],
    rules: [{ harm, shiftEndMin: 15, jobS: 1200, againMin: 50 }],
    penalties: [[0]],
    danger: [0],
    seconds: null,
  };
  it('answers as the function does, several at once, and nothing after it was closed', async () => {
    const solver = createSolver();
    const answers = await Promise.all([solver.solve(asked), solver.solve({ ...asked, seconds: Float64Array.of(77) })]);
    expect(answers[0]).toEqual(assign(asked));
    expect(answers[1]?.plan[0]?.etaS).toBe(77);
    await solver.close();
    await expect(solver.solve(asked)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('is ended when it takes too long, says when to try again, and starts anew', async () => {
    const solver = createSolver({ deadlineMs: 1 });
    await expect(solver.solve(asked)).rejects.toMatchObject({ code: 'unavailable', extra: { retryAfterS: 5 } });
    await solver.close();
    const broken = createSolver();
    await expect(broken.solve({ ...asked, rules: [] })).rejects.toThrow('no rules');
    await expect(broken.solve(asked)).resolves.toEqual(assign(asked));
    await broken.close();
  });
});
