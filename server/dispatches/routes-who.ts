import { listSuggestions, planDispatches, readWay } from '../../shared/dispatches.ts';
import { Problem } from '../../shared/problems.ts';
import { isDesk, staffOf } from '../context.ts';
import { ownRoute, type Route, route } from '../http/route.ts';
import { paceIn } from './queries-field.ts';
import { dispatchInScope } from './queries.ts';
import { fixOf, sceneInScope } from './queries-suggest.ts';
import { planFor, type PlanParts } from './plan.ts';
import type { Routing } from './routing.ts';
import { suggest } from './suggest.ts';

/** Who goes: suggestions, the plan for all, the way to draw. */
export const whoGoesRoutes = (parts: PlanParts & { routing: Routing }): Route[] => [
  route(listSuggestions, (ctx, { params }) =>
    suggest(ctx.db, staffOf(ctx).stationId, params.id, ctx.now(), parts.routing),
  ),
  // not a command: it changes nothing, and must not hold a transaction while the solver works
  ownRoute(planDispatches, async ({ database, now }, actor, { body }) => ({
    status: planDispatches.status,
    body: await planFor(database.knex, staffOf({ actor }).stationId, body, now(), parts),
  })),
  route(readWay, async (ctx, { params }) => {
    const staff = staffOf(ctx);
    const dispatch = await dispatchInScope(ctx.db, staff.stationId, params.id);
    if (dispatch?.endedAt !== null || (!isDesk(staff) && dispatch.patrolId !== staff.patrolId))
      throw new Problem('not_found');
    const scene = await sceneInScope(ctx.db, staff.stationId, dispatch.incidentId);
    const fix = await fixOf(ctx.db, dispatch.patrolId);
    if (!scene?.place || !fix) throw new Problem('not_found');
    const { way, router } = await parts.routing.way(
      [fix.lon, fix.lat],
      scene.place,
      paceIn(scene, scene.area, ctx.now()),
      fix.walks,
    );
    return {
      line: way.line,
      etaS: Math.max(1, Math.ceil(way.seconds)),
      distanceM: Math.round(way.metres),
      router,
    };
  }),
];
