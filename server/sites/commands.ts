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
import { lockedSite, siteInScope } from './queries.ts';

type Create = Part<(typeof createSite)['body']>;
type Update = Part<(typeof updateSite)['body']>;

const pointOf = ({ position, crs }: Pick<Update, 'position' | 'crs'>): LonLat | null =>
  position ? convert(position.coordinates, crs ?? 'wgs84', 'wgs84') : null;

async function written(ctx: Context, id: string): Promise<SiteRow> {
  const site = await siteInScope(ctx.db, scopeOf(ctx).scope, id);
  if (!site) throw new Error('a known place was not written');
  return site;
}

/** Names a place; without a radius it has the one of the rule `sites.radius`. */
export async function addSite(ctx: Context, body: Create): Promise<SiteRow> {
  const stationId = (await stationFor(ctx, body.stationId)).id;
  const [lon, lat] = pointOf(body) ?? [null, null];
  await rows(
    ctx.db,
    `insert into sites (id, station_id, name, position, radius_m, note, active, created_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :name, ${pointSql(':lon', ':lat')}, :radiusM, cast(:note as text), true, :now)`,
    {
      id: body.id,
      stationId,
      name: body.name,
      lon,
      lat,
      radiusM: body.radiusM ?? (await ruleNumber(ctx.db, 'sites.radius', stationId)),
      note: body.note ?? null,
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
       position = case when :moved then ${pointSql(':lon', ':lat')} else position end
     where id = cast(:id as uuid)`,
    {
      id,
      name: body.name ?? known.name,
      radiusM: body.radiusM ?? known.radiusM,
      note: body.note === undefined ? known.note : body.note,
      active: body.active ?? known.active,
      moved: moved !== null,
      lon: moved?.[0] ?? null,
      lat: moved?.[1] ?? null,
    },
  );
  const changed = await written(ctx, id);
  record(ctx, { type: 'site.changed', stationId: changed.stationId, rows: { sites: [changed] } });
  return changed;
}
