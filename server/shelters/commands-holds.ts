/**
 * Beds held for people on the way. The order of locks is incident, shelter, hold: a sum of beds is counted only in a
 * statement after the shelter's lock.
 */
import type { Part } from '../../shared/contract.ts';
import { Problem } from '../../shared/problems.ts';
import type { holdBed, HoldRow } from '../../shared/shelters.ts';
import { type Context, staffOf, userIdOf } from '../context.ts';
import { inTurn, rows } from '../db/rows.ts';
import { Later, type Outcome, replyOf } from '../realtime/command.ts';
import { record } from '../realtime/record.ts';
import { lockHouse, noDispatch } from './commands.ts';
import {
  dispatchesOf,
  type HoldDispatch,
  holdRows,
  type House,
  housesOf,
  insertHolds,
  lockedHold,
  lockHouses,
  lockIncidentsOf,
  type NewHold,
  type Place,
} from './queries-holds.ts';

/** Writes to the timeline of the incidents that the holds' dispatches go to, where there are any. */
const writeEntries = (ctx: Context, holdIds: readonly string[], kind: 'bed_held' | 'bed_released'): Promise<unknown> =>
  rows(
    ctx.db,
    `insert into incident_entries (incident_id, at, kind, actor_kind, actor_id, detail)
     select d.incident_id, :now, :kind, :actorKind, cast(:userId as uuid), jsonb_build_object('holdId', h.id, 'shelterId', h.shelter_id, 'people', h.people)
     from holds h join dispatches d on d.id = h.dispatch_id where h.id = any (cast(:holdIds as uuid[])) order by h.id`,
    { now: ctx.now(), kind, actorKind: ctx.actor.kind, userId: userIdOf(ctx.actor), holdIds },
  );

/** So many minutes after. */
export const later = (from: Date, minutes: number): Date => new Date(from.getTime() + minutes * 60_000);

/** How long a hold made at `now` lasts: as the rule says, or until its patrol should be there and the margin is over, if that is later. */
function lasts({ etaAt }: NewHold, { duration, margin, longest }: House, now: Date): Date {
  const usual = later(now, duration);
  if (etaAt === null) return usual;
  const end = Math.min(later(etaAt, margin).getTime(), later(now, longest).getTime());
  return new Date(Math.max(usual.getTime(), end));
}

const placeOf = ({ shelterId, unit, kind }: Place): string => `${shelterId} ${unit} ${kind}`;

/**
 * Gives each, in this order, what is left in its house by those before: until when it is held, or the Problem shelter_closed or no_bed.
 * `houses` has every house that anybody wants.
 */
export function allot(
  wanted: readonly NewHold[],
  houses: readonly House[],
  now: Date,
): Outcome<NewHold & { expiresAt: Date }>[] {
  const left = new Map(houses.map((house) => [placeOf(house), { house, free: house.free }]));
  return wanted.map((hold) => {
    const place = left.get(placeOf(hold));
    if (place?.house.status !== 'open') return { error: new Problem('shelter_closed') };
    if (place.free < hold.people) return { error: new Problem('no_bed') };
    place.free -= hold.people;
    return { reply: { ...hold, expiresAt: lasts(hold, place.house, now) } };
  });
}

/**
 * Holds places in houses that the caller has locked and then counted, writes the obligations and the timeline; the caller has judged the
 * dispatches and records the facts. Each is refused for itself, as allot() says.
 */
async function makeHolds(
  wishes: readonly { ctx: Context; wanted: NewHold }[],
  houses: readonly House[],
  now: Date,
): Promise<Outcome<HoldRow>[]> {
  const [one] = wishes;
  if (!one) return [];
  const allotted = allot(
    wishes.map(({ wanted }) => wanted),
    houses,
    now,
  );
  const fitting = allotted.flatMap((outcome) => ('reply' in outcome ? [outcome.reply] : []));
  const made = fitting.length === 0 ? [] : await insertHolds(one.ctx.db, fitting, now);
  const bound = made.filter(({ dispatchId }) => dispatchId !== null).map(({ id }) => id);
  if (bound.length > 0)
    await rows(
      one.ctx.db,
      `insert into obligations (incident_id, kind, ref_id, until)
       select d.incident_id, 'hold', h.id, h.expires_at from holds h join dispatches d on d.id = h.dispatch_id where h.id = any (cast(:bound as uuid[]))`,
      { bound },
    );
  for (const { ctx, wanted } of wishes) if (bound.includes(wanted.id)) await writeEntries(ctx, [wanted.id], 'bed_held');
  const byId = new Map(made.map((hold) => [hold.id, hold]));
  return allotted.map((outcome) => {
    if (!('reply' in outcome)) return outcome;
    const hold = byId.get(outcome.reply.id);
    if (!hold) throw new Error('a hold is gone');
    return { reply: hold };
  });
}

