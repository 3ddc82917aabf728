/** What time does to stays: what is due becomes a task, and guests of houses that were given up are forgotten. */
import type { DueKind } from '../../shared/stays.ts';
import type { Context } from '../context.ts';
import { one, rows } from '../db/rows.ts';
import type { Job } from '../jobs/run.ts';
import { record } from '../realtime/record.ts';
import { raiseTasks } from '../tasks/commands.ts';
import { stayRows } from './queries.ts';

/** Rows moved in one transaction, so that nobody waits long for their locks. */
const BATCH = 500;

interface Due {
  stayId: string;
  kind: DueKind;
  shelterId: string;
  stationId: string;
}

/**
 * Raises a task for each of up to 500 dues that it is time to say, once; gives how many, so that the caller goes on while there are
 * any. The stay is locked with it: what its fact carries is how the stay stands. One that a command holds is left to the next minute.
 */
export async function raiseDues(ctx: Context): Promise<number> {
  const due = await rows<Due>(
    ctx.db,
    `select d.stay_id as "stayId", d.kind, t.shelter_id as "shelterId", s.station_id as "stationId"
     from stay_dues d join stays t on t.id = d.stay_id join shelters s on s.id = t.shelter_id
     where d.done_at is null and d.task_id is null and d.warn_at <= :now
     order by d.warn_at, d.stay_id, d.kind limit :batch for no key update of t, d skip locked`,
    { now: ctx.now(), batch: BATCH },
  );
  if (due.length === 0) return 0;
  const tasks = await raiseTasks(
    ctx,
    due.map(({ stationId, stayId, shelterId, kind }) => ({
      stationId,
      kind: 'stay_due',
      subject: { stayId, shelterId, due: kind },
    })),
  );
  await rows(
    ctx.db,
    `update stay_dues d set task_id = r."taskId" from jsonb_to_recordset(cast(:raised as jsonb)) as r ("stayId" uuid, kind text, "taskId" uuid)
     where d.stay_id = r."stayId" and d.kind = r.kind`,
    { raised: JSON.stringify(due.map(({ stayId, kind }, n) => ({ stayId, kind, taskId: tasks[n]?.id }))) },
  );
  const stays = await stayRows(ctx.db, [...new Set(due.map(({ stayId }) => stayId))]);
  for (const stationId of new Set(due.map((each) => each.stationId)))
    record(ctx, {
      type: 'stay.due',
      stationId,
      rows: {
        stays: stays.filter((stay) => stay.stationId === stationId),
        tasks: tasks.filter((task) => task.stationId === stationId),
      },
    });
  return due.length;
}

/** SQL: houses given up longer ago than their station keeps guests. */
const FORGOTTEN = `select s.id from shelters s join stations p on p.id = s.station_id
  where s.closed_down_at <= cast(:now as timestamptz) - cast(cast(rule_value('stays.kept', p.path) as text) as float8) * interval '1 day'`;

/**
 * Takes what tells of a person from up to 500 stays of houses given up longer ago than the rule `stays.kept` says, and as much from
 * their holds and counts; gives how many rows it changed. How many came, when, and to what kind of place stays, so that no tally changes.
 */
export async function forgetGuests(ctx: Context): Promise<number> {
  const { changed } = await one<{ changed: number }>(
    ctx.db,
    `with forgotten as materialized (${FORGOTTEN}), gone as materialized (
       select t.id from stays t where t.shelter_id in (select id from forgotten) and t.anonymised_at is null
       order by t.id limit :batch for no key update skip locked
     ), held as materialized (
       select h.id from holds h where h.shelter_id in (select id from forgotten) and h.held_for <> ''
       order by h.id limit :batch for no key update skip locked
     ), counted as materialized (
       select c.id from shelter_counts c where c.shelter_id in (select id from forgotten) and c.note is not null limit :batch
     ), stays_done as (
       update stays t set note = null, belongings = null, going_to = null, bed = null, encounter_id = null, hold_id = null,
         anonymised_at = :now, version = version + 1 from gone where t.id = gone.id returning t.id
     ), people_done as (
       delete from stay_people p using gone where p.stay_id = gone.id
     ), dues_done as (
       update stay_dues d set note = null from gone where d.stay_id = gone.id and d.note is not null
     ), extensions_done as (
       update stay_extensions x set reason = '', filed_with = '' from gone where x.stay_id = gone.id
     ), holds_done as (
       update holds h set held_for = '' from held where h.id = held.id returning h.id
     ), counts_done as (
       update shelter_counts c set note = null from counted where c.id = counted.id returning c.id
     )
     select cast((select count(*) from stays_done) + (select count(*) from holds_done) + (select count(*) from counts_done) as integer) as changed`,
    { now: ctx.now(), batch: BATCH },
  );
  return changed;
}

/** Guests are forgotten in the early afternoon, when desks are quiet. */
export const stayJobs: readonly Job[] = [
  { name: 'raise-dues', schedule: { everyMinutes: 1 }, run: raiseDues },
  { name: 'forget-guests', schedule: { dailyAt: '13:50' }, run: forgetGuests },
];
