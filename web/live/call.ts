/** One HTTP call from the browser, typed by its endpoint in shared/. */
import type * as z from 'zod/mini';
import type { Endpoint } from '../../shared/contract.ts';
import type { FieldError } from '../../shared/problems.ts';
import { noteServerTime } from './clock.ts';

type Schema = z.ZodMiniType;
type Given<S, K extends string> = S extends Schema ? Record<K, z.input<S>> : Partial<Record<K, undefined>>;
/** What a call needs beside its endpoint: `params`, `query` and `body` as the schemas want them; `key` repeats an earlier try. */
export type CallInput<P, Q, B> = Given<P, 'params'> &
  Given<Q, 'query'> &
  Given<B, 'body'> & { key?: string; signal?: AbortSignal };
/** The query of a list has only optional parts, so it may be left out. */
type Lenient<T> = {
  [K in keyof T as Record<never, never> extends T[K] ? never : undefined extends T[K] ? never : K]: T[K];
} & Partial<T>;
type Rest<T> = Record<never, never> extends Lenient<T> ? [input?: Lenient<T>] : [input: Lenient<T>];

/** The server answered with a problem of shared/problems.ts; `code` has its words under `problem.<code>`. */
export class CallProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldError[];
  /** the row as it stands, on a version conflict */
  readonly current: unknown;
  /** seconds to wait, when the server says so */
  readonly retryAfterS: number | null;
  constructor(
    status: number,
    code: string,
    errors: readonly FieldError[] = [],
    current?: unknown,
    retryAfterS: number | null = null,
  ) {
    super(code);
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.current = current;
    this.retryAfterS = retryAfterS;
  }
}
/** No answer of our server came: no network, a time-out, or a captive portal that answered in its place. */
export class Offline extends Error {}

/** A request that is ready to go, as the outbox keeps it. */
export interface Outgoing {
  method: string;
  url: string;
  body: unknown;
  /** Idempotency-Key; also set when the body's own id is the key, where the server ignores it */
  key: string | null;
  /** the id a true answer carries; null when the answer's id is not known beforehand */
  expectId: string | null;
  /** sent beside the usual ones */
  headers?: Readonly<Record<string, string>>;
  /** with any, the body is a form of them */
  files?: readonly FilePart[];
}
export interface FilePart {
  /** field of the form */
  name: string;
  filename: string;
  blob: Blob;
}
export interface Answer {
  status: number;
  body: unknown;
}

const TIMEOUT_MS = 20_000;
/** A photo on a slow line: 2 MB at 20 kB/s. */
const FILES_TIMEOUT_MS = 120_000;
/** 'revoked': the station has taken this device out of service, and nothing may stay on it. */
export type SignedOut = 'ended' | 'revoked';
const listeners = new Set<(how: SignedOut) => void>();

