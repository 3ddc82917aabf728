import { listDispatches, reassignDispatch, sendPatrol, stepDispatch } from '../../shared/dispatches.ts';
import { Problem } from '../../shared/problems.ts';
import { holdBed } from '../../shared/shelters.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { holdOnTheWay } from './commands-arrival.ts';
import { reassign, send, step } from './commands.ts';
import { dispatchPage } from './queries.ts';

export const dispatchRoutes: Route[] = [
  route(listDispatches, async (ctx, { query }) => {
    const staff = staffOf(ctx);
    const page = cursorOf(query);
    // A crew reads its own jobs; one that is not out has none.
    if (staff.role === 'crew' && staff.patrolId === null) return { items: [], nextCursor: null };
    if (staff.role === 'crew' && query.patrolId !== undefined && query.patrolId !== staff.patrolId)
      return { items: [], nextCursor: null };
    const patrolId = staff.role === 'crew' ? staff.patrolId : (query.patrolId ?? null);
    const found = await dispatchPage(
      ctx.db,
      staff.stationId,
      { incidentId: query.incidentId ?? null, patrolId, status: query.status ?? 'all' },
      page,
    );
    return pageOf(found, page.limit, ({ id }) => id);
  }),
  route(sendPatrol, (ctx, { body }) => send(ctx, body)),
  route(stepDispatch, (ctx, { params, body }) => step(ctx, params.id, body)),
  route(reassignDispatch, (ctx, { params, body }) => reassign(ctx, params.id, body)),
  // A bed is held until the patrol of a job should be there, which only this noun knows.
  route(holdBed, async (ctx, { params, body }) => {
    const hold = await holdOnTheWay(ctx, params.id, body);
    const shown = view('holds', hold, viewerOf(staffOf(ctx)));
    if (!shown) throw new Problem('not_found');
    return shown;
  }),
];
