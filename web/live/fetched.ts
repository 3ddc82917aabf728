/** Something beside the live picture that is fetched for what is looked at, and again when it has changed. */
import { onScopeDispose, type ShallowRef, shallowRef, watch } from 'vue';

export interface Fetched<T> {
  data: Readonly<ShallowRef<T | null>>;
  error: Readonly<ShallowRef<unknown>>;
  loading: Readonly<ShallowRef<boolean>>;
  again: () => void;
}
interface Source {
  /** what it is about; another subject drops the old data at once */
  subject: string;
  /** changes when it should be fetched again */
  stamp: unknown;
}

/**
 * Fetches for the subject that `source` names (null: nothing). A new stamp of the same subject fetches again after `settleMs`,
 * with the old data shown meanwhile.
 */
export function useFetched<T>(
  source: () => Source | null,
  fetch: (subject: string, signal: AbortSignal) => Promise<T>,
  settleMs = 300,
): Fetched<T> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<unknown>(null);
  const loading = shallowRef(false);
  let abort: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let subject: string | null = null;

  const load = async (about: string): Promise<void> => {
    abort?.abort();
    const own = new AbortController();
    abort = own;
    loading.value = true;
    try {
      const answer = await fetch(about, own.signal);
      if (own.signal.aborted) return;
      data.value = answer;
      error.value = null;
    } catch (problem) {
      if (!own.signal.aborted) error.value = problem;
    } finally {
      if (abort === own) loading.value = false;
    }
  };
  watch(
    () => {
      const next = source();
      return [next?.subject ?? null, next?.stamp] as const;
    },
    ([next]) => {
      if (next !== subject) {
        clearTimeout(timer);
        timer = undefined;
        abort?.abort();
        subject = next;
        data.value = null;
        error.value = null;
        loading.value = false;
        if (next !== null) void load(next);
      } else if (next !== null && timer === undefined) {
        // not put off again by each further change, or a busy night would never load
        timer = setTimeout(() => {
          timer = undefined;
          void load(next);
        }, settleMs);
      }
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    abort?.abort();
  });
  return {
    data,
    error,
    loading,
    again: () => {
      if (subject !== null) void load(subject);
    },
  };
}
