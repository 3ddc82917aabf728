import type { Response } from 'express';
import { readClocks } from '../../shared/clocks.ts';
import { readTally, readTallyCsv, readTallyXlsx } from '../../shared/tally.ts';
import { cookieOf } from '../http/cookies.ts';
import { rawRoute, type Route, route } from '../http/route.ts';
import { XLSX_TYPE } from '../http/spreadsheet.ts';
import { chooseLocale } from '../http/words.ts';
import { readContext } from '../realtime/command.ts';
import { clocksOf } from './clocks.ts';
import { tallyCsv } from './csv.ts';
import { tallyOf } from './report.ts';
import { tallyXlsx } from './xlsx.ts';

/** Names the file by its range; only letters, digits and dashes of it, so that nothing of a query stands in a header. */
function nameFile(res: Response, { from, to }: { from: string; to: string }, extension: string): void {
  const name = `warmpath-tally-${from}-${to}`.replaceAll(/[^\w-]/g, '');
  res.setHeader('Content-Disposition', `attachment; filename="${name}.${extension}"`);
}

/** Endpoints of the tally. */
export const tallyRoutes: Route[] = [
  route(readClocks, (ctx, { query }) => clocksOf(ctx, query)),
  route(readTally, (ctx, { query }) => tallyOf(ctx, query)),
  rawRoute(readTallyCsv, async (service, actor, { query }, { res }) => {
    const csv = tallyCsv(await tallyOf(readContext(service, actor), query));
    nameFile(res, query, 'csv');
    res.type('text/csv').send(csv);
  }),
  rawRoute(readTallyXlsx, async (service, actor, { query }, { req, res }) => {
    const locale = chooseLocale(undefined, cookieOf(req.headers, 'lang'), req.headers['accept-language']);
    const file = await tallyXlsx(await tallyOf(readContext(service, actor), query), locale);
    nameFile(res, query, 'xlsx');
    res.type(XLSX_TYPE).send(file);
  }),
];
