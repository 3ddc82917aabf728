/** Workbooks are read in a thread of their own: five megabytes of a hostile one take seconds, in which the desk must go on living. */
import { type FieldError, Problem, type ProblemCode } from '../../shared/problems.ts';
import type { CsvRecord } from '../http/csv-text.ts';
import { createThread } from '../thread.ts';

export interface Question {
  bytes: Uint8Array;
  /** rows that are taken; one more is too many */
  most: number;
}
export type Answer = { records: CsvRecord[] } | { refused: ProblemCode; errors: readonly FieldError[] };

const DEADLINE_MS = 30_000;

/** Starts with the first workbook; while it has nothing to read it keeps no process alive. */
const thread = createThread<Question, Answer>(import.meta.url, 'workbook', DEADLINE_MS);

/** What sheetRecords answers and throws, and unavailable for what takes too long. */
export async function recordsInThread(bytes: Buffer, most: number): Promise<CsvRecord[]> {
  const answer = await thread.ask({ bytes, most });
  if ('refused' in answer) throw new Problem(answer.refused, [...answer.errors]);
  return answer.records;
}
