import { describe, expect, it } from 'vitest';
import { type JudgedFix, type Mark, marksOf } from '../../server/positions/marks.ts';
import type { LonLat } from '../../shared/geo.ts';

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

const table: [string, JudgedFix, JudgedFix | null, Mark[]][] = [
  ['an ordinary first fix', fix(), null, []],
  ['an ordinary next fix', fix({ position: north(100) }), fix({ at: now - 10_000 }), []],
  ['two minutes ahead', fix({ at: now + 120_000 }), null, []],
  ['more than two minutes ahead', fix({ at: now + 120_001 }), null, ['future']],
  ['a day ahead', fix({ at: now + 86_400_000 }), fix({ at: now }), ['future']],
  ['older than the latest', fix({ at: now - 1 }), fix(), ['backwards']],
  ['at the time of the latest', fix({ position: north(900) }), fix(), []],
  ['49 m/s', fix({ position: north(490) }), fix({ at: now - 10_000 }), []],
  ['51 m/s', fix({ position: north(510) }), fix({ at: now - 10_000 }), ['speed']],
  [
    '51 m/s within the accuracy of both',
    fix({ position: north(510), accuracyM: 10 }),
    fix({ at: now - 10_000, accuracyM: 5 }),
    [],
  ],
  [
    '2 km in a second, however inaccurate',
    fix({ position: north(2000), accuracyM: 4000 }),
    fix({ at: now - 1000, accuracyM: 4000 }),
    ['speed'],
  ],
  ['400 km/h by its own word', fix({ speedMps: 111 }), null, ['speed']],
  ['0,0', fix({ position: [0, 0] }), null, ['zero_island']],
  ['beside 0,0', fix({ position: [0.009, -0.009] }), null, ['zero_island']],
  ['off the coast of Ghana', fix({ position: [0.02, 4.9] }), null, []],
  ['within 5 km', fix({ accuracyM: 5000 }), null, []],
  ['anywhere in the city', fix({ accuracyM: 5001 }), null, ['accuracy']],
  [
    'everything at once',
    fix({ position: [0, 0], at: now + 200_000, accuracyM: 9000 }),
    fix(),
    ['future', 'speed', 'zero_island', 'accuracy'],
  ],
];

describe('a fix', () => {
  it.each(table)('%s', (_name, judged, before, marks) => {
    expect(marksOf(judged, before, limits, now)).toEqual(marks);
  });
});
