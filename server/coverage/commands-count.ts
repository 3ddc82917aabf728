/** Counts the tracks into squares: which ones a patrol has passed, and when last. */
import { gridNumbers } from '../../shared/coverage-grid.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { BELIEVED, RECEIVED } from '../positions/queries-fixes.ts';
import { type RootGrid, rootGrid } from './queries-grid.ts';
import { beforeAllTracks, holdReader, readFrom, readOn, readTo, type Stretch } from './tracks.ts';

const READER = 'coverage';
/** Younger fixes wait for the next look: their batch may still be on its way. */
const SETTLE_MS = 10_000;
/** Of each minute the second half belongs to other timed work, however much there is to count. */
const HALF_MINUTE_MS = 30_000;
/** A long way is cut into pieces of so many cells, so that the box around a piece holds few cells beside it. */
const PIECE_CELLS = 8;
/** Cells of an old grid that are removed in one step. */
const MOST_REMOVED = 20_000;

/** Cells are counted up to here; undefined before any were. */
export const countedTo = (ctx: Pick<Context, 'db'>): Promise<Date | undefined> => readTo(ctx, READER);

/** The first grid of the city, and its reader before the first track. */
async function begin(ctx: Context, { rootId, grid }: RootGrid): Promise<void> {
  await rows(
    ctx.db,
    `insert into coverage_grids (id, lon, lat, cell_m) values (cast(:rootId as uuid), :lon, :lat, :cellM) on conflict (id) do nothing`,
    { rootId, lon: grid.origin.coordinates[0], lat: grid.origin.coordinates[1], cellM: grid.cellM },
  );
  await rows(
    ctx.db,
    `insert into track_readers (name, received_to) values (:name, :from) on conflict (name) do nothing`,
    { name: READER, from: await beforeAllTracks(ctx) },
  );
}

/** Takes the old cells away, a part at a time; with the last of them the city has a grid of the size its rule now says, and tracks are read from the first. */
async function beginAnew(ctx: Context, { rootId, wantedM }: RootGrid): Promise<void> {
  const gone = await rows(
    ctx.db,
    `delete from coverage_cells c using (select station_id, x, y from coverage_cells order by station_id, x, y limit :most) o
     where c.station_id = o.station_id and c.x = o.x and c.y = o.y returning c.x`,
    { most: MOST_REMOVED },
  );
  if (gone.length === MOST_REMOVED) return;
  await rows(ctx.db, `update coverage_grids set cell_m = :wantedM where id = cast(:rootId as uuid)`, {
    rootId,
    wantedM,
  });
  await readFrom(ctx, READER, await beforeAllTracks(ctx));
}

/** SQL: was there at that time. The zero keeps the planner from the index on times of receipt, which finds half the table for each fix. */
const knownSql = (when: string): string => `p.received_at + interval '0' <= ${when}`;

/**
 * Two fixes of one patrol that follow each other, not more than `coverage.gap` apart and not faster than
 * `positions.max_speed`, are a way that was gone; what has no such neighbour is a point. Neighbours are those known when the
 * later of the two was received, so that it makes no difference in how many steps a track is read, or whether all of it is
 * read again; only a fix that others have overtaken has one after it. A cell was passed when a way comes within `coverage.reach` of it, at the time the way ended.
 */
