/** People who sign in, their sessions, and API tokens. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { roles, staff } from './roles.ts';
import { skill } from './skills.ts';
import { localeNames } from './stations.ts';

export const userRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  username: z.string(),
  name: z.string(),
  role: z.enum(roles),
  shelterId: z.nullable(idSchema),
  locale: z.nullable(z.enum(localeNames)),
  active: z.boolean(),
  /** what this person brings to a crew */
  skills: z.array(skill),
  /** signs in with a code of an authenticator besides the password */
  secondFactor: z.boolean(),
});
export type UserRow = z.infer<typeof userRow>;

export const sessionRow = z.object({
  user: userRow,
  /** the outing this person is on, if any */
  patrolId: z.nullable(idSchema),
  expiresAt: instant,
  /** the station wants a second factor of this role, and this person has none yet: all other calls answer 403 `second_factor_needed` */
  mustEnrol: z.boolean(),
});
export type SessionRow = z.infer<typeof sessionRow>;

/** Where somebody is signed in: what the browser said it was, and when it was last heard. */
export const deviceRow = z.object({
  id: idSchema,
  userId: idSchema,
  /** in short, e.g. "Chrome · Android"; null for a session from before it was written down */
  device: z.nullable(z.string()),
  createdAt: instant,
  lastSeenAt: instant,
  expiresAt: instant,
  /** when it was ended, in whatever way */
  revokedAt: z.nullable(instant),
  /** the session that asks */
  current: z.boolean(),
});
export type DeviceRow = z.infer<typeof deviceRow>;

const username = z.string().check(z.trim(), z.toLowerCase(), z.minLength(1), z.maxLength(64));
/** At most 256 units, checked before any hashing, so that a huge one costs nothing. */
export const newPassword = z.string().check(z.minLength(10), z.maxLength(256));

/** As people type a code: with spaces, in capitals, without the hyphen, or with the wide digits of a Chinese keyboard. */
const asTyped = z.overwrite((text: string) => {
  const plain = text.normalize('NFKC').toLowerCase().replace(/[\s-]/g, '');
  return plain.length === 8 ? `${plain.slice(0, 4)}-${plain.slice(4)}` : plain;
});
/** Six digits of an authenticator (RFC 6238). */
export const authenticatorCode = z.string().check(z.maxLength(64), asTyped, z.regex(/^\d{6}$/));
/** The same, or a recovery code such as `k7m2-9xqd`. */
const secondFactorCode = z.string().check(z.maxLength(64), asTyped, z.regex(/^(\d{6}|[a-z2-9]{4}-[a-z2-9]{4})$/));

export const signIn = endpoint({
  name: 'signIn',
  method: 'POST',
  path: '/api/session',
  who: 'public',
  summary: 'Signs in; sets the session cookie',
  replay: 'never',
  // a huge password is told that it is too long (422), which costs no hash
  limit: 1_200_000,
  body: z.strictObject({
    username,
    password: z.string().check(z.maxLength(256)),
    /** the authenticator's six digits, or one of the recovery codes */
    totp: z.optional(secondFactorCode),
  }),
  reply: sessionRow,
});
export const whoAmI = endpoint({
  name: 'whoAmI',
  method: 'GET',
  path: '/api/session',
  who: staff,
  summary: 'Who is signed in',
  enrolling: true,
  reply: sessionRow,
});
export const signOut = endpoint({
  name: 'signOut',
  method: 'DELETE',
  path: '/api/session',
  who: staff,
  summary: 'Ends the session',
  enrolling: true,
  replay: 'never',
  reply: z.object({}),
});

export const listSessions = endpoint({
  name: 'listSessions',
  method: 'GET',
  path: '/api/users/:id/sessions',
  who: staff,
  summary:
    'Where a person is signed in now, last heard first; the own ones, and for managers and admins those of their area',
  params: idParams,
  reply: listOf(deviceRow),
});
export const revokeSession = endpoint({
  name: 'revokeSession',
  method: 'POST',
  path: '/api/sessions/:id/revoke',
  who: staff,
  summary: 'Ends a session at once; the device deletes all it keeps as soon as it is online (401 `session_revoked`)',
  params: idParams,
  reply: deviceRow,
});

export const beginSecondFactor = endpoint({
  name: 'beginSecondFactor',
  method: 'POST',
  path: '/api/session/second-factor',
  who: staff,
  summary: 'A new key for an authenticator; it holds once a code of it is confirmed',
  enrolling: true,
  replay: 'never',
  /** whoever has a second factor already proves it: `totp` is then asked for as at the sign-in */
  body: z.strictObject({ password: z.string().check(z.maxLength(256)), totp: z.optional(secondFactorCode) }),
  /** `uri` is the otpauth: address, `qr` the same as a picture (data:image/svg+xml), `key` the bare key in base32, to be typed */
  reply: z.object({ key: z.string(), uri: z.string(), qr: z.string() }),
});
export const confirmSecondFactor = endpoint({
  name: 'confirmSecondFactor',
  method: 'POST',
  path: '/api/session/second-factor/confirm',
  who: staff,
  summary: 'Puts the new key in force; the recovery codes are in this answer only. Other sessions of this person end',
  enrolling: true,
  replay: 'never',
  body: z.strictObject({ totp: authenticatorCode }),
  reply: z.object({ recoveryCodes: z.array(z.string()) }),
});
export const endSecondFactor = endpoint({
  name: 'endSecondFactor',
  method: 'DELETE',
  path: '/api/session/second-factor',
  who: staff,
  summary: 'Ends the own second factor; 409 `conflict` without one, and where the station wants one of this role',
  replay: 'never',
  body: z.strictObject({ password: z.string().check(z.maxLength(256)), totp: secondFactorCode }),
  reply: z.object({}),
});

