/** Plans as they are written: added, changed, taken out of use; every version is kept, and each is decided about at once. */
import type { Part } from '../../shared/contract.ts';
import { startMemory } from '../../shared/plan-engine.ts';
import type { createPlan, PlanRow, updatePlan } from '../../shared/plans.ts';
import { Problem } from '../../shared/problems.ts';
import { type Context, userIdOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { decidePlan } from './commands-decide.ts';
import { judgeSpec } from './judge.ts';
import { activationRows, nothingSaid, openActivations, planStates } from './queries.ts';
import { lockedPlan, planById, type StoredPlan } from './queries-plan.ts';

/** A plan of the caller's subtree, locked until the command ends; 404 for any other. */
export async function planFor(ctx: Context, id: string): Promise<StoredPlan> {
  const plan = await lockedPlan(ctx.db, id, scopeOf(ctx).scope);
  if (!plan) throw new Problem('not_found');
  return plan;
}

/** A plan as it is now, for the answer. */
export async function planNow(ctx: Context, id: string): Promise<PlanRow> {
  const plan = await planById(ctx.db, id);
  if (!plan) throw new Problem('not_found');
  return plan;
}

const keepVersion = (ctx: Context, id: string): Promise<unknown> =>
  rows(
    ctx.db,
    `insert into plan_versions (plan_id, version, name, active, spec, source, changed_at, changed_by)
     select id, version, name, active, spec, source, changed_at, changed_by from plans where id = cast(:id as uuid)`,
    { id },
  );

/** Decides anew and tells the plan as it is then, with what is on by it where its name has changed. */
async function tell(ctx: Context, id: string, stationId: string, renamed: boolean): Promise<PlanRow> {
  await decidePlan(ctx, id);
  record(ctx, { type: 'plan.changed', stationId, rows: { plans: await planStates(ctx.db, [id]) } });
  const open = renamed ? await openActivations(ctx.db, id) : [];
  if (open.length > 0)
    record(ctx, {
      type: 'activation.changed',
      stationId,
      rows: { activations: await activationRows(ctx.db, open) },
    });
  return planNow(ctx, id);
}

/** Adds a plan; 404 for a station outside the subtree, 422 for what its steps and conditions may not say. */
export async function addPlan(ctx: Context, body: Part<(typeof createPlan)['body']>): Promise<PlanRow> {
  const stationId = (await stationFor(ctx, body.stationId)).id;
  await judgeSpec(ctx, body.spec, stationId);
  await rows(
    ctx.db,
    `insert into plans (id, station_id, name, active, spec, source, memory, said, created_at, changed_at, changed_by)
     values (cast(:id as uuid), cast(:stationId as uuid), :name, :active, cast(:spec as jsonb), :source, cast(:memory as jsonb), cast(:said as jsonb),
       :now, :now, cast(:by as uuid))`,
    {
      id: body.id,
      stationId,
      name: body.name,
      active: body.active ?? false,
      spec: JSON.stringify(body.spec),
      source: body.source ?? '',
      memory: JSON.stringify(startMemory),
      said: JSON.stringify(nothingSaid),
      now: ctx.now(),
      by: userIdOf(ctx.actor),
    },
  );
  await keepVersion(ctx, body.id);
  return tell(ctx, body.id, stationId, false);
}

/**
 * Changes a plan; 409 version_conflict with the plan as it is. Taken out of use it stands down and forgets its orders, so that an old one
 * does not switch it on when it comes back.
 */
export async function changePlan(ctx: Context, id: string, body: Part<(typeof updatePlan)['body']>): Promise<PlanRow> {
  const known = await planFor(ctx, id);
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: await planNow(ctx, id) });
  if (body.spec !== undefined) await judgeSpec(ctx, body.spec, known.stationId);
  const active = body.active ?? known.active;
  const by = userIdOf(ctx.actor);
  await rows(
    ctx.db,
    `update plans set name = :name, active = :active, spec = cast(:spec as jsonb), source = :source, version = version + 1,
       changed_at = :now, changed_by = cast(:by as uuid)
     where id = cast(:id as uuid)`,
    {
      id,
      name: body.name ?? known.name,
      active,
      spec: JSON.stringify(body.spec ?? known.spec),
      source: body.source ?? known.source,
      now: ctx.now(),
      by,
    },
  );
  await keepVersion(ctx, id);
  if (known.active && !active)
    await rows(
      ctx.db,
      `update plan_orders set lifted_at = :now, lifted_by = cast(:by as uuid) where plan_id = cast(:id as uuid) and lifted_at is null`,
      { id, now: ctx.now(), by },
    );
  return tell(ctx, id, known.stationId, body.name !== undefined && body.name !== known.name);
}
