/** Opening hours in words, for pages and posters. */
import type { OpeningWindow } from '../../shared/opening.ts';
import type { Locale } from '../../shared/stations.ts';
import { translator } from '../http/words.ts';

const DAY_MS = 86_400_000;
/** A Monday. */
const MONDAY = Date.UTC(2024, 0, 1);
/** Within so many hours a time of day says which day. */
const PLAIN_H = 18;

function daysInWords(days: readonly number[], locale: Locale): string {
  const t = translator(locale);
  const format = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
  const name = (day: number | undefined): string => format.format(MONDAY + ((day ?? 1) - 1) * DAY_MS);
  const sorted = days.toSorted((a, b) => a - b);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (sorted.length === 7) return t('warm.every_day');
  const inARow = sorted.every((day, at) => day === (first ?? 0) + at);
  return sorted.length > 2 && inARow
    ? t('warm.days.to', { from: name(first), to: name(last) })
    : sorted.map(name).join(t('report.comma'));
}

/** Each window, as people say it: "Mon to Fri 18:00–08:00 the next day". */
export function openingWords(windows: readonly OpeningWindow[], locale: Locale): string[] {
  const t = translator(locale);
  return windows.map(({ days, from, to, level }) => {
    const hours = from === to ? t('warm.all_day') : to < from ? t('warm.until.next', { from, to }) : `${from}–${to}`;
    const window = `${daysInWords(days, locale)} ${hours}`;
    return level === 'none' ? window : t('warm.window.level', { window, level: t(`plan.level.${level}`) });
  });
}

/** An instant on the wall of a place: the time alone when that is clear, else with its day. */
export function timeInWords(at: string, now: Date, zone: string, locale: Locale): string {
  const clear = Math.abs(Date.parse(at) - now.getTime()) < PLAIN_H * 3_600_000;
  return new Intl.DateTimeFormat(locale, {
    ...(clear ? {} : { weekday: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  }).format(new Date(at));
}
