/** Counting what lies in a store: the books follow the shelf. */
import { randomUUID } from 'node:crypto';
import type * as z from 'zod/mini';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { countStock, StocktakeRow } from '../../shared/stocktakes.ts';
import { type Context, staffOf, userIdOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { takeFirst } from './batches.ts';
import { book, type Booking, end, judgeItems, lockStores, MOST } from './booking.ts';
import { judgeOwnOuting } from './commands-loads.ts';
import { stockOf } from './queries.ts';
import { stocktakeRows } from './queries-stocktakes.ts';

type Count = z.infer<typeof countStock.body>;

/** Crews and shelter staff count their own store. */
async function judgeOwnStore(ctx: Context, { kind, id }: Count['place']): Promise<void> {
  const { role, shelterId } = staffOf(ctx);
  if (role === 'shelter' && !(kind === 'shelter' && id === shelterId)) throw new Problem('not_found');
  if (role !== 'crew') return;
  if (kind !== 'patrol') throw new Problem('not_found');
  await judgeOwnOuting(ctx, id);
}

/**
 * Writes a count down and corrects the books to it. What is missing counts as of the batches that expire first: that is what
 * is given first, so what went unbooked was most likely of them. What is too much bears no batch: nobody said of which it is.
 */
export async function countStore(ctx: Context, body: Count): Promise<StocktakeRow> {
  await judgeOwnStore(ctx, body.place);
  await judgeItems(ctx, '/lines', body.lines);
  const [store] = await lockStores(ctx, [{ ...body.place, path: '/place/id' }]);
  const stock = await stockOf(
    ctx.db,
    store,
    body.lines.map(({ itemId }) => itemId),
  );
  const lines = body.lines.map((line, n) => {
    const held = stock.find(({ itemId }) => itemId === line.itemId);
    const booked = held?.quantity ?? 0;
    if (Math.abs(line.counted - booked) > MOST)
      throw fieldProblem(`/lines/${String(n)}/counted`, 'range', `the books have ${String(booked)}`);
    return { ...line, booked, batches: held?.batches ?? [] };
  });
  await rows(
    ctx.db,
    `with taken as (
       insert into stocktakes (id, station_id, place_kind, place_id, at, reason, note, recorded_by)
       values (cast(:id as uuid), cast(:stationId as uuid), :kind, cast(:placeId as uuid), :now, :reason, cast(:note as text), cast(:userId as uuid))
       returning id
     )
     insert into stocktake_lines (stocktake_id, item_id, counted, booked)
     select taken.id, l."itemId", l.counted, l.booked
     from taken cross join jsonb_to_recordset(cast(:lines as jsonb)) as l ("itemId" uuid, counted integer, booked integer)`,
    {
      id: body.id,
      stationId: store.stationId,
      kind: store.kind,
      placeId: store.id,
      now: ctx.now(),
      reason: body.reason,
      note: body.note ?? null,
      userId: userIdOf(ctx.actor),
      lines: JSON.stringify(lines),
    },
  );
  const loss = { kind: 'loss', id: null } as const;
  const corrections = lines
    .filter(({ counted, booked }) => counted !== booked)
    .map(({ itemId, counted, booked, batches }): Booking => {
      const missing = Math.max(0, booked - counted);
      return {
        id: randomUUID(),
        stationId: store.stationId,
        itemId,
        quantity: Math.abs(counted - booked),
        from: missing > 0 ? end(store) : loss,
        to: missing > 0 ? loss : end(store),
        reason: 'correction',
        batches: takeFirst(batches, missing).taken,
        stocktakeId: body.id,
      };
    });
  const corrected = await book(ctx, ctx.now(), corrections, [store]);
  if (corrected.length > 0)
    record(ctx, { type: 'supplies.moved', stationId: store.stationId, rows: { stock: corrected } });
  const [taken] = await stocktakeRows(ctx.db, [body.id]);
  if (!taken) throw new Error('a count was not written');
  return taken;
}
