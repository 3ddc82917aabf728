import type { Job } from '../jobs/run.ts';
import { sweepPlaces } from './commands.ts';

/** Imports that died with their process, and rows of tables that are no more. */
export const placeJobs: readonly Job[] = [{ name: 'sweep-places', schedule: { everyMinutes: 1 }, run: sweepPlaces }];
