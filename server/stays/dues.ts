/** What is due in the course of a stay, as commands begin and end it; the caller holds the shelter and records the fact. */
import type { DueKind, dueEndings, StayRow } from '../../shared/stays.ts';
import { type Deadline, dueTimes } from '../../shared/stay-dues.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import { type Context, userIdOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { ruleAt, stationById } from '../stations/queries.ts';
import { endTasks } from '../tasks/commands.ts';

/** The zone by whose clock a station's days and months are counted. */
export async function zoneOf(ctx: Context, stationId: string): Promise<string> {
  const station = await stationById(ctx.db, stationId);
  if (!station) throw new Error('a shelter has no station');
  return station.timeZone;
}

type Begun = Pick<StayRow, 'id' | 'stationId' | 'arrivedAt' | 'unidentified'>;

/**
 * Stores what the station's rule makes due, counted from arrival: all of it at check-in, or what concerns somebody without a
 * name when that is found out later. What a name had ended begins anew; what was settled stays so.
 */
export async function beginDues(ctx: Context, stay: Begun, which: 'all' | 'unidentified'): Promise<void> {
  const deadlines = (await ruleAt(ctx.db, 'stays.deadlines', stay.stationId)) as Deadline[];
  const times = dueTimes(
    deadlines,
    { arrivedAt: new Date(stay.arrivedAt), unidentified: stay.unidentified },
    await zoneOf(ctx, stay.stationId),
  ).filter(({ unidentified }) => which === 'all' || unidentified);
  if (times.length === 0) return;
  await rows(
    ctx.db,
    `insert into stay_dues (stay_id, kind, unidentified, warn_at, due_at)
     select cast(:stayId as uuid), d.kind, d.unidentified, d."warnAt", d."dueAt"
     from jsonb_to_recordset(cast(:times as jsonb)) as d (kind text, unidentified boolean, "warnAt" timestamptz, "dueAt" timestamptz)
     on conflict (stay_id, kind) do update set warn_at = excluded.warn_at, due_at = excluded.due_at, done_at = null, done_by = null,
       note = null, task_id = null where stay_dues.done_at is not null and stay_dues.unidentified and stay_dues.note = :named`,
    { stayId: stay.id, times: JSON.stringify(times), named: 'identified' satisfies (typeof dueEndings)[number] },
  );
}

/** Opens again what ended with a departure that was none, before the departure itself is taken back; a task it had is raised anew within a minute. */
export async function resumeDues(ctx: Context, stayId: string): Promise<void> {
  await rows(
    ctx.db,
    `update stay_dues set done_at = null, done_by = null, note = null, task_id = null
     where stay_id = cast(:stayId as uuid) and note = :left and done_at = (select left_at from stays where id = cast(:stayId as uuid))`,
    { stayId, left: 'left' satisfies (typeof dueEndings)[number] },
  );
}

/** Which of a stay's dues end, and what is noted with them. */
export type Ending =
  | { note: (typeof dueEndings)[number] }
  /** one that somebody settled */
  | { kind: DueKind; note: string };

/** Ends what is still open of a stay, and the tasks that were raised for it; answers those tasks. With a departure it ends in the very moment of it. */
export async function endDues(ctx: Context, stayId: string, ending: Ending, at = ctx.now()): Promise<TaskRow[]> {
  const ended = await rows<{ taskId: string | null }>(
    ctx.db,
    `update stay_dues set done_at = :at, done_by = cast(:userId as uuid), note = :note
     where stay_id = cast(:stayId as uuid) and done_at is null and (unidentified or not :named) and kind = coalesce(cast(:kind as text), kind)
     returning task_id as "taskId"`,
    {
      stayId,
      at,
      userId: userIdOf(ctx.actor),
      note: ending.note,
      named: !('kind' in ending) && ending.note === 'identified',
      kind: 'kind' in ending ? ending.kind : null,
    },
  );
  return endTasks(
    ctx,
    ended.flatMap(({ taskId }) => taskId ?? []),
  );
}
