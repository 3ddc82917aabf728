/** What the calendar says of a plan's level: seasons, hours of the night, chosen days and days of the Chinese calendar, by a station's wall clock. */
import type { DatesNode, HoursNode, LunarNode, SeasonNode } from './plan-conditions.ts';
import { instantOf, localDay } from './wall-clock.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const MOST_KEPT = 5_000;

/** Asked of the same days hour after hour, and dear to work out. */
function kept<T>(work: (zone: string, value: number) => T): (zone: string, value: number) => T {
  const zones = new Map<string, Map<number, T>>();
  return (zone, value) => {
    const known = zones.get(zone) ?? new Map<number, T>();
    zones.set(zone, known);
    const before = known.get(value);
    if (before !== undefined) return before;
    if (known.size >= MOST_KEPT) known.clear();
    const made = work(zone, value);
    known.set(value, made);
    return made;
  };
}

/** The instant of a local wall time given as if it were UTC, as `instantOf`. */
export const wallInstant = kept(instantOf);
/** Midnight of the local day at an instant, as if it were UTC in ms, as `localDay`. */
export const wallDay = kept(localDay);
/** A day given as its midnight in UTC, as it is written: 2026-01-31. */
export const dayText = (day: number): string => new Date(day).toISOString().slice(0, 10);

const chinese = new Intl.DateTimeFormat('en-u-ca-chinese', { timeZone: 'UTC', month: 'numeric', day: 'numeric' });
/** Month * 100 + day as the platform works it out; 0 in a leap month. */
function asTold(day: number): number {
  const parts = chinese.formatToParts(day + DAY / 2);
  const [month = '', date = ''] = (['month', 'day'] as const).map(
    (type) => parts.find((part) => part.type === type)?.value,
  );
  return /^\d+$/.test(month) ? Number(month) * 100 + Number(date) : 0;
}
/**
 * First months whose new moon falls minutes from midnight in Beijing, where the platform's arithmetic (ICU 78) is a day off: 2027 at
 * 23:56, 2030 at 00:07. The only ones from 2020 to 2060 by the series of Meeus, Astronomical Algorithms, chapter 49.
 */
const firstMonths = [Date.UTC(2027, 1, 6), Date.UTC(2030, 1, 3)];
/** Month * 100 + day by the Chinese calendar; 0 in a leap month. The day is that of the wall clock, so that a festival is on its own date in every zone. */
const lunarDay = kept((_zone, day): number => {
  const told = asTold(day);
  const begins = firstMonths.find((first) => Math.abs(day - first) < 31 * DAY);
  if (begins === undefined) return told;
  const n = (day - begins) / DAY;
  if (n === -1 && told === 101) return asTold(day - DAY) + 1;
  return n === 0 || (n > 0 && Math.floor(told / 100) === 1) ? 101 + n : told;
});
/** The 30th is the last day of its month, also of one that has 29: New Year's Eve is the 30th of the twelfth. */
function isLunar(day: number, wanted: number): boolean {
  const here = lunarDay('', day);
  return here === wanted || (wanted % 100 === 30 && here === wanted - 1 && lunarDay('', day + DAY) !== wanted);
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

function inHours({ from, to, days }: HoursNode['hours'], zone: string, at: number): boolean {
  const begin = minutesOf(from);
  const end = minutesOf(to) + (minutesOf(to) <= begin ? 1_440 : 0);
  const today = wallDay(zone, at);
  // begun today or on one of the days before, so far as a window may reach
  return [today, today - DAY, today - 2 * DAY].some(
    (day) =>
      (days === undefined || days.includes(new Date(day).getUTCDay() || 7)) &&
      at >= wallInstant(zone, day + begin * MINUTE) &&
      at < wallInstant(zone, day + end * MINUTE),
  );
}

export type CalendarNode = SeasonNode | HoursNode | DatesNode | LunarNode;

/** Whether a node of the calendar holds at an instant. Windows are spans of time, so that an hour that comes twice neither opens nor shuts one twice. */
export function onCalendar(node: CalendarNode, zone: string, at: number): boolean {
  if ('hours' in node) return inHours(node.hours, zone, at);
  const day = wallDay(zone, at);
  if ('dates' in node) return node.dates.includes(dayText(day));
  if ('season' in node) {
    const { from, to } = node.season;
    const today = dayText(day).slice(5);
    return from <= to ? from <= today && today <= to : today >= from || today <= to;
  }
  const { month, day: date, before, after } = node.lunar;
  for (let n = -after; n <= before; n += 1) if (isLunar(day + n * DAY, month * 100 + date)) return true;
  return false;
}
