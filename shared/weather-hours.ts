/** The readings of one station as one course of the weather, each holding from its time until the next. */
import { type PictureReading, type Precipitation, type WeatherRow } from './weather.ts';
import { feltTemperature } from './wind-chill.ts';

export interface WeatherHour {
  /** epoch ms */
  from: number;
  temperatureC: number;
  windKmh: number | null;
  precipitation: Precipitation;
  /** with the wind chill */
  feltC: number;
}

const HOUR = 3_600_000;

/** The driest first: of two readings for the same time the wetter counts, and the colder. */
const wettest: readonly Precipitation[] = ['none', 'snow', 'sleet', 'rain'];
const colder = (a: WeatherHour, b: WeatherHour): number => a.feltC - b.feltC || a.temperatureC - b.temperatureC;

function joined(a: WeatherHour, b: WeatherHour): WeatherHour {
  const wet = Math.max(wettest.indexOf(a.precipitation), wettest.indexOf(b.precipitation));
  return { ...(colder(a, b) <= 0 ? a : b), precipitation: wettest[wet] ?? 'none' };
}

const known = new WeakMap<readonly PictureReading[], readonly WeatherHour[]>();

/**
 * The course of the weather, oldest first: what was observed, and the forecast for what lies after the newest observation.
 * The order of the readings does not matter. Worked out once for the same (never changed) array.
 */
export function weatherHours(readings: readonly PictureReading[]): readonly WeatherHour[] {
  const before = known.get(readings);
  if (before) return before;
  const timed = readings.map((reading) => ({ ...reading, from: Date.parse(reading.at) }));
  const newest = Math.max(-Infinity, ...timed.filter(({ kind }) => kind === 'observed').map(({ from }) => from));
  const byTime = new Map<number, WeatherHour>();
  for (const { kind, from, temperatureC, windKmh, precipitation } of timed) {
    if (kind === 'forecast' && from <= newest) continue;
    const hour = { from, temperatureC, windKmh, precipitation, feltC: feltTemperature(temperatureC, windKmh) };
    const same = byTime.get(from);
    byTime.set(from, same ? joined(same, hour) : hour);
  }
  const hours = [...byTime.values()].sort((a, b) => a.from - b.from);
  known.set(readings, hours);
  return hours;
}

/** Which hour holds at a time: the last that has begun; before the first, the first. -1 when there is none at all. */
export function hourAt(hours: readonly WeatherHour[], at: number): number {
  for (let n = hours.length - 1; n > 0; n -= 1) if ((hours[n] as WeatherHour).from <= at) return n;
  return hours.length - 1 < 0 ? -1 : 0;
}

/** How old what is known of the weather at a time is, in hours (or how far ahead it begins); Infinity when nothing is known. */
export function hoursOld(hours: readonly WeatherHour[], at: number): number {
  const hour = hours[hourAt(hours, at)];
  return hour ? Math.abs(at - hour.from) / HOUR : Infinity;
}

/** Whether the weather was known at any time between two: a reading speaks for `staleH` hours from its time on, the first also for those before it. */
export const knownBetween = (hours: readonly WeatherHour[], after: number, until: number, staleH: number): boolean =>
  hours.some(({ from }, n) => from - (n === 0 ? staleH * HOUR : 0) <= until && from + staleH * HOUR >= after);

/** The coldest felt between two times, the earliest of its kind; null when nothing begins there. */
export function coldestBetween(hours: readonly WeatherHour[], after: number, until: number): WeatherHour | null {
  let coldest: WeatherHour | null = null;
  for (const hour of hours)
    if (hour.from > after && hour.from <= until && (coldest === null || hour.feltC < coldest.feltC)) coldest = hour;
  return coldest;
}

/** Whose weather a station lives by: its own, else that of the nearest above it; null when none of them has any. `path` goes from the root down to the station itself. */
export function weatherFor(path: readonly string[], weather: Readonly<Record<string, WeatherRow>>): WeatherRow | null {
  for (let n = path.length - 1; n >= 0; n -= 1) {
    const row = weather[path[n] as string];
    if (row && row.readings.length > 0) return row;
  }
  return null;
}
