/** What people say of a step: seen, done, not to be done, try again. */
import type { Part } from '../../shared/contract.ts';
import type { ActivationRow, StepSpec, updateStep } from '../../shared/plans.ts';
import { Problem } from '../../shared/problems.ts';
import { desk, type Role } from '../../shared/roles.ts';
import { type Context, type Staff, staffOf, userIdOf } from '../context.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { endReminder, isSettled, type StepChange, tellActivation, writeStep } from './commands-steps.ts';
import { activationFrom, lockActivation, stepOf, type Step } from './queries-steps.ts';
import { activationRows } from './queries.ts';

/** The duty officer is whoever of the desk is signed in to the shift as such; the desk sees to it that one is. */
const owners: Readonly<Record<StepSpec['owner'], readonly Role[]>> = {
  duty_officer: desk,
  dispatcher: ['dispatcher'],
  manager: ['manager'],
  crew: ['crew'],
  shelter: ['shelter'],
  partner: ['partner'],
};

/** The desk and administrators may for everybody of their stations; of a plan from above each part sees to its own steps alone. */
function mayStep({ role }: Staff, { owner }: StepSpec, above: boolean): boolean {
  const leads = role === 'admin' || desk.some((each) => each === role);
  return (leads && !above) || owners[owner].includes(role);
}

/** What saying it changes, or null when there is nothing left to say. */
function changeOf(ctx: Context, step: Step, what: Part<(typeof updateStep)['body']>['do']): StepChange | null {
  if (isSettled(step)) return null;
  const now = ctx.now();
  // nobody tries any more; what was to be taken back is then in people's hands
  const rests = { fault: null, nextAt: null } satisfies StepChange;
  const over = { ...rests, before: null } satisfies StepChange;
  const seen: StepChange =
    step.acknowledgedAt === null ? { acknowledgedAt: now, acknowledgedBy: userIdOf(ctx.actor) } : {};
  switch (what) {
    case 'acknowledge':
      return step.acknowledgedAt === null ? seen : null;
    case 'done':
      if (!step.wanted) return { state: 'undone', undoneAt: now, ...over };
      return step.state === 'done'
        ? null
        : { ...seen, state: 'done', doneAt: now, doneBy: userIdOf(ctx.actor), ...rests };
    case 'skip':
      return step.state === 'done' ? null : { state: 'skipped', ...(step.wanted ? rests : over) };
    case 'retry':
      return step.state === 'failed' ? { nextAt: now, fault: null } : null;
  }
}

/** 404 out of sight, 403 for a step of somebody else's, 409 step_settled when there is nothing left to say. */
export async function sayOfStep(
  ctx: Context,
  { id, stepId }: { id: string; stepId: string },
  body: Part<(typeof updateStep)['body']>,
): Promise<ActivationRow> {
  const staff = staffOf(ctx);
  const seen = await activationFrom(ctx.db, id, staff.stationId);
  if (!seen) throw new Problem('not_found');
  await lockActivation(ctx.db, id);
  const step = await stepOf(ctx.db, stepId);
  if (step?.activationId !== id) throw new Problem('not_found');
  if (!mayStep(staff, step.spec, seen.above)) throw new Problem('forbidden');
  const change = changeOf(ctx, step, body.do);
  if (!change) throw new Problem('step_settled');
  await writeStep(ctx, stepId, { ...change, ...(body.note === undefined ? {} : { note: body.note }) });
  const now = await stepOf(ctx.db, stepId);
  await tellActivation(ctx, step, now && isSettled(now) ? await endReminder(ctx, step) : []);
  const [activation] = await activationRows(ctx.db, [id]);
  const shown = activation && view('activations', activation, viewerOf(staff));
  if (!shown) throw new Problem('not_found');
  return shown;
}
