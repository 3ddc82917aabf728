/** A question of the desk or a crew to those who reported, and their answers: by the secret follow-up page only. */
import * as z from 'zod/mini';
import { endpoint } from './contract.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';
import { followRow } from './sightings.ts';

/** The first three are asked in the reader's language (`question.<kind>`); 'own' in the asker's words. */
export const questionKinds = ['still_there', 'where_exactly', 'looks', 'own'] as const;
export const questionRow = z.object({
  id: idSchema,
  version: z.number(),
  incidentId: idSchema,
  /** null: every report of the incident is asked */
  sightingId: z.nullable(idSchema),
  kind: z.enum(questionKinds),
  text: z.nullable(z.string()),
  askedAt: instant,
  askedByName: z.nullable(z.string()),
  answers: z.array(
    z.object({
      sightingId: idSchema,
      at: instant,
      text: z.nullable(z.string()),
      stillThere: z.nullable(z.boolean()),
    }),
  ),
});
export type QuestionRow = z.infer<typeof questionRow>;

export const askReporter = endpoint({
  name: 'askReporter',
  method: 'POST',
  path: '/api/incidents/:id/questions',
  who: [...desk, 'crew'],
  status: 201,
  replay: 'id',
  summary: 'Asks those who reported, on their follow-up pages; a crew asks about its own job',
  params: idParams,
  body: z
    .strictObject({
      id: idSchema,
      kind: z.enum(questionKinds),
      text: z.optional(text(300)),
      sightingId: z.optional(idSchema),
    })
    .check(
      z.refine(({ kind, text: own }) => (kind === 'own') === (own !== undefined), {
        path: ['text'],
        message: 'own words for the kind `own`, and only for it',
      }),
    ),
  reply: questionRow,
});
export const listQuestions = endpoint({
  name: 'listQuestions',
  method: 'GET',
  path: '/api/incidents/:id/questions',
  who: desk,
  summary: 'What was asked about an incident, with the answers, newest first',
  params: idParams,
  reply: z.object({ items: z.array(questionRow) }),
});
/** At least one of the two. A second answer to the same question replaces the first. */
export const answerQuestion = endpoint({
  name: 'answerQuestion',
  method: 'POST',
  path: '/api/follow/:token/answer',
  who: 'public',
  summary: "Answers the desk's question, by the secret link",
  params: z.object({ token: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)) }),
  body: z
    .strictObject({
      questionId: z.optional(idSchema),
      text: z.optional(text(1000)),
      stillThere: z.optional(z.boolean()),
    })
    .check(
      z.refine(({ text: words, stillThere }) => words !== undefined || stillThere !== undefined, {
        path: ['text'],
        message: 'say something: text, stillThere or both',
      }),
    ),
  reply: followRow,
});
