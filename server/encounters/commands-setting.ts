/** Whose meeting it is, and at which incident: the job's, or one on the way. */
import type { Part } from '../../shared/contract.ts';
import type { recordEncounter } from '../../shared/encounters.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import { happenedAt } from '../../shared/lateness.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { type Context, isDesk, staffOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql, scopeOf } from '../db/scope.ts';
import { dispatchInScope, wasInCrew } from '../dispatches/queries.ts';
import { lockIncidents } from '../incidents/commands.ts';
import { ruleNumber } from '../stations/queries.ts';

type Body = Part<(typeof recordEncounter)['body']>;

export interface Setting {
  stationId: string;
  dispatchId: string | null;
  incidentId: string | null;
  patrolId: string | null;
}

/** A phone without a line knows its own report, not the incident that the report opened; the meeting counts all the same. */
async function incidentOfReport(ctx: Context, sightingId: string | undefined): Promise<string | undefined> {
  if (sightingId === undefined) return undefined;
  const found = await row<{ id: string }>(
    ctx.db,
    `select i.id from sightings g join incidents i on i.id = g.incident_id where g.id = cast(:sightingId as uuid) and ${inSubtreeSql('i.station_id')}`,
    { sightingId, ...scopeOf(ctx) },
  );
  return found?.id;
}

/**
 * The outing that a crew member was on when it happened. What a phone tells late belongs to the outing of then, also when that is
 * over, or was ended for them while they had no line: nobody goes on a second outing without ending the first, so it is the last one
 * begun by then. 409 patrol_off for whoever meets somebody now without being out, or was not out for as long as a report may be late.
 */
async function outingThen(ctx: Context, body: Body): Promise<string> {
  const { id, patrolId, stationId } = staffOf(ctx);
  if (body.at === undefined) {
    if (patrolId === null) throw new Problem('patrol_off');
    return patrolId;
  }
  const maxLateH = await ruleNumber(ctx.db, 'reports.max_late', stationId);
  const at = happenedAt(body.at, ctx.now(), maxLateH);
  const then = await row<{ id: string }>(
    ctx.db,
    `select p.id from patrols p join patrol_crew c on c.patrol_id = p.id
     where c.user_id = cast(:userId as uuid) and p.started_at <= :at
       and (c.left_at is null or c.left_at > cast(:at as timestamptz) - cast(:maxLateH as float8) * interval '1 hour')
     order by p.started_at desc, p.id limit 1`,
    { userId: id, at, maxLateH },
  );
  const found = then?.id ?? patrolId;
  if (found === null) throw new Problem('patrol_off');
  return found;
}

/** A crew records for an outing that it is, or was, on; what is no job of theirs is not there (404). */
export async function settingOf(ctx: Context, body: Body): Promise<Setting> {
  const staff = staffOf(ctx);
  const byDesk = isDesk(staff);
  if (body.dispatchId !== undefined) {
    const dispatch = await dispatchInScope(ctx.db, staff.stationId, body.dispatchId);
    if (!dispatch || (!byDesk && !(await wasInCrew(ctx.db, dispatch.patrolId, staff))))
      throw fieldProblem('/dispatchId', 'not_found', 'no such job', 'not_found');
    if (body.incidentId !== undefined && body.incidentId !== dispatch.incidentId)
      throw fieldProblem('/incidentId', 'mismatch', "not the job's incident");
    return {
      stationId: dispatch.stationId,
      dispatchId: dispatch.id,
      incidentId: dispatch.incidentId,
      patrolId: dispatch.patrolId,
    };
  }
  const patrolId = byDesk ? staff.patrolId : await outingThen(ctx, body);
  const incidentId = body.incidentId ?? (await incidentOfReport(ctx, body.sightingId));
  if (incidentId === undefined) return { stationId: staff.stationId, dispatchId: null, incidentId: null, patrolId };
  const [incident] = await lockIncidents(ctx, [incidentId]).catch((error: unknown) => {
    throw error instanceof Problem ? fieldProblem('/incidentId', 'not_found', 'no such incident', 'not_found') : error;
  });
  if (!incident) throw new Problem('not_found');
  return { stationId: incident.stationId, dispatchId: null, incidentId: incident.id, patrolId };
}

/** Locks the incident of a meeting, and with it the one that it was folded into meanwhile: the last answers for the people now. */
export async function lockIncidentOf(
  ctx: Context,
  { incidentId }: Setting,
): Promise<{ incidents: IncidentRow[]; answers: IncidentRow | undefined }> {
  if (incidentId === null) return { incidents: [], answers: undefined };
  const way = await rows<{ id: string }>(
    ctx.db,
    `with recursive way as (
       select id, merged_into from incidents where id = cast(:incidentId as uuid)
       union select i.id, i.merged_into from incidents i join way on way.merged_into = i.id
     ) select id from way`,
    { incidentId },
  );
  const incidents = await lockIncidents(
    ctx,
    way.map(({ id }) => id),
    'anywhere',
  );
  return { incidents, answers: incidents.find(({ mergedInto }) => mergedInto === null) };
}
