import { randomUUID } from 'node:crypto';
import type * as z from 'zod/mini';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type {
  createDepot,
  createItem,
  DepotRow,
  ItemRow,
  MovementRow,
  moveSupplies,
  Place,
  StockRow,
  StoreKind,
} from '../../shared/supplies.ts';
import { storeKinds } from '../../shared/supplies.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import { type Context, staffOf } from '../context.ts';
import { one, row, rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { raiseTask } from '../tasks/commands.ts';
import { type Lot, takeFirst } from './batches.ts';
import { book, end, judgeItems, lockStores } from './booking.ts';
import { movementRows } from './queries-movements.ts';
import { depotRows, itemRows, lockedFirstDepot, lockedStore, stockOf, type Store } from './queries.ts';

type NewItem = z.infer<NonNullable<typeof createItem.body>>;
type NewDepot = z.infer<NonNullable<typeof createDepot.body>>;
type Move = z.infer<NonNullable<typeof moveSupplies.body>>;

/** Adds an item to the catalogue; 409 taken (/name). */
export async function addItem(ctx: Context, body: NewItem): Promise<ItemRow> {
  const added = await row(
    ctx.db,
    `insert into supply_items (id, name, name_zh, unit, kind, created_at) values (cast(:id as uuid), :name, cast(:nameZh as text), :unit, :kind, :now)
     on conflict (name) do nothing returning id`,
    { id: body.id, name: body.name, nameZh: body.nameZh ?? null, unit: body.unit, kind: body.kind, now: ctx.now() },
  );
  if (!added) throw fieldProblem('/name', 'taken', 'another item has this name', 'taken');
  const items = await itemRows(ctx.db, [body.id]);
  const [item] = items;
  if (!item) throw new Error('an item was not written');
  record(ctx, { type: 'item.created', stationId: staffOf(ctx).stationId, rows: { items } });
  return item;
}

/** Adds a depot to a station of the subtree. */
export async function addDepot(ctx: Context, body: NewDepot): Promise<DepotRow> {
  await rows(
    ctx.db,
    `insert into depots (id, station_id, name, created_at) values (cast(:id as uuid), cast(:stationId as uuid), :name, :now)`,
    {
      id: body.id,
      stationId: (await stationFor(ctx, body.stationId)).id,
      name: body.name,
      now: ctx.now(),
    },
  );
  const [depot] = await depotRows(ctx.db, [body.id]);
  if (!depot) throw new Error('a depot was not written');
  return depot;
}

const asStore = (place: Place): { kind: StoreKind; id: string } | null => {
  const kind = storeKinds.find((known) => known === place.kind);
  return kind !== undefined && place.id !== undefined ? { kind, id: place.id } : null;
};

/** Crews and shelter staff move what comes from, or goes to, their own store. */
function judgeOwn(ctx: Context, body: Move): void {
  const { role, patrolId, shelterId } = staffOf(ctx);
  if (role !== 'crew' && role !== 'shelter') return;
  const own = role === 'crew' ? { kind: 'patrol', id: patrolId } : { kind: 'shelter', id: shelterId };
  if (own.id === null || ![body.from, body.to].some((place) => place.kind === own.kind && place.id === own.id))
    throw new Problem('not_found');
}

/** Locks both ends. */
async function lockEnds(ctx: Context, body: Move): Promise<{ from: Store | null; to: Store | null }> {
  const ends = (['from', 'to'] as const).flatMap((which) => {
    const place = asStore(body[which]);
    return place ? [{ ...place, path: `/${which}/id`, which }] : [];
  });
  const locked = await lockStores(ctx, ends);
  const at = (which: 'from' | 'to'): Store | null => locked[ends.findIndex((each) => each.which === which)] ?? null;
  return { from: at('from'), to: at('to') };
}

/** The oldest movement anybody enters, and how far a clock may be ahead. */
const OLDEST = Date.UTC(2020, 0, 1);
const AHEAD_MS = 5 * 60_000;

function momentOf(ctx: Context, at: string | undefined): Date {
  const now = ctx.now();
  if (at === undefined) return now;
  const moment = new Date(at);
  if (!(moment.getTime() >= OLDEST && moment.getTime() <= now.getTime() + AHEAD_MS))
    throw fieldProblem('/at', 'range', 'between 2020 and now');
  return moment;
}

/** The batch that came in, begun unless there is one of this code and date already. */
async function beginBatch(ctx: Context, itemId: string, batch: NonNullable<Move['batch']>): Promise<string> {
  const given = { itemId, code: batch.code ?? null, expiresOn: batch.expiresOn ?? null };
  await rows(
    ctx.db,
    `insert into supply_batches (id, item_id, code, expires_on, created_at)
     values (cast(:id as uuid), cast(:itemId as uuid), cast(:code as text), cast(:expiresOn as date), :now)
     on conflict on constraint supply_batches_item_key do nothing`,
    { id: randomUUID(), now: ctx.now(), ...given },
  );
  const { id } = await one<{ id: string }>(
    ctx.db,
    `select id from supply_batches where item_id = cast(:itemId as uuid)
       and code is not distinct from cast(:code as text) and expires_on is not distinct from cast(:expiresOn as date)`,
    given,
  );
  return id;
}

const tooFew = (there: number): Problem =>
  fieldProblem('/quantity', 'stock_short', `only ${String(Math.max(0, there))} there`, 'stock_short');

/** Which batches a movement is of: the one named, or what expires first where it comes from. */
async function lotsOf(ctx: Context, body: Move, from: Store | null): Promise<readonly Lot[]> {
  const { itemId, quantity, batch, batchId } = body;
  if (batch !== undefined) return [{ id: await beginBatch(ctx, itemId, batch), quantity }];
  const named =
    batchId !== undefined &&
    (await row(
      ctx.db,
      `select id from supply_batches where id = cast(:batchId as uuid) and item_id = cast(:itemId as uuid)`,
      { batchId, itemId },
    ));
  if (named === undefined) throw fieldProblem('/batchId', 'not_found', 'no such batch of it', 'not_found');
  if (!from) return batchId === undefined ? [] : [{ id: batchId, quantity }];
  const [held] = await stockOf(ctx.db, from, [itemId]);
  if (!held || held.quantity < quantity) throw tooFew(held?.quantity ?? 0);
  if (batchId === undefined) return takeFirst(held.batches, quantity).taken;
  const there = held.batches.find(({ id }) => id === batchId)?.quantity ?? 0;
  if (there < quantity) throw tooFew(there);
  return [{ id: batchId, quantity }];
}

/** Books a movement. What goes out of a store must lie there, of the batch where one is named: 409 stock_short (/quantity). */
export async function moveItems(ctx: Context, body: Move): Promise<MovementRow> {
  judgeOwn(ctx, body);
  const at = momentOf(ctx, body.at);
  const [item] = await itemRows(ctx.db, [body.itemId]);
  if (!item) throw fieldProblem('/itemId', 'not_found', 'no such item', 'not_found');
  const { from, to } = await lockEnds(ctx, body);
  const batches = await lotsOf(ctx, body, from);
  const stationId = from?.stationId ?? to?.stationId ?? staffOf(ctx).stationId;
  const stock = await book(
    ctx,
    at,
    [
      {
        id: body.id,
        stationId,
        itemId: body.itemId,
        quantity: body.quantity,
        from: { kind: body.from.kind, id: from?.id ?? null },
        to: { kind: body.to.kind, id: to?.id ?? null },
        reason: body.reason,
        batches,
        ...(body.note === undefined ? {} : { note: body.note }),
      },
    ],
    [from, to].filter((store) => store !== null),
  );
  if (stock.length > 0) record(ctx, { type: 'supplies.moved', stationId, rows: { stock } });
  const [movement] = await movementRows(ctx.db, [body.id]);
  if (!movement) throw new Error('a movement was not written');
  return movement;
}

/** Things given at a meeting; `at` is when it was. */
export interface HandOut {
  encounterId: string;
  /** null when no patrol was there: then the station's first depot gives, or the outside world when it has none */
  patrolId: string | null;
  items: readonly { itemId: string; quantity: number }[];
  at: Date;
  stationId: string;
}
/** What came of it, for the fact and the answer of the caller. */
export interface HandedOut {
  stock: StockRow[];
  tasks: TaskRow[];
  handouts: { itemId: string; quantity: number; short: boolean }[];
}

async function giverOf(ctx: Context, { patrolId, stationId }: HandOut): Promise<Store | null> {
  if (patrolId === null) return (await lockedFirstDepot(ctx.db, stationId)) ?? null;
  const patrol = await lockedStore(ctx.db, scopeOf(ctx).scope, { kind: 'patrol', id: patrolId });
  if (!patrol) throw new Problem('not_found');
  return patrol;
}

/** Books what was handed out. It has happened, so it is never refused: what was not booked in before is marked short and raised as a task. */
export async function handOut(ctx: Context, given: HandOut): Promise<HandedOut> {
  if (given.items.length === 0) return { stock: [], tasks: [], handouts: [] };
  await judgeItems(ctx, '/handouts', given.items);
  const giver = await giverOf(ctx, given);
  const itemIds = [...new Set(given.items.map(({ itemId }) => itemId))];
  const left = new Map((giver ? await stockOf(ctx.db, giver, itemIds) : []).map((stock) => [stock.itemId, stock]));
  const handouts = given.items.map(({ itemId, quantity }) => {
    const before = left.get(itemId);
    if (!before) return { itemId, quantity, short: false, batches: [] };
    const { taken, left: after } = takeFirst(before.batches, quantity);
    left.set(itemId, { ...before, quantity: before.quantity - quantity, batches: after });
    return { itemId, quantity, short: before.quantity < quantity, batches: taken };
  });
  const stock = await book(
    ctx,
    given.at,
    handouts.map((handout) => ({
      ...handout,
      id: randomUUID(),
      stationId: given.stationId,
      from: giver ? end(giver) : { kind: 'supplier', id: null },
      to: { kind: 'person', id: null },
      reason: 'hand_out',
      encounterId: given.encounterId,
    })),
    giver ? [giver] : [],
  );
  const tasks: TaskRow[] = [];
  for (const { itemId, quantity } of stock) {
    if (!giver || !handouts.some((each) => each.itemId === itemId && each.short)) continue;
    tasks.push(
      await raiseTask(ctx, {
        stationId: giver.stationId,
        kind: 'stock_short',
        subject: {
          itemId,
          placeKind: giver.kind,
          placeId: giver.id,
          encounterId: given.encounterId,
          missing: -quantity,
        },
      }),
    );
  }
  return { stock, tasks, handouts: handouts.map(({ itemId, quantity, short }) => ({ itemId, quantity, short })) };
}
