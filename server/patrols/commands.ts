import type * as z from 'zod/mini';
import type { PatrolRow, startPatrol, updatePatrol } from '../../shared/patrols.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { type Context, isDesk, staffOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql, scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { raiseLeft } from '../supplies/commands-loads.ts';
import { finishTasksAbout } from '../tasks/commands.ts';
import { EVERY, hasRunningDispatch, patrolRows } from './queries.ts';
import { lockedVehicle } from './queries-equipment.ts';

type Start = z.infer<NonNullable<typeof startPatrol.body>>;
type Update = z.infer<NonNullable<typeof updatePatrol.body>>;

async function patrolRow(ctx: Context, id: string): Promise<PatrolRow> {
  const [found] = await patrolRows(ctx.db, [id]);
  if (!found) throw new Problem('not_found');
  return found;
}

/**
 * Locks a patrol until the command ends and gives its row as it then is; 404 when there is none in the caller's subtree.
 * 'anywhere' is for a caller whose right comes from a job: a city's patrol works a district's incident.
 */
export async function lockPatrol(
  ctx: Context,
  id: string,
  where: 'subtree' | 'anywhere' = 'subtree',
): Promise<PatrolRow> {
  // "no key": a position may still be written for it meanwhile.
  const locked = await row(
    ctx.db,
    `select p.id from patrols p where p.id = cast(:id as uuid) and (:anywhere or ${inSubtreeSql('p.station_id')}) for no key update`,
    { id, anywhere: where === 'anywhere', ...scopeOf(ctx) },
  );
  if (!locked) throw new Problem('not_found');
  return patrolRow(ctx, id);
}

/**
 * Sets what follows from a dispatch, marked when it was the desk that set the dispatch's status; the caller holds the lock
 * and records the fact. An outing that is over stays over.
 */
export async function setPatrolStatus(
  ctx: Context,
  id: string,
  status: 'free' | 'busy',
  byDesk: boolean,
): Promise<PatrolRow> {
  await rows(
    ctx.db,
    `update patrols p set status = :status, set_by_desk = :byDesk, version = p.version + 1,
       roll_call_due_at = coalesce(p.roll_call_due_at, cast(:now as timestamptz) + ${EVERY})
     from stations s where s.id = p.station_id and p.id = cast(:id as uuid) and p.ended_at is null`,
    { id, status, byDesk, now: ctx.now() },
  );
  return patrolRow(ctx, id);
}

/** Crew members are locked in id order, so that nobody is on two outings and no two commands wait for each other. */
async function lockCrew(ctx: Context, crew: readonly string[], patrolId: string): Promise<string[]> {
  const wanted = [...new Set(crew)].sort();
  if (wanted.length === 0) return wanted;
  const found = await rows<{ id: string }>(
    ctx.db,
    `select u.id from users u
     where u.id = any (cast(:wanted as uuid[])) and u.active and u.role = 'crew' and ${inSubtreeSql('u.station_id')}
     order by u.id for no key update`,
    { wanted, ...scopeOf(ctx) },
  );
  const known = new Set(found.map(({ id }) => id));
  const missing = crew.findIndex((id) => !known.has(id));
  if (missing !== -1) throw fieldProblem(`/crew/${String(missing)}`, 'not_found', 'no crew member of this station');
  const out = await row<{ userId: string }>(
    ctx.db,
    `select c.user_id as "userId" from patrol_crew c
     where c.user_id = any (cast(:wanted as uuid[])) and c.left_at is null and c.patrol_id <> cast(:patrolId as uuid)
     order by c.user_id limit 1`,
    { wanted, patrolId },
  );
  if (out)
    throw fieldProblem(
      `/crew/${String(crew.indexOf(out.userId))}`,
      'crew_busy',
      'is out with another patrol',
      'crew_busy',
    );
  return wanted;
}

