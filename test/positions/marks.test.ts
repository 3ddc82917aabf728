import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JudgedFix, marksOf, type Neighbours } from '../../server/positions/marks.ts';
import type { LonLat } from '../../shared/geo.ts';
import { disbelieved, fixMarks, isBelieved, type Mark } from '../../shared/positions.ts';

const now = Date.parse('2026-01-15T13:00:00.000Z');
const limits = { maxAheadMs: 120_000, maxSpeedMps: 180 / 3.6, worstAccuracyM: 5000, slackM: 100 };
const here: LonLat = [108.95, 34.26];
/** Metres north of `here`. */
const north = (metres: number): LonLat => [here[0], here[1] + metres / 111_195];
const fix = (over: Partial<JudgedFix> = {}): JudgedFix => ({
  position: here,
  at: now,
  accuracyM: null,
  speedMps: null,
  ...over,
});
const alone: Neighbours = { before: null, latestAt: null };
const after = (over: Partial<JudgedFix>): Neighbours => {
  const before = fix(over);
  return { before, latestAt: before.at };
};

const table: [string, JudgedFix, Neighbours, Mark[]][] = [
  ['an ordinary first fix', fix(), alone, []],
  ['an ordinary next fix', fix({ position: north(100) }), after({ at: now - 10_000 }), []],
  ['less than two minutes ahead', fix({ at: now + 119_999 }), alone, []],
  ['two minutes ahead', fix({ at: now + 120_000 }), alone, []],
  ['more than two minutes ahead', fix({ at: now + 120_001 }), alone, ['future']],
  ['a day ahead', fix({ at: now + 86_400_000 }), after({ at: now }), ['future']],
  ['older than the latest', fix({ at: now - 1 }), { before: null, latestAt: now }, ['backwards']],
  ['as old as the latest', fix(), { before: null, latestAt: now }, []],
  ['newer than the latest', fix({ at: now + 1 }), { before: null, latestAt: now }, []],
  ['at the moment of its neighbour, elsewhere', fix({ position: north(900) }), after({}), ['duplicate']],
  ['a ms after its neighbour', fix({ at: now + 1 }), after({}), []],
  ['49 m/s', fix({ position: north(490) }), after({ at: now - 10_000 }), []],
  ['50 m/s', fix({ position: north(499.9) }), after({ at: now - 10_000 }), []],
  ['51 m/s', fix({ position: north(510) }), after({ at: now - 10_000 }), ['speed']],
  [
    '51 m/s within the accuracy of both',
    fix({ position: north(510), accuracyM: 10 }),
    after({ at: now - 10_000, accuracyM: 5 }),
    [],
  ],
  [
    '2 km in a second, however inaccurate',
    fix({ position: north(2000), accuracyM: 4000 }),
    after({ at: now - 1000, accuracyM: 4000 }),
    ['speed'],
  ],
  ['180 km/h by its own word', fix({ speedMps: 50 }), alone, []],
  ['400 km/h by its own word', fix({ speedMps: 111 }), alone, ['speed']],
  ['0,0', fix({ position: [0, 0] }), alone, ['zero_island']],
  ['at the edge of 0,0', fix({ position: [0.01, -0.01] }), alone, ['zero_island']],
  ['just beyond it', fix({ position: [0.0101, 0] }), alone, []],
  ['off the coast of Ghana', fix({ position: [0.02, 4.9] }), alone, []],
  ['within 4,999 m', fix({ accuracyM: 4999 }), alone, []],
  ['within 5 km', fix({ accuracyM: 5000 }), alone, []],
  ['anywhere in the city', fix({ accuracyM: 5001 }), alone, ['accuracy']],
  ['unsure by its own word', fix({ unsure: true }), alone, ['accuracy']],
  [
    'everything at once',
    fix({ position: [0, 0], at: now + 200_000, accuracyM: 9000 }),
    { before: fix(), latestAt: now + 300_000 },
    ['future', 'backwards', 'speed', 'zero_island', 'accuracy'],
  ],
];

describe('a fix', () => {
  it.each(table)('%s', (_name, judged, neighbours, marks) => {
    expect(marksOf(judged, neighbours, limits, now)).toEqual(marks);
  });

  it('has in the table each mark there is', () => {
    expect(new Set(table.flatMap(([, , , marks]) => marks))).toEqual(new Set(fixMarks));
  });

  it('is believed when it only came late', () => {
    expect(disbelieved).not.toContain('backwards');
    for (const mark of fixMarks) expect(isBelieved([mark])).toBe(mark === 'backwards');
    expect(isBelieved([])).toBe(true);
  });

  it('never loses a mark by being worse', () => {
    const amount = fc.double({ min: 0, max: 400, noNaN: true });
    fc.assert(
      fc.property(amount, amount, amount, amount, fc.boolean(), (metres, more, speed, accuracy, unsure) => {
        const neighbours = after({ at: now - 1000 });
        const judged = fix({ position: north(metres), speedMps: speed });
        const worse = [
          fix({ ...judged, position: north(metres + more) }),
          fix({ ...judged, speedMps: speed + more }),
          fix({ ...judged, unsure }),
          fix({ ...judged, position: north(metres), at: now, speedMps: speed, unsure: true }),
        ];
        const marks = marksOf(judged, neighbours, limits, now);
        for (const each of worse) expect(marksOf(each, neighbours, limits, now)).toEqual(expect.arrayContaining(marks));
        // a wider circle is worse for itself, and an excuse for a jump no further than the slack
        const vague = (accuracyM: number): Mark[] => marksOf(fix({ accuracyM }), alone, limits, now);
        expect(vague(accuracy * 50)).toEqual(expect.arrayContaining(vague(accuracy * 25)));
        const ahead = (ms: number): Mark[] => marksOf(fix({ at: now + ms }), alone, limits, now);
        expect(ahead((speed + more) * 1000)).toEqual(expect.arrayContaining(ahead(speed * 1000)));
      }),
    );
  });
});
