import { convert, type LonLat } from '../../shared/geo.ts';
import type { Part } from '../../shared/contract.ts';
import type { closeIncident, EntryKind, IncidentRow, updateIncident } from '../../shared/incidents.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { type Actor, type Context, staffOf, userIdOf } from '../context.ts';
import { pointSql } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { rootStation } from '../stations/queries.ts';
import { hasWorkedOn, incidentRow, incidentRows } from './queries.ts';

/** A line of an incident's story. `detail` holds ids, counts and what a person chose to note. */
export async function tell(
  ctx: Context,
  incidentId: string,
  kind: EntryKind,
  detail: object = {},
  at?: Date,
): Promise<void> {
  const actor: Actor = ctx.actor;
  await rows(
    ctx.db,
    `insert into incident_entries (incident_id, at, kind, actor_kind, actor_id, detail)
     values (cast(:incidentId as uuid), :at, :kind, :actorKind, cast(:actorId as uuid), cast(:detail as jsonb))`,
    {
      incidentId,
      at: at ?? ctx.now(),
      kind,
      actorKind: actor.kind,
      actorId: userIdOf(actor),
      detail: JSON.stringify(detail),
    },
  );
}

/**
 * Locks incidents of the caller's subtree, in id order so that two commands never wait for each other. 'anywhere' is for
 * whoever has a job there already: the place may have been corrected into another station's area since.
 */
export async function lockIncidents(
  ctx: Context,
  ids: readonly string[],
  where: 'subtree' | 'anywhere' = 'subtree',
): Promise<IncidentRow[]> {
  const locked = await rows<{ id: string }>(
    ctx.db,
    `select i.id from incidents i join stations s on s.id = i.station_id
     where i.id = any (cast(:ids as uuid[])) and (:anywhere or s.path @> array[cast(:scope as uuid)]) order by i.id for update of i`,
    { ids, anywhere: where === 'anywhere', scope: staffOf(ctx).stationId },
  );
  if (locked.length !== new Set(ids).size) throw new Problem('not_found');
  return incidentRows(ctx.db, ids);
}

async function lockIncident(ctx: Context, id: string): Promise<IncidentRow> {
  const [found] = await lockIncidents(ctx, [id]);
  if (!found) throw new Problem('not_found');
  return found;
}

export const judgeVersion = (current: IncidentRow, version: number | undefined): void => {
  if (version !== undefined && version !== current.version) throw new Problem('version_conflict', [], { current });
};
export const judgeOpen = (current: IncidentRow): void => {
  if (current.status === 'closed') throw new Problem('incident_closed', [], { current });
};

type Place = Pick<IncidentRow, 'areaId' | 'stationId' | 'lane'> & { lon: number | null; lat: number | null };
/** The area and station a place belongs to; what has none, or lies outside every area, is the root's, in its lane. */
export async function placeOf(ctx: Context, position: LonLat | null): Promise<Place> {
  const [lon, lat] = position ?? [null, null];
  const found = await row<{ areaId: string; stationId: string }>(
    ctx.db,
    `select id as "areaId", station_id as "stationId" from areas where st_covers(outline, st_setsrid(st_makepoint(:lon, :lat), 4326)) order by size_m2, id limit 1`,
    { lon, lat },
  );
  if (found) return { ...found, lane: null, lon, lat };
  const root = await rootStation(ctx.db);
  if (!root) throw new Problem('unavailable');
  return { areaId: null, stationId: root.id, lane: position === null ? 'unplaced' : 'outside', lon, lat };
}

/**
 * Corrects place, priority, head count or what the crew should have. A new place may move it to another station, but not while a crew is under way
 * or somebody is to look again: they and their desk would lose the job they are working.
 */
