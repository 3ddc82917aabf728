/** People in beds. */
import type * as z from 'zod/mini';
import type { IncidentRow } from '../../shared/incidents.ts';
import { Problem } from '../../shared/problems.ts';
import type { BedKind, HoldRow, ShelterRow } from '../../shared/shelters.ts';
import type { checkIn, StayRow, updateStay } from '../../shared/stays.ts';
import type { Context } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { endHolds } from './commands-holds.ts';
import { lockShelter } from './commands.ts';
import { lockedHold, shelterOfStay, stayRows } from './queries-holds.ts';
import { availabilityOf, shelterRows } from './queries.ts';

type CheckIn = z.infer<NonNullable<typeof checkIn.body>>;
type Update = z.infer<NonNullable<typeof updateStay.body>>;

async function stayRow(ctx: Context, id: string): Promise<StayRow> {
  const [found] = await stayRows(ctx.db, [id]);
  if (!found) throw new Problem('not_found');
  return found;
}

/** Who comes and goes is a count of the house, so the count is fresh again. */
async function counted(ctx: Context, shelterId: string): Promise<ShelterRow> {
  await rows(ctx.db, `update shelters set counted_at = :now where id = cast(:shelterId as uuid)`, {
    shelterId,
    now: ctx.now(),
  });
  const [found] = await shelterRows(ctx.db, [shelterId]);
  if (!found) throw new Problem('not_found');
  return found;
}

/** The meeting that brought them here: the latest of the job the bed was held for. */
async function encounterOf(ctx: Context, hold: HoldRow | null): Promise<string | null> {
  if (hold?.dispatchId == null) return null;
  const found = await row<{ id: string }>(
    ctx.db,
    `select id from encounters where dispatch_id = cast(:dispatchId as uuid) order by at desc, id desc limit 1`,
    { dispatchId: hold.dispatchId },
  );
  return found?.id ?? null;
}

interface Claim {
  kind: BedKind;
  people: number;
  /** the hold that is used up by it */
  uses: HoldRow | null;
}

/** Which beds are taken: those of a hold that still stands are sure, whatever goes beyond must be free. */
async function judgeBeds(ctx: Context, shelter: ShelterRow, hold: HoldRow | null, body: CheckIn): Promise<Claim> {
  const stands = hold !== null && hold.status === 'held' && new Date(hold.expiresAt) > ctx.now();
  const kind = body.kind ?? hold?.kind ?? 'any';
  const people = body.people ?? hold?.people ?? 1;
  const sure = stands && hold.kind === kind ? hold.people : 0;
  if (people > sure) {
    const { available } = await availabilityOf(ctx.db, shelter, ctx.now());
    if (available[kind] < people - sure) throw new Problem('no_bed');
  }
  return { kind, people, uses: stands ? hold : null };
}

/**
 * Checks people in. 409 shelter_closed, no_bed, or hold_ended for a hold that was used or given back; one that ran out counts as
 * none. `settle` does what else changes with it, and answers the incidents that the fact then carries.
 */
export async function arrive(ctx: Context, body: CheckIn, settle?: () => Promise<IncidentRow[]>): Promise<StayRow> {
  const shelter = await lockShelter(ctx, body.shelterId);
  const hold = body.holdId === undefined ? null : await lockedHold(ctx.db, body.shelterId, body.holdId);
  if (hold === undefined)
    throw new Problem('not_found', [{ path: '/holdId', code: 'not_found', message: 'no such hold here' }]);
  if (hold?.status === 'used' || hold?.status === 'cancelled') throw new Problem('hold_ended');
  if (shelter.status === 'closed') throw new Problem('shelter_closed');
  const { kind, people, uses } = await judgeBeds(ctx, shelter, hold, body);
  await rows(
    ctx.db,
    `insert into stays (id, shelter_id, hold_id, encounter_id, kind, people, arrived_at, note)
     values (cast(:id as uuid), cast(:shelterId as uuid), cast(:holdId as uuid), cast(:encounterId as uuid), :kind, cast(:people as integer), :now, cast(:note as text))`,
    {
      id: body.id,
      shelterId: shelter.id,
      holdId: uses?.id ?? null,
      encounterId: await encounterOf(ctx, hold),
      kind,
      people,
      now: ctx.now(),
      note: body.note ?? null,
    },
  );
  const holds = uses === null ? [] : await endHolds(ctx, [uses.id], 'used');
  const stay = await stayRow(ctx, body.id);
  const shelters = [await counted(ctx, shelter.id)];
  const incidents = (await settle?.()) ?? [];
  record(ctx, {
    type: 'stay.started',
    stationId: shelter.stationId,
    rows: {
      stays: [stay],
      shelters,
      ...(holds.length > 0 ? { holds } : {}),
      ...(incidents.length > 0 ? { incidents } : {}),
    },
  });
  return stay;
}

/** Checks out or changes the note; 409 stay_ended when they have left already. */
export async function changeStay(ctx: Context, id: string, body: Update): Promise<StayRow> {
  const shelterId = await shelterOfStay(ctx.db, scopeOf(ctx).scope, id);
  if (shelterId === undefined) throw new Problem('not_found');
  await lockShelter(ctx, shelterId);
  const known = await stayRow(ctx, id);
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  const leaves = body.left === true;
  if (leaves && known.leftAt !== null) throw new Problem('stay_ended');
  await rows(
    ctx.db,
    `update stays set left_at = case when :leaves then greatest(arrived_at, cast(:now as timestamptz)) else left_at end,
       going_to = coalesce(cast(:goingTo as text), going_to), note = coalesce(cast(:note as text), note), version = version + 1
     where id = cast(:id as uuid)`,
    { id, leaves, now: ctx.now(), goingTo: body.goingTo ?? null, note: body.note ?? null },
  );
  const stay = await stayRow(ctx, id);
  const shelters = leaves ? [await counted(ctx, shelterId)] : await shelterRows(ctx.db, [shelterId]);
  record(ctx, { type: 'stay.changed', stationId: stay.stationId, rows: { stays: [stay], shelters } });
  return stay;
}
