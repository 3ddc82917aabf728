/** Items and depots change their names; what lies where stays. */
import type * as z from 'zod/mini';
import { Problem } from '../../shared/problems.ts';
import type { DepotRow, ItemRow, updateDepot, updateItem } from '../../shared/supplies.ts';
import { type Context, staffOf } from '../context.ts';
import { one, rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { itemRows, lockedDepot, lockedItem } from './queries.ts';

type ItemUpdate = z.infer<NonNullable<typeof updateItem.body>>;
type DepotUpdate = z.infer<NonNullable<typeof updateDepot.body>>;

/** Changes an item for all stations; 409 taken (/name), version_conflict with the current row. */
export async function changeItem(ctx: Context, id: string, body: ItemUpdate): Promise<ItemRow> {
  const known = await lockedItem(ctx.db, id);
  if (!known) throw new Problem('not_found');
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  await rows(
    ctx.db,
    `update supply_items set name = :name, name_zh = cast(:nameZh as text), unit = :unit, kind = :kind, active = :active, version = version + 1
     where id = cast(:id as uuid)`,
    {
      id,
      name: body.name ?? known.name,
      nameZh: body.nameZh === undefined ? known.nameZh : body.nameZh,
      unit: body.unit ?? known.unit,
      kind: body.kind ?? known.kind,
      active: body.active ?? known.active,
    },
  );
  const items = await itemRows(ctx.db, [id]);
  const [changed] = items;
  if (!changed) throw new Error('an item was not written');
  record(ctx, { type: 'item.changed', stationId: staffOf(ctx).stationId, rows: { items } });
  return changed;
}

/** Gives a depot another name; 409 version_conflict with the current row. */
export async function changeDepot(ctx: Context, id: string, body: DepotUpdate): Promise<DepotRow> {
  const known = await lockedDepot(ctx.db, scopeOf(ctx).scope, id);
  if (!known) throw new Problem('not_found');
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  const { version } = await one<{ version: number }>(
    ctx.db,
    `update depots set name = :name, version = version + 1 where id = cast(:id as uuid) returning version`,
    { id, name: body.name },
  );
  return { ...known, version, name: body.name };
}
