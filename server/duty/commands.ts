/** The roster of a desk: putting shifts on it, changing them, taking them off, repeating them. */
import { randomUUID } from 'node:crypto';
import type { Part } from '../../shared/contract.ts';
import type { copyRoster, createShift, ShiftRow, updateShift } from '../../shared/duty.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { copies, DAY_MS, dayOf, HOUR_MS, wallLength } from '../../shared/roster.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { stationFor } from '../stations/commands.ts';
import { ruleNumber, stationById } from '../stations/queries.ts';
import type { StationRow } from '../../shared/stations.ts';
import { atDesk } from './desk.ts';
import { settleGaps } from './gaps.ts';
import { shiftRows } from './queries.ts';
import { mayServe, stationOfShift, stretchesOf } from './queries-roster.ts';

const LONGEST_MS = 24 * HOUR_MS;
/** Days repeated at once, and shifts made by it: a winter of two shifts a day, not a century. */
const MOST_DAYS = 62;
const MOST_SHIFTS = 1_000;

type People = NonNullable<Part<(typeof createShift)['body']>['people']>;

/** 422 for a shift that ends before it begins, lasts longer than a day by the wall clock, or is over already. */
function judgeTimes(ctx: Context, { timeZone }: StationRow, startsAt: string, endsAt: string): void {
  if (endsAt <= startsAt) throw fieldProblem('/endsAt', 'range', 'ends before it begins');
  if (wallLength(timeZone, startsAt, endsAt) > LONGEST_MS)
    throw fieldProblem('/endsAt', 'range', 'longer than 24 hours');
  if (endsAt <= ctx.now().toISOString()) throw fieldProblem('/endsAt', 'range', 'is over already');
}

/** 422 for people who may not answer this desk: others' people, not active, not of the desk, or of a station below, who could not see it. */
async function judgePeople(ctx: Context, stationId: string, people: People, on?: ShiftRow): Promise<void> {
  const { scope } = scopeOf(ctx);
  const ids = people.map(({ userId }) => userId);
  const serving = await mayServe(ctx.db, scope, stationId, ids);
  // who is on it already may be named again, whatever became of them
  const fit = new Set([...serving.map(({ id }) => id), ...(on?.people ?? []).map(({ userId }) => userId)]);
  const errors = ids.flatMap((id, n) =>
    fit.has(id)
      ? []
      : [{ path: `/people/${String(n)}/userId`, code: 'not_found', message: 'nobody who may answer this desk' }],
  );
  if (errors.length > 0) throw new Problem('invalid', errors);
}

/** Makes these the people on the roster of a shift; whoever has signed in stays. */
async function putPeople(ctx: Context, shiftId: string, people: People): Promise<void> {
  const listed = JSON.stringify(people.map(({ userId, officer = false }) => ({ userId, officer })));
  await rows(
    ctx.db,
    `delete from duty_people p where p.shift_id = cast(:shiftId as uuid) and p.signed_in_at is null
       and p.user_id not in (select m."userId" from jsonb_to_recordset(cast(:listed as jsonb)) as m ("userId" uuid))`,
    { shiftId, listed },
  );
  await rows(
    ctx.db,
    `insert into duty_people (shift_id, user_id, officer, planned)
     select cast(:shiftId as uuid), m."userId", m.officer, true from jsonb_to_recordset(cast(:listed as jsonb)) as m ("userId" uuid, officer boolean)
     on conflict (shift_id, user_id) do update set officer = excluded.officer, planned = true`,
    { shiftId, listed },
  );
}

const overlaps = (): Problem =>
  fieldProblem('/startsAt', 'taken', 'a shift of this desk has just these times', 'shift_overlaps');

const found = (after: Map<string, ShiftRow>, id: string): ShiftRow => {
  const shift = after.get(id);
  if (!shift) throw new Error('a shift was not written');
  return shift;
};

/**
 * Puts a shift on the roster. Shifts of one desk may overlap, since people start at staggered hours; two with just the same times are one:
 * 409 shift_overlaps. One that should run already does from now on.
 */
