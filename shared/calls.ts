/** Calls that the hotline takes: when it rang, when it was answered, and what came of it. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

export const callOutcomes = ['report', 'advice', 'wrong_number', 'broken_off'] as const;
export const callRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  /** code of the hotline (an informant whose source is `hotline`); null when it was not said */
  hotline: z.nullable(z.string()),
  /** null when nobody knows when it began to ring */
  rangAt: z.nullable(instant),
  answeredAt: instant,
  endedAt: instant,
  outcome: z.enum(callOutcomes),
  sightingId: z.nullable(idSchema),
  takenBy: z.nullable(idSchema),
});
export type CallRow = z.infer<typeof callRow>;
export const hotlineRow = z.object({ code: z.string(), organisation: z.string(), label: z.string() });
export type HotlineRow = z.infer<typeof hotlineRow>;

/** A clock may be ahead of the server's by so much, and nobody lets it ring or talks for longer. */
export const callLimits = { aheadMs: 2 * 60_000, longestMs: 12 * 3_600_000 } as const;
type CallTimes = Pick<CallRow, 'answeredAt' | 'endedAt'> & { rangAt?: string | null | undefined };
/** What is wrong with a call's times at `now`: the field, and `order`, `future` or `range`; null when nothing is. */
export function judgeCall(
  { rangAt, answeredAt, endedAt }: CallTimes,
  now: Date,
): { field: 'rangAt' | 'answeredAt' | 'endedAt'; code: 'order' | 'future' | 'range' } | null {
  const [answered, ended] = [Date.parse(answeredAt), Date.parse(endedAt)];
  const rang = typeof rangAt === 'string' ? Date.parse(rangAt) : answered;
  const latest = now.getTime() + callLimits.aheadMs;
  if (answered > latest) return { field: 'answeredAt', code: 'future' };
  if (ended > latest) return { field: 'endedAt', code: 'future' };
  if (rang > answered) return { field: 'answeredAt', code: 'order' };
  if (answered > ended) return { field: 'endedAt', code: 'order' };
  if (answered - rang > callLimits.longestMs) return { field: 'rangAt', code: 'range' };
  return ended - answered > callLimits.longestMs ? { field: 'endedAt', code: 'range' } : null;
}

export const listHotlines = endpoint({
  name: 'listHotlines',
  method: 'GET',
  path: '/api/hotlines',
  who: desk,
  summary: 'Hotlines whose calls this desk takes: its own, those of stations above and below it',
  query: z.strictObject({}),
  reply: z.object({ items: z.array(hotlineRow) }),
});
/**
 * The times are the desk's own clock, in order and not ahead by more than 2 minutes, else 422 with the field. So is a hotline
 * that is none of this desk's, and a sighting that no hotline brought or that lies with another station.
 */
export const recordCall = endpoint({
  name: 'recordCall',
  method: 'POST',
  path: '/api/calls',
  who: desk,
  status: 201,
  replay: 'id',
  summary: 'Records a call that has ended',
  body: z.strictObject({
    id: idSchema,
    hotline: z.optional(text(32)),
    rangAt: z.optional(instant),
    answeredAt: instant,
    endedAt: instant,
    outcome: z.enum(callOutcomes),
    sightingId: z.optional(idSchema),
  }),
  reply: callRow,
});
export const listCalls = endpoint({
  name: 'listCalls',
  method: 'GET',
  path: '/api/calls',
  who: desk,
  summary: 'Calls of the own subtree, newest first',
  query: z.strictObject(paging),
  reply: listOf(callRow),
});
