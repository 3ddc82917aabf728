import { Problem } from '../../shared/problems.ts';
import {
  countShelter,
  createShelter,
  extendHold,
  listPublicShelters,
  listShelterCounts,
  listShelters,
  releaseHold,
  updateShelter,
} from '../../shared/shelters.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { prolong } from './commands-hold-times.ts';
import { giveBack } from './commands-holds.ts';
import { addShelter, changeShelter, countHeads } from './commands.ts';
import { countPage, shelterInScope } from './queries-counts.ts';
import { placeOf, publicShelters } from './queries-public.ts';
import { shelterPage, shelterViews } from './queries.ts';

/** Endpoints of shelters and holds. */
export const shelterRoutes: Route[] = [
  route(listPublicShelters, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await publicShelters(ctx.db, ctx.now(), { ...placeOf(query), ...page }), page.limit, ({ id }) => id);
  }),
  route(listShelters, async (ctx, { query }) => {
    const page = cursorOf(query);
    const viewer = viewerOf(staffOf(ctx));
    if (viewer.role === 'shelter' && viewer.shelterId === null) return { items: [], nextCursor: null };
    const only = viewer.role === 'shelter' ? viewer.shelterId : null;
    const { items, nextCursor } = pageOf(
      await shelterPage(ctx.db, viewer.stationId, only, page),
      page.limit,
      ({ id }) => id,
    );
    const shown = items.flatMap((shelter) => view('shelters', shelter, viewer) ?? []);
    return { items: await shelterViews(ctx.db, shown, ctx.now()), nextCursor };
  }),
  route(createShelter, (ctx, { body }) => addShelter(ctx, body)),
  route(updateShelter, (ctx, { params, body }) => changeShelter(ctx, params.id, body)),
  route(extendHold, (ctx, { params, body }) => prolong(ctx, params.id, params.holdId, body)),
  route(releaseHold, (ctx, { params }) => giveBack(ctx, params.id, params.holdId)),
  route(countShelter, (ctx, { params, body }) => countHeads(ctx, params.id, body)),
  route(listShelterCounts, async (ctx, { params, query }) => {
    const page = cursorOf(query);
    const staff = staffOf(ctx);
    if (staff.role === 'shelter' && staff.shelterId !== params.id) throw new Problem('not_found');
    if (!(await shelterInScope(ctx.db, staff.stationId, params.id))) throw new Problem('not_found');
    return pageOf(await countPage(ctx.db, params.id, page), page.limit, ({ id }) => id);
  }),
];
