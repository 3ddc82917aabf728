import { listLookHere, readCoverage } from '../../shared/coverage.ts';
import { cellOf } from '../../shared/coverage-grid.ts';
import { type LonLat, point, pointSchema } from '../../shared/geo.ts';
import { fieldErrors, fieldProblem, Problem } from '../../shared/problems.ts';
import { type Context, staffOf } from '../context.ts';
import { type Route, route } from '../http/route.ts';
import { parseBbox } from '../stations/queries.ts';
import { countedTo } from './commands-count.ts';
import { cellsIn, looksNext } from './queries.ts';
import { rootGrid } from './queries-grid.ts';

/** Cells of one answer; a city of 14 km from end to end has as many of 100 m. */
const MOST_CELLS = 20_000;
const MOST_LOOKS = 50;

/** A crew that is not out has nowhere to look. */
const isOff = (ctx: Context): boolean => {
  const { role, patrolId } = staffOf(ctx);
  return role === 'crew' && patrolId === null;
};

function parseNear(text: string): LonLat {
  const parts = text.split(',').map((part) => (/^\s*-?\d+(\.\d+)?\s*$/.test(part) ? Number(part) : NaN));
  const [lon, lat] = parts;
  if (parts.length !== 2 || lon === undefined || lat === undefined || parts.some(Number.isNaN))
    throw fieldProblem('/query/near', 'format', 'lon,lat in degrees');
  const place = point(lon, lat);
  const judged = pointSchema.safeParse(place);
  if (!judged.success) {
    const [wrong] = fieldErrors(judged.error.issues, place);
    throw fieldProblem('/query/near', wrong?.code ?? 'range', wrong?.message ?? 'out of range');
  }
  return [lon, lat];
}

/** Endpoints of where patrols have looked, and where to look next. */
export const coverageRoutes: readonly Route[] = [
  route(readCoverage, async (ctx, { query }) => {
    const bbox = parseBbox(query.bbox);
    if (bbox === undefined) throw fieldProblem('/query/bbox', 'bbox', 'west,south,east,north in degrees');
    const root = await rootGrid(ctx.db);
    if (!root) throw new Problem('not_found');
    const { grid } = root;
    if (isOff(ctx)) return { grid, cells: [], more: false, upTo: null };
    const [west, south, east, north] = bbox;
    const [[x0, y0], [x1, y1]] = [cellOf(grid, [west, south]), cellOf(grid, [east, north])];
    const upTo = await countedTo(ctx);
    const cells = await cellsIn(ctx.db, staffOf(ctx).stationId, grid, { x0, y0, x1, y1 }, ctx.now(), MOST_CELLS + 1);
    return {
      grid,
      cells: cells.slice(0, MOST_CELLS),
      more: cells.length > MOST_CELLS,
      upTo: upTo?.toISOString() ?? null,
    };
  }),
  route(listLookHere, async (ctx, { query }) => {
    const near = query.near === undefined ? null : parseNear(query.near);
    const root = await rootGrid(ctx.db);
    if (!root || isOff(ctx)) return { items: [] };
    return { items: await looksNext(ctx.db, staffOf(ctx).stationId, root.grid, near, ctx.now(), MOST_LOOKS) };
  }),
];
