/** A thread for work that takes a second, in which the desk must go on living: it starts with the first question and is kept warm. */
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Problem } from '../shared/problems.ts';

export interface Thread<Question, Answer> {
  /** Throws unavailable when it takes too long; whatever else waits for the thread fails with it. `give`: buffers that are handed over, not copied. */
  ask(question: Question, give?: readonly ArrayBuffer[]): Promise<Answer>;
  /** Ends the thread, and fails what it was asked. */
  close(): Promise<void>;
}

/** Time after which what was refused is worth another try. */
const RETRY_S = 5;
/** A thread knows nothing of the loader that runs the source of its parent: from source it begins with one of its own. */
const FROM_SOURCE = `const { workerData } = require('node:worker_threads');
import('tsx/esm/api').then(({ register }) => { register(); return import(workerData); });`;

/** Without the environment: it needs none of the operator's secrets. */
function openThread(beside: string, name: string): Worker {
  const here = fileURLToPath(beside);
  const fromSource = here.endsWith('.ts');
  const file = path.join(path.dirname(here), `${name}.worker.${fromSource ? 'ts' : 'js'}`);
  return fromSource
    ? new Worker(FROM_SOURCE, { eval: true, workerData: pathToFileURL(file).href, env: {}, execArgv: [] })
    : new Worker(file, { env: {}, execArgv: [] });
}

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** The thread of `<name>.worker.ts` in the folder of the file `beside` (its import.meta.url), which answers `{id, question}` with `{id, answer}`. */
export function createThread<Question, Answer>(
  beside: string,
  name: string,
  deadlineMs: number,
): Thread<Question, Answer> {
  let thread: Worker | null = null;
  let closed = false;
  let last = 0;
  const waiting = new Map<number, Waiting<Answer>>();

  const settle = (id: number): Waiting<Answer> | undefined => {
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
    const fresh = openThread(beside, name);
    fresh.on('message', ({ id, answer }: { id: number; answer: Answer }) => settle(id)?.resolve(answer));
    const lost = (error: Error): void => {
      if (fresh === thread) void fail(error);
    };
    fresh.on('error', lost);
    fresh.on('exit', () => lost(tooLate()));
    return fresh;
  }

  return {
    ask: (question, give = []) =>
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
        thread.postMessage({ id: last, question }, give);
      }),
    async close() {
      closed = true;
      await fail(tooLate());
    },
  };
}
