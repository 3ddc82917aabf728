import type { Knex } from 'knex';
import { DatabaseUnavailable, isRetriable } from './errors.ts';

/** How a transaction sees others' work; read committed unless said. */
export interface TransactionOptions {
  isolation?: 'read committed' | 'repeatable read';
  readOnly?: boolean;
}

const ATTEMPTS = 3;

/**
 * Runs `fn` in one transaction: committed when it returns, rolled back when it throws. A deadlock or serialization failure
 * runs `fn` again from the start (3 attempts in all, then DatabaseUnavailable), so `fn` may do nothing but database work.
 */
export async function inTransaction<T>(
  database: { knex: Knex },
  fn: (trx: Knex.Transaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce(database.knex, fn, options);
    } catch (error) {
      if (!isRetriable(error)) throw error;
      if (attempt === ATTEMPTS)
        throw new DatabaseUnavailable('busy', 'the transaction kept colliding with others', error);
      // Two that collided must not meet again.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
    }
  }
}

async function attemptOnce<T>(
  knex: Knex,
  fn: (trx: Knex.Transaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  let thrown: { error: unknown } | undefined;
  const config: Knex.TransactionConfig = {};
  if (options.isolation !== undefined) config.isolationLevel = options.isolation;
  if (options.readOnly === true) config.readOnly = true;
  try {
    return await knex.transaction(async (trx) => {
      try {
        return await fn(trx);
      } catch (error) {
        thrown = { error };
        throw error;
      }
    }, config);
  } catch (error) {
    // On a lost connection the rollback fails too, and knex would tell of that instead of the reason.
    throw thrown === undefined ? error : thrown.error;
  }
}
