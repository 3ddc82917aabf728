/** Reads the table of a weather station: bytes -> readings, or everything that is wrong with it by line. Knows no database; throws only Problems. */
import * as z from 'zod/mini';
import { type FieldError, fieldProblem, fieldErrors, Problem } from '../../shared/problems.ts';
import { localeNames } from '../../shared/stations.ts';
import { instantOf } from '../../shared/wall-clock.ts';
import { postReading, precipitations } from '../../shared/weather.ts';
import { type CsvRecord, recordsOf, textOf } from '../http/csv-text.ts';
import { translator } from '../http/words.ts';
import type { NewReading } from './commands-bulk.ts';

/** Lines below the first. */
const MOST_LINES = 10_000;
/** Errors of one answer: nobody reads more. */
const MOST_ERRORS = 1_000;

/** What tables call the columns, beside the names themselves. */
const names = {
  at: ['time', 'datetime', '时间', '观测时间'],
  temperatureC: ['temperature', 'temp', '气温', '温度'],
  windKmh: ['wind', 'wind_speed', '风速'],
  humidity: ['relative_humidity', '湿度', '相对湿度'],
  precipitation: ['precipitation_kind', '降水', '天气'],
  precipitationMm: ['precipitation_mm', '降水量'],
} as const satisfies Record<string, readonly string[]>;
type Column = keyof typeof names;

const plain = (text: string): string => text.normalize('NFKC').trim().toLowerCase();
const columnOf: ReadonlyMap<string, Column> = new Map(
  (Object.keys(names) as Column[]).flatMap((column) =>
    [column, ...names[column]].map((name): [string, Column] => [plain(name), column]),
  ),
);
const kindOf: ReadonlyMap<string, string> = new Map(
  precipitations.flatMap((kind) =>
    [kind, ...localeNames.map((locale) => translator(locale)(`precipitation.${kind}`))].map(
      (name): [string, string] => [plain(name), kind],
    ),
  ),
);
/** A cell is judged by what a single reading is judged by. */
const judged = z.pick(postReading.body, {
  at: true,
  temperatureC: true,
  windKmh: true,
  humidity: true,
  precipitation: true,
  precipitationMm: true,
});
const NUMBER = /^[-+]?\d{1,6}(?:\.\d{1,12})?$/;
/** Latest and earliest time that a line may have, in epoch ms. */
export interface Span {
  from: number;
  until: number;
}

function columnsOf(header: readonly string[]): Column[] {
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
  for (const column of ['at', 'temperatureC'] as const)
    if (!columns.includes(column)) say('required', `missing column: ${column}`);
  if (found.length > 0) throw new Problem('invalid', found.slice(0, MOST_ERRORS));
  return columns;
}

/** `2026-01-15 08:00` and its kin; without an offset it is the station's wall clock. */
const TIME = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?$/i;
function timeOf(text: string, zone: string): string {
  const [, year, month, day, hour, minute, second = '0', fraction = '', offset] = TIME.exec(text) ?? [];
  if (year === undefined) return text;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const wall = Date.UTC(y, mo - 1, d, h, mi, s, Number(fraction.padEnd(3, '0').slice(0, 3)));
  const said = new Date(wall);
  // the 31st of February is no day
  if (said.getUTCMonth() !== mo - 1 || said.getUTCDate() !== d || said.getUTCHours() !== h || mi > 59 || s > 59)
    return text;
  if (offset === undefined) return new Date(instantOf(zone, wall)).toISOString();
  const [hours = 0, minutes = 0] = offset.toUpperCase() === 'Z' ? [] : offset.slice(1).split(':').map(Number);
  return new Date(wall - (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000).toISOString();
}

/** What a cell says; what is no number stays text, for the schema to refuse. */
function valueOf(column: Column, cell: string, zone: string): unknown {
  const text = cell.normalize('NFKC').trim();
  if (column === 'at') return timeOf(text, zone);
  if (column === 'precipitation') return kindOf.get(plain(text)) ?? text;
  return NUMBER.test(text) ? Number(text) : text;
}

function readLine(
  { line, cells }: CsvRecord,
  columns: readonly Column[],
  { from, until }: Span,
  zone: string,
): { reading: NewReading | null; errors: FieldError[] } {
  const root = `/rows/${String(line)}`;
  if (cells.length !== columns.length) {
    const message = `${String(cells.length)} cells, not ${String(columns.length)}`;
    return { reading: null, errors: [{ path: root, code: 'columns', message }] };
  }
  const said = Object.fromEntries(
    columns.flatMap((column, n) => {
      const cell = cells[n] ?? '';
      return cell.trim() === '' ? [] : [[column, valueOf(column, cell, zone)]];
    }),
  );
  const { success, data, error } = judged.safeParse(said);
  if (!success) return { reading: null, errors: fieldErrors(error.issues, said, root) };
  const at = Date.parse(data.at);
  if (at < from || at > until) {
    const message = `from ${new Date(from).toISOString()} to ${new Date(until).toISOString()}`;
    return { reading: null, errors: [{ path: `${root}/at`, code: 'range', message }] };
  }
  return {
    errors: [],
    reading: {
      kind: 'observed',
      at: data.at,
      temperatureC: data.temperatureC,
      windKmh: data.windKmh ?? null,
      humidity: data.humidity ?? null,
      precipitation: data.precipitation ?? 'none',
      precipitationMm: data.precipitationMm ?? null,
    },
  };
}

/** The readings of a CSV file. 413 for more than 10,000 lines; 422 with every line that is wrong, by its number in the file. */
export function readingsIn(bytes: Buffer, span: Span, zone: string): NewReading[] {
  // the first line, and one more than is taken
  const [first, ...rest] = recordsOf(textOf(bytes).text, MOST_LINES + 2);
  const columns = columnsOf(first?.cells ?? []);
  if (rest.length > MOST_LINES) throw new Problem('too_large');
  if (rest.length === 0) throw fieldProblem('/rows', 'required', 'no reading in it');
  const lines = rest.map((record) => readLine(record, columns, span, zone));
  const errors = lines.flatMap((line) => line.errors);
  if (errors.length > 0) throw new Problem('invalid', errors.slice(0, MOST_ERRORS));
  return lines.flatMap(({ reading }) => reading ?? []);
}