export async function addShift(ctx: Context, body: Part<(typeof createShift)['body']>): Promise<ShiftRow> {
  const station = await stationFor(ctx, body.stationId);
  judgeTimes(ctx, station, body.startsAt, body.endsAt);
  const { people = [] } = body;
  await judgePeople(ctx, station.id, people);
  const minimum = body.minimum ?? (await ruleNumber(ctx.db, 'duty.minimum', station.id));
  const after = await atDesk(ctx, station.id, [], async () => {
    const made = await rows(
      ctx.db,
      `insert into duty_shifts (id, station_id, starts_at, ends_at, minimum, drawn_from, created_at)
       values (cast(:id as uuid), cast(:stationId as uuid), :startsAt, :endsAt, :minimum, :now, :now)
       on conflict (station_id, starts_at, ends_at) where removed_at is null do nothing returning id`,
      { id: body.id, stationId: station.id, startsAt: body.startsAt, endsAt: body.endsAt, minimum, now: ctx.now() },
    );
    if (made.length === 0) throw overlaps();
    await putPeople(ctx, body.id, people);
    return { ids: [body.id], tasks: await settleGaps(ctx, station.id) };
  });
  return found(after, body.id);
}

/** Locates a shift of the subtree; 404 when it is none, or was taken off the roster. */
async function stationFound(ctx: Context, id: string): Promise<StationRow> {
  const at = await stationOfShift(ctx.db, scopeOf(ctx).scope, id);
  const station = at && (await stationById(ctx.db, at.stationId));
  if (!station) throw new Problem('not_found');
  return station;
}

/** Changes a shift that has not ended. One that runs keeps its start; whoever has signed in to it stays on it. */
export async function changeShift(
  ctx: Context,
  id: string,
  body: Part<(typeof updateShift)['body']>,
): Promise<ShiftRow> {
  const station = await stationFound(ctx, id);
  const after = await atDesk(ctx, station.id, [id], async () => {
    const [known] = await shiftRows(ctx.db, [id]);
    if (!known) throw new Problem('not_found');
    if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
    if (known.endedAt !== null) throw new Problem('shift_ended');
    const { startsAt = known.startsAt, endsAt = known.endsAt } = body;
    const begun = known.startedAt !== null || known.startsAt <= ctx.now().toISOString();
    if (startsAt !== known.startsAt && begun) throw fieldProblem('/startsAt', 'begun', 'it runs', 'shift_running');
    if (startsAt !== known.startsAt || endsAt !== known.endsAt) {
      judgeTimes(ctx, station, startsAt, endsAt);
      const same = await rows(
        ctx.db,
        `select d.id from duty_shifts d where d.station_id = cast(:stationId as uuid) and d.removed_at is null and d.id <> cast(:id as uuid)
           and d.starts_at = cast(:startsAt as timestamptz) and d.ends_at = cast(:endsAt as timestamptz)`,
        { id, stationId: station.id, startsAt, endsAt },
      );
      if (same.length > 0) throw overlaps();
    }
    await rows(
      ctx.db,
      `update duty_shifts set starts_at = :startsAt, ends_at = :endsAt, minimum = coalesce(cast(:minimum as integer), minimum),
         drawn_from = case when starts_at = cast(:startsAt as timestamptz) and ends_at = cast(:endsAt as timestamptz) then drawn_from else :now end
       where id = cast(:id as uuid)`,
      { id, startsAt, endsAt, minimum: body.minimum ?? null, now: ctx.now() },
    );
    if (body.people) {
      await judgePeople(ctx, station.id, body.people, known);
      await putPeople(ctx, id, body.people);
    }
    return { tasks: await settleGaps(ctx, station.id) };
  });
  return found(after, id);
}

/** Takes a shift off the roster that has not begun. */
export async function dropShift(ctx: Context, id: string): Promise<Record<string, never>> {
  const station = await stationFound(ctx, id);
  await atDesk(ctx, station.id, [id], async () => {
    const gone = await rows(
      ctx.db,
      // its version moves, so that open rosters hear of it
      `update duty_shifts set removed_at = :now, version = version + 1
       where id = cast(:id as uuid) and removed_at is null and started_at is null and starts_at > :now returning id`,
      { id, now: ctx.now() },
    );
    if (gone.length === 0) throw new Problem('shift_running');
    return { tasks: await settleGaps(ctx, station.id) };
  });
  return {};
}

