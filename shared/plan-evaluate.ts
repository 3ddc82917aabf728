/** Whether a condition holds: true, false or not known. What nobody knows is never taken for mild. */
import { alertLevels } from './alerts.ts';
import { type CalendarNode, onCalendar } from './plan-calendar.ts';
import type { AlertNode, Condition } from './plan-conditions.ts';
import type { PlanAlert, PlanReason } from './plan-engine.ts';
import type { PlanLevel } from './plan-levels.ts';
import { allOf, anyOf, type Sky, type Tested, type Tri, weatherHolds } from './plan-sky.ts';

/** All that a condition is judged by. */
export interface Moment {
  sky: Sky;
  alerts: readonly PlanAlert[];
}
const iso = (at: number): string => new Date(at).toISOString();
const tenth = (value: number): number => Math.round(value * 10) / 10;

const alertFacts = ({ id, type, level, from, until }: PlanAlert): PlanReason['facts'] => ({
  id,
  ...(type === null ? {} : { type }),
  ...(level === null ? {} : { colour: level }),
  from: iso(from),
  ...(until === null ? {} : { until: iso(until) }),
});

/** A kind or colour that nobody has said yet may be the one that is asked for. */
function alertHolds({ alert: { types, level } }: AlertNode, alert: PlanAlert): Tri {
  const kind: Tri = types === undefined ? true : alert.type === null ? null : types.includes(alert.type);
  const colour: Tri = alert.level === null ? null : alertLevels.indexOf(alert.level) >= alertLevels.indexOf(level);
  return allOf([kind, colour]);
}

const weatherFacts = ({ test, bound, value, hour }: Tested, now: number): PlanReason['facts'] => ({
  measure: test.measure,
  sense: test.atMost === undefined ? 'atLeast' : 'atMost',
  bound,
  ...(Number.isFinite(value) ? { value: tenth(value) } : {}),
  // what is told ahead is a forecast, also where a rehearsal takes it from what was observed
  ...(hour ? { basis: hour.at > now ? 'forecast' : hour.kind, at: iso(hour.at) } : {}),
});

function calendarFacts(node: CalendarNode): PlanReason['facts'] {
  if ('season' in node) return { node: 'season', from: node.season.from, to: node.season.to };
  if ('hours' in node) return { node: 'hours', from: node.hours.from, to: node.hours.to };
  if ('lunar' in node) return { node: 'lunar', month: node.lunar.month, day: node.lunar.day };
  return { node: 'dates' };
}

const inForce = (alerts: readonly PlanAlert[], now: number): PlanAlert[] =>
  alerts.filter(({ from, until }) => from <= now && (until === null || now < until));

/** Whether a condition holds. `keep`: with the milder bounds of a level that is on. */
export function holds(when: Condition, now: Moment, keep: boolean): Tri {
  if ('all' in when || 'any' in when) {
    const settles = 'any' in when;
    let sure = true;
    for (const part of 'all' in when ? when.all : when.any) {
      const value = holds(part, now, keep);
      if (value === settles) return settles;
      sure &&= value !== null;
    }
    return sure ? !settles : null;
  }
  if ('weather' in when) return weatherHolds(now.sky, when.weather, keep).holds;
  if ('alert' in when) return anyOf(inForce(now.alerts, now.sky.at).map((alert) => alertHolds(when, alert)));
  return onCalendar(when, now.sky.zone, now.sky.at);
}

/**
 * What makes a condition come out as it does: leaves that hold as `weather`, `alert`, `schedule`; those that do not as `mild` and
 * `closed`; those nobody can judge as `unknown`.
 */
export function reasons(when: Condition, now: Moment, keep: boolean, level: PlanLevel): PlanReason[] {
  const { at, zone } = now.sky;
  const outcome = holds(when, now, keep);
  if ('all' in when || 'any' in when)
    return ('all' in when ? when.all : when.any)
      .filter((part) => holds(part, now, keep) === outcome)
      .flatMap((part) => reasons(part, now, keep, level));
  if ('weather' in when) {
    const code = outcome === null ? 'unknown' : outcome ? 'weather' : 'mild';
    return weatherHolds(now.sky, when.weather, keep)
      .by.filter((tested) => tested.holds === outcome)
      .map((tested) => ({ code, level, facts: weatherFacts(tested, at) }));
  }
  if ('alert' in when)
    return inForce(now.alerts, at)
      .filter((alert) => outcome !== false && alertHolds(when, alert) === outcome)
      .sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1))
      .map((alert) => ({ code: outcome ? 'alert' : 'unknown', level, facts: alertFacts(alert) }));
  return [{ code: onCalendar(when, zone, at) ? 'schedule' : 'closed', level, facts: calendarFacts(when) }];
}

/** Whether a condition could hold by the calendar alone, whatever weather and warnings there were. */
export function calendarAllows(when: Condition, zone: string, at: number): boolean {
  if ('all' in when) return when.all.every((part) => calendarAllows(part, zone, at));
  if ('any' in when) return when.any.some((part) => calendarAllows(part, zone, at));
  return 'weather' in when || 'alert' in when || onCalendar(when, zone, at);
}
