/** Orders of those who lead: at least a level, at most a level, the rules again; and their answer to a level that asks first. */
import { randomUUID } from 'node:crypto';
import type { Part } from '../../shared/contract.ts';
import type { PlanOrder } from '../../shared/plan-engine.ts';
import type { activatePlan, answerPlan, liftOrder, PlanRow, standDownPlan } from '../../shared/plans.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { type Context, userIdOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { planFor, planNow } from './commands.ts';
import { decidePlan } from './commands-decide.ts';

/** A plan in use, locked; 409 plan_off for one that is not. */
async function planInUse(ctx: Context, id: string): Promise<void> {
  if (!(await planFor(ctx, id)).active) throw new Problem('plan_off');
}

async function decided(ctx: Context, id: string): Promise<PlanRow> {
  await decidePlan(ctx, id);
  return planNow(ctx, id);
}

/**
 * Gives an order; of two the later one holds, so each has a time of its own: one of the very moment of another comes right after it. 422 when
 * it would be over already.
 */
async function order(
  ctx: Context,
  planId: string,
  kind: PlanOrder['kind'],
  { level, reason, until }: { level: PlanOrder['level']; reason: string; until: string | undefined },
): Promise<PlanRow> {
  await planInUse(ctx, planId);
  const now = ctx.now();
  if (until !== undefined && Date.parse(until) <= now.getTime())
    throw fieldProblem('/until', 'range', 'it lies behind already');
  await rows(
    ctx.db,
    `update plan_orders set lifted_at = :now, lifted_by = cast(:by as uuid) where plan_id = cast(:planId as uuid) and lifted_at is null and at >= :now`,
    { planId, now, by: userIdOf(ctx.actor) },
  );
  await rows(
    ctx.db,
    `insert into plan_orders (id, plan_id, kind, level, reason, at, until, user_id)
     values (cast(:id as uuid), cast(:planId as uuid), :kind, :level, :reason, :now, :until, cast(:by as uuid))`,
    { id: randomUUID(), planId, kind, level, reason, now, until: until ?? null, by: userIdOf(ctx.actor) },
  );
  return decided(ctx, planId);
}

/** At least this level. */
export const orderFloor = (ctx: Context, id: string, body: Part<(typeof activatePlan)['body']>): Promise<PlanRow> =>
  order(ctx, id, 'floor', { ...body, until: body.until });

/** At most this level; none unless said. */
export const orderCeiling = (ctx: Context, id: string, body: Part<(typeof standDownPlan)['body']>): Promise<PlanRow> =>
  order(ctx, id, 'ceiling', { level: body.level ?? 'none', reason: body.reason, until: body.until });

/** Withdraws every order, so that the rules decide again; where there is none, nothing changes. */
export async function withdrawOrders(
  ctx: Context,
  id: string,
  { reason }: Part<(typeof liftOrder)['body']>,
): Promise<PlanRow> {
  await planInUse(ctx, id);
  await rows(
    ctx.db,
    `update plan_orders set lifted_at = :now, lifted_by = cast(:by as uuid), lift_reason = :reason
     where plan_id = cast(:id as uuid) and lifted_at is null`,
    { id, now: ctx.now(), by: userIdOf(ctx.actor), reason },
  );
  return decided(ctx, id);
}

/** Agrees to a level that asks first, or refuses it; 409 nothing_asked when it is not the one that asks at this moment. */
export async function answer(
  ctx: Context,
  id: string,
  { level, accept, reason }: Part<(typeof answerPlan)['body']>,
): Promise<PlanRow> {
  await planInUse(ctx, id);
  // a deadline that has just passed has decided it
  await decidePlan(ctx, id);
  const asks = await row<{ level: string }>(
    ctx.db,
    `select said -> 'proposal' ->> 'level' as level from plans where id = cast(:id as uuid)`,
    { id },
  );
  if (asks?.level !== level) throw new Problem('nothing_asked');
  await rows(
    ctx.db,
    `insert into plan_answers (id, plan_id, level, accept, reason, at, user_id)
     values (cast(:answer as uuid), cast(:id as uuid), :level, :accept, :reason, :now, cast(:by as uuid))`,
    { answer: randomUUID(), id, level, accept, reason: reason ?? null, now: ctx.now(), by: userIdOf(ctx.actor) },
  );
  return decided(ctx, id);
}
