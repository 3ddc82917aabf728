/** Something a person must look at, raised by a command (stock gone short, no bed for somebody on the way). */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, instant } from './ids.ts';
import { desk } from './roles.ts';

export const taskKinds = [
  'stock_short',
  'stock_low',
  'stock_expiry',
  'stock_left',
  'no_bed',
  'not_accepted',
  'roll_call',
  'stay_due',
  'alert_unknown',
  'feed_stale',
  'plan_asks',
  'plan_held_down',
  'plan_step_late',
  'plan_left',
  'duty_gap',
  'desk_uncovered',
  'check_missed',
] as const;
export const taskRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  kind: z.enum(taskKinds),
  /** ids and counts only */
  subject: z.record(z.string(), z.union([z.string(), z.number()])),
  createdAt: instant,
  doneAt: z.nullable(instant),
});
export type TaskRow = z.infer<typeof taskRow>;
export const listTasks = endpoint({
  name: 'listTasks',
  method: 'GET',
  path: '/api/tasks',
  who: desk,
  summary: 'Open tasks of the own subtree',
  query: z.strictObject(paging),
  reply: listOf(taskRow),
});
export const updateTask = endpoint({
  name: 'updateTask',
  method: 'PATCH',
  path: '/api/tasks/:id',
  who: desk,
  summary: 'Marks a task done',
  params: idParams,
  body: z.strictObject({ version: z.number(), done: z.literal(true) }),
  reply: taskRow,
});
