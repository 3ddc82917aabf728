/** A patrol sent to an incident, step by step. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

export const dispatchStatuses = [
  'dispatched',
  'accepted',
  'en_route',
  'on_scene',
  'transporting',
  'done',
  'declined',
  'recalled',
] as const;
export type DispatchStatus = (typeof dispatchStatuses)[number];
export const endedStatuses = ['done', 'declined', 'recalled'] as const satisfies readonly DispatchStatus[];
export const isEnded = (status: DispatchStatus): boolean =>
  (endedStatuses as readonly DispatchStatus[]).includes(status);

const order: Record<DispatchStatus, number> = {
  dispatched: 0,
  accepted: 1,
  en_route: 2,
  on_scene: 3,
  transporting: 4,
  done: 5,
  declined: 5,
  recalled: 5,
};

/**
 * What a wished step comes to. 'same' for a resend, 'step' when allowed, else the reason it is refused.
 * Crews go forward only and may skip; declining is for a job not yet begun; recalling is the desk's. The desk may set any running status.
 */
export function judgeStep(
  from: DispatchStatus,
  to: DispatchStatus,
  byDesk: boolean,
): 'same' | 'step' | 'dispatch_ended' | 'step_back' | 'forbidden' {
  if (from === to) return 'same';
  if (isEnded(from)) return 'dispatch_ended';
  if (to === 'recalled') return byDesk ? 'step' : 'forbidden';
  if (byDesk) return 'step';
  if (to === 'declined') return from === 'dispatched' ? 'step' : 'step_back';
  return order[to] > order[from] ? 'step' : 'step_back';
}

/** The next big button of a crew; null when the job is over. */
export function nextStep(status: DispatchStatus): DispatchStatus | null {
  switch (status) {
    case 'dispatched':
      return 'accepted';
    case 'accepted':
      return 'en_route';
    case 'en_route':
      return 'on_scene';
    case 'on_scene':
      return 'done';
    case 'transporting':
      return 'done';
    case 'done':
    case 'declined':
    case 'recalled':
      return null;
  }
}

export const dispatchRow = z.object({
  id: idSchema,
  version: z.number(),
  incidentId: idSchema,
  patrolId: idSchema,
  stationId: idSchema,
  status: z.enum(dispatchStatuses),
  dispatchedAt: instant,
  acceptedAt: z.nullable(instant),
  enRouteAt: z.nullable(instant),
  onSceneAt: z.nullable(instant),
  transportingAt: z.nullable(instant),
  endedAt: z.nullable(instant),
  reason: z.nullable(z.string()),
  setByDesk: z.boolean(),
});
export type DispatchRow = z.infer<typeof dispatchRow>;

export const listDispatches = endpoint({
  name: 'listDispatches',
  method: 'GET',
  path: '/api/dispatches',
  who: [...desk, 'crew', 'inspector'],
  summary: "Dispatches, newest first; a crew's own only",
  query: z.strictObject({
    ...paging,
    incidentId: z.optional(idSchema),
    patrolId: z.optional(idSchema),
    status: z.optional(z.enum([...dispatchStatuses, 'active', 'all'])),
  }),
  reply: listOf(dispatchRow),
});
export const sendPatrol = endpoint({
  name: 'sendPatrol',
  method: 'POST',
  path: '/api/dispatches',
  who: desk,
  summary: 'Sends a patrol to an incident',
  status: 201,
  replay: 'id',
  body: z.strictObject({ id: idSchema, incidentId: idSchema, patrolId: idSchema }),
  reply: dispatchRow,
});
export const stepDispatch = endpoint({
  name: 'stepDispatch',
  method: 'PATCH',
  path: '/api/dispatches/:id',
  who: [...desk, 'crew'],
  summary: 'The next step of a job; `at` is when it happened on the phone',
  params: idParams,
  body: z.strictObject({
    status: z.enum(dispatchStatuses),
    at: z.optional(instant),
    reason: z.optional(text(500)),
    version: z.optional(z.number()),
  }),
  reply: dispatchRow,
});
export const suggestionRow = z.object({
  patrolId: idSchema,
  etaS: z.nullable(z.number()),
  distanceM: z.nullable(z.number()),
  reasons: z.array(z.string()),
  excluded: z.nullable(z.string()),
});
export type SuggestionRow = z.infer<typeof suggestionRow>;
export const listSuggestions = endpoint({
  name: 'listSuggestions',
  method: 'GET',
  path: '/api/incidents/:id/suggestions',
  who: desk,
  summary: 'Free patrols, nearest first, with a straight-line ETA',
  params: idParams,
  reply: z.object({ items: z.array(suggestionRow) }),
});
