import type { Knex } from 'knex';
import type { Role } from '../../shared/roles.ts';
import type { DeviceRow, SessionRow, TokenRow, UserRow } from '../../shared/users.ts';
import type { Staff } from '../context.ts';
import { asInstant } from '../db/postgis.ts';
import { ruleSql } from '../db/scope.ts';
import { one, row, rows } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

const COLUMNS = `u.id, u.version, u.station_id as "stationId", u.username, u.name, u.role, u.shelter_id as "shelterId", u.locale, u.active, u.skills, u.totp_key is not null as "secondFactor"`;

/** Whether the station `s` wants a second factor of the role of `u`; and whether that is still to be set up. */
const WANTS_FACTOR = `coalesce(${ruleSql('sign_in.second_factor', 's.path')} @> to_jsonb(u.role), false)`;
const MUST_ENROL = `(u.totp_key is null and ${WANTS_FACTOR})`;

export function userById(db: Db, id: string): Promise<UserRow | undefined> {
  return row<UserRow>(db, `select ${COLUMNS} from users u where u.id = cast(:id as uuid)`, { id });
}

export function usersOf(
  db: Db,
  scope: string,
  page: { role: string | null; after: string | null; limit: number },
): Promise<UserRow[]> {
  return rows<UserRow>(
    db,
    `select ${COLUMNS} from users u join stations s on s.id = u.station_id
     where s.path @> array[cast(:scope as uuid)] and (cast(:role as text) is null or u.role = :role)
       and (cast(:after as uuid) is null or (u.username, u.id) > (select c.username, c.id from users c where c.id = cast(:after as uuid)))
     order by u.username, u.id limit :limit`,
    { scope, role: page.role, after: page.after, limit: page.limit + 1 },
  );
}

export interface Credentials {
  id: string;
  passwordHash: string;
  active: boolean;
}
export function credentialsOf(db: Db, username: string): Promise<Credentials | undefined> {
  return row<Credentials>(
    db,
    `select id, password_hash as "passwordHash", active from users where username = :username`,
    { username },
  );
}

/** A person's key, and whether the station wants one of this role. */
export function factorOf(db: Db, id: string): Promise<{ key: Buffer | null; needed: boolean }> {
  return one(
    db,
    `select u.totp_key as key, ${WANTS_FACTOR} as needed from users u join stations s on s.id = u.station_id where u.id = cast(:id as uuid)`,
    { id },
  );
}

interface Found {
  id: string;
  role: Role;
  stationId: string;
  stationPath: string[];
  shelterId: string | null;
  patrolId: string | null;
  sessionId: string;
  mustEnrol: boolean;
  lastSeenAt: Date;
}

/** Whoever holds this session now, with the outing they are on. */
export async function staffBySession(
  db: Db,
  tokenHash: Buffer,
  now: Date,
): Promise<(Staff & { lastSeenAt: Date }) | null> {
  const found = await row<Found>(
    db,
    `select u.id, u.role, u.station_id as "stationId", s.path as "stationPath", u.shelter_id as "shelterId",
       (select c.patrol_id from patrol_crew c where c.user_id = u.id and c.left_at is null) as "patrolId",
       t.id as "sessionId", t.last_seen_at as "lastSeenAt", ${MUST_ENROL} as "mustEnrol"
     from sessions t join users u on u.id = t.user_id join stations s on s.id = u.station_id
     where t.token_hash = :tokenHash and t.revoked_at is null and t.expires_at > :now and u.active`,
    { tokenHash, now },
    { prepare: 'staff-by-session' },
  );
  return found ? { kind: 'user', ...found } : null;
}

export async function staffByToken(db: Db, tokenHash: Buffer, now: Date): Promise<Staff | null> {
  const found = await row<{ id: string; role: Role; stationId: string; stationPath: string[] }>(
    db,
    `select k.id, k.role, k.station_id as "stationId", s.path as "stationPath" from api_tokens k join stations s on s.id = k.station_id
     where k.token_hash = :tokenHash and k.revoked_at is null and (k.expires_at is null or k.expires_at > :now)`,
    { tokenHash, now },
  );
  return found ? { kind: 'token', ...found, shelterId: null, patrolId: null, sessionId: null, mustEnrol: false } : null;
}

