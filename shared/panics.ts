/** A crew in danger: one press, with where it is, until somebody of the desk has taken it on and ended it. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { crsSchema, pointSchema } from './geo.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

export const panicRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  patrolId: idSchema,
  /** who pressed */
  userId: z.nullable(idSchema),
  at: instant,
  /** the phone's fix, else the patrol's latest; null when nobody knows */
  position: z.nullable(pointSchema),
  accuracyM: z.nullable(z.number()),
  /** who of the desk has taken it on */
  acknowledgedAt: z.nullable(instant),
  acknowledgedBy: z.nullable(idSchema),
  endedAt: z.nullable(instant),
  endReason: z.nullable(z.string()),
});
export type PanicRow = z.infer<typeof panicRow>;

export const listPanics = endpoint({
  name: 'listPanics',
  method: 'GET',
  path: '/api/panics',
  who: [...desk, 'crew', 'inspector'],
  summary: 'Calls for help of crews in the own subtree, newest first',
  query: z.strictObject(paging),
  reply: listOf(panicRow),
});
export const raisePanic = endpoint({
  name: 'raisePanic',
  method: 'POST',
  path: '/api/panics',
  who: ['crew'],
  status: 201,
  replay: 'id',
  summary: 'Calls for help for the own patrol; without a position the latest fix counts',
  body: z.strictObject({
    id: idSchema,
    patrolId: idSchema,
    position: z.optional(pointSchema),
    crs: z.optional(crsSchema),
    accuracyM: z.optional(z.number().check(z.gte(0), z.lte(100_000))),
    at: z.optional(instant),
  }),
  reply: panicRow,
});
export const updatePanic = endpoint({
  name: 'updatePanic',
  method: 'PATCH',
  path: '/api/panics/:id',
  who: [...desk, 'crew'],
  summary: 'The desk takes it on, or ends it with a reason; the crew itself may say that it is safe',
  params: idParams,
  body: z.strictObject({ status: z.enum(['acknowledged', 'ended']), reason: z.optional(text(500)) }),
  reply: panicRow,
});
