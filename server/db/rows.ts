import type { Knex } from 'knex';

/** Named (`:name`) or positional (`?`) values of a statement; beside positional ones write `\\?` for a literal question mark. */
export type Bindings = Readonly<Record<string, unknown>> | readonly unknown[];

/** How a statement is run. */
export interface RunOptions {
  /** Milliseconds it may take instead of INTERACTIVE_MS; reports say REPORT_MS. */
  deadlineMs?: number;
  /** A name, unique for this SQL text, under which the server keeps its plan: for statements run hundreds of times a second. */
  prepare?: string;
}

/** The rows of one SQL statement; throws DatabaseUnavailable when the database cannot answer now. */
export async function rows<T>(
  db: Knex | Knex.Transaction,
  sql: string,
  bindings: Bindings = {},
  options: RunOptions = {},
): Promise<T[]> {
  const query = Array.isArray(bindings)
    ? db.raw(sql, bindings as Knex.RawBinding[])
    : byPosition(db, sql, bindings as Readonly<Record<string, unknown>>);
  if (options.deadlineMs !== undefined) query.queryContext({ deadlineMs: options.deadlineMs });
  if (options.prepare !== undefined) query.options({ name: options.prepare });
  const result = (await query) as { rows: T[] };
  return result.rows;
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
 * knex's own named bindings take the `:text` of `x::text` for a binding when there is one called `text`, and leave a
 * misspelt name in the SQL; so names are turned into positions here.
 */
function byPosition(db: Knex | Knex.Transaction, sql: string, bindings: Readonly<Record<string, unknown>>): Knex.Raw {
  const values: unknown[] = [];
  const positional = sql.replace(/::|\\\?|\?|:([a-zA-Z_]\w*)/g, (match, name: string | undefined) => {
    if (match === '?') return '\\?';
    if (name === undefined || !Object.hasOwn(bindings, name)) return match;
    if (bindings[name] === undefined) throw new Error(`the binding :${name} is undefined`);
    values.push(bindings[name]);
    return '?';
  });
  return db.raw(positional, values as Knex.RawBinding[]);
}
