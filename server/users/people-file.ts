/** Reads a file of people as spreadsheets save it: bytes -> letters -> lines with named cells. Knows no database; throws only Problems. */
import { type FieldError, fieldProblem, Problem } from '../../shared/problems.ts';
import { importColumns, MOST_IMPORTED } from '../../shared/users.ts';
import { type FileEncoding, recordsOf, textOf } from '../http/csv-text.ts';

type Column = (typeof importColumns)[number];
/** One line of the file below the first; a column the file has not is not there, an empty cell is ''. */
export interface FileLine {
  /** as a person counts the lines of the file, from 1; of a cell that spans lines, its last */
  line: number;
  cells: Partial<Record<Column, string>>;
}

/** Columns a file may do without. */
const OPTIONAL: readonly Column[] = ['station', 'password', 'locale'];
/** Findings one answer lists: more than these nobody mends in one go. */
export const MOST_FINDINGS = 100;

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
  // the header, and one more than is taken
  const [first, ...rest] = recordsOf(text, MOST_IMPORTED + 2);
  const columns = columnsOf(first?.cells ?? []);
  if (rest.length > MOST_IMPORTED) throw new Problem('too_large');
  if (rest.length === 0) throw fieldProblem('/rows', 'required', 'nobody in it');
  const uneven = rest.filter(({ cells }) => cells.length !== columns.length);
  if (uneven.length > 0)
    throw new Problem(
      'invalid',
      uneven.slice(0, MOST_FINDINGS).map(({ line, cells }) => ({
        path: `/rows/${String(line)}`,
        code: 'columns',
        message: `${String(cells.length)} cells, not ${String(columns.length)}`,
      })),
    );
  return {
    encoding,
    lines: rest.map(({ line, cells }) => ({
      line,
      cells: Object.fromEntries(columns.map((column, n) => [column, cells[n] ?? ''])),
    })),
  };
}
