/** Judging outlines of areas: in the browser before a large file travels, and on the server before they reach the database, which would take some bad ones in silence. */
import { idSchema } from './ids.ts';
import { type FieldError, fieldProblem, Problem } from './problems.ts';

export const MAX_VERTICES = 5_000;
type Ring = [number, number][];
export interface Outline {
  name: string;
  stationId: string | null;
  polygons: Ring[][];
  pointsDropped: number;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const invalid = (path: string, reason: string): Problem =>
  fieldProblem(path, 'invalid_geometry', reason, 'invalid_geometry');

function vertex(value: unknown, path: string): [number, number] {
  if (!Array.isArray(value) || value.length < 2 || value.length > 3) throw invalid(path, 'a position is [lon, lat]');
  const [lon, lat] = value as unknown[];
  if (typeof lon !== 'number' || typeof lat !== 'number' || !Number.isFinite(lon) || !Number.isFinite(lat))
    throw invalid(path, 'a position holds two finite numbers');
  if (Math.abs(lat) > 90)
    throw fieldProblem(
      path,
      'lat_range',
      Math.abs(lon) <= 90 ? 'latitude must be -90..90; swapped? the order is [lon, lat]' : 'latitude must be -90..90',
    );
  if (Math.abs(lon) > 180) throw fieldProblem(path, 'lon_range', 'longitude must be -180..180');
  return [lon, lat];
}

function ring(value: unknown, path: string): { ring: Ring; dropped: number } {
  if (!Array.isArray(value)) throw invalid(path, 'a ring is a list of positions');
  const kept: Ring = [];
  let dropped = 0;
  value.forEach((raw, n) => {
    const next = vertex(raw, `${path}/${String(n)}`);
    const last = kept.at(-1);
    if (last?.[0] === next[0] && last[1] === next[1]) dropped += 1;
    else kept.push(next);
  });
  const [first, last] = [kept[0], kept.at(-1)];
  if (!first || !last || kept.length < 4)
    throw invalid(path, 'a ring needs at least 4 different positions, the last equal to the first');
  if (first[0] !== last[0] || first[1] !== last[1]) throw invalid(path, 'the ring is not closed');
  return { ring: kept, dropped };
}

/** Vertices, counted before any of them is looked at. */
function countVertices(coordinates: unknown, depth: number): number {
  if (!Array.isArray(coordinates)) return 0;
  if (depth === 0) return coordinates.length;
  return coordinates.reduce<number>((sum, part) => sum + countVertices(part, depth - 1), 0);
}

/** The outline of one feature; throws the Problem that says where under `path` it is wrong. */
function readOutline(feature: unknown, path: string): Outline {
  if (!isObject(feature) || feature['type'] !== 'Feature')
    throw fieldProblem(`${path}/type`, 'enum', 'must be a Feature');
  const { properties, geometry } = feature;
  const name = isObject(properties) && typeof properties['name'] === 'string' ? properties['name'].trim() : '';
  if (name === '' || name.length > 200)
    throw fieldProblem(`${path}/properties/name`, 'required', 'a name of 1-200 characters');
  const station = isObject(properties) ? properties['stationId'] : undefined;
  const stationId = station === undefined || station === null ? null : idSchema.safeParse(station);
  if (stationId !== null && !stationId.success)
    throw fieldProblem(`${path}/properties/stationId`, 'format', 'not a UUID');
  if (!isObject(geometry)) throw fieldProblem(`${path}/geometry`, 'required', 'a Polygon or MultiPolygon');
  const at = `${path}/geometry/coordinates`;
  const { type, coordinates } = geometry;
  if (type !== 'Polygon' && type !== 'MultiPolygon')
    throw fieldProblem(`${path}/geometry/type`, 'enum', 'must be Polygon or MultiPolygon');
  if (countVertices(coordinates, type === 'Polygon' ? 1 : 2) > MAX_VERTICES)
    throw fieldProblem(at, 'too_many_vertices', `at most ${String(MAX_VERTICES)} positions`, 'too_many_vertices');
  const list: unknown = type === 'Polygon' ? [coordinates] : coordinates;
  if (!Array.isArray(list) || list.length === 0) throw invalid(at, 'no polygon in it');
  let pointsDropped = 0;
  const polygons = list.map((polygon: unknown, n) => {
    const here = type === 'Polygon' ? at : `${at}/${String(n)}`;
    if (!Array.isArray(polygon) || polygon.length === 0) throw invalid(here, 'a polygon is a list of rings');
    return polygon.map((raw: unknown, k) => {
      const { ring: kept, dropped } = ring(raw, `${here}/${String(k)}`);
      pointsDropped += dropped;
      return kept;
    });
  });
  return { name, stationId: stationId === null ? null : stationId.data, polygons, pointsDropped };
}

const WGS84_NAMES = /^(urn:ogc:def:crs:(OGC:(1\.3)?:?CRS84|EPSG::4326)|EPSG:4326)$/i;

/** The features of a FeatureCollection in WGS 84, not yet judged one by one; throws a Problem when it is none. */
export function readFeatures(body: unknown): unknown[] {
  if (!isObject(body) || body['type'] !== 'FeatureCollection')
    throw fieldProblem('/type', 'enum', 'must be a FeatureCollection');
  const { crs, features } = body;
  if (crs !== undefined) {
    const name = isObject(crs) && isObject(crs['properties']) ? crs['properties']['name'] : undefined;
    if (typeof name !== 'string' || !WGS84_NAMES.test(name))
      throw fieldProblem('/crs', 'crs', 'GeoJSON is WGS 84; convert it first');
  }
  if (!Array.isArray(features) || features.length === 0 || features.length > 2_000)
    throw fieldProblem('/features', 'range', '1-2,000 features');
  return features;
}

/** The outlines of a FeatureCollection, or the Problem that says which position of which feature is wrong. */
export const readOutlines = (body: unknown): Outline[] =>
  readFeatures(body).map((feature, n) => readOutline(feature, `/features/${String(n)}`));

/** What is wrong with one feature, for whoever can still mend it; nothing when it would be taken. */
export function outlineErrors(feature: unknown, path: string): readonly FieldError[] {
  try {
    readOutline(feature, path);
    return [];
  } catch (error) {
    if (error instanceof Problem) return error.errors;
    throw error;
  }
}
