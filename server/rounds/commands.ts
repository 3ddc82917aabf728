/** Rounds: ordered stops to look at. Stops are replaced as a whole; what is under way keeps those it began with. */
import type { Part } from '../../shared/contract.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { createRound, RoundRow, updateRound } from '../../shared/rounds.ts';
import { type Context, staffOf } from '../context.ts';
import { pointSql } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { inSubtreeSql, scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { ruleNumber } from '../stations/queries.ts';
import { lockedRound, roundInScope } from './queries.ts';

type Create = Part<(typeof createRound)['body']>;
type Stops = Create['stops'];

/** Each stop once, and each known place one of the subtree; a retired one is a place still. */
async function judgeStops(ctx: Context, stops: Stops): Promise<void> {
  const ids = stops.map(({ id }) => id);
  const twice = ids.findIndex((id, n) => ids.indexOf(id) !== n);
  if (twice !== -1) throw fieldProblem(`/stops/${String(twice)}/id`, 'duplicate', 'the same stop twice');
  const wanted = [...new Set(stops.map(({ siteId }) => siteId).filter((siteId) => typeof siteId === 'string'))];
  if (wanted.length === 0) return;
  const found = await rows<{ id: string }>(
    ctx.db,
    `select t.id from sites t where t.id = any (cast(:wanted as uuid[])) and ${inSubtreeSql('t.station_id')}`,
    { wanted, ...scopeOf(ctx) },
  );
  const known = new Set(found.map(({ id }) => id));
  const missing = stops.findIndex(({ siteId }) => typeof siteId === 'string' && !known.has(siteId));
  if (missing !== -1)
    throw fieldProblem(`/stops/${String(missing)}/siteId`, 'not_found', 'no such known place', 'not_found');
}

/** Writes the stops of a round in their order; one without a radius has that of the rule `rounds.geofence`. */
async function writeStops(ctx: Context, roundId: string, stationId: string, stops: Stops): Promise<void> {
  const usual = await ruleNumber(ctx.db, 'rounds.geofence', stationId);
  await rows(ctx.db, `delete from round_stops where round_id = cast(:roundId as uuid)`, { roundId });
  await rows(
    ctx.db,
    `insert into round_stops (round_id, id, place, name, position, radius_m, site_id)
     select cast(:roundId as uuid), x.id, x.place, x.name, ${pointSql('x.lon', 'x.lat')}, x.radius, x.site
     from jsonb_to_recordset(cast(:stops as jsonb)) as x (id uuid, place integer, name text, lon float8, lat float8, radius integer, site uuid)`,
    {
      roundId,
      stops: JSON.stringify(
        stops.map(({ id, name, position, radiusM, siteId }, place) => ({
          id,
          place,
          name,
          lon: position.coordinates[0],
          lat: position.coordinates[1],
          radius: radiusM ?? usual,
          site: siteId ?? null,
        })),
      ),
    },
  );
}

async function written(ctx: Context, id: string): Promise<RoundRow> {
  const round = await roundInScope(ctx.db, scopeOf(ctx).scope, id);
  if (!round) throw new Error('a round was not written');
  return round;
}

/** Draws a round; 404 for a station or known place outside the subtree. */
export async function addRound(ctx: Context, body: Create): Promise<RoundRow> {
  const stationId = (await stationFor(ctx, body.stationId)).id;
  await judgeStops(ctx, body.stops);
  await rows(
    ctx.db,
    `insert into rounds (id, station_id, name, note, created_at) values (cast(:id as uuid), cast(:stationId as uuid), :name, cast(:note as text), :now)`,
    { id: body.id, stationId, name: body.name, note: body.note ?? null, now: ctx.now() },
  );
  await writeStops(ctx, body.id, stationId, body.stops);
  const added = await written(ctx, body.id);
  record(ctx, { type: 'round.created', stationId, rows: { rounds: [added] } });
  return added;
}

/** Changes a round or retires it; 409 version_conflict with the current row. */
export async function changeRound(
  ctx: Context,
  id: string,
  body: Part<(typeof updateRound)['body']>,
): Promise<RoundRow> {
  const known = await lockedRound(ctx.db, staffOf(ctx).stationId, id);
  if (!known) throw new Problem('not_found');
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  if (body.stops !== undefined) {
    await judgeStops(ctx, body.stops);
    await writeStops(ctx, id, known.stationId, body.stops);
  }
  await rows(
    ctx.db,
    `update rounds set name = :name, note = cast(:note as text), active = :active, version = version + 1 where id = cast(:id as uuid)`,
    {
      id,
      name: body.name ?? known.name,
      note: body.note === undefined ? known.note : body.note,
      active: body.active ?? known.active,
    },
  );
  const changed = await written(ctx, id);
  record(ctx, { type: 'round.changed', stationId: changed.stationId, rows: { rounds: [changed] } });
  return changed;
}
