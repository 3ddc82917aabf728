import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Endpoint } from '../../shared/contract.ts';
import { Problem } from '../../shared/problems.ts';
import type { Actor } from '../context.ts';
import { rows } from '../db/rows.ts';

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

/** A key with the fingerprint of the call that claims it. */
export interface Claim {
  /** a UUID in small letters */
  key: string;
  print: Buffer;
}

/**
 * Claims keys inside the commands' transaction, each at most once among them; parallel twins wait here for the first to commit. Answers
 * in the given order: null for what is claimed now, else why not, be it a Replay or a Problem.
 */
export async function claimAll(
  db: Knex | Knex.Transaction,
  claims: readonly Claim[],
  now: Date,
): Promise<(Replay | Problem | null)[]> {
  const keys = claims.map(({ key }) => key);
  const prints = claims.map(({ print }) => print);
  // in the order of keys, so that no two transactions wait for each other
  const fresh = await rows<{ key: string }>(
    db,
    `insert into idempotency_keys (key, fingerprint, created_at)
     select c.key, c.print, :now from unnest(cast(:keys as uuid[]), cast(:prints as bytea[])) as c (key, print) order by c.key
     on conflict (key) do nothing returning key`,
    { keys, prints, now },
    { prepare: 'claim_keys' },
  );
  if (fresh.length === claims.length) return claims.map(() => null);
  const known = await rows<{ key: string; fingerprint: Buffer; status: number; reply: unknown }>(
    db,
    `select key, fingerprint, status, reply from idempotency_keys where key = any (cast(:keys as uuid[]))`,
    { keys },
  );
  const claimed = new Set(fresh.map(({ key }) => key));
  const stored = new Map(known.map((each) => [each.key, each]));
  return claims.map(({ key, print }) => {
    if (claimed.has(key)) return null;
    const twin = stored.get(key);
    if (!twin) return new Problem('unavailable', [], { retryAfterS: 1 });
    if (!twin.fingerprint.equals(print))
      return new Problem('key_reuse', [
        { path: '/id', code: 'key_reuse', message: 'this id was used for something else' },
      ]);
    return new Replay(200, twin.reply);
  });
}

/** Claims one key inside the command's transaction, or throws why not. */
export async function claim(db: Knex | Knex.Transaction, key: string, print: Buffer, now: Date): Promise<void> {
  const [refused] = await claimAll(db, [{ key, print }], now);
  if (refused) throw refused;
}

/** Gives keys back whose commands came to nothing, so that they may be tried again. */
export const unclaim = (db: Knex | Knex.Transaction, keys: readonly string[]): Promise<unknown> =>
  rows(db, `delete from idempotency_keys where key = any (cast(:keys as uuid[]))`, { keys });
