import { listDispatches, reassignDispatch, sendPatrol, stepDispatch } from '../../shared/dispatches.ts';
import { Problem } from '../../shared/problems.ts';
import { holdBed } from '../../shared/shelters.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { groupRoute, type Route, route } from '../http/route.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { holdBeds } from '../shelters/commands-holds.ts';
import { etasOf } from './commands-arrival.ts';
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
  groupRoute(holdBed, async (calls, patient) => {
    const wishes = calls.map(({ ctx, input: { params, body } }) => ({ ctx, shelterId: params.id, body }));
    const outcomes = await holdBeds(wishes, patient, etasOf);
    return outcomes.map((outcome, n) => {
      const wish = wishes[n];
      if (!wish || 'error' in outcome) return outcome;
      const shown = view('holds', outcome.reply, viewerOf(staffOf(wish.ctx)));
      if (!shown) throw new Problem('not_found');
      return { reply: shown };
    });
  }),
];
