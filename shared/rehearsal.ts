/** A plan played through a course of weather and warnings, hour by hour, and what came of it: pure, and touching nothing. */
import * as z from 'zod/mini';
import { type AlertLevel, alertLevels } from './alerts.ts';
import { dayText, wallDay } from './plan-calendar.ts';
import type { Condition } from './plan-conditions.ts';
import { decide, knownFrom } from './plan-decide.ts';
import {
  type PlanAlert,
  type PlanInputs,
  type PlanMemory,
  type PlanReason,
  type PlanRules,
  startMemory,
} from './plan-engine.ts';
import { holds } from './plan-evaluate.ts';
import { whyOf } from './plan-explain.ts';
import { type PlanLevel, planLevels } from './plan-levels.ts';
import { indexFrom, skyThen } from './plan-sky.ts';
import { HOUR, type Known, rank, type Steadied, steady } from './plan-steady.ts';
import type { Rehearsal } from './plans.ts';
import { offsetAt } from './wall-clock.ts';
import { type ToldReading, weatherCourse } from './weather-days.ts';

const DAY = 24 * HOUR;

const level = z.enum(planLevels);
const time = z.number();
const times = z.partialRecord(z.enum(alertLevels), time);
/** Where a rehearsal stands: the plan's memory, and what its counts need of the stretch before. */
export const rehearsalMemory = z.strictObject({
  plan: z.strictObject({
    rules: level,
    raisedAt: z.nullable(time),
    eased: times,
    asking: z
      .array(z.strictObject({ level: z.enum(alertLevels), at: time, accepted: z.nullable(z.boolean()) }))
      .check(z.maxLength(4)),
    level,
    since: z.nullable(time),
  }),
  /** of each level that was raised: whether its condition came true in what was observed */
  cameTrue: z.partialRecord(z.enum(alertLevels), z.boolean()),
  /** when each level was given up last */
  gaveUp: times,
  /** the night last counted, and as what */
  night: z.nullable(z.strictObject({ day: time, level })),
});
export type RehearsalMemory = z.infer<typeof rehearsalMemory>;
export const beforeRehearsal: RehearsalMemory = {
  plan: { ...startMemory, asking: [] },
  cameTrue: {},
  gaveUp: {},
  night: null,
};

export interface Course {
  rules: PlanRules;
  staleH: number;
  readings: readonly ToldReading[];
  alerts: readonly PlanAlert[];
  /** epoch ms */
  from: number;
  to: number;
  /** hours ahead that are known as a perfect forecast would */
  forecastH: number;
  memory?: RehearsalMemory;
}
/** What a rehearsal says, but for what its steps would need. */
export type Rehearsed = Omit<Rehearsal, 'needs' | 'memory'> & { memory: RehearsalMemory };

/** The condition by what was observed alone. */
function observedOnly(when: Condition): Condition {
  if ('all' in when) return { all: when.all.map(observedOnly) };
  if ('any' in when) return { any: when.any.map(observedOnly) };
  return 'weather' in when ? { weather: { ...when.weather, basis: 'observed' } } : when;
}

const iso = (at: number): string => new Date(at).toISOString();
const between = (low: PlanLevel, high: PlanLevel): AlertLevel[] =>
  alertLevels.filter((each) => rank(each) > rank(low) && rank(each) <= rank(high));
/** The local day on which a night began: from noon to noon. */
const nightAt = (zone: string, at: number): number => Math.floor((at + offsetAt(zone, at) - DAY / 2) / DAY) * DAY;

