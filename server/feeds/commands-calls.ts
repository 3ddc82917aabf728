/** Calls to other people's servers that must not be lost: written with the command that wants them, made until they are answered. */
import type { Context } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { OutsideFailure } from '../http/outbound.ts';
import type { Service } from '../realtime/command.ts';

const MINUTE = 60_000;
/** Longer than any call takes: a node that died with one in its hands is followed by another. */
const LEASE_MS = 2 * MINUTE;
const LONGEST_WAIT_MS = 60 * MINUTE;
const GIVE_UP_MS = 3 * 86_400_000;
/** Of one turn. */
const MOST_CALLS = 100;

/** A call to be made. `id` is the key under which the other side knows a repeated one. */
export interface OutsideCallOrder {
  id: string;
  stationId: string;
  /** judged when it was set, and again each time it is called */
  url: string;
  /** never a person, nor a place where someone sleeps */
  body: unknown;
}

/** Queues a call in the command's own transaction; the same id again is the same call. */
export async function queueCall(ctx: Context, { id, stationId, url, body }: OutsideCallOrder): Promise<void> {
  await rows(
    ctx.db,
    `insert into outside_calls (id, station_id, url, body, created_at, next_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :url, cast(:body as jsonb), :now, :now) on conflict (id) do nothing`,
    { id, stationId, url, body: JSON.stringify(body), now: ctx.now() },
  );
}

/** 1, 2, 4 ... 60 min after the nth failed try. */
export const waitAfter = (failures: number): number =>
  Math.min(LONGEST_WAIT_MS, MINUTE * 2 ** Math.min(failures - 1, 10));

interface Due {
  id: string;
  url: string;
  body: unknown;
  attempts: number;
  createdAt: Date;
}

/** Takes one that is due: it is this node's until its lease is over. */
const takeDue = (service: Service, lease: Date): Promise<Due | undefined> =>
  row<Due>(
    service.database.knex,
    `update outside_calls set next_at = :lease, attempts = attempts + 1 where id = (
       select id from outside_calls where done_at is null and next_at <= :now order by next_at limit 1 for update skip locked)
     returning id, url, body, attempts, created_at as "createdAt"`,
    { now: service.now(), lease },
  );

async function deliver(service: Service, due: Due, lease: Date): Promise<void> {
  const db = service.database.knex;
  let fault: string | null = null;
  try {
    const headers = { 'idempotency-key': due.id };
    await service.outside?.ask(db, due.url, { headers, body: JSON.stringify(due.body) });
  } catch (error) {
    if (!(error instanceof OutsideFailure)) throw error;
    ({ fault } = error);
  }
  const now = service.now();
  const over = now.getTime() - due.createdAt.getTime() >= GIVE_UP_MS;
  const next = fault === null || over ? null : new Date(now.getTime() + waitAfter(due.attempts));
  await rows(
    db,
    `update outside_calls set fault = :fault, next_at = :next, done_at = :done, version = version + 1
     where id = cast(:id as uuid) and done_at is null and next_at = :lease`,
    { id: due.id, fault, next, done: fault === null ? now : null, lease },
  );
}

/** Makes the calls that are due, each at least once: what was called and not written down is called again under the same key. */
export async function deliverCalls(service: Service): Promise<void> {
  if (!service.outside) return;
  for (let n = 0; n < MOST_CALLS; n += 1) {
    const lease = new Date(service.now().getTime() + LEASE_MS);
    const due = await takeDue(service, lease);
    if (!due) return;
    await deliver(service, due, lease);
  }
}
