import type { Knex } from 'knex';
import { createRequire } from 'node:module';
import type pg from 'pg';

/** What knex hands to its dialect for one statement. */
export interface QueryObject {
  sql: string;
  bindings?: readonly unknown[];
  /** what the driver takes beside text and values */
  options?: { name: string };
  queryContext?: { deadlineMs?: number; commits?: boolean };
  response?: pg.QueryResult;
}

/** The parts of knex's PostgreSQL dialect that ours builds on. */
export interface PostgresDialect {
  config: Knex.Config;
  driver: typeof pg;
  connectionSettings: pg.ClientConfig;
  _query(connection: pg.Client, query: QueryObject): Promise<QueryObject>;
  _acquireOnlyConnection(): Promise<pg.Client>;
  acquireConnection(): Promise<pg.Client>;
  releaseConnection(connection: pg.Client): Promise<void>;
  emit(event: 'query', query: QueryObject): boolean;
}

// The class is a part of knex, but not of its types, hence no import.
/** knex's PostgreSQL dialect. */
export const PostgresClient = createRequire(import.meta.url)('knex/lib/dialects/postgres/index.js') as new (
  config: Knex.Config,
) => PostgresDialect;
