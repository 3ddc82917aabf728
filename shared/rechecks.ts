/** A refusal is not an end: somebody looks again after the time that the rules give, the same crew first. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { dispatchRow } from './dispatches.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

/** 'waiting': the clock runs. 'same_crew', 'any_crew': due, and offered to. 'taken': a patrol is on the way. 'done': somebody was there again, or the desk ended it. */
export const recheckStatuses = ['waiting', 'same_crew', 'any_crew', 'taken', 'done'] as const;
export type RecheckStatus = (typeof recheckStatuses)[number];
/** How it ended. 'met': somebody was met, whatever came of it. 'gone': nobody was there any more. 'ended': by the desk, with a reason. */
export const recheckEnds = ['met', 'gone', 'ended'] as const;

export const recheckRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  incidentId: idSchema,
  /** the meeting in which somebody refused */
  encounterId: idSchema,
  /** the patrol that met them; null when it was not one of ours */
  patrolId: z.nullable(idSchema),
  /** how many refused */
  people: z.number(),
  startedAt: instant,
  dueAt: instant,
  /** from then on it is offered to any crew */
  openToAllAt: instant,
  status: z.enum(recheckStatuses),
  /** the job of whoever took it */
  dispatchId: z.nullable(idSchema),
  endedAt: z.nullable(instant),
  ended: z.nullable(z.enum(recheckEnds)),
});
export type RecheckRow = z.infer<typeof recheckRow>;

export const listRechecks = endpoint({
  name: 'listRechecks',
  method: 'GET',
  path: '/api/rechecks',
  who: [...desk, 'inspector', 'crew'],
  summary: "Running re-checks of the own subtree, the first due first; a crew's as far as they are offered to it",
  query: z.strictObject(paging),
  reply: listOf(recheckRow),
});
/** 409 recheck_ended when it is over or somebody else's; patrol_busy while the own patrol has a job. */
export const takeRecheck = endpoint({
  name: 'takeRecheck',
  method: 'POST',
  path: '/api/rechecks/:id/take',
  who: [...desk, 'crew'],
  status: 201,
  replay: 'id',
  summary: 'A patrol goes and looks again: makes the job, accepted at once when a crew takes it itself',
  params: idParams,
  body: z.strictObject({
    /** of the dispatch that is made */
    id: idSchema,
    /** the desk names the patrol; a crew is its own */
    patrolId: z.optional(idSchema),
    at: z.optional(instant),
  }),
  reply: dispatchRow,
});
export const endRecheck = endpoint({
  name: 'endRecheck',
  method: 'POST',
  path: '/api/rechecks/:id/end',
  who: desk,
  summary: 'Ends a re-check without going there, with the reason; the incident may then close',
  params: idParams,
  body: z.strictObject({ version: z.number(), reason: text(500) }),
  reply: recheckRow,
});
