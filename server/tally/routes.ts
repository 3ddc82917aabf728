import { readTally, readTallyCsv } from '../../shared/tally.ts';
import { rawRoute, type Route, route } from '../http/route.ts';
import { readContext } from '../realtime/command.ts';
import { tallyCsv } from './csv.ts';
import { tallyOf } from './report.ts';

/** Endpoints of the tally. */
export const tallyRoutes: Route[] = [
  route(readTally, (ctx, { query }) => tallyOf(ctx, query)),
  rawRoute(readTallyCsv, async (service, actor, { query }, { res }) => {
    const csv = tallyCsv(await tallyOf(readContext(service, actor), query));
    const name = `warmpath-tally-${query.from}-${query.to}`.replaceAll(/[^\w-]/g, '');
    res.setHeader('Content-Disposition', `attachment; filename="${name}.csv"`);
    res.type('text/csv').send(csv);
  }),
];
