/** What the outbox does with answers and clocks, in which order it sends; pure, so that it can be tested without a browser. */
import type { ClockState } from './clock.ts';

/** 'conflict': the world has moved on (409). 'refused': it will never be taken as it is. Both wait for a person. */
export type OutboxState = 'waiting' | 'conflict' | 'refused';
/** A file of a multipart body; its bytes lie apart. */
export interface FileNote {
  /** field of the form */
  name: string;
  filename: string;
  type: string;
  bytes: number;
}
export interface OutboxItem {
  /** order of making */
  n: number;
  /** Idempotency-Key, or the body's own id */
  key: string;
  userId: string;
  endpointName: string;
  method: string;
  url: string;
  body: unknown;
  /** sent beside the usual ones */
  headers: Readonly<Record<string, string>>;
  /** with any, the body is a form of them */
  files: readonly FileNote[];
  /** the id a true answer carries, or null */
  expectId: string | null;
  /** what it is, in words for the person who waits */
  label: string;
  /** items of one lane (an incident) go in order */
  lane: string;
  /** key of an item of another lane that must have gone before, or null */
  after: string | null;
  /** paths of times in the body that were read off the own clock; `*` is every member of a list */
  times: readonly string[];
  /** what was known of the clock when they were */
  clock: ClockState;
  state: OutboxState;
  tries: number;
  /** epoch ms, by the own clock */
  madeAt: number;
  /** code of the problem, for `problem.<code>` */
  problem: string | null;
  /** the row as the server has it, where it said so with the problem */
  current: unknown;
}

/** Times of all bodies a crew sends; what a body has not is passed over. */
export const usualTimes = [
  'at',
  'observedAt',
  'people.*.handover.calledAt',
  'people.*.handover.takenOverAt',
] as const satisfies readonly string[];

/** What an item of an earlier edition does not say. */
const unsaid: Pick<OutboxItem, 'headers' | 'files' | 'after' | 'times' | 'clock' | 'current'> = {
  headers: {},
  files: [],
  after: null,
  times: [],
  clock: { offsetMs: 0, certain: true },
  current: null,
};
export const withDefaults = (item: Partial<OutboxItem>): OutboxItem => ({ ...unsaid, ...(item as OutboxItem) });

export type Verdict = 'again' | 'signed_out' | 'conflict' | 'refused';
/**
 * What a problem's status and code mean for an item; too busy, a time-out and our own faults are worth another try, and
 * whoever has to sign in or to set up a second factor first loses nothing.
 */
export function judge(status: number, code = ''): Verdict {
  if (status === 401 || code === 'second_factor_needed') return 'signed_out';
  if (status === 408 || status === 425 || status === 429 || status >= 500) return 'again';
  return status === 409 ? 'conflict' : 'refused';
}

/**
 * The first waiting item of each lane, oldest first; a lane goes on past what was refused, since later facts stand for
 * themselves. What comes `after` another waits as long as that is here, in whatever state.
 */
export function heads(items: readonly OutboxItem[], userId: string): OutboxItem[] {
  const seen = new Set<string>();
  const here = new Set(items.filter((item) => item.userId === userId).map(({ key }) => key));
  const result: OutboxItem[] = [];
  for (const item of [...items].sort((a, b) => a.n - b.n)) {
    if (item.userId !== userId || item.state !== 'waiting' || seen.has(item.lane)) continue;
    seen.add(item.lane);
    if (item.after === null || !here.has(item.after)) result.push(item);
  }
  return result;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A copy with the time at a path moved; everything else is the same object. */
function moved(value: unknown, [head, ...rest]: readonly string[], byMs: number): unknown {
  if (head === undefined) {
    const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    return Number.isNaN(at) ? value : new Date(at + byMs).toISOString();
  }
  if (head === '*') return Array.isArray(value) ? value.map((member) => moved(member, rest, byMs)) : value;
  return isObject(value) && head in value ? { ...value, [head]: moved(value[head], rest, byMs) } : value;
}

/** Smaller differences are the fault of the measurement. */
const WORTH_MS = 1500;
/**
 * The item as it may be sent: times that were read off a clock nobody had measured are moved by what was found out since.
 * Only before the first try, since the server may have taken that one, and the same key must say the same. The same object
 * when nothing is to be done.
 */
export function corrected(item: OutboxItem, now: ClockState): OutboxItem {
  if (item.clock.certain || !now.certain || item.tries > 0) return item;
  const byMs = now.offsetMs - item.clock.offsetMs;
  const body =
    Math.abs(byMs) < WORTH_MS
      ? item.body
      : item.times.reduce((changed, path) => moved(changed, path.split('.'), byMs), item.body);
  return { ...item, body, clock: now };
}
