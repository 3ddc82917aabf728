/**
 * What happens while a crew does not answer. A rung still to be climbed is a row with its time, written when the patrol is
 * sent, and taken away when the job leaves the status `dispatched`, by whoever's hand; so whatever row is there is to be
 * climbed, also by a service that was down when it was due. Rungs that were climbed stay, as the story they are.
 */
import { type DispatchRow, type Rung, rungs } from '../../shared/dispatches.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import type { Context } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { tell } from '../incidents/commands.ts';
import { incidentRow } from '../incidents/queries.ts';
import { patrolRows } from '../patrols/queries.ts';
import { record } from '../realtime/record.ts';
import { rootStation, ruleAt } from '../stations/queries.ts';
import { finishTasksAbout, raiseTask } from '../tasks/commands.ts';
import { type LadderStep, ladderFor } from './ladder.ts';
import { dispatchRows } from './queries.ts';
import { estimatedSuggestions } from './suggest.ts';

/**
 * Plans the rungs of a dispatch by its incident's priority, counted from its sending; `accept_by` is the first of them. One
 * already planned never moves later, one already climbed not at all. The caller holds the incident.
 */
export async function planLadder(
  ctx: Context,
  dispatchId: string,
  incident: Pick<IncidentRow, 'stationId' | 'priority'>,
): Promise<void> {
  const rule = (await ruleAt(ctx.db, 'dispatch.ladder', incident.stationId)) as LadderStep[];
  await rows(
    ctx.db,
    `insert into dispatch_rungs (dispatch_id, rung, due_at)
     select d.id, l.rung, d.dispatched_at + l."afterS" * interval '1 second'
     from dispatches d cross join jsonb_to_recordset(cast(:ladder as jsonb)) as l (rung text, "afterS" float8) where d.id = cast(:dispatchId as uuid)
     on conflict (dispatch_id, rung) do update set due_at = excluded.due_at
       where dispatch_rungs.climbed_at is null and dispatch_rungs.due_at > excluded.due_at`,
    { dispatchId, ladder: JSON.stringify(ladderFor(rule, incident.priority)) },
  );
  await rows(
    ctx.db,
    `update dispatches set accept_by = (select min(r.due_at) from dispatch_rungs r where r.dispatch_id = cast(:dispatchId as uuid))
     where id = cast(:dispatchId as uuid)`,
    { dispatchId },
  );
}

/** Somebody answered, or nobody is asked any more: nothing is climbed from now on, and the duty officer need not call. */
export async function endLadder(ctx: Context, dispatchId: string): Promise<void> {
  await rows(
    ctx.db,
    `delete from dispatch_rungs where dispatch_id = cast(:dispatchId as uuid) and climbed_at is null`,
    { dispatchId },
  );
  await finishTasksAbout(ctx, 'not_accepted', 'dispatchId', dispatchId);
}

/**
 * An incident with a rung that is due, or planned later than its priority now allows; locked, so that of several nodes one
 * works it. One that is locked by a command is left to the next pulse: that command may be the answer itself.
 */
const dueIncident = (ctx: Context): Promise<{ id: string } | undefined> =>
  row(
    ctx.db,
    `select i.id from dispatch_rungs r join dispatches d on d.id = r.dispatch_id
       join incidents i on i.id = d.incident_id join stations s on s.id = i.station_id
     where r.climbed_at is null and d.status = 'dispatched' and (r.due_at <= :now or r.due_at > d.dispatched_at + interval '1 second' * (
       select min(cast(l ->> 'afterS' as float8)) from jsonb_array_elements(rule_value('dispatch.ladder', s.path)) as l
       where l ->> 'priority' = i.priority and l ->> 'rung' = r.rung))
     order by r.due_at limit 1 for update of i skip locked`,
    { now: ctx.now() },
  );

/** The rungs of a dispatch that are due, from now on climbed; in the order of their times. */
async function climb(ctx: Context, dispatchId: string): Promise<Rung[]> {
  const climbed = await rows<{ rung: Rung; dueAt: Date }>(
    ctx.db,
    `update dispatch_rungs set climbed_at = :now
     where dispatch_id = cast(:dispatchId as uuid) and climbed_at is null and due_at <= :now returning rung, due_at as "dueAt"`,
    { dispatchId, now: ctx.now() },
  );
  return climbed
    .sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || rungs.indexOf(a.rung) - rungs.indexOf(b.rung))
    .map(({ rung }) => rung);
}

const highest = (reached: readonly (Rung | null)[]): Rung | null =>
  rungs.findLast((rung) => reached.includes(rung)) ?? null;

/** Climbs what is due on one incident; answers how many incidents it worked, so that it is called until none is left. */
export async function climbRungs(ctx: Context): Promise<number> {
  const found = await dueIncident(ctx);
  if (!found) return 0;
  // read only now: what another node climbed before the lock was ours is not due any more
  const incident = await incidentRow(ctx.db, found.id);
  const unanswered = await rows<{ id: string }>(
    ctx.db,
    `select id from dispatches where incident_id = cast(:id as uuid) and status = 'dispatched' order by id`,
    { id: found.id },
  );
  for (const before of await dispatchRows(
    ctx.db,
    unanswered.map(({ id }) => id),
  )) {
    await planLadder(ctx, before.id, incident);
    await escalate(ctx, before);
  }
  return 1;
}

/** The best of the other patrols that could go now, of whichever station; it is only named, never sent. */
async function nextPatrol(ctx: Context, incidentId: string, patrolId: string): Promise<string | null> {
  const root = await rootStation(ctx.db);
  if (!root) return null;
  const suggested = await estimatedSuggestions(ctx.db, root.id, incidentId, ctx.now());
  return (
    suggested.find((each) => each.excluded === null && each.freeInS === 0 && each.patrolId !== patrolId)?.patrolId ??
    null
  );
}

async function escalate(ctx: Context, before: DispatchRow): Promise<void> {
  const climbed = await climb(ctx, before.id);
  const [planned] = await dispatchRows(ctx.db, [before.id]);
  if (climbed.length === 0 && planned?.acceptBy === before.acceptBy) return;
  const { id, incidentId, patrolId, stationId } = before;
  const tasks: TaskRow[] = [];
  if (climbed.includes('duty_officer'))
    tasks.push(
      await raiseTask(ctx, { stationId, kind: 'not_accepted', subject: { dispatchId: id, incidentId, patrolId } }),
    );
  const suggested = climbed.includes('next_patrol') ? await nextPatrol(ctx, incidentId, patrolId) : null;
  await rows(
    ctx.db,
    `update dispatches set version = version + 1, rung = :rung,
       alarmed_at = case when :alarmed then cast(:now as timestamptz) else alarmed_at end,
       suggested_patrol_id = coalesce(cast(:suggested as uuid), suggested_patrol_id)
     where id = cast(:id as uuid)`,
    {
      id,
      now: ctx.now(),
      rung: highest([before.rung, ...climbed]),
      alarmed: climbed.includes('crew_alarm'),
      suggested,
    },
  );
  const [patrol] = await patrolRows(ctx.db, [patrolId]);
  for (const rung of climbed)
    await tell(ctx, incidentId, 'escalated', { dispatchId: id, rung, patrol: patrol?.name ?? null });
  // moves the version, so that every open panel reads the story again
  await rows(ctx.db, `update incidents set version = version + 1 where id = cast(:incidentId as uuid)`, { incidentId });
  record(ctx, {
    type: 'dispatch.escalated',
    stationId,
    rows: { dispatches: await dispatchRows(ctx.db, [id]), incidents: [await incidentRow(ctx.db, incidentId)], tasks },
  });
}
