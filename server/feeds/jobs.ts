import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import type { Job } from '../jobs/run.ts';
import { deliverCalls } from './commands-calls.ts';
import { pollFeeds } from './poll.ts';

const BATCH = 5_000;

/** Calls that ended long ago: nobody repeats their ids any more. */
const pruneCalls = async (ctx: Context): Promise<number> =>
  (
    await rows(
      ctx.db,
      `delete from outside_calls where id in (
         select id from outside_calls where next_at is null and created_at < cast(:now as timestamptz) - interval '90 days' limit :batch) returning id`,
      { now: ctx.now(), batch: BATCH },
    )
  ).length;

export const feedJobs: readonly Job[] = [
  { name: 'poll-feeds', schedule: 'pulse', tour: pollFeeds },
  { name: 'deliver-calls', schedule: 'pulse', tour: deliverCalls },
  { name: 'prune-calls', schedule: { dailyAt: '14:00' }, run: pruneCalls },
];
