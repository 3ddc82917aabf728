/** What a part of the page shows, fetched again every quarter of a minute and after each deed. */
import { shallowRef } from 'vue';
import { type Fetched, useFetched } from '../live/fetched.ts';
import { say, sayProblem } from '../ui/toasts.ts';
import { useNow } from '../ui/ticking.ts';
import { t } from '../ui/words.ts';

const AGAIN_MS = 15_000;

export function useKept<T>(subject: () => string | null, fetch: (signal: AbortSignal) => Promise<T>): Fetched<T> {
  const now = useNow(AGAIN_MS);
  return useFetched(
    () => {
      const about = subject();
      return about === null ? null : { subject: about, stamp: now.value.getTime() };
    },
    (_, signal) => fetch(signal),
    0,
  );
}

/** Runs one deed at a time: says what went wrong, or what was done, and fetches again. */
export function useDeed(again: () => void) {
  const busy = shallowRef(false);
  const run = async (work: () => Promise<unknown>, done?: string): Promise<boolean> => {
    if (busy.value) return false;
    busy.value = true;
    try {
      await work();
      if (done !== undefined) say(t(done));
      return true;
    } catch (problem) {
      sayProblem(problem);
      return false;
    } finally {
      busy.value = false;
      again();
    }
  };
  return { busy, run };
}
