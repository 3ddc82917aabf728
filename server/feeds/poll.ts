/**
 * Asks feeds when they are due. A turn is claimed by moving its next time away for a while, so that of several nodes one asks and a node that
 * died with it is followed by another; nothing is open in the database while others' servers are waited for.
 */
import type { FeedRow } from '../../shared/feeds.ts';
import { Problem } from '../../shared/problems.ts';
import type { Context } from '../context.ts';
import { takeMessage } from '../alerts/commands-cap.ts';
import { asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { type Outside, OutsideFailure } from '../http/outbound.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { record } from '../realtime/record.ts';
import { raiseTask } from '../tasks/commands.ts';
import { addReadings } from '../weather/commands-bulk.ts';
import { endLost } from './commands.ts';
import { waitAfter } from './commands-calls.ts';
import { entriesOf, type Entry } from './entries.ts';
import { openMeteoUrl, readOpenMeteo } from './open-meteo.ts';

const MINUTE = 60_000;
/** Longer than the longest turn: 50 messages of 5 s, five at a time, and the list. */
const LEASE_MS = 2 * MINUTE;
/** Feeds asked at once by one node. */
const AT_ONCE = 4;
/** Messages of one list in one turn, how many at once, and after how many that were not to be had the rest waits. */
const MOST_MESSAGES = 50;
const MESSAGES_AT_ONCE = 5;
const MOST_MISSED = 5;

interface Turn extends Pick<
  FeedRow,
  'id' | 'stationId' | 'name' | 'kind' | 'url' | 'position' | 'everyMin' | 'failures'
> {
  etag: string | null;
  known: string[];
  /** the next time as claimed: whoever changes the feed meanwhile moves it, and this turn counts for nothing */
  lease: Date;
}
type Fault = NonNullable<FeedRow['fault']>;
/** What came of a turn. */
interface Heard {
  etag: string | null;
  known: readonly string[];
  /** null when all was well */
  fault: Fault | null;
  /** whether it counts as heard */
  complete: boolean;
}

const SYSTEM = { kind: 'system' } as const;
const auditOf = (id: string) => ({ command: 'job.poll-feeds', subjectIds: [id], fields: [] });

const takeTurn = async (service: Service): Promise<Turn | undefined> => {
  const now = service.now();
  const lease = new Date(now.getTime() + LEASE_MS);
  const turn = await row<Omit<Turn, 'lease'>>(
    service.database.knex,
    `update feeds f set next_at = :lease, tried_at = :now where f.id = (
       select id from feeds where active and next_at <= :now order by next_at limit 1 for update skip locked)
     returning f.id, f.station_id as "stationId", f.name, f.kind, f.url, ${asPoint('f.position')} as position, f.every_min as "everyMin",
       f.failures, f.etag, f.known`,
    { now, lease },
  );
  return turn && { ...turn, lease };
};

/** Writes down what came of a turn and what it brought, in one command; what a feed brought that was changed meanwhile is left. */
async function settle(
  service: Service,
  turn: Turn,
  heard: Heard,
  keep?: (ctx: Context) => Promise<unknown>,
): Promise<void> {
  await runCommand(service, SYSTEM, auditOf(turn.id), async (ctx) => {
    const now = ctx.now();
    const failures = heard.complete ? 0 : turn.failures + 1;
    const wait = heard.complete ? turn.everyMin * MINUTE : waitAfter(failures);
    const [mine] = await rows(
      ctx.db,
      `update feeds set heard_at = case when :complete then cast(:now as timestamptz) else heard_at end, failures = :failures, fault = :fault,
         etag = :etag, known = cast(:known as text[]), next_at = :next
       where id = cast(:id as uuid) and active and next_at = :lease returning id`,
      {
        id: turn.id,
        now,
        complete: heard.complete,
        failures,
        fault: heard.fault,
        etag: heard.etag,
        known: heard.known,
        next: new Date(now.getTime() + wait),
        lease: turn.lease,
      },
    );
    if (!mine) return;
    await keep?.(ctx);
    if (heard.complete) await endLost(ctx, turn.id);
  });
}

const same = ({ etag, known }: Turn): Heard => ({ etag, known, fault: null, complete: true });
const tagged = (etag: string | null): Record<string, string> => (etag === null ? {} : { 'if-none-match': etag });

async function askForecast(service: Service, outside: Outside, turn: Turn): Promise<void> {
  const url = openMeteoUrl(turn.url, turn.position?.coordinates ?? null);
  const answer = await outside.ask(service.database.knex, url, { headers: tagged(turn.etag) });
  if (answer.status === 304) {
    await settle(service, turn, same(turn));
    return;
  }
  const readings = readOpenMeteo(answer.body, service.now());
  const heard: Heard = { etag: answer.etag, known: [], fault: null, complete: true };
  await settle(service, turn, heard, (ctx) => addReadings(ctx, turn.stationId, turn.name, readings));
}

/** Takes one message in a command of its own; false when it could not be had this time. What is none is taken, too: it will not get better. */
async function takeEntry(
  service: Service,
  outside: Outside,
  turn: Turn,
  entry: Entry,
): Promise<{ taken: boolean; fault: Fault | null }> {
  let xml = entry.xml;
  try {
    xml ??= (await outside.ask(service.database.knex, entry.url ?? '')).body;
  } catch (error) {
    if (!(error instanceof OutsideFailure)) throw error;
    const passes = error.fault === 'unreachable' || error.fault === 'status';
    return { taken: !passes, fault: error.fault };
  }
  try {
    const message = { stationId: turn.stationId, source: turn.name, xml };
    await runCommand(service, SYSTEM, auditOf(turn.id), (ctx) => takeMessage(ctx, message));
    return { taken: true, fault: null };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    service.log.warn({ feedId: turn.id, code: error.code }, 'a message of a feed could not be read');
    return { taken: true, fault: 'unreadable' };
  }
}

async function askWarnings(service: Service, outside: Outside, turn: Turn): Promise<void> {
  const answer = await outside.ask(service.database.knex, turn.url, { headers: tagged(turn.etag) });
  if (answer.status === 304) {
    await settle(service, turn, same(turn));
    return;
  }
  const entries = entriesOf(answer.body, turn.url);
  const before = new Set(turn.known);
  const fresh = entries.filter(({ key }) => !before.has(key));
  // the oldest first: what a later one updates is there by then
  const waiting = fresh.slice(0, MOST_MESSAGES).reverse();
  const known = new Set(entries.map(({ key }) => key).filter((key) => before.has(key)));
  const faults: Fault[] = [];
  let missed = 0;
  const worker = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined && missed < MOST_MISSED; entry = waiting.shift()) {
      const { taken, fault } = await takeEntry(service, outside, turn, entry);
      if (taken) known.add(entry.key);
      else missed += 1;
      if (fault !== null) faults.push(fault);
    }
  };
  await Promise.all(Array.from({ length: MESSAGES_AT_ONCE }, worker));
  const all = entries.every(({ key }) => known.has(key));
  await settle(service, turn, {
    // with a tag the rest of the list would be "not modified"
    etag: all ? answer.etag : null,
    known: [...known],
    fault: faults[0] ?? null,
    complete: missed === 0,
  });
}

