/** What an item of the outbox says in words, for whoever decides what becomes of it. Pure. */
import type { DispatchRow } from '../../shared/dispatches.ts';
import type { OutboxItem } from '../live/outbox-rules.ts';

/** Fields that hold what a person wrote, in all bodies a crew sends. */
const spoken = new Set(['text', 'description', 'placeText', 'refusal', 'mightChange', 'reason', 'for', 'reference']);
const MOST = 1_500;

/** The own words in an item, in order, each once. */
export function ownWords({ body }: Pick<OutboxItem, 'body'>): string[] {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value))
      if (typeof inner === 'string') {
        if (spoken.has(key) && inner.trim() !== '') found.add(inner.trim());
      } else walk(inner);
  };
  walk(body);
  return [...found];
}

/** The same as one line that fits into a note. */
export const noteOf = (item: Pick<OutboxItem, 'body' | 'label'>): string =>
  [item.label, ...ownWords(item)].join(' · ').slice(0, MOST);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** The incident that an item is about, or null: its lane is the incident's, alone or with a word behind. */
export function incidentOf({ body, lane }: Pick<OutboxItem, 'body' | 'lane'>): string | null {
  const said = (body as { incidentId?: unknown } | null | undefined)?.incidentId;
  if (typeof said === 'string') return said;
  const first = lane.split(':')[0] ?? '';
  return UUID.test(first) ? first : null;
}

/** The job as the desk had it when a step of it was not taken. */
export function jobOnRecord({ current }: Pick<OutboxItem, 'current'>): DispatchRow | null {
  const row = current as Partial<DispatchRow> | null;
  return typeof row?.status === 'string' && typeof row.dispatchedAt === 'string' ? (row as DispatchRow) : null;
}
