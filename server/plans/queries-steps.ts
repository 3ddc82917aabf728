/** Steps that are to be worked, as the service sees them. */
import type { Knex } from 'knex';
import type { PlanLevel } from '../../shared/plan-levels.ts';
import type { StepRow, StepSpec } from '../../shared/plans.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

/** What a step has laid over one thing, and what was there. */
export interface Laid {
  /** what it lies over: kind, id and field */
  of: string;
  found: unknown;
  set: unknown;
  /** its place in the chain: whatever lies over it has a higher one */
  n: number;
}

/** A step with what its deed has to know of it and of its activation. */
export interface Step {
  id: string;
  activationId: string;
  planId: string;
  stationId: string;
  /** name of the plan */
  plan: string;
  level: PlanLevel;
  since: string;
  reason: string;
  spec: StepSpec;
  state: StepRow['state'];
  wanted: boolean;
  attempts: number;
  fault: string | null;
  acknowledgedAt: string | null;
  doneAt: string | null;
  before: Laid[] | null;
  taskId: string | null;
}

const STEP = `t.id, t.activation_id as "activationId", a.plan_id as "planId", a.station_id as "stationId", p.name as plan, a.level, ${asInstant('a.since')} as since, a.reason,
  t.spec, t.state, t.wanted, t.attempts, t.fault,
  ${asInstant('t.acknowledged_at')} as "acknowledgedAt", ${asInstant('t.done_at')} as "doneAt", t.before, t.task_id as "taskId"`;

/** SQL: not every part of it has happened: it is not done, or nobody has said that they have seen it. */
const OPEN = `t.wanted and (t.state in ('waiting', 'failed') or (t.state = 'done' and cast(t.spec ->> 'acknowledge' as boolean) and t.acknowledged_at is null))`;
/** SQL: later than the rule `plans.escalate_after` allows beyond its deadline. */
const LATE = `t.escalated_at is null and t.state in ('waiting', 'failed', 'done') and t.due_at <= :now and ${OPEN}
  and t.due_at + cast(rule_value('plans.escalate_after', s.path) as float8) * interval '1 minute' <= :now`;
/** SQL: an activation that has stood down and has nothing left to do or to take back. */
const OVER = `a.ended_at is not null and a.closed_at is null
  and not exists (select from activation_steps t where t.activation_id = a.id and (t.state in ('waiting', 'failed') or t.next_at is not null))`;

const idsOf = (found: readonly { id: string }[]): string[] => found.map(({ id }) => id);

/** Steps due, first what is wanted, in the order of levels, then what is taken back, in the reverse one; and steps late. */
export async function dueSteps(db: Db, now: Date): Promise<{ due: string[]; late: string[] }> {
  const found = await rows<{ what: 'due' | 'late'; id: string }>(
    db,
    `with due as (
       select t.id, t.wanted, t.began_at, t.key, array_position(array['blue', 'yellow', 'orange', 'red'], t.spec ->> 'from') as rank
       from activation_steps t where t.next_at <= :now
     ), ordered as (
       select id, row_number() over (order by wanted desc, case when wanted then rank else -rank end, case when wanted then began_at end,
         case when wanted then key end, began_at desc, key desc) as n from due
     )
     select 'due' as what, id, n from ordered
     union all
     select 'late', t.id, 0 from activation_steps t join activations a on a.id = t.activation_id join stations s on s.id = a.station_id where ${LATE}
     order by what, n, id`,
    { now },
  );
  return {
    due: idsOf(found.filter(({ what }) => what === 'due')),
    late: idsOf(found.filter(({ what }) => what === 'late')),
  };
}

/** Activations that can be closed. */
export const overActivations = async (db: Db): Promise<string[]> =>
  idsOf(await rows(db, `select a.id from activations a where ${OVER} order by a.id`));

/** Locks an activation until the command ends; it is always locked before its steps. */
export const lockActivation = async (db: Db, id: string): Promise<boolean> =>
  (await row(db, `select a.id from activations a where a.id = cast(:id as uuid) for no key update`, { id })) !==
  undefined;

/** A step of an activation that the caller has locked; undefined when there is none. */
export const stepOf = (db: Db, id: string): Promise<Step | undefined> =>
  row<Step>(
    db,
    `select ${STEP} from activation_steps t join activations a on a.id = t.activation_id join plans p on p.id = a.plan_id
     where t.id = cast(:id as uuid)`,
    { id },
  );

/** The same, its activation locked, if it still is what `dueSteps` found it to be. */
export async function lockedStep(db: Db, id: string, what: 'due' | 'late', now: Date): Promise<Step | undefined> {
  await rows(
    db,
    `select a.id from activations a where a.id = (select activation_id from activation_steps where id = cast(:id as uuid)) for no key update`,
    { id },
  );
  return row<Step>(
    db,
    `select ${STEP} from activation_steps t join activations a on a.id = t.activation_id join plans p on p.id = a.plan_id join stations s on s.id = a.station_id
     where t.id = cast(:id as uuid) and ${what === 'due' ? 't.next_at <= :now' : LATE}`,
    { id, now },
  );
}

/** True while the activation, which the caller has locked, is over and was not closed. */
export const isOver = async (db: Db, id: string): Promise<boolean> =>
  (await row(db, `select a.id from activations a where a.id = cast(:id as uuid) and ${OVER}`, { id })) !== undefined;

/** Whose an activation is, and whether it is of the caller's subtree or of a station above; undefined when it is neither. */
export const activationFrom = (
  db: Db,
  id: string,
  scope: string,
): Promise<{ stationId: string; above: boolean; closed: boolean } | undefined> =>
  row(
    db,
    `select a.station_id as "stationId", not s.path @> array[o.id] as above, a.closed_at is not null as closed
     from activations a join stations s on s.id = a.station_id join stations o on o.id = cast(:scope as uuid)
     where a.id = cast(:id as uuid) and (s.path @> array[o.id] or a.station_id = any (o.path))`,
    { id, scope },
  );

/** Re-checks that run at a station and below and began while the activation was on: their clocks are those of the plan. */
export const runningRechecks = async (db: Db, activationId: string): Promise<number> =>
  (
    await row<{ count: number }>(
      db,
      `select cast(count(*) as integer) as count from rechecks r join activations a on a.id = cast(:activationId as uuid)
       where r.ended_at is null and r.started_at >= a.since and (a.ended_at is null or r.started_at <= a.ended_at) and r.station_id in (select id from stations where path @> array[a.station_id])`,
      { activationId },
    )
  )?.count ?? 0;
