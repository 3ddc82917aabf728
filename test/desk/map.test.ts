/** What the map works out beside its pictures: gatherings of many, and the parts of a track. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APART_ZOOM, createGatherer } from '../../web/map/cluster-worker.ts';
import { type TrackPoint, trackParts, trackTimes } from '../../web/map/track-parts.ts';

const WORLD: [number, number, number, number] = [-180, -85, 180, 85];

describe('gatherings', () => {
  it('count every place once and know the worst, at any zoom', () => {
    const place = fc.tuple(
      fc.double({ min: 108, max: 109, noNaN: true }),
      fc.double({ min: 34, max: 35, noNaN: true }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, fc.integer({ min: 0, max: 7000 })), { maxLength: 200 }),
        fc.integer({ min: 3, max: APART_ZOOM + 1 }),
        (given, zoom) => {
          const gatherer = createGatherer();
          gatherer.load({
            places: Float64Array.from(given.flatMap(([at]) => at)),
            urgency: Float64Array.from(given, ([, urgency]) => urgency),
          });
          const found = gatherer.look({ box: WORLD, zoom });
          const count = found.reduce((sum, one) => sum + ('index' in one ? 1 : one.count), 0);
          expect(count).toBe(given.length);
          const worst = found.map((one) => ('index' in one ? (given[one.index]?.[1] ?? 0) : one.urgency));
          expect(Math.max(-1, ...worst)).toBe(Math.max(-1, ...given.map(([, urgency]) => urgency)));
          for (const one of found) if ('zoom' in one) expect(one.zoom).toBeGreaterThan(zoom);
          if (zoom >= APART_ZOOM) expect(found.every((one) => 'index' in one)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('a track', () => {
  const at = (minute: number): TrackPoint => ({ position: [108.9, 34.2], at: minute * 60_000 });
  it('is not joined over a gap', () => {
    const points = [0, 1, 2, 30, 31].map(at);
    expect(trackParts(points).map((part) => part.length)).toEqual([3, 2]);
    expect(trackParts([])).toEqual([]);
  });
  it('has its first and last time, and few between', () => {
    const points = Array.from({ length: 500 }, (_, minute) => at(minute));
    const times = trackTimes(points, 12);
    expect(times.at(0)).toBe(points[0]);
    expect(times.at(-1)).toBe(points.at(-1));
    expect(times.length).toBeLessThanOrEqual(13);
    expect(trackTimes([at(3)])).toHaveLength(1);
    expect(trackTimes([])).toEqual([]);
  });
});
