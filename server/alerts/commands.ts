import { randomUUID } from 'node:crypto';
import type { AlertRow, postAlert, updateAlert } from '../../shared/alerts.ts';
import type { Part } from '../../shared/contract.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { StationRow } from '../../shared/stations.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import type { Context } from '../context.ts';
import { one, rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { rulesAt } from '../stations/queries.ts';
import { endTasks, raiseTask } from '../tasks/commands.ts';
import { type AlertWords, levelOf, typeOf } from './classify.ts';
import { alertRows, lockedAlert } from './queries.ts';
import { highestOf } from './queries-covers.ts';

/** Who told it, when a person typed it in. */
const BY_HAND = 'desk';

/** What is stored of a warning beside what follows from it. */
type NewAlert = Omit<AlertRow, 'id' | 'version' | 'needs' | 'receivedAt'> & {
  id?: string;
  part?: number;
  replacedBy?: string | null;
};

/** The station's tables of words. */
export async function wordsAt(ctx: Context, stationId: string): Promise<AlertWords> {
  const values = await rulesAt(ctx.db, ['alerts.types', 'alerts.colours'], stationId);
  return { types: values['alerts.types'], colours: values['alerts.colours'] } as AlertWords;
}

/** What a person must still say before it can switch anything on. */
const needsOf = ({ type, level, covers }: Pick<AlertRow, 'type' | 'level' | 'covers'>): AlertRow['needs'] => [
  ...(type === null ? (['type'] as const) : []),
  ...(level === null ? (['level'] as const) : []),
  ...(covers.length === 0 ? (['area'] as const) : []),
];

/** Writes a warning; one that is in force and lacks something puts one task on the desk's list. The caller tells the fact. */
export async function keepAlert(ctx: Context, alert: NewAlert): Promise<{ id: string; task: TaskRow | null }> {
  const id = alert.id ?? randomUUID();
  const needs = needsOf(alert);
  const task =
    needs.length > 0 && alert.state === 'active'
      ? await raiseTask(ctx, { stationId: alert.stationId, kind: 'alert_unknown', subject: { alertId: id } })
      : null;
  await one(
    ctx.db,
    `insert into alerts (id, station_id, covers, part, identifier, sender, sent_at, event, type, level, severity, headline, description, instruction, area_text,
       onset_at, expires_at, state, needs, source, received_at, ended_at, replaced_by, task_id)
     values (cast(:id as uuid), cast(:stationId as uuid), cast(:covers as uuid[]), :part, :identifier, :sender, :sentAt, :event, :type, :level, :severity, :headline, :description,
       :instruction, :areaText, :onsetAt, :expiresAt, :state, cast(:needs as text[]), :source, :receivedAt, :endedAt, cast(:replacedBy as uuid), cast(:taskId as uuid))
     returning id`,
    {
      ...alert,
      id,
      part: alert.part ?? 0,
      replacedBy: alert.replacedBy ?? null,
      needs,
      receivedAt: ctx.now(),
      taskId: task?.id ?? null,
    },
  );
  return { id, task };
}

/** The highest of the stations named; 404 not_found at the path of one that is not in the caller's area. */
async function coversOf(ctx: Context, ids: readonly string[]): Promise<string[]> {
  const found = await highestOf(ctx.db, scopeOf(ctx).scope, ids);
  ids.forEach((id, n) => {
    if (!found.some((station) => station.id === id))
      throw fieldProblem(`/covers/${String(n)}`, 'not_found', 'no such station in your area', 'not_found');
  });
  return found.filter(({ top }) => top).map(({ id }) => id);
}

/** A warning that a person types in. What it is and how severe follows from its words where that is not said; what does not follow waits for a person. */
export async function enterAlert(
  ctx: Context,
  stationId: string | undefined,
  body: Part<(typeof postAlert)['body']>,
): Promise<AlertRow> {
  const station: StationRow = await stationFor(ctx, stationId, '/query/stationId');
  const now = ctx.now();
  const onsetAt = body.onsetAt ?? now.toISOString();
  const expiresAt = body.expiresAt ?? null;
  if (expiresAt !== null && Date.parse(expiresAt) <= Math.max(Date.parse(onsetAt), now.getTime()))
    throw fieldProblem('/expiresAt', 'range', 'it must end after it begins, and not before now');
  const words = await wordsAt(ctx, station.id);
  const headline = body.headline ?? null;
  const { id, task } = await keepAlert(ctx, {
    id: body.id,
    stationId: station.id,
    covers: body.covers === undefined ? [station.id] : await coversOf(ctx, body.covers),
    identifier: body.id,
    sender: BY_HAND,
    sentAt: now.toISOString(),
    event: body.event,
    type: body.type ?? typeOf([body.event], words),
    level: body.level ?? levelOf({ scale: [], event: body.event, headline, severity: null }, words),
    severity: null,
    headline,
    description: body.description ?? null,
    instruction: null,
    areaText: null,
    onsetAt,
    expiresAt,
    state: 'active',
    source: BY_HAND,
    endedAt: null,
  });
  const [row] = await alertRows(ctx.db, [id]);
  if (!row) throw new Error('the warning just written is not there');
  record(ctx, {
    type: 'alert.received',
    stationId: station.id,
    rows: { alerts: [row], ...(task ? { tasks: [task] } : {}) },
  });
  return row;
}

/** Says what a warning is, how severe and for whom, or ends it; 409 version_conflict, and conflict for one that is over. */
export async function changeAlert(
  ctx: Context,
  id: string,
  body: Part<(typeof updateAlert)['body']>,
): Promise<AlertRow> {
  const known = await lockedAlert(ctx.db, scopeOf(ctx).scope, id);
  if (!known) throw new Problem('not_found');
  const { taskId, ...current } = known;
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current });
  if (known.endedAt !== null) throw fieldProblem('/id', 'ended', 'this warning is over', 'conflict');
  const type = body.type ?? known.type;
  const level = body.level ?? known.level;
  const covers = body.covers === undefined ? known.covers : await coversOf(ctx, body.covers);
  const needs = needsOf({ type, level, covers });
  const ended = body.end !== undefined;
  await rows(
    ctx.db,
    `update alerts set type = :type, level = :level, covers = cast(:covers as uuid[]), needs = cast(:needs as text[]), version = version + 1,
       state = case when :ended then 'cancelled' else state end, ended_at = case when :ended then cast(:now as timestamptz) end, end_reason = :reason
     where id = cast(:id as uuid)`,
    { id, type, level, covers, needs, ended, reason: body.end ?? null, now: ctx.now() },
  );
  const tasks = taskId !== null && (ended || needs.length === 0) ? await endTasks(ctx, [taskId]) : [];
  const [row] = await alertRows(ctx.db, [id]);
  if (!row) throw new Error('a locked warning is gone');
  record(ctx, {
    type: 'alert.changed',
    stationId: row.stationId,
    rows: { alerts: [row], ...(tasks.length > 0 ? { tasks } : {}) },
  });
  return row;
}

