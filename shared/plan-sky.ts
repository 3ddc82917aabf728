/** What is known of the weather at a time, and what a measure of it was or will be over a window: never one number, but the least and the most that it can be. */
import { wallDay, wallInstant } from './plan-calendar.ts';
import type { WeatherMeasure, WeatherNode, WeatherTest } from './plan-conditions.ts';
import { type Course, type CourseHour, fallen, tidy } from './weather-days.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A part of a course: hours from index `from` up to, without, `end`. */
export interface Stretch {
  hours: readonly CourseHour[];
  from: number;
  end: number;
}
export interface Sky {
  /** epoch ms */
  at: number;
  zone: string;
  /** ms for which an hour speaks; where hours lie further apart, nothing is known in between */
  staleMs: number;
  /** up to now */
  observed: Stretch;
  /** from now on */
  forecast: Stretch;
  merged: Stretch;
  /** a forecast that was not heard of for so long says nothing of what lies beyond its end; one that is fresh, or that nobody ever sent, has just not come there */
  silent: boolean;
}

/** Index of the first hour at or after a time. */
export function indexFrom(hours: readonly CourseHour[], at: number): number {
  let low = 0;
  let high = hours.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hours[middle] as CourseHour).at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
const runningHour = (at: number): number => Math.floor(at / HOUR) * HOUR;
const whole = (hours: readonly CourseHour[]): Stretch => ({ hours, from: 0, end: hours.length });

/** What is known now. A forecast of hours gone by is no observation: it counts only where both are asked, and nobody observed. */
export function skyNow(course: Course, at: number, zone: string, staleH: number): Sky {
  const staleMs = staleH * HOUR;
  const { observed, forecast, merged } = course;
  let heard = -Infinity;
  for (const { receivedAt } of forecast) heard = Math.max(heard, receivedAt);
  return {
    at,
    zone,
    staleMs,
    observed: { hours: observed, from: 0, end: indexFrom(observed, at + 1) },
    forecast: { ...whole(forecast), from: indexFrom(forecast, runningHour(at)) },
    merged: whole(merged),
    silent: forecast.length > 0 && heard < at - staleMs,
  };
}

/** What would be known at another time if all that is known now came true: hours up to then as observed, the rest as forecast, at most up to index `end`. */
export function skyThen(hours: readonly CourseHour[], end: number, at: number, zone: string, staleMs: number): Sky {
  const begun = Math.min(end, indexFrom(hours, at + 1));
  return {
    at,
    zone,
    staleMs,
    observed: { hours, from: 0, end: begun },
    forecast: { hours, from: begun, end },
    merged: { hours, from: 0, end },
    silent: false,
  };
}

/** The least and the most that a measure can be, by what is known; when it is so. */
interface Span {
  lo: number;
  hi: number;
  hour: CourseHour | null;
}
type Plain = Exclude<WeatherMeasure, 'fall1' | 'fall2'>;
const valueOf: Record<Plain, (hour: CourseHour) => number | null> = {
  minimum: ({ temperatureC }) => temperatureC,
  felt: ({ feltC }) => feltC,
  wind: ({ windKmh }) => windKmh,
  ...fallen,
};
/** How hours make a window's value, and what no hour at all makes. */
const made: Record<Plain, { empty: number; sum: boolean; lowest: boolean }> = {
  minimum: { empty: Infinity, sum: false, lowest: true },
  felt: { empty: Infinity, sum: false, lowest: true },
  wind: { empty: 0, sum: false, lowest: false },
  rain: { empty: 0, sum: true, lowest: false },
  snow: { empty: 0, sum: true, lowest: false },
  precipitation: { empty: 0, sum: true, lowest: false },
};

function spanOf(
  { at: now, staleMs, silent }: Sky,
  { hours, from, end }: Stretch,
  measure: Plain,
  a: number,
  b: number,
): Span {
  const { empty, sum, lowest } = made[measure];
  const of = valueOf[measure];
  const first = Math.max(from, indexFrom(hours, a));
  const earlier = hours[first - 1];
  const before = earlier && earlier.at >= a - staleMs && of(earlier) !== null ? earlier : null;
  let known = before?.at ?? a;
  let seen = known;
  let gap = false;
  let none = true;
  let value = empty;
  let hour: CourseHour | null = null;
  let n = first;
  for (; n < end; n += 1) {
    const here = hours[n] as CourseHour;
    if (here.at >= b) break;
    seen = here.at;
    const mine = of(here);
    if (mine === null) continue;
    gap ||= here.at - known > staleMs;
    known = here.at;
    none = false;
    if (sum) {
      value += mine;
      if (mine > 0) hour = here;
    } else if (hour === null || (lowest ? mine < value : mine > value)) {
      value = mine;
      hour = here;
    }
  }
  const next = n < end ? (hours[n] as CourseHour).at : null;
  const last = end > from ? (hours[end - 1] as CourseHour).at : -Infinity;
  if (next !== null) gap ||= Math.min(next, b) - known > staleMs;
  // what is not there yet is no gap, as long as what there is reaches up to now and is fresh
  else if (b - known > staleMs) gap ||= seen - known > staleMs || silent || last + staleMs < now;
  if (none && before && !sum) {
    // an hour speaks until the next is told: just after midnight for the new day, too
    hour = before;
    value = of(before) ?? empty;
  } else if (none && !before) gap ||= a <= now || next !== null;
  value = tidy(value);
  return { lo: gap && lowest ? -Infinity : value, hi: gap && !lowest ? Infinity : value, hour };
}

