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

/** Transactions whose `begin` goes out with their first statement. */
const beginning = new WeakMap<pg.Client, string>();
/** What the server answered to a commit that went out behind the last statement of its transaction; knex has still to ask for it. */
const committed = new WeakMap<pg.Client, pg.QueryResult>();

/** Calls on one embedded connection run one after the other, so that a call's time begins when the database begins with it; a server counts by itself. */
const turns = new WeakMap<pg.Client, Promise<unknown>>();

/** knex's PostgreSQL dialect with a deadline for each call and with errors that say what the caller can do. */
export class DeadlineClient extends PostgresClient {
  override _query(connection: pg.Client, query: QueryObject): Promise<QueryObject> {
    if (wiringOf(this).serverKeepsTime) return this.timed(connection, query);
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
    const answered = isCommit(query) ? committed.get(connection) : undefined;
    if (answered) {
      committed.delete(connection);
      return refuseLostCommit({ ...query, response: answered });
    }
    const { expire, serverKeepsTime } = wiringOf(this);
    if (serverKeepsTime && isBegin(query)) {
      beginning.set(connection, query.sql);
      return { ...query, response: NOTHING };
    }
    const asked = query.queryContext?.deadlineMs;
    const deadlineMs = asked ?? INTERACTIVE_MS;
    const timer = setTimeout(() => expire(connection), deadlineMs + (serverKeepsTime ? BACKSTOP_MS : 0));
    try {
      if (asked === undefined || !serverKeepsTime) return refuseLostCommit(await this.sent(connection, query));
      await this.sent(connection, { sql: `set statement_timeout = ${String(Math.trunc(asked))}` });
      try {
        return await this.sent(connection, query);
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

  /** One statement, and in the same packet what begins its transaction and what ends it. */
  private async sent(connection: pg.Client, query: QueryObject): Promise<QueryObject> {
    const begin = beginning.get(connection);
    beginning.delete(connection);
    const { stream } = (connection as unknown as { connection: { stream: Duplex } }).connection;
    stream.cork();
    const begun = begin === undefined ? undefined : connection.query(begin);
    const done = super._query(connection, query);
    const ended = query.queryContext?.commits === true ? connection.query('commit') : undefined;
    stream.uncork();
    const [answer, , end] = await Promise.all([done, begun, ended]);
    if (end) committed.set(connection, end);
    return answer;
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

/** What knex hears of a `begin` that has yet to go out. */
const NOTHING = { command: 'BEGIN', rowCount: 0, oid: 0, fields: [], rows: [] } satisfies pg.QueryResult;

const isBegin = (query: QueryObject): boolean => /^begin\b/i.test(query.sql);
const isCommit = (query: QueryObject): boolean => /^commit\b/i.test(query.sql);

/**
 * PostgreSQL answers `commit` with ROLLBACK, and no error, when a statement of the transaction failed and the code went on:
 * the caller would acknowledge what was never stored.
 */
function refuseLostCommit(query: QueryObject): QueryObject {
  if (isCommit(query) && query.response?.command === 'ROLLBACK') {
    throw Object.assign(new Error('not committed: a statement of this transaction had failed'), { code: '25P02' });
  }
  return query;
}
