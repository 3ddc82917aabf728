/** The weather at a glance: what is felt now and the coldest of the hours to come, or that nothing is known. */
import {
  coldestBetween,
  hourAt,
  hoursOld,
  type WeatherHour,
  weatherFor,
  weatherHours,
} from '../../shared/weather-hours.ts';
import type { WeatherRow } from '../../shared/weather.ts';
import { age, clock } from '../ui/format.ts';
import { t } from '../ui/words.ts';

/** 'stale' when what is known is too old to go by, 'none' when nothing was ever told. */
export type Outlook =
  | { kind: 'none' }
  | { kind: 'stale'; from: number }
  | {
      kind: 'known';
      stationId: string;
      here: WeatherHour;
      /** colder than now, in the hours to come */
      coldest: WeatherHour | null;
    };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Hours to come that the line looks at: the rest of the night. */
const NEXT_H = 12;

export function outlookOf(row: WeatherRow | null, staleH: number, now: Date): Outlook {
  const hours = row ? weatherHours(row.readings) : [];
  const at = now.getTime();
  const here = hours[hourAt(hours, at)];
  if (!row || !here) return { kind: 'none' };
  if (hoursOld(hours, at) > staleH) return { kind: 'stale', from: here.from };
  const coldest = coldestBetween(hours, at, at + NEXT_H * HOUR);
  return {
    kind: 'known',
    stationId: row.stationId,
    here,
    coldest: coldest !== null && coldest.feltC < here.feltC - 0.5 ? coldest : null,
  };
}

/** The outlook of a station; where neither it nor one above it has any, that of the coldest below it. */
export function outlookAround(
  path: readonly string[],
  weather: Readonly<Record<string, WeatherRow>>,
  staleH: number,
  now: Date,
): Outlook {
  const own = outlookOf(weatherFor(path, weather), staleH, now);
  if (own.kind === 'known') return own;
  return Object.values(weather)
    .filter(({ stationId }) => !path.includes(stationId))
    .map((row) => outlookOf(row, staleH, now))
    .reduce((best, one) => {
      if (one.kind !== 'known') return best;
      return best.kind !== 'known' || one.here.feltC < best.here.feltC ? one : best;
    }, own);
}

/** How old what is known is, in words; null when it is too old to go by, or nothing is. */
export function outlookAge(outlook: Outlook, now: Date): string | null {
  if (outlook.kind !== 'known') return null;
  const { from } = outlook.here;
  const old = now.getTime() - from;
  if (Math.abs(old) < MINUTE) return t('weather.just_now');
  return old > 0 ? t('weather.age', { age: age(from, now) }) : t('weather.from', { time: clock(from) });
}

const whole = (celsius: number): number => Math.round(celsius) + 0;
/** The outlook in words, part by part. `where` names another station that it comes from. */
export function outlookWords(outlook: Outlook, where: string | null, now: Date): string[] {
  if (outlook.kind === 'none') return [t('weather.none'), t('weather.by_signs')];
  if (outlook.kind === 'stale') return [t('weather.stale', { age: age(outlook.from, now) }), t('weather.by_signs')];
  const { here, coldest } = outlook;
  const air = whole(here.temperatureC);
  return [
    ...(where === null ? [] : [where]),
    t('weather.felt', { feltC: whole(here.feltC) }),
    here.windKmh === null
      ? t('weather.air', { temperatureC: air })
      : t('weather.air_wind', { temperatureC: air, windKmh: Math.round(here.windKmh) }),
    ...(here.precipitation === 'none' ? [] : [t(`precipitation.${here.precipitation}`)]),
    ...(coldest ? [t('weather.coldest', { feltC: whole(coldest.feltC), time: clock(coldest.from) })] : []),
    outlookAge(outlook, now) ?? '',
  ];
}
