/** Answers one endpoint: limits, who may, parse once, run, write. */
import type { Request, Response } from 'express';
import type * as z from 'zod/mini';
import type { Endpoint } from '../../shared/contract.ts';
import { type FieldError, fieldErrors, Problem } from '../../shared/problems.ts';
import type { Actor, Context, Staff } from '../context.ts';
import { readContext, runCommand, type Service } from '../realtime/command.ts';
import { readBody } from './body.ts';
import { sendJson } from './compressed.ts';
import { cookieOf, fromOwnOrigin } from './cookies.ts';
import { claim, fingerprint, Replay } from './idempotency.ts';
import { addressPrefix, type Limits } from './limits.ts';
import type { Answer, Input, Route } from './route.ts';
import { grouped } from './together.ts';
import { chooseLocale } from './words.ts';

export interface Gate {
  service: Service;
  limits: Limits;
  publicOrigin: string | null;
  authenticate(req: Request): Promise<Staff | null>;
  /** whether whoever is not signed in holds the cookie of a session that was taken out of service */
  holdsRevoked(req: Request): Promise<boolean>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function parse(schema: z.ZodMiniType | undefined, input: unknown, root: string): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = fieldErrors(result.error.issues, input, root);
  throw new Problem(errors.some(({ code }) => code === 'place_missing') ? 'place_missing' : 'invalid', errors);
}

/** A parameter given twice is a mistake, or a trick: neither is guessed at. */
function parseQuery(endpoint: Endpoint, req: Request): unknown {
  const query = req.query as Record<string, unknown>;
  const twice: FieldError[] = Object.keys(query)
    .filter((key) => Array.isArray(query[key]))
    .map((key) => ({ path: `/query/${key}`, code: 'array', message: 'given more than once' }));
  if (twice.length > 0) throw new Problem('invalid', twice);
  return parse(endpoint.query, { ...query }, '/query');
}

function parseParams(endpoint: Endpoint, req: Request): unknown {
  if (!endpoint.params) return undefined;
  const result = endpoint.params.safeParse(req.params);
  // What is no id names nothing.
  if (!result.success) throw new Problem('not_found');
  return result.data;
}

function keyOf(endpoint: Endpoint, req: Request, body: unknown): string | null {
  const header = req.headers['idempotency-key'];
  if (header !== undefined && (typeof header !== 'string' || !UUID.test(header)))
    throw new Problem('bad_idempotency_key');
  if (endpoint.replay === 'id') return (body as { id: string }).id;
  return endpoint.replay === 'header' && header !== undefined ? header.toLowerCase() : null;
}

/** Cookies travel by themselves, so a page of another site must not be able to use them. */
function judgeOrigin(gate: Gate, req: Request, staff: Staff | null): void {
  if (!fromOwnOrigin(req.headers, gate.publicOrigin)) throw new Problem('bad_origin');
  if (staff?.kind === 'user' && req.headers['x-requested-with'] !== 'warmpath') throw new Problem('bad_origin');
}

function judgeRole(endpoint: Endpoint, staff: Staff | null, revoked: boolean): void {
  if (endpoint.who === 'public') return;
  if (!staff) throw new Problem(revoked ? 'session_revoked' : 'unauthorized');
  if (!endpoint.who.includes(staff.role)) throw new Problem('forbidden');
  if (staff.mustEnrol && !endpoint.enrolling) throw new Problem('second_factor_needed');
}

/** What was changed: fields of the body, or what the path names by a word (a rule). */
const fieldsOf = (params: unknown, body: unknown): string[] => [
  ...(typeof params === 'object' && params !== null && 'key' in params && typeof params.key === 'string'
    ? [params.key]
    : []),
  ...(typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body) : []),
];

const subjectsOf = (params: unknown, body: unknown): string[] =>
  [params, body].flatMap((part) =>
    typeof part === 'object' && part !== null && 'id' in part && typeof part.id === 'string' ? [part.id] : [],
  );

/** When a call was made on the phone, where its body says so. */
const madeAt = (body: unknown): string | undefined =>
  typeof body === 'object' && body !== null && 'at' in body && typeof body.at === 'string' ? body.at : undefined;

type Take = ReturnType<typeof grouped>;

