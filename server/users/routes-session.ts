/** Coming in, leaving, and the second factor of whoever is in. */
import type { Request, Response } from 'express';
import type * as z from 'zod/mini';
import type { Endpoint } from '../../shared/contract.ts';
import { Problem } from '../../shared/problems.ts';
import {
  beginSecondFactor,
  confirmSecondFactor,
  endSecondFactor,
  signIn,
  signOut,
  whoAmI,
} from '../../shared/users.ts';
import { type Actor, type Context, staffOf } from '../context.ts';
import { bodyOf } from '../http/body.ts';
import { cookieOf, SESSION_COOKIE } from '../http/cookies.ts';
import type { Limits } from '../http/limits.ts';
import { type Route, rawRoute, route } from '../http/route.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { attempt, provePassword } from './attempt.ts';
import { beginFactor, confirmFactor, endFactor, proveFactor } from './commands-factor.ts';
import { closeSession, openSession, replaceSession, sessionCookie } from './commands.ts';
import { deviceWords } from './device-words.ts';
import { hashSecret } from './passwords.ts';
import { sessionOf, staffBySession, userById } from './queries.ts';

/** Failures are counted by address, and outlive the command's transaction: so these calls read their body themselves. */
async function enter(
  service: Service,
  limits: Limits,
  { req, res }: { req: Request; res: Response },
  secure: boolean,
): Promise<void> {
  if (!secure) throw new Problem('insecure_transport');
  const { username, password, totp } = await bodyOf(signIn, { req, res });
  const secret = await attempt(limits, { account: username, address: req.ip ?? '' }, async () => {
    const { id } = await provePassword(service, username, password);
    const audit = { command: 'signIn', subjectIds: [id], fields: [] };
    return runCommand(service, { kind: 'public' }, audit, async (ctx) => {
      await proveFactor(ctx, id, totp);
      const before = cookieOf(req.headers, SESSION_COOKIE);
      if (before !== undefined) await replaceSession(ctx, id, before);
      return (await openSession(ctx, id, deviceWords(req.headers['user-agent']))).secret;
    });
  });
  const staff = await staffBySession(service.database.knex, hashSecret(secret), service.now());
  if (!staff) throw new Problem('bad_credentials');
  res.cookie(SESSION_COOKIE, secret, sessionCookie);
  res.status(200).json(await sessionOf(service.database.knex, staff));
}

/** A call about the own second factor. A token is no person and has none. */
function ownFactor<B extends z.ZodMiniType, R extends z.ZodMiniType>(
  limits: Limits,
  endpoint: Endpoint<undefined, undefined, B, R>,
  command: (ctx: Context, body: z.infer<B>) => Promise<z.infer<R>>,
): Route {
  return rawRoute(endpoint, async (service, actor: Actor, _input, http) => {
    if (actor.kind !== 'user') throw new Problem('forbidden');
    const body = await bodyOf(endpoint, http);
    const user = await userById(service.database.knex, actor.id);
    if (!user) throw new Problem('unauthorized');
    const audit = { command: endpoint.name, subjectIds: [user.id], fields: [] };
    const reply = await attempt(limits, { account: user.username, address: http.req.ip ?? '' }, async () => {
      if (typeof body === 'object' && body !== null && 'password' in body)
        await provePassword(service, user.username, String(body.password));
      return runCommand(service, actor, audit, (ctx) => command(ctx, body));
    });
    http.res.status(endpoint.status).json(reply);
  });
}

/** `secureEnough` says whether this origin can keep a session safe; see http/cookies.ts. */
export const sessionRoutes = (limits: Limits, secureEnough: (req: Request) => boolean): Route[] => [
  rawRoute(signIn, (service, _actor, _input, http) => enter(service, limits, http, secureEnough(http.req))),
  route(whoAmI, async (ctx) => {
    const session = await sessionOf(ctx.db, staffOf(ctx));
    if (!session) throw new Problem('unauthorized');
    return session;
  }),
  rawRoute(signOut, async (service, actor, _input, { res }) => {
    await runCommand(service, actor, { command: 'signOut', subjectIds: [], fields: [] }, closeSession);
    res.clearCookie(SESSION_COOKIE, { ...sessionCookie, maxAge: 0 });
    res.status(200).json({});
  }),
  ownFactor(limits, beginSecondFactor, async (ctx, { totp }) => {
    await proveFactor(ctx, staffOf(ctx).id, totp);
    return beginFactor(ctx);
  }),
  ownFactor(limits, confirmSecondFactor, async (ctx, { totp }) => ({ recoveryCodes: await confirmFactor(ctx, totp) })),
  ownFactor(limits, endSecondFactor, async (ctx, { totp }) => {
    await endFactor(ctx, totp);
    return {};
  }),
];
