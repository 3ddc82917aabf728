/** Plans are solved in a thread of their own: a large one takes a second, in which the desk must go on living. */
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Problem } from '../../shared/problems.ts';
import type { Question, Solution } from './assign.ts';

export interface Solver {
  /** Throws unavailable when it takes too long; whatever else waits for the thread fails with it. */
  solve(question: Question): Promise<Solution>;
  /** Ends the thread, and fails what it was asked. */
  close(): Promise<void>;
}

const DEADLINE_MS = 10_000;
/** Time after which a plan that was refused is worth another try. */
const RETRY_S = 5;

const here = fileURLToPath(import.meta.url);
const fromSource = here.endsWith('.ts');
const file = path.join(path.dirname(here), `solver.worker.${fromSource ? 'ts' : 'js'}`);
/** A thread knows nothing of the loader that runs the source of its parent: from source it begins with one of its own. */
const FROM_SOURCE = `const { workerData } = require('node:worker_threads');
import('tsx/esm/api').then(({ register }) => { register(); return import(workerData); });`;

/** Without the environment: it needs none of the operator's secrets. */
const openThread = (): Worker =>
  fromSource
    ? new Worker(FROM_SOURCE, { eval: true, workerData: pathToFileURL(file).href, env: {}, execArgv: [] })
    : new Worker(file, { env: {}, execArgv: [] });

interface Waiting {
  resolve(solution: Solution): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** The thread starts with the first plan and is kept warm. */
export function createSolver({ deadlineMs = DEADLINE_MS }: { deadlineMs?: number } = {}): Solver {
  let thread: Worker | null = null;
  let closed = false;
  let last = 0;
  const waiting = new Map<number, Waiting>();

  const settle = (id: number): Waiting | undefined => {
    const one = waiting.get(id);
    waiting.delete(id);
    clearTimeout(one?.timer);
    // an idle thread does not keep the process alive
    if (waiting.size === 0) thread?.unref();
    return one;
  };
  const fail = (error: Error): Promise<unknown> => {
    const old = thread;
    thread = null;
    for (const id of [...waiting.keys()]) settle(id)?.reject(error);
    return old?.terminate() ?? Promise.resolve();
  };
  const tooLate = (): Problem => new Problem('unavailable', [], { retryAfterS: RETRY_S });

  function start(): Worker {
    const fresh = openThread();
    fresh.on('message', ({ id, solution }: { id: number; solution: Solution }) => settle(id)?.resolve(solution));
    const lost = (error: Error): void => {
      if (fresh === thread) void fail(error);
    };
    fresh.on('error', lost);
    fresh.on('exit', () => lost(tooLate()));
    return fresh;
  }

  return {
    solve: (question) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(tooLate());
          return;
        }
        thread ??= start();
        thread.ref();
        last += 1;
        const timer = setTimeout(() => void fail(tooLate()), deadlineMs);
        waiting.set(last, { resolve, reject, timer });
        thread.postMessage({ id: last, question }, question.seconds === null ? [] : [question.seconds.buffer]);
      }),
    async close() {
      closed = true;
      await fail(tooLate());
    },
  };
}
