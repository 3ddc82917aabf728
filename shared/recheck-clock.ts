/** How long after a refusal somebody looks again, by the rule `recheck.after`. */
import type { Priority } from './incidents.ts';
import type { PlanLevel } from './plan-levels.ts';

/** A row of the rule `recheck.after`. */
export interface RecheckStep {
  level: PlanLevel;
  /** null: any */
  priority: Priority | null;
  minutes: number;
}
/**
 * Minutes until somebody looks again: the first row for the level and the priority. Where no row fits, the shortest time that
 * any has: nobody is left in the cold for a row that is missing.
 */
export const minutesUntil = (rule: readonly RecheckStep[], level: PlanLevel, priority: Priority): number =>
  rule.find((step) => step.level === level && (step.priority === null || step.priority === priority))?.minutes ??
  Math.min(...rule.map(({ minutes }) => minutes));