/** Tells when an answer says that the session has ended, or opens nothing before a second factor is set up. Returns how to stop listening. */
export function whenSignedOut(listener: (how: SignedOut) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Puts parameters and query into an endpoint's path. */
export function urlOf(path: string, params: Record<string, unknown> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replace(/:([a-zA-Z]+)/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      search.set(name, String(value));
  const text = search.toString();
  return text === '' ? filled : `${filled}?${text}`;
}

/** Makes the request of an endpoint without sending it; a fresh key unless one is given or the body has its own id. */
export function outgoing(
  endpoint: Pick<Endpoint, 'method' | 'path' | 'status'>,
  input: Record<string, unknown> = {},
): Outgoing {
  const body = input['body'];
  const bodyId = isRecord(body) && typeof body['id'] === 'string' ? body['id'] : null;
  const safe = endpoint.method === 'GET';
  const key = safe || bodyId !== null ? null : typeof input['key'] === 'string' ? input['key'] : crypto.randomUUID();
  return {
    method: endpoint.method,
    url: urlOf(
      endpoint.path,
      isRecord(input['params']) ? input['params'] : {},
      isRecord(input['query']) ? input['query'] : {},
    ),
    body,
    key,
    expectId: endpoint.status === 201 ? bodyId : null,
  };
}

/**
 * Sends once. Any answer of our server comes back; throws Offline when none came.
 * A success counts only as JSON (and, for a create, with the id that was sent): a captive portal answers 200 too.
 */
export async function send(request: Outgoing, signal?: AbortSignal): Promise<Answer> {
  const abort = new AbortController();
  const files = request.files ?? [];
  const timer = setTimeout(() => abort.abort(), files.length > 0 ? FILES_TIMEOUT_MS : TIMEOUT_MS);
  const stop = (): void => abort.abort();
  signal?.addEventListener('abort', stop);
  try {
    const headers: Record<string, string> = { accept: 'application/json', ...request.headers };
    if (request.method !== 'GET') headers['x-requested-with'] = 'warmpath';
    if (request.body !== undefined) headers['content-type'] = 'application/json';
    if (request.key !== null) headers['idempotency-key'] = request.key;
    const init: RequestInit = {
      method: request.method,
      headers,
      credentials: 'same-origin',
      redirect: 'error',
      cache: 'no-store',
      signal: abort.signal,
    };
    if (request.body !== undefined) init.body = JSON.stringify(request.body);
    if (files.length > 0) init.body = formOf(files);
    const askedAt = performance.now();
    const response = await fetch(request.url, init);
    return await answerOf(response, request, performance.now() - askedAt);
  } catch (error) {
    if (error instanceof CallProblem || error instanceof Offline) throw error;
    throw new Offline('no answer', { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function formOf(files: readonly FilePart[]): FormData {
  const form = new FormData();
  for (const { name, filename, blob } of files) form.append(name, blob, filename);
  return form;
}

/** What our server said; `latencyMs` is how long it took. Throws CallProblem for a problem and Offline when it was not our server. */
export async function answerOf(
  response: Response,
  request: Pick<Outgoing, 'expectId'>,
  latencyMs = 0,
): Promise<Answer> {
  const type = response.headers.get('content-type') ?? '';
  if (!/^application\/(problem\+)?json/i.test(type)) {
    // a proxy in front of a restarting server answers in HTML too
    throw new Offline(response.ok ? 'not our server' : `status ${response.status}`);
  }
  const body: unknown = await response.json();
  const date = response.headers.get('date');
  if (!response.ok) {
    if (isRecord(body) && typeof body['code'] === 'string') noteServerTime(date, latencyMs);
    throw problemOf(response, body);
  }
  if (request.expectId !== null && !(isRecord(body) && body['id'] === request.expectId))
    throw new Offline('not our server');
  noteServerTime(date, latencyMs);
  return { status: response.status, body };
}

const endings: Readonly<Record<string, SignedOut | undefined>> = {
  unauthorized: 'ended',
  second_factor_needed: 'ended',
  session_revoked: 'revoked',
};

function problemOf(response: Response, body: unknown): CallProblem {
  const problem = isRecord(body) ? body : {};
  const code = typeof problem['code'] === 'string' ? problem['code'] : 'internal';
  const wait = Number(response.headers.get('retry-after'));
  const errors = Array.isArray(problem['errors']) ? (problem['errors'] as FieldError[]) : [];
  const how = endings[code];
  if (how) for (const listener of [...listeners]) listener(how);
  return new CallProblem(response.status, code, errors, problem['current'], wait > 0 ? wait : null);
}

/** Calls an endpoint. Throws CallProblem or Offline; a create or change that throws Offline may still have happened, so repeat it with the same id or `key`. */
export async function call<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  R extends Schema,
>(endpoint: Endpoint<P, Q, B, R>, ...[input]: Rest<CallInput<P, Q, B>>): Promise<z.infer<R>> {
  const given = (input ?? {}) as Record<string, unknown>;
  const answer = await send(outgoing(endpoint, given), given['signal'] as AbortSignal | undefined);
  return answer.body as z.infer<R>;
}
