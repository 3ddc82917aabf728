import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { ruleSql } from '../db/scope.ts';
import type { Job } from '../jobs/run.ts';

const BATCH = 5_000;

/** Readings older than their station keeps them. */
const pruneReadings = async (ctx: Context): Promise<number> =>
  (
    await rows(
      ctx.db,
      `delete from readings where id in (
         select r.id from stations s cross join unnest(array['observed', 'forecast']) k (kind)
         join readings r on r.station_id = s.id and r.kind = k.kind
           and r.at < cast(:now as timestamptz) - cast(cast(${ruleSql('weather.kept', 's.path')} as text) as float8) * interval '1 day'
         limit :batch) returning id`,
      { now: ctx.now(), batch: BATCH },
    )
  ).length;

export const weatherJobs: readonly Job[] = [
  { name: 'prune-readings', schedule: { dailyAt: '13:50' }, run: pruneReadings },
];
