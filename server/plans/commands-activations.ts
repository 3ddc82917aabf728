/**
 * What a level switches on: one activation a plan, and a row for each step its level wants. Nothing here does a step; rows say what
 * is wanted, `next_at` says that somebody should look, and whoever runs the steps brings the world to it.
 */
import { randomUUID } from 'node:crypto';
import type { Decision } from '../../shared/plan-engine.ts';
import { type PlanLevel, planLevels } from '../../shared/plan-levels.ts';
import type { PlanSpec, StepSpec } from '../../shared/plans.ts';
import type { Context } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import type { StoredPlan } from './queries-plan.ts';

const MINUTE = 60_000;
/** SQL: the steps that are wanted, from the binding `steps`. */
const WANTED = `jsonb_to_recordset(cast(:steps as jsonb)) as n (id uuid, key text, spec jsonb, due timestamptz)`;

/** Steps that a level wants: its own and those of every milder one. */
export const wantedSteps = (spec: PlanSpec, level: PlanLevel): StepSpec[] =>
  spec.steps.filter(({ from }) => planLevels.indexOf(from) <= planLevels.indexOf(level));

/**
 * Brings the rows of an activation's steps to what is wanted; true when something changed. A step whose deed was edited, and one that
 * comes back after it was taken back, is a new row: the old one keeps what it did, under another key, and is taken back by that.
 */
async function convergeSteps(ctx: Context, activationId: string, wanted: readonly StepSpec[]): Promise<boolean> {
  const now = ctx.now();
  const steps = JSON.stringify(
    wanted.map((spec) => ({
      id: randomUUID(),
      key: spec.key,
      spec,
      due: spec.dueMin === null ? null : new Date(now.getTime() + spec.dueMin * MINUTE),
    })),
  );
  const bindings = { activationId, steps, now };
  const replaced = await rows(
    ctx.db,
    `update activation_steps t set key = t.key || '@' || left(cast(t.id as text), 8), wanted = false,
       next_at = case when t.wanted then :now else t.next_at end
     from ${WANTED}
     where t.activation_id = cast(:activationId as uuid) and t.key = n.key
       and (t.spec -> 'deed' <> n.spec -> 'deed' or (not t.wanted and t.state = 'undone')) returning t.id`,
    bindings,
  );
  const begun = await rows(
    ctx.db,
    `insert into activation_steps (id, activation_id, key, spec, state, wanted, began_at, due_at, next_at)
     select n.id, cast(:activationId as uuid), n.key, n.spec, 'waiting', true, :now, n.due, :now from ${WANTED}
     on conflict (activation_id, key) do update set spec = excluded.spec, wanted = true,
       due_at = case when activation_steps.spec = excluded.spec then activation_steps.due_at
         else activation_steps.began_at + (excluded.due_at - excluded.began_at) end,
       next_at = case when activation_steps.wanted then activation_steps.next_at else excluded.next_at end
     where not activation_steps.wanted or activation_steps.spec <> excluded.spec returning id`,
    bindings,
  );
  const left = await rows(
    ctx.db,
    `update activation_steps set wanted = false, next_at = :now
     where activation_id = cast(:activationId as uuid) and wanted and key <> all (cast(:keys as text[])) returning id`,
    { activationId, now, keys: wanted.map(({ key }) => key) },
  );
  return replaced.length + begun.length + left.length > 0;
}

/** What an activation says of itself; one that has ended goes on saying why it was on. */
export type Standing = Pick<Decision, 'level' | 'why'> & { since: Date; until: string | null; reason: string };
/** The activation a decision touched, and whether its steps changed. */
export interface Converged {
  activationId: string | null;
  moved: boolean;
}

/**
 * Brings what is on to a level, the plan being locked: opens an activation, changes it, or ends it. `anew` says that its words have
 * changed too. It goes by what is there and not by what was decided before, so that doing it again changes nothing.
 */
export async function converge(ctx: Context, plan: StoredPlan, standing: Standing, anew: boolean): Promise<Converged> {
  const now = ctx.now();
  const on = await row<{ id: string; level: PlanLevel }>(
    ctx.db,
    `select id, level from activations where plan_id = cast(:planId as uuid) and ended_at is null for no key update`,
    { planId: plan.id },
  );
  if (!on && standing.level === 'none') return { activationId: null, moved: false };
  const id = on?.id ?? randomUUID();
  const told = {
    id,
    now,
    level: standing.level,
    levelSince: standing.level === 'none' ? now : standing.since,
    until: standing.until,
    reason: standing.reason,
    why: JSON.stringify(standing.why),
  };
  if (!on)
    await rows(
      ctx.db,
      `insert into activations (id, plan_id, station_id, level, since, level_since, until, reason, why)
       values (cast(:id as uuid), cast(:planId as uuid), cast(:stationId as uuid), :level, :now, :levelSince, :until, :reason, cast(:why as jsonb))`,
      { ...told, planId: plan.id, stationId: plan.stationId },
    );
  const moved = await convergeSteps(ctx, id, wantedSteps(plan.spec, standing.level));
  if (on && (anew || moved || on.level !== standing.level))
    await rows(
      ctx.db,
      `update activations set level = :level, level_since = :levelSince, until = :until, version = version + 1,
         reason = case when :level = 'none' then reason else :reason end, why = case when :level = 'none' then why else cast(:why as jsonb) end,
         ended_at = case when :level = 'none' then cast(:now as timestamptz) end
       where id = cast(:id as uuid)`,
      told,
    );
  return { activationId: id, moved: moved || on?.level !== standing.level };
}