/** Counts that go from one hour to the next. */
function counting(rules: PlanRules, memory: RehearsalMemory) {
  const seen = new Map(rules.levels.map((spec) => [spec.level, observedOnly(spec.when)]));
  const cameTrue = { ...memory.cameTrue };
  const gaveUp = { ...memory.gaveUp };
  let night = memory.night;
  const counts = {
    falseStarts: 0,
    flaps: 0,
    hoursAt: {} as Record<string, number>,
    nightsOn: {} as Record<string, number>,
  };

  return {
    counts,
    memory: (plan: PlanMemory): RehearsalMemory => ({ plan: plan as RehearsalMemory['plan'], cameTrue, gaveUp, night }),
    step(from: PlanLevel, to: PlanLevel, known: Known, hours: number) {
      const { at, zone } = known.now.sky;
      const raised = between(from, to);
      if (raised.some((each) => at - (gaveUp[each] ?? -Infinity) < rules.steady.minimumOnH * HOUR)) counts.flaps += 1;
      if (raised.length > 0) cameTrue[to as AlertLevel] = false;
      for (const each of between(to, from)) {
        if (cameTrue[each] === false) counts.falseStarts += 1;
        delete cameTrue[each];
        gaveUp[each] = at;
      }
      for (const each of alertLevels) {
        const when = seen.get(each);
        if (cameTrue[each] === false && when) cameTrue[each] = holds(when, known.now, false) === true;
      }
      counts.hoursAt[to] = (counts.hoursAt[to] ?? 0) + hours;
      if (to === 'none') return;
      const day = nightAt(zone, at);
      const counted = night?.day === day ? night.level : 'none';
      if (rank(to) <= rank(counted)) return;
      // it was counted by its level so far
      if (counted !== 'none') counts.nightsOn[counted] = (counts.nightsOn[counted] ?? 0) - 1;
      counts.nightsOn[to] = (counts.nightsOn[to] ?? 0) + 1;
      night = { day, level: to };
    },
  };
}

/** Lowest and highest of each local day, with the highest level. */
function dayBook(zone: string) {
  const days = new Map<number, Rehearsal['days'][number]>();
  const dayAt = (at: number): Rehearsal['days'][number] => {
    const day = wallDay(zone, at);
    const known = days.get(day);
    if (known) return known;
    const made = { day: dayText(day), minimumC: null, maximumC: null, feltC: null, level: 'none' as PlanLevel };
    days.set(day, made);
    return made;
  };
  return { days, dayAt };
}

/**
 * Plays a course from `from` up to, without, `to`, an hour a step. What lies before `from` counts as observed. The memory it ends
 * with, given to the stretch that follows, makes the same as both in one go (see `joinRehearsals`).
 */
export function rehearse({
  rules,
  staleH,
  readings,
  alerts,
  from,
  to,
  forecastH,
  memory = beforeRehearsal,
}: Course): Rehearsed {
  const { zone } = rules;
  const hours = weatherCourse(readings).merged;
  const coming = [...alerts].sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1));
  const count = counting(rules, memory);
  const { days, dayAt } = dayBook(zone);
  const changes: Rehearsal['changes'] = [];
  let plan: PlanMemory = memory.plan;
  let heard = 0;
  let inForce: PlanAlert[] = [];
  for (let at = from; at < to; at += HOUR) {
    for (let next = coming[heard]; next && next.from <= at; next = coming[heard]) {
      inForce.push(next);
      heard += 1;
    }
    if (inForce.some(({ until }) => until !== null && until <= at))
      inForce = inForce.filter(({ until }) => until === null || until > at);
    const end = indexFrom(hours, at + Math.max(forecastH * HOUR, 0) + 1);
    const later = (then: number) => ({ sky: skyThen(hours, end, then, zone, staleH * HOUR), alerts: inForce });
    const known: Known = { now: later(at), later };
    const steadied: Steadied = steady(plan, known, { orders: [], answers: [] }, rules);
    const before = plan.level;
    plan = steadied.memory;
    if (plan.level !== before)
      changes.push({ at: iso(at), from: before, to: plan.level, why: whyOf(steadied, known, rules) });
    count.step(before, plan.level, known, Math.min(1, (to - at) / HOUR));
    const day = dayAt(at);
    if (rank(plan.level) > rank(day.level)) day.level = plan.level;
  }
  const least = (a: number | null, b: number): number => (a === null ? b : Math.min(a, b));
  const first = indexFrom(hours, from);
  const last = indexFrom(hours, to);
  for (const { at, temperatureC, feltC } of hours.slice(first, last)) {
    const day = dayAt(at);
    day.minimumC = least(day.minimumC, temperatureC);
    day.maximumC = -least(day.maximumC === null ? null : -day.maximumC, -temperatureC);
    day.feltC = least(day.feltC, feltC);
  }
  return {
    from: iso(from),
    to: iso(to),
    changes,
    ...count.counts,
    days: [...days].sort(([a], [b]) => a - b).map(([, day]) => day),
    memory: count.memory(plan),
    hoursRead: last - first,
  };
}