function judgeShiftEnd(ctx: Context, shiftEndsAt: string | null | undefined): void {
  if (typeof shiftEndsAt === 'string' && new Date(shiftEndsAt) <= ctx.now())
    throw fieldProblem('/shiftEndsAt', 'range', 'a shift ends later than now');
}

function judgeCount(crewCount: number, crew: readonly string[]): void {
  if (crewCount < crew.length) throw fieldProblem('/crewCount', 'range', 'fewer than the people named');
}

const addCrew = (ctx: Context, patrolId: string, crew: readonly string[]): Promise<unknown> =>
  rows(
    ctx.db,
    `insert into patrol_crew (patrol_id, user_id) select cast(:patrolId as uuid), unnest(cast(:crew as uuid[]))
     on conflict (patrol_id, user_id) do update set left_at = null`,
    { patrolId, crew },
  );

/** A crew goes out. 409 crew_busy or in_use (/vehicleId); a crew user may start only its own outing. */
export async function goOut(ctx: Context, body: Start): Promise<PatrolRow> {
  const actor = staffOf(ctx);
  if (actor.role === 'crew' && !body.crew.includes(actor.id))
    throw fieldProblem('/crew', 'self_missing', 'your own outing only: name yourself');
  const stationId = (await stationFor(ctx, body.stationId)).id;
  const crew = await lockCrew(ctx, body.crew, body.id);
  judgeCount(body.crewCount, crew);
  judgeShiftEnd(ctx, body.shiftEndsAt);
  const vehicle = body.vehicleId === undefined ? null : await lockedVehicle(ctx.db, actor.stationId, body.vehicleId);
  if (vehicle === undefined || vehicle?.active === false)
    throw fieldProblem('/vehicleId', 'not_found', 'no such vehicle here', 'not_found');
  if (
    vehicle !== null &&
    (await row(ctx.db, `select id from patrols where vehicle_id = cast(:id as uuid) and ended_at is null`, {
      id: vehicle.id,
    }))
  ) {
    throw fieldProblem('/vehicleId', 'in_use', 'out with another patrol', 'in_use');
  }
  await rows(
    ctx.db,
    `with next as (select cast(nextval(pg_get_serial_sequence('patrols', 'num')) as integer) as num)
     insert into patrols (id, num, station_id, name, vehicle_id, crew_count, status, started_at, shift_ends_at, roll_call_due_at) overriding system value
     select cast(:id as uuid), next.num, cast(:stationId as uuid), coalesce(cast(:name as text), 'Patrol ' || next.num), cast(:vehicleId as uuid),
       cast(:crewCount as integer), 'free', :now, cast(:shiftEndsAt as timestamptz), cast(:now as timestamptz) + ${EVERY}
     from next join stations s on s.id = cast(:stationId as uuid)`,
    {
      id: body.id,
      stationId,
      name: body.name ?? vehicle?.name ?? null,
      vehicleId: vehicle?.id ?? null,
      crewCount: body.crewCount,
      shiftEndsAt: body.shiftEndsAt ?? null,
      now: ctx.now(),
    },
  );
  await addCrew(ctx, body.id, crew);
  const started = await patrolRow(ctx, body.id);
  record(ctx, { type: 'patrol.started', stationId, rows: { patrols: [started] } });
  return started;
}

async function changeCrew(ctx: Context, patrolId: string, crew: readonly string[]): Promise<void> {
  const wanted = await lockCrew(ctx, crew, patrolId);
  await rows(
    ctx.db,
    `update patrol_crew set left_at = :now where patrol_id = cast(:patrolId as uuid) and left_at is null and user_id <> all (cast(:wanted as uuid[]))`,
    { now: ctx.now(), patrolId, wanted },
  );
  await addCrew(ctx, patrolId, wanted);
}

