/** The coming night by the hour: what is felt when, and which warnings hold. Pure. */
import type { AlertRow } from '../../shared/alerts.ts';
import { planLevels } from '../../shared/plan-levels.ts';
import { offsetAt } from '../../shared/wall-clock.ts';
import { hourAt, type WeatherHour, weatherFor, weatherHours } from '../../shared/weather-hours.ts';
import type { WeatherRow } from '../../shared/weather.ts';

const HOUR = 3_600_000;
/** When a night is over on the wall of the station, in hours. */
const MORNING_H = 9;
/** A night that is nearly over is no longer the coming one. */
const LEAST = 6;
/** More do not fit side by side. */
const MOST = 16;

export interface StripHour {
  /** epoch ms, a full hour; the first is the one that has begun */
  at: number;
  /** null where nothing is known that still holds */
  weather: WeatherHour | null;
}
export interface Strip {
  hours: readonly StripHour[];
  /** the coldest felt among them, the earliest of its kind; null when nothing is known */
  coldest: StripHour | null;
  /** whose weather it is */
  stationId: string | null;
  /** ISO, when anything was last heard; null for never */
  heardAt: string | null;
}

/** Hours from the one that has begun to the end of the coming night: at least six, at most twenty-four. */
export function nightHours(now: number, zone: string): number[] {
  const first = Math.floor(now / HOUR) * HOUR;
  const local = (at: number): number => Math.floor((at + offsetAt(zone, at)) / HOUR) % 24;
  const hours: number[] = [];
  for (let n = 0; n < 24; n += 1) {
    const at = first + n * HOUR;
    hours.push(at);
    if (n >= LEAST - 1 && local(at) === MORNING_H) break;
  }
  return hours;
}

/** What is known of the weather in the coming night; a reading holds until the next one, but no longer than `staleH` hours. */
export function stripOf(row: WeatherRow | null, staleH: number, now: number, zone: string): Strip {
  const course = row ? weatherHours(row.readings) : [];
  const hours = nightHours(now, zone).map((at): StripHour => {
    // the first has begun, and a reading may be younger than it
    const moment = Math.max(at, Math.min(now, at + HOUR - 1));
    const weather = course[hourAt(course, moment)];
    return { at, weather: weather && Math.abs(moment - weather.from) <= staleH * HOUR ? weather : null };
  });
  let coldest: StripHour | null = null;
  for (const hour of hours)
    if (hour.weather && (coldest?.weather == null || hour.weather.feltC < coldest.weather.feltC)) coldest = hour;
  return { hours, coldest, stationId: row?.stationId ?? null, heardAt: row?.heardAt ?? null };
}

/** The weather that a station lives by; where neither it nor one above has any, that of the first below it. */
export function weatherAround(
  path: readonly string[],
  weather: Readonly<Record<string, WeatherRow>>,
): WeatherRow | null {
  const own = weatherFor(path, weather);
  if (own) return own;
  const below = Object.values(weather).filter(({ readings }) => readings.length > 0);
  return below.sort((a, b) => b.heardAt.localeCompare(a.heardAt))[0] ?? null;
}

/** Whole degrees, with a true minus. */
export const whole = (celsius: number): string => String(Math.round(celsius) + 0).replace('-', '−');

export interface Band {
  alert: AlertRow;
  /** where it begins and ends among the hours, 0 to 1 */
  from: number;
  to: number;
}
/** Warnings in force at some time of these hours that concern a station: it is covered, or one above it; the most severe first. */
export function bandsOf(
  alerts: readonly AlertRow[],
  path: readonly string[],
  stations: Readonly<Record<string, { path: readonly string[] }>>,
  hours: readonly StripHour[],
): Band[] {
  const start = hours[0]?.at ?? 0;
  const span = hours.length * HOUR;
  const place = (at: number): number => Math.min(1, Math.max(0, (at - start) / span));
  const own = path.at(-1) ?? '';
  const concerns = ({ covers }: AlertRow): boolean =>
    covers.some((id) => path.includes(id) || stations[id]?.path.includes(own) === true);
  return alerts
    .filter((alert) => alert.state === 'active' && concerns(alert))
    .map((alert) => ({
      alert,
      from: place(Date.parse(alert.onsetAt)),
      to: alert.expiresAt === null ? 1 : place(Date.parse(alert.expiresAt)),
    }))
    .filter(({ from, to }) => to > from)
    .sort(
      (a, b) =>
        planLevels.indexOf(b.alert.level ?? 'none') - planLevels.indexOf(a.alert.level ?? 'none') ||
        a.alert.onsetAt.localeCompare(b.alert.onsetAt),
    );
}

/** The same for the eye: two hours together, with the colder of both, where there are too many. */
export function cellsOf(hours: readonly StripHour[]): StripHour[] {
  if (hours.length <= MOST) return [...hours];
  const pairs = hours.flatMap((hour, n) => (n % 2 === 0 ? [[hour, hours[n + 1] ?? hour] as const] : []));
  return pairs.map(([first, second]) => {
    const colder = (second.weather?.feltC ?? Infinity) < (first.weather?.feltC ?? Infinity) ? second : first;
    return { at: first.at, weather: colder.weather };
  });
}

/** The line of what is felt, as points of a polyline in a box 100 wide and 100 high; parts where nothing is known are left out. */
export function feltLine(hours: readonly StripHour[]): string[] {
  const felt = hours.flatMap(({ weather }) => (weather ? [weather.feltC] : []));
  if (felt.length === 0) return [];
  const [low, high] = [Math.min(...felt), Math.max(...felt)];
  // a calm night is a calm line
  const spread = Math.max(high - low, 6);
  const parts: string[][] = [[]];
  for (const [n, { weather }] of hours.entries()) {
    if (!weather) parts.push([]);
    else {
      const x = ((n + 0.5) / hours.length) * 100;
      const y = 10 + ((high - weather.feltC) / spread) * 80;
      parts.at(-1)?.push(`${x.toFixed(2)},${y.toFixed(2)}`);
    }
  }
  return parts.filter((part) => part.length > 0).map((part) => part.join(' '));
}
