import { convert } from '../../shared/geo.ts';
import type { Part } from '../../shared/contract.ts';
import type { closeIncident, EntryKind, IncidentRow, updateIncident } from '../../shared/incidents.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { signs } from '../../shared/sightings.ts';
import { type Actor, type Context, staffOf, userIdOf } from '../context.ts';
import { pointSql } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { rootStation } from '../stations/queries.ts';
import { incidentRow, incidentRows } from './queries.ts';

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

const judgeVersion = (current: IncidentRow, version: number | undefined): void => {
  if (version !== undefined && version !== current.version) throw new Problem('version_conflict', [], { current });
};
const judgeOpen = (current: IncidentRow): void => {
  if (current.status === 'closed') throw new Problem('incident_closed', [], { current });
};

/** The area and station a place belongs to; what lies outside every area is the root's, in its lane. */
async function placeOf(
  ctx: Context,
  lon: number,
  lat: number,
): Promise<{ areaId: string | null; stationId: string; lane: 'outside' | null }> {
  const found = await row<{ areaId: string; stationId: string }>(
    ctx.db,
    `select id as "areaId", station_id as "stationId" from areas where st_covers(outline, st_setsrid(st_makepoint(:lon, :lat), 4326)) order by size_m2, id limit 1`,
    { lon, lat },
  );
  if (found) return { ...found, lane: null };
  const root = await rootStation(ctx.db);
  if (!root) throw new Problem('unavailable');
  return { areaId: null, stationId: root.id, lane: 'outside' };
}

/**
 * Corrects place, priority or head count. A new place may move it to another station, but not while a crew is under way:
 * they and their desk would lose the job they are working.
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
  let moved: { areaId: string | null; stationId: string; lane: string | null; lon: number; lat: number } | null = null;
  if (position) {
    const [lon, lat] = convert(position.coordinates, body.crs ?? 'wgs84', 'wgs84');
    moved = { ...(await placeOf(ctx, lon, lat)), lon, lat };
    if (before.patrolIds.length > 0) moved.stationId = before.stationId;
  }
  await rows(
    ctx.db,
    `update incidents set version = version + 1, people = coalesce(:people, people), priority = coalesce(:priority, priority),
       place_text = coalesce(:placeText, place_text), place_code = coalesce(:placeCode, place_code),
       station_id = coalesce(cast(:stationId as uuid), station_id), area_id = case when :moved then cast(:areaId as uuid) else area_id end,
       lane = case when :moved then :lane else lane end, position = case when :moved then ${pointSql(':lon', ':lat')} else position end,
       accuracy_m = case when :moved then null else accuracy_m end
     where id = cast(:id as uuid)`,
    {
      id,
      people: body.people ?? null,
      priority: body.priority ?? null,
      placeText: body.placeText ?? null,
      placeCode: body.placeCode ?? null,
      moved: moved !== null,
      stationId: moved?.stationId ?? null,
      areaId: moved?.areaId ?? null,
      lane: moved?.lane ?? null,
      lon: moved?.lon ?? null,
      lat: moved?.lat ?? null,
    },
  );
  // The desk's own priority and head count outlast merges: regather() reads them here.
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

/** A note of the desk or of a crew on shift. It moves the version, so that every open panel reads the story again. */
export async function addNote(ctx: Context, id: string, text: string): Promise<IncidentRow> {
  const staff = staffOf(ctx);
  if (staff.role === 'crew' && staff.patrolId === null) throw new Problem('not_found');
  await lockIncident(ctx, id);
  await rows(ctx.db, `update incidents set version = version + 1 where id = cast(:id as uuid)`, { id });
  await tell(ctx, id, 'noted', { text });
  return told(ctx, id, 'incident.noted');
}

