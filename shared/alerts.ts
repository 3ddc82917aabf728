/** Weather warnings as they were issued, in the four colours; what nobody here knows waits for a person. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

/** Colours of warnings, the mildest first; the same four a plan has. */
export const alertLevels = ['blue', 'yellow', 'orange', 'red'] as const;
export type AlertLevel = (typeof alertLevels)[number];
/** `expired` by its own time, `cancelled` by its sender or by hand, `replaced` by a later message that names it. */
export const alertStates = ['active', 'expired', 'cancelled', 'replaced'] as const;
/** What a person must still say: what it warns of, how severe it is, whom it concerns. */
export const alertNeeds = ['type', 'level', 'area'] as const;
/** A kind of warning: a code of the rule `alerts.types`, never a list in the software. */
export const alertType = text(60).check(z.regex(/^[a-z][a-z0-9_]*$/));

export const alertRow = z.object({
  id: idSchema,
  version: z.number(),
  /** where it was received: it is seen there, below, and above */
  stationId: idSchema,
  /** the highest stations that it holds for; each with all below it */
  covers: z.array(idSchema),
  /** as the sender named it; one entered by hand has its own id */
  identifier: z.string(),
  sender: z.string(),
  sentAt: instant,
  /** as the sender says it */
  event: z.string(),
  type: z.nullable(z.string()),
  level: z.nullable(z.enum(alertLevels)),
  severity: z.nullable(z.string()),
  headline: z.nullable(z.string()),
  description: z.nullable(z.string()),
  instruction: z.nullable(z.string()),
  areaText: z.nullable(z.string()),
  /** from when it holds; the time it was sent unless said */
  onsetAt: instant,
  /** null: until it is cancelled */
  expiresAt: z.nullable(instant),
  state: z.enum(alertStates),
  needs: z.array(z.enum(alertNeeds)),
  /** name of the feed, `cap` for a message that was posted, or `desk` */
  source: z.string(),
  receivedAt: instant,
  endedAt: z.nullable(instant),
});
export type AlertRow = z.infer<typeof alertRow>;

export const listAlerts = endpoint({
  name: 'listAlerts',
  method: 'GET',
  path: '/api/alerts',
  who: [...desk, 'admin', 'inspector', 'crew', 'shelter'],
  summary: 'Warnings of the own subtree and of the stations above it, newest first',
  query: z.strictObject({ ...paging, state: z.optional(z.enum([...alertStates, 'all'])) }),
  reply: listOf(alertRow),
});
/**
 * A CAP 1.1 or 1.2 message as application/cap+xml, or this JSON. A message heard before answers 200 with what it was; one that only
 * cancels others answers 200 with the last row it touched; one that changes nothing (a test, a receipt, a cancellation of what nobody
 * knows here) 200 with `{ignored}`. Of a message that warns of several things each is a row, and the first is the answer.
 */
export const postAlert = endpoint({
  name: 'postAlert',
  method: 'POST',
  path: '/api/alerts',
  who: ['manager', 'admin'],
  status: 201,
  replay: 'self',
  limit: 1_000_000,
  summary: 'A weather warning: CAP 1.2 as application/cap+xml, or typed in as JSON',
  query: z.strictObject({ stationId: z.optional(idSchema) }),
  body: z.strictObject({
    id: idSchema,
    event: text(200),
    type: z.optional(alertType),
    level: z.optional(z.enum(alertLevels)),
    headline: z.optional(text(500)),
    description: z.optional(text(5_000)),
    onsetAt: z.optional(instant),
    expiresAt: z.optional(z.nullable(instant)),
    /** whom it concerns; the own station unless said */
    covers: z.optional(z.array(idSchema).check(z.minLength(1), z.maxLength(100))),
  }),
  reply: alertRow,
});
export const updateAlert = endpoint({
  name: 'updateAlert',
  method: 'PATCH',
  path: '/api/alerts/:id',
  who: ['manager', 'admin'],
  summary: 'Says what a warning is, how severe and for whom, or that it is over',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    type: z.optional(alertType),
    level: z.optional(z.enum(alertLevels)),
    covers: z.optional(z.array(idSchema).check(z.minLength(1), z.maxLength(100))),
    /** over, with the reason */
    end: z.optional(text(500)),
  }),
  reply: alertRow,
});
