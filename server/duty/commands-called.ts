/** Calling people in to the desk, and taking it back; by a plan's step, so whoever acts may be the service itself. */
import { randomUUID } from 'node:crypto';
import { HOUR_MS, nextChange } from '../../shared/roster.ts';
import type { Context } from '../context.ts';
import { one, row, rows } from '../db/rows.ts';
import { ruleAt, ruleNumber, stationById } from '../stations/queries.ts';
import { atDesk } from './desk.ts';

/** A shift is not made for less: whoever is called in for it would be met by its end. */
const SHORTEST_MS = HOUR_MS;
const LONGEST_MS = 24 * HOUR_MS;

/** The shift a station's desk works now, not one that only goes on for its signatures; of several the one that lasts longest. */
const runningShift = (ctx: Context, stationId: string): Promise<{ id: string } | undefined> =>
  row(
    ctx.db,
    `select d.id from duty_shifts d where d.station_id = cast(:stationId as uuid) and d.removed_at is null and d.ended_at is null
       and d.starts_at <= :now and d.ends_at > :now order by d.ends_at desc, d.id limit 1`,
    { stationId, now: ctx.now() },
  );

/** Makes the shift that nobody had planned: from now to the next change of shift, or to the next one on the roster. */
async function makeShift(ctx: Context, stationId: string): Promise<string> {
  const now = ctx.now();
  const station = await stationById(ctx.db, stationId);
  const starts = ((await ruleAt(ctx.db, 'desk.shifts', stationId)) as { starts: string }[]).map((each) => each.starts);
  const planned = await row<{ startsAt: Date }>(
    ctx.db,
    `select d.starts_at as "startsAt" from duty_shifts d
     where d.station_id = cast(:stationId as uuid) and d.removed_at is null and d.starts_at >= :from order by d.starts_at limit 1`,
    { stationId, from: new Date(now.getTime() + SHORTEST_MS) },
  );
  const endsAt = Math.min(
    nextChange(starts, station?.timeZone ?? 'UTC', now.getTime() + SHORTEST_MS - 1),
    planned?.startsAt.getTime() ?? Infinity,
    now.getTime() + LONGEST_MS,
  );
  const id = randomUUID();
  await rows(
    ctx.db,
    `insert into duty_shifts (id, station_id, starts_at, ends_at, minimum, drawn_from, created_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :now, :endsAt, :minimum, :now, :now)`,
    { id, stationId, now, endsAt: new Date(endsAt), minimum: await ruleNumber(ctx.db, 'duty.minimum', stationId) },
  );
  return id;
}

/** SQL: on shift `d` now, at whichever shift of that station they signed in. */
const AT_THE_DESK = `exists (select from duty_people q join duty_shifts e on e.id = q.shift_id
  where q.user_id = u.id and e.station_id = d.station_id and e.ended_at is null and q.signed_in_at is not null and q.signed_out_at is null)`;

/**
 * Calls everybody active of these roles in who works at the station itself and is not at its desk now: they stand on the running shift (one is made
 * when there is none), which needs `minimum` people from now on. Stations below have desks of their own and are not called. Whoever was called
 * already is not called again, so that repeating it changes nothing. `activationId` names the cause, to take it back by. Gives how many of these
 * roles are called now.
 */
export async function callIn(
  ctx: Context,
  {
    stationId,
    roles,
    minimum,
    activationId,
  }: { stationId: string; roles: readonly string[]; minimum: number; activationId: string },
): Promise<{ called: number }> {
  let called = 0;
  await atDesk(ctx, stationId, [], async () => {
    const running = await runningShift(ctx, stationId);
    const id = running?.id ?? (await makeShift(ctx, stationId));
    await rows(
      ctx.db,
      `insert into duty_calls (shift_id, cause, minimum) values (cast(:id as uuid), cast(:cause as uuid), :minimum)
       on conflict (shift_id, cause) do update set minimum = greatest(duty_calls.minimum, excluded.minimum)`,
      { id, cause: activationId, minimum },
    );
    await rows(
      ctx.db,
      `insert into duty_people (shift_id, user_id, planned, called_at)
       select d.id, u.id, false, :now from duty_shifts d join users u on u.station_id = d.station_id
       where d.id = cast(:id as uuid) and u.active and u.role = any (cast(:roles as text[])) and not ${AT_THE_DESK}
       on conflict (shift_id, user_id) do update set called_at = excluded.called_at, coming = null where duty_people.called_at is null`,
      { id, roles, now: ctx.now() },
    );
    const counted = await one<{ called: number }>(
      ctx.db,
      `select cast(count(*) as integer) as called from duty_people p join users u on u.id = p.user_id
       where p.shift_id = cast(:id as uuid) and p.called_at is not null and u.role = any (cast(:roles as text[]))`,
      { id, roles },
    );
    ({ called } = counted);
    return { ids: [id] };
  });
  return { called };
}

/** SQL: `p` was called to one of the shifts :ids, has not said anything, and nothing else calls there. */
const UNANSWERED = `p.shift_id = any (cast(:ids as uuid[])) and p.called_at is not null and p.coming is null and (p.signed_in_at is null or p.signed_in_at < p.called_at)
  and not exists (select from duty_calls k where k.shift_id = p.shift_id)`;

/**
 * Takes a call back: the desk needs as many as before, and whoever has not answered is not called any more, unless something else calls to the same
 * shift. Who said they come, or came, stays; a shift that is over keeps what it was.
 */
export async function callOff(
  ctx: Context,
  { stationId, activationId }: { stationId: string; activationId: string },
): Promise<void> {
  await atDesk(ctx, stationId, [], async () => {
    const freed = await rows<{ id: string }>(
      ctx.db,
      `delete from duty_calls k using duty_shifts d
       where d.id = k.shift_id and k.cause = cast(:cause as uuid) and d.station_id = cast(:stationId as uuid) and d.ended_at is null returning d.id`,
      { cause: activationId, stationId },
    );
    const ids = freed.map(({ id }) => id);
    await rows(ctx.db, `delete from duty_people p where not p.planned and ${UNANSWERED}`, { ids });
    await rows(ctx.db, `update duty_people p set called_at = null where p.planned and ${UNANSWERED}`, { ids });
    return {};
  });
}
