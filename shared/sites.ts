/** A place over time (bridge, underpass, ATM lobby): what happened there before is shown with each new incident near it. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { personOutcomes, notFoundReasons } from './encounters.ts';
import { crsSchema, pointSchema } from './geo.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

/** A GeoJSON polygon, first ring outside; judged like an area (outlines.ts) where it is taken in. */
const outlineSchema = z.strictObject({
  type: z.literal('Polygon'),
  coordinates: z
    .array(z.array(z.tuple([z.number(), z.number()])).check(z.minLength(4), z.maxLength(500)))
    .check(z.minLength(1), z.maxLength(10)),
});
export type SiteOutline = z.infer<typeof outlineSchema>;

export const siteRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  name: z.string(),
  position: pointSchema,
  /** metres around the point that belong to the place */
  radiusM: z.number(),
  note: z.nullable(z.string()),
  active: z.boolean(),
  /** the outline of a key area; null for a place that is a point with its radius */
  outline: z.nullable(outlineSchema),
  /** how often somebody should look, in hours; null: nobody has to */
  visitEveryH: z.nullable(z.number()),
  /** when a patrol was last there */
  visitedAt: z.nullable(instant),
});
export type SiteRow = z.infer<typeof siteRow>;
const radius = z.int().check(z.gte(10), z.lte(1_000));
const visitEvery = z.number().check(z.gte(0.5), z.lte(8_760));

/** One thing that happened at a site: an incident that ended, or a meeting. Counts and codes, no words about people. */
export const pastEntry = z.object({
  at: instant,
  kind: z.enum(['incident', 'encounter']),
  id: idSchema,
  /** the incident's code; null for a meeting on the way */
  code: z.nullable(z.string()),
  people: z.number(),
  outcomes: z.partialRecord(z.enum(personOutcomes), z.number()),
  notFoundReason: z.nullable(z.enum(notFoundReasons)),
  closeReason: z.nullable(z.string()),
});
export type PastEntry = z.infer<typeof pastEntry>;
export const siteHistory = z.object({
  site: siteRow,
  distanceM: z.number(),
  /** within the rule `sites.look_back`, all of them */
  incidents: z.number(),
  encounters: z.number(),
  refusals: z.number(),
  /** the newest 20 */
  past: z.array(pastEntry),
});
export type SiteHistory = z.infer<typeof siteHistory>;

export const listSites = endpoint({
  name: 'listSites',
  method: 'GET',
  path: '/api/sites',
  who: [...desk, 'inspector'],
  logged: true,
  summary: 'Known places of the own subtree',
  query: z.strictObject({ ...paging, active: z.optional(z.enum(['true', 'false', 'all'])) }),
  reply: listOf(siteRow),
});
export const createSite = endpoint({
  name: 'createSite',
  method: 'POST',
  path: '/api/sites',
  who: desk,
  status: 201,
  replay: 'id',
  summary: 'Names a place where people are met again and again',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    name: text(200),
    position: pointSchema,
    crs: z.optional(crsSchema),
    radiusM: z.optional(radius),
    note: z.optional(text(1000)),
    outline: z.optional(outlineSchema),
    visitEveryH: z.optional(visitEvery),
  }),
  reply: siteRow,
});
export const updateSite = endpoint({
  name: 'updateSite',
  method: 'PATCH',
  path: '/api/sites/:id',
  who: desk,
  summary: 'Changes a known place, or retires it',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    name: z.optional(text(200)),
    position: z.optional(pointSchema),
    crs: z.optional(crsSchema),
    radiusM: z.optional(radius),
    note: z.optional(z.nullable(text(1000))),
    outline: z.optional(z.nullable(outlineSchema)),
    visitEveryH: z.optional(z.nullable(visitEvery)),
    active: z.optional(z.boolean()),
  }),
  reply: siteRow,
});
export const readIncidentSites = endpoint({
  name: 'readIncidentSites',
  method: 'GET',
  path: '/api/incidents/:id/sites',
  who: desk,
  summary: 'Known places near an incident, nearest first, with what happened there before',
  params: idParams,
  reply: z.object({ items: z.array(siteHistory) }),
});