interface Obligation {
  kind: string;
  refId: string;
}
/** What keeps an incident open: each noun writes its own row and takes it back when it is met. */
async function obligationsOf(ctx: Context, id: string): Promise<Obligation[]> {
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

/**
 * What an incident says of itself, gathered from its sightings and from what was merged into it: most people, all signs, the
 * most pressing priority. Of each incident in it the desk's own word counts, where there is one, else its report's.
 */
async function regather(ctx: Context, id: string): Promise<void> {
  await rows(
    ctx.db,
    `with recursive tree as (
       select cast(:id as uuid) as id union select m.id from incidents m join tree on m.merged_into = tree.id
     ), own as (
       select coalesce((select cast(e.detail ->> 'people' as integer) from incident_entries e
           where e.incident_id = tree.id and e.kind = 'changed' and e.detail -> 'people' is not null order by e.id desc limit 1), g.people) as people,
         coalesce((select e.detail ->> 'priority' from incident_entries e
           where e.incident_id = tree.id and e.kind = 'changed' and e.detail -> 'priority' is not null order by e.id desc limit 1),
           case when g.signs && array(select jsonb_array_elements_text(rule_value('signs.life_risk', s.path))) then 'life_risk'
             when g.signs && array(select jsonb_array_elements_text(rule_value('signs.urgent', s.path))) then 'urgent' else 'normal' end) as priority
       from tree join sightings g on g.first_incident_id = tree.id join incidents i on i.id = cast(:id as uuid) join stations s on s.id = i.station_id
     ), said as (
       select max(received_at) as last, bool_or(verified) as verified,
         array(select x from unnest(cast(:signs as text[])) with ordinality as known (x, n)
           where exists (select from sightings y where y.incident_id = cast(:id as uuid) and x = any (y.signs)) order by n) as signs
       from sightings where incident_id = cast(:id as uuid)
     )
     update incidents i set version = version + 1, people = (select max(own.people) from own), signs = said.signs, last_reported_at = said.last, verified = said.verified,
       priority = (select own.priority from own order by array_position(array['life_risk', 'urgent', 'normal'], own.priority) limit 1)
     from said where i.id = cast(:id as uuid) and said.last is not null`,
    { id, signs },
  );
}

/** Folds one incident into another: its sightings move, it closes, every reporter is answered by the one that stays. */
export async function merge(
  ctx: Context,
  id: string,
  intoId: string,
  version: number | undefined,
): Promise<IncidentRow> {
  if (id === intoId) throw fieldProblem('/intoId', 'same', 'an incident cannot be merged into itself');
  const found = await lockIncidents(ctx, [id, intoId]);
  const from = found.find((incident) => incident.id === id);
  const into = found.find((incident) => incident.id === intoId);
  if (!from || !into) throw new Problem('not_found');
  judgeVersion(from, version);
  if (from.mergedInto !== null) throw new Problem('already_merged', [], { current: from });
  judgeOpen(from);
  judgeOpen(into);
  if ((await obligationsOf(ctx, id)).length > 0) throw new Problem('open_obligations', [], { current: from });
  const now = ctx.now();
  await rows(ctx.db, `update sightings set incident_id = cast(:intoId as uuid) where incident_id = cast(:id as uuid)`, {
    id,
    intoId,
  });
  await rows(
    ctx.db,
    `update incidents set status = 'closed', closed_at = :now, seen_at = coalesce(seen_at, :now), merged_into = cast(:intoId as uuid), merged_at = :now, version = version + 1 where id = cast(:id as uuid)`,
    { id, intoId, now },
  );
  // Whoever merges has looked at both; a reporter who was told so must not hear less now.
  await rows(ctx.db, `update incidents set seen_at = coalesce(seen_at, :now) where id = cast(:intoId as uuid)`, {
    intoId,
    now,
  });
  await regather(ctx, intoId);
  await tell(ctx, id, 'merged', { intoId, code: into.code });
  await tell(ctx, intoId, 'absorbed', { fromId: id, code: from.code });
  const after = await incidentRows(ctx.db, [id, intoId]);
  record(ctx, {
    type: 'incident.merged',
    stationId: into.stationId,
    rows: { incidents: after },
    before: { incidents: found },
  });
  return after.find((incident) => incident.id === id) as IncidentRow;
}

/** Takes a merge back: the sightings that this incident brought, and those merged into it before, return to it. */
export async function unmerge(ctx: Context, id: string, version: number | undefined): Promise<IncidentRow> {
  const first = await row<{ intoId: string | null }>(
    ctx.db,
    `select merged_into as "intoId" from incidents where id = cast(:id as uuid)`,
    { id },
  );
  const intoId = first?.intoId ?? null;
  const found = await lockIncidents(ctx, intoId === null ? [id] : [id, intoId]);
  const from = found.find((incident) => incident.id === id);
  if (!from) throw new Problem('not_found');
  judgeVersion(from, version);
  if (intoId === null || from.mergedInto !== intoId) throw new Problem('not_merged', [], { current: from });
  // A later merge on top has carried the sightings on: that one comes back first.
  if (found.some((incident) => incident.id === intoId && incident.mergedInto !== null))
    throw new Problem('already_merged', [], { current: from });
  await rows(
    ctx.db,
    `with recursive mine as (
       select cast(:id as uuid) as id union select m.id from incidents m join mine on m.merged_into = mine.id
     )
     update sightings set incident_id = cast(:id as uuid)
     where incident_id = cast(:intoId as uuid) and first_incident_id in (select id from mine)`,
    { id, intoId },
  );
  await rows(
    ctx.db,
    `update incidents set status = 'open', closed_at = null, merged_into = null, merged_at = null, version = version + 1 where id = cast(:id as uuid)`,
    { id },
  );
  await regather(ctx, intoId);
  await regather(ctx, id);
  await tell(ctx, id, 'unmerged', { intoId });
  await tell(ctx, intoId, 'released', { fromId: id, code: from.code });
  const after = await incidentRows(ctx.db, [id, intoId]);
  record(ctx, {
    type: 'incident.unmerged',
    stationId: from.stationId,
    rows: { incidents: after },
    before: { incidents: found },
  });
  return after.find((incident) => incident.id === id) as IncidentRow;
}
