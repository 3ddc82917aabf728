/** Judges the lines of a list of shelters: what each says, and everything that is wrong with it. Knows no database. */
import * as z from 'zod/mini';
import { convert, type Crs, type LonLat } from '../../shared/geo.ts';
import { type FieldError, fieldErrors } from '../../shared/problems.ts';
import { bedColumns, type ShelterColumn } from '../../shared/shelter-import.ts';
import {
  type BedKind,
  bedKinds,
  createShelter,
  shelterFeatures,
  shelterKinds,
  shelterStatuses,
} from '../../shared/shelters.ts';
import { localeNames } from '../../shared/stations.ts';
import { translator } from '../http/words.ts';
import type { ShelterLine } from './shelter-file.ts';

/** Text cells are judged by what a single shelter is judged by. */
const texts = z.partial(
  z.pick(createShelter.body, {
    name: true,
    address: true,
    phone: true,
    hours: true,
    operator: true,
    contact: true,
    about: true,
  }),
);
const TEXTS = Object.keys(texts.def.shape) as (keyof typeof texts.def.shape & ShelterColumn)[];
const MOST_PLACES = 100_000;

/** What a line says; a cell that is empty says nothing. */
export interface SaidShelter extends z.infer<typeof texts> {
  line: number;
  kind?: (typeof shelterKinds)[number];
  status?: (typeof shelterStatuses)[number];
  features?: (typeof shelterFeatures)[number][];
  confidential?: boolean;
  /** WGS 84 */
  position?: LonLat;
  beds: Partial<Record<BedKind, number>>;
  seats?: number;
  surge?: number;
}

const plain = (text: string): string => text.normalize('NFKC').trim().toLowerCase();
/** A code as the software calls it, or as either language does. */
const coded = <T extends string>(codes: readonly T[], word: string): ReadonlyMap<string, T> =>
  new Map(
    codes.flatMap((code) =>
      [code, ...localeNames.map((locale) => translator(locale)(`${word}${code}`))].map((name) => [plain(name), code]),
    ),
  );
const kinds = coded(shelterKinds, 'shelter.kind.');
const statuses = coded(shelterStatuses, 'shelter.status.');
const features = coded(shelterFeatures, 'feature.');
const answers: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'y', '1', '是', '保密'].map((word): [string, boolean] => [word, true]),
  ...['false', 'no', 'n', '0', '否', '不保密', '公开'].map((word): [string, boolean] => [word, false]),
]);
const systems: ReadonlyMap<string, Crs> = new Map([
  ...['wgs84', 'wgs 84', 'wgs-84', 'epsg:4326', 'gps', '北斗'].map((word): [string, Crs] => [word, 'wgs84']),
  ...['gcj02', 'gcj-02', '高德', '腾讯', '火星坐标'].map((word): [string, Crs] => [word, 'gcj02']),
  ...['bd09', 'bd-09', '百度'].map((word): [string, Crs] => [word, 'bd09']),
]);
const DEGREES = /^[-+]?\d{1,6}(?:\.\d{1,20})?$/;

type Say = (column: ShelterColumn, code: string, message: string) => undefined;
type Cells = (column: ShelterColumn) => string | undefined;

function oneOf<T>(cells: Cells, say: Say, column: ShelterColumn, known: ReadonlyMap<string, T>): T | undefined {
  const cell = cells(column);
  if (cell === undefined) return undefined;
  return known.get(plain(cell)) ?? say(column, 'enum', `unknown: ${cell.trim().slice(0, 40)}`);
}

function featuresIn(cells: Cells, say: Say): SaidShelter['features'] {
  const words = cells('features')
    ?.split(/[;；、,，\n]/)
    .filter((word) => word.trim() !== '');
  const unknown = words?.filter((word) => !features.has(plain(word))) ?? [];
  if (unknown.length > 0) return say('features', 'enum', `unknown: ${unknown.join(', ').slice(0, 100)}`);
  return words && [...new Set(words.flatMap((word) => features.get(plain(word)) ?? []))];
}

function countIn(cells: Cells, say: Say, column: ShelterColumn): number | undefined {
  const cell = cells(column)?.normalize('NFKC').trim();
  if (cell === undefined) return undefined;
  if (!/^\d{1,9}$/.test(cell)) return say(column, 'number', 'not a whole number');
  return Number(cell) <= MOST_PLACES ? Number(cell) : say(column, 'range', `at most ${String(MOST_PLACES)}`);
}

function positionIn(cells: Cells, say: Say): LonLat | undefined {
  const crs = oneOf(cells, say, 'crs', systems) ?? 'wgs84';
  const [lon, lat] = (['lon', 'lat'] as const).map((column) => {
    const cell = cells(column)?.normalize('NFKC').trim();
    if (cell === undefined) return undefined;
    return DEGREES.test(cell) ? Number(cell) : say(column, 'number', 'not a number in degrees');
  });
  if (cells('lon') === undefined && cells('lat') === undefined) return undefined;
  if (cells('lon') === undefined || cells('lat') === undefined)
    return say(cells('lon') === undefined ? 'lon' : 'lat', 'required', 'longitude and latitude go together');
  if (lon === undefined || lat === undefined) return undefined;
  if (Math.abs(lat) > 90) {
    const swapped = Math.abs(lat) <= 180 && Math.abs(lon) <= 90;
    return say('lat', 'lat_range', `latitude must be -90..90${swapped ? '; swapped?' : ''}`);
  }
  if (Math.abs(lon) > 180) return say('lon', 'lon_range', 'longitude must be -180..180');
  // what programs write for "not known"
  if (lon === 0 && lat === 0) return say('lon', 'range', '0, 0 is no place');
  return convert([lon, lat], crs, 'wgs84');
}

/** `said` is null when anything is wrong. */
export function judgeLine({ line, cells: own }: ShelterLine): { said: SaidShelter | null; errors: FieldError[] } {
  const root = `/rows/${String(line)}`;
  const errors: FieldError[] = [];
  const say: Say = (column, code, message) => {
    errors.push({ path: `${root}/${column}`, code, message });
    return undefined;
  };
  for (const [column, cell] of Object.entries(own))
    if (cell.includes('\u0000')) say(column as ShelterColumn, 'nul_char', 'a NUL is no letter');
  const cells: Cells = (column) => {
    const cell = own[column];
    return cell === undefined || cell.trim() === '' ? undefined : cell;
  };
  const input = Object.fromEntries(
    TEXTS.flatMap((column) => (cells(column) === undefined ? [] : [[column, cells(column)]])),
  );
  if (cells('name') === undefined) say('name', 'required', 'required');
  const judged = texts.safeParse(input);
  if (!judged.success) errors.push(...fieldErrors(judged.error.issues, input, root));
  const said = {
    line,
    ...(judged.success ? judged.data : {}),
    kind: oneOf(cells, say, 'kind', kinds),
    status: oneOf(cells, say, 'status', statuses),
    position: positionIn(cells, say),
    features: featuresIn(cells, say),
    confidential: oneOf(cells, say, 'confidential', answers),
    beds: Object.fromEntries(
      bedKinds.flatMap((kind) => {
        const count = countIn(cells, say, bedColumns[kind]);
        return count === undefined ? [] : [[kind, count]];
      }),
    ),
    seats: countIn(cells, say, 'seats'),
    surge: countIn(cells, say, 'surge'),
  };
  const kept = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return { said: errors.length > 0 ? null : (kept as unknown as SaidShelter), errors };
}
