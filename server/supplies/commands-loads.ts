/** What a patrol takes along and brings back: lists made once, and each load or return one command. */
import { randomUUID } from 'node:crypto';
import type * as z from 'zod/mini';
import type { Part } from '../../shared/contract.ts';
import type {
  createLoadList,
  LoadLine,
  LoadListRow,
  LoadRow,
  loadPatrol,
  readLoad,
  unloadPatrol,
  updateLoadList,
} from '../../shared/loads.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { StockRow } from '../../shared/supplies.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import { type Context, staffOf, userIdOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { finishTasksAbout, raiseTask } from '../tasks/commands.ts';
import { fit, type Lot, takeFirst, takeFit } from './batches.ts';
import { book, end, judgeItems, lockStores, MOST } from './booking.ts';
import { dayAt, isOut, lastOuting, lockedLoadList, stockIn, usableLoadList } from './queries-loads.ts';
import { firstDepot, stockOf, type Store, storeInScope } from './queries.ts';

type Line = z.infer<typeof createLoadList.body>['lines'][number];

async function writeLines(ctx: Context, listId: string, lines: readonly Line[]): Promise<void> {
  await judgeItems(ctx, '/lines', lines);
  await rows(ctx.db, `delete from load_list_lines where list_id = cast(:listId as uuid)`, { listId });
  await rows(
    ctx.db,
    `insert into load_list_lines (list_id, item_id, quantity)
     select cast(:listId as uuid), l."itemId", l.quantity from jsonb_to_recordset(cast(:lines as jsonb)) as l ("itemId" uuid, quantity integer)`,
    { listId, lines: JSON.stringify(lines) },
  );
}

async function ownList(ctx: Context, id: string): Promise<LoadListRow> {
  const list = await lockedLoadList(ctx.db, scopeOf(ctx).scope, id);
  if (!list) throw new Problem('not_found');
  return list;
}

/** Adds a load list to a station of the subtree; 422 not_found at a line whose item is not in the catalogue. */
export async function addLoadList(ctx: Context, body: z.infer<typeof createLoadList.body>): Promise<LoadListRow> {
  const stationId = (await stationFor(ctx, body.stationId)).id;
  await rows(
    ctx.db,
    `insert into load_lists (id, station_id, name, created_at) values (cast(:id as uuid), cast(:stationId as uuid), :name, :now)`,
    { id: body.id, stationId, name: body.name, now: ctx.now() },
  );
  await writeLines(ctx, body.id, body.lines);
  return ownList(ctx, body.id);
}

/** Changes a load list; its lines are given whole. 409 version_conflict with the list as it is. */
export async function changeLoadList(
  ctx: Context,
  id: string,
  body: z.infer<typeof updateLoadList.body>,
): Promise<LoadListRow> {
  const known = await ownList(ctx, id);
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  await rows(
    ctx.db,
    `update load_lists set name = :name, active = :active, version = version + 1 where id = cast(:id as uuid)`,
    { id, name: body.name ?? known.name, active: body.active ?? known.active },
  );
  if (body.lines) await writeLines(ctx, id, body.lines);
  return ownList(ctx, id);
}

async function linesOf(ctx: Context, listId: string, path = '/listId'): Promise<readonly Line[]> {
  const list = await usableLoadList(ctx.db, scopeOf(ctx).scope, listId);
  if (!list) throw fieldProblem(path, 'not_found', 'no such list in use', 'not_found');
  return list.lines;
}

/** How much of an item is there to be taken: books below nothing mean that nothing is there. */
async function thereIn(ctx: Context, store: Store | undefined, lines: readonly Line[]): Promise<Map<string, StockRow>> {
  const stock = store
    ? await stockOf(
        ctx.db,
        store,
        lines.map(({ itemId }) => itemId),
      )
    : [];
  return new Map(stock.map((each) => [each.itemId, { ...each, quantity: Math.max(0, each.quantity) }]));
}

/** What a patrol has of a list and what it lacks; a crew looks at its own outing only. */
export async function readPatrolLoad(
  ctx: Context,
  patrolId: string,
  query: Part<typeof readLoad.query>,
): Promise<z.infer<typeof readLoad.reply>> {
  const { scope } = scopeOf(ctx);
  const { role, patrolId: own } = staffOf(ctx);
  const patrol =
    role === 'crew' && own !== patrolId
      ? undefined
      : await storeInScope(ctx.db, scope, { kind: 'patrol', id: patrolId });
  if (!patrol) throw new Problem('not_found');
  const depot =
    query.depotId === undefined
      ? await firstDepot(ctx.db, patrol.stationId)
      : await storeInScope(ctx.db, scope, { kind: 'depot', id: query.depotId });
  if (!depot && query.depotId !== undefined)
    throw fieldProblem('/query/depotId', 'not_found', 'no such depot here', 'not_found');
  const lines = await linesOf(ctx, query.listId, '/query/listId');
  const [aboard, stored] = [await thereIn(ctx, patrol, lines), await thereIn(ctx, depot, lines)];
  const today = await dayAt(ctx.db, patrol.stationId, ctx.now());
  const items = lines.map(({ itemId, quantity: wanted }): LoadLine => {
    const has = aboard.get(itemId)?.quantity ?? 0;
    const inDepot = stored.get(itemId);
    return { itemId, wanted, has, missing: Math.max(0, wanted - has), inDepot: inDepot ? fit(inDepot, today) : 0 };
  });
  return { depotId: depot?.id ?? null, items };
}

const lockBoth = (
  ctx: Context,
  { depotId, patrolId }: { depotId: string; patrolId: string },
): Promise<readonly [Store, Store]> =>
  lockStores(ctx, [
    { kind: 'depot', id: depotId, path: '/depotId' },
    { kind: 'patrol', id: patrolId, path: '/patrolId' },
  ]);

/** Books what goes over in one load, and tells what now lies on both sides. */
async function carry(
  ctx: Context,
  load: { id: string; kind: 'load' | 'unload'; listId?: string | undefined },
  [from, to]: readonly [Store, Store],
  going: readonly { stock: StockRow; quantity: number; batches: readonly Lot[] }[],
): Promise<Pick<LoadRow, 'id' | 'version' | 'patrolId' | 'depotId' | 'moved'>> {
  const [depotId, patrolId] = load.kind === 'load' ? [from.id, to.id] : [to.id, from.id];
  await rows(
    ctx.db,
    `insert into supply_loads (id, kind, patrol_id, depot_id, list_id, at, recorded_by)
     values (cast(:id as uuid), :kind, cast(:patrolId as uuid), cast(:depotId as uuid), cast(:listId as uuid), :now, cast(:userId as uuid))`,
    {
      id: load.id,
      kind: load.kind,
      patrolId,
      depotId,
      listId: load.listId ?? null,
      now: ctx.now(),
      userId: userIdOf(ctx.actor),
    },
  );
  const stock = await book(
    ctx,
    ctx.now(),
    going.map(({ stock: { itemId }, quantity, batches }) => ({
      id: randomUUID(),
      stationId: from.stationId,
      itemId,
      quantity,
      from: end(from),
      to: end(to),
      reason: load.kind === 'load' ? 'move' : 'return',
      batches,
      loadId: load.id,
    })),
    [from, to],
  );
  if (stock.length > 0) record(ctx, { type: 'supplies.moved', stationId: from.stationId, rows: { stock } });
  const moved = going.map(({ stock: { itemId }, quantity }) => ({ itemId, quantity }));
  return { id: load.id, version: 1, patrolId, depotId, moved };
}

/** Fills a patrol up as far as the depot has it; 404 for a crew that is not the patrol's, 409 patrol_off when the outing is over. */
export async function load(ctx: Context, body: z.infer<typeof loadPatrol.body>): Promise<LoadRow> {
  const { role, patrolId: own } = staffOf(ctx);
  if (role === 'crew' && own !== body.patrolId) throw new Problem('not_found');
  const [depot, patrol] = await lockBoth(ctx, body);
  if (!(await isOut(ctx.db, patrol.id))) throw new Problem('patrol_off');
  const lines = body.listId === undefined ? (body.lines ?? []) : await linesOf(ctx, body.listId);
  if (body.listId === undefined) await judgeItems(ctx, '/lines', lines);
  const [aboard, stored] = [await thereIn(ctx, patrol, lines), await thereIn(ctx, depot, lines)];
  const today = await dayAt(ctx.db, depot.stationId, ctx.now());
  const wanted = lines.flatMap(({ itemId, quantity }) => {
    const stock = stored.get(itemId);
    // a list never sends out what is over its date; lines say what has been carried
    const named = body.listId === undefined;
    const lacks = named ? quantity : quantity - (aboard.get(itemId)?.quantity ?? 0);
    if (!stock || lacks <= 0) return [];
    const goes = Math.min(lacks, named ? stock.quantity : fit(stock, today));
    return [{ stock, lacks, quantity: goes, batches: takeFit(stock, goes, today) }];
  });
  const loaded = await carry(
    ctx,
    { id: body.id, kind: 'load', listId: body.listId },
    [depot, patrol],
    wanted.filter(({ quantity }) => quantity > 0),
  );
  const missing = wanted.flatMap(({ stock: { itemId }, lacks, quantity }) =>
    lacks > quantity ? [{ itemId, quantity: lacks - quantity }] : [],
  );
  return { ...loaded, missing };
}

/** A crew answers for what is on its outing, and for what is still on the one it came home from. */
export async function judgeOwnOuting(ctx: Context, patrolId: string): Promise<void> {
  const { id, role, patrolId: own } = staffOf(ctx);
  if (role === 'crew' && own !== patrolId && (await lastOuting(ctx.db, id)) !== patrolId)
    throw new Problem('not_found');
}

/** Brings all that a patrol has back, and settles the task about it. */
export async function unload(ctx: Context, body: z.infer<typeof unloadPatrol.body>): Promise<LoadRow> {
  await judgeOwnOuting(ctx, body.patrolId);
  const [depot, patrol] = await lockBoth(ctx, body);
  const aboard = await stockIn(ctx.db, patrol);
  const brought = await carry(
    ctx,
    { id: body.id, kind: 'unload' },
    [patrol, depot],
    aboard.map((stock) => {
      const quantity = Math.min(stock.quantity, MOST);
      return { stock, quantity, batches: takeFirst(stock.batches, quantity).taken };
    }),
  );
  if (aboard.every(({ quantity }) => quantity <= MOST))
    await finishTasksAbout(ctx, 'stock_left', 'patrolId', patrol.id);
  return { ...brought, missing: [] };
}

/** What is still on a patrol that has come home, as a task for the fact of its caller, who holds the patrol. */
export async function raiseLeft(ctx: Context, patrol: { id: string; stationId: string }): Promise<TaskRow[]> {
  const left = await stockIn(ctx.db, { kind: 'patrol', ...patrol });
  if (left.length === 0) return [];
  const quantity = left.reduce((total, stock) => total + stock.quantity, 0);
  const subject = { patrolId: patrol.id, items: left.length, quantity };
  return [await raiseTask(ctx, { stationId: patrol.stationId, kind: 'stock_left', subject })];
}
