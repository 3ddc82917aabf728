/** How nouns offer their endpoints and pages; app.ts mounts them. */
import type { Request, Response } from 'express';
import type * as z from 'zod/mini';
import type { Endpoint, Part } from '../../shared/contract.ts';
import type { BothWords } from '../../shared/plans.ts';
import type { Locale } from '../../shared/stations.ts';
import type { BaseMap } from '../../shared/tiles.ts';
import type { Actor, Context, Staff } from '../context.ts';
import type { Outcome, Service } from '../realtime/command.ts';

type Schema = z.ZodMiniType;
export interface Input<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  /** the reader's language */
  locale: Locale;
  /** where the service is reached: the operator's public origin, else as the caller reached it */
  origin: string;
}

/** One of several calls that are run in one transaction. */
export interface Together<P, Q, B> {
  ctx: Context;
  input: Input<P, Q, B>;
}

/** An endpoint with what answers it. */
export interface Route {
  endpoint: Endpoint;
  /** what must be asked of other people's servers, before any transaction is open */
  first?: (service: Service, input: Input<never, never, never>) => Promise<void>;
  /** unsafe methods run inside the command's transaction, reads on the pool */
  handle?: (ctx: Context, input: Input<never, never, never>) => Promise<unknown>;
  /** runs calls of several callers in one transaction */
  together?: (
    calls: readonly Together<never, never, never>[],
    patient: boolean,
  ) => Promise<readonly Outcome<unknown>[]>;
  /** keeps its own transaction (group commit) and may answer 200 for a replay */
  answer?: (service: Service, actor: Actor, input: Input<never, never, never>) => Promise<Answer>;
  /** reads the request and writes the answer itself (uploads, files) */
  raw?: (
    service: Service,
    actor: Actor,
    input: Input<never, never, never>,
    http: { req: Request; res: Response },
  ) => Promise<void>;
  /**
   * Called by trackers, which have no session and are many behind one address: no cookie is looked at, so that no origin need
   * be judged, and neither body nor rate is judged by the framework.
   */
  bare?: (service: Service, http: { req: Request; res: Response }) => Promise<void>;
}
export interface Answer {
  status: number;
  body: unknown;
  replay?: boolean;
}

/** An ordinary endpoint: parsed input in, reply out. */
export function route<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  R extends Schema,
>(
  endpoint: Endpoint<P, Q, B, R>,
  handle: (ctx: Context, input: Input<Part<P>, Part<Q>, Part<B>>) => Promise<z.infer<R>>,
  first?: (service: Service, input: Input<Part<P>, Part<Q>, Part<B>>) => Promise<void>,
): Route {
  return { endpoint: endpoint, handle, ...(first ? { first } : {}) };
}

/**
 * An endpoint that is called by many at once, and each call must be on disk before it is answered: calls that come while others are written
 * are committed together. Each is judged by itself, in the order given, and writes only if it comes to a reply. Locks that others hold are
 * waited for only by the `patient`; else the error is Later, so that nobody waits for what somebody else needs.
 */
export function groupRoute<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  R extends Schema,
>(
  endpoint: Endpoint<P, Q, B, R>,
  together: (
    calls: readonly Together<Part<P>, Part<Q>, Part<B>>[],
    patient: boolean,
  ) => Promise<readonly Outcome<z.infer<R>>[]>,
): Route {
  return { endpoint, together };
}

/** An endpoint whose command opens its own transaction. */
export function ownRoute<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  R extends Schema,
>(
  endpoint: Endpoint<P, Q, B, R>,
  answer: (service: Service, actor: Actor, input: Input<Part<P>, Part<Q>, Part<B>>) => Promise<Answer>,
): Route {
  return { endpoint: endpoint, answer };
}

/** An endpoint that streams in or out. */
export function rawRoute<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  R extends Schema,
>(
  endpoint: Endpoint<P, Q, B, R>,
  raw: (
    service: Service,
    actor: Actor,
    input: Input<Part<P>, Part<Q>, Part<B>>,
    http: { req: Request; res: Response },
  ) => Promise<void>,
): Route {
  return { endpoint: endpoint, raw };
}

/** An endpoint of a protocol that was there before us: it reads, judges and limits by itself. */
export function bareRoute(endpoint: Endpoint, bare: NonNullable<Route['bare']>): Route {
  return { endpoint, bare };
}

/** What a server-rendered page may use. */
export interface PageContext {
  service: Service;
  actor: Actor;
  /** who is signed in but has still to set up a second factor; `actor` is then the public */
  enrolling: Staff | null;
  locale: Locale;
  /** translated words from the one catalogue */
  t: (key: string, values?: Record<string, string | number>) => string;
  /** tags for an entry of web/ (e.g. 'web/public/report.ts'): stylesheets and a module script, or '' while not built */
  assets: (entry: string) => { styles: readonly string[]; script: string | null };
  /** address of a picture the build made, or null while not built */
  file: (name: string) => string | null;
  /** newcomers are offered a tour: in the demonstration, while it plays */
  tour: boolean;
  /** tiles of the operator, or null: outlines only */
  tiles: BaseMap | null;
  /** what stations tell the public now, on pages that show it */
  notices: readonly PublicNotice[];
}
/** What a station tells everybody while a plan is on. */
export interface PublicNotice {
  /** its name */
  station: string;
  /** IANA zone in which its clocks go */
  timeZone: string;
  words: BothWords;
  /** ISO, from when it was told */
  since: string;
}
/** A server-rendered page; POST pages are the no-JavaScript forms, checked by Origin / Sec-Fetch-Site and parsed as urlencoded. */
export interface Page {
  method: 'GET' | 'POST';
  path: string;
  /** shows what stations tell the public */
  notices?: true;
  handle: (page: PageContext, req: Request, res: Response) => Promise<void>;
}
