/** Check-in by geofence: who was there is seen, who only drove near by is not. */
import { destination } from '@turf/turf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distanceM, type LonLat } from '../../shared/geo.ts';
import {
  type Fence,
  type FenceArrival,
  type FenceFix,
  type FenceMemory,
  noFenceMemory,
  sideOf,
  watchFences,
} from '../../shared/geofence.ts';

const CENTRE: LonLat = [108.94, 34.26];
const fence = (radiusM = 60): Fence => ({ id: 'stop', position: { coordinates: CENTRE }, radiusM });
const away = (metres: number, bearing = 90): LonLat =>
  destination(CENTRE, metres, bearing, { units: 'meters' }).geometry.coordinates as LonLat;
/** seconds, metres from the middle, accuracy */
type Step = readonly [s: number, m: number, accuracyM: number] | readonly [s: number];
function walk(steps: readonly Step[], radiusM = 60): FenceArrival[] {
  let memory: FenceMemory = noFenceMemory;
  const told: FenceArrival[] = [];
  for (const [s, m, accuracyM] of steps) {
    const fix: FenceFix | null =
      m === undefined || accuracyM === undefined ? null : { position: away(m), accuracyM, at: s * 1000 };
    const left = told.length > 0 ? [] : [fence(radiusM)];
    const step = watchFences(memory, left, fix, s * 1000);
    memory = step.memory;
    told.push(...step.arrivals);
  }
  return told;
}

describe('one fix', () => {
  it.each([
    [0, 12, 'in'],
    [47, 12, 'in'],
    [49, 12, 'unsure'],
    [70, 12, 'unsure'],
    [73, 12, 'out'],
    [0, 61, 'unsure'],
    [500, 400, 'out'],
    [0, 5000, 'unsure'],
  ] as const)('%d m away with an accuracy of %d m is %s', (metres, accuracyM, side) => {
    expect(sideOf(fence(), { position: away(metres), accuracyM, at: 0 })).toBe(side);
  });
});

describe('an arrival', () => {
  it.each<[string, readonly Step[], number | null]>([
    [
      'two fixes inside',
      [
        [0, 200, 10],
        [5, 20, 10],
        [10, 10, 10],
      ],
      5,
    ],
    [
      'a second fix at once',
      [
        [5, 20, 10],
        [6, 10, 10],
      ],
      5,
    ],
    ['one fix inside and then nothing for ten seconds', [[5, 20, 10], [14], [15]], 5],
    ['one fix inside and then nothing for nine', [[5, 20, 10], [14]], null],
    [
      'one fix inside, then an unsure one, later',
      [
        [5, 20, 10],
        [9, 70, 40],
        [16, 70, 40],
      ],
      5,
    ],
    [
      'an outlier',
      [
        [0, 200, 10],
        [5, 20, 10],
        [6, 200, 10],
        [30, 200, 10],
      ],
      null,
    ],
    ['an outlier twice, with the truth between', [[5, 20, 10], [6, 200, 10], [7, 20, 10], [8, 200, 10], [40]], null],
    ['standing just outside', [[0, 66, 5], [10, 67, 5], [20, 66, 5], [60]], null],
    ['a signal too poor to say', [[0, 5, 80], [10, 5, 80], [60, 5, 80], [90]], null],
    [
      'the same fix twice',
      [
        [5, 20, 10],
        [5, 20, 10],
      ],
      null,
    ],
    ['an older fix that comes late', [[5, 200, 10], [3, 20, 10], [4, 20, 10], [40]], null],
  ])('%s', (_, steps, at) => {
    expect(walk(steps).map(({ at: ms }) => ms / 1000)).toEqual(at === null ? [] : [at]);
  });

  it('is told once for each of several places, and not for one that was taken from the list', () => {
    const near = [
      fence(),
      { ...fence(100), id: 'other' },
      { ...fence(), id: 'far', position: { coordinates: away(900) } },
    ];
    const first = watchFences(noFenceMemory, near, { position: CENTRE, accuracyM: 10, at: 0 }, 0);
    expect(first.arrivals).toEqual([]);
    const second = watchFences(first.memory, near.slice(1), { position: CENTRE, accuracyM: 10, at: 2000 }, 2000);
    expect(second.arrivals).toEqual([{ id: 'other', at: 0 }]);
    expect(watchFences(second.memory, near.slice(2), null, 60_000).arrivals).toEqual([]);
  });
});

/** A way past the place: straight, at a speed, passing it at a distance, with fixes that err within what they say. */
const passing = fc.record({
  passM: fc.double({ min: 0, max: 300, noNaN: true }),
  speed: fc.double({ min: 0.5, max: 60 / 3.6, noNaN: true }),
  everyS: fc.constantFrom(1, 2, 5, 10),
  radiusM: fc.integer({ min: 10, max: 200 }),
  errors: fc.array(
    fc.record({
      accuracyM: fc.double({ min: 3, max: 60, noNaN: true }),
      part: fc.double({ min: 0, max: 0.99, noNaN: true }),
      bearing: fc.double({ min: -180, max: 180, noNaN: true }),
    }),
    { minLength: 400, maxLength: 400 },
  ),
});
function drive({ passM, speed, everyS, radiusM, errors }: typeof passing extends fc.Arbitrary<infer T> ? T : never) {
  let memory = noFenceMemory;
  let nearest = Infinity;
  let arrived: FenceArrival | undefined;
  const line = away(passM, 0);
  for (const [n, { accuracyM, part, bearing }] of errors.entries()) {
    const s = n * everyS;
    const truth = destination(line, (s - 200 * everyS) * speed, 90, { units: 'meters' }).geometry.coordinates as LonLat;
    nearest = Math.min(nearest, distanceM(truth, CENTRE));
    const position = destination(truth, accuracyM * part, bearing, { units: 'meters' }).geometry.coordinates as LonLat;
    if (arrived) continue;
    const step = watchFences(memory, [fence(radiusM)], { position, accuracyM, at: s * 1000 }, s * 1000);
    memory = step.memory;
    [arrived] = step.arrivals;
  }
  return { arrived: arrived !== undefined, nearest };
}

describe('driving past at up to 60 km/h', () => {
  it('never counts when the way stayed outside, however the fixes err', () => {
    fc.assert(
      fc.property(passing, (given) => {
        const { arrived, nearest } = drive(given);
        if (nearest > given.radiusM) expect(arrived).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
  it('counts when two fixes in a row were well inside', () => {
    fc.assert(
      fc.property(passing, (given) => {
        const errors = given.errors.map((one) => ({ ...one, accuracyM: one.accuracyM / 3 }));
        expect(drive({ ...given, passM: 0, everyS: 1, radiusM: 200, errors }).arrived).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
