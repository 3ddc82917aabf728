import { Problem } from '../../shared/problems.ts';
import { listSightings, readFollow, reportSighting as reportEndpoint } from '../../shared/sightings.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { ownRoute, type Route, route } from '../http/route.ts';
import { reportSighting } from './intake.ts';
import { readFollowByToken, sightingsOf } from './queries.ts';

export const sightingRoutes: Route[] = [
  ownRoute(reportEndpoint, (service, actor, { body }) => reportSighting(service, actor, body)),
  route(listSightings, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await sightingsOf(ctx.db, staffOf(ctx).stationId, page), page.limit, ({ id }) => id);
  }),
  route(readFollow, async (ctx, { params }) => {
    const found = await readFollowByToken(ctx.db, ctx.followKey, params.token);
    if (!found) throw new Problem('not_found');
    return found;
  }),
];