async function ask(service: Service, outside: Outside, turn: Turn): Promise<void> {
  try {
    await (turn.kind === 'cap' ? askWarnings : askForecast)(service, outside, turn);
  } catch (error) {
    if (!(error instanceof OutsideFailure)) throw error;
    await settle(service, turn, { etag: turn.etag, known: turn.known, fault: error.fault, complete: false });
  }
}

/** Feeds that have been silent for too long: a person is told, once, until they are heard again. */
async function tellLost(service: Service): Promise<void> {
  for (let more = true; more;)
    more = await runCommand(service, SYSTEM, { command: 'job.poll-feeds', subjectIds: [], fields: [] }, async (ctx) => {
      const lost = await row<{ id: string; stationId: string }>(
        ctx.db,
        `select id, station_id as "stationId" from feeds
         where active and task_id is null and greatest(heard_at, since) < cast(:now as timestamptz) - stale_min * interval '1 minute'
         order by id limit 1 for update skip locked`,
        { now: ctx.now() },
      );
      if (!lost) return false;
      const { id, stationId } = lost;
      const task = await raiseTask(ctx, { stationId, kind: 'feed_stale', subject: { feedId: id } });
      await rows(ctx.db, `update feeds set task_id = cast(:taskId as uuid) where id = cast(:id as uuid)`, {
        id,
        taskId: task.id,
      });
      record(ctx, { type: 'feed.lost', stationId, rows: { tasks: [task] } });
      return true;
    });
}

/** Asks every feed that is due, and says which are lost. */
export async function pollFeeds(service: Service): Promise<void> {
  const { outside } = service;
  if (outside) {
    const worker = async (): Promise<void> => {
      for (let turn = await takeTurn(service); turn; turn = await takeTurn(service)) await ask(service, outside, turn);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
  await tellLost(service);
}
