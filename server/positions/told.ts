/** What a tracker says, whatever its protocol, and how its words are read: what matters must be right, what does not is let be. */
import type { LonLat } from '../../shared/geo.ts';
import type { SpeedUnit } from '../../shared/patrols.ts';
import { fieldProblem, type Problem } from '../../shared/problems.ts';

/** One message of a device. */
export interface Told {
  /** what it calls itself, and where it does so (JSON pointer) */
  uniqueId: string;
  idPath: string;
  token: string | null;
  /** epoch ms; null: it does not say, so it is now */
  at: number | null;
  /** null: it is there and does not say where */
  position: LonLat | null;
  /** in `speedUnit`, or in the device's own where that is null */
  speed: number | null;
  speedUnit: SpeedUnit | null;
  headingDeg: number | null;
  accuracyM: number | null;
  /** percent */
  battery: number | null;
  /** it says itself that its place is not to be relied on */
  unsure: boolean;
}
/** Messages in one call; clients send one, or what they gathered in some hours. */
export const MOST_TOLD = 2000;

export const malformed = (path: string, code: string, message: string): Problem =>
  fieldProblem(path, code, message, 'malformed');

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A number, given as one or as text; null when nothing is said. Throws malformed. */
export function numberAt(value: unknown, path: string): number | null {
  if (value === undefined || value === null) return null;
  const text = typeof value === 'string' ? value.trim() : null;
  if (text === '') return null;
  const number = text === null ? value : NUMBER.test(text) ? Number(text) : NaN;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw malformed(path, 'type', 'not a number');
  return number;
}

/** A number that devices give as -1 (or anything below 0) when they do not know it. */
export function knownAt(value: unknown, path: string): number | null {
  const number = numberAt(value, path);
  return number === null || number < 0 ? null : number;
}

/** Degrees from north; a device that counts on past 360 means the same. */
export function headingAt(value: unknown, path: string): number | null {
  const number = knownAt(value, path);
  return number === null ? null : number % 360;
}

/** Percent; nobody's queue may jam for what is only shown, so that volts and nonsense count as unknown. */
export function batteryOf(value: unknown, factor = 1): number | null {
  const number = typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return null;
  const percent = Math.round(number * factor * 10) / 10;
  return percent >= 0 && percent <= 100 ? percent : null;
}

/** Both or neither. Throws malformed. */
export function placeOf(lat: unknown, lon: unknown, latPath: string, lonPath: string): LonLat | null {
  const [y, x] = [numberAt(lat, latPath), numberAt(lon, lonPath)];
  if (x === null && y === null) return null;
  if (y === null) throw malformed(latPath, 'required', 'required');
  if (x === null) throw malformed(lonPath, 'required', 'required');
  if (Math.abs(y) > 90) throw malformed(latPath, 'lat_range', 'beyond 90 degrees');
  if (Math.abs(x) > 180) throw malformed(lonPath, 'range', 'beyond 180 degrees');
  return [x, y];
}

/** Below it a number counts seconds, else milliseconds. */
const MOST_SECONDS = 2 ** 31 - 1;
/** PostgreSQL and ISO 8601 are at one until then. */
const LAST_MS = Date.UTC(9999, 11, 31);
const WRITTEN = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?) ?(Z|(?:[+ -])\d{2}(?::?\d{2})?)?$/i;

function writtenMs(text: string): number {
  const [, day = '', clock = '', zone = 'Z'] = WRITTEN.exec(text) ?? [];
  // 30 February is no day, though Date would count on
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return NaN;
  // a plus sign that nobody escaped has become a space
  const [, sign = '', hours = '', minutes = '00'] = /^([ +-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  const offset = hours === '' ? 'Z' : `${sign === '-' ? '-' : '+'}${hours}:${minutes}`;
  return Date.parse(`${day}T${clock.replace(',', '.').replace(/(\.\d{3})\d+$/, '$1')}${offset}`);
}

/** Epoch ms of seconds, milliseconds, ISO 8601 or `yyyy-MM-dd HH:mm:ss` (UTC); null when nothing is said. Throws malformed. */
export function timeAt(value: unknown, path: string): number | null {
  if (value === undefined || value === null || value === '') return null;
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  const number = NUMBER.test(text) ? Number(text) : NaN;
  const ms = Number.isNaN(number) ? writtenMs(text) : Math.abs(number) < MOST_SECONDS ? number * 1000 : number;
  if (!Number.isFinite(ms) || ms < 0 || ms > LAST_MS) throw malformed(path, 'format', 'not a time');
  return Math.round(ms);
}

/** What a device calls itself. Throws malformed when it does not. */
export function nameAt(value: unknown, path: string): string {
  const name = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  if (name === '') throw malformed(path, 'required', 'the id of the device');
  if (name.includes('\u0000')) throw malformed(path, 'nul_char', 'contains a NUL character');
  return name;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