/** Warnings ended in one transaction. */
const BATCH = 200;

/** Ends up to 200 warnings whose own time is over, at that time; gives how many. One that a command holds is left to the next minute. */
export async function endAlertsDue(ctx: Context): Promise<number> {
  const due = await rows<{ id: string; taskId: string | null }>(
    ctx.db,
    `select a.id, a.task_id as "taskId" from alerts a
     where a.ended_at is null and a.expires_at <= :now order by a.expires_at, a.id limit :batch for no key update of a skip locked`,
    { now: ctx.now(), batch: BATCH },
  );
  if (due.length === 0) return 0;
  const ids = due.map(({ id }) => id);
  await rows(
    ctx.db,
    `update alerts set state = 'expired', ended_at = expires_at, version = version + 1 where id = any (cast(:ids as uuid[]))`,
    { ids },
  );
  const ended = await alertRows(ctx.db, ids);
  const tasks = await endTasks(
    ctx,
    due.flatMap(({ taskId }) => taskId ?? []),
  );
  for (const stationId of new Set(ended.map((alert) => alert.stationId))) {
    const mine = tasks.filter((task) => task.stationId === stationId);
    record(ctx, {
      type: 'alert.changed',
      stationId,
      rows: {
        alerts: ended.filter((alert) => alert.stationId === stationId),
        ...(mine.length > 0 ? { tasks: mine } : {}),
      },
    });
  }
  return due.length;
}
