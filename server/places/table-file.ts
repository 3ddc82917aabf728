/** Reads a city's table as spreadsheets save it: bytes -> letters -> records, a piece at a time so that nobody else waits. Knows no database. */
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { parse } from 'csv-parse';
import { placeColumns, placeLimits, type PlaceColumn } from '../../shared/places.ts';
import { type FieldError, fieldProblem, Problem } from '../../shared/problems.ts';

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030';
/** What the first line says of the file. */
export interface Heading {
  encoding: Encoding;
  delimiter: string;
  /** for each cell of a record the column it belongs to; null for one of no concern */
  columns: (PlaceColumn | null)[];
}
/** One record; `line` as a person counts the lines of the file, from 1; of a cell that spans lines, its last. */
export interface TableRecord {
  line: number;
  cells: string[];
}

const MARKS: readonly (readonly [Encoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];
/** Bytes read at a time: a few milliseconds of work. */
const SLICE = 32_768;
/** Longest line in bytes: a table may have more columns than are read here. */
const LONGEST_LINE = 16_384;
/** Bytes in which a heading ends. */
const HEADING = 16_384;

const wrongEncoding = (): Problem => fieldProblem('/encoding', 'encoding', 'save the file as CSV in UTF-8');

/** A byte order mark decides; without one UTF-8 where it is that without a fault, else GB 18030, else 422 encoding. */
function encodingOf(bytes: Buffer): Encoding {
  const marked = MARKS.find(([, mark]) => mark.every((byte, n) => bytes[n] === byte))?.[0];
  const encoding = marked ?? (isUtf8(bytes) ? 'utf-8' : 'gb18030');
  // NUL is no letter of any table: it is UTF-16 without its mark, or no text at all
  const wide = encoding.startsWith('utf-16');
  if ((!wide && bytes.includes(0)) || (encoding === 'utf-8' && !isUtf8(bytes)) || (wide && bytes.length % 2 === 1))
    throw wrongEncoding();
  return encoding;
}

/** Letters a slice at a time; between slices everybody else has a turn. */
async function* lettersOf(bytes: Buffer, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  for (let from = 0; from < bytes.length; from += SLICE) {
    const last = from + SLICE >= bytes.length;
    let text: string;
    try {
      text = decoder.decode(bytes.subarray(from, from + SLICE), { stream: !last });
    } catch {
      throw wrongEncoding();
    }
    if (text.includes('\u0000')) throw wrongEncoding();
    if (text !== '') yield text;
    await turn();
  }
}

const firstLetters = (bytes: Buffer, encoding: Encoding): string => {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, HEADING), { stream: true });
  } catch {
    throw wrongEncoding();
  }
};

const isColumn = (name: string): name is PlaceColumn => Object.hasOwn(placeColumns, name);
/** Columns are known by their own name and by what tables call them, in either language. */
const columnNamed = (name: string): PlaceColumn | null =>
  Object.keys(placeColumns)
    .filter(isColumn)
    .find((column) => [column, ...placeColumns[column]].some((each) => each.toLowerCase() === name.toLowerCase())) ??
  null;
/** Names that no table has but one that wants to reach into the software. */
const HOSTILE = new Set(['__proto__', 'constructor', 'prototype']);

function columnsOf(names: readonly string[]): Heading['columns'] {
  const found: FieldError[] = [];
  const say = (code: string, message: string): void => {
    found.push({ path: '/header', code, message });
  };
  const columns = names.map(columnNamed);
  for (const name of new Set(names)) {
    if (HOSTILE.has(name)) say('unknown_field', `unknown column: ${name}`);
    if (name !== '' && names.filter((other) => other === name).length > 1)
      say('duplicate', `given more than once: ${name.slice(0, 40)}`);
  }
  for (const column of ['code', 'name', 'lon', 'lat', 'accuracyM'] as const) {
    const times = columns.filter((each) => each === column).length;
    if (times > 1 && found.length === 0) say('duplicate', `given more than once: ${column}`);
    if (times === 0 && (column === 'lon' || column === 'lat')) say('required', `missing column: ${column}`);
  }
  if (!columns.includes('code') && !columns.includes('name')) say('required', 'missing column: name or code');
  if (found.length > 0) throw new Problem('invalid', found);
  return columns;
}

/** The records below the heading, in order. Throws 422 encoding, 422 malformed at its line. */
async function eachRecord(
  bytes: Buffer,
  { encoding, delimiter }: Pick<Heading, 'encoding' | 'delimiter'>,
  take: (record: TableRecord, n: number) => void | Promise<void>,
): Promise<void> {
  const parser = parse({
    info: true,
    delimiter,
    bom: true,
    // counted and told for every line
    relax_column_count: true,
    // a length in inches
    relax_quotes: true,
    skip_empty_lines: true,
    // what spreadsheets leave behind under a table
    skip_records_with_empty_values: true,
    max_record_size: LONGEST_LINE,
    // the heading, and one more than is taken
    to: placeLimits.rows + 2,
  });
  try {
    await pipeline(Readable.from(lettersOf(bytes, encoding)), parser, async (records) => {
      let n = -1;
      for await (const { record, info } of records as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
        n += 1;
        if (n > 0) await take({ line: info.lines, cells: record }, n);
      }
    });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('CSV_')) throw error;
    const { lines } = error as { lines?: unknown };
    throw fieldProblem(
      `/rows/${String(typeof lines === 'number' ? lines : 1)}`,
      'malformed',
      'quotes do not match, or too long',
    );
  }
}

function timesOf(bytes: Buffer, byte: number, most: number): number {
  let times = 0;
  for (let at = bytes.indexOf(byte); at >= 0 && times <= most; at = bytes.indexOf(byte, at + 1)) times += 1;
  return times;
}

/** A first look: 422 for what is no such table, 413 for one with too many rows. */
export async function lookAt(bytes: Buffer): Promise<Heading> {
  const encoding = encodingOf(bytes);
  const start = firstLetters(bytes, encoding);
  const [line = ''] = start.trimStart().split(/\r\n|\r|\n/, 1);
  // Some spreadsheets put semicolons or tabs where others put commas; names of columns have none of them.
  const delimiter = /[,;\t]/.exec(line)?.[0] ?? ',';
  const names = line.split(delimiter).map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim(),
  );
  const heading = { encoding, delimiter, columns: columnsOf(names) };
  const most = placeLimits.rows + 1;
  // Line ends are counted in no time; only where there are too many are they told apart from those within cells.
  if (timesOf(bytes, 0x0a, most) > most || timesOf(bytes, 0x0d, most) > most) {
    let count = 0;
    await eachRecord(bytes, heading, () => {
      count += 1;
    });
    if (count > placeLimits.rows) throw new Problem('too_large');
  }
  return heading;
}

/** The records of a table that was looked at; throws 413 beyond the limit. */
export async function readRecords(
  bytes: Buffer,
  heading: Heading,
  take: (record: TableRecord, n: number) => void | Promise<void>,
): Promise<void> {
  await eachRecord(bytes, heading, (record, n) => {
    if (n > placeLimits.rows) throw new Problem('too_large');
    return take(record, n);
  });
}
