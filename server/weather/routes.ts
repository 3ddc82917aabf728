import { listReadings, postReading } from '../../shared/weather.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { addReading } from './commands.ts';
import { readingPage } from './queries.ts';

export const weatherRoutes: Route[] = [
  route(listReadings, async (ctx, { query }) => {
    const page = cursorOf(query);
    const found = await readingPage(ctx.db, staffOf(ctx).stationId, query.kind ?? null, page);
    return pageOf(found, page.limit, ({ id }) => id);
  }),
  route(postReading, (ctx, { body }) => addReading(ctx, body)),
];
