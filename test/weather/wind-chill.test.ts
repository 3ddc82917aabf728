import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { feltTemperature } from '../../shared/wind-chill.ts';

describe('felt temperature', () => {
  it.each([
    [0, 10, -3.31],
    [0, 20, -5.24],
    [-5, 20, -11.55],
    [-10, 10, -15.26],
    [-10, 30, -19.52],
    [-15, 40, -27.45],
    [-20, 20, -30.48],
    [-20, 40, -34.13],
    [-30, 30, -45.62],
    [-35, 40, -54.19],
    [-40, 50, -62.66],
  ])('%d °C with %d km/h feels like %d', (temperatureC, windKmh, felt) => {
    expect(feltTemperature(temperatureC, windKmh).toFixed(2)).toBe(felt.toFixed(2));
  });

  it.each([
    ['warmer than 10', 10.1, 40],
    ['no more wind than walking', -20, 4.8],
    ['nobody measured the wind', -20, null],
  ])('is that of the air: %s', (_why, temperatureC, windKmh) => {
    expect(feltTemperature(temperatureC, windKmh)).toBe(temperatureC);
  });

  it('is never warmer than the air, nor warmer with more wind or less warmth', () => {
    const air = fc.double({ min: -60, max: 40, noNaN: true });
    const wind = fc.double({ min: 0, max: 200, noNaN: true });
    const step = fc.double({ min: 0, max: 30, noNaN: true });
    fc.assert(
      fc.property(air, wind, step, (temperatureC, windKmh, more) => {
        const felt = feltTemperature(temperatureC, windKmh);
        expect(felt).toBeLessThanOrEqual(temperatureC);
        expect(feltTemperature(temperatureC, windKmh + more)).toBeLessThanOrEqual(felt);
        expect(feltTemperature(temperatureC - more, windKmh)).toBeLessThanOrEqual(felt);
      }),
    );
  });
});
