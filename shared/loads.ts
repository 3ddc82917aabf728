/** What a patrol should have with it: lists made once, loads that fill up what is missing, and what comes back. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, text } from './ids.ts';
import { desk } from './roles.ts';

const quantity = z.int().check(z.gte(1), z.lte(10_000));
const line = z.strictObject({ itemId: idSchema, quantity });
const lines = z.array(line).check(
  z.minLength(1),
  z.maxLength(100),
  z.refine((all) => new Set(all.map(({ itemId }) => itemId)).size === all.length, 'each item once'),
);
export const loadListRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  name: z.string(),
  active: z.boolean(),
  lines: z.array(line),
});
export type LoadListRow = z.infer<typeof loadListRow>;

/** One item of a list: what the patrol should have, has, still lacks, and what lies in the depot. */
export const loadLine = z.object({
  itemId: idSchema,
  wanted: z.number(),
  has: z.number(),
  missing: z.number(),
  inDepot: z.number(),
});
export type LoadLine = z.infer<typeof loadLine>;
/** What went over, and what the depot could not give. */
export const loadRow = z.object({
  id: idSchema,
  version: z.number(),
  patrolId: idSchema,
  depotId: idSchema,
  moved: z.array(z.object({ itemId: idSchema, quantity: z.number() })),
  missing: z.array(z.object({ itemId: idSchema, quantity: z.number() })),
});
export type LoadRow = z.infer<typeof loadRow>;

export const listLoadLists = endpoint({
  name: 'listLoadLists',
  method: 'GET',
  path: '/api/supplies/load-lists',
  who: [...desk, 'admin', 'crew'],
  summary: 'Load lists of the own subtree and of the stations above, by name',
  query: z.strictObject(paging),
  reply: listOf(loadListRow),
});
export const createLoadList = endpoint({
  name: 'createLoadList',
  method: 'POST',
  path: '/api/supplies/load-lists',
  who: ['manager', 'admin'],
  summary: 'Adds a load list',
  status: 201,
  replay: 'id',
  body: z.strictObject({ id: idSchema, stationId: z.optional(idSchema), name: text(100), lines }),
  reply: loadListRow,
});
export const updateLoadList = endpoint({
  name: 'updateLoadList',
  method: 'PATCH',
  path: '/api/supplies/load-lists/:id',
  who: ['manager', 'admin'],
  summary: 'Changes a load list, or takes it out of use',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    name: z.optional(text(100)),
    lines: z.optional(lines),
    active: z.optional(z.boolean()),
  }),
  reply: loadListRow,
});
const patrolSide = [...desk, 'admin', 'crew'] as const;
export const readLoad = endpoint({
  name: 'readLoad',
  method: 'GET',
  path: '/api/patrols/:id/load',
  who: patrolSide,
  summary: "What a patrol has of a list and what it lacks; of the station's first depot unless one is named",
  params: idParams,
  query: z.strictObject({ listId: idSchema, depotId: z.optional(idSchema) }),
  reply: z.object({ depotId: z.nullable(idSchema), items: z.array(loadLine) }),
});
export const loadPatrol = endpoint({
  name: 'loadPatrol',
  method: 'POST',
  path: '/api/supplies/loads',
  who: patrolSide,
  summary: 'Fills a patrol up from a depot by a list or by lines, as far as the depot has it; all in one',
  status: 201,
  replay: 'id',
  body: z
    .strictObject({
      id: idSchema,
      patrolId: idSchema,
      depotId: idSchema,
      listId: z.optional(idSchema),
      /** so many of each go over, whatever the patrol has */
      lines: z.optional(lines),
    })
    .check(
      z.superRefine((body, context) => {
        if ((body.listId === undefined) === (body.lines === undefined)) {
          context.addIssue({
            code: 'custom',
            path: [body.lines === undefined ? 'listId' : 'lines'],
            params: { code: body.lines === undefined ? 'required' : 'unknown_field' },
            message: 'a list or lines, one of the two',
            input: body,
          });
        }
      }),
    ),
  reply: loadRow,
});
/** Also after the outing has ended: what is not brought back stays booked on it, and is a task. */
export const unloadPatrol = endpoint({
  name: 'unloadPatrol',
  method: 'POST',
  path: '/api/supplies/unloads',
  who: patrolSide,
  summary: 'Brings all that a patrol has back into a depot',
  status: 201,
  replay: 'id',
  body: z.strictObject({ id: idSchema, patrolId: idSchema, depotId: idSchema }),
  reply: loadRow,
});
