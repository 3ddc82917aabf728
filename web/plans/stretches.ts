/** A long time in parts: the months it is rehearsed in, and what they say together. Pure. */
import { lookBackDays } from '../../shared/plan-engine.ts';
import type { Rehearsal, rehearsalDatasets } from '../../shared/plans.ts';
import { instantOf } from '../../shared/wall-clock.ts';
import type { OwnReading } from './own-weather.ts';

export type Weather = 'stored' | (typeof rehearsalDatasets)[number] | readonly OwnReading[];
export type Whole = Omit<Rehearsal, 'memory'>;
interface Stretch {
  from: string;
  to: string;
}
const DAY = 86_400_000;
const dayMs = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const iso = (ms: number): string => new Date(ms).toISOString();

/** The months between two days, each from midnight to midnight of the station's wall clock; the last day is part of it. */
export function monthsBetween(from: string, to: string, zone: string): Stretch[] {
  const end = dayMs(to) + DAY;
  const stretches: Stretch[] = [];
  for (let at = dayMs(from); at < end;) {
    const day = new Date(at);
    const next = Math.min(end, Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 1));
    stretches.push({ from: iso(instantOf(zone, at)), to: iso(instantOf(zone, next)) });
    at = next;
  }
  return stretches;
}
const sum = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> => {
  const all = { ...a };
  for (const [key, count] of Object.entries(b)) all[key] = (all[key] ?? 0) + count;
  return all;
};
/** What two stretches that follow each other say together. */
export const joined = (a: Whole, b: Whole): Whole => ({
  from: a.from,
  to: b.to,
  changes: [...a.changes, ...b.changes],
  hoursAt: sum(a.hoursAt, b.hoursAt),
  nightsOn: sum(a.nightsOn, b.nightsOn),
  falseStarts: a.falseStarts + b.falseStarts,
  flaps: a.flaps + b.flaps,
  days: [...a.days, ...b.days],
  needs: {
    bedsOpened: Math.max(a.needs.bedsOpened, b.needs.bedsOpened),
    bedsThere: Math.max(a.needs.bedsThere, b.needs.bedsThere),
    crewsCalled: Math.max(a.needs.crewsCalled, b.needs.crewsCalled),
    crewsThere: Math.max(a.needs.crewsThere, b.needs.crewsThere),
  },
  hoursRead: a.hoursRead + b.hoursRead,
});
/** Of rows of one's own, those that a stretch can ask for: the days it looks back to, and as far ahead as is known. */
export const around = (
  weather: Weather,
  { from, to }: Stretch,
  forecastH: number,
): Exclude<Weather, readonly unknown[]> | OwnReading[] => {
  if (typeof weather === 'string') return weather;
  const [least, most] = [Date.parse(from) - lookBackDays * DAY, Date.parse(to) + forecastH * 3_600_000];
  return weather.filter(({ at }) => Date.parse(at) >= least && Date.parse(at) <= most);
};
