/** A meeting with people, with outcome; a refusal is a valid one. Nobody met is recorded too, with why. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { crsSchema, pointSchema } from './geo.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
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

/** Groups that the plans name; a row of before may hold another, such as `family`. Words under `encounter.group.<code>`. */
export const keyGroups = [
  'minor',
  'elderly',
  'woman_alone',
  'disabled',
  'pregnant',
  'mental_distress',
  'pet',
  'couple',
] as const;
/** What somebody may need, said or seen; words under `encounter.need.<code>`. */
export const personNeeds = ['injury', 'medicine', 'wheelchair', 'interpreter', 'ticket'] as const;
/** Languages a winter street is likely to need, by their ISO 639 code where they have one; any other is written in words. */
export const spokenLanguages = ['zh', 'dialect', 'ug', 'bo', 'mn', 'en', 'sign'] as const;
const labels = z.array(text(40)).check(z.maxLength(20));
/** What somebody agreed to; nothing is asked of whoever cannot answer. */
export const consents = ['not_asked', 'given', 'refused'] as const;
/** What an agreement covers: the own name, a photo of the face, telling the shelter, telling a hospital, being looked for again. */
export const consentScopes = ['name', 'photo', 'shelter', 'medical', 'contact_again'] as const;
/** Stages of the cold aid on scene (cold-aid.ts): an aid, never a diagnosis. */
export const coldStages = ['ht1', 'ht2', 'ht3', 'ht4'] as const;
export type ColdStage = (typeof coldStages)[number];
/** Whom somebody was handed to. */
export const handoverTo = ['ambulance', 'hospital', 'police', 'child_protection', 'family', 'other'] as const;
export const handoverRow = z.object({
  to: z.enum(handoverTo),
  /** number of the vehicle, name of the ward or officer: as they gave it */
  reference: z.nullable(z.string()),
  calledAt: z.nullable(instant),
  takenOverAt: z.nullable(instant),
});
export type Handover = z.infer<typeof handoverRow>;
export const encounterPerson = z.object({
  id: idSchema,
  outcome: z.enum(personOutcomes),
  refusal: z.nullable(z.string()),
  /** what might change their mind, for whoever looks again */
  mightChange: z.nullable(z.string()),
  needs: z.array(z.string()),
  groups: z.array(z.string()),
  /** kept only where the person agreed to it */
  name: z.nullable(z.string()),
  language: z.nullable(z.string()),
  consent: z.enum(consents),
  consentScope: z.array(z.enum(consentScopes)),
  coldStage: z.nullable(z.enum(coldStages)),
  handover: z.nullable(handoverRow),
});
export const encounterPhotoRow = z.object({
  id: idSchema,
  width: z.number(),
  height: z.number(),
  createdAt: instant,
  showsFace: z.boolean(),
});
export type EncounterPhotoRow = z.infer<typeof encounterPhotoRow>;
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
  photos: z.array(encounterPhotoRow),
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
      /** the own report of it, made on the same phone before anybody knew its incident; one that is not there makes it a meeting on the way */
      sightingId: z.optional(idSchema),
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
            mightChange: z.optional(text(500)),
            needs: z.optional(labels),
            groups: z.optional(labels),
            /** only with the agreement to it */
            name: z.optional(text(100)),
            language: z.optional(text(40)),
            consent: z.optional(z.enum(consents)),
            consentScope: z.optional(z.array(z.enum(consentScopes)).check(z.maxLength(consentScopes.length))),
            coldStage: z.optional(z.enum(coldStages)),
            handover: z.optional(
              z.strictObject({
                to: z.enum(handoverTo),
                reference: z.optional(text(100)),
                calledAt: z.optional(instant),
                takenOverAt: z.optional(instant),
              }),
            ),
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
        body.people.forEach((person, at) => {
          const agreed = person.consent === 'given' && person.consentScope?.includes('name') === true;
          if (person.name === undefined || agreed) return;
          context.addIssue({
            code: 'custom',
            path: ['people', at, 'name'],
            params: { code: 'consent_missing' },
            message: 'a name is kept only with the agreement to it',
            input: body,
          });
        });
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
/** Made on the phone: header `x-photo-id` is the id of the photo, and a resend is recognised by it. */
export const addEncounterPhoto = endpoint({
  name: 'addEncounterPhoto',
  method: 'POST',
  path: '/api/encounters/:id/photos',
  who: [...desk, 'crew'],
  status: 201,
  limit: 10_000_000,
  replay: 'self',
  summary:
    'Adds a photo of a meeting (multipart field `photo`, at most 5 of 10 MB; header x-photo-id). `x-shows-face: yes` needs somebody of the meeting who agreed to a photo; stored re-encoded without metadata',
  params: idParams,
  reply: z.extend(encounterPhotoRow, { version: z.number() }),
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