const sums = (a: Record<string, number>, b: Record<string, number>): Record<string, number> => {
  const all = { ...a };
  for (const [key, value] of Object.entries(b)) all[key] = (all[key] ?? 0) + value;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0));
};
const extreme = (pick: (...values: number[]) => number, a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : pick(a, b);

type Counted = Omit<Rehearsal, 'needs' | 'memory'> & { needs?: Rehearsal['needs'] };
/** Steps go on from a level upwards, so that the stretch with the higher level needs more of everything. */
const busier = (a: Rehearsal['needs'], b: Rehearsal['needs']): Rehearsal['needs'] =>
  a.bedsOpened + a.crewsCalled > b.bedsOpened + b.crewsCalled ? a : b;

/** Two stretches that follow one another, as one. */
export function joinRehearsals<T extends Counted>(a: T, b: T): T {
  const days = new Map(a.days.map((day) => [day.day, day]));
  for (const day of b.days) {
    const known = days.get(day.day);
    days.set(
      day.day,
      known
        ? {
            day: day.day,
            minimumC: extreme(Math.min, known.minimumC, day.minimumC),
            maximumC: extreme(Math.max, known.maximumC, day.maximumC),
            feltC: extreme(Math.min, known.feltC, day.feltC),
            level: rank(known.level) >= rank(day.level) ? known.level : day.level,
          }
        : day,
    );
  }
  return {
    ...b,
    ...(a.needs && b.needs ? { needs: busier(a.needs, b.needs) } : {}),
    from: a.from,
    changes: [...a.changes, ...b.changes],
    hoursAt: sums(a.hoursAt, b.hoursAt),
    nightsOn: sums(a.nightsOn, b.nightsOn),
    falseStarts: a.falseStarts + b.falseStarts,
    flaps: a.flaps + b.flaps,
    days: [...days.values()],
    hoursRead: a.hoursRead + b.hoursRead,
  };
}

export interface Preview {
  now: PlanLevel;
  why: PlanReason[];
  changes: Rehearsal['changes'];
  /** epoch ms to which the forecast reaches; null when there is none */
  until: number | null;
}
/** Minutes: a plan looks at the world every one of them, but its rules speak of hours and quarters. */
const PREVIEW_STEP = 15 * 60_000;

/** What the rules would do from now on, begun anew, if the forecast came true. */
export function previewOf(inputs: PlanInputs, rules: PlanRules, now: number): Preview {
  const knownAt = knownFrom(inputs, rules.zone);
  const begun = knownAt(now);
  const { hours } = begun.now.sky.merged;
  const { later } = begun;
  const first = decide(startMemory, { ...inputs, orders: [], answers: [] }, rules, now);
  const reach = hours.at(-1)?.at ?? -Infinity;
  const until = reach > now && begun.now.sky.forecast.end > begun.now.sky.forecast.from ? reach : null;
  const changes: Rehearsal['changes'] = [];
  let plan = first.memory;
  for (let at = Math.floor(now / PREVIEW_STEP + 1) * PREVIEW_STEP; until !== null && at <= until; at += PREVIEW_STEP) {
    const known: Known = { now: later(at), later };
    const steadied = steady(plan, known, { orders: [], answers: [] }, rules);
    if (steadied.memory.level !== plan.level)
      changes.push({ at: iso(at), from: plan.level, to: steadied.memory.level, why: whyOf(steadied, known, rules) });
    plan = steadied.memory;
  }
  return { now: first.level, why: first.why, changes, until };
}
