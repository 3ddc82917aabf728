/** What time does at desks: shifts begin and end, gaps come near, checks are asked and missed. */
import type { Context } from '../context.ts';
import type { Job } from '../jobs/run.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { askChecks, missChecks } from './commands-checks.ts';
import { atDesk } from './desk.ts';
import { settleGaps } from './gaps.ts';
import { stationsWithShifts } from './queries-roster.ts';

/** Looks at each station in a transaction of its own; one that fails does not stop the others, and is thrown when all were looked at. */
async function eachStation(
  service: Service,
  name: string,
  open: Date | null,
  look: (ctx: Context, stationId: string) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const { id } of await stationsWithShifts(service.database.knex, open))
    try {
      const audit = { command: `job.${name}`, subjectIds: [id], fields: [] };
      await runCommand(service, { kind: 'system' }, audit, async (ctx) => {
        await look(ctx, id);
      });
    } catch (error) {
      failures.push(error);
    }
  if (failures.length > 0) throw failures[0];
}

/** Begins and ends shifts whose time has come, and says when a desk is not covered. */
export const moveShifts = (service: Service): Promise<void> =>
  eachStation(service, 'move-shifts', service.now(), (ctx, id) => atDesk(ctx, id));

/** Puts the gaps of the time ahead on the lists, and takes those off that are filled. */
export const flagGaps = (service: Service): Promise<void> =>
  eachStation(service, 'flag-gaps', null, (ctx, id) =>
    atDesk(ctx, id, [], async () => ({ tasks: await settleGaps(ctx, id) })),
  );

export const dutyJobs: readonly Job[] = [
  { name: 'move-shifts', schedule: { everyMinutes: 1 }, tour: moveShifts },
  { name: 'flag-gaps', schedule: { everyMinutes: 60 }, tour: flagGaps },
  { name: 'ask-checks', schedule: 'pulse', run: askChecks },
  { name: 'miss-checks', schedule: 'pulse', run: missChecks },
];
