/** Courses of weather for tests of rules: as few words as possible for "so cold from then to then". */
import { readFileSync } from 'node:fs';
import { decide } from '../../shared/plan-decide.ts';
import type { Condition } from '../../shared/plan-conditions.ts';
import {
  type Decision,
  type LevelSpec,
  type PlanAlert,
  type PlanInputs,
  type PlanMemory,
  type PlanReading,
  type PlanRules,
  startMemory,
} from '../../shared/plan-engine.ts';
import { holds } from '../../shared/plan-evaluate.ts';
import { skyNow, type Tri } from '../../shared/plan-sky.ts';
import { weatherCourse } from '../../shared/weather-days.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const STALE_H = 3;

type Told = Partial<Omit<PlanReading, 'at'>>;
export const reading = (at: number, told: Told = {}): PlanReading => ({
  kind: 'observed',
  at: new Date(at).toISOString(),
  temperatureC: 10,
  windKmh: 0,
  precipitation: 'none',
  precipitationMm: 0,
  receivedAt: at,
  ...told,
});
/** An hour a reading from one time up to, without, another; observed until `now`, forecast from then on, heard at `now`. */
export function hourly(from: number, to: number, now: number, told: (at: number) => Told): PlanReading[] {
  const made: PlanReading[] = [];
  for (let at = from; at < to; at += HOUR) {
    const ahead = at > now;
    made.push(reading(at, { kind: ahead ? 'forecast' : 'observed', receivedAt: ahead ? now : at, ...told(at) }));
  }
  return made;
}
/** Days of one temperature each in UTC, from the day of `first` on; the minimum is at 03:00. */
export const daily = (first: string, minima: readonly number[], now: number, told: Told = {}): PlanReading[] => {
  const from = Date.parse(`${first}T00:00:00Z`);
  return hourly(from, from + minima.length * DAY, now, (at) => {
    const minimum = minima[Math.floor((at - from) / DAY)] ?? 0;
    return { temperatureC: new Date(at).getUTCHours() === 3 ? minimum : minimum + 5, ...told };
  });
};

export const holdsAt = (
  when: Condition,
  readings: readonly PlanReading[],
  at: number,
  { keep = false, zone = 'UTC', alerts = [] }: { keep?: boolean; zone?: string; alerts?: PlanAlert[] } = {},
): Tri => holds(when, { sky: skyNow(weatherCourse(readings), at, zone, STALE_H), alerts }, keep);

export const level = (name: LevelSpec['level'], when: Condition, more: Partial<LevelSpec> = {}): LevelSpec => ({
  level: name,
  mode: 'automatic',
  askMin: 30,
  when,
  ...more,
});
export const rulesOf = (levels: LevelSpec[], steady: Partial<PlanRules['steady']> = {}, zone = 'UTC'): PlanRules => ({
  levels,
  steady: { minimumOnH: 12, confirmH: 12, bridgeH: 36, ...steady },
  zone,
});
export const known = (inputs: Partial<PlanInputs> = {}): PlanInputs => ({
  readings: [],
  alerts: [],
  orders: [],
  answers: [],
  staleH: STALE_H,
  ...inputs,
});
/** Decides again and again, with what is known at each time; every decision by its time. */
export function run(
  rules: PlanRules,
  times: readonly number[],
  inputs: (at: number) => PlanInputs,
  memory: PlanMemory = startMemory,
): Decision[] {
  let before = memory;
  return times.map((at) => {
    const decision = decide(before, inputs(at), rules, at);
    before = decision.memory;
    return decision;
  });
}
/** Every hour from one time to another, both with. */
export const everyHour = (from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / HOUR) + 1 }, (_, n) => from + n * HOUR);

/** 2012 in Montreal, temperature alone; on the clock of UTC. */
export const montreal: PlanReading[] = readFileSync(
  new URL('../../server/plans/data/montreal-2012-hourly.csv', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [time = '', temperature = ''] = line.split(',');
    return reading(Date.parse(`${time.replace(' ', 'T')}Z`), { temperatureC: Number(temperature), windKmh: null });
  });
