import {
  createLoadList,
  listLoadLists,
  loadPatrol,
  readLoad,
  unloadPatrol,
  updateLoadList,
} from '../../shared/loads.ts';
import { countStock, listStocktakes } from '../../shared/stocktakes.ts';
import {
  createDepot,
  createItem,
  listDepots,
  listItems,
  listMovements,
  listStock,
  moveSupplies,
  updateDepot,
  updateItem,
} from '../../shared/supplies.ts';
import { type Context, staffOf } from '../context.ts';
import { scopeOf } from '../db/scope.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { changeDepot, changeItem } from './commands-catalogue.ts';
import { addLoadList, changeLoadList, load, readPatrolLoad, unload } from './commands-loads.ts';
import { countStore } from './commands-stocktakes.ts';
import { addDepot, addItem, moveItems } from './commands.ts';
import { loadListPage } from './queries-loads.ts';
import { movementPage } from './queries-movements.ts';
import { stocktakePage } from './queries-stocktakes.ts';
import { depotPage, itemPage, stockIdForm, stockPage } from './queries.ts';

/** The one store whose movements and stock the caller sees: its id, null for all of the subtree, undefined for none. */
function ownStore(ctx: Context): string | null | undefined {
  const { role, patrolId, shelterId } = staffOf(ctx);
  if (role === 'crew') return patrolId ?? undefined;
  if (role === 'shelter') return shelterId ?? undefined;
  return null;
}

/** Endpoints of supplies. */
export const supplyRoutes: Route[] = [
  route(listItems, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await itemPage(ctx.db, page), page.limit, ({ id }) => id);
  }),
  route(createItem, (ctx, { body }) => addItem(ctx, body)),
  route(updateItem, (ctx, { params, body }) => changeItem(ctx, params.id, body)),
  route(listDepots, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await depotPage(ctx.db, scopeOf(ctx).scope, page), page.limit, ({ id }) => id);
  }),
  route(createDepot, (ctx, { body }) => addDepot(ctx, body)),
  route(updateDepot, (ctx, { params, body }) => changeDepot(ctx, params.id, body)),
  route(listMovements, async (ctx, { query }) => {
    const page = cursorOf(query);
    const store = ownStore(ctx);
    if (store === undefined) return { items: [], nextCursor: null };
    return pageOf(await movementPage(ctx.db, scopeOf(ctx).scope, store, page), page.limit, ({ id }) => id);
  }),
  route(moveSupplies, (ctx, { body }) => moveItems(ctx, body)),
  route(listStock, async (ctx, { query }) => {
    const page = cursorOf(query, stockIdForm);
    const store = ownStore(ctx);
    if (store === undefined) return { items: [], nextCursor: null };
    const viewer = viewerOf(staffOf(ctx));
    const { items, nextCursor } = pageOf(
      await stockPage(ctx.db, viewer.stationId, store, page),
      page.limit,
      ({ id }) => id,
    );
    return { items: items.flatMap((stock) => view('stock', stock, viewer) ?? []), nextCursor };
  }),
  route(listLoadLists, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await loadListPage(ctx.db, scopeOf(ctx).scope, page), page.limit, ({ id }) => id);
  }),
  route(createLoadList, (ctx, { body }) => addLoadList(ctx, body)),
  route(updateLoadList, (ctx, { params, body }) => changeLoadList(ctx, params.id, body)),
  route(readLoad, (ctx, { params, query }) => readPatrolLoad(ctx, params.id, query)),
  route(loadPatrol, (ctx, { body }) => load(ctx, body)),
  route(unloadPatrol, (ctx, { body }) => unload(ctx, body)),
  route(countStock, (ctx, { body }) => countStore(ctx, body)),
  route(listStocktakes, async (ctx, { query }) => {
    const page = cursorOf(query);
    const store = ownStore(ctx);
    if (store === undefined) return { items: [], nextCursor: null };
    return pageOf(await stocktakePage(ctx.db, scopeOf(ctx).scope, store, page), page.limit, ({ id }) => id);
  }),
];
