/** People in beds: coming, staying, what is due while they do, and going. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';
import { bedKinds, placeUnits } from './shelters.ts';

/** What falls due in the course of a stay; after how long, and for whom, is the rule `stays.deadlines`. */
export const dueKinds = ['max_stay', 'notice', 'dna', 'settlement'] as const;
export type DueKind = (typeof dueKinds)[number];
/** The note of what ended by itself, with words under `due.ended.<code>`: they left, or somebody unidentified has a name. */
export const dueEndings = ['left', 'identified'] as const;
/** From `warnAt` on it is a task; it ends with the stay, when it is settled, or when somebody who was unidentified has a name. */
const due = z.object({
  kind: z.enum(dueKinds),
  warnAt: instant,
  dueAt: instant,
  doneAt: z.nullable(instant),
  note: z.nullable(z.string()),
});
export type StayDue = z.infer<typeof due>;

export const stayRow = z.object({
  id: idSchema,
  version: z.number(),
  shelterId: idSchema,
  stationId: idSchema,
  holdId: z.nullable(idSchema),
  unit: z.enum(placeUnits),
  kind: z.enum(bedKinds),
  people: z.number(),
  /** who of a meeting they are; a person of one meeting is in one open stay at most */
  personIds: z.array(idSchema),
  /** the bed's own name, such as 12A */
  bed: z.nullable(z.string()),
  belongings: z.nullable(z.string()),
  /** cannot say who they are */
  unidentified: z.boolean(),
  arrivedAt: instant,
  leftAt: z.nullable(instant),
  goingTo: z.nullable(z.string()),
  note: z.nullable(z.string()),
  dues: z.array(due),
});
export type StayRow = z.infer<typeof stayRow>;

const keepers = [...desk, 'shelter'] as const;
const people = z.int().check(z.gte(1), z.lte(99));

export const listStays = endpoint({
  name: 'listStays',
  method: 'GET',
  path: '/api/stays',
  who: keepers,
  summary: 'People in beds now (or all), newest first',
  query: z.strictObject({ ...paging, shelterId: z.optional(idSchema), status: z.optional(z.enum(['in', 'all'])) }),
  reply: listOf(stayRow),
});
export const checkIn = endpoint({
  name: 'checkIn',
  method: 'POST',
  path: '/api/stays',
  who: keepers,
  summary:
    'Checks in, nameless if need be; with a hold its beds are used, without one a free bed is needed. 409 already_in for a person of a meeting who has a bed',
  status: 201,
  replay: 'id',
  body: z.strictObject({
    id: idSchema,
    shelterId: idSchema,
    holdId: z.optional(idSchema),
    people: z.optional(people),
    unit: z.optional(z.enum(placeUnits)),
    kind: z.optional(z.enum(bedKinds)),
    /** who of the meeting they are; with a hold and none named, those its job brought in, as many as there are */
    personIds: z.optional(z.array(idSchema).check(z.maxLength(99))),
    bed: z.optional(text(40)),
    belongings: z.optional(text(500)),
    unidentified: z.optional(z.boolean()),
    note: z.optional(text(1000)),
  }),
  reply: stayRow,
});
export const updateStay = endpoint({
  name: 'updateStay',
  method: 'PATCH',
  path: '/api/stays/:id',
  who: keepers,
  summary:
    'Checks out (`left: true`), takes a check-out back (`left: false`: 409 no_bed, already_in, shelter_closed), or changes what is written of a stay',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    left: z.optional(z.boolean()),
    goingTo: z.optional(text(300)),
    bed: z.optional(z.nullable(text(40))),
    belongings: z.optional(z.nullable(text(500))),
    unidentified: z.optional(z.boolean()),
    note: z.optional(text(1000)),
  }),
  reply: stayRow,
});
export const settleDue = endpoint({
  name: 'settleDue',
  method: 'POST',
  path: '/api/stays/:id/dues',
  who: keepers,
  summary: 'Says that what was due has been done, and how; 409 due_settled',
  params: idParams,
  body: z.strictObject({ kind: z.enum(dueKinds), note: text(500) }),
  reply: stayRow,
});
export const extendStay = endpoint({
  name: 'extendStay',
  method: 'POST',
  path: '/api/stays/:id/extensions',
  who: keepers,
  summary: 'A longer stay than the rule allows, filed with the superior: moves the end by so many days',
  status: 201,
  replay: 'id',
  params: idParams,
  body: z.strictObject({
    id: idSchema,
    days: z.int().check(z.gte(1), z.lte(365)),
    reason: text(500),
    filedWith: text(200),
  }),
  reply: stayRow,
});
