/**
 * Beds held for people on the way. The order of locks is incident, shelter, hold: a sum of beds is counted only in a
 * statement after the shelter's lock.
 */
import type * as z from 'zod/mini';
import { Problem } from '../../shared/problems.ts';
import type { BedKind, holdBed, HoldRow } from '../../shared/shelters.ts';
import { type Context, staffOf, userIdOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { ruleNumber } from '../stations/queries.ts';
import { lockShelter, noDispatch } from './commands.ts';
import { dispatchInScope, holdRows, lockedHold } from './queries-holds.ts';
import { availabilityOf } from './queries.ts';

type HoldBody = z.infer<NonNullable<typeof holdBed.body>>;

/** What a hold is made of; `for` is free text for the shelter. */
export interface NewHold {
  id: string;
  shelterId: string;
  people: number;
  kind: BedKind;
  for: string;
  dispatchId: string | null;
}

/** Writes to the timeline of the incident a hold's dispatch goes to, if there is one. */
async function writeEntry(ctx: Context, hold: HoldRow, kind: 'bed_held' | 'bed_released'): Promise<void> {
  if (hold.dispatchId === null) return;
  await rows(
    ctx.db,
    `insert into incident_entries (incident_id, at, kind, actor_kind, actor_id, detail)
     select d.incident_id, :now, :kind, :actorKind, cast(:userId as uuid), cast(:detail as jsonb) from dispatches d where d.id = cast(:dispatchId as uuid)`,
    {
      now: ctx.now(),
      kind,
      actorKind: ctx.actor.kind,
      userId: userIdOf(ctx.actor),
      detail: JSON.stringify({ holdId: hold.id, shelterId: hold.shelterId, people: hold.people }),
      dispatchId: hold.dispatchId,
    },
  );
}

/** An incident cannot close while a bed is held for it; a hold that ended no longer stands in the way. */
const settle = (ctx: Context, holdIds: readonly string[]): Promise<unknown> =>
  rows(ctx.db, `delete from obligations where kind = 'hold' and ref_id = any (cast(:holdIds as uuid[]))`, { holdIds });

async function holdRow(ctx: Context, id: string): Promise<HoldRow> {
  const [found] = await holdRows(ctx.db, [id]);
  if (!found) throw new Error('a hold was not written');
  return found;
}

/**
 * Holds beds, writes the obligation and the timeline; the caller has judged the dispatch and records the fact.
 * 404, 409 shelter_closed unless the shelter is open, 409 no_bed when fewer of that kind are free.
 */
export async function makeHold(ctx: Context, wanted: NewHold): Promise<HoldRow> {
  const shelter = await lockShelter(ctx, wanted.shelterId);
  if (shelter.status !== 'open') throw new Problem('shelter_closed');
  const now = ctx.now();
  const { available } = await availabilityOf(ctx.db, shelter, now);
  if (available[wanted.kind] < wanted.people) throw new Problem('no_bed');
  const minutes = await ruleNumber(ctx.db, 'holds.duration', shelter.stationId);
  const expiresAt = new Date(now.getTime() + minutes * 60_000);
  await rows(
    ctx.db,
    `insert into holds (id, shelter_id, kind, people, held_for, dispatch_id, status, expires_at, created_at)
     values (cast(:id as uuid), cast(:shelterId as uuid), :kind, cast(:people as integer), :heldFor, cast(:dispatchId as uuid), 'held', :expiresAt, :now)`,
    {
      id: wanted.id,
      shelterId: wanted.shelterId,
      kind: wanted.kind,
      people: wanted.people,
      heldFor: wanted.for,
      dispatchId: wanted.dispatchId,
      expiresAt,
      now,
    },
  );
  const hold = await holdRow(ctx, wanted.id);
  if (hold.dispatchId !== null) {
    await rows(
      ctx.db,
      `insert into obligations (incident_id, kind, ref_id, until)
       select d.incident_id, 'hold', cast(:holdId as uuid), :expiresAt from dispatches d where d.id = cast(:dispatchId as uuid)`,
      { holdId: hold.id, dispatchId: hold.dispatchId, expiresAt },
    );
    await writeEntry(ctx, hold, 'bed_held');
  }
  return hold;
}

/** Takes the incident's lock before the shelter's, as every command does. */
const lockIncident = (ctx: Context, incidentId: string): Promise<unknown> =>
  rows(ctx.db, `select id from incidents where id = cast(:incidentId as uuid) for key share`, { incidentId });

/** The endpoint: a crew holds for its own running job only (404), shelter staff in their own house. */
export async function holdBeds(ctx: Context, shelterId: string, body: HoldBody): Promise<HoldRow> {
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
    kind: body.kind ?? 'any',
    for: body.for,
    dispatchId,
  });
  record(ctx, { type: 'hold.made', stationId: hold.stationId, rows: { holds: [hold] } });
  return hold;
}

/** Ends locked holds and takes their obligations away. */
export async function endHolds(
  ctx: Context,
  ids: readonly string[],
  status: 'used' | 'cancelled' | 'expired',
): Promise<HoldRow[]> {
  await rows(
    ctx.db,
    `update holds set status = :status, ended_at = :now, version = version + 1 where id = any (cast(:ids as uuid[])) and status = 'held'`,
    { ids, status, now: ctx.now() },
  );
  await settle(ctx, ids);
  return holdRows(ctx.db, ids);
}

/** Gives held beds back: 409 hold_ended when something ended it before; a crew gives back its own only (404). */
export async function giveBack(ctx: Context, shelterId: string, holdId: string): Promise<HoldRow> {
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
  await lockShelter(ctx, shelterId);
  const hold = await lockedHold(ctx.db, shelterId, holdId);
  if (hold?.status !== 'held') throw new Problem('hold_ended');
  const [released] = await endHolds(ctx, [holdId], 'cancelled');
  if (!released) throw new Problem('not_found');
  await writeEntry(ctx, released, 'bed_released');
  record(ctx, { type: 'hold.released', stationId: released.stationId, rows: { holds: [released] } });
  return released;
}
