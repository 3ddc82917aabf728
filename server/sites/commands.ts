/** Places where people are met again and again: named, changed, retired; never deleted, for meetings refer to them. */
import type { Part } from '../../shared/contract.ts';
import { convert, type LonLat } from '../../shared/geo.ts';
import { Problem } from '../../shared/problems.ts';
import type { createSite, SiteRow, updateSite } from '../../shared/sites.ts';
import type { Context } from '../context.ts';
import { pointSql } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { ruleNumber } from '../stations/queries.ts';
import { judgedOutline } from './commands-outline.ts';
import { lockedSite, siteInScope, siteRows } from './queries.ts';

type Create = Part<(typeof createSite)['body']>;
type Update = Part<(typeof updateSite)['body']>;

const pointOf = ({ position, crs }: Pick<Update, 'position' | 'crs'>): LonLat | null =>
  position ? convert(position.coordinates, crs ?? 'wgs84', 'wgs84') : null;

async function written(ctx: Context, id: string): Promise<SiteRow> {
  const site = await siteInScope(ctx.db, scopeOf(ctx).scope, id);
  if (!site) throw new Error('a known place was not written');
  return site;
}

/** SQL of the outline bound as WKB in `:outline`, or null. */
const OUTLINE = `st_setsrid(st_geomfromwkb(decode(cast(:outline as text), 'hex')), 4326)::geography`;

/** Names a place; without a radius it has the one of the rule `sites.radius`. */
export async function addSite(ctx: Context, body: Create): Promise<SiteRow> {
  const stationId = (await stationFor(ctx, body.stationId)).id;
  const [lon, lat] = pointOf(body) ?? [null, null];
  await rows(
    ctx.db,
    `insert into sites (id, station_id, name, position, radius_m, note, outline, visit_every_h, active, created_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :name, ${pointSql(':lon', ':lat')}, :radiusM, cast(:note as text), ${OUTLINE}, cast(:visitEveryH as real), true, :now)`,
    {
      id: body.id,
      stationId,
      name: body.name,
      lon,
      lat,
      radiusM: body.radiusM ?? (await ruleNumber(ctx.db, 'sites.radius', stationId)),
      note: body.note ?? null,
      outline: body.outline === undefined ? null : await judgedOutline(ctx, body.outline, body.crs),
      visitEveryH: body.visitEveryH ?? null,
      now: ctx.now(),
    },
  );
  const added = await written(ctx, body.id);
  record(ctx, { type: 'site.created', stationId, rows: { sites: [added] } });
  return added;
}

/** Changes or retires a known place; 409 version_conflict with the current row. */
export async function changeSite(ctx: Context, id: string, body: Update): Promise<SiteRow> {
  const known = await lockedSite(ctx.db, scopeOf(ctx).scope, id);
  if (!known) throw new Problem('not_found');
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  const moved = pointOf(body);
  await rows(
    ctx.db,
    `update sites set name = :name, radius_m = :radiusM, note = cast(:note as text), active = :active, version = version + 1,
       outline = case when :drawn then ${OUTLINE} else outline end, visit_every_h = cast(:visitEveryH as real),
       position = case when :moved then ${pointSql(':lon', ':lat')} else position end
     where id = cast(:id as uuid)`,
    {
      id,
      name: body.name ?? known.name,
      radiusM: body.radiusM ?? known.radiusM,
      note: body.note === undefined ? known.note : body.note,
      active: body.active ?? known.active,
      drawn: body.outline !== undefined,
      outline:
        body.outline === undefined || body.outline === null ? null : await judgedOutline(ctx, body.outline, body.crs),
      visitEveryH: body.visitEveryH === undefined ? known.visitEveryH : body.visitEveryH,
      moved: moved !== null,
      lon: moved?.[0] ?? null,
      lat: moved?.[1] ?? null,
    },
  );
  const changed = await written(ctx, id);
  record(ctx, { type: 'site.changed', stationId: changed.stationId, rows: { sites: [changed] } });
  return changed;
}

/** Sets how often each of these places is looked at, in hours (null: nobody has to), and tells of it. The caller holds them locked. */
export async function setVisitEvery(
  ctx: Context,
  visits: readonly { id: string; everyH: number | null }[],
): Promise<SiteRow[]> {
  if (visits.length === 0) return [];
  await rows(
    ctx.db,
    `update sites t set visit_every_h = v."everyH", version = t.version + 1
     from jsonb_to_recordset(cast(:visits as jsonb)) as v (id uuid, "everyH" real) where t.id = v.id`,
    { visits: JSON.stringify(visits) },
  );
  const changed = await siteRows(
    ctx.db,
    visits.map(({ id }) => id),
  );
  for (const stationId of new Set(changed.map((site) => site.stationId)))
    record(ctx, {
      type: 'site.changed',
      stationId,
      rows: { sites: changed.filter((site) => site.stationId === stationId) },
    });
  return changed;
}

/** Somebody was at a known place. */
export interface Visit {
  siteId: string;
  at: Date;
}

/**
 * Known places that somebody was at, later than is known of them by more than `slackMs`, with the new time; the caller tells
 * of them. Locked in the order of ids. The version stays: whoever edits the place meanwhile has nothing to be told.
 */
export async function visitSites(ctx: Context, visits: readonly Visit[], slackMs = 0): Promise<SiteRow[]> {
  if (visits.length === 0) return [];
  const changed = await rows<{ id: string }>(
    ctx.db,
    `with seen as (
       select v.id, least(max(v.at), cast(:now as timestamptz)) as at from unnest(cast(:ids as uuid[]), cast(:ats as timestamptz[])) as v (id, at) group by v.id
     ), later as (
       select t.id, s.at from sites t join seen s on s.id = t.id
       where t.visited_at is null or s.at > t.visited_at + cast(:slackMs as float8) * interval '1 millisecond'
       order by t.id for no key update of t
     )
     update sites t set visited_at = l.at from later l
     where t.id = l.id and (t.visited_at is null or t.visited_at < l.at) returning t.id`,
    { ids: visits.map(({ siteId }) => siteId), ats: visits.map(({ at }) => at.toISOString()), slackMs, now: ctx.now() },
  );
  return siteRows(
    ctx.db,
    changed.map(({ id }) => id),
  );
}
