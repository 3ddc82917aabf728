/** Something done to the house: one at a time, the picture caught up before it is said, a refusal in words. */
import { shallowRef } from 'vue';
import type { Store } from '../live/store.ts';
import { say, sayProblem, wordsOf } from '../ui/toasts.ts';

interface Said {
  /** what is said when it is done; null when the answer decides the words */
  done: string | null;
  /** takes it back */
  undo?: (() => void) | undefined;
}

/** For what is pressed on the page: a refusal is said at its edge. */
export function useDeed(store: Store) {
  const busy = shallowRef(false);
  async function run(work: () => Promise<unknown>, { done, undo }: Said): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    try {
      await work();
      await store.catchUp();
      if (done !== null) say(done, undo);
      return true;
    } catch (error) {
      void store.catchUp();
      sayProblem(error, () => void run(work, { done, undo }));
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, run };
}

/** For a sheet: a refusal stands in it, beside what was typed. */
export function useSheet(store: Store) {
  const busy = shallowRef(false);
  const trouble = shallowRef<string | null>(null);
  /** what was thrown, where a sheet has a way on for it */
  const thrown = shallowRef<unknown>(null);
  const calm = (): void => {
    trouble.value = null;
    thrown.value = null;
  };
  async function run(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    calm();
    try {
      await work();
      await store.catchUp();
      return true;
    } catch (error) {
      thrown.value = error;
      trouble.value = wordsOf(error);
      void store.catchUp();
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, trouble, thrown, calm, run };
}
