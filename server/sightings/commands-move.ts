/** A report that turns out to be about somebody else gets an incident of its own. */
import { Problem } from '../../shared/problems.ts';
import type { SightingRow } from '../../shared/sightings.ts';
import { type Context, staffOf } from '../context.ts';
import { one, row, rows } from '../db/rows.ts';
import { lockIncidents, placeOf, tell } from '../incidents/commands.ts';
import { regather } from '../incidents/commands-merge.ts';
import { incidentRows, sightingsOfIncident } from '../incidents/queries.ts';
import { record } from '../realtime/record.ts';
import { stationInScope } from '../stations/queries.ts';
import { codeFor } from './intake.ts';

interface Moving {
  incidentId: string;
  firstIncidentId: string;
  code: string;
  lon: number | null;
  lat: number | null;
}
const movingOf = (ctx: Context, id: string): Promise<Moving | undefined> =>
  row<Moving>(
    ctx.db,
    `select g.incident_id as "incidentId", g.first_incident_id as "firstIncidentId", g.code, st_x(g.position::geometry) as lon, st_y(g.position::geometry) as lat
     from sightings g where g.id = cast(:id as uuid)`,
    { id },
  );

interface Place {
  stationId: string;
  areaId: string | null;
  lane: 'unplaced' | 'outside' | null;
}
/** Where a report belongs by its own place; without one it stays with the desk that has it. */
const placeFor = async (ctx: Context, { lon, lat }: Pick<Moving, 'lon' | 'lat'>, stationId: string): Promise<Place> =>
  lon === null || lat === null ? { stationId, areaId: null, lane: 'unplaced' } : placeOf(ctx, [lon, lat]);

/** The incident of one report, as intake would have opened it, but seen: whoever moves a report out has looked at it. */
async function open(
  ctx: Context,
  id: string,
  from: string,
  incident: Place & { id: string; code: string },
): Promise<void> {
  await rows(
    ctx.db,
    `insert into incidents (id, code, station_id, area_id, lane, status, priority, position, accuracy_m, place_text, place_code, people, signs, description,
       source, verified, opened_at, last_reported_at, last_seen_at, seen_at)
     select cast(:incidentId as uuid), :code, cast(:stationId as uuid), cast(:areaId as uuid), :lane, 'open', 'normal', g.position,
       case when g.position is null then null else g.accuracy_m end, g.place_text, g.place_code, g.people, g.signs, g.description,
       g.source, g.verified, g.received_at, g.received_at, g.received_at, coalesce(old.seen_at, :now)
     from sightings g join incidents old on old.id = cast(:from as uuid) where g.id = cast(:id as uuid)`,
    {
      id,
      from,
      incidentId: incident.id,
      code: incident.code,
      stationId: incident.stationId,
      areaId: incident.areaId,
      lane: incident.lane,
      now: ctx.now(),
    },
  );
}

/**
 * The report that opened an incident has gone: its words and, unless the desk corrected it or a crew is on the way there, its
 * place are now those of the oldest report left.
 */
async function speakAnew(ctx: Context, id: string, stationId: string, keepsPlace: boolean): Promise<void> {
  const oldest = await one<Pick<Moving, 'lon' | 'lat'> & { id: string }>(
    ctx.db,
    `select id, st_x(position::geometry) as lon, st_y(position::geometry) as lat from sightings
     where incident_id = cast(:id as uuid) order by received_at, id limit 1`,
    { id },
  );
  const place = await placeFor(ctx, oldest, stationId);
  const corrected = await row(
    ctx.db,
    `select e.id from incident_entries e where e.incident_id = cast(:id as uuid) and e.kind = 'changed'
       and e.detail -> 'fields' @> any (cast(array['"position"', '"placeText"', '"placeCode"'] as jsonb[])) limit 1`,
    { id },
  );
  await rows(
    ctx.db,
    `update incidents i set description = g.description, source = g.source,
       station_id = case when :moves then cast(:stationId as uuid) else i.station_id end, area_id = case when :moves then cast(:areaId as uuid) else i.area_id end,
       lane = case when :moves then :lane else i.lane end, position = case when :moves then g.position else i.position end,
       accuracy_m = case when :moves then case when g.position is null then null else g.accuracy_m end else i.accuracy_m end,
       place_text = case when :moves then g.place_text else i.place_text end, place_code = case when :moves then g.place_code else i.place_code end
     from sightings g where g.id = cast(:sightingId as uuid) and i.id = cast(:id as uuid)`,
    { id, sightingId: oldest.id, ...place, moves: !keepsPlace && corrected === undefined },
  );
}

/** The reporter's own code where no other incident has it, so that it is found by what they say on the phone. */
async function freeCode(ctx: Context, code: string, incidentId: string): Promise<string> {
  const used = await row(ctx.db, `select id from incidents where code = :code limit 1`, { code });
  return used ? codeFor(ctx.followKey, incidentId) : code;
}

/**
 * Takes one report out into an incident of its own, at its own place. 404 when it, or the place it belongs to, is out of scope;
 * 409 incident_closed, only_sighting; doing it again under the same incident's id changes nothing.
 */
export async function moveOut(ctx: Context, id: string, incidentId: string): Promise<SightingRow> {
  const first = await movingOf(ctx, id);
  if (!first) throw new Problem('not_found');
  const [before] = await lockIncidents(ctx, [first.incidentId]);
  const moving = await movingOf(ctx, id);
  if (!before || !moving) throw new Problem('not_found');
  // Merged or moved by somebody else while this waited for the lock.
  if (moving.incidentId !== before.id) throw new Problem('unavailable', [], { retryAfterS: 1 });
  const sightings = (of: string): Promise<SightingRow[]> => sightingsOfIncident(ctx.db, of);
  if (moving.incidentId === incidentId) {
    const [done] = (await sightings(incidentId)).filter((each) => each.id === id);
    if (done && moving.firstIncidentId === incidentId && before.sightingIds.length === 1) return done;
  }
  if (before.status === 'closed') throw new Problem('incident_closed', [], { current: before });
  if (before.sightingIds.length < 2) throw new Problem('only_sighting', [], { current: before });
  if (await row(ctx.db, `select id from incidents where id = cast(:incidentId as uuid)`, { incidentId }))
    throw new Problem('key_reuse', [
      { path: '/incidentId', code: 'key_reuse', message: 'this id is another incident' },
    ]);
  const place = await placeFor(ctx, moving, before.stationId);
  if (!(await stationInScope(ctx.db, place.stationId, staffOf(ctx).stationId))) throw new Problem('not_found');
  const code = await freeCode(ctx, moving.code, incidentId);
  await open(ctx, id, before.id, { ...place, id: incidentId, code });
  await rows(
    ctx.db,
    `update sightings set incident_id = cast(:incidentId as uuid), first_incident_id = cast(:incidentId as uuid) where id = cast(:id as uuid)`,
    { id, incidentId },
  );
  if (moving.firstIncidentId === before.id)
    await speakAnew(ctx, before.id, before.stationId, before.patrolIds.length > 0);
  await regather(ctx, before.id);
  await regather(ctx, incidentId);
  await tell(ctx, before.id, 'moved_out', { sightingId: id, toId: incidentId, code });
  await tell(ctx, incidentId, 'moved_in', { sightingId: id, fromId: before.id, code: before.code });
  const incidents = await incidentRows(ctx.db, [before.id, incidentId]);
  record(ctx, {
    type: 'sighting.moved',
    stationId: before.stationId,
    rows: { incidents },
    before: { incidents: [before] },
  });
  const [moved] = await sightings(incidentId);
  if (!moved) throw new Error('the report just moved is not there');
  return moved;
}
