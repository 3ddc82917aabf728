/**
 * Whether a plan should be on, decided from what is known now, and what follows from that. A decision goes by what is so and never by
 * what has changed, so it may be made at any time, by any node, as often as anybody likes: only what comes out differently is told and kept.
 */
import { decide } from '../../shared/plan-decide.ts';
import { type Decision, type PlanInputs, startMemory } from '../../shared/plan-engine.ts';
import { type PlanLevel, planLevels } from '../../shared/plan-levels.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { finishTasksAbout, raiseTask } from '../tasks/commands.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import { converge } from './commands-activations.ts';
import { activationRows, planStates, type Said } from './queries.ts';
import { inputsOf } from './queries-inputs.ts';
import { lockedPlan, type StoredPlan } from './queries-plan.ts';
import { reasonLine } from './reason.ts';

const iso = (at: number): string => new Date(at).toISOString();
const rank = (level: PlanLevel): number => planLevels.indexOf(level);

/** Of a plan out of use: it is off, whatever the weather. */
const off: Decision = {
  level: 'none',
  memory: startMemory,
  wanted: 'none',
  proposal: null,
  advice: 'none',
  orderId: null,
  until: null,
  why: [],
};

function saidBy({ level, memory, wanted, proposal, advice, orderId, until, why }: Decision): Said {
  return {
    wanted,
    until: until === null ? null : iso(until),
    why,
    proposal: proposal && {
      level: proposal.level,
      askedAt: iso(proposal.askedAt),
      deadline: iso(proposal.deadline),
    },
    advice,
    orderId,
    held: rank(memory.rules) > rank(level) ? memory.rules : 'none',
  };
}

/** What makes a decision another one: numbers behind a reason move every hour and are none. */
const outline = ({ wanted, why, proposal, advice, orderId, held }: Said): string =>
  JSON.stringify([
    wanted,
    proposal && [proposal.level, proposal.askedAt, proposal.deadline],
    advice,
    orderId,
    held,
    [...new Set(why.map(({ code, level }) => `${code} ${level}`))].sort(),
  ]);
/** How far the earliest end may move before everybody is told of it, in ms. */
const SLACK = 30 * 60_000;
const drifted = (before: string | null, after: string | null): boolean =>
  before === null || after === null ? before !== after : Math.abs(Date.parse(before) - Date.parse(after)) >= SLACK;

/** How far the clocks of two nodes may be apart without a plan noticing, in ms. */
const SKEW = 60_000;
/**
 * The time a plan is decided at never goes back: to a node whose clock is a little behind, an order just given elsewhere would
 * otherwise be one of the future, and it would end what that order began.
 */
function timeOf(ctx: Context, { lookedAt }: StoredPlan): Date {
  const now = ctx.now();
  const last = lookedAt === null ? 0 : Date.parse(lookedAt);
  return last > now.getTime() && last - now.getTime() <= SKEW ? new Date(last) : now;
}

/** Keeps a decision with all it went by, so that it can be made again. */
async function keep(
  ctx: Context,
  plan: StoredPlan,
  now: Date,
  decision: Decision,
  inputs: PlanInputs | null,
): Promise<void> {
  await rows(
    ctx.db,
    `insert into plan_decisions (plan_id, at, previous, level, why, inputs)
     values (cast(:planId as uuid), :now, :previous, :level, cast(:why as jsonb), cast(:inputs as jsonb))`,
    {
      planId: plan.id,
      now,
      previous: plan.memory.level,
      level: decision.level,
      why: JSON.stringify(decision.why),
      inputs: JSON.stringify({ version: plan.version, active: plan.active, memory: plan.memory, ...inputs }),
    },
  );
}

/** What people are asked to look at: a level that waits for an answer, and one that an order holds down. Each ends by itself. */
async function tellDesk(ctx: Context, plan: StoredPlan, before: Said, after: Said): Promise<TaskRow[]> {
  const { id: planId, stationId } = plan;
  const raised: TaskRow[] = [];
  const raise = async (kind: TaskRow['kind'], level: PlanLevel): Promise<void> => {
    raised.push(await raiseTask(ctx, { stationId, kind, subject: { planId, level } }));
  };
  const asked = ({ proposal }: Said): string => (proposal ? `${proposal.level} ${proposal.askedAt}` : '');
  if (asked(before) !== asked(after)) {
    if (before.proposal) await finishTasksAbout(ctx, 'plan_asks', 'planId', planId);
    if (after.proposal) await raise('plan_asks', after.proposal.level);
  }
  const more = rank(after.held) > rank(before.held);
  if (before.held !== 'none' && (more || after.held === 'none'))
    await finishTasksAbout(ctx, 'plan_held_down', 'planId', planId);
  if (more) await raise('plan_held_down', after.held);
  return raised;
}

/** Decides about a plan that the caller has locked; what came out differently is written, kept and told. */
async function decideLocked(ctx: Context, plan: StoredPlan): Promise<void> {
  const now = timeOf(ctx, plan);
  const inputs = plan.active ? await inputsOf(ctx.db, plan, now) : null;
  const decision = inputs ? decide(plan.memory, inputs, { ...plan.spec, zone: plan.zone }, now.getTime()) : off;
  const before = plan.said;
  const after = saidBy(decision);
  const other = plan.memory.level !== decision.level || outline(before) !== outline(after);
  const anew = other || drifted(before.until, after.until);
  const said = anew ? after : before;
  await rows(
    ctx.db,
    `update plans set memory = cast(:memory as jsonb), said = cast(:said as jsonb), looked_at = :now where id = cast(:id as uuid)`,
    { id: plan.id, now, memory: JSON.stringify(decision.memory), said: JSON.stringify(said) },
  );
  const { activationId, moved } = await converge(
    ctx,
    plan,
    {
      level: decision.level,
      since: new Date(decision.memory.since ?? now),
      until: said.until,
      why: said.why,
      reason: reasonLine(plan, said.why),
    },
    anew,
  );
  if (other) await keep(ctx, plan, now, decision, inputs);
  if (!anew && !moved) return;
  const tasks = other ? await tellDesk(ctx, plan, before, after) : [];
  record(ctx, {
    type: 'plan.decided',
    stationId: plan.stationId,
    rows: {
      plans: await planStates(ctx.db, [plan.id]),
      activations: activationId === null ? [] : await activationRows(ctx.db, [activationId]),
      tasks,
    },
  });
}

/** Decides about a plan, one at a time over all nodes; one that is not there any more is nothing to decide about. */
export async function decidePlan(ctx: Context, planId: string): Promise<void> {
  const plan = await lockedPlan(ctx.db, planId, null);
  if (plan) await decideLocked(ctx, plan);
}
