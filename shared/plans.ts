/** Emergency plans: what changes when it is cold, what is on now and why. */
import * as z from 'zod/mini';
import { alertLevels } from './alerts.ts';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { openingWindows } from './opening.ts';
import { condition } from './plan-conditions.ts';
import { levelModes, reasonCodes } from './plan-engine.ts';
import { planLevels } from './plan-levels.ts';
import { desk } from './roles.ts';
import { precipitations } from './weather.ts';

const level = z.enum(alertLevels);
const anyLevel = z.enum(planLevels);
/** Words in one or both languages; whoever reads the other gets the one there is. */
export const bothWords = z
  .strictObject({ en: z.optional(text(2_000)), 'zh-CN': z.optional(text(2_000)) })
  .check(z.refine((words) => words.en !== undefined || words['zh-CN'] !== undefined, 'in at least one language'));
export type BothWords = z.infer<typeof bothWords>;

const levelSpec = z.strictObject({
  level,
  mode: z.enum(levelModes),
  askMin: z.int().check(z.gte(1), z.lte(1_440)),
  when: condition,
});
const hoursLong = z.number().check(z.gte(0), z.lte(336));
const steady = z.strictObject({ minimumOnH: hoursLong, confirmH: hoursLong, bridgeH: hoursLong });

/** Who sees to a step: everybody of that role at the station, the duty officer, or the service itself. */
export const stepOwners = ['duty_officer', 'dispatcher', 'manager', 'crew', 'shelter', 'partner'] as const;
/** Whom a notice goes to; `webhook` and `public` are steps of their own. */
export const noticeTo = ['dispatcher', 'manager', 'crew', 'shelter', 'partner'] as const;
const chosen = z.union([z.literal('all'), z.array(idSchema).check(z.minLength(1), z.maxLength(500))]);
/** What a step does. `task` is a line of a checklist, for people. */
const stepDeed = z.discriminatedUnion('kind', [
  /** `all`: every temporary place of the station's subtree; `opening` replaces their windows while it is on */
  z.strictObject({
    kind: z.literal('open_shelters'),
    shelters: chosen,
    surge: z.boolean(),
    opening: z.optional(openingWindows),
  }),
  /** `all`: every known place with a visit frequency or an outline; only ever more often, never less */
  z.strictObject({ kind: z.literal('visit_sites'), sites: chosen, everyH: z.number().check(z.gte(0.5), z.lte(168)) }),
  /** who is called in to the desk: everybody of these roles who is not on a shift now */
  z.strictObject({
    kind: z.literal('call_roster'),
    roles: z.array(z.enum(['dispatcher', 'manager', 'crew'])).check(z.minLength(1), z.maxLength(3)),
    minimum: z.int().check(z.gte(0), z.lte(100)),
  }),
  /** rules of the field laid over the station's own while it is on */
  z.strictObject({
    kind: z.literal('set_rules'),
    values: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({ kind: z.literal('load'), listId: idSchema }),
  z.strictObject({
    kind: z.literal('notify'),
    to: z.array(z.enum(noticeTo)).check(z.minLength(1), z.maxLength(5)),
    words: bothWords,
    /** sounds an alarm on the phones and desks it goes to */
    alarm: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('public_notice'), words: bothWords }),
  z.strictObject({ kind: z.literal('webhook'), url: text(1_000).check(z.regex(/^https:\/\/[^\s]+$/)) }),
  z.strictObject({ kind: z.literal('task') }),
]);
export const stepKinds = [
  'open_shelters',
  'visit_sites',
  'call_roster',
  'set_rules',
  'load',
  'notify',
  'public_notice',
  'webhook',
  'task',
] as const;
export const stepSpec = z.strictObject({
  /** its name within the plan: what was done for it is found by this, also after an edit */
  key: text(40).check(z.regex(/^[a-z0-9][a-z0-9_-]*$/)),
  /** from this level on */
  from: level,
  title: bothWords,
  owner: z.enum(stepOwners),
  /** minutes in which it must be done, or acknowledged; null: whenever */
  dueMin: z.nullable(z.int().check(z.gte(1), z.lte(10_080))),
  /** somebody must say that they have seen it */
  acknowledge: z.boolean(),
  deed: stepDeed,
});
export type StepSpec = z.infer<typeof stepSpec>;

const eachOnce = (names: readonly string[]): boolean => new Set(names).size === names.length;
export const planSpec = z.strictObject({
  levels: z.array(levelSpec).check(
    z.minLength(1),
    z.maxLength(4),
    z.refine((levels) => eachOnce(levels.map((each) => each.level)), 'each once'),
  ),
  steady,
  steps: z.array(stepSpec).check(
    z.maxLength(60),
    z.refine((steps) => eachOnce(steps.map(({ key }) => key)), 'each once'),
  ),
});
export type PlanSpec = z.infer<typeof planSpec>;

export const planReason = z.object({
  code: z.enum(reasonCodes),
  level: anyLevel,
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
});
export const planOrder = z.object({
  id: idSchema,
  kind: z.enum(['floor', 'ceiling']),
  level: anyLevel,
  reason: z.string(),
  at: instant,
  until: z.nullable(instant),
  userId: z.nullable(idSchema),
});
/** Where a plan stands: the live noun `plans`. */
export const planState = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  name: z.string(),
  active: z.boolean(),
  level: anyLevel,
  since: z.nullable(instant),
  /** the highest level that the rules want at the moment */
  wanted: anyLevel,
  /** the earliest time at which it can go down by what is known now */
  until: z.nullable(instant),
  why: z.array(planReason),
  proposal: z.nullable(z.object({ level: anyLevel, askedAt: instant, deadline: instant })),
  advice: anyLevel,
  order: z.nullable(planOrder),
  activationId: z.nullable(idSchema),
});
export type PlanStateRow = z.infer<typeof planState>;
/** A plan as it is edited. */
export const planRow = z.extend(planState, {
  spec: planSpec,
  /** where its rules come from */
  source: z.string(),
  changedAt: instant,
  /** when it was last looked at whether it should be on */
  lookedAt: z.nullable(instant),
});
export type PlanRow = z.infer<typeof planRow>;
export const planTemplate = z.object({
  key: z.string(),
  name: bothWords,
  about: bothWords,
  spec: planSpec,
  source: z.string(),
});
export type PlanTemplate = z.infer<typeof planTemplate>;
export const planVersion = z.object({
  version: z.number(),
  name: z.string(),
  active: z.boolean(),
  spec: planSpec,
  source: z.string(),
  changedAt: instant,
  changedBy: z.nullable(idSchema),
});
export type PlanVersion = z.infer<typeof planVersion>;
export const decisionRow = z.object({
  id: z.number(),
  planId: idSchema,
  at: instant,
  previous: anyLevel,
  level: anyLevel,
  why: z.array(planReason),
  /** what was known when it was made: hours of the weather, warnings, orders, answers */
  inputs: z.unknown(),
});
export type DecisionRow = z.infer<typeof decisionRow>;

