/** What a drawing board works out: orders, lengths, outlines, directions; and what becomes of a run without a signal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LonLat, point } from '../../shared/geo.ts';
import type { RoundRow, RunRow } from '../../shared/rounds.ts';
import { runAfter, runOf } from '../../shared/run-steps.ts';
import { progressOf, wayTo } from '../../web/rounds/progress.ts';
import { reordered, shorterOrder, wayM } from '../../web/rounds/way.ts';
import { cornersOf, middleOf, outlineOf, outlineProblem, withCorner } from '../../web/sites/outline.ts';

const near = fc.tuple(
  fc.double({ min: 108.8, max: 109.1, noNaN: true }),
  fc.double({ min: 34.1, max: 34.4, noNaN: true }),
) as fc.Arbitrary<LonLat>;
const at = (position: LonLat) => ({ position: point(...position) });
const lengthOf = (stops: readonly { position: { coordinates: LonLat } }[]): number =>
  wayM(stops.map(({ position }) => position.coordinates));

describe('the order of stops', () => {
  it('gets no longer by shortening, keeps its first stop and every other', () => {
    fc.assert(
      fc.property(fc.array(near, { maxLength: 25 }), (positions) => {
        const stops = positions.map(at);
        const shorter = shorterOrder(stops);
        expect(lengthOf(shorter)).toBeLessThanOrEqual(lengthOf(stops) + 0.001);
        expect(shorter[0]).toBe(stops[0]);
        expect(new Set(shorter)).toEqual(new Set(stops));
        expect(shorter).toHaveLength(stops.length);
      }),
      { numRuns: 60 },
    );
  });
  it('is untangled where the way crosses itself', () => {
    const line = [0, 3, 1, 4, 2, 5].map((n) => ({ n, ...at([108.9 + n / 100, 34.2]) }));
    expect(shorterOrder(line).map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5]);
  });
  it.each([
    [0, 2, 'bca'],
    [2, 0, 'cab'],
    [1, 1, 'abc'],
    [0, 9, 'bca'],
    [7, 0, 'abc'],
  ])('%d to %d makes %s', (from, to, order) => {
    expect(reordered(['a', 'b', 'c'], from, to).join('')).toBe(order);
  });
});

describe('the way to the next stop', () => {
  it.each([
    [0, 0.01, 'n'],
    [0.01, 0.008, 'ne'],
    [0.01, 0, 'e'],
    [0.01, -0.008, 'se'],
    [0, -0.01, 's'],
    [-0.01, -0.008, 'sw'],
    [-0.01, 0, 'w'],
    [-0.01, 0.008, 'nw'],
  ] as const)('%d east and %d north is %s', (east, north, toward) => {
    expect(wayTo([108.9, 34.2], [108.9 + east, 34.2 + north]).toward).toBe(toward);
  });
});

describe('an outline', () => {
  const corner = (lon: number, lat: number) => ({
    id: `${String(lon)} ${String(lat)}`,
    position: [lon, lat] as LonLat,
  });
  const square = [corner(108.9, 34.2), corner(108.91, 34.2), corner(108.91, 34.21), corner(108.9, 34.21)];
  it('is closed, and read back with the same corners', () => {
    const outline = outlineOf(square);
    expect(outline.coordinates[0]?.[0]).toEqual(outline.coordinates[0]?.at(-1));
    expect(cornersOf(outline).map(({ position }) => position)).toEqual(square.map(({ position }) => position));
    expect(middleOf(square)).toEqual([108.905, 34.205]);
    expect(cornersOf(null)).toEqual([]);
  });
  it.each([
    ['a line', square.slice(0, 2), 'few'],
    ['a square', square, null],
    ['a bow tie', [0, 2, 1, 3].flatMap((n) => square.slice(n, n + 1)), 'crossed'],
  ] as const)('that is %s: %s', (_, corners, problem) => {
    expect(outlineProblem(corners)).toBe(problem);
  });
  it('takes a new corner into the side it lies beside', () => {
    const added = withCorner(square, corner(108.905, 34.2001));
    expect(added.map(({ id }) => id).indexOf('108.905 34.2001')).toBe(1);
    expect(outlineProblem(added)).toBeNull();
    const last = withCorner(square, corner(108.8999, 34.205));
    expect(last.at(-1)?.id).toBe('108.8999 34.205');
  });
});

describe('a run on a phone without a signal', () => {
  const round: RoundRow = {
    id: 'r',
    version: 3,
    stationId: 's',
    name: 'river',
    note: null,
    active: true,
    stops: ['a', 'b', 'c'].map((id) => ({ id, name: id, position: point(108.9, 34.2), radiusM: 60, siteId: null })),
  };
  const begun = runOf(round, { id: 'run', patrolId: 'p', at: '2026-01-10T20:00:00.000Z' });
  const states = (run: RunRow): string => run.stops.map(({ state }) => state[0]).join('');
  const visit = { stopId: 'a', state: 'visited', how: 'geofence', at: '2026-01-10T20:10:00.000Z' } as const;
  const skip = { stopId: 'b', state: 'skipped', reason: 'locked', at: '2026-01-10T20:20:00.000Z' } as const;

  it('begins with all stops to do', () => {
    expect(states(begun)).toBe('ttt');
    expect(progressOf(begun)).toMatchObject({ all: 3, visited: 0, skipped: 0, next: { id: 'a' } });
  });
  it('is the same after a second visit or a second skip, and a skip takes no visit back', () => {
    const run = runAfter(runAfter(begun, visit), skip);
    expect(states(run)).toBe('vst');
    for (const again of [
      { ...visit, at: '2026-01-10T23:00:00.000Z', how: 'hand' as const },
      { ...skip, reason: 'other' },
      { ...visit, state: 'skipped' as const, reason: 'no' },
    ])
      expect(runAfter(run, again)).toBe(run);
    expect(run.stops[0]).toMatchObject({ at: visit.at, how: 'geofence', reason: null });
    expect(run.stops[1]).toMatchObject({ at: skip.at, how: null, reason: 'locked' });
    expect(progressOf(run).next?.id).toBe('c');
  });
  it('lets a skipped stop be visited after all', () => {
    const run = runAfter(runAfter(begun, skip), { stopId: 'b', state: 'visited', at: '2026-01-10T21:00:00.000Z' });
    expect(run.stops[1]).toMatchObject({ state: 'visited', how: 'hand', reason: null });
    expect(runAfter(run, { ...visit, stopId: 'elsewhere' })).toBe(run);
  });
});
