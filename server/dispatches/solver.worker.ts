/** The thread that solves plans, one after the other. */
import { parentPort } from 'node:worker_threads';
import { assign, type Question } from './assign.ts';

parentPort?.on('message', ({ id, question }: { id: number; question: Question }) => {
  parentPort?.postMessage({ id, answer: assign(question) });
});
