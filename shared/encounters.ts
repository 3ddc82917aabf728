/** A meeting with people, with outcome; a refusal is a valid one. Nobody met is recorded too, with why. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { crsSchema, pointSchema } from './geo.ts';
import { idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

export const personOutcomes = ['brought_in', 'took_items', 'refused', 'medical', 'police', 'family', 'guided'] as const;
export type PersonOutcome = (typeof personOutcomes)[number];
/** Counted as helped in the tally; refused and not found are counted apart. */
export const helpedOutcomes = [
  'brought_in',
  'took_items',
  'medical',
  'police',
  'family',
  'guided',
] as const satisfies readonly PersonOutcome[];
export const notFoundReasons = ['gone', 'place_unclear', 'no_access'] as const;

const labels = z.array(text(40)).check(z.maxLength(20));
export const encounterPerson = z.object({
  id: idSchema,
  outcome: z.enum(personOutcomes),
  refusal: z.nullable(z.string()),
  needs: z.array(z.string()),
  groups: z.array(z.string()),
});
export const encounterRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  dispatchId: z.nullable(idSchema),
  incidentId: z.nullable(idSchema),
  patrolId: z.nullable(idSchema),
  shelterId: z.nullable(idSchema),
  position: pointSchema,
  at: instant,
  setByDesk: z.boolean(),
  notFoundReason: z.nullable(z.enum(notFoundReasons)),
  people: z.array(encounterPerson),
  handouts: z.array(z.object({ itemId: idSchema, quantity: z.number(), short: z.boolean() })),
});
export type EncounterRow = z.infer<typeof encounterRow>;

export const recordEncounter = endpoint({
  name: 'recordEncounter',
  method: 'POST',
  path: '/api/encounters',
  who: [...desk, 'crew'],
  summary: 'Records a meeting; hand-outs in it are facts and always accepted',
  status: 201,
  replay: 'id',
  body: z
    .strictObject({
      id: idSchema,
      dispatchId: z.optional(idSchema),
      incidentId: z.optional(idSchema),
      siteId: z.optional(z.nullable(idSchema)),
      position: pointSchema,
      crs: z.optional(crsSchema),
      at: z.optional(instant),
      people: z
        .array(
          z.strictObject({
            id: z.optional(idSchema),
            outcome: z.enum(personOutcomes),
            refusal: z.optional(text(500)),
            needs: z.optional(labels),
            groups: z.optional(labels),
          }),
        )
        .check(z.maxLength(99)),
      notFoundReason: z.optional(z.enum(notFoundReasons)),
      handouts: z.optional(
        z
          .array(z.strictObject({ itemId: idSchema, quantity: z.int().check(z.gte(1), z.lte(10_000)) }))
          .check(z.maxLength(50)),
      ),
      shelterId: z.optional(idSchema),
    })
    .check(
      z.superRefine((body, context) => {
        const met = body.people.length > 0;
        if (met === (body.notFoundReason !== undefined)) {
          context.addIssue({
            code: 'custom',
            path: ['notFoundReason'],
            params: { code: met ? 'unknown_field' : 'required' },
            message: met ? 'somebody was met' : 'nobody met: say why',
            input: body,
          });
        }
      }),
    ),
  reply: encounterRow,
});
export const listEncounters = endpoint({
  name: 'listEncounters',
  method: 'GET',
  path: '/api/encounters',
  who: [...desk, 'crew', 'inspector'],
  logged: true,
  summary: "Encounters, newest first; a crew's own only",
  query: z.strictObject(paging),
  reply: listOf(encounterRow),
});