const judgedDay = (body: Part<(typeof copyRoster)['body']>, key: 'from' | 'to' | 'onto'): number => {
  const day = dayOf(body[key]);
  if (Number.isNaN(day)) throw fieldProblem(`/${key}`, 'format', 'no such day');
  return day;
};

/**
 * Repeats the shifts of some days with whoever was put on them and may still answer this desk. Where a shift is already nothing is put, nor
 * where its time is over; `left` says how many were not.
 */
export async function repeatRoster(
  ctx: Context,
  body: Part<(typeof copyRoster)['body']>,
): Promise<{ created: number; left: number }> {
  const station = await stationFor(ctx, body.stationId);
  const [first, last, onto] = [judgedDay(body, 'from'), judgedDay(body, 'to'), judgedDay(body, 'onto')];
  const { times = 1 } = body;
  if (last < first) throw fieldProblem('/to', 'range', 'ends before it begins');
  const days = (last - first) / DAY_MS + 1;
  if (days > MOST_DAYS) throw fieldProblem('/to', 'range', `at most ${String(MOST_DAYS)} days`);
  const around = (day: number): string => new Date(day).toISOString();
  let result = { created: 0, left: 0 };
  await atDesk(ctx, station.id, [], async () => {
    const source = await stretchesOf(ctx.db, station.id, around(first - DAY_MS), around(last + 3 * DAY_MS));
    const made = copies(source, { zone: station.timeZone, from: body.from, to: body.to, onto: body.onto, times });
    if (made.length > MOST_SHIFTS) throw fieldProblem('/times', 'range', `at most ${String(MOST_SHIFTS)} shifts`);
    const there = await stretchesOf(
      ctx.db,
      station.id,
      around(onto - 2 * DAY_MS),
      around(onto + (times * days + 3) * DAY_MS),
    );
    const now = ctx.now().toISOString();
    const free = made
      .filter(
        (copy) => copy.endsAt > now && !there.some((old) => old.startsAt < copy.endsAt && old.endsAt > copy.startsAt),
      )
      .map(({ of, startsAt, endsAt }) => ({ id: randomUUID(), of: of.id, startsAt, endsAt }));
    const put = await rows<{ id: string }>(
      ctx.db,
      `insert into duty_shifts (id, station_id, starts_at, ends_at, minimum, drawn_from, created_at)
       select m.id, d.station_id, m."startsAt", m."endsAt", d.minimum, :now, :now
       from jsonb_to_recordset(cast(:free as jsonb)) as m (id uuid, of uuid, "startsAt" timestamptz, "endsAt" timestamptz) join duty_shifts d on d.id = m.of
       on conflict (station_id, starts_at, ends_at) where removed_at is null do nothing returning id`,
      { free: JSON.stringify(free), now: ctx.now() },
    );
    const ids = put.map(({ id }) => id);
    await rows(
      ctx.db,
      `insert into duty_people (shift_id, user_id, officer, planned)
       select m.id, p.user_id, p.officer, true
       from jsonb_to_recordset(cast(:free as jsonb)) as m (id uuid, of uuid) join duty_people p on p.shift_id = m.of and p.planned
         join users u on u.id = p.user_id join stations s on s.id = cast(:stationId as uuid)
       where m.id = any (cast(:ids as uuid[])) and u.active and u.role in ('dispatcher', 'manager') and u.station_id = any (s.path)`,
      { free: JSON.stringify(free), ids, stationId: station.id },
    );
    result = { created: ids.length, left: made.length - ids.length };
    // one of them is enough to say that the roster is another: it is no part of the live picture
    return { ids: ids.slice(0, 1), tasks: await settleGaps(ctx, station.id) };
  });
  ctx.subjects.push(station.id);
  return result;
}
