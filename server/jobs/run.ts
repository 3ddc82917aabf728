/** The table of timed jobs and who runs them: node-cron beats, a row decides which node. */
import cron from 'node-cron';
import type { EventType } from '../../shared/events.ts';
import type { Context } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { type Following, followFacts } from './news.ts';
import { dueSlots, type Schedule } from './slots.ts';

export type Job = {
  name: string;
  /**
   * 'pulse': every few seconds on every node, without a row; what is to be done is locked by who does it. `after`: the same, as soon
   * as a fact of these types was committed by any node.
   */
  schedule: Schedule | 'pulse' | { after: readonly EventType[] };
} & (
  | {
      /** runs until it answers 0, each time in a transaction of its own, so that no batch holds a lock long */
      run: (ctx: Context) => Promise<number>;
    }
  | {
      /** speaks to other people's servers, or does things of which one may fail: it makes its own transactions, and none is open while it waits */
      tour: (service: Service) => Promise<void>;
    }
);

/** Slots missed while nothing ran are looked for this far back. */
const LOOK_BACK_MS = 7 * 86_400_000;
const MAX_BATCHES = 1_000;
/** Small beside any time that a crew is given to answer. */
const PULSE_MS = 5_000;

/** Runs what is due. Of the slots one job missed only the newest is run: what it does is level-triggered and does not add up. */
export async function beat(service: Service, jobs: readonly Job[], zone: string): Promise<void> {
  for (const job of jobs) {
    if (job.schedule === 'pulse' || 'after' in job.schedule) continue;
    const now = service.now();
    const db = service.database.knex;
    const last = await row<{ dueAt: Date }>(
      db,
      `select due_at as "dueAt" from job_runs where name = :name order by due_at desc limit 1`,
      { name: job.name },
    );
    const from = new Date(Math.max(last?.dueAt.getTime() ?? 0, now.getTime() - LOOK_BACK_MS));
    const due = dueSlots(job.schedule, zone, from, now).at(-1);
    if (!due) continue;
    const [mine] = await rows(
      db,
      `insert into job_runs (name, due_at, started_at) values (:name, :due, :now) on conflict (name, due_at) do nothing returning name`,
      { name: job.name, due, now },
    );
    if (!mine) continue;
    await runJob(service, job);
    await rows(db, `update job_runs set finished_at = :now where name = :name and due_at = :due`, {
      name: job.name,
      due,
      now: service.now(),
    });
  }
}

/** Runs what cannot wait for the next minute. */
export async function pulse(service: Service, jobs: readonly Job[]): Promise<void> {
  for (const job of jobs) if (job.schedule === 'pulse') await runJob(service, job);
}

async function runJob(service: Service, job: Job): Promise<void> {
  try {
    if ('tour' in job) {
      await job.tour(service);
      return;
    }
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const done = await runCommand(
        service,
        { kind: 'system' },
        { command: `job.${job.name}`, subjectIds: [], fields: [] },
        job.run,
      );
      if (done === 0) return;
    }
  } catch (error) {
    service.log.error(
      { job: job.name, error: error instanceof Error ? error.name : 'unknown' },
      'a timed job failed; its next slot tries again',
    );
  }
}

/** Runs what follows facts, from now on; each job by itself, so that one that takes long keeps no other waiting. */
export async function startFollowing(service: Service, jobs: readonly Job[]): Promise<Following> {
  const each = await Promise.all(
    jobs.flatMap((job) =>
      typeof job.schedule === 'object' && 'after' in job.schedule
        ? [followFacts(service, job.schedule.after, () => runJob(service, job))]
        : [],
    ),
  );
  return {
    caughtUp: async () => void (await Promise.all(each.map((one) => one.caughtUp()))),
    stop: async () => void (await Promise.all(each.map((one) => one.stop()))),
  };
}

export interface Jobs {
  stop(): Promise<void>;
}

/**
 * Catches up on what is due, then beats once a minute, between beats has a pulse, and follows facts. `zone` is asked at every beat: nodes that began before the root
 * station had its time zone must count the same slots as those that began after.
 */
export function startJobs(service: Service, jobs: readonly Job[], zone: () => Promise<string>): Jobs {
  let running: Promise<void> = Promise.resolve();
  const go = (): Promise<void> => {
    running = running
      .then(async () => beat(service, jobs, await zone()))
      .catch((error: unknown) => {
        service.log.warn(
          { error: error instanceof Error ? error.name : 'unknown' },
          'timed jobs could not be looked at; the next minute will',
        );
      });
    return running;
  };
  void go();
  const task = cron.schedule('* * * * *', go, { noOverlap: true });
  let stopped = false;
  const following = startFollowing(service, jobs);
  // a job that waits for others' servers keeps nobody else waiting
  const pulses = [jobs.filter((job) => !('tour' in job)), ...jobs.filter((job) => 'tour' in job).map((job) => [job])];
  const hearts = pulses.map((beating) => {
    const heart: { resting?: NodeJS.Timeout; pulsing: Promise<void> } = { pulsing: Promise.resolve() };
    const live = (): void => {
      heart.pulsing = pulse(service, beating).then(() => {
        if (!stopped) heart.resting = setTimeout(live, PULSE_MS);
      });
    };
    live();
    return heart;
  });
  return {
    async stop() {
      stopped = true;
      for (const { resting } of hearts) clearTimeout(resting);
      await task.stop();
      await (await following).stop();
      await Promise.all([running, ...hearts.map(({ pulsing }) => pulsing)]);
    },
  };
}
