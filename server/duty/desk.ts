/**
 * What every command about a desk does around its own change: one at a time for a station, then brings the shifts to where they
 * must stand now, and tells what differs. Level-triggered, so a service that was down or a second node ends up the same.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ShiftRow } from '../../shared/duty.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { ruleNumber } from '../stations/queries.ts';
import { endTasks, raiseTask } from '../tasks/commands.ts';
import { deskAt, type OpenShift } from './desk-state.ts';
import { SERVES, shiftRows, SIGNED_IN } from './queries.ts';

const MINUTE_MS = 60_000;

/** One command about a desk after the other; taken before anything of it is read. */
async function lockDesk(ctx: Context, stationId: string): Promise<void> {
  await rows(ctx.db, `select s.id from stations s where s.id = cast(:stationId as uuid) for no key update`, {
    stationId,
  });
}

type Open = OpenShift & { taskId: string | null };

/** The shifts of a station that run, or should by now. */
const openShifts = (ctx: Context, stationId: string): Promise<Open[]> =>
  rows<Open>(
    ctx.db,
    `select d.id, d.starts_at as "startsAt", d.ends_at as "endsAt", d.created_at as "createdAt",
       greatest(d.minimum, coalesce((select max(k.minimum) from duty_calls k where k.shift_id = d.id), 0)) as minimum,
       d.started_at as "startedAt", d.uncovered_since as "uncoveredSince", d.uncovered_task as "taskId",
       (select h.taken_at from duty_handovers h where h.shift_id = d.id) as "takenAt",
       (select max(p.signed_out_at) from duty_people p where p.shift_id = d.id) as "leftAt",
       array(select p.user_id::text from duty_people p where p.shift_id = d.id and ${SIGNED_IN}) as here,
       array(select p.user_id::text from duty_people p join users u on u.id = p.user_id where p.shift_id = d.id and ${SIGNED_IN} and ${SERVES}) as fit
     from duty_shifts d join stations s on s.id = d.station_id
     where d.station_id = cast(:stationId as uuid) and d.removed_at is null and d.ended_at is null
       and (d.started_at is not null or d.starts_at <= :now)
     order by d.starts_at, d.id`,
    { stationId, now: ctx.now() },
  );

/** The task that says the desk is not covered: raised once it lasted as long as the rule says, kept over a change of shift, ended with the trouble. */
async function askForCover(
  ctx: Context,
  stationId: string,
  open: readonly Open[],
  { shifts, have }: ReturnType<typeof deskAt>,
): Promise<{ taskId: string | null; tasks: TaskRow[] }> {
  const known = open.find(({ taskId }) => taskId !== null)?.taskId ?? null;
  const short = shifts.filter(({ uncoveredSince }) => uncoveredSince !== null);
  const [first] = [...short].sort((a, b) => (a.uncoveredSince?.getTime() ?? 0) - (b.uncoveredSince?.getTime() ?? 0));
  if (!first) return { taskId: null, tasks: known === null ? [] : await endTasks(ctx, [known]) };
  if (known !== null) return { taskId: known, tasks: [] };
  const patience = (await ruleNumber(ctx.db, 'duty.uncovered_after', stationId)) * MINUTE_MS;
  if (ctx.now().getTime() - (first.uncoveredSince?.getTime() ?? 0) < patience) return { taskId: null, tasks: [] };
  const minimum = Math.max(
    ...open.filter(({ id }) => short.some((each) => each.id === id)).map((each) => each.minimum),
  );
  const subject = { shiftId: first.id, have, minimum };
  const task = await raiseTask(ctx, { stationId, kind: 'desk_uncovered', subject });
  return { taskId: task.id, tasks: [task] };
}

/** Starts and ends shifts whose time has come and notes since when the desk is not covered; gives the tasks raised or ended. */
async function settle(ctx: Context, stationId: string): Promise<TaskRow[]> {
  const open = await openShifts(ctx, stationId);
  if (open.length === 0) return [];
  const desk = deskAt(open, ctx.now());
  const { taskId, tasks } = await askForCover(ctx, stationId, open, desk);
  const stand = desk.shifts.map((shift) => ({ ...shift, taskId: shift.uncoveredSince === null ? null : taskId }));
  await rows(
    ctx.db,
    `update duty_shifts d set started_at = m."startedAt", ended_at = m."endedAt", uncovered_since = m."uncoveredSince", uncovered_task = m."taskId"
     from jsonb_to_recordset(cast(:stand as jsonb)) as m (id uuid, "startedAt" timestamptz, "endedAt" timestamptz, "uncoveredSince" timestamptz, "taskId" uuid)
     where m.id = d.id`,
    { stand: JSON.stringify(stand) },
  );
  const ended = stand.flatMap(({ id, endedAt }) => (endedAt === null ? [] : [id]));
  if (ended.length > 0)
    await rows(
      ctx.db,
      `update duty_people p set signed_out_at = greatest(d.ended_at, p.signed_in_at) from duty_shifts d
       where d.id = p.shift_id and d.id = any (cast(:ended as uuid[])) and ${SIGNED_IN}`,
      { ended },
    );
  return tasks;
}

const openIds = (ctx: Context, stationId: string): Promise<{ id: string }[]> =>
  rows(
    ctx.db,
    `select d.id from duty_shifts d where d.station_id = cast(:stationId as uuid) and d.removed_at is null and d.ended_at is null
       and (d.started_at is not null or d.starts_at <= :now)`,
    { stationId, now: ctx.now() },
  );

const byId = (found: readonly ShiftRow[]): Map<string, ShiftRow> => new Map(found.map((row) => [row.id, row]));

/**
 * Runs a change of a station's shifts, one at a time, brings its desk up to date and tells what differs; `touched` are shifts beside those that
 * run. `change` gives further ids it made and tasks it raised or ended. Answers the rows as they are now, by id.
 */
export async function atDesk(
  ctx: Context,
  stationId: string,
  touched: readonly string[] = [],
  change: () => Promise<{ ids?: readonly string[]; tasks?: readonly TaskRow[] }> = () => Promise.resolve({}),
): Promise<Map<string, ShiftRow>> {
  await lockDesk(ctx, stationId);
  const known = [...touched, ...(await openIds(ctx, stationId)).map(({ id }) => id)];
  const before = byId(await shiftRows(ctx.db, known));
  const { ids = [], tasks = [] } = await change();
  const settled = await settle(ctx, stationId);
  const running = (await openIds(ctx, stationId)).map(({ id }) => id);
  const after = byId(await shiftRows(ctx.db, [...new Set([...known, ...ids, ...running])]));
  const changed = [...after.values()].filter((row) => {
    const old = before.get(row.id);
    return old === undefined || !isDeepStrictEqual(old, row);
  });
  const moved = changed.filter((row) => before.has(row.id));
  for (const row of moved) row.version += 1;
  if (moved.length > 0)
    await rows(ctx.db, `update duty_shifts set version = version + 1 where id = any (cast(:ids as uuid[]))`, {
      ids: moved.map(({ id }) => id),
    });
  const told = new Map([...tasks, ...settled].map((task) => [task.id, task]));
  if (changed.length > 0 || told.size > 0)
    record(ctx, {
      type: 'shift.changed',
      stationId,
      rows: { shifts: changed, tasks: [...told.values()] },
      before: { shifts: changed.flatMap(({ id }) => before.get(id) ?? []) },
    });
  return after;
}
