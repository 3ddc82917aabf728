/** One report that someone may need help at a place and time. Immutable; attached to an incident. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { crsSchema, pointSchema } from './geo.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

export const sources = [
  'public',
  'sanitation',
  'taxi',
  'bus',
  'security',
  'cadre',
  'courier',
  'hotline',
  'partner',
  'crew',
] as const;
export const signs = [
  'unresponsive',
  'confused',
  'injured',
  'child',
  'elderly',
  'pregnant',
  'no_shoes',
  'no_blanket',
  'wet',
] as const;
export type Sign = (typeof signs)[number];
export const followStatuses = ['received', 'seen', 'on_the_way', 'found', 'not_found', 'closed'] as const;
export type FollowStatus = (typeof followStatuses)[number];

const yesNo = z.optional(z.nullable(z.boolean()));
const unique = <T>(list: T[]): boolean => new Set(list).size === list.length;

export const sightingBody = z
  .strictObject({
    id: idSchema,
    position: z.optional(pointSchema),
    accuracyM: z.optional(z.number().check(z.gte(0), z.lte(100_000))),
    crs: z.optional(crsSchema),
    placeText: z.optional(text(500)),
    placeCode: z.optional(text(100)),
    source: z.enum(sources),
    informantCode: z.optional(z.string().check(z.trim(), z.toUpperCase(), z.minLength(1), z.maxLength(32))),
    observedAt: z.optional(instant),
    people: z.int().check(z.gte(1), z.lte(99)),
    description: z.optional(text(4000)),
    signs: z.array(z.enum(signs)).check(z.maxLength(9), z.refine(unique, 'each sign once')),
    spoken: yesNo,
    wantsHelp: yesNo,
    stillThere: yesNo,
    contact: z.optional(text(200)),
  })
  .check(
    z.superRefine((body, context) => {
      if (body.position === undefined && body.placeText === undefined && body.placeCode === undefined) {
        context.addIssue({
          code: 'custom',
          path: [],
          params: { code: 'place_missing' },
          message: 'say where: position, placeText or placeCode',
          input: body,
        });
      }
    }),
  );
export type SightingBody = z.infer<typeof sightingBody>;

/** Earliest year a phone's clock may show; ahead and behind limits of a suspect one. See hostile inputs J24. */
export const observedLimits = {
  notBefore: '2020-01-01T00:00:00.000Z',
  aheadH: 48,
  suspectAheadMin: 10,
  suspectBehindH: 72,
} as const;

/** Judges the phone's own time against the server's: refused, suspect (kept, ordered by receipt) or fine. */
export function judgeObserved(observedAt: Date, receivedAt: Date): 'refused' | 'suspect' | 'fine' {
  const aheadMin = (observedAt.getTime() - receivedAt.getTime()) / 60_000;
  if (aheadMin > observedLimits.aheadH * 60 || observedAt < new Date(observedLimits.notBefore)) return 'refused';
  return aheadMin > observedLimits.suspectAheadMin || -aheadMin > observedLimits.suspectBehindH * 60
    ? 'suspect'
    : 'fine';
}

export const photoRow = z.object({ id: idSchema, width: z.number(), height: z.number(), createdAt: instant });
export const sightingRow = z.object({
  id: idSchema,
  version: z.number(),
  code: z.string(),
  incidentId: idSchema,
  stationId: idSchema,
  position: z.nullable(pointSchema),
  accuracyM: z.nullable(z.number()),
  placeText: z.nullable(z.string()),
  placeCode: z.nullable(z.string()),
  source: z.enum(sources),
  verified: z.boolean(),
  organisation: z.nullable(z.string()),
  observedAt: instant,
  receivedAt: instant,
  clockSuspect: z.boolean(),
  people: z.number(),
  description: z.nullable(z.string()),
  signs: z.array(z.enum(signs)),
  spoken: z.nullable(z.boolean()),
  wantsHelp: z.nullable(z.boolean()),
  stillThere: z.nullable(z.boolean()),
  contact: z.nullable(z.string()),
  photos: z.array(photoRow),
});
export type SightingRow = z.infer<typeof sightingRow>;

export const receipt = z.object({
  id: idSchema,
  code: z.string(),
  followUpUrl: z.string(),
  nearby: z.boolean(),
  version: z.number(),
});
export type Receipt = z.infer<typeof receipt>;

export const reportSighting = endpoint({
  name: 'reportSighting',
  method: 'POST',
  path: '/api/sightings',
  who: 'public',
  summary: 'Reports that someone may need help',
  status: 201,
  replay: 'self',
  body: sightingBody,
  reply: receipt,
});
export const addPhoto = endpoint({
  name: 'addPhoto',
  method: 'POST',
  path: '/api/sightings/:id/photos',
  who: 'public',
  status: 201,
  limit: 10_485_760,
  replay: 'self',
  summary:
    'Adds a photo (multipart field `photo`, JPEG, PNG or WebP, at most 3 of 10 MB) with header x-follow-token or a staff session; header x-photo-id gives it the id made on the phone; stored re-encoded without metadata',
  params: idParams,
  reply: z.extend(photoRow, { version: z.number() }),
});
export const listSightings = endpoint({
  name: 'listSightings',
  method: 'GET',
  path: '/api/sightings',
  who: [...desk, 'inspector'],
  logged: true,
  summary: 'Sightings of the own subtree, newest first',
  query: z.strictObject(paging),
  reply: listOf(sightingRow),
});
export const readPhoto = endpoint({
  name: 'readPhoto',
  method: 'GET',
  path: '/api/photos/:id',
  who: [...desk, 'inspector', 'crew'],
  logged: true,
  summary: 'A photo as JPEG',
  params: idParams,
  reply: z.unknown(),
});
export const followRow = z.object({
  code: z.string(),
  status: z.enum(followStatuses),
  updates: z.array(z.object({ status: z.enum(followStatuses), at: instant })),
  /** what the desk would like to know, in the reader's language; null when nothing is open */
  question: z.nullable(z.string()),
  questionId: z.nullable(idSchema),
});
export type FollowRow = z.infer<typeof followRow>;
export const readFollow = endpoint({
  name: 'readFollow',
  method: 'GET',
  path: '/api/follow/:token',
  who: 'public',
  summary: "The own report's progress, by its secret link",
  params: z.object({ token: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)) }),
  reply: followRow,
});
/** Takes one report out of its incident into one of its own, when it turns out to be about somebody else; merging undoes it. 409 `only_sighting`. */
export const moveSightingOut = endpoint({
  name: 'moveSightingOut',
  method: 'POST',
  path: '/api/sightings/:id/move-out',
  who: desk,
  summary: 'Gives one report an incident of its own',
  params: idParams,
  body: z.strictObject({ incidentId: idSchema }),
  reply: sightingRow,
});
