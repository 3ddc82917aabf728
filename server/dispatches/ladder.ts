/** When each rung of a ladder is due, by the rule `dispatch.ladder` as it holds where the incident is. */
import { type Rung, rungs } from '../../shared/dispatches.ts';
import type { Priority } from '../../shared/incidents.ts';

export interface LadderStep {
  priority: Priority;
  rung: Rung;
  afterS: number;
}
export interface PlannedRung {
  rung: Rung;
  /** seconds after sending */
  afterS: number;
}

/**
 * The rungs of a priority, the soonest first; a rung given twice is climbed at its first time. A priority that the rule does
 * not name has every rung that any priority has, each at the latest of their times: nobody is left unanswered for a row
 * that is missing, and nobody is alarmed sooner than the city ever asked for.
 */
export function ladderFor(rule: readonly LadderStep[], priority: Priority): PlannedRung[] {
  const own = rule.filter((step) => step.priority === priority);
  const [from, pick] = own.length > 0 ? [own, Math.min] : [rule, Math.max];
  return rungs
    .flatMap((rung) => {
      const times = from.filter((step) => step.rung === rung).map(({ afterS }) => afterS);
      return times.length > 0 ? [{ rung, afterS: pick(...times) }] : [];
    })
    .sort((a, b) => a.afterS - b.afterS || rungs.indexOf(a.rung) - rungs.indexOf(b.rung));
}