async function count(ctx: Context, { grid }: RootGrid, { from, to }: Stretch): Promise<void> {
  // how many cells a way has is unknown to the planner, whose guess would have it compile for longer than the work takes
  await rows(ctx.db, `select set_config('jit', 'off', true)`);
  await rows(
    ctx.db,
    `with came as materialized (
       select p.patrol_id, p.at, p.position, p.received_at,
         coalesce(min(p.received_at) over (partition by p.patrol_id order by p.at rows between 1 following and unbounded following) <= p.received_at, false) as overtaken
       from positions p where ${RECEIVED} and ${BELIEVED}
     ), spans as materialized (
       select patrol_id, min(at) as first_at, max(at) as last_at from came group by patrol_id
     ), ruled as materialized (
       select s.id, cast(rule_value('coverage.gap', s.path) as float8) * interval '1 second' as gap, cast(rule_value('coverage.reach', s.path) as float8) as reach,
         cast(rule_value('positions.max_speed', s.path) as float8) / 3.6 as max_mps
       from stations s where s.id in (select o.station_id from spans n join patrols o on o.id = n.patrol_id)
     ), patrolled as materialized (
       select n.patrol_id, o.station_id, r.gap, r.reach, r.max_mps,
         exists (select from positions p where p.patrol_id = n.patrol_id and p.at > n.first_at and p.at <= n.last_at + r.gap and ${knownSql(':from')}) as late
       from spans n join patrols o on o.id = n.patrol_id join ruled r on r.id = o.station_id
     ), fixes as materialized (
       select c.patrol_id, c.at, c.position, c.received_at, c.overtaken or u.late as overtaken, u.station_id, u.gap, u.reach, u.max_mps
       from came c join patrolled u on u.patrol_id = c.patrol_id
     ), beside as materialized (
       select f.station_id, f.reach, f.max_mps, f.at, f.received_at, f.position,
         b.at as before_at, b.position as before_position, a.at as after_at, a.position as after_position, a.received_at as after_received_at
       from fixes f left join lateral (
         select p.at, p.position from positions p
         where p.patrol_id = f.patrol_id and p.at < f.at and ${knownSql('f.received_at')} and ${BELIEVED} order by p.at desc limit 1
       ) b on b.at >= f.at - f.gap left join lateral (
         select p.at, p.position, p.received_at from positions p
         where f.overtaken and p.patrol_id = f.patrol_id and p.at > f.at and p.at <= f.at + f.gap and ${knownSql('f.received_at')} and ${BELIEVED} order by p.at limit 1
       ) a on true
     ), placed as materialized (
       select n.station_id, n.reach, n.max_mps, n.at, n.before_at, n.after_at, n.after_received_at = n.received_at as after_told,
         (st_x(n.position) - :lon0) * :mx as x, (st_y(n.position) - :lat0) * :my as y,
         (st_x(n.before_position) - :lon0) * :mx as bx, (st_y(n.before_position) - :lat0) * :my as by,
         (st_x(n.after_position) - :lon0) * :mx as ax, (st_y(n.after_position) - :lat0) * :my as ay
       from beside n
     ), joined as materialized (
       select p.*, coalesce(sqrt((x - bx) ^ 2 + (y - by) ^ 2) <= max_mps * extract(epoch from at - before_at), false) as from_before,
         coalesce(sqrt((x - ax) ^ 2 + (y - ay) ^ 2) <= max_mps * extract(epoch from after_at - at), false) as to_after
       from placed p
     ), ways as (
       select station_id, reach, at, bx as x1, by as y1, x as x2, y as y2 from joined where from_before
       union all select station_id, reach, after_at, x, y, ax, ay from joined where to_after and not after_told
       union all select station_id, reach, at, x, y, x, y from joined where not from_before and not to_after
     ), cut as (
       select w.*, cast(greatest(1, ceil(sqrt((x2 - x1) ^ 2 + (y2 - y1) ^ 2) / (cast(:pieceCells as float8) * :cellM))) as integer) as pieces from ways w
     ), pieces as (
       select c.station_id, c.reach, c.at, c.x1 + (c.x2 - c.x1) * (k - 1) / c.pieces as x1, c.y1 + (c.y2 - c.y1) * (k - 1) / c.pieces as y1,
         c.x1 + (c.x2 - c.x1) * k / c.pieces as x2, c.y1 + (c.y2 - c.y1) * k / c.pieces as y2
       from cut c cross join lateral generate_series(1, c.pieces) k
     ), passed as (
       select p.station_id, x.x, y.y, max(p.at) as at
       from pieces p
       cross join lateral generate_series(cast(floor((least(p.x1, p.x2) - p.reach) / :cellM) as integer), cast(floor((greatest(p.x1, p.x2) + p.reach) / :cellM) as integer)) x (x)
       cross join lateral generate_series(cast(floor((least(p.y1, p.y2) - p.reach) / :cellM) as integer), cast(floor((greatest(p.y1, p.y2) + p.reach) / :cellM) as integer)) y (y)
       where st_dwithin(st_makeline(st_makepoint(p.x1, p.y1), st_makepoint(p.x2, p.y2)),
         st_makeenvelope(x.x * :cellM, y.y * :cellM, (x.x + 1) * :cellM, (y.y + 1) * :cellM), p.reach)
       group by p.station_id, x.x, y.y
     )
     insert into coverage_cells as c (station_id, x, y, passed_at)
     select station_id, x, y, at from passed order by station_id, x, y
     on conflict (station_id, x, y) do update set passed_at = excluded.passed_at where c.passed_at < excluded.passed_at`,
    { from, to, ...gridNumbers(grid), pieceCells: PIECE_CELLS },
  );
}

/** One step: the next stretch of the tracks, or the next part of a change of grid. Answers whether there is more to do now. */
export async function countTracks(ctx: Context): Promise<number> {
  const root = await rootGrid(ctx.db);
  if (!root) return 0;
  if (!root.stored) {
    if (!root.placed) return 0;
    await begin(ctx, root);
  }
  if (!(await holdReader(ctx, READER))) return 0;
  // only now that it is ours: another node may just have changed the grid
  const held = await rootGrid(ctx.db);
  if (!held?.stored) return 0;
  let more = true;
  if (held.stale) await beginAnew(ctx, held);
  else more = await readOn(ctx, READER, SETTLE_MS, (stretch) => count(ctx, held, stretch));
  return more && ctx.now().getTime() % (2 * HALF_MINUTE_MS) < HALF_MINUTE_MS ? 1 : 0;
}
