import { listPanics, raisePanic, updatePanic } from '../../shared/panics.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { callForHelp, changePanic } from './commands.ts';
import { panicPage } from './queries.ts';

/** Endpoints of calls for help. */
export const panicRoutes: Route[] = [
  route(listPanics, async (ctx, { query }) => {
    const page = cursorOf(query);
    const viewer = viewerOf(staffOf(ctx));
    const { items, nextCursor } = pageOf(await panicPage(ctx.db, viewer.stationId, page), page.limit, ({ id }) => id);
    return { items: items.flatMap((panic) => view('panics', panic, viewer) ?? []), nextCursor };
  }),
  route(raisePanic, (ctx, { body }) => callForHelp(ctx, body)),
  route(updatePanic, (ctx, { params, body }) => changePanic(ctx, params.id, body)),
];
