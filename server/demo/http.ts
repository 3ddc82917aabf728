/** The demo's people speak to the service as anybody does: HTTP, a session, and patience. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Endpoint, Part } from '../../shared/contract.ts';
import { signIn } from '../../shared/users.ts';

/** What a call is given; parts the endpoint does not have are left out. */
interface Asked<P, B> {
  params?: P;
  query?: Record<string, string>;
  body?: B;
}

export interface Person {
  /** Makes the call and gives its reply; throws CallFailed. Waits out 503 and 429, and signs in again after 401. */
  does<
    P extends Endpoint['params'],
    Q extends Endpoint['query'],
    B extends Endpoint['body'],
    R extends Endpoint['reply'],
  >(
    endpoint: Endpoint<P, Q, B, R>,
    asked?: Asked<Part<P>, Part<B>>,
  ): Promise<Part<R>>;
}

/** The service said no, or could not be reached (status 0). */
export class CallFailed extends Error {
  readonly status: number;
  constructor(name: string, status: number, detail: string) {
    super(`${name}: ${String(status)} ${detail}`);
    this.status = status;
  }
}

/** The service's address, which changes when the public port opens. */
export interface Line {
  origin: string;
}

const TRIES = 6;
const CALL_MS = 30_000;

function urlOf(origin: string, path: string, asked: { params?: unknown; query?: Record<string, string> }): string {
  const params = (asked.params ?? {}) as Record<string, unknown>;
  const filled = path.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(String(params[name])));
  const query = asked.query === undefined ? '' : `?${new URLSearchParams(asked.query).toString()}`;
  return `${origin}${filled}${query}`;
}

function send(
  line: Line,
  endpoint: Endpoint,
  asked: Asked<unknown, unknown>,
  cookie: string | null,
): Promise<Response> {
  const unsafe = endpoint.method !== 'GET';
  const headers: Record<string, string> = cookie === null ? {} : { cookie };
  // a table is sent as it is
  const file = typeof asked.body === 'string' ? asked.body : null;
  const type = file === null ? 'application/json' : 'text/csv';
  if (unsafe) Object.assign(headers, { 'content-type': type, 'x-requested-with': 'warmpath' });
  return fetch(urlOf(line.origin, endpoint.path, asked), {
    method: endpoint.method,
    headers,
    ...(unsafe ? { body: file ?? JSON.stringify(asked.body ?? {}) } : {}),
    signal: AbortSignal.timeout(CALL_MS),
  }).catch((error: unknown) => {
    throw new CallFailed(endpoint.name, 0, error instanceof Error ? error.message : String(error));
  });
}

async function enter(line: Line, username: string, password: string): Promise<string> {
  const response = await send(line, signIn, { body: { username, password } }, null);
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
  if (response.status !== 200 || cookie === undefined) {
    throw new CallFailed(`signIn as ${username}`, response.status, await response.text());
  }
  await response.arrayBuffer();
  return cookie;
}

const passing = (status: number): boolean => status === 429 || status === 503;

function caller(line: Line, cookieFor: ((renew: boolean) => Promise<string>) | null): Person {
  const attempt = async (
    endpoint: Endpoint,
    asked: Asked<unknown, unknown>,
    tries: number,
    renew: boolean,
  ): Promise<unknown> => {
    const cookie = cookieFor === null ? null : await cookieFor(renew);
    const response = await send(line, endpoint, asked, cookie);
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    const again = response.status === 401 && cookieFor !== null && !renew;
    if (tries > 1 && (again || passing(response.status))) {
      if (!again)
        await wait(Math.min(10, Number(response.headers.get('retry-after') ?? 1)) * 1000, undefined, { ref: false });
      return attempt(endpoint, asked, tries - 1, again);
    }
    throw new CallFailed(endpoint.name, response.status, text);
  };
  return {
    does: (endpoint, asked = {}) => attempt(endpoint, asked, TRIES, false) as never,
  };
}

/** Somebody without an account. */
export const passerBy = (line: Line): Person => caller(line, null);

/** Somebody with an account; signs in at the first call. The demo's own seven are called as their role. */
export function staffMember(line: Line, username: string, password = 'demo'): Person {
  let session: Promise<string> | null = null;
  return caller(line, (renew) => {
    if (renew) session = null;
    session ??= enter(line, username, password).catch((error: unknown) => {
      session = null;
      throw error;
    });
    return session;
  });
}
