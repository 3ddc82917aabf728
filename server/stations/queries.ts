import type { Knex } from 'knex';
import { type PlanLevel, planLevels as planRanks } from '../../shared/plan-levels.ts';
import type { AreaRow, RuleRow, StationRow } from '../../shared/stations.ts';
import { asGeometryJson } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const COLUMNS = `s.id, s.version, s.parent_id as "parentId", s.path, s.name, s.time_zone as "timeZone", s.locale, s.area_code as "areaCode"`;

const AREA_COLUMNS = `a.id, a.version, a.station_id as "stationId", a.name, ${asGeometryJson('st_simplifypreservetopology(a.outline, 0.0002)')} as outline`;

/** Stations of a subtree, parents before children. */
export function liveStations(db: Db, scope: string): Promise<StationRow[]> {
  return rows<StationRow>(
    db,
    `select ${COLUMNS} from stations s where s.path @> array[cast(:scope as uuid)] order by cardinality(s.path), s.name, s.id`,
    { scope },
    { prepare: 'live_stations' },
  );
}

export function stationById(db: Db, id: string): Promise<StationRow | undefined> {
  return row<StationRow>(db, `select ${COLUMNS} from stations s where s.id = cast(:id as uuid)`, { id });
}

export function rootStation(db: Db): Promise<StationRow | undefined> {
  return row<StationRow>(db, `select ${COLUMNS} from stations s where s.parent_id is null`);
}

/** A station of the subtree, by id; undefined when it is not there or out of scope. */
export function stationInScope(db: Db, id: string, scope: string): Promise<StationRow | undefined> {
  return row<StationRow>(
    db,
    `select ${COLUMNS} from stations s where s.id = cast(:id as uuid) and s.path @> array[cast(:scope as uuid)]`,
    { id, scope },
  );
}

/** An area of the subtree with its outline to draw, locked until the command ends. */
export function lockedArea(db: Db, id: string, scope: string): Promise<AreaRow | undefined> {
  return row<AreaRow>(
    db,
    `select ${AREA_COLUMNS} from areas a join stations s on s.id = a.station_id
     where a.id = cast(:id as uuid) and s.path @> array[cast(:scope as uuid)] for update of a`,
    { id, scope },
  );
}

/** Outlines simplified to about 20 m for drawing. */
export function areasOf(db: Db, scope: string): Promise<AreaRow[]> {
  return rows<AreaRow>(
    db,
    `select ${AREA_COLUMNS} from areas a join stations s on s.id = a.station_id
     where s.path @> array[cast(:scope as uuid)] order by a.name, a.id`,
    { scope },
  );
}

export type Bbox = readonly [west: number, south: number, east: number, north: number];

/** One page of areas, by name; those that touch a bbox when one is given. */
export function areaPage(db: Db, scope: string, bbox: Bbox | null, page: PageAfter): Promise<AreaRow[]> {
  const [west, south, east, north] = bbox ?? [null, null, null, null];
  return rows<AreaRow>(
    db,
    `select ${AREA_COLUMNS} from areas a join stations s on s.id = a.station_id
     where s.path @> array[cast(:scope as uuid)]
       and (cast(:west as float8) is null or st_intersects(a.outline, st_makeenvelope(cast(:west as float8), cast(:south as float8), cast(:east as float8), cast(:north as float8), 4326)))
       and (cast(:after as uuid) is null or (a.name, a.id) > (select c.name, c.id from areas c where c.id = cast(:after as uuid)))
     order by a.name, a.id limit cast(:limit as integer) + 1`,
    { scope, west, south, east, north, ...page },
  );
}

