/** A course of weather of one's own, read from a CSV file in the browser. Pure. */
import { type Precipitation, precipitations } from '../../shared/weather.ts';

export interface OwnReading {
  at: string;
  temperatureC: number;
  windKmh: number | null;
  precipitation: Precipitation;
  precipitationMm: number | null;
}
/** What a column may be called, in the first line of the file. */
const names: Readonly<Record<keyof OwnReading, readonly string[]>> = {
  at: ['at', 'time', 'date', 'datetime', 'timestamp', '时间'],
  temperatureC: ['temperaturec', 'temperature', 'temp', 'temperature_2m', '气温'],
  windKmh: ['windkmh', 'wind', 'wind_speed_10m', '风速'],
  precipitation: ['precipitation', '降水'],
  precipitationMm: ['precipitationmm', 'mm', '降水量'],
};
/** Why a file could not be read: its words are under `plans.csv.<code>`. */
export class CsvProblem extends Error {
  readonly code: 'empty' | 'columns' | 'line' | 'too_long';
  readonly line: number;
  constructor(code: CsvProblem['code'], line = 0) {
    super(code);
    this.code = code;
    this.line = line;
  }
}
/** Two years of hours; more is rehearsed in parts. */
const MOST_LINES = 20_000;

const unquoted = (cell: string): string =>
  cell
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .replaceAll('""', '"')
    .trim();
/** The sign between cells: the one that the first line has most of. */
const separatorOf = (line: string): string =>
  [',', ';', '\t'].reduce((best, each) => (line.split(each).length > line.split(best).length ? each : best), ',');
const ZONED = /(Z|[+-]\d\d:?\d\d)$/i;

/** Rows of a file, oldest first; times without a zone are UTC. Throws CsvProblem with the line that could not be read. */
export function readOwnWeather(text: string): OwnReading[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const head = lines[0] ?? '';
  if (head.trim() === '') throw new CsvProblem('empty');
  if (lines.length > MOST_LINES) throw new CsvProblem('too_long');
  const separator = separatorOf(head);
  const columns = head.split(separator).map((cell) => unquoted(cell).toLowerCase());
  const column = (key: keyof OwnReading): number => columns.findIndex((name) => names[key].includes(name));
  const [at, air, wind, sort, mm] = [
    column('at'),
    column('temperatureC'),
    column('windKmh'),
    column('precipitation'),
    column('precipitationMm'),
  ];
  if (at < 0 || air < 0) throw new CsvProblem('columns');
  const rows = lines.slice(1).flatMap((line, n): OwnReading[] => {
    if (line.trim() === '') return [];
    const cells = line.split(separator).map(unquoted);
    const fail = (): never => {
      throw new CsvProblem('line', n + 2);
    };
    const numberIn = (index: number, least: number, most: number): number | null => {
      const cell = index < 0 ? '' : (cells[index] ?? '');
      if (cell === '') return null;
      const value = Number(cell);
      return value >= least && value <= most ? value : fail();
    };
    const said = (cells[at] ?? '').replace(' ', 'T');
    const time = Date.parse(ZONED.test(said) ? said : `${said}Z`);
    const temperatureC = numberIn(air, -90, 60);
    const kind = sort < 0 ? '' : (cells[sort] ?? '').toLowerCase();
    if (Number.isNaN(time) || temperatureC === null) return fail();
    const known = precipitations.find((each) => each === kind);
    if (kind !== '' && known === undefined) return fail();
    return [
      {
        at: new Date(time).toISOString(),
        temperatureC,
        windKmh: numberIn(wind, 0, 400),
        precipitation: known ?? 'none',
        precipitationMm: numberIn(mm, 0, 500),
      },
    ];
  });
  if (rows.length === 0) throw new CsvProblem('empty');
  return rows.sort((a, b) => (a.at < b.at ? -1 : 1));
}
