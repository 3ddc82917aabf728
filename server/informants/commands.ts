import { randomInt } from 'node:crypto';
import type { Part } from '../../shared/contract.ts';
import type { createInformant, InformantRow, updateInformant } from '../../shared/informants.ts';
import { Problem } from '../../shared/problems.ts';
import { type Context, staffOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { pointSql } from '../db/postgis.ts';
import { stationFor } from '../stations/commands.ts';
import { informantInScope } from './queries.ts';

/** Letters and digits that nobody mistakes for each other on a poster in the rain. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const newCode = (): string => Array.from({ length: 8 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');

export async function addInformant(ctx: Context, body: Part<(typeof createInformant)['body']>): Promise<InformantRow> {
  const station = await stationFor(ctx, body.stationId);
  await rows(
    ctx.db,
    `insert into informants (id, station_id, code, organisation, source, label, position, place_text, created_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :code, :organisation, :source, :label, ${pointSql(':lon', ':lat')}, :placeText, :now)`,
    {
      id: body.id,
      stationId: station.id,
      code: body.code ?? newCode(),
      organisation: body.organisation,
      source: body.source,
      label: body.label,
      lon: body.place?.coordinates[0] ?? null,
      lat: body.place?.coordinates[1] ?? null,
      placeText: body.placeText ?? null,
      now: ctx.now(),
    },
  );
  return (await informantInScope(ctx.db, body.id, station.id)) as InformantRow;
}

export async function changeInformant(
  ctx: Context,
  id: string,
  body: Part<(typeof updateInformant)['body']>,
): Promise<InformantRow> {
  const scope = staffOf(ctx).stationId;
  const found = await row<{ version: number }>(
    ctx.db,
    `select i.version from informants i join stations s on s.id = i.station_id where i.id = cast(:id as uuid) and s.path @> array[cast(:scope as uuid)] for update of i`,
    { id, scope },
  );
  if (!found) throw new Problem('not_found');
  const current = (await informantInScope(ctx.db, id, scope)) as InformantRow;
  if (found.version !== body.version) throw new Problem('version_conflict', [], { current });
  const place = body.place === undefined ? current.place : body.place;
  await rows(
    ctx.db,
    `update informants set version = version + 1, organisation = :organisation, source = :source, label = :label, active = :active,
       position = ${pointSql(':lon', ':lat')}, place_text = :placeText where id = cast(:id as uuid)`,
    {
      id,
      organisation: body.organisation ?? current.organisation,
      source: body.source ?? current.source,
      label: body.label ?? current.label,
      active: body.active ?? current.active,
      lon: place?.coordinates[0] ?? null,
      lat: place?.coordinates[1] ?? null,
      placeText: body.placeText === undefined ? current.placeText : body.placeText,
    },
  );
  return (await informantInScope(ctx.db, id, scope)) as InformantRow;
}
