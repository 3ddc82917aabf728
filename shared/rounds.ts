/** Patrol rounds: ordered stops to look at, and how far a patrol has come with them. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { pointSchema } from './geo.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

const radius = z.int().check(z.gte(10), z.lte(1_000));
export const roundStop = z.object({
  id: idSchema,
  name: z.string(),
  position: pointSchema,
  /** metres around it that count as having been there */
  radiusM: z.number(),
  /** the known place or key area that it stands for */
  siteId: z.nullable(idSchema),
});
export type RoundStop = z.infer<typeof roundStop>;
export const roundRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  name: z.string(),
  note: z.nullable(z.string()),
  stops: z.array(roundStop),
  active: z.boolean(),
});
export type RoundRow = z.infer<typeof roundRow>;

export const stopStates = ['todo', 'visited', 'skipped'] as const;
/** 'geofence': the phone or the track was there. 'hand': the crew said so. */
export const visitWays = ['geofence', 'hand'] as const;
export const runStop = z.extend(roundStop, {
  state: z.enum(stopStates),
  at: z.nullable(instant),
  how: z.nullable(z.enum(visitWays)),
  /** why it was skipped */
  reason: z.nullable(z.string()),
});
export type RunStop = z.infer<typeof runStop>;
/** One patrol on one round; the stops are those of the round when it began. */
export const runRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  roundId: idSchema,
  name: z.string(),
  patrolId: idSchema,
  startedAt: instant,
  endedAt: z.nullable(instant),
  stops: z.array(runStop),
});
export type RunRow = z.infer<typeof runRow>;

const stops = z
  .array(
    z.strictObject({
      id: idSchema,
      name: text(200),
      position: pointSchema,
      radiusM: z.optional(radius),
      siteId: z.optional(z.nullable(idSchema)),
    }),
  )
  .check(z.minLength(1), z.maxLength(200));

export const listRounds = endpoint({
  name: 'listRounds',
  method: 'GET',
  path: '/api/rounds',
  who: [...desk, 'crew', 'inspector'],
  logged: true,
  summary: 'Patrol rounds of the own subtree, by name',
  query: z.strictObject({ ...paging, active: z.optional(z.enum(['true', 'false', 'all'])) }),
  reply: listOf(roundRow),
});
export const createRound = endpoint({
  name: 'createRound',
  method: 'POST',
  path: '/api/rounds',
  who: desk,
  status: 201,
  replay: 'id',
  summary: 'Draws a round: stops in their order; without a radius a stop has that of the rule `rounds.geofence`',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    name: text(200),
    note: z.optional(text(1000)),
    stops,
  }),
  reply: roundRow,
});
export const updateRound = endpoint({
  name: 'updateRound',
  method: 'PATCH',
  path: '/api/rounds/:id',
  who: desk,
  summary: 'Changes a round or retires it; what is under way keeps the stops it began with',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    name: z.optional(text(200)),
    note: z.optional(z.nullable(text(1000))),
    stops: z.optional(stops),
    active: z.optional(z.boolean()),
  }),
  reply: roundRow,
});
/** The body is a GPX 1.1 (or 1.0) file, at most 1 MB: way points, else the points of the first route, else those of the track thinned to at most 200. Stores nothing. */
export const readGpxStops = endpoint({
  name: 'readGpxStops',
  method: 'POST',
  path: '/api/rounds/gpx',
  who: desk,
  limit: 1_000_000,
  replay: 'never',
  summary: 'Reads the stops of a round from a GPX file (application/gpx+xml), to look at before they are kept',
  reply: z.object({
    name: z.nullable(z.string()),
    stops: z.array(z.object({ name: z.string(), position: pointSchema })),
    /** points left out because the file had more than a round takes */
    dropped: z.number(),
  }),
});
export const listRuns = endpoint({
  name: 'listRuns',
  method: 'GET',
  path: '/api/runs',
  who: [...desk, 'crew', 'inspector'],
  logged: true,
  summary: "Rounds under way and past, newest first; a crew's own only",
  query: z.strictObject({ ...paging, status: z.optional(z.enum(['running', 'all'])) }),
  reply: listOf(runRow),
});
/** 409 patrol_off when the outing is over, in_use when this patrol is on a round already. */
export const startRun = endpoint({
  name: 'startRun',
  method: 'POST',
  path: '/api/runs',
  who: [...desk, 'crew'],
  status: 201,
  replay: 'id',
  summary: 'A patrol begins a round',
  body: z.strictObject({ id: idSchema, roundId: idSchema, patrolId: idSchema, at: z.optional(instant) }),
  reply: runRow,
});
/** Stops may be visited in any order; the first visit counts, and a skipped stop can still be visited. A resend changes nothing. */
export const visitStop = endpoint({
  name: 'visitStop',
  method: 'POST',
  path: '/api/runs/:id/stops',
  who: [...desk, 'crew'],
  summary: 'A stop was visited, or skipped with a reason; `at` is when it happened on the phone',
  params: idParams,
  body: z
    .strictObject({
      stopId: idSchema,
      state: z.enum(['visited', 'skipped']),
      how: z.optional(z.enum(visitWays)),
      at: z.optional(instant),
      reason: z.optional(text(500)),
    })
    .check(
      z.refine(({ state, reason }) => state !== 'skipped' || reason !== undefined, {
        path: ['reason'],
        message: 'say why it was skipped',
        params: { code: 'required' },
      }),
    ),
  reply: runRow,
});
export const endRun = endpoint({
  name: 'endRun',
  method: 'PATCH',
  path: '/api/runs/:id',
  who: [...desk, 'crew'],
  summary: 'Ends a round; stops nobody was at stay open in it',
  params: idParams,
  body: z.strictObject({ status: z.literal('ended'), at: z.optional(instant) }),
  reply: runRow,
});
