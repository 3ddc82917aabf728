/** A file of outlines between the technician's disk and the service: read, judged, mended by hand, made small. */
import type { FieldError } from '../../shared/problems.ts';
import { Problem } from '../../shared/problems.ts';
import { importAreas } from '../../shared/stations.ts';
import { outlineErrors, readFeatures } from '../../shared/outlines.ts';
import { round6 } from '../../shared/geo.ts';

/** One feature of the file as it would be sent. */
export interface Candidate {
  /** its place in the file, from 0 */
  n: number;
  properties: Readonly<Record<string, unknown>>;
  geometry: unknown;
  name: string;
  /** '' is the station that all go to unless said */
  stationId: string;
  /** left out when false */
  taken: boolean;
  errors: readonly FieldError[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The file as text; UTF-8, or GB 18030 as older programs in China write it. Throws a Problem `bad_encoding`. */
export function decode(bytes: ArrayBuffer): string {
  for (const encoding of ['utf-8', 'gb18030']) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // the next one
    }
  }
  throw new Problem('bad_encoding');
}

/** Features of a file's text; throws a Problem when it holds no FeatureCollection. */
export function readFile(text: string): Candidate[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Problem('bad_json');
  }
  const features = readFeatures(body);
  const candidates = features.map((feature, n): Candidate => {
    const properties = isRecord(feature) && isRecord(feature['properties']) ? feature['properties'] : {};
    const station = properties['stationId'];
    return {
      n,
      properties,
      geometry: isRecord(feature) ? feature['geometry'] : undefined,
      name: '',
      stationId: typeof station === 'string' ? station : '',
      taken: true,
      errors: [],
    };
  });
  return nameBy(candidates, likelyNameKey(candidates));
}

/** Properties that hold text in any feature, the ones to choose a name from. */
export function nameKeys(candidates: readonly Candidate[]): string[] {
  const keys = new Set<string>();
  for (const { properties } of candidates)
    for (const [key, value] of Object.entries(properties))
      if (typeof value === 'string' && value.trim() !== '' && key !== 'stationId') keys.add(key);
  return [...keys];
}
/** What makers of maps call a name, the likeliest first. */
const LIKELY = [/^name$/i, /^(full_?name|name_?zh|name_?cn|名称|地名)$/i, /name|名/i];
/** The property that most likely holds the names. */
export function likelyNameKey(candidates: readonly Candidate[]): string {
  const keys = nameKeys(candidates);
  for (const pattern of LIKELY) {
    const found = keys.find((key) => pattern.test(key));
    if (found !== undefined) return found;
  }
  return keys[0] ?? 'name';
}

/** The candidates with their names from this property, judged. */
export const nameBy = (candidates: readonly Candidate[], key: string): Candidate[] =>
  candidates.map((candidate) => {
    const name = candidate.properties[key];
    return judge({ ...candidate, name: typeof name === 'string' ? name.trim() : '' });
  });

/** A candidate with what is wrong with it; paths begin at the feature. */
export const judge = (candidate: Candidate): Candidate => ({
  ...candidate,
  errors: outlineErrors(featureOf(candidate), ''),
});

/** Six decimals are 0.1 m: more only makes the file larger. */
const rounded = (value: unknown): unknown =>
  typeof value === 'number' ? round6(value) : Array.isArray(value) ? value.map(rounded) : value;

function featureOf({ name, stationId, geometry }: Candidate, compact = false): unknown {
  const small =
    compact && isRecord(geometry)
      ? { type: geometry['type'], coordinates: rounded(geometry['coordinates']) }
      : geometry;
  return { type: 'Feature', properties: { name, ...(stationId === '' ? {} : { stationId }) }, geometry: small };
}

export interface Parcel {
  content: Blob;
  /** for each feature sent, its place in the file */
  order: readonly number[];
  /** bytes above what the service takes; 0 when it fits */
  over: number;
}
/** What is sent of the candidates that are taken: names, stations and outlines, nothing else of the file. */
export function parcelOf(candidates: readonly Candidate[]): Parcel {
  const taken = candidates.filter((candidate) => candidate.taken);
  const features = taken.map((candidate) => featureOf(candidate, true));
  const content = new Blob([JSON.stringify({ type: 'FeatureCollection', features })], { type: 'application/json' });
  return { content, order: taken.map(({ n }) => n), over: Math.max(0, content.size - importAreas.limit) };
}

/** The server's errors at the features they are about; the rest is of the whole file. */
export function placeErrors(
  candidates: readonly Candidate[],
  order: readonly number[],
  errors: readonly FieldError[],
): { candidates: Candidate[]; general: FieldError[] } {
  const general: FieldError[] = [];
  const at = new Map<number, FieldError[]>();
  for (const error of errors) {
    const found = /^\/features\/(\d+)(.*)$/.exec(error.path);
    const n = found ? order[Number(found[1])] : undefined;
    if (n === undefined) general.push(error);
    else at.set(n, [...(at.get(n) ?? []), { ...error, path: found?.[2] ?? '' }]);
  }
  return {
    candidates: candidates.map((candidate) => ({ ...candidate, errors: at.get(candidate.n) ?? candidate.errors })),
    general,
  };
}
