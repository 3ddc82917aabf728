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

/** One command as it is written down. */
export interface Deed {
  actor: Actor;
  facts: readonly Fact[];
  audit: AuditEntry;
  reply: unknown;
}

/**
 * Writes the facts, audit rows and answers to keep of some commands in one statement, and commits; true when there were facts. The lock of
 * the log is taken here and the commit follows at once, so that it is held for no turn of this process.
 */
export async function writeFacts(db: Knex | Knex.Transaction, at: Date, commands: readonly Deed[]): Promise<boolean> {
  // A timed job that found nothing to do has done nothing to write down.
  const deeds = commands.filter(({ actor, facts }) => actor.kind !== 'system' || facts.length > 0);
  if (deeds.length === 0) return false;
  const facts = deeds.flatMap((deed) => deed.facts);
  await rows(
    db,
    // json and not jsonb: an answer is kept as it was given
    `with done as materialized (
       select * from json_to_recordset(cast(:deeds as json)) as d (actor_kind text, actor_id uuid, station_id uuid, command text, subject_ids uuid[],
         fields text[], key uuid, status integer, reply json)
     ), audited as (
       insert into audit (at, actor_kind, actor_id, station_id, command, subject_ids, fields)
       select :at, actor_kind, actor_id, station_id, command, subject_ids, fields from done
     ), kept as (
       update idempotency_keys k set status = done.status, reply = done.reply from done where k.key = done.key
     ), told as materialized (
       select * from jsonb_to_recordset(cast(:facts as jsonb)) as f (n integer, type text, station_id uuid, payload jsonb)
     ), locked as materialized (
       select pg_advisory_xact_lock(${EVENT_LOCK}) where exists (select from told)
     )
     insert into events (type, at, station_id, payload)
     select told.type, :at, told.station_id, told.payload from locked, told order by told.n`,
    {
      at,
      deeds: JSON.stringify(
        deeds.map(({ actor, audit, reply }) => {
          const staff = 'role' in actor ? actor : null;
          return {
            actor_kind: actor.kind,
            actor_id: staff?.id,
            station_id: staff?.stationId,
            command: audit.command,
            subject_ids: audit.subjectIds,
            fields: audit.fields,
            ...(audit.keep ? { ...audit.keep, reply } : {}),
          };
        }),
      ),
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
