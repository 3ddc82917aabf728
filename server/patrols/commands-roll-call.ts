/**
 * The crew's safety timer. It runs while a crew is out and not on a break, starts anew with whatever the crew does, and climbs
 * when it is missed. What is due is a row with its time, so a restart or a second node neither forgets nor repeats a rung.
 */
import type * as z from 'zod/mini';
import { type answerRollCall, type PatrolRow, rollCallRungs } from '../../shared/patrols.ts';
import { Problem } from '../../shared/problems.ts';
import { type Context, staffOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { finishTasksAbout, raiseTask } from '../tasks/commands.ts';
import { lockPatrol } from './commands.ts';
import { EVERY, everBelonged, patrolRows } from './queries.ts';

/** The alarm of the crew itself says how it is: it must not put the safety timer to rest. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['raisePanic', 'answerRollCall']);
/** A crew at work calls several times a minute: the timer is not told anew for less than this. */
const WORTH_TELLING_S = 60;

/** When somebody was well, at the latest now: a phone's clock may run ahead. */
const saidAt = (ctx: Context, at: string | undefined): Date =>
  new Date(Math.min(ctx.now().getTime(), at === undefined ? Infinity : Date.parse(at)));

/** Starts the timer of one outing anew from `said`, never back; false when that changes nothing worth telling. */
async function startAnew(ctx: Context, patrolId: string, said: Date, atLeastS: number): Promise<boolean> {
  const moved = await row<{ rung: PatrolRow['rollCallRung'] }>(
    ctx.db,
    // One that another command holds is left alone: its caller must not wait here with other rows locked.
    `update patrols p set roll_call_due_at = n.due, roll_call_rung = null
     from (
       select q.id, q.roll_call_rung as rung, q.roll_call_due_at as was, cast(:said as timestamptz) + ${EVERY} as due
       from patrols q join stations s on s.id = q.station_id
       where q.id = cast(:patrolId as uuid) and q.ended_at is null and q.status <> 'break' for no key update of q skip locked
     ) n
     where p.id = n.id and (n.was is null or n.due >= n.was + cast(:atLeastS as float8) * interval '1 second' or (n.rung is not null and n.due > n.was))
     returning n.rung`,
    { patrolId, said, atLeastS },
  );
  if (!moved) return false;
  if (moved.rung === 'duty_officer') await finishTasksAbout(ctx, 'roll_call', 'patrolId', patrolId);
  await tellRollCall(ctx, [patrolId]);
  return true;
}

async function tellRollCall(
  ctx: Context,
  ids: readonly string[],
  tasks: Awaited<ReturnType<typeof raiseTask>>[] = [],
): Promise<PatrolRow[]> {
  const patrols = await patrolRows(ctx.db, ids);
  for (const stationId of [...new Set(patrols.map((patrol) => patrol.stationId))].sort())
    record(ctx, {
      type: 'patrol.roll_call',
      stationId,
      rows: {
        patrols: patrols.filter((patrol) => patrol.stationId === stationId),
        tasks: tasks.filter((task) => task.stationId === stationId),
      },
    });
  return patrols;
}

/** Any command of a crew is a sign that it is well, at the time it was made; called with each of them, after it. */
export async function crewSaid(ctx: Context, command: string, at: string | undefined): Promise<void> {
  const { actor } = ctx;
  if (!('role' in actor) || actor.role !== 'crew' || actor.patrolId === null || SAYS_NOTHING.has(command)) return;
  await startAnew(ctx, actor.patrolId, saidAt(ctx, at), WORTH_TELLING_S);
}

/**
 * Answers the roll call: by the crew, or by the desk that has spoken to it. An answer made without a network counts from when
 * it was made. One for an outing that is over or on a break changes nothing and is no error.
 */
export async function answerCall(
  ctx: Context,
  id: string,
  body: z.infer<NonNullable<typeof answerRollCall.body>>,
): Promise<PatrolRow> {
  const actor = staffOf(ctx);
  if (actor.role === 'crew' && actor.patrolId !== id && !(await everBelonged(ctx.db, id, actor.id)))
    throw new Problem('not_found');
  await lockPatrol(ctx, id);
  await startAnew(ctx, id, saidAt(ctx, body.at), 1);
  const [answered] = await patrolRows(ctx.db, [id]);
  if (!answered) throw new Problem('not_found');
  return answered;
}

/** How many outings are looked at in one transaction. */
const BATCH = 100;

/** The highest rung of the rule that is due; null before the first. */
const REACHED = `(select l ->> 'rung' from jsonb_array_elements(rule_value('roll_call.ladder', s.path)) as l
  where p.roll_call_due_at + cast(l ->> 'afterS' as float8) * interval '1 second' <= :now
  order by array_position(cast(:rungs as text[]), l ->> 'rung') desc limit 1)`;
const HIGHER = `coalesce(array_position(cast(:rungs as text[]), ${REACHED}), 0) > coalesce(array_position(cast(:rungs as text[]), p.roll_call_rung), 0)`;

/** Climbs what is due; answers how many outings it worked. One that is locked is left to the next pulse: that command may be the answer. */
export async function climbRollCalls(ctx: Context): Promise<number> {
  const given = { now: ctx.now(), rungs: [...rollCallRungs], batch: BATCH };
  const due = await rows<{ id: string }>(
    ctx.db,
    `select p.id from patrols p join stations s on s.id = p.station_id
     where p.roll_call_due_at <= :now and p.ended_at is null and ${HIGHER}
     order by p.id limit :batch for no key update of p skip locked`,
    given,
  );
  if (due.length === 0) return 0;
  // read only now: what another node climbed before the lock was ours is not due any more
  const climbed = await rows<{ id: string; stationId: string; rung: PatrolRow['rollCallRung'] }>(
    ctx.db,
    `update patrols p set roll_call_rung = ${REACHED} from stations s
     where s.id = p.station_id and p.id = any (cast(:ids as uuid[])) and p.roll_call_due_at <= :now and p.ended_at is null and ${HIGHER}
     returning p.id, p.station_id as "stationId", p.roll_call_rung as rung`,
    { now: given.now, rungs: given.rungs, ids: due.map(({ id }) => id) },
  );
  const tasks: Awaited<ReturnType<typeof raiseTask>>[] = [];
  for (const { id, stationId, rung } of climbed)
    if (rung === 'duty_officer')
      tasks.push(await raiseTask(ctx, { stationId, kind: 'roll_call', subject: { patrolId: id } }));
  if (climbed.length > 0)
    await tellRollCall(
      ctx,
      climbed.map(({ id }) => id),
      tasks,
    );
  return due.length;
}
