import { createInformant, listInformants, updateInformant } from '../../shared/informants.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { addInformant, changeInformant } from './commands.ts';
import { informantsOf } from './queries.ts';

export const informantRoutes: Route[] = [
  route(listInformants, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await informantsOf(ctx.db, staffOf(ctx).stationId, page), page.limit, ({ id }) => id);
  }),
  route(createInformant, (ctx, { body }) => addInformant(ctx, body)),
  route(updateInformant, (ctx, { params, body }) => changeInformant(ctx, params.id, body)),
];
