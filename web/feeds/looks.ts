/** How a feed stands: a shape, a tone and a word. */
import type { FeedRow } from '../../shared/feeds.ts';
import type { Look } from '../ui/statuses.ts';

const looks = {
  off: { shape: 'pause', tone: 'quiet', word: 'feeds.state.off' },
  lost: { shape: 'octagon', tone: 'danger', word: 'feeds.state.lost' },
  trying: { shape: 'triangle', tone: 'warn', word: 'feeds.state.trying' },
  new: { shape: 'clock', tone: 'info', word: 'feeds.state.new' },
  partly: { shape: 'half', tone: 'warn', word: 'feeds.state.partly' },
  heard: { shape: 'check', tone: 'ok', word: 'feeds.state.heard' },
} as const satisfies Record<string, Look>;

const MINUTE = 60_000;

/** What is worst comes first: one that is silent is not merely trying. */
export function lookOf({ active, heardAt, staleMin, failures, fault, triedAt }: FeedRow, now: Date): Look {
  if (!active) return looks.off;
  if (heardAt !== null && now.getTime() - Date.parse(heardAt) > staleMin * MINUTE) return looks.lost;
  if (failures > 0) return looks.trying;
  if (heardAt === null || triedAt === null) return looks.new;
  return fault === null ? looks.heard : looks.partly;
}
