/** Items and an append-only ledger of movements between places; stock is their sum. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk, staff } from './roles.ts';

export const itemKinds = ['clothing', 'bedding', 'food', 'medical', 'hygiene', 'card', 'other'] as const;
export const placeKinds = ['depot', 'shelter', 'patrol', 'supplier', 'person', 'loss'] as const;
/** Places of ours that hold stock and have an id; the other kinds are the outside world. */
export const storeKinds = ['depot', 'shelter', 'patrol'] as const;
export type StoreKind = (typeof storeKinds)[number];
export const reasons = ['receive', 'move', 'hand_out', 'return', 'write_off', 'correction'] as const;
export type MovementReason = (typeof reasons)[number];

export const itemRow = z.object({
  id: idSchema,
  version: z.number(),
  name: z.string(),
  nameZh: z.nullable(z.string()),
  unit: z.string(),
  kind: z.enum(itemKinds),
  active: z.boolean(),
});
export type ItemRow = z.infer<typeof itemRow>;
export const depotRow = z.object({ id: idSchema, version: z.number(), stationId: idSchema, name: z.string() });
export type DepotRow = z.infer<typeof depotRow>;

/** A delivery that is told apart by the maker's code, a date, or both. */
export const batchRow = z.object({
  id: idSchema,
  code: z.nullable(z.string()),
  /** the last day it may be given out, `YYYY-MM-DD` */
  expiresOn: z.nullable(z.string()),
  quantity: z.number(),
});
export type Batch = z.infer<typeof batchRow>;
/** PostgreSQL knows no year 0; nothing that is booked here expired before it was begun. */
const day = z.iso
  .date()
  .check(z.refine((value) => value >= '2000-01-01', { message: 'before 2000', params: { code: 'range' } }));
const newBatch = z.strictObject({ code: z.optional(text(60)), expiresOn: z.optional(day) }).check(
  z.refine(({ code, expiresOn }) => code !== undefined || expiresOn !== undefined, {
    message: 'a code, a date, or both',
    params: { code: 'required' },
  }),
);

const place = z.strictObject({ kind: z.enum(placeKinds), id: z.optional(idSchema) }).check(
  z.superRefine((value, context) => {
    const store = (storeKinds as readonly string[]).includes(value.kind);
    if (store !== (value.id !== undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['id'],
        params: { code: store ? 'required' : 'unknown_field' },
        message: store ? 'which one' : 'this kind has no id',
        input: value,
      });
    }
  }),
);
export type Place = z.infer<typeof place>;
/** A place of ours that holds stock. */
export const storePlace = z.strictObject({ kind: z.enum(storeKinds), id: idSchema });
export const movementRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  itemId: idSchema,
  quantity: z.number(),
  from: z.object({ kind: z.enum(placeKinds), id: z.nullable(idSchema) }),
  to: z.object({ kind: z.enum(placeKinds), id: z.nullable(idSchema) }),
  reason: z.enum(reasons),
  at: instant,
  short: z.boolean(),
  encounterId: z.nullable(idSchema),
  note: z.nullable(z.string()),
  /** which batches it was of; what they do not add up to was of none */
  batches: z.array(batchRow),
});
export type MovementRow = z.infer<typeof movementRow>;
/** What lies where; `id` is place and item together, so that a newer sum replaces the older one. */
export const stockRow = z.object({
  id: z.string(),
  stationId: idSchema,
  place: z.object({ kind: z.enum(storeKinds), id: idSchema }),
  itemId: idSchema,
  quantity: z.number(),
  /** what of it is of known batches, the first to expire first; never more than `quantity` */
  batches: z.array(batchRow),
});
export type StockRow = z.infer<typeof stockRow>;

/** Which ends each reason joins: a movement that says otherwise is a slip. */
const ends: Record<MovementReason, { from: readonly string[]; to: readonly string[] }> = {
  receive: { from: ['supplier'], to: storeKinds },
  move: { from: storeKinds, to: storeKinds },
  hand_out: { from: storeKinds, to: ['person'] },
  return: { from: ['person', ...storeKinds], to: ['supplier', ...storeKinds] },
  write_off: { from: storeKinds, to: ['loss'] },
  correction: { from: ['loss', ...storeKinds], to: ['loss', ...storeKinds] },
};

