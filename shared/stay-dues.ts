/** When what falls due in a stay does so, by the clock on the station's wall. */
import type * as z from 'zod/mini';
import type { ruleSchemas } from './rules.ts';
import type { DueKind } from './stays.ts';
import { instantOf, offsetAt } from './wall-clock.ts';

/** A line of the rule `stays.deadlines`. */
export type Deadline = z.infer<(typeof ruleSchemas)['stays.deadlines']>[number];

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The same day of a later month, or the last one of a month that has no such day; of a wall time given as if it were UTC, in ms. */
function monthsLater(localMs: number, months: number): number {
  const day = new Date(localMs).getUTCDate();
  const later = new Date(localMs);
  later.setUTCDate(1);
  later.setUTCMonth(later.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(later.getUTCFullYear(), later.getUTCMonth() + 1, 0)).getUTCDate();
  return later.setUTCDate(Math.min(day, lastDay));
}

/** So long after an instant: hours are hours; days and months end at the same time on the wall, whatever is done to clocks between. */
export function later(at: Date, after: number, unit: Deadline['unit'], zone: string): Date {
  if (unit === 'hours') return new Date(at.getTime() + after * HOUR_MS);
  const local = at.getTime() + offsetAt(zone, at.getTime());
  return new Date(instantOf(zone, unit === 'days' ? local + after * DAY_MS : monthsLater(local, after)));
}

/** What falls due, from when on it is said, and whether a name ends it. */
export interface DueTimes {
  kind: DueKind;
  unidentified: boolean;
  warnAt: Date;
  dueAt: Date;
}

/** What falls due in a stay by the rule, each kind once: where two lines say the same kind, the earlier holds. Nothing is said before arrival. */
export function dueTimes(
  deadlines: readonly Deadline[],
  stay: { arrivedAt: Date; unidentified: boolean },
  zone: string,
): DueTimes[] {
  const dues = new Map<DueKind, DueTimes>();
  for (const { due: kind, unidentified, after, unit, warnH } of deadlines) {
    if (unidentified && !stay.unidentified) continue;
    const dueAt = later(stay.arrivedAt, after, unit, zone);
    const warnAt = new Date(Math.max(stay.arrivedAt.getTime(), dueAt.getTime() - warnH * HOUR_MS));
    const known = dues.get(kind);
    if (!known || dueAt < known.dueAt) dues.set(kind, { kind, unidentified, warnAt, dueAt });
  }
  return [...dues.values()];
}
