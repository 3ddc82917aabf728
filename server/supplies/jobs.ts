/** What stock itself asks for: filled up, looked through before it expires, brought back. */
import type { Context } from '../context.ts';
import { REPORT_MS } from '../db/dialect.ts';
import { STOCK_WATCH_LOCK } from '../db/locks.ts';
import { one, rows } from '../db/rows.ts';
import type { Job } from '../jobs/run.ts';
import { record } from '../realtime/record.ts';
import { taskRows } from '../tasks/queries.ts';

/** What a task is about, apart from the numbers that move while it is open. */
const about = (subject: string): string => `(${subject} - cast(array['quantity', 'below'] as text[]))`;

/**
 * Converges the open tasks to what the ledger says: no edge is looked for, so nothing is missed and nothing told twice. An
 * item counts where it ever came in. What somebody has marked done is raised again after a day, or once more has come in
 * since and is low or expiring in its turn.
 */
const WATCH = `with here as materialized (
    select s.id, rule_value('supplies.low', s.path) as low, cast(cast(:now as timestamptz) at time zone s.time_zone as date) as today,
      cast(rule_value('supplies.expiry_warn', s.path) as integer) as warn
    from stations s
  ), stores as (
    select 'depot' as kind, d.id, d.station_id, true as in_use from depots d
    union all select 'shelter', s.id, s.station_id, s.closed_down_at is null from shelters s
    union all select 'patrol', p.id, p.station_id, p.ended_at is null from patrols p
  ), moved as (
    select m.to_id as place_id, m.item_id, m.quantity from supply_movements m where m.to_id is not null
    union all select m.from_id, m.item_id, -m.quantity from supply_movements m where m.from_id is not null
  ), held as materialized (
    select place_id, item_id, sum(quantity) as quantity, bool_or(quantity > 0) as came_in from moved group by place_id, item_id
  ), lots as (
    select l.batch_id, v.place_id, sum(v.quantity) as quantity
    from supply_movement_batches l join supply_movements m on m.id = l.movement_id
      join supply_batches b on b.id = l.batch_id and b.expires_on <= (select max(today + warn) from here)
      cross join lateral (values (m.to_id, l.quantity), (m.from_id, -l.quantity)) v (place_id, quantity)
    where v.place_id is not null group by l.batch_id, v.place_id
  ), due as materialized (
    select 'stock_low' as kind, s.station_id, s.id as place_id, i.id as item_id, jsonb_build_object(
      'itemId', i.id, 'placeKind', s.kind, 'placeId', s.id, 'quantity', h.quantity, 'below', r.below) as subject
    from stores s join here on here.id = s.station_id
      join held h on h.place_id = s.id and h.came_in join supply_items i on i.id = h.item_id and i.active
      cross join lateral (
        select l.below from jsonb_to_recordset(here.low) as l (place text, kind text, below integer)
        where l.place = s.kind and coalesce(l.kind, i.kind) = i.kind order by l.kind nulls last, l.below desc limit 1) r
    where s.in_use and h.quantity < r.below
    union all
    select 'stock_expiry', s.station_id, s.id, b.item_id, jsonb_build_object('itemId', b.item_id, 'placeKind', s.kind, 'placeId', s.id,
      'batchId', b.id, 'expiresOn', to_char(b.expires_on, 'YYYY-MM-DD'), 'quantity', t.quantity)
    from lots t join supply_batches b on b.id = t.batch_id join stores s on s.id = t.place_id join here on here.id = s.station_id
    where t.quantity > 0 and b.expires_on <= here.today + here.warn
  ), settled as (
    update tasks t set done_at = :now, version = t.version + 1
    where t.done_at is null and case
      when t.kind in ('stock_low', 'stock_expiry')
        then not exists (select from due d where d.kind = t.kind and ${about('d.subject')} = ${about('t.subject')})
      when t.kind = 'stock_short'
        then not exists (select from held h where h.place_id = cast(t.subject ->> 'placeId' as uuid)
          and h.item_id = cast(t.subject ->> 'itemId' as uuid) and h.quantity < 0)
      when t.kind = 'stock_left'
        then not exists (select from held h where h.place_id = cast(t.subject ->> 'patrolId' as uuid) and h.quantity > 0)
      else false end
    returning t.id
  ), moved_on as (
    update tasks t set subject = d.subject, version = t.version + 1 from due d
    where t.done_at is null and t.kind = d.kind and ${about('t.subject')} = ${about('d.subject')} and t.subject <> d.subject
    returning t.id
  ), raised as (
    insert into tasks (id, station_id, kind, subject, created_at)
    select gen_random_uuid(), d.station_id, d.kind, d.subject, :now from due d
    where not exists (
      select from tasks t where t.kind = d.kind and ${about('t.subject')} = ${about('d.subject')}
        and (t.done_at is null or (t.done_by is not null and t.done_at > cast(:now as timestamptz) - interval '1 day' and not exists (
          select from supply_movements m where m.to_id = d.place_id and m.item_id = d.item_id and m.recorded_at > t.done_at))))
    returning id
  )
  select id from settled union all select id from moved_on union all select id from raised`;

/** Raises, changes and settles the tasks about stock; gives how many, 0 also while another node is at it. */
export async function watchStock(ctx: Context): Promise<number> {
  const { mine } = await one<{ mine: boolean }>(
    ctx.db,
    `select pg_try_advisory_xact_lock(cast(:key as bigint)) as mine`,
    { key: STOCK_WATCH_LOCK },
  );
  if (!mine) return 0;
  const changed = await rows<{ id: string }>(ctx.db, WATCH, { now: ctx.now() }, { deadlineMs: REPORT_MS });
  const tasks = await taskRows(
    ctx.db,
    changed.map(({ id }) => id),
  );
  for (const stationId of [...new Set(tasks.map((task) => task.stationId))].sort())
    record(ctx, {
      type: 'supplies.watched',
      stationId,
      rows: { tasks: tasks.filter((task) => task.stationId === stationId) },
    });
  return tasks.length;
}

/** Often enough for whoever fills shelves, and not worth a look at the whole ledger each minute. */
export const supplyJobs: readonly Job[] = [{ name: 'watch-stock', schedule: { everyMinutes: 5 }, run: watchStock }];
