/** The line above the queue: what is known of the weather, and what is said when nothing is. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { weatherHours } from '../../shared/weather-hours.ts';
import type { PictureReading, WeatherRow } from '../../shared/weather.ts';
import { startWords } from '../../web/ui/start-words.ts';
import { type Outlook, outlookAge, outlookAround, outlookWords } from '../../web/weather/outlook.ts';

// the words of a page read its language from it
vi.hoisted(() => vi.stubGlobal('document', { getElementById: () => null, createElement: () => ({}) }));

const now = new Date('2026-01-15T18:00:00.000Z');
const STALE_H = 3;
const row = (id: string, ...readings: [number, number, Partial<PictureReading>?][]): WeatherRow => ({
  id,
  version: 1,
  stationId: id,
  heardAt: now.toISOString(),
  readings: readings.map(([hour, temperatureC, more]) => ({
    kind: hour > 0 ? 'forecast' : 'observed',
    at: new Date(now.getTime() + hour * 3_600_000).toISOString(),
    temperatureC,
    windKmh: null,
    precipitation: 'none',
    ...more,
  })),
});
const around = (path: string[], ...rows: WeatherRow[]): Outlook =>
  outlookAround(path, Object.fromEntries(rows.map((one) => [one.id, one])), STALE_H, now);

describe('the outlook', () => {
  beforeAll(() => startWords('en'));

  it('is what is felt now and the coldest of the coming night', () => {
    const found = around(['city'], row('city', [-1, -5, { windKmh: 30 }], [4, -9], [9, -16], [13, -30]));
    expect(found).toMatchObject({ kind: 'known', here: { temperatureC: -5 }, coldest: { feltC: -16 } });
    expect(outlookWords(found, 'East', now)).toEqual([
      'East',
      'Feels like -13 °C',
      'air -5 °C, wind 30 km/h',
      'coldest -16 °C at 11:00',
      '1 hr old',
    ]);
  });

  it('says nothing of warmer hours to come, and names rain', () => {
    const found = around(['city'], row('city', [0, 2, { precipitation: 'rain' }], [5, 6]));
    expect(outlookWords(found, null, now)).toEqual(['Feels like 2 °C', 'air 2 °C', 'rain', 'just now']);
  });

  it('without weather, or with old, says so and what the queue goes by, never that all is well', () => {
    for (const found of [around(['city']), around(['city'], row('city')), around(['city'], row('city', [-4, 20]))]) {
      expect(found.kind).not.toBe('known');
      const words = outlookWords(found, null, now).join(' ');
      expect(words).toContain('sorted by signs and waiting time');
      expect(words).not.toMatch(/safe|clear|well/i);
      expect(outlookAge(found, now)).toBeNull();
    }
  });

  it('of a city without a reading of its own is that of its coldest district', () => {
    const districts = [row('east', [-1, -3]), row('west', [-1, -8]), row('old', [-9, -30])];
    expect(around(['city'], ...districts)).toMatchObject({ kind: 'known', stationId: 'west' });
    expect(around(['city', 'south'], row('city', [0, 1]), row('south', [-9, -30]))).toMatchObject({ kind: 'stale' });
  });

  it('the course of the weather joins what is said twice of one time: the colder, and the wetter', () => {
    const [hour] = weatherHours(row('city', [0, -3, { precipitation: 'snow' }], [0, -7]).readings);
    expect(hour).toMatchObject({ temperatureC: -7, precipitation: 'snow' });
  });
});
