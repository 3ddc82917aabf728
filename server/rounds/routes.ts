import {
  createRound,
  endRun,
  listRounds,
  listRuns,
  readGpxStops,
  startRun,
  updateRound,
  visitStop,
} from '../../shared/rounds.ts';
import { staffOf } from '../context.ts';
import { scopeOf } from '../db/scope.ts';
import { readFileBody } from '../http/csv-body.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { rawRoute, type Route, route } from '../http/route.ts';
import { addRound, changeRound } from './commands.ts';
import { beginRun, finishRun, lookAtStop } from './commands-runs.ts';
import { stopsOfGpx } from './gpx-stops.ts';
import { roundPage, runPage } from './queries.ts';

const GPX_TYPES = ['application/gpx+xml', 'application/xml', 'text/xml'];
const nothing = { items: [], nextCursor: null };

/** Endpoints of rounds and runs. */
export const roundRoutes: readonly Route[] = [
  route(listRounds, async (ctx, { query }) => {
    const page = cursorOf(query);
    const { role, patrolId, stationId } = staffOf(ctx);
    if (role === 'crew' && patrolId === null) return nothing;
    return pageOf(await roundPage(ctx.db, stationId, query.active ?? 'true', page), page.limit, ({ id }) => id);
  }),
  route(createRound, (ctx, { body }) => addRound(ctx, body)),
  route(updateRound, (ctx, { params, body }) => changeRound(ctx, params.id, body)),
  rawRoute(readGpxStops, async (_service, _actor, _input, { req, res }) => {
    res.json(stopsOfGpx(await readFileBody(readGpxStops, GPX_TYPES, req, res)));
  }),
  route(listRuns, async (ctx, { query }) => {
    const page = cursorOf(query);
    const { role, patrolId } = staffOf(ctx);
    if (role === 'crew' && patrolId === null) return nothing;
    const own = role === 'crew' ? patrolId : null;
    const found = await runPage(ctx.db, scopeOf(ctx).scope, own, query.status ?? 'running', page);
    return pageOf(found, page.limit, ({ id }) => id);
  }),
  route(startRun, (ctx, { body }) => beginRun(ctx, body)),
  route(visitStop, (ctx, { params, body }) => lookAtStop(ctx, params.id, body)),
  route(endRun, (ctx, { params, body }) => finishRun(ctx, params.id, body)),
];
