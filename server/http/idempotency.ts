import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Endpoint } from '../../shared/contract.ts';
import { Problem } from '../../shared/problems.ts';
import type { Actor } from '../context.ts';
import { row, rows } from '../db/rows.ts';

/** Thrown out of a transaction that has nothing to do: the answer is known already. */
export class Replay extends Error {
  readonly status: number;
  readonly body: unknown;
  constructor(status: number, body: unknown) {
    super('replay');
    this.status = status;
    this.body = body;
  }
}

/** A fast hash of a password must never be stored, not even among other things. */
const withoutSecrets = (key: string, value: unknown): unknown => (key === 'password' ? undefined : value);

/** The same caller, the same call, the same words: parsed input has its keys in the schema's order. */
export function fingerprint(endpoint: Endpoint, actor: Actor, params: unknown, body: unknown): Buffer {
  const who = 'id' in actor ? actor.id : actor.kind;
  return createHash('sha256')
    .update(JSON.stringify([endpoint.name, who, params, body], withoutSecrets))
    .digest();
}

/** Claims a key inside the command's transaction; a parallel twin waits here for the first to commit. */
export async function claim(db: Knex | Knex.Transaction, key: string, print: Buffer, now: Date): Promise<void> {
  const [claimed] = await rows(
    db,
    `insert into idempotency_keys (key, fingerprint, created_at) values (cast(:key as uuid), :print, :now) on conflict (key) do nothing returning key`,
    { key, print, now },
    { prepare: 'claim_key' },
  );
  if (claimed) return;
  const known = await row<{ same: boolean; status: number; reply: unknown }>(
    db,
    `select fingerprint = :print as same, status, reply from idempotency_keys where key = cast(:key as uuid)`,
    { key, print },
  );
  if (!known) throw new Problem('unavailable', [], { retryAfterS: 1 });
  if (!known.same)
    throw new Problem('key_reuse', [
      { path: '/id', code: 'key_reuse', message: 'this id was used for something else' },
    ]);
  throw new Replay(200, known.reply);
}