const keepers = ['manager', 'admin', 'shelter', 'crew'] as const;
export const listItems = endpoint({
  name: 'listItems',
  method: 'GET',
  path: '/api/supplies/items',
  who: staff,
  summary: 'The catalogue of supply items',
  query: z.strictObject(paging),
  reply: listOf(itemRow),
});
export const createItem = endpoint({
  name: 'createItem',
  method: 'POST',
  path: '/api/supplies/items',
  who: ['manager', 'admin'],
  summary: 'Adds an item',
  status: 201,
  replay: 'id',
  body: z.strictObject({
    id: idSchema,
    name: text(100),
    nameZh: z.optional(text(100)),
    unit: text(20),
    kind: z.enum(itemKinds),
  }),
  reply: itemRow,
});
/** An item out of use can no longer be chosen; what lies of it somewhere stays there and is moved as before. */
export const updateItem = endpoint({
  name: 'updateItem',
  method: 'PATCH',
  path: '/api/supplies/items/:id',
  who: ['manager', 'admin'],
  summary: 'Changes an item of the catalogue, which all stations share, or takes it out of use',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    name: z.optional(text(100)),
    nameZh: z.optional(z.nullable(text(100))),
    unit: z.optional(text(20)),
    kind: z.optional(z.enum(itemKinds)),
    active: z.optional(z.boolean()),
  }),
  reply: itemRow,
});
export const listDepots = endpoint({
  name: 'listDepots',
  method: 'GET',
  path: '/api/supplies/depots',
  who: [...desk, 'admin', 'shelter', 'crew'],
  summary: 'Depots of the own subtree',
  query: z.strictObject(paging),
  reply: listOf(depotRow),
});
export const createDepot = endpoint({
  name: 'createDepot',
  method: 'POST',
  path: '/api/supplies/depots',
  who: ['manager', 'admin'],
  summary: 'Adds a depot',
  status: 201,
  replay: 'id',
  body: z.strictObject({ id: idSchema, stationId: z.optional(idSchema), name: text(100) }),
  reply: depotRow,
});
export const updateDepot = endpoint({
  name: 'updateDepot',
  method: 'PATCH',
  path: '/api/supplies/depots/:id',
  who: ['manager', 'admin'],
  summary: 'Gives a depot another name',
  params: idParams,
  body: z.strictObject({ version: z.number(), name: text(100) }),
  reply: depotRow,
});
export const listMovements = endpoint({
  name: 'listMovements',
  method: 'GET',
  path: '/api/supplies/movements',
  who: [...desk, 'admin', 'shelter', 'crew'],
  summary: "Movements, newest first; shelter staff's and crews' own place only",
  query: z.strictObject(paging),
  reply: listOf(movementRow),
});
export const moveSupplies = endpoint({
  name: 'moveSupplies',
  method: 'POST',
  path: '/api/supplies/movements',
  who: keepers,
  summary: 'Moves, receives, returns, writes off or hands out; a transfer beyond stock is refused',
  status: 201,
  replay: 'id',
  body: z
    .strictObject({
      id: idSchema,
      itemId: idSchema,
      quantity: z.int().check(z.gte(1), z.lte(1_000_000)),
      from: place,
      to: place,
      reason: z.enum(reasons),
      at: z.optional(instant),
      note: z.optional(text(500)),
      /** the batch that came in; with `receive` only */
      batch: z.optional(newBatch),
      /** of which batch it is; else those that expire first go first */
      batchId: z.optional(idSchema),
    })
    .check(
      z.superRefine((body, context) => {
        const allowed = ends[body.reason];
        for (const end of ['from', 'to'] as const) {
          if (!allowed[end].includes(body[end].kind)) {
            context.addIssue({
              code: 'custom',
              path: [end, 'kind'],
              params: { code: 'enum' },
              message: `${body.reason} cannot have ${body[end].kind} here`,
              input: body,
            });
          }
        }
        if (body.batch !== undefined && body.reason !== 'receive') {
          context.addIssue({
            code: 'custom',
            path: ['batch'],
            params: { code: 'unknown_field' },
            message: 'only what comes in begins a batch',
            input: body,
          });
        }
        if (body.batch !== undefined && body.batchId !== undefined) {
          context.addIssue({
            code: 'custom',
            path: ['batchId'],
            params: { code: 'unknown_field' },
            message: 'a batch is begun or named, not both',
            input: body,
          });
        }
        if (body.from.kind === body.to.kind && body.from.id === body.to.id) {
          context.addIssue({
            code: 'custom',
            path: ['to'],
            params: { code: 'same_place' },
            message: 'from and to are the same place',
            input: body,
          });
        }
      }),
    ),
  reply: movementRow,
});
export const listStock = endpoint({
  name: 'listStock',
  method: 'GET',
  path: '/api/supplies/stock',
  who: [...desk, 'admin', 'shelter', 'crew'],
  summary: "What lies where; shelter staff's and crews' own place only",
  query: z.strictObject(paging),
  reply: listOf(stockRow),
});
