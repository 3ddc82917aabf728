import { fieldProblem } from '../../shared/problems.ts';
import { createStation, importAreas, listAreas, listRules, listStations } from '../../shared/stations.ts';
import { staffOf } from '../context.ts';
import { type Route, route } from '../http/route.ts';
import { addStation, importAreaOutlines } from './commands.ts';
import { areasOf, liveStations, parseBbox, rulesOf } from './queries.ts';

export const stationRoutes: Route[] = [
  route(listStations, async (ctx) => ({ items: await liveStations(ctx.db, staffOf(ctx).stationId), nextCursor: null })),
  route(createStation, (ctx, { body }) => addStation(ctx, body)),
  route(listAreas, async (ctx, { query }) => {
    if (query.bbox !== undefined && !parseBbox(query.bbox)) throw fieldProblem('/query/bbox', 'bbox', 'west,south,east,north in degrees');
    return { items: await areasOf(ctx.db, staffOf(ctx).stationId), nextCursor: null };
  }),
  route(importAreas, async (ctx, { body, query }) => ({ items: await importAreaOutlines(ctx, body, query.stationId) })),
  route(listRules, async (ctx) => ({ items: await rulesOf(ctx.db, staffOf(ctx).stationId) })),
];
