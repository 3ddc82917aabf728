/** A table as spreadsheets save it: bytes -> letters -> records. Throws only Problems. */
import { parse } from 'csv-parse/sync';
import { fieldProblem } from '../../shared/problems.ts';

export type FileEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030';
/** One record; `line` as a person counts the lines of the file, from 1; of a cell that spans lines, its last. */
export interface CsvRecord {
  line: number;
  cells: string[];
}

/** Longest line, in bytes: a row of any of our tables has room in it several times. */
const LONGEST_LINE = 16_384;

const MARKS: readonly [FileEncoding, readonly number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

function decoded(bytes: Buffer, encoding: FileEncoding): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** A byte order mark decides; without one UTF-8 where it is that without a fault, else GB 18030, else 422 encoding. */
export function textOf(bytes: Buffer): { text: string; encoding: FileEncoding } {
  const marked = MARKS.find(([, mark]) => mark.every((byte, n) => bytes[n] === byte))?.[0];
  for (const encoding of marked === undefined ? (['utf-8', 'gb18030'] as const) : [marked]) {
    const text = decoded(bytes, encoding);
    // NUL is no letter of any table: it is UTF-16 without its mark, or no text at all
    if (text !== null && !text.includes('\u0000')) return { text, encoding };
  }
  throw fieldProblem('/encoding', 'encoding', 'save the file as CSV in UTF-8');
}

/** Some spreadsheets put semicolons or tabs where others put commas; names of columns have none of them. */
const delimiterOf = (text: string): string => /[,;\t\r\n]/.exec(text)?.[0].replace(/[\r\n]/, ',') ?? ',';

/** The first `most` records of a text, empty ones left out; how many cells each has is for the caller to judge. */
export function recordsOf(text: string, most: number): CsvRecord[] {
  try {
    const parsed = parse(text, {
      info: true,
      delimiter: delimiterOf(text),
      relax_column_count: true,
      skip_empty_lines: true,
      // what spreadsheets leave behind under a table
      skip_records_with_empty_values: true,
      max_record_size: LONGEST_LINE,
      to: most,
    }) as unknown as { record: string[]; info: { lines: number } }[];
    return parsed.map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    const { lines } = error as { lines?: unknown };
    const line = typeof lines === 'number' ? lines : 1;
    throw fieldProblem(
      line === 1 ? '/header' : `/rows/${String(line)}`,
      'malformed',
      'quotes do not match, or too long',
    );
  }
}
