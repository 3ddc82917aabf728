import { sayPresence } from '../../shared/presence.ts';
import { ownRoute, type Route } from '../http/route.ts';
import { beat } from './commands.ts';

export const presenceRoutes: Route[] = [
  ownRoute(sayPresence, async (service, actor, { body }) => ({
    status: 200,
    body: { items: await beat(service, actor, body.incidentId) },
  })),
];
