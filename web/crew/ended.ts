/** Jobs that ended without this crew: found out also when the phone was dead meanwhile, and told with both sides. */
import { onScopeDispose, shallowRef, watch } from 'vue';
import { type DispatchRow, isEnded, listDispatches } from '../../shared/dispatches.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import { call } from '../live/call.ts';
import type { Store } from '../live/store.ts';

export interface Ended {
  id: string;
  /** as it ended; null when the server no longer tells this crew of it */
  row: DispatchRow | null;
  /** as this phone last knew it */
  before: DispatchRow | null;
  incident: IncidentRow | null;
}
const keyOf = (userId: string): string => `jobs.${userId}`;

/** Ids of running jobs outlive the page, nothing else of them. */
function loadIds(userId: string): string[] {
  try {
    return JSON.parse(localStorage.getItem(keyOf(userId)) ?? '[]') as string[];
  } catch {
    return [];
  }
}

export function useEnded(store: Store, userId: string) {
  const ended = shallowRef<readonly Ended[]>([]);
  /** what was running when last looked, by id */
  const known = new Map<string, { row: DispatchRow; incident: IncidentRow | null } | null>(
    loadIds(userId).map((id) => [id, null]),
  );
  /** jobs ended by this phone: they leave without a word */
  const finished = new Set<string>();
  const told = new Map<string, DispatchRow>();
  const recalled = shallowRef<ReadonlySet<string>>(new Set());
  let asking = false;

  const keep = (): void => {
    try {
      localStorage.setItem(keyOf(userId), JSON.stringify([...known.keys()]));
    } catch {
      // then a job that ends while the page is closed leaves without a word
    }
  };
  onScopeDispose(
    store.onChange(({ payload }) => {
      for (const row of payload.dispatches ?? []) {
        if (!isEnded(row.status)) continue;
        told.set(row.id, row);
        if (row.status === 'recalled') recalled.value = new Set(recalled.value).add(row.id);
      }
    }),
  );

  const tell = (id: string, row: DispatchRow | null): void => {
    // only out of sight: the phone is locked, or the picture came before the job
    if (row !== null && !isEnded(row.status)) return;
    const last = known.get(id) ?? null;
    const byUs = finished.has(id) || (row !== null && row.status !== 'recalled' && !row.setByDesk);
    if (byUs) forget(id);
    else if (!ended.value.some((notice) => notice.id === id))
      ended.value = [
        ...ended.value,
        {
          id,
          row,
          before: last?.row ?? null,
          incident: (row && store.state.value.incidents[row.incidentId]) ?? last?.incident ?? null,
        },
      ];
  };
  const look = async (): Promise<void> => {
    const { dispatches, incidents } = store.state.value;
    // a locked phone has no incident, and then none is remembered here either
    for (const row of Object.values(dispatches))
      known.set(row.id, { row, incident: incidents[row.incidentId] ?? null });
    keep();
    const gone = [...known.keys()].filter((id) => !dispatches[id] && !ended.value.some((notice) => notice.id === id));
    for (const id of gone) if (finished.has(id) || told.has(id)) tell(id, told.get(id) ?? null);
    const unknown = gone.filter((id) => !finished.has(id) && !told.has(id));
    if (unknown.length === 0 || asking) return;
    asking = true;
    try {
      const { items } = await call(listDispatches, { query: { status: 'all', limit: '100' } });
      for (const id of unknown) tell(id, items.find((row) => row.id === id) ?? null);
    } catch {
      // asked again with the next picture
    } finally {
      asking = false;
    }
  };
  watch(
    [store.state, store.connection],
    () => {
      if (store.connection.value === 'live') void look();
    },
    { immediate: true },
  );

  /** While the phone is locked nothing here may tell where anybody is. */
  const blind = (): void => {
    for (const [id, last] of known) if (last) known.set(id, { ...last, incident: null });
    ended.value = ended.value.map((notice) => ({ ...notice, incident: null }));
  };
  /** What was told and understood. */
  const forget = (id: string): void => {
    known.delete(id);
    keep();
    ended.value = ended.value.filter((notice) => notice.id !== id);
  };
  /** Ids of jobs that run, or whose end has not been understood. */
  const open = (): string[] => [...known.keys()];
  return { ended, finished, recalled, forget, blind, open };
}
