/** One situation at one place: gathers sightings, is what we dispatch to. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { encounterRow } from './encounters.ts';
import { crsSchema, pointSchema } from './geo.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { recheckStatuses } from './rechecks.ts';
import { desk } from './roles.ts';
import { skill } from './skills.ts';
import { signs, sightingRow, sources } from './sightings.ts';

export const incidentStatuses = ['open', 'assigned', 'on_scene', 'closed'] as const;
export type IncidentStatus = (typeof incidentStatuses)[number];
export const priorities = ['life_risk', 'urgent', 'normal'] as const;
export type Priority = (typeof priorities)[number];
export const lanes = ['unplaced', 'outside'] as const;
export const outcomesOfIncident = ['found', 'not_found'] as const;

export const incidentRow = z.object({
  id: idSchema,
  version: z.number(),
  code: z.string(),
  stationId: idSchema,
  areaId: z.nullable(idSchema),
  /** why it stands in the lane beside the map; null for a placed one */
  lane: z.nullable(z.enum(lanes)),
  status: z.enum(incidentStatuses),
  priority: z.enum(priorities),
  position: z.nullable(pointSchema),
  accuracyM: z.nullable(z.number()),
  placeText: z.nullable(z.string()),
  placeCode: z.nullable(z.string()),
  people: z.number(),
  signs: z.array(z.enum(signs)),
  description: z.nullable(z.string()),
  source: z.enum(sources),
  verified: z.boolean(),
  openedAt: instant,
  lastReportedAt: instant,
  seenAt: z.nullable(instant),
  firstDispatchedAt: z.nullable(instant),
  arrivedAt: z.nullable(instant),
  closedAt: z.nullable(instant),
  closeReason: z.nullable(z.string()),
  outcome: z.nullable(z.enum(outcomesOfIncident)),
  mergedInto: z.nullable(idSchema),
  sightingIds: z.array(idSchema),
  /** patrols with a running dispatch to it */
  patrolIds: z.array(idSchema),
  /** when somebody last saw them there, by the reports' own times */
  lastSeenAt: instant,
  /** what the newest report that says so says; null: nobody could tell */
  spoken: z.nullable(z.boolean()),
  wantsHelp: z.nullable(z.boolean()),
  stillThere: z.nullable(z.boolean()),
  /** people met here who did not want to come */
  refusals: z.number(),
  /** what the crew should have, by the desk's word */
  wants: z.array(skill),
  /** first acceptance by a crew; first person safe (helped, or in a bed) */
  acceptedAt: z.nullable(instant),
  safeAt: z.nullable(instant),
  /** the newest question to its reporters, and the newest answer of one */
  askedAt: z.nullable(instant),
  answeredAt: z.nullable(instant),
  /** who works on it at the desk, until when */
  claimedBy: z.nullable(idSchema),
  claimedUntil: z.nullable(instant),
  /** its alarms rest until then */
  snoozedUntil: z.nullable(instant),
  /** somebody refused here and is looked for again: the re-check that runs */
  recheck: z.nullable(z.object({ status: z.enum(recheckStatuses), dueAt: instant })),
});
export type IncidentRow = z.infer<typeof incidentRow>;

type Worked = Pick<IncidentRow, 'status' | 'outcome' | 'patrolIds' | 'recheck'>;
/** Nothing left but to close it: somebody was there, nobody is under way any more, and nobody is to look again. */
export const awaitsClosing = (row: Worked): boolean =>
  row.status !== 'closed' && row.outcome !== null && row.patrolIds.length === 0 && !row.recheck;
/** Somebody refused: it rests until it is time to look again, and then waits like any other. */
export const isResting = (row: Worked): boolean =>
  row.status !== 'closed' && row.recheck?.status === 'waiting' && row.patrolIds.length === 0;
/** Nobody is under way, and nobody need be now. */
export const needsNobody = (row: Worked): boolean => awaitsClosing(row) || isResting(row);

const priorityOrder: Record<Priority, number> = { life_risk: 0, urgent: 1, normal: 2 };
type Urgent = Pick<IncidentRow, 'id' | 'priority' | 'openedAt'>;
/** Danger first, then the longest waiting. */
export function byUrgency(a: Urgent, b: Urgent): number {
  return (
    priorityOrder[a.priority] - priorityOrder[b.priority] ||
    a.openedAt.localeCompare(b.openedAt) ||
    a.id.localeCompare(b.id)
  );
}

/** What the timeline tells; the words are in the catalogue under `timeline.<kind>`. */
export const entryKinds = [
  'reported',
  'seen',
  'noted',
  'changed',
  'dispatched',
  'accepted',
  'declined',
  'en_route',
  'on_scene',
  'transporting',
  'done',
  'recalled',
  'encounter',
  'not_found',
  'bed_held',
  'bed_released',
  'merged',
  'absorbed',
  'unmerged',
  'released',
  'closed',
  'reopened',
  'photo',
  'asked',
  'answered',
  'claimed',
  'unclaimed',
  'snoozed',
  'moved_out',
  'moved_in',
  'escalated',
  'recheck_started',
  'recheck_due',
  'recheck_ended',
] as const;
export type EntryKind = (typeof entryKinds)[number];
export const entryRow = z.object({
  id: z.number(),
  at: instant,
  kind: z.enum(entryKinds),
  actorKind: z.string(),
  actorName: z.nullable(z.string()),
  detail: z.record(z.string(), z.unknown()),
});
export type EntryRow = z.infer<typeof entryRow>;

