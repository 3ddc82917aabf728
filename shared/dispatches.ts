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

/** What happens while nobody accepts, in the order of growing alarm; when each is due is the rule `dispatch.ladder`. */
export const rungs = ['crew_alarm', 'desk_alarm', 'next_patrol', 'duty_officer'] as const;
export type Rung = (typeof rungs)[number];

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
  /** until when the crew should have accepted; then the ladder is climbed */
  acceptBy: instant,
  /** the highest rung of the ladder reached, and when the crew was last alarmed */
  rung: z.nullable(z.enum(rungs)),
  alarmedAt: z.nullable(instant),
  /** who could go instead, by the rung 'next_patrol' */
  suggestedPatrolId: z.nullable(idSchema),
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
/** Recalls and sends in one step: another patrol to the same incident, or the same patrol to another incident. */
export const reassignDispatch = endpoint({
  name: 'reassignDispatch',
  method: 'POST',
  path: '/api/dispatches/:id/reassign',
  who: desk,
  status: 201,
  replay: 'id',
  summary: 'Gives the job to another patrol, or the patrol another job; the old dispatch is recalled in the same step',
  params: idParams,
  body: z
    .strictObject({
      /** of the new dispatch */
      id: idSchema,
      patrolId: z.optional(idSchema),
      incidentId: z.optional(idSchema),
      reason: z.optional(text(500)),
    })
    .check(
      z.refine(({ patrolId, incidentId }) => (patrolId === undefined) !== (incidentId === undefined), {
        path: ['patrolId'],
        message: 'another patrol or another incident, one of the two',
      }),
    ),
  reply: dispatchRow,
});

/**
 * A patrol that could go. `etaS` is from now to arrival, with the time until it is free; null when nobody knows where it is.
 * `reasons` speak for and against it (`suggestion.reason.<code>`), `excluded` says why it cannot go.
 */
export const suggestionRow = z.object({
  patrolId: idSchema,
  etaS: z.nullable(z.number()),
  distanceM: z.nullable(z.number()),
  reasons: z.array(z.string()),
  excluded: z.nullable(z.string()),
  /** age of its last fix in seconds */
  fixAgeS: z.nullable(z.number()),
  /** seconds until it is free; 0 when it is */
  freeInS: z.number(),
});
export type SuggestionRow = z.infer<typeof suggestionRow>;
/** Which router gave the times; `note` says why it was not the better one: it was slow, wrong or not there, or the question too big for it. */
export const routerNote = z.object({
  used: z.enum(['osrm', 'estimate']),
  note: z.nullable(z.enum(['slow', 'wrong', 'dead', 'big'])),
});
export type RouterNote = z.infer<typeof routerNote>;
export const listSuggestions = endpoint({
  name: 'listSuggestions',
  method: 'GET',
  path: '/api/incidents/:id/suggestions',
  who: desk,
  summary: 'Patrols free or soon free, the best first, with travel time, fit, and why others are excluded',
  params: idParams,
  reply: z.object({ items: z.array(suggestionRow), router: routerNote }),
});

export const assignmentRow = z.object({
  incidentId: idSchema,
  patrolId: idSchema,
  etaS: z.number(),
  reasons: z.array(z.string()),
  /** expected harm of this pair, see harm.ts */
  harm: z.number(),
  /** minutes until danger at the incident when the plan was made */
  clockMin: z.number(),
});
export type AssignmentRow = z.infer<typeof assignmentRow>;
export const planReply = z.object({
  assignments: z.array(assignmentRow),
  /** incidents that nobody is left for, with why (`plan.unassigned.<code>`) */
  unassigned: z.array(z.object({ incidentId: idSchema, reason: z.string() })),
  /** expected harm of the plan, and of sending the nearest patrol to each incident in the order of danger */
  totals: z.object({ plan: z.number(), nearestFirst: z.number() }),
  /** pairs that nearest-first would have made otherwise, with both harms, greatest saving first */
  differences: z.array(
    z.object({
      incidentId: idSchema,
      patrolId: z.nullable(idSchema),
      nearestPatrolId: z.nullable(idSchema),
      saved: z.number(),
    }),
  ),
  /** beds free in open shelters when the last one arrives, and people who may need one */
  beds: z.object({ free: z.number(), people: z.number() }),
  router: routerNote,
  madeAt: instant,
});
export type PlanReply = z.infer<typeof planReply>;
/** The way of a running dispatch, to draw. */
export const wayReply = z.object({
  line: z.array(z.tuple([z.number(), z.number()])),
  etaS: z.number(),
  distanceM: z.number(),
  router: routerNote,
});
export const readWay = endpoint({
  name: 'readWay',
  method: 'GET',
  path: '/api/dispatches/:id/route',
  who: [...desk, 'crew'],
  summary:
    "The way from the patrol to the incident of a running job; a crew's own only; straight where it is estimated",
  params: idParams,
  reply: wayReply,
});
export const planDispatches = endpoint({
  name: 'planDispatches',
  method: 'POST',
  path: '/api/dispatch-plan',
  who: desk,
  replay: 'never',
  summary: 'One open incident per free patrol with the least expected harm; sends nothing',
  body: z.strictObject({
    incidentIds: z.optional(z.array(idSchema).check(z.maxLength(2000))),
    patrolIds: z.optional(z.array(idSchema).check(z.maxLength(2000))),
  }),
  reply: planReply,
});
