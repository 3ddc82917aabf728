/** Alarms of emergency plans, worked out from the picture alone. Pure. */
import { planLevels } from '../../shared/plan-levels.ts';
import type { ActivationRow, PlanStateRow } from '../../shared/plans.ts';
import type { TaskRow } from '../../shared/tasks.ts';

export interface PlanPicture {
  now: number;
  plans: readonly PlanStateRow[];
  activations: readonly ActivationRow[];
}
/** What of an alarm is said of a plan. */
export interface AboutPlan {
  planId: string | null;
  level: number;
}

/** How long a level that was switched on is news to a desk that comes back; after that the banner says it. */
const NEWS_MS = 15 * 60_000;
const AT_DESK: readonly string[] = ['dispatcher', 'manager'];
/** Somebody at a desk must still say that they have read what the plan told desks with an alarm. */
const unread = ({ steps }: ActivationRow): boolean =>
  steps.some(
    (step) =>
      step.alarm &&
      step.acknowledge &&
      step.acknowledgedAt === null &&
      (step.state === 'waiting' || step.state === 'done') &&
      step.to.some((role) => AT_DESK.includes(role)),
  );

/** A switch-on is one alarm, whatever its steps do and tell; a higher level is the same one, grown. */
export const switchedOn = ({ activations, now }: PlanPicture): (AboutPlan & { id: string; since: number })[] =>
  activations
    .filter((row) => row.endedAt === null && row.level !== 'none')
    .map((row) => ({ row, since: Date.parse(row.levelSince) }))
    .filter(({ row, since }) => now - since < NEWS_MS || unread(row))
    .map(({ row, since }) => ({ id: row.id, since, planId: row.planId, level: planLevels.indexOf(row.level) }));

/** What a task is about, where it is a plan's: worse as its end comes near; null when it is no longer true. */
export function planOf({ kind, subject }: TaskRow, { plans, activations, now }: PlanPicture): AboutPlan | null {
  if (kind === 'plan_step_late')
    return { planId: activations.find(({ id }) => id === subject['activationId'])?.planId ?? null, level: 1 };
  const plan = plans.find(({ id }) => id === subject['planId']);
  if (!plan?.proposal) return null;
  const [from, until] = [Date.parse(plan.proposal.askedAt), Date.parse(plan.proposal.deadline)];
  return { planId: plan.id, level: until - now < (until - from) / 3 ? 2 : 1 };
}
