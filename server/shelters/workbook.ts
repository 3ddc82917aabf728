/** The first sheet of a workbook (XLSX, ECMA-376) as records of text. What a file unpacks to is bounded before anything reads it. */
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { CellObject, WorkBook } from '@e965/xlsx';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { CsvRecord } from '../http/csv-text.ts';

const inflate = promisify(inflateRaw);

/** Bytes that all parts of a workbook may have unpacked: thousands of rows have room in it, and it is read in a moment. */
const MOST_UNPACKED = 5_000_000;
const MOST_PARTS = 1_000;
/** What is read of a workbook: nothing else of it is even unpacked. */
const PART = /^xl\/(_rels\/workbook\.xml\.rels|(workbook|sharedStrings|styles)\.xml|worksheets\/[^/]+\.xml)$/;
const MAIN = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
/** Names those parts and no other: the library looks for all that this one names, also for what was not unpacked. */
const contentTypes = (parts: ReadonlyMap<string, Buffer>): Buffer => {
  const named = [
    ['workbook', 'sheet.main'],
    ['sharedStrings', 'sharedStrings'],
    ['styles', 'styles'],
  ]
    .filter(([name]) => parts.has(`xl/${String(name)}.xml`))
    .map(([name, type]) => `<Override PartName="/xl/${String(name)}.xml" ContentType="${MAIN}.${String(type)}+xml"/>`);
  return Buffer.from(
    `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${named.join('')}</Types>`,
  );
};
/** Cells right of this one are as good as here: far beyond any table of ours. */
const LAST_COLUMN = 255;

const unreadable = (): Problem => fieldProblem('/file', 'malformed', 'not a workbook that can be read');

/** The parts of a zip file (APPNOTE 4.3) by their path, as far as they are of use. Throws malformed, too_large. */
async function partsOf(bytes: Buffer): Promise<Map<string, Buffer>> {
  const end = bytes.lastIndexOf(Buffer.from('504b0506', 'hex'));
  if (end < 0) throw unreadable();
  const parts = new Map<string, Buffer>();
  let left = MOST_UNPACKED;
  try {
    const count = bytes.readUInt16LE(end + 10);
    if (count > MOST_PARTS) throw new Problem('too_large');
    let at = bytes.readUInt32LE(end + 16);
    for (let n = 0; n < count; n += 1) {
      if (bytes.readUInt32LE(at) !== 0x02014b50) throw unreadable();
      const [method, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)];
      const [nameSize, extra, comment] = [28, 30, 32].map((part) => bytes.readUInt16LE(at + part)) as [
        number,
        number,
        number,
      ];
      const name = bytes.toString('utf8', at + 46, at + 46 + nameSize).replace(/^\//, '');
      const local = bytes.readUInt32LE(at + 42);
      at += 46 + nameSize + extra + comment;
      if (!PART.test(name)) continue;
      const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
      const packed = bytes.subarray(from, from + size);
      if (method !== 0 && method !== 8) throw unreadable();
      // what the file says of its own sizes is not asked
      const part = method === 0 ? packed : await inflate(packed, { maxOutputLength: Math.max(1, left) });
      left -= part.length;
      if (left < 0) throw new Problem('too_large');
      parts.set(name, part);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw tooLarge ? new Problem('too_large') : unreadable();
  }
  return parts;
}

/** Parts of the library that its types leave out. */
interface Reader {
  CFB: { utils: { cfb_new: () => object; cfb_add: (file: object, path: string, content: Buffer) => void } };
  SSF: { is_date: (format: string | number) => boolean; format: (format: string, value: number) => string };
  parse_zip: (file: object, options: object) => WorkBook;
}
type Sheet = { '!data'?: (CellObject | undefined)[][] } | undefined;

/** Numbers with all their digits, as a telephone is one; days and times as they are written down everywhere. */
function textOf(cell: CellObject, { is_date, format }: Reader['SSF']): string {
  if (cell.v === undefined) return '';
  if (cell.t === 'e') return cell.w ?? '#ERROR';
  if (cell.t !== 'n' || typeof cell.v !== 'number') return String(cell.v);
  if (cell.z === undefined || !is_date(cell.z)) return String(cell.v);
  const days = Math.floor(cell.v);
  return format(days === 0 ? 'hh:mm' : days === cell.v ? 'yyyy-mm-dd' : 'yyyy-mm-dd hh:mm', cell.v);
}

/** Rows of the first sheet that have anything in them; cells are counted to the last one with something in it. 413 for more than `most`. */
export async function sheetRecords(bytes: Buffer, most: number): Promise<CsvRecord[]> {
  const parts = await partsOf(bytes);
  // a megabyte of code that most nodes never need
  const { CFB, SSF, parse_zip } = (await import('@e965/xlsx')) as unknown as Reader;
  let sheet: Sheet;
  try {
    const file = CFB.utils.cfb_new();
    CFB.utils.cfb_add(file, '/[Content_Types].xml', contentTypes(parts));
    for (const [path, part] of parts) CFB.utils.cfb_add(file, `/${path}`, part);
    const book = parse_zip(file, { dense: true, cellNF: true, cellFormula: false, cellHTML: false, sheets: 0 });
    sheet = book.Sheets[book.SheetNames[0] ?? ''];
  } catch {
    throw unreadable();
  }
  if (!sheet) throw unreadable();
  const records: CsvRecord[] = [];
  // a table that says it has a million rows has holes, which forEach does not visit
  (sheet['!data'] ?? []).forEach((row, n) => {
    const cells: string[] = [];
    row.forEach((cell, column) => {
      const text = cell ? textOf(cell, SSF) : '';
      if (text.trim() === '') return;
      while (cells.length < Math.min(column, LAST_COLUMN)) cells.push('');
      cells.push(text);
    });
    if (cells.length === 0) return;
    records.push({ line: n + 1, cells });
    if (records.length > most) throw new Problem('too_large');
  });
  return records;
}
