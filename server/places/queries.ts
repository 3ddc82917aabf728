import type { Knex } from 'knex';
import type { LonLat, Point } from '../../shared/geo.ts';
import type { PlaceImportRow, PlaceKind } from '../../shared/places.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

export const IMPORT_COLUMNS = `i.id, i.version, i.station_id as "stationId", i.kind, i.file_name as "fileName", i.crs, i.status, i.total, i.stored, i.errors,
  i.error_count as "errorCount", ${asInstant('i.created_at')} as "createdAt", ${asInstant('i.finished_at')} as "finishedAt"`;

/** An import of the subtree, and the print of its file. */
export function importInScope(
  db: Db,
  id: string,
  scope: string,
): Promise<(PlaceImportRow & { fingerprint: Buffer }) | undefined> {
  return row(
    db,
    `select ${IMPORT_COLUMNS}, i.fingerprint from place_imports i where i.id = cast(:id as uuid) and ${inSubtreeSql('i.station_id')}`,
    { id, scope },
  );
}

/** One page of a subtree's tables, newest first, without those that were taken away. */
export function importPage(db: Db, scope: string, page: PageAfter): Promise<PlaceImportRow[]> {
  return rows<PlaceImportRow>(
    db,
    `select ${IMPORT_COLUMNS} from place_imports i where i.status <> 'removed' and ${inSubtreeSql('i.station_id')}
       and (cast(:after as uuid) is null or (i.created_at, i.id) < (select c.created_at, c.id from place_imports c where c.id = cast(:after as uuid)))
     order by i.created_at desc, i.id desc limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );
}

/** Ids of the tables in which somebody of a station may look: its own, those above it and those below it. */
export async function visibleImports(db: Db, scope: string, path: readonly string[]): Promise<string[]> {
  const found = await rows<{ id: string }>(
    db,
    `select i.id from place_imports i where i.status = 'done'
       and (i.station_id = any (cast(:path as uuid[])) or ${inSubtreeSql('i.station_id')})`,
    { path, scope },
  );
  return found.map(({ id }) => id);
}

/** Of each piece that occurs at all in how many places it does, rarest first: of all tables, because that is what looking it up costs. */
export function pieceCounts(db: Db, pieces: readonly string[]): Promise<{ gram: string; places: number }[]> {
  return rows(
    db,
    `select gram, cast(sum(places) as integer) as places from place_grams where gram = any (cast(:pieces as text[])) group by gram order by 2, 1`,
    { pieces },
  );
}

/** The middle of a subtree's areas, to prefer what is near; undefined when it has none. */
export async function middleOf(db: Db, scope: string): Promise<LonLat | undefined> {
  const found = await row<{ lon: number | null; lat: number | null }>(
    db,
    `select st_x(c) as lon, st_y(c) as lat from (select st_centroid(cast(st_extent(a.outline) as geometry)) as c
       from areas a where ${inSubtreeSql('a.station_id')}) m`,
    { scope },
  );
  return found?.lon == null || found.lat === null ? undefined : [found.lon, found.lat];
}

/** A place of a table that may be meant. */
export interface FoundPlace {
  kind: PlaceKind;
  name: string;
  code: string | null;
  position: Point;
  accuracyM: number;
  codeKey: string | null;
  /** 0 to 1: how much of the words and of the name are shared, less for what is far */
  score: number;
}
interface Near {
  lon: number;
  lat: number;
}

const AT = `st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326)`;
/** Degrees are near enough to metres to say which of two is nearer. */
const APART_M = `st_distance(p.position, ${AT}) * 111320`;
const FOUND_COLUMNS = `i.kind, p.name, p.code, ${asPoint('p.position')} as position, p.accuracy_m as "accuracyM", p.code_key as "codeKey"`;

/** Places with exactly these codes, nearest first. */
export function placesByCode(
  db: Db,
  imports: readonly string[],
  keys: readonly string[],
  near: Near,
): Promise<FoundPlace[]> {
  return rows<FoundPlace>(
    db,
    `with p as materialized (select * from places where code_key = any (cast(:keys as text[])))
     select ${FOUND_COLUMNS}, 1 as score from p join place_imports i on i.id = p.import_id
     where p.import_id = any (cast(:imports as uuid[])) order by ${APART_M}, p.name limit 20`,
    { keys, imports, ...near },
  );
}

/** Metres at which what is far counts half as far as anything can. */
const NEARNESS_M = 3_000;
/** What distance may take from a score. */
const NEARNESS = 0.15;

/**
 * SQL: places among `source` by what they share with the words. The larger share counts more: a name within a long sentence
 * is as good as a word within a long name.
 */
const ranked = (source: string): string => `
  with p as materialized (${source}),
  counted as (
    select p.*, cardinality(p.grams) as size,
      cast((select count(*) from unnest(p.grams) g where g = any (cast(:pieces as text[]))) as float8) as shared
    from p where p.import_id = any (cast(:imports as uuid[]))
  ),
  scored as (
    select p.*, 0.6 * p.shared / least(p.size, :size) + 0.4 * p.shared / greatest(p.size, :size)
      - ${String(NEARNESS)} * ${APART_M} / (${APART_M} + ${String(NEARNESS_M)}) as score
    from counted p where p.shared > 0
  )
  select ${FOUND_COLUMNS}, p.score from scored p join place_imports i on i.id = p.import_id
  order by p.score desc, p.name, p.line limit 20`;

const byRarePieces = ranked(`select * from places where grams && cast(:rare as text[])`);
const byNearness = ranked(`select * from places order by position <-> ${AT} limit 1500`);

/** Places whose names share pieces with the words: by the rare ones where there are any, else among the nearest. */
export function placesByPieces(
  db: Db,
  imports: readonly string[],
  pieces: readonly string[],
  rare: readonly string[],
  near: Near,
): Promise<FoundPlace[]> {
  const bindings = { imports, pieces, size: pieces.length, ...near };
  return rare.length > 0 ? rows(db, byRarePieces, { ...bindings, rare }) : rows(db, byNearness, bindings);
}

export const areaNames = (db: Db, scope: string): Promise<{ id: string; name: string }[]> =>
  rows(db, `select a.id, a.name from areas a where ${inSubtreeSql('a.station_id')}`, { scope });

/** The middle of areas and how far their edges are from it, in metres. */
export const areaExtents = (
  db: Db,
  ids: readonly string[],
): Promise<{ id: string; position: Point; radiusM: number }[]> =>
  rows(
    db,
    `select a.id, ${asPoint('c')} as position, st_length(cast(st_longestline(c, a.outline) as geography)) as "radiusM"
     from areas a, st_centroid(a.outline) c where a.id = any (cast(:ids as uuid[]))`,
    { ids },
  );