/** Holds places in one house: 404, 409 shelter_closed unless it is open, 409 no_bed when fewer of a kind are free. All of them or none. */
export async function holdIn(ctx: Context, shelterId: string, wanted: readonly NewHold[]): Promise<HoldRow[]> {
  if (wanted.length === 0) return [];
  const now = ctx.now();
  // Two statements: what is held is counted in one that begins when the lock is given.
  const [, houses] = await inTurn(lockHouse(ctx, shelterId), housesOf(ctx.db, wanted, now));
  const outcomes = await makeHolds(
    wanted.map((each) => ({ ctx, wanted: each })),
    houses,
    now,
  );
  return outcomes.map(replyOf);
}

/** Somebody's wish to hold places. */
export interface HoldWish {
  ctx: Context;
  shelterId: string;
  body: Part<(typeof holdBed)['body']>;
}
/** When the patrols of these holds' jobs should be there, by the hold's id; only nouns beyond this one can know. */
export type Estimates = (db: Context['db'], holds: readonly NewHold[], now: Date) => Promise<ReadonlyMap<string, Date>>;

/** Why this caller may not hold places for this job: 404 for a crew unless it is its own and runs, 409 dispatch_ended. */
function judgeJob({ ctx, body }: HoldWish, job: HoldDispatch | undefined): Problem | null {
  const { role, stationId, patrolId } = staffOf(ctx);
  if (body.dispatchId === undefined) return role === 'crew' ? noDispatch() : null;
  if (!job?.path.includes(stationId)) return noDispatch();
  if (role === 'crew' && (job.ended || job.patrolId !== patrolId)) return noDispatch();
  return job.ended ? new Problem('dispatch_ended') : null;
}

/** Why this caller may not hold places in this house: 404 unless it is one of their subtree, and for shelter staff their own. */
function judgeHouse({ ctx, shelterId }: HoldWish, house: House | undefined): Problem | null {
  const { role, stationId, shelterId: own } = staffOf(ctx);
  const may = house?.path.includes(stationId) === true && (role !== 'shelter' || own === shelterId);
  return may ? null : new Problem('not_found');
}

/** Takes the incidents' locks, which every command takes before those of houses, and then looks at the jobs. */
async function lockJobs(db: Context['db'], bound: readonly NewHold[], waits: boolean) {
  const ids = bound.flatMap(({ dispatchId }) => dispatchId ?? []);
  const [locked, jobs] =
    ids.length === 0 ? [new Set<string>(), []] : await inTurn(lockIncidentsOf(db, ids, waits), dispatchesOf(db, ids));
  return { locked, jobs: new Map(jobs.map((job) => [job.id, job])) };
}

/**
 * Holds places for several callers, of whom each is answered for itself, in the order given. What somebody else has locked is waited for
 * only if `waits`; else the error is Later.
 */
export async function holdBeds(
  wishes: readonly HoldWish[],
  waits: boolean,
  estimates: Estimates,
): Promise<Outcome<HoldRow>[]> {
  const [one] = wishes;
  if (!one) return [];
  const { db } = one.ctx;
  const now = one.ctx.now();
  const asked = wishes.map((wish): HoldWish & { wanted: NewHold } => {
    const { id, people, unit = 'bed', kind = 'any', for: heldFor, dispatchId = null } = wish.body;
    return {
      ...wish,
      wanted: { id, shelterId: wish.shelterId, people, unit, kind, for: heldFor, dispatchId, etaAt: null },
    };
  });
  const wanted = asked.map((each) => each.wanted);
  const bound = wanted.filter(({ dispatchId }) => dispatchId !== null);
  const jobs = await lockJobs(db, bound, waits);
  // Two statements: what is held is counted in one that begins when the locks are given.
  const [locked, houses] = await inTurn(
    lockHouses(db, [...new Set(wanted.map(({ shelterId }) => shelterId))], waits),
    housesOf(db, wanted, now),
  );
  const etas = bound.length === 0 ? null : await estimates(db, bound, now);
  for (const hold of bound) hold.etaAt = etas?.get(hold.id) ?? null;
  const known = new Map(houses.map((house) => [placeOf(house), house]));
  const refusals = asked.map((wish): Error | null => {
    const { shelterId, dispatchId } = wish.wanted;
    const refused =
      judgeJob(wish, jobs.jobs.get(dispatchId ?? '')) ?? judgeHouse(wish, known.get(placeOf(wish.wanted)));
    const ours = locked.has(shelterId) && (dispatchId === null || jobs.locked.has(dispatchId));
    return refused ?? (ours ? null : new Later());
  });
  const made = await makeHolds(
    asked.filter((_wish, n) => refusals[n] === null),
    houses,
    now,
  );
  return asked.map(({ ctx }, n) => {
    const error = refusals[n];
    const outcome = error ? { error } : made.shift();
    if (!outcome) throw new Error('a wish was not answered');
    if ('reply' in outcome)
      record(ctx, { type: 'hold.made', stationId: outcome.reply.stationId, rows: { holds: [outcome.reply] } });
    return outcome;
  });
}