async function run(
  gate: Gate,
  route: Route,
  together: Take | null,
  actor: Actor,
  input: Input<unknown, unknown, unknown>,
  req: Request,
): Promise<Answer> {
  const { endpoint, first, handle, answer } = route;
  const { service } = gate;
  await first?.(service, input as never);
  if (answer) return answer(service, actor, input as never);
  const about = {
    command: endpoint.name,
    subjectIds: subjectsOf(input.params, input.body),
    fields: fieldsOf(input.params, input.body),
  };
  const reply = (ctx: Context): Promise<unknown> => {
    if (!handle) throw new Error(`${endpoint.name} has no handler`);
    return handle(ctx, input as never);
  };
  if (endpoint.method === 'GET') {
    const logged = endpoint.logged && 'role' in actor && actor.role === 'inspector';
    // An inspector's look is written down before it is given.
    if (logged) return { status: 200, body: await runCommand(service, actor, about, reply) };
    return { status: 200, body: await reply(readContext(service, actor)) };
  }
  const key = keyOf(endpoint, req, input.body);
  const claims = key === null ? [] : [{ key, print: fingerprint(endpoint, actor, input.params, input.body) }];
  const audit = { ...about, keep: key === null ? undefined : { key, status: endpoint.status } };
  const after = async (ctx: Context): Promise<void> => {
    if ('role' in actor && actor.role === 'crew') await service.crewSaid?.(ctx, endpoint.name, madeAt(input.body));
  };
  if (together)
    return { status: endpoint.status, body: await together(service, { actor, audit, input, claims, after }) };
  const body = await runCommand(service, actor, audit, async (ctx) => {
    for (const { key: own, print } of claims) await claim(ctx.db, own, print, ctx.now());
    const replied = await reply(ctx);
    await after(ctx);
    return replied;
  });
  return { status: endpoint.status, body };
}

/** The Express handler of a route. Throws Problems; serve.ts writes them. */
export function answerer(gate: Gate, route: Route): (req: Request, res: Response) => Promise<void> {
  const { endpoint, raw, bare } = route;
  const unsafe = endpoint.method !== 'GET';
  const together = route.together ? grouped(route.together) : null;
  return async (req, res) => {
    res.setHeader('Cache-Control', 'no-store');
    if (bare) {
      await bare(gate.service, { req, res });
      return;
    }
    const staff = await gate.authenticate(req);
    if (unsafe) judgeOrigin(gate, req, staff);
    if (staff) await gate.limits.call('staff', staff.sessionId ?? staff.id);
    else await gate.limits.call(unsafe ? 'publicWrites' : 'publicReads', addressPrefix(req.ip ?? ''));
    judgeRole(endpoint, staff, staff === null && endpoint.who !== 'public' && (await gate.holdsRevoked(req)));
    // Whoever has still to set up a second factor is, for what is open to all, anybody.
    const known = staff?.mustEnrol === true && endpoint.who === 'public' ? null : staff;
    const actor: Actor = known ?? { kind: 'public' };
    const params = parseParams(endpoint, req);
    const query = parseQuery(endpoint, req);
    const locale = chooseLocale(req.query['lang'], cookieOf(req.headers, 'lang'), req.headers['accept-language']);
    const origin = gate.publicOrigin ?? `${req.protocol}://${req.headers.host ?? ''}`;
    if (raw) {
      await raw(gate.service, actor, { params, query, body: undefined, locale, origin } as never, { req, res });
      return;
    }
    const body = unsafe ? parse(endpoint.body, await readBody(endpoint, req, res), '') : undefined;
    if (unsafe) keyOf({ ...endpoint, replay: 'header' }, req, body);
    try {
      const answer = await run(gate, route, together, actor, { params, query, body, locale, origin }, req);
      if (answer.replay === true) res.setHeader('Idempotent-Replay', 'true');
      if (unsafe) res.status(answer.status).json(answer.body);
      else await sendJson(req, res, answer.status, answer.body);
    } catch (thrown) {
      if (!(thrown instanceof Replay)) throw thrown;
      res.setHeader('Idempotent-Replay', 'true');
      res.status(thrown.status).json(thrown.body);
    }
  };
}
