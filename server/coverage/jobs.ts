import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import type { Job } from '../jobs/run.ts';
import { countTracks } from './commands-count.ts';
import { noteVisits } from './commands-visits.ts';

/** Where nothing vacuums by itself, what came in since stays outside the index by which readers find what is new. */
async function indexTracks(ctx: Context): Promise<number> {
  await rows(ctx.db, `select brin_summarize_new_values('positions_received_at')`);
  return 0;
}

/** Timed work on the tracks. */
export const coverageJobs: readonly Job[] = [
  { name: 'note-visits', schedule: 'pulse', run: noteVisits },
  { name: 'count-tracks', schedule: { everyMinutes: 1 }, run: countTracks },
  { name: 'index-tracks', schedule: { dailyAt: '13:50' }, run: indexTracks },
];
