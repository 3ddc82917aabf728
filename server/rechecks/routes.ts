import { endRecheck, listRechecks, takeRecheck } from '../../shared/rechecks.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { giveUp, take } from './commands.ts';
import { recheckPage } from './queries.ts';

export const recheckRoutes: Route[] = [
  route(listRechecks, async (ctx, { query }) => {
    const { role, stationId, patrolId } = staffOf(ctx);
    // who is not out is offered nothing
    if (role === 'crew' && patrolId === null) return { items: [], nextCursor: null };
    const page = cursorOf(query);
    const crew = role === 'crew' && patrolId !== null ? { patrolId } : null;
    return pageOf(await recheckPage(ctx.db, stationId, crew, page), page.limit, ({ id }) => id);
  }),
  route(takeRecheck, (ctx, { params, body }) => take(ctx, params.id, body)),
  route(endRecheck, (ctx, { params, body }) => giveUp(ctx, params.id, body)),
];
