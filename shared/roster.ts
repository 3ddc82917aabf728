/** What a roster leaves open, how it is repeated, when the desk changes shift. Pure. */
import type { DutyGap } from './duty.ts';
import { instantOf, localDay, offsetAt } from './wall-clock.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A stretch of the roster; `people` are those who count. */
export interface Stretch {
  startsAt: string;
  endsAt: string;
  minimum: number;
  people: readonly string[];
}

/**
 * When fewer people are on the roster than there must be, oldest first. Where shifts overlap, everybody of all of them is there once, and
 * the largest of their minimums holds; where there is no shift, nobody is there and `minimum` holds. Neighbours differ in a number.
 */
export function gaps(shifts: readonly Stretch[], minimum: number, from: string, to: string): DutyGap[] {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  const spans = shifts.map((shift) => ({ ...shift, from: Date.parse(shift.startsAt), to: Date.parse(shift.endsAt) }));
  const edges = [begin, end, ...spans.flatMap((span) => [span.from, span.to])].filter((at) => at >= begin && at <= end);
  const marks = [...new Set(edges)].sort((a, b) => a - b);
  const found: DutyGap[] = [];
  for (const [n, at] of marks.entries()) {
    const next = marks[n + 1];
    if (next === undefined) break;
    const here = spans.filter((span) => span.from <= at && span.to > at);
    const have = new Set(here.flatMap(({ people }) => people)).size;
    const wanted = here.length === 0 ? minimum : Math.max(...here.map((span) => span.minimum));
    if (have >= wanted) continue;
    const gap = { from: new Date(at).toISOString(), to: new Date(next).toISOString(), have, minimum: wanted };
    const last = found.at(-1);
    if (last?.to === gap.from && last.have === have && last.minimum === wanted) last.to = gap.to;
    else found.push(gap);
  }
  return found;
}

/** Midnight of a day of the calendar, as if it were UTC in ms; NaN for a day that is none (30 February). */
export function dayOf(text: string): number {
  const at = Date.parse(`${text}T00:00:00.000Z`);
  return Number.isFinite(at) && new Date(at).toISOString().startsWith(text) ? at : Number.NaN;
}

/** `at`, moved by whole days of the wall clock: the same time of day, also where the clock was changed in between. */
const moved = (zone: string, at: number, byMs: number): number => instantOf(zone, at + offsetAt(zone, at) + byMs);

export interface Copying {
  zone: string;
  /** local days, `to` with it, and the first day of the first copy (`YYYY-MM-DD`) */
  from: string;
  to: string;
  onto: string;
  times: number;
}

/**
 * The shifts that begin on these days, repeated one block behind the other at the same times of the wall clock; a night shift is an
 * hour shorter or longer when the clock is changed in it. One that vanishes in the hour left out in spring is none.
 */
export function copies<T extends { startsAt: string; endsAt: string }>(
  shifts: readonly T[],
  { zone, from, to, onto, times }: Copying,
): { of: T; startsAt: string; endsAt: string }[] {
  const [first, last, target] = [dayOf(from), dayOf(to), dayOf(onto)];
  const block = last - first + DAY_MS;
  const taken = shifts.filter(({ startsAt }) => {
    const day = localDay(zone, Date.parse(startsAt));
    return day >= first && day <= last;
  });
  return Array.from({ length: times }, (_each, n) => target - first + n * block).flatMap((byMs) =>
    taken.flatMap((of) => {
      const starts = moved(zone, Date.parse(of.startsAt), byMs);
      const ends = moved(zone, Date.parse(of.endsAt), byMs);
      return ends > starts
        ? [{ of, startsAt: new Date(starts).toISOString(), endsAt: new Date(ends).toISOString() }]
        : [];
    }),
  );
}

/** The first change of shift after an instant (epoch ms); `starts` are times of day (HH:MM) by the wall clock of `zone`. */
export function nextChange(starts: readonly string[], zone: string, after: number): number {
  const today = localDay(zone, after);
  const changes = [today, today + DAY_MS, today + 2 * DAY_MS].flatMap((day) =>
    starts.map((text) => {
      const [hour = 0, minute = 0] = text.split(':').map(Number);
      return instantOf(zone, day + (hour * 60 + minute) * 60_000);
    }),
  );
  return Math.min(...changes.filter((at) => at > after));
}

/** How long a shift lasts by the clock on the wall, in ms. */
export const wallLength = (zone: string, startsAt: string, endsAt: string): number => {
  const [from, to] = [Date.parse(startsAt), Date.parse(endsAt)];
  return to + offsetAt(zone, to) - from - offsetAt(zone, from);
};
