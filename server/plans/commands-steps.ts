/**
 * Brings what plans do in line with what is wanted. Each step is worked in a transaction of its own, in which its effect and its mark
 * are written together: so it happens exactly once, whoever dies in between and however many nodes try.
 */
import type { StepCounts, StepRow } from '../../shared/plans.ts';
import { Problem } from '../../shared/problems.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import type { Context } from '../context.ts';
import { DatabaseUnavailable } from '../db/errors.ts';
import { PLAN_STEPS_LOCK } from '../db/locks.ts';
import { rows } from '../db/rows.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { record } from '../realtime/record.ts';
import { endTasks, raiseTask } from '../tasks/commands.ts';
import {
  dueSteps,
  isOver,
  lockActivation,
  lockedStep,
  overActivations,
  runningRechecks,
  type Step,
} from './queries-steps.ts';
import { activationRows } from './queries.ts';
import { deeds } from './steps-deeds.ts';
import type { Handler, Outcome } from './steps-outcome.ts';

const MINUTE = 60_000;
/** A step that fails is tried again after 1, 2, 4 ... minutes. */
const LONGEST_REST_MIN = 30;
const restMs = (attempts: number): number => Math.min(2 ** attempts, LONGEST_REST_MIN) * MINUTE;

/** What is written of a step besides its state; what is not named stays. */
export interface StepChange {
  state?: StepRow['state'];
  nextAt?: Date | null;
  attempts?: number;
  fault?: string | null;
  result?: StepCounts;
  before?: Step['before'];
  acknowledgedAt?: Date;
  acknowledgedBy?: string | null;
  doneAt?: Date;
  doneBy?: string | null;
  undoneAt?: Date;
  note?: string;
  taskId?: string;
  escalatedAt?: Date;
}
const columns: Readonly<Record<keyof StepChange, string>> = {
  state: 'state = :state',
  nextAt: 'next_at = cast(:nextAt as timestamptz)',
  attempts: 'attempts = :attempts',
  fault: 'fault = cast(:fault as text)',
  result: 'result = result || cast(:result as jsonb)',
  before: 'before = cast(:before as jsonb)',
  acknowledgedAt: 'acknowledged_at = :acknowledgedAt',
  acknowledgedBy: 'acknowledged_by = cast(:acknowledgedBy as uuid)',
  doneAt: 'done_at = :doneAt',
  doneBy: 'done_by = cast(:doneBy as uuid)',
  undoneAt: 'undone_at = :undoneAt',
  note: 'note = :note',
  taskId: 'task_id = cast(:taskId as uuid)',
  escalatedAt: 'escalated_at = :escalatedAt',
};

const setSql = (change: StepChange): string =>
  (Object.keys(change) as (keyof StepChange)[]).map((name) => columns[name]).join(', ');

/** Writes a change of a step whose activation the caller has locked. */
export async function writeStep(ctx: Context, id: string, change: StepChange): Promise<void> {
  const { result, before, ...plain } = change;
  await rows(ctx.db, `update activation_steps set ${setSql(change)} where id = cast(:id as uuid)`, {
    id,
    ...plain,
    ...(result === undefined ? {} : { result: JSON.stringify(result) }),
    ...(before === undefined ? {} : { before: before && JSON.stringify(before) }),
  });
}

/** Tells of an activation with what was raised or settled beside it, as the command's last word on it. */
export async function tellActivation(
  ctx: Context,
  { activationId, stationId }: Pick<Step, 'activationId' | 'stationId'>,
  tasks: readonly TaskRow[] = [],
): Promise<void> {
  await rows(ctx.db, `update activations set version = version + 1 where id = cast(:activationId as uuid)`, {
    activationId,
  });
  record(ctx, {
    type: 'activation.changed',
    stationId,
    rows: {
      activations: await activationRows(ctx.db, [activationId]),
      ...(tasks.length > 0 ? { tasks: [...tasks] } : {}),
    },
  });
}

/** Nobody has to be reminded of it any more: done and, where that is asked for, seen; or not wanted. */
export const isSettled = ({ state, spec, acknowledgedAt }: Pick<Step, 'state' | 'spec' | 'acknowledgedAt'>): boolean =>
  state === 'skipped' || state === 'undone' || (state === 'done' && (!spec.acknowledge || acknowledgedAt !== null));

/** The reminder of a step ends with what it reminded of. */
export const endReminder = (ctx: Context, { taskId }: Pick<Step, 'taskId'>): Promise<TaskRow[]> =>
  endTasks(ctx, taskId === null ? [] : [taskId]);

/** How a deed went in terms of its row. */
function changeOf(ctx: Context, step: Step, outcome: Outcome): StepChange {
  const now = ctx.now();
  const over = outcome.state === 'done';
  const again = over || outcome.againMs == null ? null : new Date(now.getTime() + outcome.againMs);
  return {
    state: over && !step.wanted ? 'undone' : outcome.state,
    nextAt: again,
    fault: outcome.fault ?? null,
    ...(outcome.state === 'failed' ? {} : { attempts: 0 }),
    ...(outcome.result === undefined ? {} : { result: outcome.result }),
    ...(over && !step.wanted ? { before: null, undoneAt: now } : {}),
    ...(outcome.before === undefined ? {} : { before: outcome.before }),
    ...(over && step.wanted ? { doneAt: now } : {}),
  };
}

