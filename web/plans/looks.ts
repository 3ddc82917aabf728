/** How levels and steps look: a shape, a tone and a word, so that colour is never the only cue. */
import type { AlertLevel } from '../../shared/alerts.ts';
import type { PlanLevel } from '../../shared/plan-levels.ts';
import type { StepRow } from '../../shared/plans.ts';
import { type Look, looks } from '../ui/statuses.ts';

export const levelLooks: Readonly<Record<PlanLevel, Look>> = looks.level;
const stepLooks = {
  waiting: { shape: 'ring', tone: 'warn', word: 'plan.state.waiting' },
  unseen: { shape: 'clock', tone: 'warn', word: 'plan.state.unseen' },
  late: { shape: 'triangle', tone: 'danger', word: 'plan.state.late' },
  done: { shape: 'check', tone: 'ok', word: 'plan.state.done' },
  failed: { shape: 'cross', tone: 'danger', word: 'plan.state.failed' },
  skipped: { shape: 'arrow', tone: 'quiet', word: 'plan.state.skipped' },
  undone: { shape: 'half', tone: 'quiet', word: 'plan.state.undone' },
} as const satisfies Record<string, Look>;

/** Whether somebody must still say that they have seen it. */
export const unseen = (step: StepRow): boolean =>
  step.acknowledge && step.acknowledgedAt === null && (step.state === 'waiting' || step.state === 'done');
/** Whether a person has still something to do with it. */
export const isOpen = (step: StepRow): boolean => step.state === 'waiting' || step.state === 'failed' || unseen(step);
/** Whether it is past its time; what was seen to never is. */
export const isLate = (step: StepRow, now: Date): boolean =>
  isOpen(step) && step.dueAt !== null && Date.parse(step.dueAt) < now.getTime();

export function stepLook(step: StepRow, now: Date): Look {
  if (step.state === 'failed') return stepLooks.failed;
  // what people did stays done: there is nothing to take back
  if (step.state === 'undone' && step.kind === 'task' && step.doneAt !== null) return stepLooks.done;
  if (isLate(step, now)) return stepLooks.late;
  if (step.state === 'done' && unseen(step)) return stepLooks.unseen;
  return stepLooks[step.state];
}
/** Steps of a level, in the order of the plan's row. */
export const stepsFrom = <T extends { from: AlertLevel }>(steps: readonly T[], level: AlertLevel): T[] =>
  steps.filter(({ from }) => from === level);
