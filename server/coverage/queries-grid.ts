import type { Knex } from 'knex';
import type { CoverageGrid } from '../../shared/coverage.ts';
import { point, round6 } from '../../shared/geo.ts';
import { row } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

interface Found {
  rootId: string;
  wantedM: number;
  lon: number | null;
  lat: number | null;
  cellM: number | null;
  aroundLon: number | null;
  aroundLat: number | null;
}

/** The root station with its grid. `stored` is false while nothing was counted, `placed` while there is nothing to lay it around; `stale` when the rule `coverage.cell` says another size. */
export interface RootGrid {
  rootId: string;
  grid: CoverageGrid;
  stored: boolean;
  placed: boolean;
  stale: boolean;
  /** metres that the rule asks for */
  wantedM: number;
}

/** The grid of the city: the one stored, or else the one that would be, around its areas or what happened there first. */
export async function rootGrid(db: Db): Promise<RootGrid | undefined> {
  const found = await row<Found>(
    db,
    `select r.id as "rootId", cast(rule_value('coverage.cell', r.path) as integer) as "wantedM", g.lon, g.lat, g.cell_m as "cellM",
       case when g.id is null then coalesce(
         (select (st_xmin(e.box) + st_xmax(e.box)) / 2 from (select st_extent(a.outline) as box from areas a) e),
         (select st_x(l.position) from patrol_positions l order by l.patrol_id limit 1),
         (select st_x(i.position::geometry) from incidents i where i.position is not null order by i.opened_at limit 1)) end as "aroundLon",
       case when g.id is null then coalesce(
         (select (st_ymin(e.box) + st_ymax(e.box)) / 2 from (select st_extent(a.outline) as box from areas a) e),
         (select st_y(l.position) from patrol_positions l order by l.patrol_id limit 1),
         (select st_y(i.position::geometry) from incidents i where i.position is not null order by i.opened_at limit 1)) end as "aroundLat"
     from stations r left join coverage_grids g on g.id = r.id where r.parent_id is null`,
  );
  if (!found) return undefined;
  const { rootId, wantedM, cellM } = found;
  const stored = found.lon !== null && found.lat !== null;
  const origin = point(round6(found.lon ?? found.aroundLon ?? 0), round6(found.lat ?? found.aroundLat ?? 0));
  return {
    rootId,
    wantedM,
    stored,
    placed: stored || found.aroundLon !== null,
    stale: stored && cellM !== wantedM,
    grid: { origin, cellM: cellM ?? wantedM },
  };
}
