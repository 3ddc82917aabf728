import type { Knex } from 'knex';
import type { PlanLevel } from '../../shared/plan-levels.ts';
import type { ActivationRow, PlanStateRow } from '../../shared/plans.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

/** What the engine said last about a plan; column `said`. */
export type Said = Pick<PlanStateRow, 'wanted' | 'until' | 'why' | 'proposal' | 'advice'> & {
  orderId: string | null;
  /** what the rules would have on, where an order holds it down */
  held: PlanLevel;
};
/** Of a plan that was never looked at. */
export const nothingSaid: Said = {
  wanted: 'none',
  until: null,
  why: [],
  proposal: null,
  advice: 'none',
  orderId: null,
  held: 'none',
};

/** SQL: a row of a station's own is seen at :scope: it is of the subtree, or of a station above. */
export const seenFromSql = (
  column: string,
): string => `(${column} in (select id from stations where path @> array[cast(:scope as uuid)])
  or ${column} = any ((select o.path from stations o where o.id = cast(:scope as uuid))::uuid[]))`;

/** ISO of epoch ms in a jsonb document, or null. */
const fromMs = (value: string): string => asInstant(`to_timestamp(cast(${value} as float8) / 1000)`);

export const STATE = `p.id, p.version, p.station_id as "stationId", p.name, p.active, p.memory ->> 'level' as level, ${fromMs(`p.memory ->> 'since'`)} as since,
  p.said ->> 'wanted' as wanted, p.said ->> 'until' as until, p.said -> 'why' as why, nullif(p.said -> 'proposal', 'null') as proposal, p.said ->> 'advice' as advice,
  (select jsonb_build_object('id', o.id, 'kind', o.kind, 'level', o.level, 'reason', o.reason, 'at', ${asInstant('o.at')}, 'until', ${asInstant('o.until')}, 'userId', o.user_id)
    from plan_orders o where o.id = cast(p.said ->> 'orderId' as uuid)) as order,
  (select a.id from activations a where a.plan_id = p.id and a.ended_at is null) as "activationId"`;

/** Where plans stand, by id, in no order. */
export const planStates = (db: Db, ids: readonly string[]): Promise<PlanStateRow[]> =>
  rows<PlanStateRow>(db, `select ${STATE} from plans p where p.id = any (cast(:ids as uuid[]))`, { ids });

/** Plans in use that are seen from a station. */
export const livePlans = (db: Db, scope: string): Promise<PlanStateRow[]> =>
  rows<PlanStateRow>(
    db,
    `select ${STATE} from plans p where p.active and ${seenFromSql('p.station_id')} order by p.id`,
    { scope },
    { prepare: 'live_plans' },
  );

const STEP = `jsonb_build_object('id', t.id, 'key', t.key, 'kind', t.spec -> 'deed' ->> 'kind', 'from', t.spec ->> 'from', 'title', t.spec -> 'title', 'owner', t.spec ->> 'owner',
  'state', t.state, 'acknowledge', t.spec -> 'acknowledge', 'dueAt', ${asInstant('t.due_at')}, 'acknowledgedAt', ${asInstant('t.acknowledged_at')}, 'acknowledgedBy', t.acknowledged_by,
  'doneAt', ${asInstant('t.done_at')}, 'escalatedAt', ${asInstant('t.escalated_at')}, 'undoneAt', ${asInstant('t.undone_at')}, 'attempts', t.attempts, 'fault', t.fault, 'result', t.result,
  'words', case when t.spec -> 'deed' ->> 'kind' in ('notify', 'public_notice') then t.spec -> 'deed' -> 'words'
    when t.spec -> 'deed' ->> 'kind' = 'load' then (select jsonb_build_object('en', l.name, 'zh-CN', l.name) from load_lists l where l.id = cast(t.spec -> 'deed' ->> 'listId' as uuid)) end,
  'to', coalesce(t.spec -> 'deed' -> 'to', '[]'), 'alarm', coalesce(t.spec -> 'deed' -> 'alarm', 'false'), 'note', t.note)`;

export const ACTIVATION = `a.id, a.version, a.plan_id as "planId", a.station_id as "stationId", p.name, a.level, ${asInstant('a.since')} as since, ${asInstant('a.level_since')} as "levelSince",
  ${asInstant('a.until')} as until, a.reason, a.why,
  coalesce((select jsonb_agg(${STEP} order by array_position(array['blue', 'yellow', 'orange', 'red'], t.spec ->> 'from'), t.began_at, t.key) from activation_steps t where t.activation_id = a.id), '[]') as steps,
  ${asInstant('a.ended_at')} as "endedAt", ${asInstant('a.closed_at')} as "closedAt"`;

/** Activations by id, in no order. */
export const activationRows = (db: Db, ids: readonly string[]): Promise<ActivationRow[]> =>
  rows<ActivationRow>(
    db,
    `select ${ACTIVATION} from activations a join plans p on p.id = a.plan_id where a.id = any (cast(:ids as uuid[]))`,
    { ids },
  );

/** What is on, or has still something to take back, and is seen from a station. */
export const liveActivations = (db: Db, scope: string): Promise<ActivationRow[]> =>
  rows<ActivationRow>(
    db,
    `select ${ACTIVATION} from activations a join plans p on p.id = a.plan_id where a.closed_at is null and ${seenFromSql('a.station_id')} order by a.id`,
    { scope },
    { prepare: 'live_activations' },
  );

/** Activations of a plan that are not closed: the one that is on, and those that still have something to take back. */
export const openActivations = async (db: Db, planId: string): Promise<string[]> =>
  (
    await rows<{ id: string }>(
      db,
      `select id from activations where plan_id = cast(:planId as uuid) and closed_at is null order by id`,
      { planId },
    )
  ).map(({ id }) => id);
