import { createSite, listSites, updateSite } from '../../shared/sites.ts';
import { scopeOf } from '../db/scope.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { addSite, changeSite } from './commands.ts';
import { sitePage } from './queries.ts';

/** Endpoints of known places; what happened at them is told by the encounters' routes, which know it. */
export const siteRoutes: Route[] = [
  route(listSites, async (ctx, { query }) => {
    const page = cursorOf(query);
    const found = await sitePage(ctx.db, scopeOf(ctx).scope, query.active ?? 'true', page);
    return pageOf(found, page.limit, ({ id }) => id);
  }),
  route(createSite, (ctx, { body }) => addSite(ctx, body)),
  route(updateSite, (ctx, { params, body }) => changeSite(ctx, params.id, body)),
];