/** What a step needs now: to be done, to be taken back, or (null) nothing. */
function deedOf(ctx: Context, step: Step): Promise<Outcome> | null {
  const { deed } = step.spec;
  // the table has the handler of this kind under its name
  const handler = deeds[deed.kind] as Handler<typeof deed.kind>;
  if (step.state === 'skipped' || step.state === 'undone') return null;
  if (step.wanted) return step.state === 'done' ? null : handler.do(ctx, step, deed);
  const touched = step.doneAt !== null || step.before !== null;
  return handler.undo !== null && touched ? handler.undo(ctx, step, deed) : Promise.resolve({ state: 'done' });
}

/** Works a step if it still is due. */
async function work(ctx: Context, id: string): Promise<void> {
  await rows(ctx.db, `select pg_advisory_xact_lock(:lock)`, { lock: PLAN_STEPS_LOCK });
  const step = await lockedStep(ctx.db, id, 'due', ctx.now());
  if (!step) return;
  const outcome = await deedOf(ctx, step);
  if (outcome === null) {
    await writeStep(ctx, id, { nextAt: null });
    return;
  }
  const change = changeOf(ctx, step, outcome);
  await writeStep(ctx, id, change);
  const same = change.state === step.state && (change.fault ?? null) === step.fault && !outcome.result;
  if (same) return;
  const ended = isSettled({ ...step, state: change.state ?? step.state }) ? await endReminder(ctx, step) : [];
  await tellActivation(ctx, step, [...(outcome.tasks ?? []), ...ended]);
}

/** Says of a step that it could not be worked, and when it is tried again; whoever worked it meanwhile is right. */
async function fail(ctx: Context, id: string, fault: string): Promise<void> {
  const now = ctx.now();
  const step = await lockedStep(ctx.db, id, 'due', now);
  if (!step) return;
  const nextAt = new Date(now.getTime() + restMs(step.attempts));
  await writeStep(ctx, id, { state: 'failed', nextAt, attempts: step.attempts + 1, fault });
  await tellActivation(ctx, step);
}

/** Reminds the desk, once, of a step that is late. */
async function escalate(ctx: Context, id: string): Promise<void> {
  const step = await lockedStep(ctx.db, id, 'late', ctx.now());
  if (!step) return;
  const { planId, activationId, stationId } = step;
  const subject = { planId, activationId, stepId: id };
  const raised = await raiseTask(ctx, { stationId, kind: 'plan_step_late', subject });
  await writeStep(ctx, id, { taskId: raised.id, escalatedAt: ctx.now() });
  await tellActivation(ctx, step, [raised]);
}

/** Closes an activation that has stood down and taken everything back; what goes on by its clocks is handed over. */
async function close(ctx: Context, activationId: string): Promise<void> {
  if (!(await lockActivation(ctx.db, activationId)) || !(await isOver(ctx.db, activationId))) return;
  const [closed] = await rows<{ stationId: string; planId: string }>(
    ctx.db,
    `update activations set closed_at = :now where id = cast(:activationId as uuid) returning station_id as "stationId", plan_id as "planId"`,
    { activationId, now: ctx.now() },
  );
  if (!closed) return;
  const rechecks = await runningRechecks(ctx.db, activationId);
  const { stationId, planId } = closed;
  const subject = { planId, activationId, rechecks };
  const left = rechecks > 0 ? [await raiseTask(ctx, { stationId, kind: 'plan_left', subject })] : [];
  await tellActivation(ctx, { activationId, stationId }, left);
}

const system = { kind: 'system' } as const;
const told = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');
const inOne = (service: Service, id: string, what: (ctx: Context) => Promise<void>): Promise<void> =>
  runCommand(service, system, { command: 'job.run-steps', subjectIds: [id], fields: [] }, what);

async function workOne(service: Service, id: string): Promise<void> {
  try {
    await inOne(service, id, (ctx) => work(ctx, id));
  } catch (error) {
    // trouble of the database is not the step's, and it stays due; but one that takes too long would do so each time
    if (error instanceof DatabaseUnavailable && error.reason !== 'deadline') throw error;
    const fault =
      error instanceof Problem ? error.code : error instanceof DatabaseUnavailable ? 'unavailable' : 'other';
    service.log.warn({ stepId: id, error: told(error), fault }, 'a step of a plan failed; it is tried again later');
    await inOne(service, id, (ctx) => fail(ctx, id, fault));
  }
}

/**
 * Works all that is due: steps to be done and to be taken back, reminders of those that are late, activations that are over. Any
 * node may call it at any time; one that fails does not stop the rest.
 */
export async function runSteps(service: Service): Promise<void> {
  const { knex } = service.database;
  const each = async (ids: readonly string[], run: (id: string) => Promise<void>): Promise<void> => {
    for (const id of ids) {
      try {
        await run(id);
      } catch (error) {
        service.log.error({ id, error: told(error) }, 'a plan could not be worked; the next pulse tries again');
      }
    }
  };
  const { due, late } = await dueSteps(knex, service.now());
  await each(due, (id) => workOne(service, id));
  await each(late, (id) => inOne(service, id, (ctx) => escalate(ctx, id)));
  await each(await overActivations(knex), (id) => inOne(service, id, (ctx) => close(ctx, id)));
}
