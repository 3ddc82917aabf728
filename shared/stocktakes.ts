/** Counting what lies in a store: the books follow the shelf, and say why they were wrong. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';
import { storePlace } from './supplies.ts';

/** Why shelf and books differ. */
export const stocktakeReasons = ['routine', 'not_booked', 'miscounted', 'damaged', 'expired', 'lost', 'other'] as const;
export const stocktakeRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  place: storePlace,
  at: instant,
  reason: z.enum(stocktakeReasons),
  note: z.nullable(z.string()),
  /** `booked` as it was a moment before; the difference was booked as a correction */
  lines: z.array(z.object({ itemId: idSchema, counted: z.number(), booked: z.number() })),
});
export type StocktakeRow = z.infer<typeof stocktakeRow>;

export const countStock = endpoint({
  name: 'countStock',
  method: 'POST',
  path: '/api/supplies/counts',
  who: ['manager', 'admin', 'shelter', 'crew'],
  summary: 'Writes down what was counted in a store and corrects the books to it, all in one',
  status: 201,
  replay: 'id',
  body: z.strictObject({
    id: idSchema,
    place: storePlace,
    reason: z.enum(stocktakeReasons),
    note: z.optional(text(500)),
    lines: z.array(z.strictObject({ itemId: idSchema, counted: z.int().check(z.gte(0), z.lte(1_000_000)) })).check(
      z.minLength(1),
      z.maxLength(500),
      z.refine((all) => new Set(all.map(({ itemId }) => itemId)).size === all.length, 'each item once'),
    ),
  }),
  reply: stocktakeRow,
});
export const listStocktakes = endpoint({
  name: 'listStocktakes',
  method: 'GET',
  path: '/api/supplies/counts',
  who: [...desk, 'admin', 'shelter', 'crew', 'inspector'],
  summary: "Counts, newest first; shelter staff's and crews' own store only",
  query: z.strictObject(paging),
  reply: listOf(stocktakeRow),
});
