/** Who answers the desk, round the clock: shifts, hand-over, spot checks. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { entryRow, incidentRow } from './incidents.ts';
import { desk } from './roles.ts';

export const dutyPerson = z.object({
  userId: idSchema,
  name: z.string(),
  /** the one who decides on this shift */
  officer: z.boolean(),
  /** called in by a plan or by hand, and what they said */
  calledAt: z.nullable(instant),
  coming: z.nullable(z.boolean()),
  signedInAt: z.nullable(instant),
  signedOutAt: z.nullable(instant),
});
export type DutyPerson = z.infer<typeof dutyPerson>;
/** Counts and ids of what was open when the shift was handed over; no words about people. */
export const openItems = z.object({
  incidents: z.array(z.object({ id: idSchema, code: z.string(), priority: z.string(), status: z.string() })),
  dispatches: z.number(),
  rechecks: z.number(),
  holds: z.number(),
  tasks: z.number(),
  alerts: z.number(),
  plans: z.array(z.object({ id: idSchema, name: z.string(), level: z.string(), openSteps: z.number() })),
});
export type OpenItems = z.infer<typeof openItems>;
export const handOver = z.object({
  note: z.string(),
  open: openItems,
  givenBy: idSchema,
  givenAt: instant,
  takenBy: z.nullable(idSchema),
  takenAt: z.nullable(instant),
});
/** A shift at the desk of a station; the live noun `shifts` while it runs. */
export const shiftRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  startsAt: instant,
  endsAt: instant,
  minimum: z.number(),
  people: z.array(dutyPerson),
  handOver: z.nullable(handOver),
  /** since when fewer than `minimum` are signed in; null while the desk is covered */
  uncoveredSince: z.nullable(instant),
  startedAt: z.nullable(instant),
  endedAt: z.nullable(instant),
});
export type ShiftRow = z.infer<typeof shiftRow>;

export const spotCheckTargets = ['desk', 'patrol'] as const;
/** A prompt that must be answered in time; the live noun `checks` while it is open. */
export const spotCheckRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  target: z.enum(spotCheckTargets),
  shiftId: z.nullable(idSchema),
  patrolId: z.nullable(idSchema),
  /** by the clock, or by the person named */
  askedBy: z.nullable(idSchema),
  askedAt: instant,
  dueAt: instant,
  answeredAt: z.nullable(instant),
  answeredBy: z.nullable(idSchema),
  missedAt: z.nullable(instant),
});
export type SpotCheckRow = z.infer<typeof spotCheckRow>;

const readers = [...desk, 'admin', 'inspector'] as const;
const people = z.array(z.strictObject({ userId: idSchema, officer: z.optional(z.boolean()) })).check(
  z.maxLength(50),
  z.refine((list) => new Set(list.map(({ userId }) => userId)).size === list.length, 'each once'),
);
const range = { from: z.optional(instant), to: z.optional(instant) };

