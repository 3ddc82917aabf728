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
import { type Context, staffOf, userIdOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { raiseTask } from '../tasks/commands.ts';
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

/** Locks both ends, in id order. */
async function lockEnds(ctx: Context, body: Move): Promise<{ from: Store | null; to: Store | null }> {
  const ends = (['from', 'to'] as const).flatMap((end) => {
    const place = asStore(body[end]);
    return place ? [{ end, place }] : [];
  });
  const locked: { from: Store | null; to: Store | null } = { from: null, to: null };
  for (const { end, place } of ends.sort((a, b) => (a.place.id < b.place.id ? -1 : 1))) {
    const store = await lockedStore(ctx.db, scopeOf(ctx).scope, place);
    if (!store) throw fieldProblem(`/${end}/id`, 'not_found', 'no such place here', 'not_found');
    locked[end] = store;
  }
  return locked;
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

/** Books a movement. What goes out of a store must lie there: 409 stock_short (/quantity). */
export async function moveItems(ctx: Context, body: Move): Promise<MovementRow> {
  judgeOwn(ctx, body);
  const at = momentOf(ctx, body.at);
  const [item] = await itemRows(ctx.db, [body.itemId]);
  if (!item) throw fieldProblem('/itemId', 'not_found', 'no such item', 'not_found');
  const { from, to } = await lockEnds(ctx, body);
  if (from) {
    const [held] = await stockOf(ctx.db, from, [body.itemId]);
    if ((held?.quantity ?? 0) < body.quantity)
      throw fieldProblem(
        '/quantity',
        'stock_short',
        `only ${String(Math.max(0, held?.quantity ?? 0))} there`,
        'stock_short',
      );
  }
  const stationId = from?.stationId ?? to?.stationId ?? staffOf(ctx).stationId;
  await rows(
    ctx.db,
    `insert into supply_movements (id, station_id, item_id, quantity, from_kind, from_id, to_kind, to_id, reason, at, recorded_at, recorded_by, note)
     values (cast(:id as uuid), cast(:stationId as uuid), cast(:itemId as uuid), cast(:quantity as integer), :fromKind, cast(:fromId as uuid), :toKind, cast(:toId as uuid),
       :reason, :at, :now, cast(:userId as uuid), cast(:note as text))`,
    {
      id: body.id,
      stationId,
      itemId: body.itemId,
      quantity: body.quantity,
      fromKind: body.from.kind,
      fromId: from?.id ?? null,
      toKind: body.to.kind,
      toId: to?.id ?? null,
      reason: body.reason,
      at,
      now: ctx.now(),
      userId: userIdOf(ctx.actor),
      note: body.note ?? null,
    },
  );
  const stock: StockRow[] = [];
  for (const store of [from, to]) if (store) stock.push(...(await stockOf(ctx.db, store, [body.itemId])));
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
  const itemIds = [...new Set(given.items.map(({ itemId }) => itemId))];
  const known = new Set((await itemRows(ctx.db, itemIds)).map(({ id }) => id));
  const unknown = given.items.findIndex(({ itemId }) => !known.has(itemId));
  if (unknown !== -1) throw fieldProblem(`/handouts/${String(unknown)}/itemId`, 'not_found', 'no such item');
  const giver = await giverOf(ctx, given);
  const left = new Map(
    (giver ? await stockOf(ctx.db, giver, itemIds) : []).map((stock) => [stock.itemId, stock.quantity]),
  );
  const handouts = given.items.map(({ itemId, quantity }) => {
    const before = left.get(itemId);
    if (before === undefined) return { itemId, quantity, short: false };
    left.set(itemId, before - quantity);
    return { itemId, quantity, short: before < quantity };
  });
  await rows(
    ctx.db,
    `insert into supply_movements (id, station_id, item_id, quantity, from_kind, from_id, to_kind, reason, at, recorded_at, recorded_by, encounter_id, short)
     select h.id, cast(:stationId as uuid), h.item_id, h.quantity, :fromKind, cast(:fromId as uuid), 'person', 'hand_out', :at, :now, cast(:userId as uuid),
       cast(:encounterId as uuid), h.short
     from unnest(cast(:ids as uuid[]), cast(:itemIds as uuid[]), cast(:quantities as integer[]), cast(:shorts as boolean[])) as h (id, item_id, quantity, short)`,
    {
      stationId: given.stationId,
      fromKind: giver?.kind ?? 'supplier',
      fromId: giver?.id ?? null,
      at: given.at,
      now: ctx.now(),
      userId: userIdOf(ctx.actor),
      encounterId: given.encounterId,
      ids: handouts.map(() => randomUUID()),
      itemIds: handouts.map(({ itemId }) => itemId),
      quantities: handouts.map(({ quantity }) => quantity),
      shorts: handouts.map(({ short }) => short),
    },
  );
  const stock = giver ? await stockOf(ctx.db, giver, itemIds) : [];
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
  return { stock, tasks, handouts };
}
