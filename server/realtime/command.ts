import type { Knex } from 'knex';
import type { Actor, Context, Log } from '../context.ts';
import type { Database } from '../db/open.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Outside } from '../http/outbound.ts';
import { type AuditEntry, type Deed, writeFacts } from './record.ts';

/** What the process as a whole has; a Context is made from it for each call. */
export interface Service {
  database: Database;
  now: () => Date;
  log: Log;
  followKey: Buffer;
  /** other people's servers; without it none is called */
  outside?: Outside;
  /** what follows from anything a crew does, in the same transaction; `at` is when it was done where the call says so */
  crewSaid?: (ctx: Context, command: string, at: string | undefined) => Promise<void>;
}

/** A context outside any transaction, for reads. */
export function readContext(
  service: Service,
  actor: Actor,
  db: Knex | Knex.Transaction = service.database.knex,
): Context {
  return { db, now: service.now, actor, log: service.log, followKey: service.followKey, facts: [], subjects: [] };
}

/** Who gives a command, and what is written down of it. */
export interface Call {
  actor: Actor;
  audit: AuditEntry;
}
/** What became of one of several calls: its reply, or why it has none. */
export type Outcome<T> = { reply: T } | { error: unknown };
/** The error of a call that was put off: somebody else has what it needs, and it was not to be waited for. */
export class Later extends Error {}

/**
 * Runs the commands of several callers in one transaction: their rows, facts, audit rows and kept answers commit together or not at all. One
 * that comes to an error must have written nothing. It is a matter of that caller alone, while what `commands` throws undoes everything.
 */
export async function runTogether<T>(
  service: Service,
  calls: readonly Call[],
  commands: (contexts: readonly Context[], db: Knex.Transaction) => Promise<readonly Outcome<T>[]>,
): Promise<readonly Outcome<T>[]> {
  const { database } = service;
  let told = false;
  const outcomes = await inTransaction(database, async (trx) => {
    const contexts = calls.map(({ actor }) => readContext(service, actor, trx));
    const found = await commands(contexts, trx);
    const deeds = calls.flatMap(({ actor, audit }, n): Deed[] => {
      const [outcome, ctx] = [found[n], contexts[n]];
      if (!outcome || !ctx || 'error' in outcome) return [];
      const subjectIds = [...audit.subjectIds, ...ctx.subjects];
      return [{ actor, facts: ctx.facts, audit: { ...audit, subjectIds }, reply: outcome.reply }];
    });
    told = await writeFacts(trx, service.now(), deeds);
    return found;
  });
  if (told) database.committed();
  return outcomes;
}

/** Runs one command: its rows, its facts, its audit row and the kept answer commit together or not at all. */
export async function runCommand<T>(
  service: Service,
  actor: Actor,
  audit: AuditEntry,
  command: (ctx: Context) => Promise<T>,
): Promise<T> {
  const outcomes = await runTogether(service, [{ actor, audit }], (contexts) =>
    Promise.all(contexts.map(async (ctx) => ({ reply: await command(ctx) }))),
  );
  return replyOf(outcomes[0]);
}

/** The reply, or else its error is thrown. */
export function replyOf<T>(outcome: Outcome<T> | undefined): T {
  if (!outcome) throw new Error('a call was not answered');
  if ('error' in outcome) throw outcome.error;
  return outcome.reply;
}
