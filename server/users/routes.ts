import type { Request } from 'express';
import {
  createToken,
  createUser,
  importUsers,
  listSessions,
  listTokens,
  listUsers,
  revokeSession,
  revokeToken,
  updateUser,
} from '../../shared/users.ts';
import { Problem } from '../../shared/problems.ts';
import { type Context, staffOf } from '../context.ts';
import { readCsvBody } from '../http/csv-body.ts';
import type { Limits } from '../http/limits.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { rawRoute, type Route, route } from '../http/route.ts';
import { addToken, addUser, changeUser, deviceAsker, endToken, revokeDevice } from './commands.ts';
import { importPeople } from './commands-import.ts';
import { devicesOf, personForDevices, tokensOf, usersOf } from './queries.ts';
import { sessionRoutes } from './routes-session.ts';

/**
 * `secureEnough` says whether this origin can keep a session safe; see http/cookies.ts. `aroundOuting` runs a change of a
 * person and tells those who see the outing that this person is on.
 */
export const userRoutes = (
  limits: Limits,
  secureEnough: (req: Request) => boolean,
  aroundOuting: <T>(ctx: Context, userId: string, change: () => Promise<T>) => Promise<T>,
): Route[] => [
  ...sessionRoutes(limits, secureEnough),
  route(listUsers, async (ctx, { query }) => {
    const { after, limit } = cursorOf(query);
    const found = await usersOf(ctx.db, staffOf(ctx).stationId, { role: query.role ?? null, after, limit });
    return pageOf(found, limit, (user) => user.id);
  }),
  route(createUser, (ctx, { body }) => addUser(ctx, body)),
  rawRoute(importUsers, async (service, actor, { query }, { req, res }) => {
    const dryRun = query.dryRun === 'true';
    const answer = await importPeople(service, actor, await readCsvBody(importUsers, req, res), dryRun);
    res.status(dryRun ? 200 : importUsers.status).json(answer);
  }),
  route(updateUser, (ctx, { params, body }) => aroundOuting(ctx, params.id, () => changeUser(ctx, params.id, body))),
  route(listSessions, async (ctx, { params }) => {
    if (!(await personForDevices(ctx.db, params.id, deviceAsker(ctx)))) throw new Problem('not_found');
    return { items: await devicesOf(ctx.db, params.id, staffOf(ctx).sessionId, ctx.now()), nextCursor: null };
  }),
  route(revokeSession, (ctx, { params }) => revokeDevice(ctx, params.id)),
  route(listTokens, async (ctx) => ({ items: await tokensOf(ctx.db, staffOf(ctx).stationId), nextCursor: null })),
  route(createToken, (ctx, { body }) => addToken(ctx, body)),
  route(revokeToken, (ctx, { params }) => endToken(ctx, params.id)),
];