export const stepStates = ['waiting', 'done', 'failed', 'skipped', 'undone'] as const;
/**
 * What steps count, each with its words under `plan.result.<key>`: done (shelters, beds, sites, called, rules, patrols), `missing` of what was
 * named, and when taken back `kept` as somebody had set it since, `left` houses with `people` in them, and `rechecks` that go on.
 */
export const stepCounts = [
  ...(['shelters', 'beds', 'sites', 'called', 'rules', 'patrols'] as const),
  ...(['missing', 'kept', 'left', 'people', 'rechecks'] as const),
] as const;
export type StepCounts = Partial<Record<(typeof stepCounts)[number], number>>;
export const stepRow = z.object({
  id: idSchema,
  key: z.string(),
  kind: z.enum(stepKinds),
  from: level,
  title: bothWords,
  owner: z.enum(stepOwners),
  state: z.enum(stepStates),
  acknowledge: z.boolean(),
  dueAt: z.nullable(instant),
  acknowledgedAt: z.nullable(instant),
  acknowledgedBy: z.nullable(idSchema),
  doneAt: z.nullable(instant),
  escalatedAt: z.nullable(instant),
  undoneAt: z.nullable(instant),
  attempts: z.number(),
  /** why it failed last: a code with words under `plan.fault.<code>` */
  fault: z.nullable(z.string()),
  /** counts of what it did and left, e.g. `shelters`, `beds`, `people` */
  result: z.record(z.string(), z.number()),
  /** what a notice says, for those it goes to; of `load` the name of the list */
  words: z.nullable(bothWords),
  to: z.array(z.enum(noticeTo)),
  alarm: z.boolean(),
  note: z.nullable(z.string()),
});
export type StepRow = z.infer<typeof stepRow>;
/** A plan that is on, from its first level to standing down; the live noun `activations`. */
export const activationRow = z.object({
  id: idSchema,
  version: z.number(),
  planId: idSchema,
  stationId: idSchema,
  name: z.string(),
  /** 'none' once it has stood down and only has what it set to take back */
  level: anyLevel,
  since: instant,
  levelSince: instant,
  until: z.nullable(instant),
  /** in words of its station's language, for systems; people read `why` */
  reason: z.string(),
  why: z.array(planReason),
  steps: z.array(stepRow),
  endedAt: z.nullable(instant),
  /** when nothing was left to take back or hand over */
  closedAt: z.nullable(instant),
});
export type ActivationRow = z.infer<typeof activationRow>;

