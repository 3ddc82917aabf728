/** The thread that plays courses through plans, one after the other. */
import { parentPort } from 'node:worker_threads';
import { previewOf, rehearse } from '../../shared/rehearsal.ts';
import { courseOf } from './courses.ts';
import type { Answers, Asked } from './rehearsal.ts';

async function answer(asked: Asked): Promise<Answers> {
  if ('inputs' in asked) return { preview: previewOf(asked.inputs, asked.rules, asked.now) };
  const { course, readings } = asked;
  const told = typeof readings === 'string' ? await courseOf(readings, course.rules.zone) : readings;
  return { rehearsed: rehearse({ ...course, readings: told }) };
}

parentPort?.on('message', ({ id, question }: { id: number; question: Asked }) => {
  void answer(question).then((answered) => parentPort?.postMessage({ id, answer: answered }));
});
