/** People who sign in, their sessions, and API tokens. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { roles, staff } from './roles.ts';
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
});
export type UserRow = z.infer<typeof userRow>;

export const sessionRow = z.object({
  user: userRow,
  /** the outing this person is on, if any */
  patrolId: z.nullable(idSchema),
  expiresAt: instant,
});
export type SessionRow = z.infer<typeof sessionRow>;

const username = z.string().check(z.trim(), z.toLowerCase(), z.minLength(1), z.maxLength(64));
/** At most 256 units, checked before any hashing, so that a huge one costs nothing. */
const password = z.string().check(z.minLength(10), z.maxLength(256));

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
    totp: z.optional(z.string().check(z.regex(/^\d{6}$/))),
  }),
  reply: sessionRow,
});
export const whoAmI = endpoint({
  name: 'whoAmI',
  method: 'GET',
  path: '/api/session',
  who: staff,
  summary: 'Who is signed in',
  reply: sessionRow,
});
export const signOut = endpoint({
  name: 'signOut',
  method: 'DELETE',
  path: '/api/session',
  who: staff,
  summary: 'Ends the session',
  replay: 'never',
  reply: z.object({}),
});

export const listUsers = endpoint({
  name: 'listUsers',
  method: 'GET',
  path: '/api/users',
  who: ['admin'],
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
    password,
    shelterId: z.optional(idSchema),
    locale: z.optional(z.enum(localeNames)),
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
    password: z.optional(password),
    shelterId: z.optional(z.nullable(idSchema)),
    locale: z.optional(z.nullable(z.enum(localeNames))),
    active: z.optional(z.boolean()),
  }),
  reply: userRow,
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