const readers = [...desk, 'admin', 'inspector'] as const;
const leaders = ['manager', 'admin'] as const;
export const listPlans = endpoint({
  name: 'listPlans',
  method: 'GET',
  path: '/api/plans',
  who: [...readers],
  summary: 'Plans of the own subtree and of the stations above it, with their rules, steps and where they stand',
  query: z.strictObject(paging),
  reply: listOf(planRow),
});
export const listPlanTemplates = endpoint({
  name: 'listPlanTemplates',
  method: 'GET',
  path: '/api/plans/templates',
  who: [...readers],
  summary: 'Rule sets to begin a plan with, each with its source',
  query: z.strictObject({}),
  reply: z.object({ items: z.array(planTemplate) }),
});
export const createPlan = endpoint({
  name: 'createPlan',
  method: 'POST',
  path: '/api/plans',
  who: [...leaders],
  status: 201,
  replay: 'id',
  limit: 500_000,
  summary: 'Adds a plan to a station; it begins switched off unless `active`',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    name: text(200),
    spec: planSpec,
    source: z.optional(text(500)),
    active: z.optional(z.boolean()),
  }),
  reply: planRow,
});
export const updatePlan = endpoint({
  name: 'updatePlan',
  method: 'PATCH',
  path: '/api/plans/:id',
  who: [...leaders],
  limit: 500_000,
  summary: 'Changes a plan, or takes it out of use and back; every version is kept',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    name: z.optional(text(200)),
    spec: z.optional(planSpec),
    source: z.optional(text(500)),
    active: z.optional(z.boolean()),
  }),
  reply: planRow,
});
export const listPlanVersions = endpoint({
  name: 'listPlanVersions',
  method: 'GET',
  path: '/api/plans/:id/versions',
  who: [...readers],
  summary: 'Every version of a plan, newest first',
  params: idParams,
  query: z.strictObject(paging),
  reply: listOf(planVersion),
});
export const listDecisions = endpoint({
  name: 'listDecisions',
  method: 'GET',
  path: '/api/plans/:id/decisions',
  who: [...readers],
  summary: 'What was decided, why, and by what was known then, newest first',
  params: idParams,
  query: z.strictObject(paging),
  reply: listOf(decisionRow),
});
/** A floor: at least this level, until the time given or until it is lifted. */
export const activatePlan = endpoint({
  name: 'activatePlan',
  method: 'POST',
  path: '/api/plans/:id/activate',
  who: [...leaders],
  summary: 'Orders at least this level',
  params: idParams,
  body: z.strictObject({ level, reason: text(500), until: z.optional(instant) }),
  reply: planRow,
});
/** A ceiling: at most this level ('none' unless said), until the time given or until it is lifted. */
export const standDownPlan = endpoint({
  name: 'standDownPlan',
  method: 'POST',
  path: '/api/plans/:id/stand-down',
  who: [...leaders],
  summary: 'Orders at most this level',
  params: idParams,
  body: z.strictObject({ level: z.optional(anyLevel), reason: text(500), until: z.optional(instant) }),
  reply: planRow,
});
export const liftOrder = endpoint({
  name: 'liftOrder',
  method: 'POST',
  path: '/api/plans/:id/lift',
  who: [...leaders],
  summary: 'Withdraws the orders of a plan, so that the rules decide again',
  params: idParams,
  body: z.strictObject({ reason: text(500) }),
  reply: planRow,
});
export const answerPlan = endpoint({
  name: 'answerPlan',
  method: 'POST',
  path: '/api/plans/:id/answer',
  who: [...leaders],
  summary: 'Agrees to a level that asks first, or refuses it; 409 nothing_asked when it does not ask (any more)',
  params: idParams,
  body: z.strictObject({ level, accept: z.boolean(), reason: z.optional(text(500)) }),
  reply: planRow,
});

