/**
 * Reading the tracks as they come in. Each reader has a row that says up to which time of receipt it has read; whoever holds
 * that row's lock reads on, so that of several nodes one works, and none reads a stretch in vain or leaves one out.
 */
import type { Context } from '../context.ts';
import { one, row, rows } from '../db/rows.ts';
import { RECEIVED } from '../positions/queries-fixes.ts';

/** A stretch of what was received: later than `from`, up to and with `to`. */
export interface Stretch {
  from: Date;
  to: Date;
}

/** Fixes that one step may take in; about half a second of work. */
const MOST_FIXES = 20_000;
/** Seconds of receipt in one step when all there is holds more fixes than that: the longest that does not, or the shortest. */
const STEPS_S = [3_600, 600, 60, 10, 1] as const;
/**
 * What was read is read once more, because a batch becomes visible a moment after the time it was stamped with, and clocks of
 * nodes differ: each step looks back a moment, and the first of each minute as long as clocks may differ. Readers add nothing
 * up, so it costs time alone.
 */
const MOMENT_MS = 1_000;
const OVERLAP_MS = 60_000;
const minuteOf = (time: Date): number => Math.floor(time.getTime() / OVERLAP_MS);
const overlapMs = ({ from, to }: Stretch): number => (minuteOf(from) === minuteOf(to) ? MOMENT_MS : OVERLAP_MS);

/** True when a stretch holds no more than one step takes; looks at no more rows than that. */
const isShort = async (ctx: Context, { from, to }: Stretch): Promise<boolean> =>
  (
    await one<{ fixes: number }>(
      ctx.db,
      `select cast(count(*) as integer) as fixes from (select from positions p where ${RECEIVED} limit :most) x`,
      { from, to, most: MOST_FIXES + 1 },
    )
  ).fixes <= MOST_FIXES;

async function nextStretch(ctx: Context, from: Date, end: Date): Promise<Stretch> {
  const all = end.getTime() - from.getTime();
  let to = end;
  for (const stepMs of [all, ...STEPS_S.map((seconds) => seconds * 1000).filter((stepMs) => stepMs < all)]) {
    to = new Date(from.getTime() + stepMs);
    if (await isShort(ctx, { from, to })) break;
  }
  return { from: new Date(from.getTime() - overlapMs({ from, to })), to };
}

/** Where a reader begins that has read nothing: no fix came in before the first outing began. */
export async function beforeAllTracks(ctx: Context): Promise<Date> {
  const first = await row<{ at: Date | null }>(ctx.db, `select min(started_at) as at from patrols`);
  return first?.at ? new Date(first.at.getTime() - 1) : ctx.now();
}

/** How far a reader has come; undefined before it began. */
export const readTo = async (ctx: Pick<Context, 'db'>, name: string): Promise<Date | undefined> =>
  (
    await row<{ receivedTo: Date }>(
      ctx.db,
      `select received_to as "receivedTo" from track_readers where name = :name`,
      { name },
    )
  )?.receivedTo;

/** The reader begins anew at `from`. */
export async function readFrom(ctx: Context, name: string, from: Date): Promise<void> {
  await rows(
    ctx.db,
    `insert into track_readers (name, received_to) values (:name, :from) on conflict (name) do update set received_to = excluded.received_to`,
    { name, from },
  );
}

/** True when the reader's row is ours until the transaction ends. It reads on one core: the others are for what comes in meanwhile. */
export async function holdReader(ctx: Context, name: string): Promise<boolean> {
  await rows(ctx.db, `select set_config('max_parallel_workers_per_gather', '0', true)`);
  const held = await row(ctx.db, `select name from track_readers where name = :name for update skip locked`, { name });
  return held !== undefined;
}

/**
 * One step of a reader that is held: `read` takes in the next stretch, up to what is `settleMs` old. True when there is more.
 */
export async function readOn(
  ctx: Context,
  name: string,
  settleMs: number,
  read: (stretch: Stretch) => Promise<void>,
): Promise<boolean> {
  const from = await readTo(ctx, name);
  const end = new Date(ctx.now().getTime() - settleMs);
  if (!from || from >= end) return false;
  const stretch = await nextStretch(ctx, from, end);
  await read(stretch);
  await rows(ctx.db, `update track_readers set received_to = :to where name = :name`, { name, to: stretch.to });
  return stretch.to < end;
}
