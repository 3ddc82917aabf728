/** The course of the weather by clock hours, and what its calendar days were or will be: pure, whatever the order in which it was heard. */
import type * as z from 'zod/mini';
import type { PlanReading } from './plan-engine.ts';
import { localDay } from './wall-clock.ts';
import type { Precipitation, readingKinds, readOutlook } from './weather.ts';
import { feltTemperature } from './wind-chill.ts';

/** A reading as it was told; without `receivedAt` none of an hour was told later than another. */
export type ToldReading = Omit<PlanReading, 'receivedAt' | 'precipitationMm'> &
  Partial<Pick<PlanReading, 'receivedAt' | 'precipitationMm'>>;

/** One clock hour of the course. Times in epoch ms, temperatures in °C, wind in km/h at 10 m, precipitation in mm of the hour. */
export interface CourseHour {
  at: number;
  kind: (typeof readingKinds)[number];
  temperatureC: number;
  feltC: number;
  windKmh: number | null;
  precipitation: Precipitation;
  precipitationMm: number | null;
  receivedAt: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The driest first. */
const wettest: readonly Precipitation[] = ['none', 'snow', 'sleet', 'rain'];
/** Which of two tellings of the same hour counts: the last received, then the later; then the colder and wetter, so that no order of arrival matters. */
const later = (a: CourseHour, b: CourseHour): number =>
  a.receivedAt - b.receivedAt ||
  a.at - b.at ||
  b.feltC - a.feltC ||
  b.temperatureC - a.temperatureC ||
  (a.windKmh ?? -1) - (b.windKmh ?? -1) ||
  wettest.indexOf(a.precipitation) - wettest.indexOf(b.precipitation) ||
  (a.precipitationMm ?? -1) - (b.precipitationMm ?? -1);

export interface Course {
  observed: readonly CourseHour[];
  forecast: readonly CourseHour[];
  /** what was observed, and the forecast of hours in which nothing was */
  merged: readonly CourseHour[];
}

const oldestFirst = (byHour: ReadonlyMap<number, CourseHour>): CourseHour[] =>
  [...byHour.values()].sort((a, b) => a.at - b.at);

/** Readings as a course, oldest first, one telling of each clock hour. */
export function weatherCourse(readings: readonly ToldReading[]): Course {
  const heard = { observed: new Map<number, CourseHour>(), forecast: new Map<number, CourseHour>() };
  for (const { kind, at: told, temperatureC, windKmh, precipitation, precipitationMm, receivedAt } of readings) {
    const hour: CourseHour = {
      at: Date.parse(told),
      kind,
      temperatureC,
      feltC: feltTemperature(temperatureC, windKmh),
      windKmh,
      precipitation,
      precipitationMm: precipitationMm ?? null,
      receivedAt: receivedAt ?? 0,
    };
    const slot = Math.floor(hour.at / HOUR);
    const known = heard[kind].get(slot);
    if (!known || later(known, hour) < 0) heard[kind].set(slot, hour);
  }
  return {
    observed: oldestFirst(heard.observed),
    forecast: oldestFirst(heard.forecast),
    merged: oldestFirst(new Map([...heard.forecast, ...heard.observed])),
  };
}

/** mm of an hour that fell as rain (sleet is wet, and counts as rain), as snow, or as anything; null when something fell and nobody measured how much. */
export const fallen = {
  rain: ({ precipitation, precipitationMm: mm }: CourseHour): number | null =>
    precipitation === 'rain' || precipitation === 'sleet' ? mm : 0,
  snow: ({ precipitation, precipitationMm: mm }: CourseHour): number | null => (precipitation === 'snow' ? mm : 0),
  precipitation: ({ precipitation, precipitationMm: mm }: CourseHour): number | null =>
    mm ?? (precipitation === 'none' ? 0 : null),
} as const;

/** Sums and differences of tenths, freed of the dust of binary fractions: 4.1 - -3.9 is 8. */
export const tidy = (value: number): number => Math.round(value * 1e6) / 1e6;

type Outlook = z.infer<(typeof readOutlook)['reply']>;
export type OutlookHour = Outlook['hours'][number];
export type OutlookDay = Outlook['days'][number];

/** The hours of `readOutlook`'s reply, oldest first. */
export const outlookHours = (readings: readonly ToldReading[]): OutlookHour[] =>
  weatherCourse(readings).merged.map(
    ({ at, kind, temperatureC, feltC, windKmh, precipitation, precipitationMm }): OutlookHour => ({
      at: new Date(at).toISOString(),
      kind,
      temperatureC,
      feltC,
      windKmh,
      precipitation,
      precipitationMm,
    }),
  );

/** The days of `readOutlook`'s reply by the calendar of a zone, oldest first: only those of which an hour is known. */
export function outlookDays(readings: readonly ToldReading[], zone: string): OutlookDay[] {
  const byDay = new Map<number, CourseHour[]>();
  for (const hour of weatherCourse(readings).merged) {
    const day = localDay(zone, hour.at);
    const known = byDay.get(day);
    if (known) known.push(hour);
    else byDay.set(day, [hour]);
  }
  const minimum = (day: number): number | null => {
    const hours = byDay.get(day);
    return hours ? Math.min(...hours.map(({ temperatureC }) => temperatureC)) : null;
  };
  return [...byDay].map(([day, hours]) => {
    const minimumC = minimum(day) as number;
    const fall = (days: number): number | null => {
      const before = minimum(day - days * DAY);
      return before === null ? null : tidy(before - minimumC);
    };
    const winds = hours.flatMap(({ windKmh }) => windKmh ?? []);
    const sum = (of: (hour: CourseHour) => number | null): number =>
      tidy(hours.reduce((mm, hour) => mm + (of(hour) ?? 0), 0));
    return {
      day: new Date(day).toISOString().slice(0, 10),
      minimumC,
      maximumC: Math.max(...hours.map(({ temperatureC }) => temperatureC)),
      feltC: Math.min(...hours.map(({ feltC }) => feltC)),
      fall1K: fall(1),
      fall2K: fall(2),
      windKmh: winds.length > 0 ? Math.max(...winds) : null,
      rainMm: sum(fallen.rain),
      snowMm: sum(fallen.snow),
      hours: hours.length,
    };
  });
}
