/** What a message of the server does to the picture; pure, so that it can be tested without a socket. */
import type { Change, Changes } from '../../shared/events.ts';
import { applyAll, type State } from '../../shared/state.ts';

export type Step =
  /** everything in it was already known */
  | { kind: 'known' }
  /** something lies between: the message is dropped, fetch what came after `since` */
  | { kind: 'gap'; since: number; wanted: number }
  | { kind: 'moved'; state: State; news: readonly Change[] };

/** Judges one `changes` message, which is complete for this viewer from `after` (exclusive) to `upTo`. */
export function takeChanges(state: State, message: Changes): Step {
  if (message.after > state.seq) return { kind: 'gap', since: state.seq, wanted: message.upTo };
  if (message.upTo <= state.seq) return { kind: 'known' };
  const news = message.changes.filter((change) => change.seq > state.seq);
  const folded = applyAll(state, news);
  return { kind: 'moved', state: { ...folded, seq: Math.max(folded.seq, message.upTo) }, news };
}

/**
 * How a lost socket is opened again: the tries come at most 1.5, 4.5 and 8.5 s after the loss, so that a desk is back
 * within ten seconds of a node's death even when a balancer needs half of that to notice.
 */
export const reconnecting = {
  reconnectionDelay: 1_000,
  reconnectionDelayMax: 4_000,
  randomizationFactor: 0.5,
} as const;

/** Pause before the n-th try (from 0) in ms: doubling from 1 s to 30 s, spread so that not everybody returns at once; `chance` is 0..1. */
export function backOffMs(tries: number, chance: number): number {
  const top = Math.min(30_000, 1000 * 2 ** Math.min(tries, 10));
  return Math.round(top * (0.5 + chance / 2));
}
