import { readHealth } from '../../shared/live.ts';
import { Problem } from '../../shared/problems.ts';
import type { Database } from '../db/open.ts';
import { type Route, route } from '../http/route.ts';
import { lastSeq } from './log.ts';

/** 200 only when the database answers, its schema is there, and the node is not about to stop; else 503, and a proxy sends nothing here. */
export const healthRoute = (database: Database, version: string, draining: () => boolean): Route =>
  route(readHealth, async (ctx) => {
    if (draining()) throw new Problem('unavailable', [], { retryAfterS: 1 });
    return { status: 'ok' as const, version, database: database.kind, seq: await lastSeq(ctx.db) };
  });
