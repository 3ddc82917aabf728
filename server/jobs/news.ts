/** What is to be done as soon as something has happened, on whichever node it happened. */
import { row } from '../db/rows.ts';
import type { EventType } from '../../shared/events.ts';
import type { Service } from '../realtime/command.ts';
import { lastSeq } from '../realtime/log.ts';

export interface Following {
  /** resolves when everything committed before was followed */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Follows the log of facts: each commit of any node wakes it, it looks which types came since it looked last, and runs what goes after
 * these, once for all that came. What happened before it began is followed too, since nobody knows what was done about it. It may run
 * for nothing, or on several nodes at once; a fact it fails to hear of is left to the next wake, and to the job that comes by the clock.
 */
export async function followFacts(
  service: Service,
  after: readonly EventType[],
  run: () => Promise<void>,
): Promise<Following> {
  const { database, log } = service;
  let seq: number | null = null;
  let again = false;
  let stopped = false;
  let running: Promise<void> | null = null;

  const look = async (): Promise<void> => {
    const last = await lastSeq(database.knex);
    const came =
      seq === null ||
      last < seq ||
      (await row(
        database.knex,
        `select seq from events where seq > :seq and seq <= :last and type = any (cast(:after as text[])) limit 1`,
        { seq, last, after },
      )) !== undefined;
    seq = last;
    if (came && !stopped) await run();
  };
  const drain = async (): Promise<void> => {
    try {
      while (again && !stopped) {
        again = false;
        await look();
      }
    } finally {
      // in the same turn in which nothing more was found: whoever wakes it next begins anew
      running = null;
    }
  };
  const caughtUp = (): Promise<void> => {
    again = true;
    running ??= drain();
    return running;
  };
  const wake = (): void => {
    caughtUp().catch((error: unknown) => {
      log.warn(
        { error: error instanceof Error ? error.name : 'unknown' },
        'what has happened could not be looked at; the next fact, or the next minute, will',
      );
    });
  };
  const unlisten = await database.listen(wake);
  wake();
  return {
    caughtUp,
    async stop() {
      stopped = true;
      await unlisten();
      await running?.catch(() => undefined);
    },
  };
}
