import type { Knex } from 'knex';
import type { PostgresDialect, QueryObject } from './knex-postgres.ts';

/** Named (`:name`) or positional (`?`) values of a statement; beside positional ones write `\\?` for a literal question mark. */
export type Bindings = Readonly<Record<string, unknown>> | readonly unknown[];

/** How a statement is run. */
export interface RunOptions {
  /** Milliseconds it may take instead of INTERACTIVE_MS; reports say REPORT_MS. */
  deadlineMs?: number;
  /** A name, unique for this SQL text, under which the server keeps its plan: for statements run hundreds of times a second. */
  prepare?: string;
  /** It is the last of its transaction: the commit goes out right behind it, so that its locks are not held while this process wakes. */
  commits?: boolean;
}

/** The rows of one SQL statement; throws DatabaseUnavailable when the database cannot answer now. */
export async function rows<T>(
  db: Knex | Knex.Transaction,
  sql: string,
  bindings: Bindings = {},
  { prepare, ...queryContext }: RunOptions = {},
): Promise<T[]> {
  const { text, names } = compiled(sql, bindings);
  const values = Array.isArray(bindings) ? bindings : names.map((name) => valueOf(bindings, name));
  const client = db.client as PostgresDialect;
  if (db.isTransaction === true && (db as Knex.Transaction).isCompleted()) throw new Error('the transaction is over');
  // Straight to the dialect: knex's builder for raw SQL costs as much as many of our statements.
  const connection = await client.acquireConnection();
  try {
    const query: QueryObject = { sql: text, bindings: values, queryContext };
    if (prepare !== undefined) query.options = { name: prepare };
    client.emit('query', query);
    const { response } = await client._query(connection, query);
    return (response?.rows ?? []) as T[];
  } finally {
    await client.releaseConnection(connection);
  }
}

/** The first row, or undefined when there is none. */
export async function row<T>(
  db: Knex | Knex.Transaction,
  sql: string,
  bindings: Bindings = {},
  options: RunOptions = {},
): Promise<T | undefined> {
  const [first] = await rows<T>(db, sql, bindings, options);
  return first;
}

/** The only row; throws when there are none or several, which is a bug in the caller. */
export async function one<T>(
  db: Knex | Knex.Transaction,
  sql: string,
  bindings: Bindings = {},
  options: RunOptions = {},
): Promise<T> {
  const found = await rows<T>(db, sql, bindings, options);
  if (found.length !== 1) throw new Error(`expected one row, got ${String(found.length)}: ${sql}`);
  return found[0] as T;
}

/**
 * Statements of one transaction that were sent one behind the other without waiting in between; the database runs them in that order, each
 * with what it sees then. Throws what went wrong first: whatever follows a failure fails of it.
 */
export async function inTurn<T extends readonly Promise<unknown>[]>(
  ...statements: T
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  for (const answer of await Promise.allSettled(statements)) if (answer.status === 'rejected') throw answer.reason;
  return Promise.all(statements);
}

function valueOf(bindings: Bindings, name: string): unknown {
  const value = (bindings as Readonly<Record<string, unknown>>)[name];
  if (value === undefined) throw new Error(`the binding :${name} is undefined`);
  return value;
}

interface Compiled {
  /** names there were values for: the same text with others is another statement */
  bound: string;
  text: string;
  /** of each position, in order */
  names: readonly string[];
}
/** Statements are few and run often; what is made of parts by chance must not fill the memory. */
const KNOWN_STATEMENTS = 5_000;
const known = new Map<string, Compiled>();

function compiled(sql: string, bindings: Bindings): Compiled {
  const bound = Array.isArray(bindings) ? '' : Object.keys(bindings).join();
  const before = known.get(sql);
  if (before?.bound === bound) return before;
  const made = { bound, ...(Array.isArray(bindings) ? byPosition(sql) : byName(sql, bindings)) };
  if (known.size >= KNOWN_STATEMENTS) known.clear();
  known.set(sql, made);
  return made;
}

/** `?` are positions, `\\?` is the operator. */
function byPosition(sql: string): Omit<Compiled, 'bound'> {
  let position = 0;
  return {
    text: sql.replace(/\\\?|\?/g, (match) => (match === '?' ? `$${String((position += 1))}` : '?')),
    names: [],
  };
}

/**
 * Only names that are bound are bindings: `x::text` stays a cast when there is one called `text`, and `:nn` in a format is no name.
 * Each place is a position of its own, so that the server finds a type for each.
 */
function byName(sql: string, bindings: object): Omit<Compiled, 'bound'> {
  const names: string[] = [];
  const text = sql.replace(/::|\\\?|:([a-zA-Z_]\w*)/g, (match, name: string | undefined) => {
    if (match === '\\?') return '?';
    if (name === undefined || !Object.hasOwn(bindings, name)) return match;
    names.push(name);
    return `$${String(names.length)}`;
  });
  return { text, names };
}