/** Tells of holds that changed alike, each station of its own. */
export function tellHolds(
  ctx: Context,
  type: 'hold.released' | 'hold.expired' | 'hold.extended',
  holds: readonly HoldRow[],
): void {
  for (const stationId of new Set(holds.map((hold) => hold.stationId)))
    record(ctx, { type, stationId, rows: { holds: holds.filter((hold) => hold.stationId === stationId) } });
}

/** Ends locked holds; an incident cannot close while a bed is held for it, and what ended no longer stands in the way. */
export async function endHolds(
  ctx: Context,
  ids: readonly string[],
  status: 'used' | 'cancelled' | 'expired',
): Promise<HoldRow[]> {
  await rows(
    ctx.db,
    `with ended as (
       update holds set status = :status, ended_at = :now, version = version + 1 where id = any (cast(:ids as uuid[])) and status = 'held'
     ) delete from obligations where kind = 'hold' and ref_id = any (cast(:ids as uuid[]))`,
    { ids, status, now: ctx.now() },
  );
  return holdRows(ctx.db, ids);
}

/** A hold with its house and the incident it is for locked, in that order; a crew has its own only (404). 409 hold_ended when something ended it before. */
export async function heldBy(ctx: Context, shelterId: string, holdId: string): Promise<HoldRow> {
  const actor = staffOf(ctx);
  const [seen] = await holdRows(ctx.db, [holdId]);
  if (seen?.shelterId !== shelterId) throw new Problem('not_found');
  if (actor.role === 'crew' && (seen.patrolId === null || seen.patrolId !== actor.patrolId))
    throw new Problem('not_found');
  if (seen.dispatchId !== null) await lockIncidentsOf(ctx.db, [seen.dispatchId], true);
  await lockHouse(ctx, shelterId);
  const hold = await lockedHold(ctx.db, shelterId, holdId);
  if (hold?.status !== 'held') throw new Problem('hold_ended');
  return hold;
}

/** Gives held beds back: 409 hold_ended when something ended it before; a crew gives back its own only (404). */
export async function giveBack(ctx: Context, shelterId: string, holdId: string): Promise<HoldRow> {
  await heldBy(ctx, shelterId, holdId);
  const released = await endHolds(ctx, [holdId], 'cancelled');
  await writeEntries(ctx, [holdId], 'bed_released');
  tellHolds(ctx, 'hold.released', released);
  const [hold] = released;
  if (!hold) throw new Error('a hold is gone');
  return hold;
}

/** Ids of what is held for a job, locked until the command ends; the caller has locked its incident. */
async function lockedOf(ctx: Context, dispatchId: string): Promise<string[]> {
  const held = await rows<{ id: string }>(
    ctx.db,
    `select id from holds where dispatch_id = cast(:dispatchId as uuid) and status = 'held' order by id for no key update`,
    { dispatchId },
  );
  return held.map(({ id }) => id);
}

/** A job was called off: nobody brings anybody, so what it held is free. */
export async function releaseHoldsOf(ctx: Context, dispatchId: string): Promise<void> {
  const ids = await lockedOf(ctx, dispatchId);
  if (ids.length === 0) return;
  const released = await endHolds(ctx, ids, 'cancelled');
  await writeEntries(ctx, ids, 'bed_released');
  tellHolds(ctx, 'hold.released', released);
}

/** Others fetch the same people: what was held for them is held for the new job. When those will be there is still to be estimated. */
export async function handHoldsOver(ctx: Context, from: string, to: string): Promise<void> {
  const ids = await lockedOf(ctx, from);
  if (ids.length === 0) return;
  await rows(
    ctx.db,
    `update holds set dispatch_id = cast(:to as uuid), eta_at = null, version = version + 1 where id = any (cast(:ids as uuid[]))`,
    { to, ids },
  );
  tellHolds(ctx, 'hold.extended', await holdRows(ctx.db, ids));
}
