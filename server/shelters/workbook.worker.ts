/** The thread that reads one workbook. */
import { parentPort } from 'node:worker_threads';
import { Problem } from '../../shared/problems.ts';
import type { Answer, Question } from './workbook-thread.ts';
import { sheetRecords } from './workbook.ts';

async function answerTo({ bytes, most }: Question): Promise<Answer> {
  try {
    return { records: await sheetRecords(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), most) };
  } catch (error) {
    // an error crosses threads without its class
    if (error instanceof Problem) return { refused: error.code, errors: error.errors };
    throw error;
  }
}

parentPort?.on('message', ({ id, question }: { id: number; question: Question }) => {
  // what goes wrong beside what is refused ends the thread, and with it whoever waits
  void answerTo(question).then((answer) => parentPort?.postMessage({ id, answer }));
});