export const listUsers = endpoint({
  name: 'listUsers',
  method: 'GET',
  path: '/api/users',
  who: ['manager', 'admin'],
  summary: 'People of the own subtree',
  query: z.strictObject({ ...paging, role: z.optional(z.enum(roles)) }),
  reply: listOf(userRow),
});
export const createUser = endpoint({
  name: 'createUser',
  method: 'POST',
  path: '/api/users',
  who: ['admin'],
  summary: 'Adds a person',
  status: 201,
  replay: 'id',
  body: z.strictObject({
    id: idSchema,
    stationId: idSchema,
    username,
    name: text(100),
    role: z.enum(roles),
    password: newPassword,
    shelterId: z.optional(idSchema),
    locale: z.optional(z.enum(localeNames)),
    skills: z.optional(z.array(skill).check(z.maxLength(20))),
  }),
  reply: userRow,
});
export const updateUser = endpoint({
  name: 'updateUser',
  method: 'PATCH',
  path: '/api/users/:id',
  who: ['admin'],
  summary: 'Changes a person; leaving or a new password ends their sessions',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    name: z.optional(text(100)),
    role: z.optional(z.enum(roles)),
    stationId: z.optional(idSchema),
    password: z.optional(newPassword),
    shelterId: z.optional(z.nullable(idSchema)),
    locale: z.optional(z.nullable(z.enum(localeNames))),
    active: z.optional(z.boolean()),
    skills: z.optional(z.array(skill).check(z.maxLength(20))),
    /** false takes away a lost authenticator; only the person can set up a new one */
    secondFactor: z.optional(z.literal(false)),
  }),
  reply: userRow,
});

/** Most rows of one file. Every new password costs a slow hash, so a larger staff comes in several files. */
export const MOST_IMPORTED = 1_000;
/** What a file's columns are called: all but `password` and `locale` must be there. */
export const importColumns = ['username', 'name', 'role', 'station', 'password', 'locale'] as const;
/**
 * The body is the file itself (text/csv): UTF-8, UTF-16 with a byte order mark, or GB 18030 as spreadsheets in China save it.
 * The first line names the columns. `station` is a station's name or id; without one the own station. Without a password
 * one is made, which is in this answer only. All or nothing: errors have the path `/rows/<line of the file>/<column>`.
 */
export const importUsers = endpoint({
  name: 'importUsers',
  method: 'POST',
  path: '/api/users/import',
  who: ['admin'],
  summary: 'Adds people from a CSV file, all or none; `dryRun` only judges it',
  status: 201,
  replay: 'never',
  limit: 1_000_000,
  query: z.strictObject({ dryRun: z.optional(z.literal('true')) }),
  body: z.unknown(),
  reply: z.object({
    dryRun: z.boolean(),
    encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'gb18030']),
    /** `password` only where it was made here and the people were added */
    items: z.array(
      z.object({
        line: z.number(),
        username: z.string(),
        name: z.string(),
        role: z.enum(roles),
        stationId: idSchema,
        password: z.optional(z.string()),
      }),
    ),
  }),
});

/** A token's role may not be one that acts in person (crew, shelter). */
export const tokenRoles = ['partner', 'inspector', 'dispatcher', 'manager', 'admin'] as const;
export const tokenRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  name: z.string(),
  role: z.enum(tokenRoles),
  expiresAt: z.nullable(instant),
  revokedAt: z.nullable(instant),
  createdAt: instant,
});
export type TokenRow = z.infer<typeof tokenRow>;
export const listTokens = endpoint({
  name: 'listTokens',
  method: 'GET',
  path: '/api/tokens',
  who: ['admin'],
  summary: 'API tokens of the own subtree',
  query: z.strictObject(paging),
  reply: listOf(tokenRow),
});
export const createToken = endpoint({
  name: 'createToken',
  method: 'POST',
  path: '/api/tokens',
  who: ['admin'],
  summary: 'Makes a token; its secret is in this answer only',
  status: 201,
  replay: 'never',
  body: z.strictObject({
    id: idSchema,
    stationId: idSchema,
    name: text(100),
    role: z.enum(tokenRoles),
    expiresAt: z.optional(instant),
  }),
  reply: z.extend(tokenRow, { token: z.string() }),
});
export const revokeToken = endpoint({
  name: 'revokeToken',
  method: 'DELETE',
  path: '/api/tokens/:id',
  who: ['admin'],
  summary: 'Revokes a token at once',
  params: idParams,
  reply: tokenRow,
});
