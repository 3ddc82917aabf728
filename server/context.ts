/** The one small argument of every command, and what it is made from. */
import type { Knex } from 'knex';
import type { EventType, Fact } from '../shared/events.ts';
import { Problem } from '../shared/problems.ts';
import type { Role } from '../shared/roles.ts';

/** Someone signed in, or a token that acts for another system. */
export interface Staff {
  kind: 'user' | 'token';
  id: string;
  role: Role;
  stationId: string;
  /** every ancestor of the station and itself */
  stationPath: readonly string[];
  /** the house a shelter's staff works in */
  shelterId: string | null;
  /** the outing this person is on now */
  patrolId: string | null;
  sessionId: string | null;
  /** the station wants a second factor of this role and there is none yet: nothing else is open until it is set up */
  mustEnrol: boolean;
}
/** Whoever asks: staff, a member of the public, or the service itself (timed jobs). */
export type Actor = Staff | { kind: 'public' } | { kind: 'system' };

/** Structured log; never a place, a word of a report, a phone or a token in it. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Context {
  /** the command's transaction (unsafe calls), or the pool (reads) */
  db: Knex | Knex.Transaction;
  /** the only clock */
  now(): Date;
  actor: Actor;
  log: Log;
  /** key of the secret links that are made from ids */
  followKey: Buffer;
  /** facts of this command, appended by record() and written as its last step */
  facts: Fact<EventType>[];
  /** ids of rows this command is about, for the audit, where neither its path nor its body names them */
  subjects: string[];
}

/** The signed-in caller; endpoints that name roles always have one. */
export function staffOf(ctx: Pick<Context, 'actor'>): Staff {
  if (ctx.actor.kind === 'user' || ctx.actor.kind === 'token') return ctx.actor;
  throw new Problem('unauthorized');
}

export const isDesk = (actor: Actor): boolean =>
  'role' in actor && (actor.role === 'dispatcher' || actor.role === 'manager');

/** Id of the person for columns that refer to users; null for tokens, the public and jobs. */
export const userIdOf = (actor: Actor): string | null => (actor.kind === 'user' ? actor.id : null);
