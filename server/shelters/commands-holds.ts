/**
 * Beds held for people on the way. The order of locks is incident, shelter, hold: a sum of beds is counted only in a
 * statement after the shelter's lock.
 */
import type * as z from 'zod/mini';
import { Problem } from '../../shared/problems.ts';
import type { BedKind, holdBed, HoldRow, PlaceUnit } from '../../shared/shelters.ts';
import { type Context, staffOf, userIdOf } from '../context.ts';
import { inTurn, rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { lockHouse, noDispatch } from './commands.ts';
import { dispatchInScope, holdRows, insertHold, lockedHold } from './queries-holds.ts';

type HoldBody = z.infer<NonNullable<typeof holdBed.body>>;

/** What a hold is made of; `for` is free text for the shelter, `etaAt` when its patrol should be there. */
export interface NewHold {
  id: string;
  shelterId: string;
  people: number;
  unit: PlaceUnit;
  kind: BedKind;
  for: string;
  dispatchId: string | null;
  etaAt: Date | null;
}

/** Writes to the timeline of the incidents that the holds' dispatches go to, where there are any. */
const writeEntries = (ctx: Context, holdIds: readonly string[], kind: 'bed_held' | 'bed_released'): Promise<unknown> =>
  rows(
    ctx.db,
    `insert into incident_entries (incident_id, at, kind, actor_kind, actor_id, detail)
     select d.incident_id, :now, :kind, :actorKind, cast(:userId as uuid), jsonb_build_object('holdId', h.id, 'shelterId', h.shelter_id, 'people', h.people)
     from holds h join dispatches d on d.id = h.dispatch_id where h.id = any (cast(:holdIds as uuid[])) order by h.id`,
    { now: ctx.now(), kind, actorKind: ctx.actor.kind, userId: userIdOf(ctx.actor), holdIds },
  );

/**
 * Holds places, writes the obligation and the timeline; the caller has judged the dispatch and records the fact. It lasts as long as
 * the rule says, or until its patrol should be there and the margin is over, if that is later.
 * 404, 409 shelter_closed unless the shelter is open, 409 no_bed when fewer of that kind are free.
 */
export async function makeHold(ctx: Context, wanted: NewHold): Promise<HoldRow> {
  // Two statements: what is held is counted in one that begins when the lock is given.
  const [, made] = await inTurn(lockHouse(ctx, wanted.shelterId), insertHold(ctx.db, wanted, ctx.now()));
  if (made?.status !== 'open') throw new Problem('shelter_closed');
  const { hold } = made;
  if (!hold) throw new Problem('no_bed');
  if (hold.dispatchId !== null) {
    await rows(
      ctx.db,
      `insert into obligations (incident_id, kind, ref_id, until)
       select d.incident_id, 'hold', h.id, h.expires_at from holds h join dispatches d on d.id = h.dispatch_id where h.id = cast(:id as uuid)`,
      { id: hold.id },
    );
    await writeEntries(ctx, [hold.id], 'bed_held');
  }
  return hold;
}

/** Takes the incident's lock before the shelter's, as every command does. */
const lockIncident = (ctx: Context, incidentId: string): Promise<unknown> =>
  rows(ctx.db, `select id from incidents where id = cast(:incidentId as uuid) for key share`, { incidentId });

/**
 * Holds places for whoever may ask: a crew for its own running job only (404), shelter staff in their own house. `etaOf` says when the
 * patrol of a job should be there, which only nouns beyond this one can know.
 */
export async function holdBeds(
  ctx: Context,
  shelterId: string,
  body: HoldBody,
  etaOf: (dispatchId: string) => Promise<Date | null>,
): Promise<HoldRow> {
  const actor = staffOf(ctx);
  const dispatchId = body.dispatchId ?? null;
  if (dispatchId === null) {
    if (actor.role === 'crew') throw noDispatch();
  } else {
    const dispatch = await dispatchInScope(ctx.db, scopeOf(ctx).scope, dispatchId);
    if (!dispatch || (actor.role === 'crew' && (dispatch.ended || dispatch.patrolId !== actor.patrolId)))
      throw noDispatch();
    if (dispatch.ended) throw new Problem('dispatch_ended');
    await lockIncident(ctx, dispatch.incidentId);
  }
  const hold = await makeHold(ctx, {
    id: body.id,
    shelterId,
    people: body.people,
    unit: body.unit ?? 'bed',
    kind: body.kind ?? 'any',
    for: body.for,
    dispatchId,
    etaAt: dispatchId === null ? null : await etaOf(dispatchId),
  });
  record(ctx, { type: 'hold.made', stationId: hold.stationId, rows: { holds: [hold] } });
  return hold;
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
  if (seen.dispatchId !== null) {
    await rows(
      ctx.db,
      `select i.id from incidents i join dispatches d on d.incident_id = i.id where d.id = cast(:dispatchId as uuid) for key share of i`,
      { dispatchId: seen.dispatchId },
    );
  }
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
