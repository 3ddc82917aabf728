import type { Knex } from 'knex';
import type { Actor, Context, Log } from '../context.ts';
import type { Database } from '../db/open.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Outside } from '../http/outbound.ts';
import { type AuditEntry, writeFacts } from './record.ts';

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

/** Runs one command: its rows, its facts, its audit row and the kept answer commit together or not at all. */
export async function runCommand<T>(
  service: Service,
  actor: Actor,
  audit: AuditEntry,
  command: (ctx: Context) => Promise<T>,
): Promise<T> {
  const { database } = service;
  let told = false;
  const reply = await inTransaction(database, async (trx) => {
    const ctx = readContext(service, actor, trx);
    const result = await command(ctx);
    const entry = { ...audit, subjectIds: [...audit.subjectIds, ...ctx.subjects] };
    told = await writeFacts(trx, service.now(), actor, ctx.facts, entry, result);
    return result;
  });
  if (told) database.committed();
  return reply;
}
