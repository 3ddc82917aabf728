/** What every movement goes through: the stores are locked, the movement and its batches written, what lies there now is read. */
import { fieldProblem } from '../../shared/problems.ts';
import type { MovementReason, MovementRow, StockRow, StoreKind } from '../../shared/supplies.ts';
import { type Context, userIdOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { type Lot, takeFirst } from './batches.ts';
import { itemRows, lockedStore, stockOf, type Store } from './queries.ts';

/** A store as a body names it, and where in the body. */
interface Named {
  kind: StoreKind;
  id: string;
  path: string;
}

/** The order in which all commands lock, so that none waits for one that waits for it. */
const LOCKED: readonly StoreKind[] = ['patrol', 'shelter', 'depot'];
const inOrder = (a: Named, b: Named): number =>
  LOCKED.indexOf(a.kind) - LOCKED.indexOf(b.kind) || (a.id < b.id ? -1 : 1);

/** Locks stores of the subtree and gives them as they were named; 404 at the first that is not there. */
export async function lockStores<const N extends readonly Named[]>(
  ctx: Context,
  named: N,
): Promise<{ [K in keyof N]: Store }> {
  const locked = new Map<Named, Store>();
  for (const each of [...named].sort(inOrder)) {
    const store = await lockedStore(ctx.db, scopeOf(ctx).scope, { kind: each.kind, id: each.id });
    if (store) locked.set(each, store);
  }
  const missing = named.find((each) => !locked.has(each));
  if (missing) throw fieldProblem(missing.path, 'not_found', 'no such place here', 'not_found');
  return named.map((each) => locked.get(each)) as { [K in keyof N]: Store };
}

/** All items of a list of lines are in the catalogue; 422 at the first that is not. */
export async function judgeItems(ctx: Context, path: string, lines: readonly { itemId: string }[]): Promise<void> {
  const found = await itemRows(
    ctx.db,
    lines.map(({ itemId }) => itemId),
  );
  const known = new Set(found.map(({ id }) => id));
  const unknown = lines.findIndex(({ itemId }) => !known.has(itemId));
  if (unknown !== -1) throw fieldProblem(`${path}/${String(unknown)}/itemId`, 'not_found', 'no such item');
}

/** The most that one movement carries, as the table has it. */
export const MOST = 1_000_000;

/** A movement to be written; what it is for is one of the ids, or none. */
export interface Booking extends Pick<MovementRow, 'id' | 'stationId' | 'itemId' | 'quantity' | 'from' | 'to'> {
  reason: MovementReason;
  batches: readonly Lot[];
  short?: boolean;
  encounterId?: string;
  loadId?: string;
  stocktakeId?: string;
  note?: string;
}

/** Where a movement that joins no store of ours begins or ends. */
export const end = (store: Store): { kind: StoreKind; id: string } => ({ kind: store.kind, id: store.id });

/**
 * Writes movements and what of them is of which batch, and gives what now lies of their items in the stores named. The caller
 * holds those stores and has seen that they have what goes out.
 */
export async function book(
  ctx: Context,
  at: Date,
  bookings: readonly Booking[],
  stores: readonly Store[],
): Promise<StockRow[]> {
  if (bookings.length === 0) return [];
  await rows(
    ctx.db,
    `with given as materialized (
       select * from jsonb_to_recordset(cast(:bookings as jsonb)) as g (id uuid, "stationId" uuid, "itemId" uuid, quantity integer, "from" jsonb, "to" jsonb,
         reason text, batches jsonb, short boolean, "encounterId" uuid, "loadId" uuid, "stocktakeId" uuid, note text)
     ), booked as (
       insert into supply_movements (id, station_id, item_id, quantity, from_kind, from_id, to_kind, to_id, reason, at, recorded_at, recorded_by,
         short, encounter_id, load_id, stocktake_id, note)
       select g.id, g."stationId", g."itemId", g.quantity, g."from" ->> 'kind', cast(g."from" ->> 'id' as uuid), g."to" ->> 'kind', cast(g."to" ->> 'id' as uuid),
         g.reason, :at, :now, cast(:userId as uuid), coalesce(g.short, false), g."encounterId", g."loadId", g."stocktakeId", g.note from given g
     )
     insert into supply_movement_batches (movement_id, batch_id, quantity)
     select g.id, b.id, b.quantity from given g cross join jsonb_to_recordset(g.batches) as b (id uuid, quantity integer)`,
    { bookings: JSON.stringify(bookings), at, now: ctx.now(), userId: userIdOf(ctx.actor) },
  );
  const stock: StockRow[] = [];
  for (const store of stores) {
    const touched = bookings.filter(({ from, to }) => from.id === store.id || to.id === store.id);
    stock.push(...(await stockNow(ctx, store, [...new Set(touched.map(({ itemId }) => itemId))])));
  }
  return stock;
}

const sum = (lots: readonly Lot[]): number => lots.reduce((total, { quantity }) => total + quantity, 0);

/**
 * What lies in a store. Where more had been handed out than was booked in, what came in later of a batch is what had gone out
 * before: those hand-outs are told their batch, so that a store never has more of its batches than it has.
 */
async function stockNow(ctx: Context, store: Store, itemIds: readonly string[]): Promise<StockRow[]> {
  const stock = await stockOf(ctx.db, store, itemIds);
  const beyond = stock.flatMap(({ itemId, quantity, batches }) => {
    const over = sum(batches) - Math.max(0, quantity);
    return over > 0 ? [{ itemId, over, lots: takeFirst(batches, over).taken }] : [];
  });
  if (beyond.length === 0) return stock;
  for (const each of beyond) await tellBatches(ctx, store, each);
  return stockOf(ctx.db, store, itemIds);
}

async function tellBatches(
  ctx: Context,
  store: Store,
  { itemId, over, lots }: { itemId: string; over: number; lots: readonly Lot[] },
): Promise<void> {
  // each has room for one piece at least, so that there are never more of them to look at than pieces
  const short = await rows<{ id: string; room: number }>(
    ctx.db,
    `select m.id, t.room from supply_movements m
       cross join lateral (select m.quantity - coalesce(sum(l.quantity), 0) as room from supply_movement_batches l where l.movement_id = m.id) t
     where m.from_id = cast(:storeId as uuid) and m.item_id = cast(:itemId as uuid) and m.short and t.room > 0
     order by m.recorded_at desc, m.id limit :over`,
    { storeId: store.id, itemId, over },
  );
  const told: { movementId: string; batchId: string; quantity: number }[] = [];
  const waiting = lots.map((lot) => ({ ...lot }));
  for (const { id, room } of short) {
    let open = room;
    for (const lot of waiting) {
      const quantity = Math.min(open, lot.quantity);
      if (quantity === 0) continue;
      told.push({ movementId: id, batchId: lot.id, quantity });
      open -= quantity;
      lot.quantity -= quantity;
    }
  }
  await rows(
    ctx.db,
    `insert into supply_movement_batches (movement_id, batch_id, quantity)
     select t."movementId", t."batchId", t.quantity from jsonb_to_recordset(cast(:told as jsonb)) as t ("movementId" uuid, "batchId" uuid, quantity integer)
     on conflict (movement_id, batch_id) do update set quantity = supply_movement_batches.quantity + excluded.quantity`,
    { told: JSON.stringify(told) },
  );
}
