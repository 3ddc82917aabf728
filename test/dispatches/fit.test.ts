/** What speaks for and against a crew, as a table; and what must hold for any. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Crew, fit, type FitRules, needOf } from '../../server/dispatches/fit.ts';

const rules: FitRules = {
  penalties: { seats: 20, skill: 8, language: 5, supplies: 4, shift_end: 15 },
  jobS: 20 * 60,
};
const crew: Crew = { spareSeats: 3, skills: [], supplies: true, shiftEndsInS: null };
const need = { people: 1, skills: [] as string[] };

describe('fit', () => {
  it.each<[string, Partial<typeof need>, Partial<Crew>, number | null, string[], number]>([
    ['all is there', {}, {}, 60, ['seats', 'supplies'], 0],
    ['just enough seats', { people: 3 }, {}, 60, ['seats', 'supplies'], 0],
    ['one seat too few', { people: 4 }, {}, 60, ['missing_seats', 'supplies'], 20],
    ['more crew than seats', {}, { spareSeats: -1 }, 60, ['missing_seats', 'supplies'], 20],
    ['on foot', {}, { spareSeats: null }, 60, ['on_foot', 'supplies'], 20],
    [
      'a medic is wanted and there',
      { skills: ['medical'] },
      { skills: ['medical'] },
      60,
      ['seats', 'medical', 'supplies'],
      0,
    ],
    ['nobody is wanted who is there', {}, { skills: ['medical', 'woman'] }, 60, ['seats', 'supplies'], 0],
    [
      'two of three skills are missing',
      { skills: ['lift', 'medical', 'woman'] },
      { skills: ['woman'] },
      60,
      ['seats', 'missing_lift', 'missing_medical', 'woman', 'supplies'],
      16,
    ],
    [
      'the language is spoken',
      { skills: ['lang:ug'] },
      { skills: ['lang:ug'] },
      60,
      ['seats', 'speaks', 'supplies'],
      0,
    ],
    [
      'one of two languages is',
      { skills: ['lang:en', 'lang:ug'] },
      { skills: ['lang:ug'] },
      60,
      ['seats', 'missing_language', 'supplies'],
      5,
    ],
    ['nothing aboard', {}, { supplies: false }, 60, ['seats', 'missing_supplies'], 4],
    ['nobody keeps a register', {}, { supplies: null }, 60, ['seats'], 0],
    ['the job is done as the shift ends', {}, { shiftEndsInS: 1800 }, 600, ['seats', 'supplies'], 0],
    ['the shift ends a second before', {}, { shiftEndsInS: 1799 }, 600, ['seats', 'supplies', 'shift_ends'], 15],
    ['the shift is over', {}, { shiftEndsInS: -1 }, null, ['seats', 'supplies', 'shift_ends'], 15],
    ['nobody knows when it comes', {}, { shiftEndsInS: 60 }, null, ['seats', 'supplies'], 0],
  ])('%s', (_what, wants, brings, arrivesInS, reasons, penaltyMin) => {
    expect(fit({ ...need, ...wants }, { ...crew, ...brings }, arrivesInS, rules)).toEqual({ reasons, penaltyMin });
  });

  it('needs what the desk wants and what the signs ask for, each once', () => {
    const rule = [
      { sign: 'child', skill: 'woman' },
      { sign: 'pregnant', skill: 'woman' },
      { sign: 'pregnant', skill: 'medical' },
      { sign: 'wet', skill: 'lift' },
    ];
    expect(needOf({ people: 2, signs: ['child', 'pregnant'], wants: ['lang:ug', 'medical'] }, rule)).toEqual({
      people: 2,
      skills: ['lang:ug', 'medical', 'woman'],
    });
  });

  it('whatever a crew gains never costs more, and no reason is said twice', () => {
    const skills = fc.uniqueArray(fc.constantFrom('woman', 'medical', 'lift', 'lang:ug', 'lang:en'));
    fc.assert(
      fc.property(
        fc.record({ people: fc.integer({ min: 1, max: 9 }), skills }),
        fc.record({
          spareSeats: fc.option(fc.integer({ min: -3, max: 9 })),
          skills,
          supplies: fc.option(fc.boolean()),
          shiftEndsInS: fc.option(fc.integer({ min: -100, max: 9000 })),
        }),
        fc.option(fc.integer({ min: 1, max: 9000 })),
        fc.constantFrom('woman', 'medical', 'lift', 'lang:ug', 'lang:en'),
        (wanted, brings, arrivesInS, more) => {
          const now = fit(wanted, brings, arrivesInS, rules);
          expect(new Set(now.reasons).size).toBe(now.reasons.length);
          const better = {
            ...brings,
            spareSeats: (brings.spareSeats ?? 0) + 1,
            skills: [...new Set([...brings.skills, more])],
          };
          expect(fit(wanted, better, arrivesInS, rules).penaltyMin).toBeLessThanOrEqual(now.penaltyMin);
          // against is said exactly where it costs
          const against = now.reasons.some((reason) => /^(missing_|on_foot|shift_ends)/.test(reason));
          expect(now.penaltyMin > 0).toBe(against);
        },
      ),
    );
  });
});
