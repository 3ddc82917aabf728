import type { Part } from '../../shared/contract.ts';
import type { createFeed, FeedRow, updateFeed } from '../../shared/feeds.ts';
import type { Point } from '../../shared/geo.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { type Context, staffOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { endTasks } from '../tasks/commands.ts';
import { hasPlace } from './open-meteo.ts';
import { feedById, lockedFeed } from './queries.ts';

/** Minutes unless said: forecasts are made anew each hour or less often; a warning is worth little when it is late. */
const EVERY_MIN = { open_meteo: 60, cap: 5 } as const;
const STALE_MIN = { open_meteo: 360, cap: 60 } as const;

const lonLat = (position: Point | null): { lon: number | null; lat: number | null } => ({
  lon: position?.coordinates[0] ?? null,
  lat: position?.coordinates[1] ?? null,
});

function judge({
  kind,
  url,
  position,
  everyMin,
  staleMin,
}: Pick<FeedRow, 'kind' | 'url' | 'position' | 'everyMin' | 'staleMin'>): void {
  if (kind === 'open_meteo' && position === null && !hasPlace(url))
    throw fieldProblem('/position', 'required', 'a forecast is for a place');
  // silent between two turns is what every feed is
  if (staleMin <= everyMin) throw fieldProblem('/staleMin', 'range', 'longer than from one turn to the next');
}

/** Adds a feed; it is asked at the next beat. The address was judged before. */
export async function addFeed(ctx: Context, body: Part<(typeof createFeed)['body']>): Promise<FeedRow> {
  const station = await stationFor(ctx, body.stationId);
  const position = body.position ?? null;
  const everyMin = body.everyMin ?? EVERY_MIN[body.kind];
  const staleMin = body.staleMin ?? Math.max(STALE_MIN[body.kind], 2 * everyMin);
  judge({ kind: body.kind, url: body.url, position, everyMin, staleMin });
  await rows(
    ctx.db,
    `insert into feeds (id, station_id, name, kind, url, position, every_min, stale_min, since, next_at, created_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :name, :kind, :url, st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326),
       :everyMin, :staleMin, :now, :now, :now)`,
    {
      id: body.id,
      stationId: station.id,
      name: body.name,
      kind: body.kind,
      url: body.url,
      ...lonLat(position),
      everyMin,
      staleMin,
      now: ctx.now(),
    },
  );
  return feedById(ctx.db, body.id);
}

/** Marks done what was raised about a feed, once nobody waits for it any more. */
export async function endLost(ctx: Context, feedId: string): Promise<void> {
  const found = await row<{ taskId: string | null; stationId: string }>(
    ctx.db,
    `select task_id as "taskId", station_id as "stationId" from feeds where id = cast(:feedId as uuid)`,
    { feedId },
  );
  if (found?.taskId == null) return;
  await rows(ctx.db, `update feeds set task_id = null where id = cast(:feedId as uuid)`, { feedId });
  const tasks = await endTasks(ctx, [found.taskId]);
  if (tasks.length > 0) record(ctx, { type: 'task.done', stationId: found.stationId, rows: { tasks } });
}

/**
 * Changes a feed or switches it off and on; 409 version_conflict with the current row. Another address, or switching it on, begins anew:
 * it is asked at the next beat, and silence counts from now.
 */
export async function changeFeed(ctx: Context, id: string, body: Part<(typeof updateFeed)['body']>): Promise<FeedRow> {
  const known = await lockedFeed(ctx.db, scopeOf(ctx).scope, id);
  if (!known) throw new Problem('not_found');
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  const next = {
    ...known,
    name: body.name ?? known.name,
    url: body.url ?? known.url,
    position: body.position === undefined ? known.position : body.position,
    everyMin: body.everyMin ?? known.everyMin,
    staleMin: body.staleMin ?? known.staleMin,
    active: body.active ?? known.active,
  };
  judge(next);
  const elsewhere = next.url !== known.url || JSON.stringify(next.position) !== JSON.stringify(known.position);
  const anew = elsewhere || (next.active && !known.active);
  await rows(
    ctx.db,
    `update feeds set version = version + 1, name = :name, url = :url, every_min = :everyMin, stale_min = :staleMin, active = :active,
       position = st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326),
       next_at = case when not :active then null when :anew or :sooner then cast(:now as timestamptz) else next_at end,
       since = case when :anew then cast(:now as timestamptz) else since end,
       failures = case when :anew then 0 else failures end,
       fault = case when :anew then null else fault end,
       etag = case when :elsewhere then null else etag end,
       known = case when :elsewhere then '{}' else known end
     where id = cast(:id as uuid)`,
    {
      id,
      name: next.name,
      url: next.url,
      ...lonLat(next.position),
      everyMin: next.everyMin,
      staleMin: next.staleMin,
      active: next.active,
      anew,
      sooner: next.everyMin < known.everyMin,
      elsewhere,
      now: ctx.now(),
    },
  );
  if (anew || !next.active) await endLost(ctx, id);
  return feedById(ctx.db, id);
}

/** Asks at the next beat, whatever was planned; 409 conflict for one that is switched off. */
export async function hurryFeed(ctx: Context, id: string): Promise<FeedRow> {
  const known = await lockedFeed(ctx.db, scopeOf(ctx).scope, id);
  if (!known) throw new Problem('not_found');
  if (!known.active) throw new Problem('conflict');
  await rows(ctx.db, `update feeds set next_at = :now where id = cast(:id as uuid)`, { id, now: ctx.now() });
  return feedById(ctx.db, id, staffOf(ctx).role === 'admin');
}
