/** Reads a list of shelters: a file of either kind -> lines with named cells. Knows no database; throws only Problems. */
import { type FieldError, fieldProblem, Problem } from '../../shared/problems.ts';
import {
  type ShelterColumn,
  shelterColumnNames,
  shelterColumns,
  shelterFileLimits,
} from '../../shared/shelter-import.ts';
import { type CsvRecord, type FileEncoding, recordsOf, textOf } from '../http/csv-text.ts';
import { recordsInThread } from './workbook-thread.ts';

/** One line of the file below the first; a column the file has not is not there. */
export interface ShelterLine {
  line: number;
  cells: Partial<Record<ShelterColumn, string>>;
}
export interface ShelterFile {
  encoding: FileEncoding | 'xlsx';
  columns: ShelterColumn[];
  lines: ShelterLine[];
  /** lines that have more or fewer cells than the first; they are not among `lines` */
  errors: FieldError[];
}

const plain = (name: string): string => name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
const columnOf: ReadonlyMap<string, ShelterColumn> = new Map(
  shelterColumnNames.flatMap((column) =>
    [column, ...shelterColumns[column].en, ...shelterColumns[column]['zh-CN']].map((name) => [plain(name), column]),
  ),
);

function columnsOf(header: readonly string[]): ShelterColumn[] {
  const found: FieldError[] = [];
  const say = (code: string, message: string): void => {
    found.push({ path: '/header', code, message });
  };
  const columns = header.flatMap((name) => {
    const column = columnOf.get(plain(name));
    if (!column) say('unknown_field', `unknown column: ${name.trim().slice(0, 40)}`);
    return column ?? [];
  });
  for (const column of new Set(columns))
    if (columns.filter((other) => other === column).length > 1) say('duplicate', `given more than once: ${column}`);
  const has = (column: ShelterColumn): boolean => columns.includes(column);
  if (!has('name')) say('required', 'missing column: name');
  if (has('lon') !== has('lat')) say('required', `missing column: ${has('lon') ? 'lat' : 'lon'}`);
  if (found.length > 0) throw new Problem('invalid', found.slice(0, 100));
  return columns;
}

async function read(
  bytes: Buffer,
  workbook: boolean,
): Promise<{ encoding: ShelterFile['encoding']; records: CsvRecord[] }> {
  // the first line, and one more than is taken
  const most = shelterFileLimits.rows + 2;
  if (workbook) return { encoding: 'xlsx', records: await recordsInThread(bytes, most) };
  const { text, encoding } = textOf(bytes);
  return { encoding, records: recordsOf(text, most) };
}

/** The lines of a CSV file or a workbook. 413 for too many of them; 422 for what is no such list. */
export async function readShelterFile(bytes: Buffer, workbook: boolean): Promise<ShelterFile> {
  const { encoding, records } = await read(bytes, workbook);
  const [first, ...rest] = records;
  const columns = columnsOf(first?.cells ?? []);
  if (rest.length > shelterFileLimits.rows) throw new Problem('too_large');
  if (rest.length === 0) throw fieldProblem('/rows', 'required', 'no shelter in it');
  // a sheet has no cells behind the last one with something in it
  const fits = ({ cells }: CsvRecord): boolean =>
    workbook ? cells.length <= columns.length : cells.length === columns.length;
  return {
    encoding,
    columns,
    lines: rest.filter(fits).map(({ line, cells }) => ({
      line,
      cells: Object.fromEntries(columns.map((column, n) => [column, cells[n] ?? ''])),
    })),
    errors: rest
      .filter((record) => !fits(record))
      .map(({ line, cells }) => ({
        path: `/rows/${String(line)}`,
        code: 'columns',
        message: `${String(cells.length)} cells, not ${String(columns.length)}`,
      })),
  };
}
