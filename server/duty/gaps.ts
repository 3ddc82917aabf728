/** Times at which the roster has fewer people than it must: read, and put on the list of tasks ahead of time. */
import { isDeepStrictEqual } from 'node:util';
import type { DutyGap } from '../../shared/duty.ts';
import { DAY_MS, gaps, HOUR_MS } from '../../shared/roster.ts';
import type { StationRow } from '../../shared/stations.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import { instantOf, localDay } from '../../shared/wall-clock.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { ruleNumber, stationById } from '../stations/queries.ts';
import { endTasks, raiseTasks } from '../tasks/commands.ts';
import { taskRows } from '../tasks/queries.ts';
import { rosterStart, stretchesOf } from './queries-roster.ts';

/** What a station's roster leaves open in a range; a station that never had a shift has no roster and nothing open, nor has the time before its first one. */
export async function gapsOf(ctx: Context, stationId: string, from: string, to: string): Promise<DutyGap[]> {
  const begins = await rosterStart(ctx.db, stationId);
  if (begins === null) return [];
  const since = begins > from ? begins : from;
  if (since >= to) return [];
  const shifts = await stretchesOf(ctx.db, stationId, since, to);
  return gaps(shifts, await ruleNumber(ctx.db, 'duty.minimum', stationId), since, to);
}

/** How far ahead gaps are flagged at a station. */
export const flaggedUntil = async (ctx: Context, stationId: string): Promise<number> =>
  ctx.now().getTime() + (await ruleNumber(ctx.db, 'duty.gap_ahead', stationId)) * HOUR_MS;

type GapTask = TaskRow & { subject: DutyGap };

/** Gaps that begin in the time ahead; one that goes on is followed to the end of that local day, so that it is not another one every hour. */
async function gapsAhead(ctx: Context, station: StationRow): Promise<DutyGap[]> {
  const ahead = await flaggedUntil(ctx, station.id);
  const until = instantOf(station.timeZone, localDay(station.timeZone, ahead) + DAY_MS);
  const found = await gapsOf(ctx, station.id, ctx.now().toISOString(), new Date(until).toISOString());
  return found.filter((gap) => Date.parse(gap.from) < ahead);
}

/** Tasks about gaps that are open, or that somebody has put away before the gap was over. */
async function gapTasks(ctx: Context, stationId: string): Promise<GapTask[]> {
  const found = await rows<{ id: string }>(
    ctx.db,
    `select t.id from tasks t where t.station_id = cast(:stationId as uuid) and t.kind = 'duty_gap'
       and (t.done_at is null or t.done_by is not null and t.subject ->> 'to' > :now)
     order by t.done_at nulls first, t.created_at, t.id`,
    { stationId, now: ctx.now().toISOString() },
  );
  const known = new Map(
    (
      await taskRows(
        ctx.db,
        found.map(({ id }) => id),
      )
    ).map((task) => [task.id, task]),
  );
  return found.flatMap(({ id }) => (known.get(id) as GapTask | undefined) ?? []);
}

/**
 * One task for each gap of the time ahead, however often it is looked: a gap is the same while it overlaps, its task says how it stands now and
 * ends when it is filled. Gives the tasks that were raised, changed or ended, for the caller's fact. The caller holds the desk.
 */
export async function settleGaps(ctx: Context, stationId: string): Promise<TaskRow[]> {
  const station = await stationById(ctx.db, stationId);
  if (!station) return [];
  const now = ctx.now().toISOString();
  const wanted = await gapsAhead(ctx, station);
  const known = await gapTasks(ctx, stationId);
  const used = new Set<string>();
  const fresh: DutyGap[] = [];
  const changed: { id: string; subject: DutyGap }[] = [];
  for (const gap of wanted) {
    const same = known.find(({ id, subject }) => !used.has(id) && subject.from < gap.to && subject.to > gap.from);
    if (!same) {
      fresh.push(gap);
      continue;
    }
    used.add(same.id);
    // what has begun, began when it was said to
    const subject = gap.from === now && same.subject.from < now ? { ...gap, from: same.subject.from } : gap;
    if (same.doneAt === null && !isDeepStrictEqual(subject, same.subject)) changed.push({ id: same.id, subject });
  }
  if (changed.length > 0)
    await rows(
      ctx.db,
      `update tasks t set subject = m.subject, version = version + 1 from jsonb_to_recordset(cast(:changed as jsonb)) as m (id uuid, subject jsonb) where m.id = t.id`,
      { changed: JSON.stringify(changed) },
    );
  return [
    ...(await endTasks(
      ctx,
      known.filter(({ id, doneAt }) => doneAt === null && !used.has(id)).map(({ id }) => id),
    )),
    ...(changed.length === 0
      ? []
      : await taskRows(
          ctx.db,
          changed.map(({ id }) => id),
        )),
    ...(fresh.length === 0
      ? []
      : await raiseTasks(
          ctx,
          fresh.map((subject) => ({ stationId, kind: 'duty_gap', subject })),
        )),
  ];
}
