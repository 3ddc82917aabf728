import type { Request } from 'express';
import { listAlerts, postAlert, updateAlert } from '../../shared/alerts.ts';
import { staffOf } from '../context.ts';
import { bodyOf } from '../http/body.ts';
import { readFileBody } from '../http/csv-body.ts';
import { claim, fingerprint, Replay } from '../http/idempotency.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { rawRoute, type Route, route } from '../http/route.ts';
import { runCommand } from '../realtime/command.ts';
import { stationFor } from '../stations/commands.ts';
import { changeAlert, enterAlert } from './commands.ts';
import { takeMessage } from './commands-cap.ts';
import { alertPage } from './queries.ts';

/** CAP has a type of its own; weather services that do not know it send XML. */
const XML_TYPES: readonly string[] = ['application/cap+xml', 'application/xml', 'text/xml'];
/** Where a message came from that no feed brought. */
const BY_POST = 'cap';
const typeOf = (req: Request): string => (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

export const alertRoutes: readonly Route[] = [
  route(listAlerts, async (ctx, { query }) => {
    const page = cursorOf(query);
    const state = query.state === undefined || query.state === 'all' ? null : query.state;
    return pageOf(await alertPage(ctx.db, staffOf(ctx).stationId, state, page), page.limit, ({ id }) => id);
  }),
  rawRoute(postAlert, async (service, actor, { query }, { req, res }) => {
    const command = postAlert.name;
    if (!XML_TYPES.includes(typeOf(req))) {
      const body = await bodyOf(postAlert, { req, res });
      const audit = { command, subjectIds: [body.id], fields: Object.keys(body) };
      const keep = { key: body.id, status: postAlert.status };
      try {
        const row = await runCommand(service, actor, { ...audit, keep }, async (ctx) => {
          await claim(ctx.db, body.id, fingerprint(postAlert, actor, query, body), ctx.now());
          return enterAlert(ctx, query.stationId, body);
        });
        res.status(postAlert.status).json(row);
      } catch (thrown) {
        if (!(thrown instanceof Replay)) throw thrown;
        res.setHeader('Idempotent-Replay', 'true').status(thrown.status).json(thrown.body);
      }
      return;
    }
    const xml = await readFileBody(postAlert, XML_TYPES, req, res);
    const taken = await runCommand(service, actor, { command, subjectIds: [], fields: [] }, async (ctx) => {
      const { id } = await stationFor(ctx, query.stationId, '/query/stationId');
      const made = await takeMessage(ctx, { stationId: id, source: BY_POST, xml });
      if ('alert' in made && made.alert) ctx.subjects.push(made.alert.id);
      return made;
    });
    if (taken.kind === 'ignored') res.status(200).json({ ignored: taken.why });
    else if (taken.alert === null) res.status(200).json({ ignored: 'unknown' });
    else {
      if (taken.kind === 'known') res.setHeader('Idempotent-Replay', 'true');
      res.status(taken.kind === 'alert' ? postAlert.status : 200).json(taken.alert);
    }
  }),
  route(updateAlert, (ctx, { params, body }) => changeAlert(ctx, params.id, body)),
];
