/** Which incidents the queue shows, in which order. */
import { byCold } from '../../shared/cold-clock.ts';
import { awaitsClosing, type IncidentRow, needsNobody } from '../../shared/incidents.ts';

export const filters = ['all', 'waiting', 'under_way', 'to_close', 'closed'] as const;
export type Filter = (typeof filters)[number];

const passes: Record<Filter, (row: IncidentRow) => boolean> = {
  all: () => true,
  waiting: (row) => row.patrolIds.length === 0 && !needsNobody(row),
  under_way: (row) => row.patrolIds.length > 0,
  to_close: awaitsClosing,
  closed: (row) => row.status === 'closed',
};

export interface QueueView {
  filter: Filter;
  /** words to look for in code, place and description */
  search: string;
  /** only this station's, or null for the whole subtree */
  stationId: string | null;
}
/** The placed ones, those beside the map, and how many each filter has. */
export interface QueueRows {
  placed: IncidentRow[];
  beside: IncidentRow[];
  counts: Record<Filter, number>;
}

const finds = (row: IncidentRow, words: readonly string[]): boolean => {
  const text = [row.code, row.placeText, row.placeCode, row.description].join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
};

/** By the cold clock (`minutesOf`); what rests until a re-check stands after the rest, what only waits for closing last. Closed ones keep the order they came in. */
export function queueOf(
  rows: readonly IncidentRow[],
  view: QueueView,
  minutesOf: (row: IncidentRow) => number,
): QueueRows {
  const words = view.search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const own = view.stationId === null ? rows : rows.filter((row) => row.stationId === view.stationId);
  const counts = Object.fromEntries(filters.map((filter) => [filter, own.filter(passes[filter]).length])) as Record<
    Filter,
    number
  >;
  const shown = own.filter((row) => passes[view.filter](row) && finds(row, words));
  if (view.filter !== 'closed') {
    const minutes = new Map(shown.map((row) => [row.id, minutesOf(row)]));
    shown.sort(byCold(({ id }) => minutes.get(id) ?? 0));
  }
  return {
    placed: shown.filter(({ lane }) => lane === null),
    beside: shown.filter(({ lane }) => lane !== null),
    counts,
  };
}

/**
 * The order to show: the wanted one, but rows that somebody has under the hand (`held`) keep their place in the list, and
 * the others close in around them.
 */
export function settle(wanted: readonly string[], shown: readonly string[], held: readonly string[]): string[] {
  const kept = shown.flatMap((id, at) => (held.includes(id) && wanted.includes(id) ? [{ id, at }] : []));
  const order = wanted.filter((id) => !kept.some((row) => row.id === id));
  // from the top down, so that each finds the list above it complete
  for (const { id, at } of kept) order.splice(at, 0, id);
  return order;
}

export type Moved = 'up' | 'down';
/** Which rows changed their place, and where to: as few as explain the new order, not all that made room. New and vanished ones did not move. */
export function movedRows(before: readonly string[], after: readonly string[]): Map<string, Moved> {
  const places = new Map(before.map((id, at) => [id, at]));
  const common = after.filter((id) => places.has(id));
  const at = common.map((id) => places.get(id) ?? 0);
  // the longest run of rows still in the old order stays; tails[n] ends the best run of n + 1
  const tails: number[] = [];
  const previous: number[] = [];
  at.forEach((place, n) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((at[tails[middle] ?? 0] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    previous[n] = tails[low - 1] ?? -1;
    tails[low] = n;
  });
  const stayed = new Set<number>();
  for (let n = tails.at(-1) ?? -1; n >= 0; n = previous[n] ?? -1) stayed.add(n);
  const left = new Set(common);
  const rank = new Map(before.filter((id) => left.has(id)).map((id, n) => [id, n]));
  return new Map(
    common.flatMap((id, n): [string, Moved][] =>
      stayed.has(n) ? [] : [[id, n < (rank.get(id) ?? n) ? 'up' : 'down']],
    ),
  );
}
