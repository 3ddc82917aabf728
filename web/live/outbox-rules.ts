/** What the outbox does with answers, in which order it sends; pure, so that it can be tested without a browser. */

/** 'conflict': the world has moved on (409). 'refused': it will never be taken as it is. Both wait for a person. */
export type OutboxState = 'waiting' | 'conflict' | 'refused';
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
  /** the id a true answer carries, or null */
  expectId: string | null;
  /** what it is, in words for the person who waits */
  label: string;
  /** items of one lane (an incident) go in order */
  lane: string;
  state: OutboxState;
  tries: number;
  /** epoch ms */
  madeAt: number;
  /** code of the problem, for `problem.<code>` */
  problem: string | null;
}

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

/** The first waiting item of each lane, oldest first; a lane goes on past what was refused, since later facts stand for themselves. */
export function heads(items: readonly OutboxItem[], userId: string): OutboxItem[] {
  const seen = new Set<string>();
  const result: OutboxItem[] = [];
  for (const item of [...items].sort((a, b) => a.n - b.n)) {
    if (item.userId !== userId || item.state !== 'waiting' || seen.has(item.lane)) continue;
    seen.add(item.lane);
    result.push(item);
  }
  return result;
}
