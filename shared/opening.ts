/** When a place is open: windows of the week, each from a plan level on. */
import * as z from 'zod/mini';
import { type PlanLevel, planLevels } from './plan-levels.ts';
import { instantOf, localDay, offsetAt } from './wall-clock.ts';

const DAY_MS = 86_400_000;
/** Looking further ahead for the next change is of no use to anybody. */
const AHEAD_DAYS = 8;

/** Minutes of a day: `24:00` is its end. */
const clock = z.string().check(z.regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'not a time of day'));
/**
 * One window. `days` are ISO weekdays on which it begins (1 Monday); one whose `to` is not after its `from` ends the next day,
 * and one whose two are equal lasts all day. It holds while the station's plan is at `level` or above; 'none' holds always.
 */
export const openingWindow = z.strictObject({
  days: z.array(z.int().check(z.gte(1), z.lte(7))).check(
    z.minLength(1),
    z.maxLength(7),
    z.refine((days) => new Set(days).size === days.length, 'each once'),
  ),
  from: clock,
  to: clock,
  level: z.enum(planLevels),
});
export type OpeningWindow = z.infer<typeof openingWindow>;
export const openingWindows = z.array(openingWindow).check(z.maxLength(28));

/** Whether it is open by its windows, and when that changes next (epoch ms; null when not within eight days). */
export interface OpenState {
  open: boolean;
  changesAt: number | null;
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
const holdsAt = (window: OpeningWindow, level: PlanLevel): boolean =>
  planLevels.indexOf(window.level) <= planLevels.indexOf(level);

/** A place without windows is open whenever its staff say so; times are those of the wall clock in `zone`, also on nights when it is changed. */
export function openAt(windows: readonly OpeningWindow[], at: number, zone: string, level: PlanLevel): OpenState {
  if (windows.length === 0) return { open: true, changesAt: null };
  const today = localDay(zone, at);
  // where the clock is not changed in these days, one subtraction says what asking the zone for each time would
  const [before, after] = [offsetAt(zone, at - 3 * DAY_MS), offsetAt(zone, at + (AHEAD_DAYS + 3) * DAY_MS)];
  const instant = (local: number): number => (before === after ? local - before : instantOf(zone, local));
  const spans: [number, number][] = [];
  for (let ahead = -1; ahead <= AHEAD_DAYS; ahead += 1) {
    const day = today + ahead * DAY_MS;
    const weekday = new Date(day).getUTCDay() || 7;
    for (const window of windows) {
      if (!holdsAt(window, level) || !window.days.includes(weekday)) continue;
      const from = minutesOf(window.from);
      const to = minutesOf(window.to) > from ? minutesOf(window.to) : minutesOf(window.to) + 1440;
      spans.push([instant(day + from * 60_000), instant(day + to * 60_000)]);
    }
  }
  spans.sort((a, b) => a[0] - b[0]);
  let until: number | null = null;
  let next: number | null = null;
  for (const [from, to] of spans) {
    if (from <= (until ?? at) && to > (until ?? at)) until = to;
    else if (from > at) next ??= from;
  }
  if (until === null) return { open: false, changesAt: next };
  return { open: true, changesAt: until >= instant(today + AHEAD_DAYS * DAY_MS) ? null : until };
}
