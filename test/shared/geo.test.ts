import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convert, distanceM, type LonLat, pointSchema, round6 } from '../../shared/geo.ts';

/** The Bell Tower of Xi'an as the maps of China have it. */
const bellTower = { wgs84: [108.9422, 34.2611] as LonLat, gcj02: [108.94686, 34.25951] as LonLat };
const inXian = fc.tuple(
  fc.double({ min: 108.7, max: 109.2, noNaN: true }),
  fc.double({ min: 34.0, max: 34.5, noNaN: true }),
);

describe('coordinate systems', () => {
  it('meet the Bell Tower within 2 m, both ways', () => {
    expect(distanceM(convert(bellTower.wgs84, 'wgs84', 'gcj02'), bellTower.gcj02)).toBeLessThan(2);
    expect(distanceM(convert(bellTower.gcj02, 'gcj02', 'wgs84'), bellTower.wgs84)).toBeLessThan(2);
    const bd = convert(bellTower.wgs84, 'wgs84', 'bd09');
    expect(distanceM(bd, bellTower.wgs84)).toBeGreaterThan(500);
    expect(distanceM(convert(bd, 'bd09', 'wgs84'), bellTower.wgs84)).toBeLessThan(2);
  });

  it('come back to where they began within 2 m', () => {
    fc.assert(
      fc.property(inXian, fc.constantFrom('gcj02' as const, 'bd09' as const), (place, crs) => {
        expect(distanceM(convert(convert(place, 'wgs84', crs), crs, 'wgs84'), place)).toBeLessThan(2);
      }),
    );
  });

  it('are off by the half kilometre that makes the difference in a Chinese city', () => {
    fc.assert(
      fc.property(inXian, (place) => {
        expect(distanceM(convert(place, 'wgs84', 'gcj02'), place)).toBeGreaterThan(300);
        expect(distanceM(convert(place, 'wgs84', 'gcj02'), place)).toBeLessThan(700);
      }),
    );
  });

  it('are the same outside China', () => {
    expect(distanceM(convert([2.3522, 48.8566], 'wgs84', 'gcj02'), [2.3522, 48.8566])).toBeLessThan(0.2);
    expect(convert([2.3522, 48.8566], 'gcj02', 'gcj02')).toEqual([2.3522, 48.8566]);
  });
});

describe('distance', () => {
  it('knows a degree of latitude, is symmetric and nothing for the same place', () => {
    expect(distanceM([0, 0], [0, 1])).toBeCloseTo(111_195, -1);
    expect(distanceM([0, 0], [180, 0])).toBeCloseTo(Math.PI * 6_371_008.8, 0);
    fc.assert(
      fc.property(inXian, inXian, (a, b) => {
        expect(distanceM(a, b)).toBeCloseTo(distanceM(b, a), 6);
        expect(distanceM(a, a)).toBe(0);
      }),
    );
  });

  it('keeps six decimals', () => {
    expect(round6(108.94221949)).toBe(108.942219);
  });
});

describe('a point', () => {
  const codes = (coordinates: unknown): unknown => {
    const result = pointSchema.safeParse({ type: 'Point', coordinates });
    return result.success
      ? 'fine'
      : result.error.issues.map((issue) => (issue as { params?: { code?: string } }).params?.code ?? issue.code);
  };
  it.each([
    [[180, 90], 'fine'],
    [[-180, -90], 'fine'],
    [[39.9, 116.4], ['lat_range']],
    [[180.0000001, 0], ['lon_range']],
    [[0, 90.0001], ['lat_range']],
    [[1], ['too_small']],
    [[1, 2, 3, 4], ['too_big']],
    [[1, null], ['invalid_type']],
    [
      ['a', 'b'],
      ['invalid_type', 'invalid_type'],
    ],
    [[NaN, 1], ['invalid_type']],
    [[Infinity, 1], ['invalid_type']],
  ])('%j: %j', (coordinates, verdict) => {
    expect(codes(coordinates)).toEqual(verdict);
  });
});
