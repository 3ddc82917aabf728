/** Spot checks: asked at random times or by hand, answered in time or missed. */
import { randomUUID } from 'node:crypto';
import type { Part } from '../../shared/contract.ts';
import type { createSpotCheck, SpotCheckRow } from '../../shared/duty.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { HOUR_MS } from '../../shared/roster.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import { type Context, isDesk, staffOf, userIdOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql, scopeOf } from '../db/scope.ts';
import { everBelonged } from '../patrols/queries.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { ruleNumber } from '../stations/queries.ts';
import { raiseTask } from '../tasks/commands.ts';
import { checkTimes } from './check-times.ts';
import { checkRows, SIGNED_IN } from './queries.ts';
import { checkedShifts, dutyKeyOf, lockedCheck } from './queries-checks.ts';

/** One not asked within this is given up: a check that always follows a return of the service would be no surprise. */
const LATE_MS = HOUR_MS / 6;
/** Checks looked at in one transaction. */
const BATCH = 100;

const told = async (ctx: Context, type: 'check.asked' | 'check.changed', id: string): Promise<SpotCheckRow> => {
  const [check] = await checkRows(ctx.db, [id]);
  if (!check) throw new Error('a spot check was not written');
  record(ctx, { type, stationId: check.stationId, rows: { checks: [check] } });
  return check;
};

/** Asks the desks whose random time has come, each once however many nodes look; nothing of a check is written before. Gives how many. */
export async function askChecks(ctx: Context): Promise<number> {
  const now = ctx.now();
  const shifts = await checkedShifts(ctx.db, now);
  if (shifts.length === 0) return 0;
  const key = await dutyKeyOf(ctx.db);
  const due = shifts.flatMap((shift) =>
    checkTimes(key, shift, shift.count)
      .filter(({ at }) => at <= now && now.getTime() - at.getTime() <= LATE_MS)
      .map(({ slot }) => ({
        id: randomUUID(),
        stationId: shift.stationId,
        shiftId: shift.id,
        slot,
        dueAt: new Date(now.getTime() + shift.answerS * 1000),
      })),
  );
  if (due.length === 0) return 0;
  const asked = await rows<{ id: string }>(
    ctx.db,
    `insert into spot_checks (id, station_id, target, shift_id, slot, asked_at, due_at)
     select m.id, m."stationId", 'desk', m."shiftId", m.slot, :now, m."dueAt"
     from jsonb_to_recordset(cast(:due as jsonb)) as m (id uuid, "stationId" uuid, "shiftId" uuid, slot integer, "dueAt" timestamptz)
     order by m."shiftId", m.slot on conflict (shift_id, slot) do nothing returning id`,
    { due: JSON.stringify(due), now },
  );
  for (const { id } of asked) await told(ctx, 'check.asked', id);
  return asked.length;
}

/** The shift a station's desk works now; null when it has none. */
const shiftNow = async (ctx: Context, stationId: string): Promise<string | null> =>
  (
    await row<{ id: string }>(
      ctx.db,
      `select d.id from duty_shifts d where d.station_id = cast(:stationId as uuid) and d.removed_at is null and d.ended_at is null and d.started_at is not null
       order by d.starts_at <= :now and d.ends_at > :now desc, d.ends_at desc, d.id limit 1`,
      { stationId, now: ctx.now() },
    )
  )?.id ?? null;

/** Asks a desk or an outing now; 404 for one that is not of the subtree, 409 patrol_off for an outing that is over. */
export async function askNow(ctx: Context, body: Part<(typeof createSpotCheck)['body']>): Promise<SpotCheckRow> {
  const { target, patrolId } = body;
  if ((target === 'patrol') !== (patrolId !== undefined))
    throw fieldProblem('/patrolId', patrolId === undefined ? 'required' : 'range', 'for a patrol, and only for one');
  let stationId: string;
  if (patrolId === undefined) stationId = (await stationFor(ctx, body.stationId)).id;
  else {
    const patrol = await row<{ stationId: string; over: boolean }>(
      ctx.db,
      `select p.station_id as "stationId", p.ended_at is not null as over from patrols p where p.id = cast(:patrolId as uuid) and ${inSubtreeSql('p.station_id')}`,
      { patrolId, ...scopeOf(ctx) },
    );
    if (!patrol || (body.stationId !== undefined && body.stationId !== patrol.stationId))
      throw fieldProblem('/patrolId', 'not_found', 'no such outing in your area', 'not_found');
    if (patrol.over) throw new Problem('patrol_off');
    ({ stationId } = patrol);
  }
  const now = ctx.now();
  await rows(
    ctx.db,
    `insert into spot_checks (id, station_id, target, shift_id, patrol_id, asked_by, asked_at, due_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :target, cast(:shiftId as uuid), cast(:patrolId as uuid), cast(:askedBy as uuid), :now, :dueAt)`,
    {
      id: body.id,
      stationId,
      target,
      shiftId: target === 'desk' ? await shiftNow(ctx, stationId) : null,
      patrolId: patrolId ?? null,
      askedBy: userIdOf(ctx.actor),
      now,
      dueAt: new Date(now.getTime() + (await ruleNumber(ctx.db, 'checks.answer', stationId)) * 1000),
    },
  );
  return told(ctx, 'check.asked', body.id);
}

