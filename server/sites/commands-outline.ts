/** Judges the outline of a key area before it is kept. */
import { convert, type Crs } from '../../shared/geo.ts';
import { readOutlines } from '../../shared/outlines.ts';
import { type FieldError, fieldProblem, Problem } from '../../shared/problems.ts';
import type { SiteOutline } from '../../shared/sites.ts';
import type { Context } from '../context.ts';
import { codeOf } from '../db/errors.ts';
import { row } from '../db/rows.ts';

/** Square metres: a doorway at the least, a large city at the most. */
const SIZE_M2 = { min: 10, max: 1e10 } as const;
/** Degrees from end to end; more is no place, and PostGIS takes half the Earth for its other half. */
const MAX_SPAN_DEG = 2;

const refuse = (code: string, message: string): Problem => fieldProblem('/outline', code, message, 'invalid_geometry');

/** What outlines of areas are told under `/features/0/geometry/...` is told here where it stands in this body. */
const here = ({ path, ...rest }: FieldError): FieldError => ({
  ...rest,
  path: path.replace('/features/0/geometry', '/outline'),
});

/** The outline in WGS 84 as hexadecimal WKB; 422 invalid_geometry, lat_range or lon_range with the path of what is wrong. */
export async function judgedOutline(
  ctx: Pick<Context, 'db'>,
  { type, coordinates }: SiteOutline,
  crs: Crs = 'wgs84',
): Promise<string> {
  let rings;
  try {
    const feature = { type: 'Feature', properties: { name: 'outline' }, geometry: { type, coordinates } };
    [rings] = readOutlines({ type: 'FeatureCollection', features: [feature] })[0]?.polygons ?? [];
  } catch (error) {
    throw error instanceof Problem ? new Problem(error.code, error.errors.map(here)) : error;
  }
  if (!rings) throw refuse('invalid_geometry', 'no polygon in it');
  const moved = rings.map((ring) => ring.map((position) => convert(position, crs, 'wgs84')));
  for (const axis of [0, 1] as const) {
    const values = moved.flat().map((position) => position[axis]);
    if (Math.max(...values) - Math.min(...values) > MAX_SPAN_DEG) throw refuse('area', 'far too large for a place');
  }
  let judged: { wkb: string; valid: boolean; reason: string; sizeM2: number } | undefined;
  try {
    judged = await row(
      ctx.db,
      `select encode(st_asbinary(g), 'hex') as wkb, st_isvalid(g) as valid, st_isvalidreason(g) as reason, abs(st_area(g::geography)) as "sizeM2"
       from (select st_setsrid(st_geomfromgeojson(:geojson), 4326) as g) given`,
      { geojson: JSON.stringify({ type, coordinates: moved }) },
    );
  } catch (error) {
    if (codeOf(error) !== 'XX000') throw error;
  }
  if (!judged) throw refuse('invalid_geometry', 'the geometry cannot be made sense of');
  if (!judged.valid) throw refuse('invalid_geometry', judged.reason.replace(/\[.*\]/, '').trim());
  if (!(judged.sizeM2 >= SIZE_M2.min && judged.sizeM2 <= SIZE_M2.max))
    throw refuse('area', 'the area is empty or far too large');
  return judged.wkb;
}
