import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import type { Job } from './run.ts';

const BATCH = 5_000;

const DAYS = `(select cast(cast(value as text) as float8) * interval '1 day' from rules where station_id is null and key = :rule)`;

/** Facts are a stream, not an archive; the newest one stays, so that a snapshot always has a seq to begin from. */
const pruneEvents = async (ctx: Context): Promise<number> =>
  (
    await rows(
      ctx.db,
      `delete from events where seq in (select seq from events where at < cast(:now as timestamptz) - ${DAYS} and seq < (select max(seq) from events) order by seq limit :batch) returning seq`,
      { now: ctx.now(), rule: 'events.kept', batch: BATCH },
    )
  ).length;

const pruneKeys = async (ctx: Context): Promise<number> =>
  (
    await rows(
      ctx.db,
      `delete from idempotency_keys where key in (select key from idempotency_keys where created_at < cast(:now as timestamptz) - ${DAYS} limit :batch) returning key`,
      { now: ctx.now(), rule: 'idempotency.kept', batch: BATCH },
    )
  ).length;

const pruneRuns = async (ctx: Context): Promise<number> =>
  (
    await rows(
      ctx.db,
      `delete from job_runs r where (r.name, r.due_at) in (
         select name, due_at from job_runs o where due_at < cast(:now as timestamptz) - interval '14 days'
           and exists (select from job_runs n where n.name = o.name and n.due_at > o.due_at) limit :batch) returning name`,
      { now: ctx.now(), batch: BATCH },
    )
  ).length;

/** Where a patrol was last is in its track; here it would only stand in the way of the search for who is near. */
const prunePositions = async (ctx: Context): Promise<number> =>
  (
    await rows(
      ctx.db,
      `delete from patrol_positions where patrol_id in (
         select l.patrol_id from patrol_positions l join patrols p on p.id = l.patrol_id
         where p.ended_at < cast(:now as timestamptz) - interval '1 hour' limit :batch) returning patrol_id`,
      { now: ctx.now(), batch: BATCH },
    )
  ).length;

/** What the service keeps for itself is thrown away in time, in the early afternoon when desks are quiet. */
export const pruningJobs: readonly Job[] = [
  { name: 'prune-events', schedule: { dailyAt: '13:10' }, run: pruneEvents },
  { name: 'prune-keys', schedule: { dailyAt: '13:20' }, run: pruneKeys },
  { name: 'prune-runs', schedule: { dailyAt: '13:30' }, run: pruneRuns },
  { name: 'prune-positions', schedule: { dailyAt: '13:40' }, run: prunePositions },
];
