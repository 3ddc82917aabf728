import { Problem } from '../../shared/problems.ts';
import { answerQuestion, askReporter, listQuestions } from '../../shared/questions.ts';
import {
  type FollowRow,
  listSightings,
  moveSightingOut,
  readFollow,
  reportSighting as reportEndpoint,
} from '../../shared/sightings.ts';
import type { Locale } from '../../shared/stations.ts';
import { type Context, staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { ownRoute, type Route, route } from '../http/route.ts';
import { translator } from '../http/words.ts';
import { incidentInScope } from '../incidents/queries.ts';
import { moveOut } from './commands-move.ts';
import { answer, ask } from './commands-questions.ts';
import { reportSighting } from './intake.ts';
import { readFollowByToken, sightingsOf } from './queries.ts';
import { questionsOf } from './queries-questions.ts';

async function follow(ctx: Context, token: string, locale: Locale): Promise<FollowRow> {
  const found = await readFollowByToken(ctx.db, ctx.followKey, token, translator(locale));
  if (!found) throw new Problem('not_found');
  return found;
}

export const sightingRoutes: Route[] = [
  ownRoute(reportEndpoint, (service, actor, { body }) => reportSighting(service, actor, body)),
  route(listSightings, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await sightingsOf(ctx.db, staffOf(ctx).stationId, page), page.limit, ({ id }) => id);
  }),
  route(moveSightingOut, (ctx, { params, body }) => moveOut(ctx, params.id, body.incidentId)),
  route(readFollow, (ctx, { params, locale }) => follow(ctx, params.token, locale)),
  route(askReporter, (ctx, { params, body }) => ask(ctx, params.id, body)),
  route(listQuestions, async (ctx, { params }) => {
    if (!(await incidentInScope(ctx.db, params.id, staffOf(ctx).stationId))) throw new Problem('not_found');
    return { items: await questionsOf(ctx.db, params.id) };
  }),
  route(answerQuestion, async (ctx, { params, body, locale }) => {
    await answer(ctx, params.token, body);
    return follow(ctx, params.token, locale);
  }),
];
