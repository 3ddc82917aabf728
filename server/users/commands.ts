import { randomUUID } from 'node:crypto';
import type { Part } from '../../shared/contract.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { createToken, createUser, DeviceRow, TokenRow, updateUser, UserRow } from '../../shared/users.ts';
import { type Context, staffOf, userIdOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { stationFor } from '../stations/commands.ts';
import { forgetFactor } from './commands-factor.ts';
import { hashPassword, hashSecret, newSecret } from './passwords.ts';
import { type DeviceAsker, deviceById, tokenInScope, userById } from './queries.ts';

/** Hours a session lives without being used up; crews and desks work nights, so one long night and its day. */
export const SESSION_HOURS = 16;
/** How the session's secret is kept by the browser. */
export const sessionCookie = {
  httpOnly: true,
  secure: true,
  sameSite: 'lax',
  path: '/',
  maxAge: SESSION_HOURS * 3_600_000,
} as const;

/** Opens a session for a user; answers the secret for the cookie. Any older cookie is of no use for it. `device` is what it is opened on, in words. */
export async function openSession(
  ctx: Context,
  userId: string,
  device: string | null = null,
): Promise<{ secret: string; id: string; expiresAt: Date }> {
  const secret = newSecret();
  const id = randomUUID();
  const now = ctx.now();
  const expiresAt = new Date(now.getTime() + SESSION_HOURS * 3_600_000);
  await rows(
    ctx.db,
    `insert into sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at, device) values (cast(:id as uuid), :tokenHash, cast(:userId as uuid), :now, :now, :expiresAt, :device)`,
    { id, tokenHash: hashSecret(secret), userId, now, expiresAt, device },
  );
  return { secret, id, expiresAt };
}

/** Why a session ended: its device forgets the picture, keeps what was not sent for the same person ('self', 'change'), or keeps nothing at all ('revoked'). */
type EndedBy = 'self' | 'change' | 'revoked';
async function endSession(ctx: Context, id: string, endedBy: EndedBy): Promise<void> {
  await rows(
    ctx.db,
    `update sessions set revoked_at = :now, ended_by = :endedBy where id = cast(:id as uuid) and revoked_at is null`,
    { id, endedBy, now: ctx.now() },
  );
}

export async function closeSession(ctx: Context): Promise<void> {
  const { sessionId } = staffOf(ctx);
  if (sessionId !== null) await endSession(ctx, sessionId, 'self');
}

/** The session that a device had before the same person signed in there again: a list of devices names each once. */
export async function replaceSession(ctx: Context, userId: string, oldSecret: string): Promise<void> {
  await rows(
    ctx.db,
    `update sessions set revoked_at = :now, ended_by = 'self' where token_hash = :tokenHash and user_id = cast(:userId as uuid) and revoked_at is null`,
    { tokenHash: hashSecret(oldSecret), userId, now: ctx.now() },
  );
}

/** As the queries of the device list want it. */
export const deviceAsker = (ctx: Context): DeviceAsker => {
  const { role, stationId } = staffOf(ctx);
  return { asker: userIdOf(ctx.actor), role, scope: stationId };
};

/** Takes a device out of service; it deletes what it keeps when it hears of it. Again, it answers what is. */
export async function revokeDevice(ctx: Context, id: string): Promise<DeviceRow> {
  const { sessionId } = staffOf(ctx);
  const read = (): Promise<DeviceRow | undefined> => deviceById(ctx.db, id, sessionId, deviceAsker(ctx));
  if (!(await read())) throw new Problem('not_found');
  await endSession(ctx, id, 'revoked');
  return (await read()) as DeviceRow;
}

async function judgeShelter(ctx: Context, role: string, shelterId: string | null | undefined): Promise<void> {
  if (shelterId === undefined || shelterId === null) return;
  const found = await row(
    ctx.db,
    `select h.id from shelters h join stations s on s.id = h.station_id where h.id = cast(:shelterId as uuid) and s.path @> array[cast(:scope as uuid)]`,
    { shelterId, scope: staffOf(ctx).stationId },
  );
  if (!found || role !== 'shelter')
    throw new Problem('invalid', [
      { path: '/shelterId', code: 'not_found', message: 'a shelter of your area, for shelter staff' },
    ]);
}

export async function addUser(ctx: Context, body: Part<(typeof createUser)['body']>): Promise<UserRow> {
  const station = await stationFor(ctx, body.stationId);
  await judgeShelter(ctx, body.role, body.shelterId);
  await insertUser(ctx, {
    ...body,
    stationId: station.id,
    shelterId: body.shelterId ?? null,
    locale: body.locale ?? null,
  });
  return (await userById(ctx.db, body.id)) as UserRow;
}

/** The row itself; set-up and the demo make their first people through it. */
export async function insertUser(
  ctx: Pick<Context, 'db' | 'now'>,
  user: {
    id: string;
    stationId: string;
    username: string;
    name: string;
    role: string;
    password: string;
    shelterId: string | null;
    locale: string | null;
    skills?: readonly string[] | undefined;
  },
): Promise<void> {
  const passwordHash = await hashPassword(user.password);
  await rows(
    ctx.db,
    `insert into users (id, station_id, username, name, role, shelter_id, password_hash, locale, skills, created_at)
     values (cast(:id as uuid), cast(:stationId as uuid), lower(:username), :name, :role, cast(:shelterId as uuid), :passwordHash, :locale, cast(:skills as text[]), :now)`,
    {
      id: user.id,
      stationId: user.stationId,
      username: user.username,
      name: user.name,
      role: user.role,
      shelterId: user.shelterId,
      locale: user.locale,
      skills: [...new Set(user.skills)],
      passwordHash,
      now: ctx.now(),
    },
  );
}

export async function changeUser(ctx: Context, id: string, body: Part<(typeof updateUser)['body']>): Promise<UserRow> {
  const staff = staffOf(ctx);
  // Of two administrators who let each other go at once, one must still see the other: the first lock is one for all.
  await rows(ctx.db, `select s.id from stations s where s.parent_id is null for no key update`);
  const current = await row<{ version: number; role: string; active: boolean; root: boolean }>(
    ctx.db,
    `select u.version, u.role, u.active, s.parent_id is null as root from users u join stations s on s.id = u.station_id where u.id = cast(:id as uuid) and s.path @> array[cast(:scope as uuid)] for update of u`,
    { id, scope: staff.stationId },
  );
  if (!current) throw new Problem('not_found');
  if (current.version !== body.version)
    throw new Problem('version_conflict', [], { current: await userById(ctx.db, id) });
  if (body.stationId !== undefined) await stationFor(ctx, body.stationId);
  await judgeShelter(ctx, body.role ?? current.role, body.shelterId);
  // An unlocked screen must not be enough to take away one's own: that needs the password and a code.
  if (body.secondFactor === false && id === userIdOf(ctx.actor))
    throw fieldProblem('/secondFactor', 'own', 'end your own second factor with your password and a code');
  const leaves =
    body.active === false ||
    (body.role ?? 'admin') !== 'admin' ||
    (body.stationId !== undefined && body.stationId !== staff.stationPath[0]);
  if (current.root && current.role === 'admin' && current.active && leaves) {
    const others = await row(
      ctx.db,
      `select u.id from users u join stations s on s.id = u.station_id where s.parent_id is null and u.role = 'admin' and u.active and u.id <> cast(:id as uuid) limit 1`,
      { id },
    );
    if (!others) throw new Problem('last_admin');
  }
  await rows(
    ctx.db,
    `update users set version = version + 1, name = coalesce(:name, name), role = coalesce(:role, role), station_id = coalesce(cast(:stationId as uuid), station_id),
       shelter_id = case when :setsShelter then cast(:shelterId as uuid) else shelter_id end, locale = case when :setsLocale then :locale else locale end,
       active = coalesce(cast(:active as boolean), active), skills = coalesce(cast(:skills as text[]), skills), password_hash = coalesce(:passwordHash, password_hash)
     where id = cast(:id as uuid)`,
    {
      id,
      name: body.name ?? null,
      role: body.role ?? null,
      stationId: body.stationId ?? null,
      setsShelter: body.shelterId !== undefined,
      shelterId: body.shelterId ?? null,
      setsLocale: body.locale !== undefined,
      locale: body.locale ?? null,
      active: body.active ?? null,
      skills: body.skills === undefined ? null : [...new Set(body.skills)],
      passwordHash: body.password === undefined ? null : await hashPassword(body.password),
    },
  );
  if (body.secondFactor === false) await forgetFactor(ctx, id);
  // What a person may see has changed, or what proves who they are: the old sessions do not carry over.
  if (
    body.active === false ||
    body.secondFactor === false ||
    body.password !== undefined ||
    body.role !== undefined ||
    body.stationId !== undefined ||
    body.shelterId !== undefined
  ) {
    await rows(
      ctx.db,
      `update sessions set revoked_at = :now, ended_by = :endedBy where user_id = cast(:id as uuid) and revoked_at is null`,
      { id, now: ctx.now(), endedBy: (body.active === false ? 'revoked' : 'change') satisfies EndedBy },
    );
  }
  return (await userById(ctx.db, id)) as UserRow;
}

export async function addToken(
  ctx: Context,
  body: Part<(typeof createToken)['body']>,
): Promise<TokenRow & { token: string }> {
  const station = await stationFor(ctx, body.stationId);
  const secret = newSecret();
  await rows(
    ctx.db,
    `insert into api_tokens (id, station_id, name, role, token_hash, created_by, created_at, expires_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :name, :role, :tokenHash, cast(:createdBy as uuid), :now, :expiresAt)`,
    {
      id: body.id,
      stationId: station.id,
      name: body.name,
      role: body.role,
      tokenHash: hashSecret(secret),
      createdBy: userIdOf(ctx.actor),
      now: ctx.now(),
      expiresAt: body.expiresAt ?? null,
    },
  );
  return { ...((await tokenInScope(ctx.db, body.id, station.id)) as TokenRow), token: secret };
}

export async function endToken(ctx: Context, id: string): Promise<TokenRow> {
  const scope = staffOf(ctx).stationId;
  if (!(await tokenInScope(ctx.db, id, scope))) throw new Problem('not_found');
  await rows(
    ctx.db,
    `update api_tokens set revoked_at = coalesce(revoked_at, :now), version = version + 1 where id = cast(:id as uuid)`,
    { id, now: ctx.now() },
  );
  return (await tokenInScope(ctx.db, id, scope)) as TokenRow;
}