/** The window of a local day that a basis looks at; null when the day lies outside it. */
function windowOf({ at, zone }: Sky, basis: WeatherNode['weather']['basis'], day: number): [number, number] | null {
  const start = wallInstant(zone, day);
  const stop = wallInstant(zone, day + DAY);
  if (basis === 'either') return [start, stop];
  if (basis === 'observed') return start > at ? null : [start, Math.min(stop, at + 1)];
  const from = Math.max(start, runningHour(at));
  return stop <= from ? null : [from, stop];
}

function fallOf(sky: Sky, stretch: Stretch, back: number, day: number, [a, b]: [number, number]): Span {
  const { lo, hi, hour } = spanOf(sky, stretch, 'minimum', a, b);
  const base = stretch === sky.observed ? stretch : sky.merged;
  const then = spanOf(
    sky,
    base,
    'minimum',
    wallInstant(sky.zone, day - back * DAY),
    wallInstant(sky.zone, day - (back - 1) * DAY),
  );
  // nothing lies there, and nothing is missing: no fall
  if (lo === Infinity || then.lo === Infinity) return { lo: -Infinity, hi: -Infinity, hour };
  return { lo: tidy(then.lo - hi), hi: tidy(then.hi - lo), hour };
}

/** Whether something holds; null: it is not known. */
export type Tri = boolean | null;
/** How a test came out, with the value that speaks for it. */
export interface Tested {
  test: WeatherTest;
  bound: number;
  value: number;
  hour: CourseHour | null;
  holds: Tri;
}

/** `keep`: with the milder of both bounds. */
function judge(test: WeatherTest, { lo, hi, hour }: Span, keep: boolean): Tested {
  const { atMost, atLeast = 0, keep: milder } = test;
  if (atMost !== undefined) {
    const bound = keep && milder !== undefined ? Math.max(atMost, milder) : atMost;
    return { test, bound, value: hi, hour, holds: hi <= bound ? true : lo > bound ? false : null };
  }
  const bound = keep && milder !== undefined ? Math.min(atLeast, milder) : atLeast;
  return { test, bound, value: lo, hour, holds: lo >= bound ? true : hi < bound ? false : null };
}

/** All of some: false before unknown before true. */
export const allOf = (values: readonly Tri[]): Tri =>
  values.includes(false) ? false : values.includes(null) ? null : true;
/** Any of some: true before unknown before false. */
export const anyOf = (values: readonly Tri[]): Tri =>
  values.includes(true) ? true : values.includes(null) ? null : false;

function testsOn(
  sky: Sky,
  { tests, basis }: WeatherNode['weather'],
  keep: boolean,
  day: number,
  window: [number, number],
): Tested[] {
  const stretch = basis === 'either' ? sky.merged : sky[basis];
  return tests.map((test) => {
    const { measure } = test;
    const span =
      measure === 'fall1' || measure === 'fall2'
        ? fallOf(sky, stretch, measure === 'fall1' ? 1 : 2, day, windowOf(sky, basis, day) ?? window)
        : spanOf(sky, stretch, measure, ...window);
    return judge(test, span, keep);
  });
}

/** Whether the weather of a node holds, and by which values: of the window that decides, or of the one that comes nearest. */
export function weatherHolds(sky: Sky, node: WeatherNode['weather'], keep: boolean): { holds: Tri; by: Tested[] } {
  const today = wallDay(sky.zone, sky.at);
  const { basis, days, hours = 0, run = 1 } = node;
  if (days === undefined) {
    const from = basis === 'forecast' ? runningHour(sky.at) : sky.at - hours * HOUR;
    const by = testsOn(sky, node, keep, today, [from, basis === 'observed' ? sky.at + 1 : sky.at + hours * HOUR]);
    return { holds: allOf(by.map(({ holds }) => holds)), by };
  }
  const looked: { holds: Tri; by: Tested[] }[] = [];
  for (let n = 1 - run; n < days + run - 1; n += 1) {
    const day = today + n * DAY;
    const window = windowOf(sky, basis, day);
    const by = window ? testsOn(sky, node, keep, day, window) : [];
    looked.push({ holds: window ? allOf(by.map(({ holds }) => holds)) : false, by });
  }
  const runs = looked.slice(0, looked.length - run + 1).map((_, n) => {
    const these = looked.slice(n, n + run);
    return { holds: allOf(these.map(({ holds }) => holds)), these };
  });
  const holds = anyOf(runs.map((one) => one.holds));
  const met = ({ these }: (typeof runs)[number]): number =>
    these.reduce((sum, { by }) => sum + by.filter((one) => one.holds === true).length, 0);
  const fits = runs.filter((one) => one.holds === holds);
  const nearest = fits.reduce((best, one) => (met(one) > met(best) ? one : best), fits[0] as (typeof runs)[number]);
  return { holds, by: (nearest.these.find((one) => one.holds === holds) ?? nearest.these[0])?.by ?? [] };
}
