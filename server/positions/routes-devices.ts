/** Doors for trackers that speak a protocol of their own. They answer nothing but that it was heard: no place ever goes back. */
import express, { type Request, type Response } from 'express';
import { getOsmand, postOsmand, postOwntracks } from '../../shared/positions.ts';
import { Problem } from '../../shared/problems.ts';
import { problemOf } from '../http/body.ts';
import { addressPrefix, type Limits } from '../http/limits.ts';
import { bareRoute, type Route } from '../http/route.ts';
import { type Caller, type Credentials, deviceOf, devicesTold, takeTold } from './commands-devices.ts';
import { osmandTold } from './osmand.ts';
import { owntracksTold } from './owntracks.ts';

/** Trackers say anything or nothing of the type of what they send. */
const bytes = express.raw({ limit: postOsmand.limit, type: () => true });

async function textOf(req: Request, res: Response): Promise<string> {
  const failure = await new Promise<unknown>((resolve) => {
    void bytes(req, res, resolve);
  });
  if (failure !== undefined) throw problemOf(failure);
  const body = req.body as unknown;
  return Buffer.isBuffer(body) ? body.toString('utf8') : '';
}

function credentialsOf(req: Request): Credentials | null {
  const [, encoded] = /^basic +([a-z0-9+/=_-]+)$/i.exec(req.headers.authorization ?? '') ?? [];
  if (encoded === undefined) return null;
  const [user = '', ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return user === '' || user.includes('\u0000') ? null : { user, password: password.join(':') };
}

/** Endpoints that trackers call. */
export function deviceRoutes(limits: Limits): Route[] {
  const callerOf = (req: Request): Caller => ({
    limits,
    address: addressPrefix(req.ip ?? ''),
    credentials: credentialsOf(req),
  });
  const osmand: NonNullable<Route['bare']> = async (service, { req, res }) => {
    const caller = callerOf(req);
    const query = { ...(req.query as Record<string, unknown>) };
    if (caller.credentials && !('id' in query) && !('deviceid' in query)) query['id'] = caller.credentials.user;
    const told = osmandTold(query, req.method === 'POST' ? await textOf(req, res) : '');
    await takeTold(service, await devicesTold(service, told, caller), told);
    res.status(200).end();
  };
  return [
    bareRoute(getOsmand, osmand),
    bareRoute(postOsmand, osmand),
    bareRoute(postOwntracks, async (service, { req, res }) => {
      const device = await deviceOf(service, callerOf(req));
      if (!device) {
        res.setHeader('WWW-Authenticate', 'Basic realm="OwnTracks", charset="UTF-8"');
        throw new Problem('unauthorized');
      }
      const told = owntracksTold(await textOf(req, res), device.uniqueId);
      await takeTold(service, new Map([[device.uniqueId, device]]), told);
      // what the app may be told in return: nothing
      res.json([]);
    }),
  ];
}