/** One page of a subtree's stations, parents before children. */
export function stationPage(db: Db, scope: string, page: PageAfter): Promise<StationRow[]> {
  return rows<StationRow>(
    db,
    `select ${COLUMNS} from stations s
     where s.path @> array[cast(:scope as uuid)]
       and (cast(:after as uuid) is null or (cardinality(s.path), s.name, s.id) > (select cardinality(c.path), c.name, c.id from stations c where c.id = cast(:after as uuid)))
     order by cardinality(s.path), s.name, s.id limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );
}

const RULE_COLUMNS = `r.key, r.station_id as "stationId", r.version, r.value, r.unit, r.source`;

/** Every value that holds in a subtree: defaults, its ancestors' and its own, the nearest last. */
export function rulesOf(db: Db, scope: string): Promise<RuleRow[]> {
  return rows<RuleRow>(
    db,
    `select ${RULE_COLUMNS} from rules r left join stations s on s.id = r.station_id
     where r.station_id is null or s.path @> array[cast(:scope as uuid)]
        or r.station_id = any ((select path from stations where id = cast(:scope as uuid))::uuid[])
     order by r.key, cardinality(s.path) nulls first, r.station_id`,
    { scope },
  );
}

/** A station's own row of a rule. */
export function ownRule(db: Db, key: string, stationId: string): Promise<RuleRow | undefined> {
  return row<RuleRow>(
    db,
    `select ${RULE_COLUMNS} from rules r where r.key = :key and r.station_id = cast(:stationId as uuid)`,
    { key, stationId },
  );
}

/** The value of a rule where it is asked. */
export async function ruleAt(db: Db, key: string, stationId: string): Promise<unknown> {
  const found = await row<{ value: unknown }>(
    db,
    `select rule_value(:key, path) as value from stations where id = cast(:stationId as uuid)`,
    { key, stationId },
  );
  return found?.value ?? null;
}

/** A rule's number at a station, in the unit its row says; throws when nobody set it, which is a bug in a migration. */
export async function ruleNumber(db: Db, key: string, stationId: string): Promise<number> {
  const value = await ruleAt(db, key, stationId);
  if (typeof value !== 'number') throw new Error(`the rule ${key} is no number`);
  return value;
}

/** The values of several rules where they are asked, by key. */
export async function rulesAt(db: Db, keys: readonly string[], stationId: string): Promise<Record<string, unknown>> {
  const found = await rows<{ key: string; value: unknown }>(
    db,
    `select k.key, rule_value(k.key, s.path) as value from stations s cross join unnest(cast(:keys as text[])) k (key)
     where s.id = cast(:stationId as uuid)`,
    { keys, stationId },
  );
  return Object.fromEntries(found.map(({ key, value }) => [key, value]));
}

export interface EmergencyNumber {
  number: string;
  service: string;
}
/** Whom to call, as the root station has it: shown on every public page. */
export async function emergencyNumbers(db: Db): Promise<EmergencyNumber[]> {
  const found = await row<{ value: EmergencyNumber[] }>(
    db,
    `select rule_value('emergency.numbers', (select path from stations where parent_id is null)) as value`,
  );
  return found?.value ?? [];
}

/** `bbox=west,south,east,north` in degrees, or undefined when it is not four numbers in range. */
export function parseBbox(text: string): Bbox | undefined {
  const parts = text.split(',').map((part) => (/^-?\d+(\.\d+)?$/.test(part.trim()) ? Number(part) : NaN));
  const [west, south, east, north] = parts;
  if (
    parts.length !== 4 ||
    west === undefined ||
    south === undefined ||
    east === undefined ||
    north === undefined ||
    parts.some(Number.isNaN)
  )
    return undefined;
  if (Math.abs(west) > 180 || Math.abs(east) > 180 || Math.abs(south) > 90 || Math.abs(north) > 90 || south > north)
    return undefined;
  return [west, south, east, north];
}

/** Rank of a level in SQL, so that the highest of several can be taken. */
const rankSql = (column: string): string => `array_position(array['${planRanks.join("', '")}'], ${column})`;

/** SQL of the level that holds at a station now: the highest of its own plans and those of the stations above it. */
export const planLevelSql = (stationId: string): string =>
  `coalesce((select a.level from activations a join stations n on n.id = ${stationId}
    where a.station_id = any (n.path) and a.ended_at is null order by ${rankSql('a.level')} desc limit 1), 'none')`;

/** The level that holds at each of these stations now; a station not among them is at 'none'. */
export async function planLevels(db: Db, stationIds: readonly string[]): Promise<Map<string, PlanLevel>> {
  const found = await rows<{ id: string; level: PlanLevel }>(
    db,
    `select distinct on (s.id) s.id, a.level from stations s join activations a on a.station_id = any (s.path) and a.ended_at is null
     where s.id = any (cast(:stationIds as uuid[])) order by s.id, ${rankSql('a.level')} desc`,
    { stationIds },
  );
  return new Map(found.map(({ id, level }) => [id, level]));
}

/** The level that holds at one station now. */
export const planLevelAt = async (db: Db, stationId: string): Promise<PlanLevel> =>
  (await planLevels(db, [stationId])).get(stationId) ?? 'none';
