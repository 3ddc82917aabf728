import { idSchema } from '../../shared/ids.ts';
import { Problem } from '../../shared/problems.ts';
import { importReadings, listReadings, postReading, readOutlook } from '../../shared/weather.ts';
import { staffOf } from '../context.ts';
import { readCsvBody } from '../http/csv-body.ts';
import { Replay } from '../http/idempotency.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { rawRoute, type Route, route } from '../http/route.ts';
import { stationFor } from '../stations/commands.ts';
import { addReading } from './commands.ts';
import { importReadingFile } from './commands-import.ts';
import { readingPage } from './queries.ts';
import { outlookOf } from './queries-plan.ts';

export const weatherRoutes: Route[] = [
  route(listReadings, async (ctx, { query }) => {
    const page = cursorOf(query);
    const found = await readingPage(ctx.db, staffOf(ctx).stationId, query.kind ?? null, page);
    return pageOf(found, page.limit, ({ id }) => id);
  }),
  route(postReading, (ctx, { body }) => addReading(ctx, body)),
  rawRoute(importReadings, async (service, actor, { query }, { req, res }) => {
    const header = req.get('idempotency-key');
    const key = header === undefined ? null : idSchema.safeParse(header);
    if (key?.success === false) throw new Problem('bad_idempotency_key');
    const bytes = await readCsvBody(importReadings, req, res);
    try {
      const asked = { ...query, key: key?.data ?? null };
      res.status(importReadings.status).json(await importReadingFile(service, actor, bytes, asked));
    } catch (thrown) {
      if (!(thrown instanceof Replay)) throw thrown;
      res.setHeader('Idempotent-Replay', 'true');
      res.status(thrown.status).json(thrown.body);
    }
  }),
  route(readOutlook, async (ctx, { query }) =>
    outlookOf(ctx.db, await stationFor(ctx, query.stationId, '/query/stationId'), ctx.now()),
  ),
];
