/** Tables that spreadsheets open: what of a cell is safe, CSV, and workbooks. */
import type { WorkSheet } from '@e965/xlsx';
import { stringify } from 'csv-stringify/sync';

export const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** A spreadsheet takes a cell that begins like this (or with the full-width form) for a formula. */
const FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/** Text that a spreadsheet shows and does not run: what looks like a formula gets an apostrophe in front. */
export const formulaSafe = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** Lines as CSV: UTF-8 with a byte order mark, because spreadsheets guess without it. Cells are made formula-safe by the caller. */
export const csvOf = (lines: readonly (string | number)[][]): string =>
  stringify([...lines], { bom: true, record_delimiter: 'windows' });

/** A typed cell: text can be nothing but text, whatever it begins with, because only `f` would make it a formula. */
export type Cell = { t: 's'; v: string } | { t: 'n'; v: number; z?: string };
export const textCell = (v: string): Cell => ({ t: 's', v });
export const figureCell = (v: number): Cell => ({ t: 'n', v, z: '#,##0' });

const DAY_MS = 86_400_000;
/** Day 0 of a spreadsheet (ECMA-376 part 1, 18.17.4.1: the 1900 date base). */
const DAY_ZERO = Date.UTC(1899, 11, 30);
/** A time on the wall, given as if it were UTC in ms; spreadsheets know no zones. */
export const timeCell = (localMs: number, format: string): Cell => ({
  t: 'n',
  v: (localMs - DAY_ZERO) / DAY_MS,
  z: format,
});

/** A table of a workbook. */
export interface Sheet {
  name: string;
  /** the line above the table that says what it is of */
  note: string;
  heads: readonly string[];
  lines: Cell[][];
  /** in characters */
  widths: readonly number[];
}

/** Above the table stand its note and the names of the columns; both stay in view. */
const HEAD_ROWS = 2;
const PLAIN_VIEW = '<sheetView workbookViewId="0"/>';
const FROZEN_VIEW = `<sheetView workbookViewId="0"><pane ySplit="${String(HEAD_ROWS)}" topLeftCell="A${String(HEAD_ROWS + 1)}" activePane="bottomLeft" state="frozen"/></sheetView>`;

/** A zip file as the library's own reader gives it. */
interface Zip {
  FullPaths: string[];
  FileIndex: { content: Uint8Array }[];
}
interface ZipTool {
  read: (bytes: Buffer, options: { type: 'buffer' }) => Zip;
  write: (zip: Zip, options: { fileType: 'zip'; type: 'buffer'; compression: boolean }) => Buffer;
}

/** The library has no word for frozen rows, so they are written into its sheets. */
function freeze(bytes: Buffer, { read, write }: ZipTool): Buffer {
  const zip = read(bytes, { type: 'buffer' });
  for (const [at, path] of zip.FullPaths.entries()) {
    const part = zip.FileIndex[at];
    if (!part || !/worksheets\/sheet\d+\.xml$/.test(path)) continue;
    part.content = Buffer.from(Buffer.from(part.content).toString('utf8').replace(PLAIN_VIEW, FROZEN_VIEW));
  }
  return write(zip, { fileType: 'zip', type: 'buffer', compression: true });
}

/** The bytes of a workbook of these sheets. */
export async function workbook(title: string, made: Date, sheets: readonly Sheet[]): Promise<Buffer> {
  // a megabyte of code that most nodes never need
  const { CFB, utils, write } = await import('@e965/xlsx');
  const book = utils.book_new();
  for (const { name, note, heads, lines, widths } of sheets) {
    const sheet: WorkSheet = utils.aoa_to_sheet([[textCell(note)], heads.map(textCell), ...lines]);
    sheet['!cols'] = widths.map((wch) => ({ wch }));
    utils.book_append_sheet(book, sheet, name);
  }
  book.Props = { Title: title, CreatedDate: made };
  const bytes = write(book, { type: 'buffer', bookType: 'xlsx', bookSST: true }) as Buffer;
  return freeze(bytes, CFB as ZipTool);
}