/** Changes an outing or ends it. A crew changes only its own (404); ended ones answer 409 patrol_off, ending with a job running 409 open_obligations. */
export async function changePatrol(ctx: Context, id: string, body: Update): Promise<PatrolRow> {
  const actor = staffOf(ctx);
  if (actor.role === 'crew' && actor.patrolId !== id) throw new Problem('not_found');
  const known = await lockPatrol(ctx, id);
  if (body.version !== undefined && body.version !== known.version)
    throw new Problem('version_conflict', [], { current: known });
  if (known.endedAt !== null) throw new Problem('patrol_off');
  if (body.status !== undefined && (await hasRunningDispatch(ctx.db, id)))
    throw new Problem(body.status === 'ended' ? 'open_obligations' : 'patrol_busy');
  if (body.crew !== undefined) await changeCrew(ctx, id, body.crew);
  const crew = [...new Set(body.crew ?? known.crew)];
  const crewCount = body.crewCount ?? Math.max(known.crewCount, crew.length);
  judgeCount(crewCount, crew);
  judgeShiftEnd(ctx, body.shiftEndsAt);
  const ends = body.status === 'ended';
  // nobody asks a crew that rests or has gone home how it is
  const rests = ends || (body.status ?? known.status) === 'break';
  const now = ctx.now();
  await rows(
    ctx.db,
    `update patrols p set name = coalesce(cast(:name as text), p.name), crew_count = cast(:crewCount as integer),
       status = coalesce(cast(:status as text), p.status), set_by_desk = coalesce(cast(:byDesk as boolean), p.set_by_desk),
       shift_ends_at = case when :setsShiftEnd then cast(:shiftEndsAt as timestamptz) else p.shift_ends_at end, ended_at = case when :ends then cast(:now as timestamptz) end,
       roll_call_due_at = case when :rests then null else coalesce(p.roll_call_due_at, cast(:now as timestamptz) + ${EVERY}) end,
       roll_call_rung = case when :rests then null else p.roll_call_rung end, version = p.version + 1
     from stations s where s.id = p.station_id and p.id = cast(:id as uuid)`,
    {
      id,
      name: body.name ?? null,
      crewCount,
      status: body.status ?? null,
      // marked until the crew itself says where it stands
      byDesk: body.status === undefined ? null : isDesk(actor),
      setsShiftEnd: body.shiftEndsAt !== undefined,
      shiftEndsAt: body.shiftEndsAt ?? null,
      ends,
      rests,
      now,
    },
  );
  if (ends)
    await rows(
      ctx.db,
      `update patrol_crew set left_at = :now where patrol_id = cast(:id as uuid) and left_at is null`,
      { id, now },
    );
  if (rests && known.rollCallRung === 'duty_officer') await finishTasksAbout(ctx, 'roll_call', 'patrolId', id);
  const changed = await patrolRow(ctx, id);
  record(ctx, {
    type: ends ? 'patrol.ended' : 'patrol.changed',
    stationId: changed.stationId,
    rows: { patrols: [changed], ...(ends ? { tasks: await raiseLeft(ctx, changed) } : {}) },
    // who was taken off sees less from now on
    before: { patrols: [known] },
  });
  return changed;
}

/**
 * Runs a change of a person, and tells the outing they are on anew when it took something to or from what its crew brings.
 * The outing is locked first, as by every command that takes people onto one.
 */
export async function aroundOuting<T>(ctx: Context, userId: string, change: () => Promise<T>): Promise<T> {
  const out = await row<{ id: string }>(
    ctx.db,
    `select c.patrol_id as id from patrol_crew c where c.user_id = cast(:userId as uuid) and c.left_at is null`,
    { userId },
  );
  if (!out) return change();
  await row(ctx.db, `select p.id from patrols p where p.id = cast(:id as uuid) for no key update`, out);
  const before = await patrolRow(ctx, out.id);
  const result = await change();
  const after = await patrolRow(ctx, out.id);
  if (after.skills.join() === before.skills.join()) return result;
  await rows(ctx.db, `update patrols set version = version + 1 where id = cast(:id as uuid)`, out);
  const changed = await patrolRow(ctx, out.id);
  record(ctx, { type: 'patrol.changed', stationId: changed.stationId, rows: { patrols: [changed] } });
  return result;
}
