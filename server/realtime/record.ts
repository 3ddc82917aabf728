import type { Knex } from 'knex';
import type { EventType, Fact } from '../../shared/events.ts';
import type { Actor, Context } from '../context.ts';
import { EVENT_LOCK } from '../db/locks.ts';
import { rows } from '../db/rows.ts';

/** Tells a fact: it is written as the last step of the command's transaction and reaches every viewer entitled to it. */
export function record<T extends EventType>(ctx: Pick<Context, 'facts'>, fact: Fact<T>): void {
  ctx.facts.push(fact);
}

/** Who did what to which rows; field names only, never their values. `keep` names the claimed key under which the answer is kept for a repeated call. */
export interface AuditEntry {
  command: string;
  subjectIds: readonly string[];
  fields: readonly string[];
  keep?: { key: string; status: number } | undefined;
}

/**
 * Writes facts, the audit row and the answer to keep in one statement, and commits; true when there were facts. The lock of the log is
 * taken here and the commit follows at once, so that it is held for no turn of this process.
 */
export async function writeFacts(
  db: Knex | Knex.Transaction,
  at: Date,
  actor: Actor,
  facts: readonly Fact[],
  audit: AuditEntry,
  reply: unknown,
): Promise<boolean> {
  // A timed job that found nothing to do has done nothing to write down.
  if (actor.kind === 'system' && facts.length === 0) return false;
  const staff = 'role' in actor ? actor : null;
  await rows(
    db,
    `with audited as (
       insert into audit (at, actor_kind, actor_id, station_id, command, subject_ids, fields)
       values (:at, :actorKind, :actorId, :stationId, :command, cast(:subjectIds as uuid[]), cast(:fields as text[]))
     ), kept as (
       update idempotency_keys set status = :status, reply = cast(:reply as json) where key = cast(:key as uuid)
     ), told as materialized (
       select * from jsonb_to_recordset(cast(:facts as jsonb)) as f (n integer, type text, station_id uuid, payload jsonb)
     ), locked as materialized (
       select pg_advisory_xact_lock(${EVENT_LOCK}) where exists (select from told)
     )
     insert into events (type, at, station_id, payload)
     select told.type, :at, told.station_id, told.payload from locked, told order by told.n`,
    {
      at,
      actorKind: actor.kind,
      actorId: staff?.id ?? null,
      stationId: staff?.stationId ?? null,
      command: audit.command,
      subjectIds: audit.subjectIds,
      fields: audit.fields,
      key: audit.keep?.key ?? null,
      status: audit.keep?.status ?? null,
      reply: audit.keep ? JSON.stringify(reply) : null,
      facts: JSON.stringify(
        facts.map((fact, n) => ({
          n,
          type: fact.type,
          station_id: fact.stationId,
          payload: { rows: fact.rows, before: fact.before },
        })),
      ),
    },
    { prepare: 'write_facts', commits: true },
  );
  return facts.length > 0;
}
