import { Problem } from '../../shared/problems.ts';
import { createShelter, holdBed, listPublicShelters, listShelters, releaseHold, updateShelter } from '../../shared/shelters.ts';
import { listStays, updateStay } from '../../shared/stays.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { giveBack, holdBeds } from './commands-holds.ts';
import { changeStay } from './commands-stays.ts';
import { addShelter, changeShelter } from './commands.ts';
import { stayPage } from './queries-holds.ts';
import { placeOf, publicShelters, shelterPage, shelterViews } from './queries.ts';

/** Endpoints of shelters, holds and stays. */
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
  route(holdBed, async (ctx, { params, body }) => {
    const hold = await holdBeds(ctx, params.id, body);
    const shown = view('holds', hold, viewerOf(staffOf(ctx)));
    if (!shown) throw new Problem('not_found');
    return shown;
  }),
  route(releaseHold, (ctx, { params }) => giveBack(ctx, params.id, params.holdId)),
  route(listStays, async (ctx, { query }) => {
    const page = cursorOf(query);
    const viewer = viewerOf(staffOf(ctx));
    const own = viewer.role === 'shelter' ? viewer.shelterId : (query.shelterId ?? null);
    if (viewer.role === 'shelter' && (own === null || (query.shelterId !== undefined && query.shelterId !== own)))
      return { items: [], nextCursor: null };
    return pageOf(
      await stayPage(ctx.db, viewer.stationId, { shelterId: own, all: query.status === 'all' }, page),
      page.limit,
      ({ id }) => id,
    );
  }),
  route(updateStay, (ctx, { params, body }) => changeStay(ctx, params.id, body)),
];
