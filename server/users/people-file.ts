/** Reads a file of people as spreadsheets save it: bytes -> letters -> lines with named cells. Knows no database; throws only Problems. */
import { parse } from 'csv-parse/sync';
import { type FieldError, fieldProblem, Problem } from '../../shared/problems.ts';
import { importColumns, MOST_IMPORTED } from '../../shared/users.ts';

type Column = (typeof importColumns)[number];
export type FileEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030';
/** One line of the file below the first; a column the file has not is not there, an empty cell is ''. */
export interface FileLine {
  /** as a person counts the lines of the file, from 1; of a cell that spans lines, its last */
  line: number;
  cells: Partial<Record<Column, string>>;
}

/** Columns a file may do without. */
const OPTIONAL: readonly Column[] = ['station', 'password', 'locale'];
/** Longest line, in bytes: six cells at their limits have room in it several times. */
const LONGEST_LINE = 16_384;
/** Findings one answer lists: more than these nobody mends in one go. */
export const MOST_FINDINGS = 100;

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
function textOf(bytes: Buffer): { text: string; encoding: FileEncoding } {
  const marked = MARKS.find(([, mark]) => mark.every((byte, n) => bytes[n] === byte))?.[0];
  for (const encoding of marked === undefined ? (['utf-8', 'gb18030'] as const) : [marked]) {
    const text = decoded(bytes, encoding);
    // NUL is no letter of any list of people: it is UTF-16 without its mark, or no text at all
    if (text !== null && !text.includes('\u0000')) return { text, encoding };
  }
  throw fieldProblem('/encoding', 'encoding', 'save the file as CSV in UTF-8');
}

/** Some spreadsheets put semicolons or tabs where others put commas; names of columns have none of them. */
const delimiterOf = (text: string): string => /[,;\t\r\n]/.exec(text)?.[0].replace(/[\r\n]/, ',') ?? ',';

interface Parsed {
  record: string[];
  info: { lines: number };
}
function recordsOf(text: string): Parsed[] {
  try {
    return parse(text, {
      info: true,
      delimiter: delimiterOf(text),
      // counted and told for every line, below
      relax_column_count: true,
      skip_empty_lines: true,
      // what spreadsheets leave behind under a table
      skip_records_with_empty_values: true,
      max_record_size: LONGEST_LINE,
      // the header, and one more than is taken
      to: MOST_IMPORTED + 2,
    }) as unknown as Parsed[];
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

const isColumn = (name: string): name is Column => (importColumns as readonly string[]).includes(name);

function columnsOf(header: readonly string[]): Column[] {
  const names = header.map((cell) => cell.trim());
  const found: FieldError[] = [];
  const say = (code: string, message: string): void => {
    found.push({ path: '/header', code, message });
  };
  const columns = names.filter(isColumn);
  for (const name of names) if (!isColumn(name)) say('unknown_field', `unknown column: ${name.slice(0, 40)}`);
  for (const name of importColumns) {
    const times = columns.filter((column) => column === name).length;
    if (times > 1) say('duplicate', `given more than once: ${name}`);
    if (times === 0 && !OPTIONAL.includes(name)) say('required', `missing column: ${name}`);
  }
  if (found.length > 0) throw new Problem('invalid', found.slice(0, MOST_FINDINGS));
  return columns;
}

/** The lines of a file and how it was written. 413 beyond MOST_IMPORTED lines; 422 for what is no such file. */
export function readPeopleFile(bytes: Buffer): { encoding: FileEncoding; lines: FileLine[] } {
  const { text, encoding } = textOf(bytes);
  const [first, ...rest] = recordsOf(text);
  const columns = columnsOf(first?.record ?? []);
  if (rest.length > MOST_IMPORTED) throw new Problem('too_large');
  if (rest.length === 0) throw fieldProblem('/rows', 'required', 'nobody in it');
  const uneven = rest.filter(({ record }) => record.length !== columns.length);
  if (uneven.length > 0)
    throw new Problem(
      'invalid',
      uneven.slice(0, MOST_FINDINGS).map(({ record, info }) => ({
        path: `/rows/${String(info.lines)}`,
        code: 'columns',
        message: `${String(record.length)} cells, not ${String(columns.length)}`,
      })),
    );
  return {
    encoding,
    lines: rest.map(({ record, info }) => ({
      line: info.lines,
      cells: Object.fromEntries(columns.map((column, n) => [column, record[n] ?? ''])),
    })),
  };
}
