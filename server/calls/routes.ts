import { listCalls, listHotlines, recordCall } from '../../shared/calls.ts';
import { scopeOf } from '../db/scope.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { keepCall } from './commands.ts';
import { callsOf, hotlinesOf } from './queries.ts';

export const callRoutes: Route[] = [
  route(listHotlines, async (ctx) => ({ items: await hotlinesOf(ctx.db, scopeOf(ctx).scope) })),
  route(recordCall, (ctx, { body }) => keepCall(ctx, body)),
  route(listCalls, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await callsOf(ctx.db, scopeOf(ctx).scope, page), page.limit, ({ id }) => id);
  }),
];
