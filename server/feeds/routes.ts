import { askFeed, createFeed, listFeeds, updateFeed } from '../../shared/feeds.ts';
import { staffOf } from '../context.ts';
import { judgeUrl } from '../http/outbound.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { addFeed, changeFeed, hurryFeed } from './commands.ts';
import { feedPage } from './queries.ts';

/** Endpoints of feeds. */
export const feedRoutes: readonly Route[] = [
  route(listFeeds, async (ctx, { query }) => {
    const { stationId, role } = staffOf(ctx);
    const page = cursorOf(query);
    return pageOf(await feedPage(ctx.db, stationId, role === 'admin', page), page.limit, ({ id }) => id);
  }),
  route(
    createFeed,
    (ctx, { body }) => addFeed(ctx, body),
    (service, { body }) => judgeUrl(service, body.url),
  ),
  route(
    updateFeed,
    (ctx, { params, body }) => changeFeed(ctx, params.id, body),
    async (service, { body }) => {
      if (body.url !== undefined) await judgeUrl(service, body.url);
    },
  ),
  route(askFeed, (ctx, { params }) => hurryFeed(ctx, params.id)),
];
