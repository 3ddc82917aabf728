import type { Job } from '../jobs/run.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { decidePlan } from './commands-decide.ts';
import { plansInUse } from './queries-plan.ts';

/** Decides about every plan in use, each by itself: one that cannot be decided about keeps no other waiting. */
export async function decidePlans(service: Service): Promise<void> {
  for (const id of await plansInUse(service.database.knex)) {
    try {
      await runCommand(
        service,
        { kind: 'system' },
        { command: 'job.decide-plans', subjectIds: [id], fields: [] },
        (ctx) => decidePlan(ctx, id),
      );
    } catch (error) {
      service.log.error(
        { plan: id, error: error instanceof Error ? error.name : 'unknown' },
        'a plan could not be decided about; it will be looked at again within a minute',
      );
    }
  }
}

/** Plans are looked at every minute, and as soon as the weather or a warning is heard; orders and edits decide by themselves. */
export const planJobs: readonly Job[] = [
  { name: 'decide-plans', schedule: { everyMinutes: 1 }, tour: decidePlans },
  {
    name: 'decide-plans-now',
    schedule: { after: ['weather.observed', 'alert.received', 'alert.changed'] },
    tour: decidePlans,
  },
];
