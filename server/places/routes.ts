import {
  importPlaces,
  listPlaceImports,
  readPlaceImport,
  removePlaceImport,
  resolvePlace,
} from '../../shared/places.ts';
import { Problem } from '../../shared/problems.ts';
import { staffOf } from '../context.ts';
import { readCsvBody } from '../http/csv-body.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { ownRoute, rawRoute, type Route, route } from '../http/route.ts';
import { readContext } from '../realtime/command.ts';
import { removeTable, takeTable } from './commands.ts';
import { importInScope, importPage } from './queries.ts';
import { resolve } from './resolve.ts';

export const placeRoutes: readonly Route[] = [
  // a look, although it is posted: nothing is written, not even that somebody looked
  ownRoute(resolvePlace, async (service, actor, { body }) => ({
    status: resolvePlace.status,
    body: await resolve(readContext(service, actor), body),
  })),
  rawRoute(importPlaces, async (service, actor, { query }, { req, res }) => {
    const { row, replay } = await takeTable(service, actor, query, await readCsvBody(importPlaces, req, res));
    if (replay) res.setHeader('Idempotent-Replay', 'true');
    res.status(replay ? 200 : importPlaces.status).json(row);
  }),
  route(listPlaceImports, async (ctx, { query }) => {
    const { after, limit } = cursorOf(query);
    return pageOf(await importPage(ctx.db, staffOf(ctx).stationId, { after, limit }), limit, ({ id }) => id);
  }),
  route(readPlaceImport, async (ctx, { params }) => {
    const found = await importInScope(ctx.db, params.id, staffOf(ctx).stationId);
    if (!found) throw new Problem('not_found');
    const { fingerprint: _print, ...row } = found;
    return row;
  }),
  route(removePlaceImport, (ctx, { params }) => removeTable(ctx, params.id)),
];
