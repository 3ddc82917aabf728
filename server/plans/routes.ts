import {
  activatePlan,
  answerPlan,
  createPlan,
  liftOrder,
  listActivations,
  listDecisions,
  listPlans,
  listPlanTemplates,
  listPlanVersions,
  standDownPlan,
  updatePlan,
} from '../../shared/plans.ts';
import { Problem } from '../../shared/problems.ts';
import { type Context, staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { addPlan, changePlan } from './commands.ts';
import { answer, orderCeiling, orderFloor, withdrawOrders } from './commands-orders.ts';
import { judgeHooks } from './judge.ts';
import { activationPage, decisionPage, isSeen, planPage, planTemplates, versionPage } from './queries-plan.ts';

const NUMBER = /^\d{1,15}$/;
/** A decision carries the weather of two weeks: a page of them stays below a few MB. */
const MOST_DECISIONS = 50;

async function judgeSeen(ctx: Context, id: string): Promise<void> {
  if (!(await isSeen(ctx.db, staffOf(ctx).stationId, id))) throw new Problem('not_found');
}

/** Endpoints of plans and of what is on by them. */
export const planRoutes: readonly Route[] = [
  route(listPlans, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await planPage(ctx.db, staffOf(ctx).stationId, page), page.limit, ({ id }) => id);
  }),
  route(listPlanTemplates, async (ctx) => ({ items: await planTemplates(ctx.db) })),
  route(
    createPlan,
    (ctx, { body }) => addPlan(ctx, body),
    (service, { body }) => judgeHooks(service, body.spec),
  ),
  route(
    updatePlan,
    (ctx, { params, body }) => changePlan(ctx, params.id, body),
    (service, { body }) => judgeHooks(service, body.spec),
  ),
  route(listPlanVersions, async (ctx, { params, query }) => {
    await judgeSeen(ctx, params.id);
    const page = cursorOf(query, NUMBER);
    return pageOf(await versionPage(ctx.db, params.id, page), page.limit, ({ version }) => String(version));
  }),
  route(listDecisions, async (ctx, { params, query }) => {
    await judgeSeen(ctx, params.id);
    const { limit, after } = cursorOf(query, NUMBER);
    const page = { limit: Math.min(limit, MOST_DECISIONS), after };
    return pageOf(await decisionPage(ctx.db, params.id, page), page.limit, ({ id }) => String(id));
  }),
  route(activatePlan, (ctx, { params, body }) => orderFloor(ctx, params.id, body)),
  route(standDownPlan, (ctx, { params, body }) => orderCeiling(ctx, params.id, body)),
  route(liftOrder, (ctx, { params, body }) => withdrawOrders(ctx, params.id, body)),
  route(answerPlan, (ctx, { params, body }) => answer(ctx, params.id, body)),
  route(listActivations, async (ctx, { query }) => {
    const page = cursorOf(query);
    const staff = staffOf(ctx);
    const found = await activationPage(ctx.db, staff.stationId, query.status ?? 'on', page);
    const { items, nextCursor } = pageOf(found, page.limit, ({ id }) => id);
    return { items: items.flatMap((each) => view('activations', each, viewerOf(staff)) ?? []), nextCursor };
  }),
];
