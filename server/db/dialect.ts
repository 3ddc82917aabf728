import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { asDatabaseError } from './errors.ts';
import type { PostgresDialect, QueryObject } from './knex-postgres.ts';
import { PostgresClient } from './knex-postgres.ts';

/** Milliseconds an ordinary call may take on either database. */
export const INTERACTIVE_MS = 10_000;
/** Milliseconds a report may take: `{ deadlineMs: REPORT_MS }` in rows(), or `.queryContext(...)` on a builder. */
export const REPORT_MS = 60_000;
/** Milliseconds a migration's statement may take; an index over a city's years of rows takes minutes. */
export const MIGRATION_MS = 30 * 60_000;

/** What the clients below need to know; carried in knex's configuration because a transaction's client has only that. */
export interface Wiring {
  /** Ends a connection whose call passed its deadline, so that the call and all later ones on it fail. */
  expire: (connection: pg.Client) => void;
  /** True where the server itself stops a statement at `statement_timeout`; the expiry is then only a backstop. */
  serverKeepsTime: boolean;
  /** A fresh connection to the embedded database. */
  stream?: () => Duplex;
}

/** After the server's own timeout this many milliseconds pass before the connection is given up: a dead network says nothing. */
const BACKSTOP_MS = 5_000;

/** Calls on one connection run one after the other, so that a call's time begins when the database begins with it. */
const turns = new WeakMap<pg.Client, Promise<unknown>>();

/** knex's PostgreSQL dialect with a deadline for each call and with errors that say what the caller can do. */
export class DeadlineClient extends PostgresClient {
  override _query(connection: pg.Client, query: QueryObject): Promise<QueryObject> {
    const turn = (turns.get(connection) ?? Promise.resolve()).then(() => this.timed(connection, query));
    turns.set(
      connection,
      turn.catch(() => undefined),
    );
    return turn;
  }

  override async acquireConnection(): Promise<pg.Client> {
    try {
      return await super.acquireConnection();
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  private async timed(connection: pg.Client, query: QueryObject): Promise<QueryObject> {
    const { expire, serverKeepsTime } = wiringOf(this);
    const asked = query.queryContext?.deadlineMs;
    const deadlineMs = asked ?? INTERACTIVE_MS;
    const timer = setTimeout(() => expire(connection), deadlineMs + (serverKeepsTime ? BACKSTOP_MS : 0));
    try {
      if (asked === undefined || !serverKeepsTime) return refuseLostCommit(await super._query(connection, query));
      await connection.query(`set statement_timeout = ${String(Math.trunc(asked))}`);
      try {
        return await super._query(connection, query);
      } finally {
        // In a failed transaction this fails too, and the rollback restores the setting.
        await connection.query(`set statement_timeout = ${String(INTERACTIVE_MS)}`).catch(() => undefined);
      }
    } catch (error) {
      throw asDatabaseError(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The same dialect, speaking through a worker thread instead of a socket. */
export class EmbeddedClient extends DeadlineClient {
  override async _acquireOnlyConnection(): Promise<pg.Client> {
    const stream = wiringOf(this).stream;
    const connection = new this.driver.Client({ ...this.connectionSettings, stream: stream as () => Duplex });
    const dispose = (why: unknown) => {
      (connection as { __knex__disposed?: unknown }).__knex__disposed = why;
    };
    connection.on('error', dispose);
    connection.on('end', () => dispose('the embedded database was closed'));
    await connection.connect();
    return connection;
  }
}

function wiringOf(client: PostgresDialect): Wiring {
  return (client.config as { wiring?: Wiring }).wiring as Wiring;
}

/**
 * PostgreSQL answers `commit` with ROLLBACK, and no error, when a statement of the transaction failed and the code went on:
 * the caller would acknowledge what was never stored.
 */
function refuseLostCommit(query: QueryObject): QueryObject {
  if (/^commit\b/i.test(query.sql) && query.response?.command === 'ROLLBACK') {
    throw Object.assign(new Error('not committed: a statement of this transaction had failed'), { code: '25P02' });
  }
  return query;
}