export async function changeIncident(
  ctx: Context,
  id: string,
  body: Part<(typeof updateIncident)['body']>,
): Promise<IncidentRow> {
  const before = await lockIncident(ctx, id);
  judgeVersion(before, body.version);
  judgeOpen(before);
  const { position } = body;
  if (body.accuracyM !== undefined && !position)
    throw fieldProblem('/accuracyM', 'position', 'it is the radius of a new position');
  let moved: Place | null = null;
  if (position !== undefined) {
    moved = await placeOf(ctx, position && convert(position.coordinates, body.crs ?? 'wgs84', 'wgs84'));
    if (before.patrolIds.length > 0 || before.recheck) moved.stationId = before.stationId;
  }
  await rows(
    ctx.db,
    `update incidents set version = version + 1, people = coalesce(:people, people), priority = coalesce(:priority, priority),
       wants = coalesce(cast(:wants as text[]), wants), place_text = coalesce(:placeText, place_text), place_code = coalesce(:placeCode, place_code),
       station_id = coalesce(cast(:stationId as uuid), station_id), area_id = case when :moved then cast(:areaId as uuid) else area_id end,
       lane = case when :moved then :lane else lane end, position = case when :moved then ${pointSql(':lon', ':lat')} else position end,
       accuracy_m = case when :moved then cast(:accuracyM as real) else accuracy_m end
     where id = cast(:id as uuid)`,
    {
      id,
      people: body.people ?? null,
      priority: body.priority ?? null,
      wants: body.wants === undefined ? null : [...new Set(body.wants)],
      placeText: body.placeText ?? null,
      placeCode: body.placeCode ?? null,
      moved: moved !== null,
      accuracyM: body.accuracyM ?? null,
      stationId: moved?.stationId ?? null,
      areaId: moved?.areaId ?? null,
      lane: moved?.lane ?? null,
      lon: moved?.lon ?? null,
      lat: moved?.lat ?? null,
    },
  );
  // The desk's own priority and head count outlast merges: regather() of commands-merge.ts reads them here.
  const { people, priority } = body;
  await tell(ctx, id, 'changed', {
    fields: Object.keys(body).filter((field) => field !== 'version'),
    ...(people === undefined ? {} : { people }),
    ...(priority === undefined ? {} : { priority }),
  });
  const after = await incidentRow(ctx.db, id);
  record(ctx, {
    type: 'incident.changed',
    stationId: after.stationId,
    rows: { incidents: [after] },
    before: { incidents: [before] },
  });
  return after;
}

/** The desk has looked; the first look counts, later ones change nothing. */
export async function seeIncident(ctx: Context, id: string): Promise<IncidentRow> {
  const before = await lockIncident(ctx, id);
  if (before.seenAt !== null) return before;
  await rows(ctx.db, `update incidents set seen_at = :now, version = version + 1 where id = cast(:id as uuid)`, {
    id,
    now: ctx.now(),
  });
  await tell(ctx, id, 'seen');
  return told(ctx, id, 'incident.seen');
}

async function told(
  ctx: Context,
  id: string,
  type: 'incident.seen' | 'incident.noted' | 'incident.closed' | 'incident.reopened',
): Promise<IncidentRow> {
  const after = await incidentRow(ctx.db, id);
  record(ctx, { type, stationId: after.stationId, rows: { incidents: [after] } });
  return after;
}

/**
 * A note of the desk, of a crew on shift, or of whoever was ever sent there: written without a line, it arrives when the
 * outing may be over. It moves the version, so that every open panel reads the story again.
 */
export async function addNote(ctx: Context, id: string, text: string): Promise<IncidentRow> {
  const staff = staffOf(ctx);
  const wasThere = staff.role === 'crew' && (await hasWorkedOn(ctx.db, userIdOf(ctx.actor), id));
  if (staff.role === 'crew' && staff.patrolId === null && !wasThere) throw new Problem('not_found');
  await lockIncidents(ctx, [id], wasThere ? 'anywhere' : 'subtree');
  await rows(ctx.db, `update incidents set version = version + 1 where id = cast(:id as uuid)`, { id });
  await tell(ctx, id, 'noted', { text });
  return told(ctx, id, 'incident.noted');
}

interface Obligation {
  kind: string;
  refId: string;
}
/** What keeps an incident open: each noun writes its own row and takes it back when it is met. */
export async function obligationsOf(ctx: Context, id: string): Promise<Obligation[]> {
  return rows<Obligation>(
    ctx.db,
    `select kind, ref_id as "refId" from obligations where incident_id = cast(:id as uuid) and (until is null or until > :now)
     union all select 'dispatch', id from dispatches where incident_id = cast(:id as uuid) and ended_at is null`,
    { id, now: ctx.now() },
  );
}

export async function shutIncident(
  ctx: Context,
  id: string,
  body: Part<(typeof closeIncident)['body']>,
): Promise<IncidentRow> {
  const before = await lockIncident(ctx, id);
  judgeVersion(before, body.version);
  judgeOpen(before);
  const open = await obligationsOf(ctx, id);
  if (open.length > 0) {
    throw new Problem(
      'open_obligations',
      open.map(({ kind, refId }) => ({ path: '', code: kind, message: refId })),
      { current: before },
    );
  }
  await rows(
    ctx.db,
    `update incidents set status = 'closed', closed_at = :now, close_reason = :reason, version = version + 1 where id = cast(:id as uuid)`,
    { id, now: ctx.now(), reason: body.reason },
  );
  await tell(ctx, id, 'closed', { reason: body.reason });
  return told(ctx, id, 'incident.closed');
}

export async function openAgain(ctx: Context, id: string, version: number | undefined): Promise<IncidentRow> {
  const before = await lockIncident(ctx, id);
  judgeVersion(before, version);
  if (before.mergedInto !== null) throw new Problem('already_merged', [], { current: before });
  if (before.status !== 'closed') return before;
  await rows(
    ctx.db,
    `update incidents set status = 'open', closed_at = null, close_reason = null, version = version + 1 where id = cast(:id as uuid)`,
    { id },
  );
  await tell(ctx, id, 'reopened');
  return told(ctx, id, 'incident.reopened');
}
