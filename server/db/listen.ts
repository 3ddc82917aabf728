import pg from 'pg';
import type { Database, DatabaseLog } from './database.ts';

/** The one channel; its messages carry nothing. */
export const CHANNEL = 'warmpath';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/** LISTEN on a connection of its own, made at the first listener and made again, with back-off, whenever it is lost. */
export function startListening(
  connection: pg.ClientConfig,
  log: DatabaseLog,
): Pick<Database, 'listen'> & { close(): Promise<void> } {
  const listeners = new Set<() => void>();
  let client: pg.Client | undefined;
  let first: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let waitMs = FIRST_WAIT_MS;
  let closed = false;

  const wake = () => {
    for (const onWake of listeners) onWake();
  };

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({ ...connection, application_name: 'warmpath listen' });
    client = fresh;
    const lost = (error?: Error) => {
      if (client !== fresh) return;
      client = undefined;
      void fresh.end().catch(() => undefined);
      if (closed) return;
      log.warn(
        `LISTEN connection lost, connecting again in ${String(waitMs)} ms${error === undefined ? '' : `: ${error.message}`}`,
      );
      timer = setTimeout(() => void connect(), waitMs * (0.5 + Math.random() / 2));
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    };
    fresh.on('error', lost);
    fresh.on('end', () => lost());
    fresh.on('notification', wake);
    try {
      await fresh.connect();
      if (closed) return await fresh.end();
      await fresh.query(`listen ${CHANNEL}`);
      waitMs = FIRST_WAIT_MS;
      // What was committed while nobody listened.
      wake();
    } catch (error) {
      lost(error instanceof Error ? error : new Error(String(error)));
    }
  };

  return {
    async listen(onWake) {
      const listener = () => onWake();
      listeners.add(listener);
      await (first ??= connect());
      return () => {
        listeners.delete(listener);
        return Promise.resolve();
      };
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      await last?.end().catch(() => undefined);
    },
  };
}
