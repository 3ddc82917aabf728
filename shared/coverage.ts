/** Where nobody has looked: square cells with the time a patrol last passed, weighed by who was met there and what is open. */
import * as z from 'zod/mini';
import { endpoint } from './contract.ts';
import { pointSchema } from './geo.ts';
import { idSchema, instant } from './ids.ts';
import { desk } from './roles.ts';

/** The squares of a city: cell (x, y) begins x east and y north of `origin`, in steps of `cellM` metres. */
export const coverageGrid = z.object({ origin: pointSchema, cellM: z.number() });
export type CoverageGrid = z.infer<typeof coverageGrid>;
/** [x, y, hours since a patrol last passed or -1 for never in the time that is kept, weight]; the weight is 0 where nothing calls for a look. */
export const coverageCell = z.tuple([z.number(), z.number(), z.number(), z.number()]);
export type CoverageCell = z.infer<typeof coverageCell>;

export const readCoverage = endpoint({
  name: 'readCoverage',
  method: 'GET',
  path: '/api/coverage',
  who: [...desk, 'crew'],
  summary: 'Cells inside `bbox` (west,south,east,north) that were passed or that something calls to',
  query: z.strictObject({ bbox: z.string().check(z.maxLength(200)) }),
  reply: z.object({
    grid: coverageGrid,
    cells: z.array(coverageCell),
    /** more cells than one answer holds: look closer */
    more: z.boolean(),
    /** tracks are counted in up to here */
    upTo: z.nullable(instant),
  }),
});

/** Why a place is on the list (`coverage.reason.<code>`). */
export const lookReasons = ['visit_due', 'encounters', 'sightings', 'long_ago', 'never'] as const;
export const lookHere = z.object({
  kind: z.enum(['site', 'cell']),
  /** of the known place or key area; `x:y` for a cell */
  id: z.string(),
  siteId: z.nullable(idSchema),
  name: z.nullable(z.string()),
  position: pointSchema,
  lastAt: z.nullable(instant),
  /** when the next visit was or is due; only for places with a required frequency */
  dueAt: z.nullable(instant),
  reasons: z.array(z.enum(lookReasons)),
  /** the greater the more urgent; comparable within one answer */
  score: z.number(),
  distanceM: z.nullable(z.number()),
});
export type LookHere = z.infer<typeof lookHere>;
export const listLookHere = endpoint({
  name: 'listLookHere',
  method: 'GET',
  path: '/api/coverage/next',
  who: [...desk, 'crew'],
  summary: 'Where to look next: places whose visit is due and cells long unseen, the most urgent first, at most 50',
  query: z.strictObject({
    /** `lon,lat` of who asks; near places then come first among equals */
    near: z.optional(z.string().check(z.maxLength(60))),
  }),
  reply: z.object({ items: z.array(lookHere) }),
});
