import { fieldProblem } from '../../shared/problems.ts';
import {
  createStation,
  importAreas,
  listAreas,
  listRules,
  listStations,
  resetRule,
  setRule,
  updateArea,
  updateStation,
} from '../../shared/stations.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { addStation, changeArea, changeStation, importAreaOutlines } from './commands.ts';
import { layRule, liftRule } from './commands-rules.ts';
import { areaPage, parseBbox, rulesOf, stationPage } from './queries.ts';

export const stationRoutes: Route[] = [
  route(listStations, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await stationPage(ctx.db, staffOf(ctx).stationId, page), page.limit, ({ id }) => id);
  }),
  route(createStation, (ctx, { body }) => addStation(ctx, body)),
  route(updateStation, (ctx, { params, body }) => changeStation(ctx, params.id, body)),
  route(listAreas, async (ctx, { query }) => {
    const page = cursorOf(query);
    const bbox = query.bbox === undefined ? null : parseBbox(query.bbox);
    if (bbox === undefined) throw fieldProblem('/query/bbox', 'bbox', 'west,south,east,north in degrees');
    return pageOf(await areaPage(ctx.db, staffOf(ctx).stationId, bbox, page), page.limit, ({ id }) => id);
  }),
  route(importAreas, async (ctx, { body, query }) => ({ items: await importAreaOutlines(ctx, body, query.stationId) })),
  route(updateArea, (ctx, { params, body }) => changeArea(ctx, params.id, body)),
  route(listRules, async (ctx) => ({ items: await rulesOf(ctx.db, staffOf(ctx).stationId) })),
  route(setRule, (ctx, { params, body }) => layRule(ctx, params.key, body)),
  route(resetRule, (ctx, { params, query }) => liftRule(ctx, params.key, query.stationId)),
];
