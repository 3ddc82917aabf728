/** How a client gets and keeps its picture. */
import * as z from 'zod/mini';
import { endpoint } from './contract.ts';
import { staff } from './roles.ts';

export const readHealth = endpoint({
  name: 'readHealth',
  method: 'GET',
  path: '/api/health',
  who: 'public',
  summary: '200 only when pages and commands work',
  reply: z.object({
    status: z.literal('ok'),
    version: z.string(),
    database: z.enum(['embedded', 'postgres']),
    seq: z.number(),
  }),
});
export const readSnapshot = endpoint({
  name: 'readSnapshot',
  method: 'GET',
  path: '/api/snapshot',
  who: staff,
  summary: "The whole picture in the caller's view, and the seq it stands at",
  reply: z.looseObject({ seq: z.number() }),
});
export const readChanges = endpoint({
  name: 'readChanges',
  method: 'GET',
  path: '/api/changes',
  who: staff,
  summary: 'What came after a seq; 410 when the picture must be fetched anew',
  query: z.strictObject({ since: z.pipe(z.string().check(z.regex(/^\d{1,15}$/)), z.transform(Number)) }),
  reply: z.object({
    after: z.number(),
    upTo: z.number(),
    changes: z.array(
      z.looseObject({
        seq: z.number(),
        type: z.string(),
        at: z.string(),
        stationId: z.string(),
        payload: z.looseObject({}),
      }),
    ),
  }),
});
