import { closeDownShelter, exportGuests } from '../../shared/shelters.ts';
import { extendStay, listStays, settleDue, updateStay } from '../../shared/stays.ts';
import { staffOf } from '../context.ts';
import { bodyOf } from '../http/body.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { rawRoute, type Route, route } from '../http/route.ts';
import { XLSX_TYPE } from '../http/spreadsheet.ts';
import { viewerOf } from '../realtime/audience.ts';
import { runCommand } from '../realtime/command.ts';
import { closeDown, guestsOf } from './commands-close-down.ts';
import { extend, settle } from './commands-dues.ts';
import { changeStay } from './commands.ts';
import { guestsCsv, guestsXlsx } from './guests-file.ts';
import { stayPage } from './queries.ts';

/** Endpoints of stays, and of giving a house up when they are over. */
export const stayRoutes: Route[] = [
  route(listStays, async (ctx, { query }) => {
    const page = cursorOf(query);
    const viewer = viewerOf(staffOf(ctx));
    const staff = viewer.role === 'shelter';
    const own = staff ? viewer.shelterId : (query.shelterId ?? null);
    if (staff && (own === null || (query.shelterId !== undefined && query.shelterId !== own)))
      return { items: [], nextCursor: null };
    // its staff see a house that was given up no longer
    const filter = { shelterId: own, all: query.status === 'all', standing: staff };
    return pageOf(await stayPage(ctx.db, viewer.stationId, filter, page), page.limit, ({ id }) => id);
  }),
  route(updateStay, (ctx, { params, body }) => changeStay(ctx, params.id, body)),
  route(settleDue, (ctx, { params, body }) => settle(ctx, params.id, body)),
  route(extendStay, (ctx, { params, body }) => extend(ctx, params.id, body)),
  route(closeDownShelter, (ctx, { params, body }) => closeDown(ctx, params.id, body)),
  rawRoute(exportGuests, async (service, actor, { params, locale }, { req, res }) => {
    const { format } = await bodyOf(exportGuests, { req, res });
    const audit = { command: exportGuests.name, subjectIds: [params.id], fields: ['format'] };
    // made before it is said to be exported: a file that cannot be made was not
    const file = await runCommand(service, actor, audit, async (ctx) => {
      const list = await guestsOf(ctx, params.id);
      return format === 'csv' ? guestsCsv(list, locale) : guestsXlsx(list, locale);
    });
    const day = service.now().toISOString().slice(0, 10);
    res.setHeader('Content-Disposition', `attachment; filename="warmpath-guests-${day}.${format}"`);
    res.type(format === 'csv' ? 'text/csv' : XLSX_TYPE).send(file);
  }),
];