export const listShifts = endpoint({
  name: 'listShifts',
  method: 'GET',
  path: '/api/duty/shifts',
  who: [...readers],
  summary: 'Shifts of the own subtree that touch a time (today and the next seven days unless said), oldest first',
  query: z.strictObject({ ...paging, ...range }),
  reply: listOf(shiftRow),
});
export const createShift = endpoint({
  name: 'createShift',
  method: 'POST',
  path: '/api/duty/shifts',
  who: ['manager', 'admin'],
  status: 201,
  replay: 'id',
  summary: 'Puts a shift on the roster; it may cross midnight and lasts 24 hours at most',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    startsAt: instant,
    endsAt: instant,
    minimum: z.optional(z.int().check(z.gte(0), z.lte(50))),
    people: z.optional(people),
  }),
  reply: shiftRow,
});
export const updateShift = endpoint({
  name: 'updateShift',
  method: 'PATCH',
  path: '/api/duty/shifts/:id',
  who: ['manager', 'admin'],
  summary: 'Changes a shift that has not ended: its times, people, how many there must be',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    startsAt: z.optional(instant),
    endsAt: z.optional(instant),
    minimum: z.optional(z.int().check(z.gte(0), z.lte(50))),
    people: z.optional(people),
  }),
  reply: shiftRow,
});
export const removeShift = endpoint({
  name: 'removeShift',
  method: 'DELETE',
  path: '/api/duty/shifts/:id',
  who: ['manager', 'admin'],
  summary: 'Takes a shift that has not begun off the roster',
  params: idParams,
  reply: z.object({}),
});
export const copyRoster = endpoint({
  name: 'copyRoster',
  method: 'POST',
  path: '/api/duty/roster',
  who: ['manager', 'admin'],
  summary:
    'Repeats the shifts of some days from another day on, at the same times of the wall clock; nothing is put where a shift is already',
  body: z.strictObject({
    stationId: z.optional(idSchema),
    /** local days, `to` with it */
    from: text(10).check(z.regex(/^\d{4}-\d\d-\d\d$/)),
    to: text(10).check(z.regex(/^\d{4}-\d\d-\d\d$/)),
    onto: text(10).check(z.regex(/^\d{4}-\d\d-\d\d$/)),
    times: z.optional(z.int().check(z.gte(1), z.lte(12))),
  }),
  reply: z.object({ created: z.number(), left: z.number() }),
});
export const dutyGap = z.object({ from: instant, to: instant, have: z.number(), minimum: z.number() });
export type DutyGap = z.infer<typeof dutyGap>;
export const listGaps = endpoint({
  name: 'listGaps',
  method: 'GET',
  path: '/api/duty/gaps',
  who: [...readers],
  summary: 'Times of the coming days at which the roster has fewer people than it must',
  query: z.strictObject({ ...range, stationId: z.optional(idSchema) }),
  reply: z.object({ items: z.array(dutyGap) }),
});
export const signIn = endpoint({
  name: 'signInToShift',
  method: 'POST',
  path: '/api/duty/shifts/:id/sign-in',
  who: desk,
  summary: 'Takes up duty; whoever is not on the roster is added to it',
  params: idParams,
  body: z.strictObject({ officer: z.optional(z.boolean()) }),
  reply: shiftRow,
});
export const signOut = endpoint({
  name: 'signOutOfShift',
  method: 'POST',
  path: '/api/duty/shifts/:id/sign-out',
  who: desk,
  summary: 'Ends duty; the last one to leave without hand-over says why',
  params: idParams,
  body: z.strictObject({ reason: z.optional(text(500)) }),
  reply: shiftRow,
});
export const readHandOver = endpoint({
  name: 'readHandOver',
  method: 'GET',
  path: '/api/duty/shifts/:id/hand-over',
  who: [...readers],
  summary: 'What is open now, for the note of a shift, or what was handed over',
  params: idParams,
  query: z.strictObject({}),
  reply: z.object({ open: openItems, handOver: z.nullable(handOver) }),
});
/** Given by somebody signed in; taken by another person, signed in to this shift or to the next. */
export const handOverShift = endpoint({
  name: 'handOverShift',
  method: 'POST',
  path: '/api/duty/shifts/:id/hand-over',
  who: desk,
  summary: 'Signs the hand-over note: first who gives, then who takes',
  params: idParams,
  body: z.strictObject({ sign: z.enum(['give', 'take']), note: z.optional(text(4_000)) }),
  reply: shiftRow,
});
export const answerCall = endpoint({
  name: 'answerCall',
  method: 'POST',
  path: '/api/duty/shifts/:id/called',
  who: [...desk, 'crew'],
  summary: 'Whoever was called in says whether they are coming',
  params: idParams,
  body: z.strictObject({ coming: z.boolean() }),
  reply: shiftRow,
});

export const listSpotChecks = endpoint({
  name: 'listSpotChecks',
  method: 'GET',
  path: '/api/duty/spot-checks',
  who: [...readers],
  summary: 'Spot checks that were made, newest first; never those to come',
  query: z.strictObject({ ...paging, ...range }),
  reply: listOf(spotCheckRow),
});
export const createSpotCheck = endpoint({
  name: 'createSpotCheck',
  method: 'POST',
  path: '/api/duty/spot-checks',
  who: ['manager', 'admin', 'inspector'],
  status: 201,
  replay: 'id',
  summary: 'Asks a desk or a patrol now; it must answer within the limit',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    target: z.enum(spotCheckTargets),
    patrolId: z.optional(idSchema),
  }),
  reply: spotCheckRow,
});
export const answerSpotCheck = endpoint({
  name: 'answerSpotCheck',
  method: 'POST',
  path: '/api/duty/spot-checks/:id/answer',
  who: [...desk, 'crew'],
  summary: 'Answers a spot check of the own desk or outing; too late it stays missed, and the time is kept',
  params: idParams,
  body: z.strictObject({}),
  reply: spotCheckRow,
});
export const spotCheckTotals = z.object({
  asked: z.number(),
  passed: z.number(),
  missed: z.number(),
  /** seconds; null when nobody answered */
  medianS: z.nullable(z.number()),
});
export const readSpotChecks = endpoint({
  name: 'readSpotChecks',
  method: 'GET',
  path: '/api/duty/spot-checks/report',
  who: [...readers],
  summary: 'How many spot checks were passed: in all, by station, target and day',
  query: z.strictObject(range),
  reply: z.object({
    total: spotCheckTotals,
    byStation: z.array(z.extend(spotCheckTotals, { stationId: idSchema, target: z.enum(spotCheckTargets) })),
    byDay: z.array(z.extend(spotCheckTotals, { day: z.string() })),
  }),
});

/** The same seed draws the same incidents, so that a sample can be looked at again. */
export const sampleIncidents = endpoint({
  name: 'sampleIncidents',
  method: 'GET',
  path: '/api/duty/sample',
  who: ['inspector', 'manager'],
  logged: true,
  summary: 'A random sample of incidents with their full timeline; every look is logged',
  query: z.strictObject({
    ...range,
    count: z.optional(z.string().check(z.regex(/^([1-9]|[1-4]\d|50)$/))),
    seed: z.optional(text(60)),
  }),
  reply: z.object({
    seed: z.string(),
    /** from how many they were drawn */
    among: z.number(),
    items: z.array(z.object({ incident: incidentRow, timeline: z.array(entryRow) })),
  }),
});
