/** The coming night by the hour: which hours, what is known of each, which warnings hold; pure. */
import { describe, expect, it } from 'vitest';
import type { AlertRow } from '../../shared/alerts.ts';
import type { WeatherRow } from '../../shared/weather.ts';
import { bandsOf, cellsOf, feltLine, nightHours, stripOf, weatherAround } from '../../web/weather/strip.ts';

const ZONE = 'Asia/Shanghai';
/** A time on the wall of the station. */
const wall = (text: string): number => Date.parse(`${text}+08:00`);
const iso = (text: string): string => new Date(wall(text)).toISOString();

describe('the hours', () => {
  it.each([
    ['in the evening until nine', '2026-01-10T21:40', 13, '2026-01-11T09:00'],
    ['by day until the next morning, a day at most', '2026-01-10T10:00', 24, '2026-01-11T09:00'],
    ['at a quarter to ten no more than a day', '2026-01-10T09:45', 24, '2026-01-11T08:00'],
    ['in the small hours until nine', '2026-01-10T03:10', 7, '2026-01-10T09:00'],
    ['towards morning the day and the next night', '2026-01-10T05:10', 24, '2026-01-11T04:00'],
  ])('%s', (_, now, count, last) => {
    const hours = nightHours(wall(now), ZONE);
    expect(hours).toHaveLength(count);
    expect(hours[0]).toBe(wall(`${now.slice(0, 14)}00`));
    expect(hours.at(-1)).toBe(wall(last));
  });
});

const reading = (at: string, temperatureC: number, kind: 'observed' | 'forecast' = 'forecast') => ({
  kind,
  at: iso(at),
  temperatureC,
  windKmh: 0,
  precipitation: 'none' as const,
});
const row = (readings: WeatherRow['readings'], id = 'city'): WeatherRow => ({
  id,
  version: 1,
  stationId: id,
  heardAt: iso('2026-01-10T21:30'),
  readings,
});
const NOW = wall('2026-01-10T21:40');

it('knows of each hour what holds then, names the coldest, and leaves out what is too old to say', () => {
  const strip = stripOf(
    row([
      reading('2026-01-10T21:35', -4, 'observed'),
      reading('2026-01-10T23:00', -9),
      reading('2026-01-11T00:00', -9),
      reading('2026-01-11T01:00', -6),
    ]),
    3,
    NOW,
    ZONE,
  );
  expect(strip.hours.map(({ weather }) => weather?.feltC ?? null)).toEqual([
    ...[-4, -4, -9, -9, -6, -6, -6, -6],
    ...[null, null, null, null, null],
  ]);
  expect(strip.coldest?.at).toBe(wall('2026-01-10T23:00'));
  expect(strip.heardAt).toBe(iso('2026-01-10T21:30'));
  const [line, ...more] = feltLine(strip.hours);
  expect([line?.split(' ').length, more]).toEqual([8, []]);
});

it('draws a long time by two hours, with the colder of both', () => {
  const day = stripOf(
    row([reading('2026-01-10T09:30', 2, 'observed'), reading('2026-01-10T12:00', -1), reading('2026-01-10T13:00', -7)]),
    3,
    wall('2026-01-10T10:00'),
    ZONE,
  );
  const cells = cellsOf(day.hours);
  expect(cells.map(({ weather }) => weather?.feltC ?? null).slice(0, 5)).toEqual([2, -7, -7, -7, null]);
  expect([cells.length, cells[1]?.at]).toEqual([12, wall('2026-01-10T12:00')]);
  const night = stripOf(null, 3, NOW, ZONE).hours;
  expect(cellsOf(night)).toEqual(night);
});

it('says nothing where nothing is known', () => {
  expect(stripOf(null, 3, NOW, ZONE)).toMatchObject({ coldest: null, heardAt: null, stationId: null });
  expect(feltLine(stripOf(null, 3, NOW, ZONE).hours)).toEqual([]);
  expect(weatherAround(['city'], {})).toBeNull();
  const below = row([reading('2026-01-10T21:35', 1)], 'east');
  expect(weatherAround(['city'], { east: below })).toBe(below);
});

it('shows the warnings that hold here and now, the most severe first, each where it begins and ends', () => {
  const { hours } = stripOf(null, 3, wall('2026-01-10T21:00'), ZONE);
  const alert = (id: string, more: Partial<AlertRow>): AlertRow =>
    ({
      id,
      state: 'active',
      covers: ['city'],
      level: 'blue',
      onsetAt: iso('2026-01-10T18:00'),
      expiresAt: null,
      ...more,
    }) as AlertRow;
  const stations = { city: { path: ['city'] }, east: { path: ['city', 'east'] }, west: { path: ['city', 'west'] } };
  const all = [
    alert('blue', {}),
    alert('orange', {
      level: 'orange',
      covers: ['east'],
      onsetAt: iso('2026-01-10T22:00'),
      expiresAt: iso('2026-01-11T10:00'),
    }),
    alert('elsewhere', { covers: ['west'] }),
    alert('over', { state: 'cancelled' }),
    alert('tomorrow', { onsetAt: iso('2026-01-12T18:00') }),
  ];
  const bands = bandsOf(all, ['city', 'east'], stations, hours);
  expect(bands.map((band) => [band.alert.id, band.from, band.to])).toEqual([
    ['orange', 1 / 13, 1],
    ['blue', 0, 1],
  ]);
  // what covers a part of the own station concerns it, too
  expect(bandsOf(all, ['city'], stations, hours).map((band) => band.alert.id)).toEqual(['orange', 'blue', 'elsewhere']);
});
