import type { Job } from '../jobs/run.ts';
import { runSteps } from './commands-steps.ts';

/** Steps are worked as soon as a plan was decided about, and looked at every few seconds for what failed, is late, or waits for others. */
export const stepJobs: readonly Job[] = [
  { name: 'run-steps-now', schedule: { after: ['plan.decided'] }, tour: runSteps },
  { name: 'run-steps', schedule: 'pulse', tour: runSteps },
];
