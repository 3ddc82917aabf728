/** People in beds: coming, staying and going. The order of locks is incidents, shelter, hold, stay, the people. */
import type { Part } from '../../shared/contract.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { BedKind, HoldRow, PlaceUnit, ShelterRow } from '../../shared/shelters.ts';
import type { checkIn, StayRow, updateStay } from '../../shared/stays.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import { type Context, staffOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { noteCount } from '../shelters/commands-counts.ts';
import { endHolds } from '../shelters/commands-holds.ts';
import { lockShelter } from '../shelters/commands.ts';
import { beginDues, endDues, resumeDues } from './dues.ts';
import { lockedHold } from '../shelters/queries-holds.ts';
import { type MetPerson, peopleBroughtIn, peopleToName, shelterOfStay, stayRows } from './queries.ts';
import { availabilityOf, shelterRows } from '../shelters/queries.ts';

type CheckIn = Part<(typeof checkIn)['body']>;
type Update = Part<(typeof updateStay)['body']>;

async function stayRow(ctx: Context, id: string): Promise<StayRow> {
  const [found] = await stayRows(ctx.db, [id]);
  if (!found) throw new Problem('not_found');
  return found;
}

/** A stay of the caller's subtree, its house locked until the command ends; 404 out of scope, and in a house that was given up. */
export async function lockStay(ctx: Context, id: string): Promise<StayRow> {
  const shelterId = await shelterOfStay(ctx.db, scopeOf(ctx).scope, id);
  if (shelterId === undefined) throw new Problem('not_found');
  await lockShelter(ctx, shelterId);
  return stayRow(ctx, id);
}

/** What was exported no longer has it all; who comes and goes is a count of the house besides. */
async function houseAfter(ctx: Context, shelterId: string, count?: 'arrival' | 'departure'): Promise<ShelterRow[]> {
  await rows(
    ctx.db,
    `update shelters set exported_at = null where id = cast(:shelterId as uuid) and exported_at is not null`,
    { shelterId },
  );
  if (count !== undefined) await noteCount(ctx, shelterId, count);
  return shelterRows(ctx.db, [shelterId]);
}

/** Tells of a stay that changed, with the tasks this settled, and answers it as it now is. */
export async function tellStay(
  ctx: Context,
  id: string,
  tasks: readonly TaskRow[],
  count?: 'arrival' | 'departure',
): Promise<StayRow> {
  const stay = await stayRow(ctx, id);
  const shelters = await houseAfter(ctx, stay.shelterId, count);
  record(ctx, {
    type: 'stay.changed',
    stationId: stay.stationId,
    rows: { stays: [stay], shelters, ...(tasks.length > 0 ? { tasks: [...tasks] } : {}) },
  });
  return stay;
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
  unit: PlaceUnit;
  kind: BedKind;
  people: number;
  /** the hold that is used up by it */
  uses: HoldRow | null;
}

/** Which places are taken: those of a hold that still stands are sure, whatever goes beyond must be free. */
async function judgePlaces(
  ctx: Context,
  shelter: ShelterRow,
  hold: HoldRow | null,
  body: Pick<CheckIn, 'unit' | 'kind' | 'people' | 'personIds'>,
): Promise<Claim> {
  const stands = hold !== null && hold.status === 'held' && new Date(hold.expiresAt) > ctx.now();
  const unit = body.unit ?? hold?.unit ?? 'bed';
  const kind = body.kind ?? hold?.kind ?? 'any';
  const people = body.people ?? hold?.people ?? Math.max(1, new Set(body.personIds).size);
  const sure = stands && hold.unit === unit && hold.kind === kind ? hold.people : 0;
  if (people > sure) {
    const house = await availabilityOf(ctx.db, shelter, ctx.now());
    const { available } = unit === 'seat' ? house.seats : house;
    if (available[kind] < people - sure) throw new Problem('no_bed');
  }
  return { unit, kind, people, uses: stands ? hold : null };
}

/** Those of a list who are not among others, each with its place in it. */
const missing = (list: readonly string[], known: ReadonlySet<string>, code: 'not_found' | 'already_in') =>
  list.flatMap((id, n) =>
    known.has(id)
      ? []
      : [
          {
            path: `/personIds/${String(n)}`,
            code,
            message: code === 'already_in' ? 'has a bed already' : 'nobody you may name',
          },
        ],
  );

/** The people of a meeting that a check-in names: 404 for whom the caller may not name, 422 for more of them than come. */
async function peopleNamed(ctx: Context, named: readonly string[], people: number): Promise<MetPerson[]> {
  if (new Set(named).size > people) throw fieldProblem('/personIds', 'range', 'more than people');
  const staff = staffOf(ctx);
  const found = await peopleToName(ctx.db, staff.stationId, named, staff.role === 'shelter' ? staff.shelterId : null);
  const unknown = missing(named, new Set(found.map(({ id }) => id)), 'not_found');
  if (unknown.length > 0) throw new Problem('not_found', unknown);
  return found;
}

/**
 * Gives these people the bed and answers those who got it. The index says who has one: who is checked in elsewhere at this moment is
 * waited for. They are taken in the order of their ids, so that two check-ins never wait for each other.
 */
async function putToBed(ctx: Context, stayId: string, people: readonly MetPerson[]): Promise<Set<string>> {
  const placed = await rows<{ id: string }>(
    ctx.db,
    `insert into stay_people (stay_id, person_id, staying)
     select cast(:stayId as uuid), p.id, true from unnest(cast(:ids as uuid[])) p (id) order by p.id
     on conflict (person_id) where staying do nothing returning person_id as id`,
    { stayId, ids: people.map(({ id }) => id) },
  );
  return new Set(placed.map(({ id }) => id));
}

