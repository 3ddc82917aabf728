import type { Request, Response } from 'express';
import { Problem } from '../../shared/problems.ts';
import {
  createToken,
  createUser,
  listTokens,
  listUsers,
  revokeToken,
  signIn,
  signOut,
  updateUser,
  whoAmI,
} from '../../shared/users.ts';
import { type Staff, staffOf } from '../context.ts';
import { readBody } from '../http/body.ts';
import { SESSION_COOKIE } from '../http/cookies.ts';
import { addressPrefix, type Limits } from '../http/limits.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, rawRoute, route } from '../http/route.ts';
import { fieldErrors } from '../../shared/problems.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { addToken, addUser, changeUser, closeSession, endToken, openSession, SESSION_HOURS } from './commands.ts';
import { verifyPassword } from './passwords.ts';
import { credentialsOf, sessionOf, staffBySession, tokensOf, usersOf } from './queries.ts';
import { hashSecret } from './passwords.ts';

const cookie = { httpOnly: true, secure: true, sameSite: 'lax', path: '/', maxAge: SESSION_HOURS * 3_600_000 } as const;

/** The last attempt on each account that is still being judged. */
const judging = new Map<string, Promise<unknown>>();

/** One attempt on an account after the other: a hundred at once would all be let in before the first failure counts. */
async function inTurn<T>(account: string, attempt: () => Promise<T>): Promise<T> {
  const before = judging.get(account) ?? Promise.resolve();
  const mine = before.then(attempt, attempt);
  judging.set(account, mine);
  try {
    return await mine;
  } finally {
    if (judging.get(account) === mine) judging.delete(account);
  }
}

async function enter(service: Service, limits: Limits, req: Request, res: Response, secure: boolean): Promise<void> {
  if (!secure) throw new Problem('insecure_transport');
  const parsed = signIn.body.safeParse(await readBody(signIn, req, res));
  if (!parsed.success) throw new Problem('invalid', fieldErrors(parsed.error.issues, req.body));
  const { username, password } = parsed.data;
  const staff = await inTurn(username, () => judge(service, limits, req.ip ?? '', username, password));
  res.cookie(SESSION_COOKIE, staff.secret, cookie);
  res.status(200).json(await sessionOf(service.database.knex, staff));
}

async function judge(
  service: Service,
  limits: Limits,
  address: string,
  username: string,
  password: string,
): Promise<Staff & { secret: string }> {
  await limits.signInAllowed(username, address);
  const known = await credentialsOf(service.database.knex, username);
  const right = await verifyPassword(known?.passwordHash, password);
  if (!known || !right || !known.active) {
    await limits.signInFailed(username, addressPrefix(address));
    throw new Problem('bad_credentials');
  }
  await limits.signInDone(username);
  const opened = await runCommand(
    service,
    { kind: 'public' },
    { command: 'signIn', subjectIds: [known.id], fields: [] },
    (ctx) => openSession(ctx, known.id),
  );
  const staff = await staffBySession(service.database.knex, hashSecret(opened.secret), service.now());
  if (!staff) throw new Problem('bad_credentials');
  return { ...staff, secret: opened.secret };
}

/** `secureEnough` says whether this origin can keep a session safe; see http/cookies.ts. */
export const userRoutes = (limits: Limits, secureEnough: (req: Request) => boolean): Route[] => [
  rawRoute(signIn, (service, _actor, _input, { req, res }) => enter(service, limits, req, res, secureEnough(req))),
  route(whoAmI, async (ctx) => {
    const session = await sessionOf(ctx.db, staffOf(ctx));
    if (!session) throw new Problem('unauthorized');
    return session;
  }),
  rawRoute(signOut, async (service, actor, _input, { res }) => {
    await runCommand(service, actor, { command: 'signOut', subjectIds: [], fields: [] }, closeSession);
    res.clearCookie(SESSION_COOKIE, { ...cookie, maxAge: 0 });
    res.status(200).json({});
  }),
  route(listUsers, async (ctx, { query }) => {
    const { after, limit } = cursorOf(query);
    const found = await usersOf(ctx.db, staffOf(ctx).stationId, { role: query.role ?? null, after, limit });
    return pageOf(found, limit, (user) => user.id);
  }),
  route(createUser, (ctx, { body }) => addUser(ctx, body)),
  route(updateUser, (ctx, { params, body }) => changeUser(ctx, params.id, body)),
  route(listTokens, async (ctx) => ({ items: await tokensOf(ctx.db, staffOf(ctx).stationId), nextCursor: null })),
  route(createToken, (ctx, { body }) => addToken(ctx, body)),
  route(revokeToken, (ctx, { params }) => endToken(ctx, params.id)),
];