export const incidentDetail = z.extend(incidentRow, {
  sightings: z.array(sightingRow),
  encounters: z.array(encounterRow),
  timeline: z.array(entryRow),
});
export type IncidentDetail = z.infer<typeof incidentDetail>;
/** Another report of perhaps the same people. `distanceM` is null when one of the two has no place; `likeness` of the words is 0 to 1. */
export const duplicateRow = z.extend(incidentRow, {
  distanceM: z.nullable(z.number()),
  minutesApart: z.number(),
  likeness: z.number(),
});
export type DuplicateRow = z.infer<typeof duplicateRow>;

const viewers = [...desk, 'inspector', 'crew'] as const;

export const listIncidents = endpoint({
  name: 'listIncidents',
  method: 'GET',
  path: '/api/incidents',
  who: viewers,
  logged: true,
  summary: 'Incidents of the own subtree',
  query: z.strictObject({
    ...paging,
    status: z.optional(z.enum([...incidentStatuses, 'all'])),
    sort: z.optional(z.enum(['newest', 'cold'])),
    bbox: z.optional(z.string()),
  }),
  reply: listOf(incidentRow),
});
export const readIncident = endpoint({
  name: 'readIncident',
  method: 'GET',
  path: '/api/incidents/:id',
  who: viewers,
  logged: true,
  summary: 'One incident with its sightings, encounters and timeline',
  params: idParams,
  reply: incidentDetail,
});
export const updateIncident = endpoint({
  name: 'updateIncident',
  method: 'PATCH',
  path: '/api/incidents/:id',
  who: desk,
  summary: 'Corrects place, priority or head count',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    /** null takes the place away again: it stands in the lane of unplaced ones, and belongs to the root station */
    position: z.optional(z.nullable(pointSchema)),
    /** honest radius of the new position; only with one, and unknown without */
    accuracyM: z.optional(z.number().check(z.gte(0), z.lte(100_000))),
    crs: z.optional(crsSchema),
    placeText: z.optional(text(500)),
    placeCode: z.optional(text(100)),
    priority: z.optional(z.enum(priorities)),
    people: z.optional(z.int().check(z.gte(1), z.lte(99))),
    wants: z.optional(z.array(skill).check(z.maxLength(10))),
  }),
  reply: incidentRow,
});
/** Needs no version: two desks that look at once both have seen it. */
export const markSeen = endpoint({
  name: 'markSeen',
  method: 'POST',
  path: '/api/incidents/:id/seen',
  who: desk,
  summary: 'The desk has seen it',
  params: idParams,
  body: z.strictObject({}),
  reply: incidentRow,
});
export const mergeIncident = endpoint({
  name: 'mergeIncident',
  method: 'POST',
  path: '/api/incidents/:id/merge',
  who: desk,
  summary: 'Folds this incident into another; reversible',
  params: idParams,
  body: z.strictObject({ version: z.optional(z.number()), intoId: idSchema }),
  reply: incidentRow,
});
export const unmergeIncident = endpoint({
  name: 'unmergeIncident',
  method: 'POST',
  path: '/api/incidents/:id/unmerge',
  who: desk,
  summary: 'Takes a merge back',
  params: idParams,
  body: z.strictObject({ version: z.optional(z.number()) }),
  reply: incidentRow,
});
export const closeIncident = endpoint({
  name: 'closeIncident',
  method: 'POST',
  path: '/api/incidents/:id/close',
  who: desk,
  summary: 'Closes; refused while obligations are open',
  params: idParams,
  body: z.strictObject({ version: z.optional(z.number()), reason: text(500) }),
  reply: incidentRow,
});
export const reopenIncident = endpoint({
  name: 'reopenIncident',
  method: 'POST',
  path: '/api/incidents/:id/reopen',
  who: desk,
  summary: 'Opens a closed one again',
  params: idParams,
  body: z.strictObject({ version: z.optional(z.number()) }),
  reply: incidentRow,
});
export const noteIncident = endpoint({
  name: 'noteIncident',
  method: 'POST',
  path: '/api/incidents/:id/notes',
  who: [...desk, 'crew'],
  summary: 'Adds a note to the timeline',
  status: 201,
  params: idParams,
  body: z.strictObject({ text: text(2000) }),
  reply: incidentRow,
});
export const listDuplicates = endpoint({
  name: 'listDuplicates',
  method: 'GET',
  path: '/api/incidents/:id/duplicates',
  who: desk,
  summary: 'Open incidents alike in place, time and words, likeliest first',
  params: idParams,
  reply: z.object({ items: z.array(duplicateRow) }),
});
/** 409 `claimed` (with `current`) while somebody else has it, unless `take` says to take it over. */
export const claimIncident = endpoint({
  name: 'claimIncident',
  method: 'POST',
  path: '/api/incidents/:id/claim',
  who: desk,
  summary: 'Takes the incident in hand for a while, so that two desks do not work the same one',
  params: idParams,
  body: z.strictObject({ take: z.optional(z.boolean()) }),
  reply: incidentRow,
});
export const unclaimIncident = endpoint({
  name: 'unclaimIncident',
  method: 'DELETE',
  path: '/api/incidents/:id/claim',
  who: desk,
  summary: 'Gives it out of hand; nothing happens when somebody else has it',
  params: idParams,
  reply: incidentRow,
});
export const snoozeIncident = endpoint({
  name: 'snoozeIncident',
  method: 'POST',
  path: '/api/incidents/:id/snooze',
  who: desk,
  summary: 'Lets its alarms rest, with a reason everybody can read; 0 minutes ends the rest',
  params: idParams,
  body: z.strictObject({ minutes: z.int().check(z.gte(0), z.lte(240)), reason: text(200) }),
  reply: incidentRow,
});
