import { randomUUID } from 'node:crypto';
import type { LonLat } from '../../shared/geo.ts';
import { type Outline, readOutlines } from '../../shared/outlines.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type {
  areaImport,
  AreaRow,
  createStation,
  StationRow,
  updateArea,
  updateStation,
} from '../../shared/stations.ts';
import type { Part } from '../../shared/contract.ts';
import type * as z from 'zod/mini';
import { type Context, staffOf } from '../context.ts';
import { codeOf } from '../db/errors.ts';
import { one, row, rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { lockedArea, stationById, stationInScope } from './queries.ts';

/** A station the caller may put things under: the one named, or the own. */
export async function stationFor(
  ctx: Context,
  stationId: string | undefined,
  path = '/stationId',
): Promise<StationRow> {
  const staff = staffOf(ctx);
  const station = await stationInScope(ctx.db, stationId ?? staff.stationId, staff.stationId);
  if (!station) throw fieldProblem(path, 'not_found', 'no such station in your area', 'not_found');
  return station;
}

/** Adds a station below another; it takes zone and language from its parent unless told. */
export async function addStation(ctx: Context, body: Part<(typeof createStation)['body']>): Promise<StationRow> {
  const parent = await stationFor(ctx, body.parentId, '/parentId');
  if (parent.path.length >= 8) throw fieldProblem('/parentId', 'depth', 'the tree is at most 8 deep');
  await insertStation(ctx, {
    id: body.id,
    parent,
    name: body.name,
    timeZone: body.timeZone ?? parent.timeZone,
    locale: body.locale ?? parent.locale,
    areaCode: body.areaCode ?? null,
  });
  const station = await stationById(ctx.db, body.id);
  if (!station) throw new Problem('not_found');
  record(ctx, { type: 'station.created', stationId: station.id, rows: { stations: [station] } });
  return station;
}

/**
 * Changes a station of the subtree; 409 version_conflict with the current row. A new time zone holds from the next request
 * on: the tally cuts its days by it, also days gone by, and timed jobs keep to the root's. Pages that are open keep the zone they came with.
 */
export async function changeStation(
  ctx: Context,
  id: string,
  body: Part<(typeof updateStation)['body']>,
): Promise<StationRow> {
  const scope = staffOf(ctx).stationId;
  await rows(
    ctx.db,
    `select s.id from stations s where s.id = cast(:id as uuid) and s.path @> array[cast(:scope as uuid)] for no key update`,
    { id, scope },
  );
  const known = await stationInScope(ctx.db, id, scope);
  if (!known) throw new Problem('not_found');
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  await rows(
    ctx.db,
    `update stations set name = :name, time_zone = :timeZone, locale = :locale, area_code = :areaCode, version = version + 1 where id = cast(:id as uuid)`,
    {
      id,
      name: body.name ?? known.name,
      timeZone: body.timeZone ?? known.timeZone,
      locale: body.locale ?? known.locale,
      areaCode: body.areaCode === undefined ? known.areaCode : body.areaCode,
    },
  );
  const station = (await stationById(ctx.db, id)) as StationRow;
  record(ctx, { type: 'station.changed', stationId: id, rows: { stations: [station] } });
  return station;
}

/** The row itself; also makes the root, which has no parent. */
export async function insertStation(
  ctx: Context,
  station: {
    id: string;
    parent: StationRow | null;
    name: string;
    timeZone: string;
    locale: string;
    areaCode?: string | null;
  },
): Promise<void> {
  await one(
    ctx.db,
    `insert into stations (id, parent_id, path, name, time_zone, locale, area_code, created_at)
     values (cast(:id as uuid), cast(:parentId as uuid), cast(:path as uuid[]), :name, :timeZone, :locale, :areaCode, :now) returning id`,
    {
      id: station.id,
      parentId: station.parent?.id ?? null,
      path: [...(station.parent?.path ?? []), station.id],
      name: station.name,
      timeZone: station.timeZone,
      locale: station.locale,
      areaCode: station.areaCode ?? null,
      now: ctx.now(),
    },
  );
}

/** Square metres: a court of houses at the least, twice the largest province at the most. */
const AREA_LIMITS_M2 = { min: 100, max: 3.3e12 } as const;
/** A mended outline may differ by this share of its area; more is another outline. */
const REPAIR_SHARE = 0.001;

/** Degrees of longitude from end to end. */
const MAX_WIDTH_DEG = 90;
function widthOf(outline: Outline): number {
  const [west, east] = outline.polygons
    .flat(2)
    .reduce(([least, most], [lon]) => [Math.min(least, lon), Math.max(most, lon)], [180, -180]);
  return east - west;
}

interface Judged {
  geometry: string;
  valid: boolean;
  reason: string | null;
  sizeM2: number;
  mendedM2: number;
}

async function judge(
  ctx: Context,
  outline: Outline,
  path: string,
): Promise<{ geometry: string; repaired: boolean; sizeM2: number }> {
  const refuse = (reason: string): Problem =>
    fieldProblem(`${path}/geometry`, 'invalid_geometry', reason, 'invalid_geometry');
  const tooLarge = (): Problem =>
    fieldProblem(`${path}/geometry`, 'area', 'the area is empty or far too large', 'invalid_geometry');
  // Judged before PostGIS, which takes an outline of half the Earth for its other half.
  if (widthOf(outline) > MAX_WIDTH_DEG) throw tooLarge();
  const geojson = JSON.stringify({ type: 'MultiPolygon', coordinates: outline.polygons satisfies LonLat[][][] });
  let judged: Judged | undefined;
  try {
    judged = await row<Judged>(
      ctx.db,
      `with given as materialized (select st_setsrid(st_geomfromgeojson(:geojson), 4326) as g),
       mended as materialized (select g, st_multi(st_collectionextract(st_makevalid(g), 3)) as m from given)
       select encode(st_asbinary(m), 'hex') as geometry, st_isvalid(g) as valid, st_isvalidreason(g) as reason,
         abs(st_area(g::geography)) as "sizeM2", st_area(m::geography) as "mendedM2"
       from mended`,
      { geojson },
    );
  } catch (error) {
    // PostGIS gave up on it: no outline of a place is like that.
    if (codeOf(error) === 'XX000') throw refuse('the geometry cannot be made sense of');
    throw error;
  }
  if (!judged) throw refuse('the geometry cannot be made sense of');
  const { geometry, valid, reason, sizeM2, mendedM2 } = judged;
  if (!valid && !(Math.abs(mendedM2 - sizeM2) <= REPAIR_SHARE * Math.max(mendedM2, sizeM2)))
    throw refuse((reason ?? 'not valid').replace(/\[.*\]/, '').trim());
  if (!(mendedM2 >= AREA_LIMITS_M2.min && mendedM2 <= AREA_LIMITS_M2.max)) throw tooLarge();
  return { geometry, repaired: !valid, sizeM2: mendedM2 };
}

type AreaImport = z.infer<typeof areaImport>;

/** Stores every outline or none; an area of the same station and name is replaced. */
export async function importAreaOutlines(
  ctx: Context,
  body: unknown,
  stationId: string | undefined,
): Promise<AreaImport[]> {
  const outlines = readOutlines(body);
  const fallback = await stationFor(ctx, stationId, '/query/stationId');
  const done: AreaImport[] = [];
  for (const [n, outline] of outlines.entries()) {
    const path = `/features/${String(n)}`;
    const station =
      outline.stationId === null ? fallback : await stationFor(ctx, outline.stationId, `${path}/properties/stationId`);
    const { geometry, repaired, sizeM2 } = await judge(ctx, outline, path);
    const stored = await row<{ id: string; version: number }>(
      ctx.db,
      `insert into areas (id, station_id, name, outline, size_m2, created_at)
       values (cast(:id as uuid), cast(:stationId as uuid), :name, st_setsrid(st_geomfromwkb(decode(:geometry, 'hex')), 4326), :sizeM2, :now)
       on conflict (station_id, name) do update set outline = excluded.outline, size_m2 = excluded.size_m2, version = areas.version + 1
       returning id, version`,
      { id: randomUUID(), stationId: station.id, name: outline.name, geometry, sizeM2, now: ctx.now() },
    );
    // Nothing stored must never look like success.
    if (!stored)
      throw fieldProblem(
        `${path}/geometry`,
        'invalid_geometry',
        'the geometry could not be stored',
        'invalid_geometry',
      );
    done.push({ ...stored, name: outline.name, stationId: station.id, repaired, pointsDropped: outline.pointsDropped });
  }
  return done;
}

/** Gives an area another name or station; what was reported there before stays where it is. 409 taken (/name), version_conflict. */
export async function changeArea(ctx: Context, id: string, body: Part<(typeof updateArea)['body']>): Promise<AreaRow> {
  const known = await lockedArea(ctx.db, id, staffOf(ctx).stationId);
  if (!known) throw new Problem('not_found');
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  const stationId = body.stationId === undefined ? known.stationId : (await stationFor(ctx, body.stationId)).id;
  const name = body.name ?? known.name;
  const { version } = await one<{ version: number }>(
    ctx.db,
    `update areas set name = :name, station_id = cast(:stationId as uuid), version = version + 1 where id = cast(:id as uuid) returning version`,
    { id, name, stationId },
  );
  return { ...known, version, name, stationId };
}
