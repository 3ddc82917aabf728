import { fieldProblem } from '../../shared/problems.ts';
import { createStation, importAreas, listAreas, listRules, listStations } from '../../shared/stations.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { addStation, importAreaOutlines } from './commands.ts';
import { areaPage, parseBbox, rulesOf, stationPage } from './queries.ts';

export const stationRoutes: Route[] = [
  route(listStations, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await stationPage(ctx.db, staffOf(ctx).stationId, page), page.limit, ({ id }) => id);
  }),
  route(createStation, (ctx, { body }) => addStation(ctx, body)),
  route(listAreas, async (ctx, { query }) => {
    const page = cursorOf(query);
    const bbox = query.bbox === undefined ? null : parseBbox(query.bbox);
    if (bbox === undefined) throw fieldProblem('/query/bbox', 'bbox', 'west,south,east,north in degrees');
    return pageOf(await areaPage(ctx.db, staffOf(ctx).stationId, bbox, page), page.limit, ({ id }) => id);
  }),
  route(importAreas, async (ctx, { body, query }) => ({ items: await importAreaOutlines(ctx, body, query.stationId) })),
  route(listRules, async (ctx) => ({ items: await rulesOf(ctx.db, staffOf(ctx).stationId) })),
];