/** Notes that a check was missed, and puts it on the list; once, whoever finds it first. */
async function miss(ctx: Context, check: SpotCheckRow): Promise<TaskRow> {
  const about = check.patrolId === null ? { shiftId: check.shiftId } : { patrolId: check.patrolId };
  const subject = Object.fromEntries(
    Object.entries({ checkId: check.id, ...about }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  const task = await raiseTask(ctx, { stationId: check.stationId, kind: 'check_missed', subject });
  await rows(
    ctx.db,
    `update spot_checks set missed_at = due_at, task_id = cast(:taskId as uuid), version = version + 1 where id = cast(:id as uuid)`,
    { id: check.id, taskId: task.id },
  );
  return task;
}

/** Those whose time is over without an answer: missed from then on, with a task for each. Gives how many. */
export async function missChecks(ctx: Context): Promise<number> {
  const over = await rows<{ id: string }>(
    ctx.db,
    `select c.id from spot_checks c where c.answered_at is null and c.missed_at is null and c.due_at < :now
     order by c.due_at, c.id limit :batch for update of c skip locked`,
    { now: ctx.now(), batch: BATCH },
  );
  const ids = over.map(({ id }) => id);
  const tasks: TaskRow[] = [];
  for (const check of await checkRows(ctx.db, ids)) tasks.push(await miss(ctx, check));
  const missed = await checkRows(ctx.db, ids);
  for (const stationId of new Set(missed.map((check) => check.stationId)))
    record(ctx, {
      type: 'check.changed',
      stationId,
      rows: {
        checks: missed.filter((check) => check.stationId === stationId),
        tasks: tasks.filter((task) => task.stationId === stationId),
      },
    });
  return ids.length;
}

/** Whether somebody answers for this desk now: signed in to it, or, where no shift runs, of that station. */
const answersDesk = async (ctx: Context, stationId: string, userId: string): Promise<boolean> =>
  (await row(
    ctx.db,
    `select u.id from users u where u.id = cast(:userId as uuid) and (
       exists (select from duty_people p join duty_shifts d on d.id = p.shift_id
         where p.user_id = u.id and d.station_id = cast(:stationId as uuid) and d.removed_at is null and d.ended_at is null and ${SIGNED_IN})
       or u.station_id = cast(:stationId as uuid) and not exists (select from duty_shifts d
         where d.station_id = cast(:stationId as uuid) and d.removed_at is null and d.started_at is not null and d.ended_at is null))`,
    { userId, stationId },
  )) !== undefined;

/**
 * Answers a check. A desk is answered for by whoever is signed in to it (409 not_on_duty), an outing by its own crew (404 for others'), also right after it
 * ended. Too late it stays missed and the time is kept; answered once it is over: 409 check_over.
 */
export async function answer(ctx: Context, id: string): Promise<SpotCheckRow> {
  const staff = staffOf(ctx);
  const check = await lockedCheck(ctx.db, staff.stationId, id);
  const userId = userIdOf(ctx.actor);
  if (!check || userId === null) throw new Problem('not_found');
  const crew = check.patrolId !== null && (await everBelonged(ctx.db, check.patrolId, userId));
  if (!crew && view('checks', check, viewerOf(staff)) === null) throw new Problem('not_found');
  const may = check.target === 'desk' ? isDesk(staff) && (await answersDesk(ctx, check.stationId, userId)) : crew;
  if (!may) throw new Problem('not_on_duty');
  if (check.answeredAt !== null) throw new Problem('check_over');
  const now = ctx.now();
  const late = check.missedAt === null && now.toISOString() > check.dueAt;
  const tasks = late ? [await miss(ctx, check)] : [];
  await rows(
    ctx.db,
    `update spot_checks set answered_at = :now, answered_by = cast(:userId as uuid), version = version + 1 where id = cast(:id as uuid)`,
    { id, userId, now },
  );
  const [answered] = await checkRows(ctx.db, [id]);
  if (!answered) throw new Problem('not_found');
  record(ctx, { type: 'check.changed', stationId: check.stationId, rows: { checks: [answered], tasks } });
  return answered;
}
