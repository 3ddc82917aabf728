/** The second factor of a person: set up, used once a code, taken away. */
import { Problem } from '../../shared/problems.ts';
import { type Context, staffOf } from '../context.ts';
import { one, row, rows } from '../db/rows.ts';
import { type Enrolment, enrolmentOf, newKey, newRecoveryCodes, stepOf } from './authenticator.ts';
import { hashSecret } from './passwords.ts';
import { factorOf } from './queries.ts';

/** Takes a code, or throws `totp_wrong`. Each is good once: of two who send the same at once, the row lets one through (RFC 6238, 5.2). */
async function spend(ctx: Context, userId: string, key: Buffer, code: string): Promise<void> {
  const now = ctx.now();
  const step = code.includes('-') ? null : stepOf(key, code, now);
  const spent =
    step === null
      ? await rows(
          ctx.db,
          `update recovery_codes set used_at = :now where user_id = cast(:userId as uuid) and code_hash = :hash and used_at is null returning user_id`,
          { userId, hash: hashSecret(code), now },
        )
      : await rows(
          ctx.db,
          `update users set totp_step = :step where id = cast(:userId as uuid) and totp_key = :key and (totp_step is null or totp_step < :step) returning id`,
          { userId, key, step },
        );
  if (spent.length === 0) throw new Problem('totp_wrong');
}

/** Proves the second factor of whoever has one; throws `totp_required` without a code and `totp_wrong` for one that is not good. */
export async function proveFactor(ctx: Context, userId: string, code: string | undefined): Promise<void> {
  const { key } = await one<{ key: Buffer | null }>(
    ctx.db,
    `select totp_key as key from users where id = cast(:userId as uuid)`,
    { userId },
  );
  if (key === null) return;
  if (code === undefined) throw new Problem('totp_required');
  await spend(ctx, userId, key, code);
}

/** A new key that holds once a code of it is confirmed; one that is in force stays so until then. */
export async function beginFactor(ctx: Context): Promise<Enrolment> {
  const { id, stationId } = staffOf(ctx);
  const key = newKey();
  const account = await one<{ username: string; station: string }>(
    ctx.db,
    `update users u set totp_pending = :key from stations s
     where u.id = cast(:id as uuid) and s.id = cast(:stationId as uuid) returning u.username, s.name as station`,
    { id, stationId, key },
  );
  return enrolmentOf(key, account);
}

/** Puts a proven key in force, with the step of the code that proved it; answers fresh recovery codes, of which only hashes are kept. */
export async function placeFactor(
  ctx: Pick<Context, 'db'>,
  userId: string,
  key: Buffer,
  step: number,
): Promise<string[]> {
  await rows(
    ctx.db,
    `update users set totp_key = :key, totp_pending = null, totp_step = :step, version = version + 1 where id = cast(:userId as uuid)`,
    { userId, key, step },
  );
  const codes = newRecoveryCodes();
  await rows(ctx.db, `delete from recovery_codes where user_id = cast(:userId as uuid)`, { userId });
  await rows(
    ctx.db,
    `insert into recovery_codes (user_id, code_hash) select cast(:userId as uuid), hash from unnest(cast(:hashes as bytea[])) hash`,
    { userId, hashes: codes.map(hashSecret) },
  );
  return codes;
}

/** Puts the key of beginFactor in force and ends the person's other sessions; throws `totp_wrong`, or `conflict` when none was begun. */
export async function confirmFactor(ctx: Context, code: string): Promise<string[]> {
  const { id, sessionId } = staffOf(ctx);
  const begun = await row<{ key: Buffer | null }>(
    ctx.db,
    `select totp_pending as key from users where id = cast(:id as uuid) for no key update`,
    { id },
  );
  if (!begun?.key) throw new Problem('conflict');
  const step = stepOf(begun.key, code, ctx.now());
  if (step === null) throw new Problem('totp_wrong');
  const codes = await placeFactor(ctx, id, begun.key, step);
  await rows(
    ctx.db,
    `update sessions set revoked_at = :now, ended_by = 'change' where user_id = cast(:id as uuid) and id <> cast(:sessionId as uuid) and revoked_at is null`,
    { id, sessionId, now: ctx.now() },
  );
  return codes;
}

/** Ends the own second factor; throws `conflict` when there is none, or the station wants one of this role. */
export async function endFactor(ctx: Context, code: string): Promise<void> {
  const { id } = staffOf(ctx);
  const { key, needed } = await factorOf(ctx.db, id);
  if (key === null || needed) throw new Problem('conflict');
  await spend(ctx, id, key, code);
  await forgetFactor(ctx, id);
  await rows(ctx.db, `update users set version = version + 1 where id = cast(:id as uuid)`, { id });
}

/** Leaves nothing of a person's second factor; the row's version is the caller's. */
export async function forgetFactor(ctx: Pick<Context, 'db'>, userId: string): Promise<void> {
  await rows(
    ctx.db,
    `update users set totp_key = null, totp_pending = null, totp_step = null where id = cast(:userId as uuid)`,
    { userId },
  );
  await rows(ctx.db, `delete from recovery_codes where user_id = cast(:userId as uuid)`, { userId });
}
