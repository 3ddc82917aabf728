/** What this phone has recorded for a running job, so that the next step is right also after a restart without network. Counts only, no person. */
import { type ShallowRef, shallowRef } from 'vue';

export interface Recorded {
  people: number;
  cameAlong: number;
}
const KEY = 'encounters.recorded';

function load(): Record<string, Recorded> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, Recorded>;
  } catch {
    return {};
  }
}

export interface RecordedByJob {
  /** by dispatch id */
  jobs: Readonly<ShallowRef<Readonly<Record<string, Recorded>>>>;
  add: (dispatchId: string, more: Recorded) => void;
  /** Keeps only what belongs to these dispatches. */
  keepOnly: (dispatchIds: readonly string[]) => void;
}

export function useRecorded(): RecordedByJob {
  const jobs = shallowRef<Readonly<Record<string, Recorded>>>(load());
  const save = (next: Record<string, Recorded>): void => {
    jobs.value = next;
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch {
      // a full or forbidden store: known as long as the page lives
    }
  };
  return {
    jobs,
    add: (dispatchId, more) => {
      const before = jobs.value[dispatchId] ?? { people: 0, cameAlong: 0 };
      save({
        ...jobs.value,
        [dispatchId]: { people: before.people + more.people, cameAlong: before.cameAlong + more.cameAlong },
      });
    },
    keepOnly: (dispatchIds) => {
      const kept = Object.fromEntries(Object.entries(jobs.value).filter(([id]) => dispatchIds.includes(id)));
      if (Object.keys(kept).length !== Object.keys(jobs.value).length) save(kept);
    },
  };
}
