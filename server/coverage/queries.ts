import type { Knex } from 'knex';
import type { CoverageCell, CoverageGrid, LookHere } from '../../shared/coverage.ts';
import { fromPlane, gridNumbers, middleOf, onPlane } from '../../shared/coverage-grid.ts';
import { distanceM, type LonLat, point } from '../../shared/geo.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { Bbox } from '../stations/queries.ts';

type Db = Knex | Knex.Transaction;

/** Cells from here to there, both included. */
export interface CellBox {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** All there are: no grid has cells outside. */
const EVERYWHERE: CellBox = { x0: -2_000_000, y0: -2_000_000, x1: 2_000_000, y1: 2_000_000 };
/** A box wider than this, in degrees, is not worth the index; and an envelope around half the Earth is one around the other half. */
const WIDE_DEG = 3;
/** Edges of an envelope are arcs: they bow by less than this, in degrees, when it is no wider than that. */
const BOW_DEG = 0.02;

/** What calls for a look, in the cell where it is, with the rules of the asking station. */
const calledSql = (box: Bbox | null): string => {
  const nearSql = (column: string): string =>
    box === null ? '' : `and ${column} && st_makeenvelope(:west, :south, :east, :north, 4326)::geography`;
  const cellSql = (column: string): string =>
    `cast(floor((st_x(${column}::geometry) - :lon0) * :mx / :cellM) as integer) as x, cast(floor((st_y(${column}::geometry) - :lat0) * :my / :cellM) as integer) as y`;
  return `ruled as materialized (
       select cast(:now as timestamptz) - cast(rule_value('coverage.look_back', s.path) as float8) * interval '1 day' as since,
         cast(rule_value('coverage.long_ago', s.path) as float8) as long_ago,
         cast(w.weights -> 'encounter' as float8) as encounter, cast(w.weights -> 'sighting' as float8) as sighting, cast(w.weights -> 'visit_due' as float8) as visit_due
       from stations s cross join lateral (select rule_value('coverage.weights', s.path) as weights) w where s.id = cast(:scope as uuid)
     ), wanted as materialized (
       select t.id, t.name, t.position, t.visited_at, t.visit_every_h, ${cellSql('t.position')},
         coalesce(t.visited_at + t.visit_every_h * interval '1 hour', t.created_at) as due_at
       from sites t where t.active and t.visit_every_h is not null and ${inSubtreeSql('t.station_id')} ${nearSql('t.position')}
     ), met as (
       select ${cellSql('e.position')}, count(*) as n from encounters e
       where e.at >= (select since from ruled) and e.not_found_reason is null and ${inSubtreeSql('e.station_id')} ${nearSql('e.position')} group by 1, 2
     ), reported as (
       select ${cellSql('i.position')}, count(*) as n from incidents i
       where i.status <> 'closed' and i.position is not null and ${inSubtreeSql('i.station_id')} ${nearSql('i.position')} group by 1, 2
     ), called as (
       select x, y, sum(encounters) as encounters, sum(sightings) as sightings, sum(due) as due from (
         select x, y, n as encounters, 0 as sightings, 0 as due from met
         union all select x, y, 0, n, 0 from reported
         union all select x, y, 0, 0, 1 from wanted where due_at <= :now
       ) c where x between :x0 and :x1 and y between :y0 and :y1 group by x, y
     ), passed as (
       select c.x, c.y, max(c.passed_at) as at from coverage_cells c
       where ${inSubtreeSql('c.station_id')} and c.x between :x0 and :x1 and c.y between :y0 and :y1 group by c.x, c.y
     )`;
};

const bindingsOf = (
  scope: string,
  grid: CoverageGrid,
  cells: CellBox,
  box: Bbox | null,
  now: Date,
): Record<string, unknown> => ({
  scope,
  now,
  ...gridNumbers(grid),
  ...cells,
  ...(box === null ? {} : { west: box[0], south: box[1], east: box[2], north: box[3] }),
});

/** The box of cells as degrees for the index, with what arcs bow; null when it is too wide for that. */
function envelopeOf(grid: CoverageGrid, { x0, y0, x1, y1 }: CellBox): Bbox | null {
  const { cellM } = grid;
  const [west, south] = fromPlane(grid, [x0 * cellM, y0 * cellM]);
  const [east, north] = fromPlane(grid, [(x1 + 1) * cellM, (y1 + 1) * cellM]);
  if (east - west > WIDE_DEG || north - south > WIDE_DEG) return null;
  return [west - BOW_DEG, south - BOW_DEG, east + BOW_DEG, north + BOW_DEG];
}

/** Cells of a subtree that its patrols passed or that something calls to, what weighs most first; at most `most`. */
export async function cellsIn(
  db: Db,
  scope: string,
  grid: CoverageGrid,
  cells: CellBox,
  now: Date,
  most: number,
): Promise<CoverageCell[]> {
  const box = envelopeOf(grid, cells);
  const found = await rows<{ x: number; y: number; hours: number; weight: number }>(
    db,
    `with ${calledSql(box)}
     select coalesce(p.x, c.x) as x, coalesce(p.y, c.y) as y,
       cast(case when p.at is null then -1 else round(cast(greatest(0, extract(epoch from cast(:now as timestamptz) - p.at)) / 3600 as numeric), 2) end as float8) as hours,
       cast(coalesce(round(cast(c.encounters * r.encounter + c.sightings * r.sighting + c.due * r.visit_due as numeric), 2), 0) as float8) as weight
     from passed p full join called c on c.x = p.x and c.y = p.y cross join ruled r
     order by 4 desc, 3, 1, 2 limit :most`,
    { ...bindingsOf(scope, grid, cells, box, now), most },
    { deadlineMs: 30_000 },
  );
  return found.map(({ x, y, hours, weight }) => [x, y, hours, weight]);
}

interface Look extends Omit<LookHere, 'position' | 'distanceM' | 'reasons'> {
  position: { type: 'Point'; coordinates: LonLat } | null;
  x: number;
  y: number;
  due: boolean;
  encounters: number;
  sightings: number;
  longAgo: boolean;
}

const reasonsOf = ({ due, encounters, sightings, longAgo, lastAt }: Look): LookHere['reasons'] => [
  ...(due ? (['visit_due'] as const) : []),
  ...(sightings > 0 ? (['sightings'] as const) : []),
  ...(encounters > 0 ? (['encounters'] as const) : []),
  ...(lastAt === null ? (['never'] as const) : longAgo ? (['long_ago'] as const) : []),
];

/**
 * Where to look next: places whose visit is due first, then by score, which is what calls there times how long nobody was: that
 * grows ever slower, to one half after the required time (a place) or `coverage.long_ago` (a cell), and to one for never. A place is
 * listed from half of its time on. Among equals the one nearest to `near` is first.
 */
export async function looksNext(
  db: Db,
  scope: string,
  grid: CoverageGrid,
  near: LonLat | null,
  now: Date,
  most: number,
): Promise<LookHere[]> {
  const here = near && onPlane(grid, near);
  const found = await rows<Look>(
    db,
    `with ${calledSql(null)}, places as (
       select 'site' as kind, cast(w.id as text) as id, w.id as site_id, w.name, w.position, w.x, w.y, w.visited_at as last_at, w.due_at, w.due_at <= :now as due,
         coalesce(c.encounters, 0) as encounters, coalesce(c.sightings, 0) as sightings,
         extract(epoch from cast(:now as timestamptz) - w.visited_at) / 3600 as hours, w.visit_every_h as half, r.visit_due as own
       from wanted w cross join ruled r left join called c on c.x = w.x and c.y = w.y
       where w.visited_at is null or w.visited_at <= cast(:now as timestamptz) - w.visit_every_h * interval '30 minutes'
     ), cells as (
       select 'cell', c.x || ':' || c.y, cast(null as uuid), cast(null as text), cast(null as geography), c.x, c.y, p.at, cast(null as timestamptz), false,
         c.encounters, c.sightings, extract(epoch from cast(:now as timestamptz) - p.at) / 3600, r.long_ago, 0
       from called c cross join ruled r left join passed p on p.x = c.x and p.y = c.y
       where c.encounters + c.sightings > 0 and not exists (select from places w where w.x = c.x and w.y = c.y)
     ), looks as (
       select l.*, (l.own + l.encounters * r.encounter + l.sightings * r.sighting) * greatest(0, coalesce(l.hours / (l.hours + l.half), 1)) as score,
         coalesce(l.hours >= r.long_ago, true) as long_ago
       from (select * from places union all select * from cells) l cross join ruled r
     )
     select kind, id, site_id as "siteId", name, ${asPoint('position')} as position, x, y, ${asInstant('last_at')} as "lastAt", ${asInstant('due_at')} as "dueAt", due,
       cast(encounters as float8) as encounters, cast(sightings as float8) as sightings, long_ago as "longAgo", cast(round(cast(score as numeric), 1) as float8) as score
     from looks where score > 0
     order by due desc, round(cast(score as numeric), 1) desc,
       ((x + 0.5) * :cellM - cast(:nearX as float8)) ^ 2 + ((y + 0.5) * :cellM - cast(:nearY as float8)) ^ 2, id
     limit :most`,
    {
      ...bindingsOf(scope, grid, EVERYWHERE, null, now),
      nearX: here?.[0] ?? null,
      nearY: here?.[1] ?? null,
      most,
    },
    { deadlineMs: 30_000 },
  );
  return found.map((look) => {
    const { kind, id, siteId, name, lastAt, dueAt, score } = look;
    const position = look.position ?? point(...middleOf(grid, look.x, look.y));
    const metres = near === null ? null : Math.round(distanceM(near, position.coordinates));
    return { kind, id, siteId, name, position, lastAt, dueAt, reasons: reasonsOf(look), score, distanceM: metres };
  });
}
