/** Open-Meteo's hourly forecast (JSON, API version 1): what is asked, and what its answer says. Pure. */
import * as z from 'zod/mini';
import type { LonLat } from '../../shared/geo.ts';
import type { Precipitation } from '../../shared/weather.ts';
import { OutsideFailure } from '../http/outbound.ts';
import type { NewReading } from '../weather/commands-bulk.ts';

/** Units as the answer must name them. */
const units = {
  temperature_2m: '°C',
  wind_speed_10m: 'km/h',
  relative_humidity_2m: '%',
  precipitation: 'mm',
  rain: 'mm',
  showers: 'mm',
  snowfall: 'cm',
  weather_code: 'wmo code',
} as const;
const variables = Object.keys(units) as (keyof typeof units)[];
/** A plan looks two or three days ahead; each further day is kept anew whenever it changes. */
const FORECAST_DAYS = 7;

/** The address with what is asked for; what the operator wrote into it beside that (a key, a model) stays. */
export function openMeteoUrl(base: string, position: LonLat | null): string {
  const url = new URL(base);
  const asked = {
    hourly: variables.join(','),
    timeformat: 'unixtime',
    timezone: 'GMT',
    temperature_unit: 'celsius',
    wind_speed_unit: 'kmh',
    precipitation_unit: 'mm',
    forecast_days: String(FORECAST_DAYS),
    ...(position ? { latitude: String(position[1]), longitude: String(position[0]) } : {}),
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return url.href;
}

/** Whether an address says itself where the forecast is for. */
export const hasPlace = (base: string): boolean => {
  const { searchParams } = new URL(base);
  return searchParams.has('latitude') && searchParams.has('longitude');
};

/** 16 days by the hour, and some past days that were asked for in the address. */
const MOST_HOURS = 3_000;
const numbers = z.array(z.nullable(z.number())).check(z.maxLength(MOST_HOURS));
const answer = z.object({
  utc_offset_seconds: z.optional(z.number()),
  hourly_units: z.record(z.string(), z.string()),
  hourly: z.intersection(
    z.object({ time: z.array(z.union([z.number(), z.string()])).check(z.maxLength(MOST_HOURS)) }),
    z.record(z.string(), z.unknown()),
  ),
});

const unreadable = (cause?: unknown): OutsideFailure => new OutsideFailure('unreadable', cause);

/** WMO code table 4677 as Open-Meteo uses it; freezing rain wets and chills like sleet. */
function kindOf(code: number | null): Precipitation {
  if (code === null || code < 51) return 'none';
  if ([56, 57, 66, 67].includes(code)) return 'sleet';
  if ((code >= 71 && code <= 77) || code === 85 || code === 86) return 'snow';
  return 'rain';
}

interface Fallen {
  total: number | null;
  rain: number | null;
  snowCm: number | null;
  code: number | null;
}
/** By what falls where that is told, else by the code of the hour. */
function precipitationOf({ total, rain, snowCm, code }: Fallen): Precipitation {
  const wet = rain !== null && rain > 0;
  const white = snowCm !== null && snowCm > 0;
  if (wet && white) return 'sleet';
  if (white) return 'snow';
  const said = kindOf(code);
  if (total === 0) return 'none';
  if (wet || (total !== null && total > 0)) return said === 'none' ? 'rain' : said;
  return said;
}

const inRange = (value: number | null, least: number, most: number): boolean =>
  value === null || (value >= least && value <= most);

/** The hours after `now` as forecasts, oldest first; throws OutsideFailure unreadable for anything else than such an answer in these units. */
export function readOpenMeteo(body: Buffer, now: Date): NewReading[] {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw unreadable(error);
  }
  const parsed = answer.safeParse(json);
  if (!parsed.success) throw unreadable();
  const { hourly, hourly_units: said, utc_offset_seconds: offset = 0 } = parsed.data;
  const columns = Object.fromEntries(
    variables.map((name) => {
      if (hourly[name] === undefined) return [name, null];
      const column = numbers.safeParse(hourly[name]);
      if (!column.success || said[name] !== units[name] || column.data.length !== hourly.time.length)
        throw unreadable();
      return [name, column.data];
    }),
  ) as Record<keyof typeof units, (number | null)[] | null>;
  if (columns.temperature_2m === null) throw unreadable();
  const at = (name: keyof typeof units, n: number): number | null => columns[name]?.[n] ?? null;

  const timeOf = (time: number | string): number => {
    if (typeof time === 'number') return time * 1000;
    // local time without its offset, which stands beside it
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(time) ? Date.parse(`${time}Z`) - offset * 1000 : NaN;
  };
  const readings = hourly.time.flatMap((time, n): NewReading[] => {
    const instant = timeOf(time);
    if (!Number.isFinite(instant)) throw unreadable();
    const temperatureC = at('temperature_2m', n);
    if (instant <= now.getTime() || temperatureC === null) return [];
    const total = at('precipitation', n);
    const rains = [at('rain', n), at('showers', n)].filter((mm) => mm !== null);
    const reading: NewReading = {
      kind: 'forecast',
      at: new Date(instant).toISOString(),
      temperatureC,
      windKmh: at('wind_speed_10m', n),
      humidity: at('relative_humidity_2m', n),
      precipitation: precipitationOf({
        total,
        rain: rains.length === 0 ? null : rains.reduce((sum, mm) => sum + mm, 0),
        snowCm: at('snowfall', n),
        code: at('weather_code', n),
      }),
      precipitationMm: total,
    };
    const possible =
      inRange(temperatureC, -90, 60) &&
      inRange(reading.windKmh, 0, 400) &&
      inRange(reading.humidity, 0, 100) &&
      inRange(total, 0, 500);
    if (!possible) throw unreadable();
    return [reading];
  });
  if (readings.length === 0) throw unreadable();
  return readings;
}
