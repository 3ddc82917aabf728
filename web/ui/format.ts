/** Times, ages and distances as people of the page's language write them. */
import { boot } from './boot.ts';

const { locale, timeZone } = boot;
const clockFormat = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone });
const secondsFormat = new Intl.DateTimeFormat(locale, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZone,
});
const dayFormat = new Intl.DateTimeFormat(locale, { weekday: 'short', month: 'short', day: 'numeric', timeZone });
const momentFormat = new Intl.DateTimeFormat(locale, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone,
});
const dateKey = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', timeZone });
// a day that is only a date is the same day everywhere
const dateFormat = new Intl.DateTimeFormat(locale, {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  timeZone: 'UTC',
});
const wholeFormat = new Intl.NumberFormat(locale);
const unit = (name: string, digits = 0): Intl.NumberFormat =>
  new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits });
const seconds = unit('second');
const minutes = unit('minute');
const hours = unit('hour');
const days = unit('day');
const metres = unit('meter');
const kilometres = unit('kilometer', 1);
const kilobytes = unit('kilobyte');

type When = string | number | Date;

/** 23:05 in the station's zone. */
export const clock = (at: When): string => clockFormat.format(new Date(at));
export const clockWithSeconds = (at: When): string => secondsFormat.format(new Date(at));
/** Sat, 22 Nov */
export const day = (at: When): string => dayFormat.format(new Date(at));
/** The clock alone when it is today, else with the date. */
export const moment = (at: When, now: Date): string =>
  dateKey.format(new Date(at)) === dateKey.format(now) ? clock(at) : momentFormat.format(new Date(at));
/** A date without a time, `YYYY-MM-DD`: 22 Nov 2026. */
export const date = (on: string): string => dateFormat.format(new Date(`${on}T00:00:00Z`));
/** The date it is in the station's zone, `YYYY-MM-DD`. */
export const today = (now: Date): string => dateKey.format(now);
export const number = (value: number): string => wholeFormat.format(value);

/** How long, in at most two units: 40 sec, 12 min, 1 hr 05 min, 3 days; never negative. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  if (total < 60) return seconds.format(total);
  const wholeMinutes = Math.floor(total / 60);
  if (wholeMinutes < 60) return minutes.format(wholeMinutes);
  const wholeHours = Math.floor(wholeMinutes / 60);
  if (wholeHours >= 48) return days.format(Math.floor(wholeHours / 24));
  const rest = wholeMinutes % 60;
  return rest === 0 ? hours.format(wholeHours) : `${hours.format(wholeHours)} ${minutes.format(rest)}`;
}
/** How long ago something was. */
export const age = (at: When, now: Date): string => duration(now.getTime() - new Date(at).getTime());

/** Metres below one kilometre, to ten metres; else kilometres with one decimal. */
export function distance(m: number): string {
  return m < 1000 ? metres.format(m < 100 ? Math.round(m) : Math.round(m / 10) * 10) : kilometres.format(m / 1000);
}
/** What a photo weighs, in whole kilobytes. */
export const fileSize = (bytes: number): string => kilobytes.format(Math.max(1, Math.round(bytes / 1000)));
/** Latitude, then longitude, as maps and people say them; the only place where the order turns. */
export const place = ([lon, lat]: readonly [number, number]): string => `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
