/** Plans are solved in a thread of their own: a large one takes a second, in which the desk must go on living. */
import { createThread } from '../thread.ts';
import type { Question, Solution } from './assign.ts';

export interface Solver {
  /** Throws unavailable when it takes too long; whatever else waits for the thread fails with it. */
  solve(question: Question): Promise<Solution>;
  /** Ends the thread, and fails what it was asked. */
  close(): Promise<void>;
}

const DEADLINE_MS = 10_000;

/** The thread starts with the first plan and is kept warm. */
export function createSolver({ deadlineMs = DEADLINE_MS }: { deadlineMs?: number } = {}): Solver {
  const thread = createThread<Question, Solution>(import.meta.url, 'solver', deadlineMs);
  return {
    solve: (question) => thread.ask(question, question.seconds === null ? [] : [question.seconds.buffer]),
    close: () => thread.close(),
  };
}
