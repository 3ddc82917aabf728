/** One HTTP call described once: the server serves it, clients call it, OpenAPI and the authorisation matrix are made from it. */
import * as z from 'zod/mini';
import type { Role } from './roles.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
/** Who may call: everybody without a session, or the roles named. Scope (which stations' rows) is decided in the queries. */
export type Who = 'public' | readonly Role[];
type Schema = z.ZodMiniType;
/** What a call without the given part has in its place. */
export type Part<S> = S extends Schema ? z.infer<S> : undefined;

export interface Endpoint<
  P extends Schema | undefined = Schema | undefined,
  Q extends Schema | undefined = Schema | undefined,
  B extends Schema | undefined = Schema | undefined,
  R extends Schema = Schema,
> {
  /** operationId and the command's name in the audit log */
  name: string;
  method: Method;
  /** express style, `/api/incidents/:id` */
  path: string;
  who: Who;
  summary: string;
  params: P;
  query: Q;
  body: B;
  reply: R;
  /** 201 for creates, 202 for intake, else 200 */
  status: number;
  /** largest body in bytes; 102,400 unless said */
  limit: number;
  /**
   * 'id': the body's `id` is the idempotency key. 'header': `Idempotency-Key` is honoured.
   * 'never': the answer holds a secret and is not kept. 'self': the command keeps its own promise (intake).
   */
  replay: 'id' | 'header' | 'never' | 'self';
  /** every look is written to the audit log for roles named here (inspectors read, logged) */
  logged: boolean;
  /** open as well to whoever has still to set up the second factor that the station wants */
  enrolling: boolean;
}

type Input<P, Q, B, R> = Pick<Endpoint, 'name' | 'method' | 'path' | 'who' | 'summary'> &
  Partial<Pick<Endpoint, 'status' | 'limit' | 'replay' | 'logged' | 'enrolling'>> & {
    params?: P;
    query?: Q;
    body?: B;
    reply: R;
  };

/** Declares an endpoint; what is not said gets the ordinary value. */
export function endpoint<
  R extends Schema,
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(input: Input<P, Q, B, R>): Endpoint<P, Q, B, R> {
  return {
    status: 200,
    limit: 102_400,
    replay: 'header',
    logged: false,
    enrolling: false,
    ...input,
    params: input.params as P,
    query: input.query as Q,
    body: input.body as B,
  };
}

/** The reply of a list: at most `limit` items and where to go on. */
export function listOf<T extends Schema>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.nullable(z.string()) });
}

/** `limit` and `cursor` of every list, to be spread into a query's strict object. */
export const paging = {
  limit: z.optional(
    z.pipe(
      z.string().check(z.regex(/^[1-9]\d{0,9}(e\d{1,2})?$/)),
      z.transform((text: string) => Math.min(Number(text), 500)),
    ),
  ),
  cursor: z.optional(z.string().check(z.maxLength(200))),
};
