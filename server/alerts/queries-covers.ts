import type { Knex } from 'knex';
import { rows } from '../db/rows.ts';
import { type CapArea, codePrefix, namesIn } from './cap-area.ts';

type Db = Knex | Knex.Transaction;

/** Outlines of neighbours are drawn apart by hand: what overlaps by a smaller share of either is a common border. */
const BORDER = 0.01;

/**
 * The highest stations of a subtree for which a warning holds: an area of theirs overlaps with what it outlines, or their code is one of its
 * codes or below one. One that has neither holds where its description says the very name of an area or station, or the place a Chinese
 * station's name begins with (西安市救助管理站). None when it names nothing that is known here.
 */
export async function coveredStations(
  db: Db,
  scope: string,
  area: CapArea,
  areaText: string | null,
): Promise<string[]> {
  const found = await rows<{ id: string }>(
    db,
    `with shapes as materialized (
       select st_makevalid(st_setsrid(st_geomfromgeojson(cast(g as text)), 4326)) as shape from jsonb_array_elements(cast(:polygons as jsonb)) g
     ), circles as materialized (
       select st_setsrid(st_makepoint(c.lon, c.lat), 4326)::geography as center, c.radius from jsonb_to_recordset(cast(:circles as jsonb)) as c (lon float8, lat float8, radius float8)
     ), hit as materialized (
       select s.id, s.path from stations s
       where s.path @> array[cast(:scope as uuid)] and (
         exists (select from unnest(cast(:prefixes as text[])) p where starts_with(s.area_code, p))
         or exists (
           select from unnest(cast(:names as text[])) n
           where lower(s.name) = lower(n) or (n ~ '[一-龥]{2}' and starts_with(s.name, n))
             or exists (select from areas a where a.station_id = s.id and lower(a.name) = lower(n))
         )
         or exists (
           select from areas a join shapes on st_intersects(a.outline, shapes.shape)
           where a.station_id = s.id and st_area(shapes.shape) > 0
             and st_area(st_intersection(a.outline, shapes.shape)) >= cast(:border as float8) * least(st_area(a.outline), st_area(shapes.shape))
         )
         or exists (select from areas a join circles on st_dwithin(a.outline::geography, circles.center, circles.radius) where a.station_id = s.id)
       )
     )
     select h.id from hit h where not exists (select from hit above where above.id <> h.id and h.path @> array[above.id]) order by h.id`,
    {
      scope,
      border: BORDER,
      prefixes: area.codes.map(codePrefix),
      names: namesIn(area, areaText),
      polygons: JSON.stringify(area.polygons.map((ring) => ({ type: 'Polygon', coordinates: [ring] }))),
      circles: JSON.stringify(area.circles.map(({ center: [lon, lat], radiusM }) => ({ lon, lat, radius: radiusM }))),
    },
  );
  return found.map(({ id }) => id);
}

/** Those of these stations that are in a subtree, without those below others of them. */
export async function highestOf(
  db: Db,
  scope: string,
  ids: readonly string[],
): Promise<{ id: string; top: boolean }[]> {
  return rows<{ id: string; top: boolean }>(
    db,
    `select s.id, not (s.path && array_remove(cast(:ids as uuid[]), s.id)) as top from stations s
     where s.id = any (cast(:ids as uuid[])) and s.path @> array[cast(:scope as uuid)] order by s.id`,
    { scope, ids },
  );
}