/**
 * Checks people in, nameless if need be. 409 shelter_closed, no_bed, already_in, or hold_ended for a hold that was used or given
 * back; one that ran out counts as none. `settle` does what else changes with it, and answers the incidents that the fact then carries.
 */
export async function arrive(ctx: Context, body: CheckIn, settle?: () => Promise<IncidentRow[]>): Promise<StayRow> {
  const shelter = await lockShelter(ctx, body.shelterId);
  const hold = body.holdId === undefined ? null : await lockedHold(ctx.db, body.shelterId, body.holdId);
  if (hold === undefined) throw fieldProblem('/holdId', 'not_found', 'no such hold here', 'not_found');
  if (hold?.status === 'used' || hold?.status === 'cancelled') throw new Problem('hold_ended');
  if (shelter.status === 'closed') throw new Problem('shelter_closed');
  const { unit, kind, people, uses } = await judgePlaces(ctx, shelter, hold, body);
  const named = body.personIds ?? [];
  const known =
    named.length > 0
      ? await peopleNamed(ctx, named, people)
      : hold?.dispatchId == null
        ? []
        : await peopleBroughtIn(ctx.db, hold.dispatchId, shelter.id, people);
  await rows(
    ctx.db,
    `insert into stays (id, shelter_id, hold_id, encounter_id, unit, kind, people, bed, belongings, unidentified, arrived_at, note)
     values (cast(:id as uuid), cast(:shelterId as uuid), cast(:holdId as uuid), cast(:encounterId as uuid), :unit, :kind, cast(:people as integer),
       cast(:bed as text), cast(:belongings as text), :unidentified, :now, cast(:note as text))`,
    {
      id: body.id,
      shelterId: shelter.id,
      holdId: uses?.id ?? null,
      encounterId: known[0]?.encounterId ?? (await encounterOf(ctx, hold)),
      unit,
      kind,
      people,
      bed: body.bed ?? null,
      belongings: body.belongings ?? null,
      unidentified: body.unidentified ?? false,
      now: ctx.now(),
      note: body.note ?? null,
    },
  );
  const placed = await putToBed(ctx, body.id, known);
  const elsewhere = missing(named, placed, 'already_in');
  if (elsewhere.length > 0) throw new Problem('already_in', elsewhere);
  await beginDues(ctx, await stayRow(ctx, body.id), 'all');
  const holds = uses === null ? [] : await endHolds(ctx, [uses.id], 'used');
  const stay = await stayRow(ctx, body.id);
  const shelters = await houseAfter(ctx, shelter.id, 'arrival');
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

/** What follows for the dues of a stay from what was changed of it; answers the tasks that this settled. */
async function followDues(ctx: Context, before: StayRow, after: StayRow): Promise<TaskRow[]> {
  const tasks: TaskRow[] = [];
  if (before.unidentified && !after.unidentified) tasks.push(...(await endDues(ctx, after.id, { note: 'identified' })));
  if (after.leftAt !== null) tasks.push(...(await endDues(ctx, after.id, { note: 'left' }, new Date(after.leftAt))));
  else if (!before.unidentified && after.unidentified) await beginDues(ctx, after, 'unidentified');
  return tasks;
}

/**
 * Takes a check-out back: they have their places again, and what was due goes on as if they had never gone. 409 shelter_closed, no_bed,
 * or already_in for somebody who has a bed elsewhere by now.
 */
async function comeBack(ctx: Context, stay: StayRow): Promise<void> {
  const [shelter] = await shelterRows(ctx.db, [stay.shelterId]);
  if (!shelter || shelter.status === 'closed') throw new Problem('shelter_closed');
  await judgePlaces(ctx, shelter, null, stay);
  const { id, personIds } = stay;
  const back = await rows<{ id: string }>(
    ctx.db,
    `update stay_people p set staying = true where p.stay_id = cast(:id as uuid)
       and not exists (select from stay_people o where o.person_id = p.person_id and o.staying) returning p.person_id as id`,
    { id },
  );
  if (back.length < personIds.length) throw new Problem('already_in');
  await resumeDues(ctx, id);
}

/** Checks out, takes a check-out back, or changes what is written of a stay; 409 version_conflict, or stay_ended when they have left already. */
export async function changeStay(ctx: Context, id: string, body: Update): Promise<StayRow> {
  const known = await lockStay(ctx, id);
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  const inside = known.leftAt === null;
  const leaves = body.left === true;
  if (leaves && !inside) throw new Problem('stay_ended');
  const returns = body.left === false && !inside;
  if (returns) await comeBack(ctx, known);
  await rows(
    ctx.db,
    `update stays set left_at = case when :leaves then greatest(arrived_at, cast(:now as timestamptz)) when :returns then null else left_at end,
       going_to = cast(:goingTo as text), bed = cast(:bed as text), belongings = cast(:belongings as text), unidentified = :unidentified,
       note = cast(:note as text), version = version + 1
     where id = cast(:id as uuid)`,
    {
      id,
      leaves,
      returns,
      now: ctx.now(),
      goingTo: body.goingTo ?? (returns ? null : known.goingTo),
      bed: body.bed === undefined ? known.bed : body.bed,
      belongings: body.belongings === undefined ? known.belongings : body.belongings,
      unidentified: body.unidentified ?? known.unidentified,
      note: body.note ?? known.note,
    },
  );
  if (leaves)
    await rows(ctx.db, `update stay_people set staying = false where stay_id = cast(:id as uuid) and staying`, { id });
  const tasks = inside || returns ? await followDues(ctx, known, await stayRow(ctx, id)) : [];
  return tellStay(ctx, id, tasks, leaves ? 'departure' : returns ? 'arrival' : undefined);
}
