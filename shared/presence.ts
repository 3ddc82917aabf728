/** Who is at which incident now. Not a fact: it is asked every few seconds and forgotten. */
import * as z from 'zod/mini';
import { endpoint } from './contract.ts';
import { idSchema, instant } from './ids.ts';
import { desk } from './roles.ts';

/** Seconds between two words of a desk; one that said nothing for three times as long is gone. */
export const presenceBeatS = 10;
export const presenceRow = z.object({
  userId: idSchema,
  name: z.string(),
  incidentId: z.nullable(idSchema),
  at: instant,
});
export type PresenceRow = z.infer<typeof presenceRow>;
export const sayPresence = endpoint({
  name: 'sayPresence',
  method: 'POST',
  path: '/api/presence',
  who: desk,
  replay: 'never',
  summary: 'Says where this desk is, and learns where the other desks of the subtree are',
  body: z.strictObject({ incidentId: z.nullable(idSchema) }),
  reply: z.object({ items: z.array(presenceRow) }),
});
