/** Judges a table's records: what becomes a place, and what is wrong in which line. */
import { convert, type Crs, type LonLat } from '../../shared/geo.ts';
import { placeAccuracyM, type PlaceColumn, type PlaceImportRow, type PlaceKind } from '../../shared/places.ts';
import type { Heading, TableRecord } from './table-file.ts';

export type LineError = PlaceImportRow['errors'][number];
/** A place of the table, WGS 84. */
export interface TablePlace {
  line: number;
  code: string | null;
  name: string;
  position: LonLat;
  accuracyM: number;
}

/** Errors that are told in full; more nobody mends in one go. */
const MOST_ERRORS = 200;
/** Half of a pair that stands for one character; PostgreSQL refuses it. */
const HALF = /\p{Surrogate}/gu;
const NUMBER = /^[-+]?\d{1,6}(?:\.\d{1,20})?$/;

/** Collects places and errors; one for each file. */
export class TableJudge {
  readonly places: TablePlace[] = [];
  readonly errors: LineError[] = [];
  errorCount = 0;
  private readonly at: Partial<Record<PlaceColumn, number>> = {};
  private readonly width: number;
  private readonly codes = new Map<string, number>();
  private readonly crs: Crs;
  private readonly kind: PlaceKind;

  constructor(heading: Heading, kind: PlaceKind, crs: Crs) {
    heading.columns.forEach((column, n) => {
      if (column !== null) this.at[column] = n;
    });
    this.width = heading.columns.length;
    this.kind = kind;
    this.crs = crs;
  }

  private say(line: number, column: string, code: string, message: string): null {
    this.errorCount += 1;
    if (this.errors.length < MOST_ERRORS) this.errors.push({ line, column, code, message });
    return null;
  }

  private text({ line, cells }: TableRecord, column: 'code' | 'name', most: number): string | null {
    const cell = (cells[this.at[column] ?? -1] ?? '').replaceAll(HALF, '\uFFFD').trim();
    if (cell.length > most) return this.say(line, column, 'range', `at most ${String(most)} characters`);
    return cell === '' ? null : cell;
  }

  private number({ line, cells }: TableRecord, column: 'lon' | 'lat' | 'accuracyM'): number | null {
    const cell = (cells[this.at[column] ?? -1] ?? '').normalize('NFKC').trim();
    if (cell === '')
      return column === 'accuracyM' ? placeAccuracyM[this.kind] : this.say(line, column, 'required', 'required');
    if (!NUMBER.test(cell)) return this.say(line, column, 'number', 'not a number in degrees or metres');
    return Number(cell);
  }

  private position(record: TableRecord): LonLat | null {
    const [lon, lat] = [this.number(record, 'lon'), this.number(record, 'lat')];
    if (lon === null || lat === null) return null;
    const { line } = record;
    if (Math.abs(lat) > 90) {
      const swapped = Math.abs(lat) <= 180 && Math.abs(lon) <= 90;
      return this.say(line, 'lat', 'lat_range', `latitude must be -90..90${swapped ? '; swapped?' : ''}`);
    }
    if (Math.abs(lon) > 180) return this.say(line, 'lon', 'lon_range', 'longitude must be -180..180');
    // what programs write for "not known"
    if (lon === 0 && lat === 0) return this.say(line, 'lon', 'range', '0, 0 is no place');
    return convert([lon, lat], this.crs, 'wgs84');
  }

  /** Takes one record; every fault of it is told. */
  take(record: TableRecord): void {
    const { line, cells } = record;
    if (cells.length !== this.width) {
      this.say(line, '', 'columns', `${String(cells.length)} cells, not ${String(this.width)}`);
      return;
    }
    const before = this.errorCount;
    const code = this.text(record, 'code', 100);
    const name = this.text(record, 'name', 200) ?? code;
    const position = this.position(record);
    const accuracyM = this.number(record, 'accuracyM');
    if (accuracyM !== null && (accuracyM < 0 || accuracyM > 100_000))
      this.say(line, 'accuracyM', 'range', '0 to 100,000 metres');
    if (code !== null) {
      const first = this.codes.get(code);
      if (first === undefined) this.codes.set(code, line);
      else this.say(line, 'code', 'duplicate', `as in line ${String(first)}`);
    }
    if (name === null && this.errorCount === before) this.say(line, 'name', 'required', 'a name or a code');
    if (this.errorCount > before || name === null || position === null || accuracyM === null) return;
    // with errors nothing will be stored
    if (this.errorCount === 0) this.places.push({ line, code, name, position, accuracyM });
  }
}
