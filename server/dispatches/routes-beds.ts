import { matchShelters } from '../../shared/shelter-match.ts';
import { staffOf } from '../context.ts';
import { ownRoute, type Route } from '../http/route.ts';
import { matchesFor } from './beds.ts';
import type { Routing } from './routing.ts';

/** Where to bring people. A read, and no command: nobody's transaction is open while a router is asked. */
export const bedRoutes = (routing: Pick<Routing, 'ask'>): Route[] => [
  ownRoute(matchShelters, async ({ database, now }, actor, { body }) => ({
    status: matchShelters.status,
    body: { items: await matchesFor(database.knex, staffOf({ actor }), body, now(), routing) },
  })),
];
