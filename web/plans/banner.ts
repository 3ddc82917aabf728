/** What is said of plans where people work: which of them, in which order, and what is still to be done. Pure. */
import { type PlanLevel, planLevels } from '../../shared/plan-levels.ts';
import type { ActivationRow, noticeTo, PlanStateRow, StepRow } from '../../shared/plans.ts';
import type { State } from '../../shared/state.ts';
import { isLate, isOpen } from './looks.ts';

/** What a plan is about to say: it stands at a level, asks for one, advises one, or an order holds it below what its rules want. */
export interface PlanLine {
  plan: PlanStateRow;
  activation: ActivationRow | null;
  /** of the own station or of one above it; the others lie below */
  here: boolean;
  asks: NonNullable<PlanStateRow['proposal']> | null;
  /** a level above what is on that is only advised */
  advises: PlanLevel | null;
  /** the level its rules want and an order does not let be */
  heldFrom: PlanLevel | null;
  /** steps that somebody has still to see to, the late ones first */
  open: readonly StepRow[];
  late: number;
  /** how many there are in all */
  steps: number;
}

export const rank = (level: PlanLevel): number => planLevels.indexOf(level);
type Picture = Pick<State, 'stations' | 'plans' | 'activations'>;

/** Whether a station's plan holds at another one: it is the same, or above it. A phone without the station's row goes by whatever it hears. */
export const holdsAt = ({ stations }: Pick<State, 'stations'>, planStation: string, stationId: string): boolean =>
  stations[stationId]?.path.includes(planStation) ?? true;

function lineOf(picture: Picture, plan: PlanStateRow, stationId: string, now: Date): PlanLine {
  const runs = Object.values(picture.activations).filter(({ planId }) => planId === plan.id);
  const activation = runs.find(({ endedAt }) => endedAt === null) ?? runs[0] ?? null;
  const steps = activation?.steps ?? [];
  const open = steps.filter(isOpen);
  const late = open.filter((step) => isLate(step, now));
  const held = plan.order?.kind === 'ceiling' && rank(plan.wanted) > rank(plan.level);
  return {
    plan,
    activation,
    here: holdsAt(picture, plan.stationId, stationId),
    asks: plan.proposal,
    advises: rank(plan.advice) > rank(plan.level) ? plan.advice : null,
    heldFrom: held ? plan.wanted : null,
    open: [...late, ...open.filter((step) => !late.includes(step))],
    late: late.length,
    steps: steps.length,
  };
}

/** Whether there is anything to say of a plan: it is on, winding down, asks, advises or is held down. */
const speaks = ({ plan, activation, asks, advises, heldFrom }: PlanLine): boolean =>
  plan.level !== 'none' || activation !== null || asks !== null || advises !== null || heldFrom !== null;

/** Plans with something to say, those that hold here before those below, the highest level first. */
export const planLines = (picture: Picture, stationId: string, now: Date): PlanLine[] =>
  Object.values(picture.plans)
    .map((plan) => lineOf(picture, plan, stationId, now))
    .filter(speaks)
    .sort(
      (a, b) =>
        Number(b.here) - Number(a.here) ||
        Number(b.asks !== null) - Number(a.asks !== null) ||
        rank(b.plan.level) - rank(a.plan.level) ||
        a.plan.name.localeCompare(b.plan.name) ||
        a.plan.id.localeCompare(b.plan.id),
    );

export interface Notice {
  activation: ActivationRow;
  step: StepRow;
}
/** Notices of plans that are on for one kind of people, of those that hold at their station. */
export const noticesTo = (picture: Picture, stationId: string, to: (typeof noticeTo)[number]): Notice[] =>
  Object.values(picture.activations)
    .filter((row) => row.endedAt === null && row.level !== 'none' && holdsAt(picture, row.stationId, stationId))
    .flatMap((activation) =>
      activation.steps
        .filter(({ to: whom, state }) => whom.includes(to) && (state === 'waiting' || state === 'done'))
        .map((step) => ({ activation, step })),
    )
    .sort((a, b) => a.activation.levelSince.localeCompare(b.activation.levelSince));
