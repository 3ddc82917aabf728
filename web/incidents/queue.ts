/** Which incidents the queue shows, in which order. */
import { awaitsClosing, byUrgency, type IncidentRow } from '../../shared/incidents.ts';

export const filters = ['all', 'waiting', 'under_way', 'to_close', 'closed'] as const;
export type Filter = (typeof filters)[number];

const passes: Record<Filter, (row: IncidentRow) => boolean> = {
  all: () => true,
  waiting: (row) => row.patrolIds.length === 0 && !awaitsClosing(row),
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

/** Danger first, then the longest waiting; what only waits for closing stands last. */
export function queueOf(rows: readonly IncidentRow[], view: QueueView): QueueRows {
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
  shown.sort((a, b) => Number(awaitsClosing(a)) - Number(awaitsClosing(b)) || byUrgency(a, b));
  return {
    placed: shown.filter(({ lane }) => lane === null),
    beside: shown.filter(({ lane }) => lane !== null),
    counts,
  };
}
