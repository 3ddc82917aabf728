/**
 * Work of many callers that is committed together: what comes while one group is written makes the next. Nobody waits for company: a
 * caller who comes alone is a group of one.
 */
import { asDatabaseError, DatabaseUnavailable } from './errors.ts';

/** One caller's work, to be answered one way or the other. */
export interface Waiting<W, R> {
  work: W;
  resolve: (answer: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Gives what takes one caller's work and answers when it is written. `write` answers each of its group; where it throws, nothing of the
 * group is written, and each is tried alone, so that one whom the database will not have takes no others along. Only where the database
 * cannot answer at all are all refused at once. `by` is whose groups they are: one is written after the other.
 */
export function inGroups<By extends object, W, R>(
  most: number,
  write: (by: By, group: readonly Waiting<W, R>[]) => Promise<void>,
): (by: By, work: W) => Promise<R> {
  const queues = new WeakMap<By, { waiting: Waiting<W, R>[]; writing: boolean }>();

  const safely = async (by: By, group: readonly Waiting<W, R>[]): Promise<void> => {
    try {
      await write(by, group);
    } catch (error) {
      if (group.length > 1 && !(asDatabaseError(error) instanceof DatabaseUnavailable))
        for (const one of group) await safely(by, [one]);
      else for (const { reject } of group) reject(error);
    }
  };

  return (by, work) => {
    const queue = queues.get(by) ?? { waiting: [], writing: false };
    queues.set(by, queue);
    const drain = async (): Promise<void> => {
      queue.writing = true;
      while (queue.waiting.length > 0) await safely(by, queue.waiting.splice(0, most));
      queue.writing = false;
    };
    return new Promise((resolve, reject) => {
      queue.waiting.push({ work, resolve, reject });
      if (!queue.writing) void drain();
    });
  };
}
