/** What a message of a weather service does here: it warns, replaces, takes back, or nothing. Order of arrival makes no difference. */
import type { AlertRow } from '../../shared/alerts.ts';
import type { StationRow } from '../../shared/stations.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import type { Context } from '../context.ts';
import { ALERT_LOCK } from '../db/locks.ts';
import { one, row, rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { stationById } from '../stations/queries.ts';
import { endTasks } from '../tasks/commands.ts';
import { type CapMessage, type CapPart, readCap } from './cap.ts';
import { levelOf, typeOf } from './classify.ts';
import { keepAlert, wordsAt } from './commands.ts';
import { alertRows } from './queries.ts';
import { coveredStations } from './queries-covers.ts';

/** Why a message that was understood changed nothing: an exercise or a test; an acknowledgement or an error report; it takes back what nobody knows here (yet). */
type Ignored = 'test' | 'receipt' | 'unknown';
type Taken =
  /** new warnings; `alert` is the first of them */
  | { kind: 'alert'; alert: AlertRow }
  /** it only took others back; `alert` is the last of them */
  | { kind: 'changed'; alert: AlertRow }
  /** heard before, here or at a station above; `alert` is what it was then, as it is now */
  | { kind: 'known'; alert: AlertRow | null }
  | { kind: 'ignored'; why: Ignored };

interface Ended extends Pick<
  AlertRow,
  'id' | 'event' | 'severity' | 'headline' | 'areaText' | 'type' | 'level' | 'covers'
> {
  taskId: string | null;
}

/** Warnings in force, of the subtree, that a message names; locked. */
const namedBy = (ctx: Context, station: StationRow, { named, sentAt }: CapMessage): Promise<Ended[]> =>
  rows<Ended>(
    ctx.db,
    `select a.id, a.event, a.severity, a.headline, a.area_text as "areaText", a.type, a.level, a.covers, a.task_id as "taskId" from alerts a
     where a.identifier = any (cast(:identifiers as text[])) and a.sender || ',' || a.identifier = any (cast(:named as text[]))
       and a.sent_at <= :sentAt and a.ended_at is null and a.station_id in (select id from stations where path @> array[cast(:stationId as uuid)])
     order by a.sent_at, a.part, a.id for no key update of a`,
    { named, identifiers: named.map((name) => name.slice(name.lastIndexOf(',') + 1)), sentAt, stationId: station.id },
  );

interface Ender {
  kind: 'update' | 'cancel';
  at: Date;
  alertId: string | null;
}
/** The message that ended this one before it arrived, heard here or above. */
const enderOf = (ctx: Context, station: StationRow, message: CapMessage): Promise<Ender | undefined> =>
  row<Ender>(
    ctx.db,
    `select m.kind, m.received_at as at, m.alert_id as "alertId" from alert_messages m
     where m.named @> array[cast(:name as text)] and m.kind in ('update', 'cancel') and m.sent_at >= :sentAt and m.station_id = any (cast(:path as uuid[]))
     order by m.received_at, m.sent_at limit 1`,
    { name: `${message.sender},${message.identifier}`, sentAt: message.sentAt, path: station.path },
  );

/** How a new warning stands at once: ended by what came before it, over by its own time, or in force. */
function stateOf(
  part: CapPart,
  ender: Ender | undefined,
  now: Date,
): Pick<AlertRow, 'state' | 'endedAt'> & { replacedBy: string | null } {
  const over = part.expiresAt !== null && Date.parse(part.expiresAt) <= now.getTime();
  if (ender && !(over && Date.parse(part.expiresAt ?? '') <= ender.at.getTime()))
    return {
      state: ender.kind === 'cancel' ? 'cancelled' : 'replaced',
      endedAt: ender.at.toISOString(),
      replacedBy: ender.kind === 'update' ? ender.alertId : null,
    };
  return { state: over ? 'expired' : 'active', endedAt: over ? part.expiresAt : null, replacedBy: null };
}

async function warn(
  ctx: Context,
  station: StationRow,
  source: string,
  message: CapMessage,
  before: readonly Ended[],
): Promise<{ ids: string[]; tasks: TaskRow[] }> {
  const words = await wordsAt(ctx, station.id);
  const ender = await enderOf(ctx, station, message);
  const ids: string[] = [];
  const tasks: TaskRow[] = [];
  for (const [n, { codes, kinds, scale, area, ...part }] of message.parts.entries()) {
    // what a person said of the same words in the message that this one follows still holds
    const same = before.filter(({ event }) => event === part.event);
    const classed = same.find(({ type }) => type !== null)?.type ?? null;
    const graded = same.find((old) => old.severity === part.severity && old.headline === part.headline)?.level ?? null;
    const placed = same.find(({ areaText }) => areaText !== null && areaText === part.areaText)?.covers ?? [];
    const covers = await coveredStations(ctx.db, station.id, area, part.areaText);
    const { id, task } = await keepAlert(ctx, {
      ...part,
      ...stateOf({ codes, kinds, scale, area, ...part }, ender, ctx.now()),
      part: n,
      stationId: station.id,
      identifier: message.identifier,
      sender: message.sender,
      sentAt: message.sentAt,
      source,
      type: typeOf([...codes, part.event, ...kinds], words) ?? classed,
      level: levelOf({ scale, event: part.event, headline: part.headline, severity: part.severity }, words) ?? graded,
      covers: covers.length > 0 ? covers : placed,
    });
    ids.push(id);
    if (task) tasks.push(task);
  }
  return { ids, tasks };
}

async function end(ctx: Context, before: readonly Ended[], by: string | null): Promise<TaskRow[]> {
  await rows(
    ctx.db,
    `update alerts set state = :state, ended_at = :now, replaced_by = cast(:by as uuid), version = version + 1 where id = any (cast(:ids as uuid[]))`,
    { ids: before.map(({ id }) => id), state: by === null ? 'cancelled' : 'replaced', by, now: ctx.now() },
  );
  return endTasks(
    ctx,
    before.flatMap(({ taskId }) => taskId ?? []),
  );
}

/**
 * Takes a CAP message for a station and all below it. Each message counts once, whoever brings it; one that updates or cancels ends what it
 * names also when that arrives later. Throws what readCap() throws.
 */
export async function takeMessage(
  ctx: Context,
  { stationId, source, xml }: { stationId: string; source: string; xml: Buffer | string },
): Promise<Taken> {
  const station = await stationById(ctx.db, stationId);
  if (!station) throw new Error('a message for a station that is not there');
  const message = readCap(xml, station.locale, ctx.now());
  const ignored = (why: Ignored): Taken => {
    ctx.log.info({ source, kind: message.kind, why }, 'a CAP message was read and changed nothing');
    return { kind: 'ignored', why };
  };
  if (!message.actual) return ignored('test');
  await rows(ctx.db, `select pg_advisory_xact_lock(${ALERT_LOCK})`);
  const key = { sender: message.sender, identifier: message.identifier, sentAt: message.sentAt };
  const known = await row<{ alertId: string | null }>(
    ctx.db,
    `select m.alert_id as "alertId" from alert_messages m
     where m.sender = :sender and m.identifier = :identifier and m.sent_at = :sentAt and m.station_id = any (cast(:path as uuid[]))
     order by m.alert_id is null, m.received_at limit 1`,
    { ...key, path: station.path },
  );
  if (known)
    return {
      kind: 'known',
      alert: known.alertId === null ? null : ((await alertRows(ctx.db, [known.alertId]))[0] ?? null),
    };
  await one(
    ctx.db,
    `insert into alert_messages (station_id, sender, identifier, sent_at, kind, named, received_at)
     values (cast(:stationId as uuid), :sender, :identifier, :sentAt, :kind, cast(:named as text[]), :now) returning identifier`,
    { ...key, stationId, kind: message.kind, named: message.named, now: ctx.now() },
  );
  if (message.kind === 'ack' || message.kind === 'error') return ignored('receipt');
  const before = message.kind === 'alert' ? [] : await namedBy(ctx, station, message);
  const made = await warn(ctx, station, source, message, before);
  const answer = made.ids[0] ?? before.at(-1)?.id;
  if (answer === undefined) return ignored('unknown');
  const settled = await end(ctx, before, made.ids[0] ?? null);
  await rows(
    ctx.db,
    `update alert_messages set alert_id = cast(:answer as uuid)
     where station_id = cast(:stationId as uuid) and sender = :sender and identifier = :identifier and sent_at = :sentAt`,
    { ...key, stationId, answer },
  );
  const alerts = await alertRows(ctx.db, [...made.ids, ...before.map(({ id }) => id)]);
  const tasks = [...made.tasks, ...settled];
  record(ctx, {
    type: made.ids.length > 0 ? 'alert.received' : 'alert.changed',
    stationId,
    rows: { alerts, ...(tasks.length > 0 ? { tasks } : {}) },
  });
  const alert = alerts.find(({ id }) => id === answer);
  if (!alert) throw new Error('the warning just written is not there');
  return { kind: made.ids.length > 0 ? 'alert' : 'changed', alert };
}