/** One change of level on a course of time. */
export const levelChange = z.object({ at: instant, from: anyLevel, to: anyLevel, why: z.array(planReason) });
const rehearsedReading = z.strictObject({
  at: instant,
  temperatureC: z.number().check(z.gte(-90), z.lte(60)),
  windKmh: z.optional(z.nullable(z.number().check(z.gte(0), z.lte(400)))),
  precipitation: z.optional(z.enum(precipitations)),
  precipitationMm: z.optional(z.nullable(z.number().check(z.gte(0), z.lte(500)))),
});
const rehearsedAlert = z.strictObject({
  type: z.nullable(z.string()),
  level: z.nullable(level),
  from: instant,
  until: z.nullable(instant),
});
/** Built-in courses of real weather to try a plan on. */
export const rehearsalDatasets = ['montreal-2012'] as const;
export const rehearsalReply = z.object({
  from: instant,
  to: instant,
  changes: z.array(levelChange),
  /** hours at each level */
  hoursAt: z.record(z.string(), z.number()),
  /** local nights (noon to noon) with any level on, by the highest of each */
  nightsOn: z.record(z.string(), z.number()),
  /** raised and given up again without the condition having come true in what was observed */
  falseStarts: z.number(),
  /** given up and raised again within the time a level stays on at least */
  flaps: z.number(),
  /** per day: coldest and warmest hour, coldest felt, highest level */
  days: z.array(
    z.object({
      day: z.string(),
      minimumC: z.nullable(z.number()),
      maximumC: z.nullable(z.number()),
      feltC: z.nullable(z.number()),
      level: anyLevel,
    }),
  ),
  /** what its steps would have needed on the busiest night, against what there is now */
  needs: z.object({
    bedsOpened: z.number(),
    bedsThere: z.number(),
    crewsCalled: z.number(),
    crewsThere: z.number(),
  }),
  /** where it stood at the end: given back with the next stretch, a long time is rehearsed in parts */
  memory: z.unknown(),
  hoursRead: z.number(),
});
export type Rehearsal = z.infer<typeof rehearsalReply>;
export const rehearsePlan = endpoint({
  name: 'rehearsePlan',
  method: 'POST',
  path: '/api/plans/:id/rehearse',
  who: [...readers],
  replay: 'never',
  limit: 2_000_000,
  summary: 'Plays a time of real weather and warnings through a plan and touches nothing; at most 400 days a call',
  params: idParams,
  body: z.strictObject({
    from: instant,
    to: instant,
    /** 'stored': what this service heard; a built-in course; or rows of one's own */
    weather: z.union([
      z.literal('stored'),
      z.enum(rehearsalDatasets),
      z.array(rehearsedReading).check(z.maxLength(10_000)),
    ]),
    alerts: z.optional(z.array(rehearsedAlert).check(z.maxLength(2_000))),
    /** hours ahead that are known as a perfect forecast would; 0: only what was observed by then */
    forecastH: z.optional(z.int().check(z.gte(0), z.lte(168))),
    /** another version than the one in use */
    spec: z.optional(planSpec),
    memory: z.optional(z.unknown()),
  }),
  reply: rehearsalReply,
});
export const previewPlan = endpoint({
  name: 'previewPlan',
  method: 'POST',
  path: '/api/plans/preview',
  who: [...readers],
  replay: 'never',
  limit: 500_000,
  summary: 'When these rules would switch what on and off by the forecast as it is now',
  body: z.strictObject({ stationId: z.optional(idSchema), spec: planSpec }),
  reply: z.object({
    now: anyLevel,
    why: z.array(planReason),
    changes: z.array(levelChange),
    /** how far the forecast reaches; null: there is none */
    until: z.nullable(instant),
  }),
});

export const listActivations = endpoint({
  name: 'listActivations',
  method: 'GET',
  path: '/api/activations',
  who: [...desk, 'admin', 'inspector', 'crew', 'shelter', 'partner'],
  summary: 'Plans that are on, with their steps; newest first',
  query: z.strictObject({ ...paging, status: z.optional(z.enum(['on', 'ended', 'all'])) }),
  reply: listOf(activationRow),
});
/** Whoever may see to a step is of its owner's role; the desk and administrators may for all. */
export const updateStep = endpoint({
  name: 'updateStep',
  method: 'PATCH',
  path: '/api/activations/:id/steps/:stepId',
  who: [...desk, 'admin', 'crew', 'shelter', 'partner'],
  summary: 'Acknowledges a step, says it is done or will not be, or has a failed one tried again',
  params: z.object({ id: idSchema, stepId: idSchema }),
  body: z.strictObject({
    do: z.enum(['acknowledge', 'done', 'skip', 'retry']),
    note: z.optional(text(500)),
  }),
  reply: activationRow,
});
