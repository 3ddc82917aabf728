import type { IncomingHttpHeaders } from 'node:http';
import type { Staff } from '../context.ts';
import { rows } from '../db/rows.ts';
import { cookieOf, SESSION_COOKIE } from '../http/cookies.ts';
import type { Service } from '../realtime/command.ts';
import { hashSecret } from './passwords.ts';
import { staffBySession, staffByToken, wasRevoked } from './queries.ts';

const TOUCH_MS = 5 * 60_000;

const sessionCookieOf = (headers: IncomingHttpHeaders): string | undefined => {
  const cookie = cookieOf(headers, SESSION_COOKIE);
  return cookie === undefined || cookie.length > 100 ? undefined : cookie;
};

/** Whether whoever is not signed in holds the cookie of a session that was taken out of service. */
export async function holdsRevoked(service: Service, headers: IncomingHttpHeaders): Promise<boolean> {
  const cookie = sessionCookieOf(headers);
  return cookie !== undefined && wasRevoked(service.database.knex, hashSecret(cookie));
}

/** Who asks, by bearer token or session cookie; null for anybody without a valid one. */
export async function authenticate(service: Service, headers: IncomingHttpHeaders): Promise<Staff | null> {
  const db = service.database.knex;
  const now = service.now();
  const bearer = /^Bearer ([\w-]{20,100})$/.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return staffByToken(db, hashSecret(bearer), now);
  const cookie = sessionCookieOf(headers);
  if (cookie === undefined) return null;
  const found = await staffBySession(db, hashSecret(cookie), now);
  if (!found) return null;
  const { lastSeenAt, ...staff } = found;
  if (now.getTime() - lastSeenAt.getTime() > TOUCH_MS)
    await rows(db, `update sessions set last_seen_at = :now where id = cast(:id as uuid)`, {
      id: staff.sessionId,
      now,
    });
  return staff;
}
