/** Registered reporters: an organisation's people with a short link or QR that fills in source and place. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { pointSchema } from './geo.ts';
import { idParams, idSchema, text } from './ids.ts';
import { sources } from './sightings.ts';

export const informantRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  code: z.string(),
  organisation: z.string(),
  source: z.enum(sources),
  label: z.string(),
  /** where a standing informant stands; a moving one has none and the phone says */
  place: z.nullable(pointSchema),
  placeText: z.nullable(z.string()),
  active: z.boolean(),
});
export type InformantRow = z.infer<typeof informantRow>;
const code = z.string().check(z.trim(), z.toUpperCase(), z.regex(/^[A-Z0-9-]{4,32}$/));
const registrars = ['manager', 'admin'] as const;

export const listInformants = endpoint({
  name: 'listInformants',
  method: 'GET',
  path: '/api/informants',
  who: registrars,
  summary: 'Informants of the own subtree',
  query: z.strictObject(paging),
  reply: listOf(informantRow),
});
export const createInformant = endpoint({
  name: 'createInformant',
  method: 'POST',
  path: '/api/informants',
  who: registrars,
  summary: 'Registers an informant',
  status: 201,
  replay: 'id',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    code: z.optional(code),
    organisation: text(200),
    source: z.enum(sources),
    label: text(200),
    place: z.optional(pointSchema),
    placeText: z.optional(text(300)),
  }),
  reply: informantRow,
});
export const updateInformant = endpoint({
  name: 'updateInformant',
  method: 'PATCH',
  path: '/api/informants/:id',
  who: registrars,
  summary: 'Changes an informant',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    organisation: z.optional(text(200)),
    source: z.optional(z.enum(sources)),
    label: z.optional(text(200)),
    place: z.optional(z.nullable(pointSchema)),
    placeText: z.optional(z.nullable(text(300))),
    active: z.optional(z.boolean()),
  }),
  reply: informantRow,
});
