import { readHealth } from '../../shared/live.ts';
import type { Database } from '../db/open.ts';
import { type Route, route } from '../http/route.ts';
import { lastSeq } from './log.ts';

/** 200 only when the database answers and its schema is there; else the 503 that its failure becomes. */
export const healthRoute = (database: Database, version: string): Route =>
  route(readHealth, async (ctx) => ({
    status: 'ok' as const,
    version,
    database: database.kind,
    seq: await lastSeq(ctx.db),
  }));
