import { randomUUID } from 'node:crypto';
import { Problem } from '../../shared/problems.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import { type Context, userIdOf } from '../context.ts';
import { one, rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { lockedTask, taskRows } from './queries.ts';

/** Puts something on the desk's list; the command that raises it carries the row in its own fact. `subject` holds ids and counts only. */
export async function raiseTask(ctx: Context, task: Pick<TaskRow, 'stationId' | 'kind' | 'subject'>): Promise<TaskRow> {
  const id = randomUUID();
  await rows(
    ctx.db,
    `insert into tasks (id, station_id, kind, subject, created_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :kind, cast(:subject as jsonb), :now)`,
    { id, stationId: task.stationId, kind: task.kind, subject: JSON.stringify(task.subject), now: ctx.now() },
  );
  const [raised] = await taskRows(ctx.db, [id]);
  if (!raised) throw new Error('a task was not written');
  return raised;
}

/** Several at once, in the order given. */
export async function raiseTasks(
  ctx: Context,
  tasks: readonly Pick<TaskRow, 'stationId' | 'kind' | 'subject'>[],
): Promise<TaskRow[]> {
  const raised = tasks.map((task) => ({ id: randomUUID(), ...task }));
  await rows(
    ctx.db,
    `insert into tasks (id, station_id, kind, subject, created_at)
     select r.id, r."stationId", r.kind, r.subject, :now
     from jsonb_to_recordset(cast(:raised as jsonb)) as r (id uuid, "stationId" uuid, kind text, subject jsonb)`,
    { raised: JSON.stringify(raised), now: ctx.now() },
  );
  const written = new Map(
    (
      await taskRows(
        ctx.db,
        raised.map(({ id }) => id),
      )
    ).map((task) => [task.id, task]),
  );
  return raised.map(({ id }) => {
    const task = written.get(id);
    if (!task) throw new Error('a task was not written');
    return task;
  });
}

/** Marks done those of these tasks that are open; the command that settles them carries the rows in its own fact. */
export async function endTasks(ctx: Context, ids: readonly string[]): Promise<TaskRow[]> {
  if (ids.length === 0) return [];
  const done = await rows<{ id: string }>(
    ctx.db,
    `update tasks set done_at = :now, version = version + 1 where id = any (cast(:ids as uuid[])) and done_at is null returning id`,
    { ids, now: ctx.now() },
  );
  return taskRows(
    ctx.db,
    done.map(({ id }) => id),
  );
}

/** Marks a task done; 409 version_conflict when somebody was there before. */
export async function finishTask(ctx: Context, id: string, version: number): Promise<TaskRow> {
  const known = await lockedTask(ctx.db, scopeOf(ctx).scope, id);
  if (!known) throw new Problem('not_found');
  if (known.version !== version) throw new Problem('version_conflict', [], { current: known });
  if (known.doneAt !== null) return known;
  const now = ctx.now();
  const changed = await one<{ version: number }>(
    ctx.db,
    `update tasks set done_at = :now, done_by = cast(:userId as uuid), version = version + 1 where id = cast(:id as uuid) returning version`,
    { id, now, userId: userIdOf(ctx.actor) },
  );
  const done: TaskRow = { ...known, version: changed.version, doneAt: now.toISOString() };
  record(ctx, { type: 'task.done', stationId: done.stationId, rows: { tasks: [done] } });
  return done;
}

/** Marks done what has settled itself: open tasks of a kind whose subject names this id. */
export async function finishTasksAbout(
  ctx: Context,
  kind: TaskRow['kind'],
  key: string,
  subjectId: string,
): Promise<void> {
  const done = await rows<{ id: string }>(
    ctx.db,
    `update tasks set done_at = :now, version = version + 1
     where done_at is null and kind = :kind and subject ->> :key = :subjectId returning id`,
    { now: ctx.now(), kind, key, subjectId },
  );
  for (const task of await taskRows(
    ctx.db,
    done.map(({ id }) => id),
  ))
    record(ctx, { type: 'task.done', stationId: task.stationId, rows: { tasks: [task] } });
}