/** Of these sessions and tokens, those that still open more than the way to a second factor. */
export async function validCredentials(db: Db, ids: readonly string[], now: Date): Promise<Set<string>> {
  const found = await rows<{ id: string }>(
    db,
    `select t.id from sessions t join users u on u.id = t.user_id join stations s on s.id = u.station_id
     where t.id = any (cast(:ids as uuid[])) and t.revoked_at is null and t.expires_at > :now and u.active and not ${MUST_ENROL}
     union all
     select k.id from api_tokens k where k.id = any (cast(:ids as uuid[])) and k.revoked_at is null and (k.expires_at is null or k.expires_at > :now)`,
    { ids, now },
  );
  return new Set(found.map(({ id }) => id));
}

export async function sessionOf(db: Db, staff: Staff): Promise<SessionRow | null> {
  const user = await userById(db, staff.id);
  const session = await row<{ expiresAt: string }>(
    db,
    `select ${asInstant('expires_at')} as "expiresAt" from sessions where id = cast(:id as uuid)`,
    { id: staff.sessionId },
  );
  return user && session
    ? { user, patrolId: staff.patrolId, expiresAt: session.expiresAt, mustEnrol: staff.mustEnrol }
    : null;
}

/** Whether this cookie's session was taken out of service, not merely ended: then nothing of it may stay on the device. */
export async function wasRevoked(db: Db, tokenHash: Buffer): Promise<boolean> {
  const found = await row(
    db,
    `select t.id from sessions t join users u on u.id = t.user_id
     where t.token_hash = :tokenHash and (t.ended_by = 'revoked' or not u.active)`,
    { tokenHash },
  );
  return found !== undefined;
}

/** Whose device list somebody may see: the own, and for `desk` that of everybody in the subtree; a manager not an admin's. */
const MAY_SEE_DEVICES = `(u.id = cast(:asker as uuid)
  or (:role = 'admin' or (:role = 'manager' and u.role <> 'admin')) and s.path @> array[cast(:scope as uuid)])`;
export interface DeviceAsker {
  asker: string | null;
  role: Role;
  scope: string;
}
export function personForDevices(db: Db, id: string, asker: DeviceAsker): Promise<{ id: string } | undefined> {
  return row(
    db,
    `select u.id from users u join stations s on s.id = u.station_id where u.id = cast(:id as uuid) and ${MAY_SEE_DEVICES}`,
    { id, ...asker },
  );
}

const DEVICE_COLUMNS = `t.id, t.user_id as "userId", t.device, ${asInstant('t.created_at')} as "createdAt", ${asInstant('t.last_seen_at')} as "lastSeenAt",
  ${asInstant('t.expires_at')} as "expiresAt", ${asInstant('t.revoked_at')} as "revokedAt", coalesce(t.id = cast(:current as uuid), false) as current`;

/** Sessions that are open now. */
export function devicesOf(db: Db, userId: string, current: string | null, now: Date): Promise<DeviceRow[]> {
  return rows<DeviceRow>(
    db,
    `select ${DEVICE_COLUMNS} from sessions t where t.user_id = cast(:userId as uuid) and t.revoked_at is null and t.expires_at > :now
     order by t.last_seen_at desc, t.id limit 100`,
    { userId, current, now },
  );
}

/** A session by id, open or not, of somebody whose device list the asker may see. */
export function deviceById(
  db: Db,
  id: string,
  current: string | null,
  asker: DeviceAsker,
): Promise<DeviceRow | undefined> {
  return row<DeviceRow>(
    db,
    `select ${DEVICE_COLUMNS} from sessions t join users u on u.id = t.user_id join stations s on s.id = u.station_id
     where t.id = cast(:id as uuid) and ${MAY_SEE_DEVICES}`,
    { id, current, ...asker },
  );
}

const TOKEN_COLUMNS = `k.id, k.version, k.station_id as "stationId", k.name, k.role, ${asInstant('k.expires_at')} as "expiresAt", ${asInstant('k.revoked_at')} as "revokedAt", ${asInstant('k.created_at')} as "createdAt"`;

export function tokensOf(db: Db, scope: string): Promise<TokenRow[]> {
  return rows<TokenRow>(
    db,
    `select ${TOKEN_COLUMNS} from api_tokens k join stations s on s.id = k.station_id where s.path @> array[cast(:scope as uuid)] order by k.created_at desc, k.id limit 500`,
    { scope },
  );
}

export function tokenInScope(db: Db, id: string, scope: string): Promise<TokenRow | undefined> {
  return row<TokenRow>(
    db,
    `select ${TOKEN_COLUMNS} from api_tokens k join stations s on s.id = k.station_id where k.id = cast(:id as uuid) and s.path @> array[cast(:scope as uuid)]`,
    { id, scope },
  );
}
