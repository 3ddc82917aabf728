import type { Job } from '../jobs/run.ts';
import { endAlertsDue } from './commands.ts';

/** Warnings end by the minute at the time they carry. */
export const alertJobs: readonly Job[] = [{ name: 'end-alerts', schedule: { everyMinutes: 1 }, run: endAlertsDue }];
