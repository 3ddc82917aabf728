/** Lists that a phone may need without a line, kept after each look: names of things, nothing of anybody. */
import { shallowRef } from 'vue';
import { wordsOf } from '../ui/toasts.ts';

const keyOf = (name: string): string => `remembered.${name}`;
/** What was kept at the last look, or null. */
export function remembered<T>(name: string): readonly T[] | null {
  try {
    const kept = localStorage.getItem(keyOf(name));
    return kept === null ? null : (JSON.parse(kept) as T[]);
  } catch {
    return null;
  }
}

/** The list as it was last seen, and anew when there is a line. `problem` says why it is not fresh. */
export function useRemembered<T>(name: string, fetch: () => Promise<readonly T[]>) {
  const rows = shallowRef<readonly T[] | null>(remembered<T>(name));
  const problem = shallowRef<string | null>(null);
  const load = async (): Promise<void> => {
    problem.value = null;
    try {
      rows.value = await fetch();
      localStorage.setItem(keyOf(name), JSON.stringify(rows.value));
    } catch (error) {
      problem.value = wordsOf(error);
    }
  };
  return { rows, problem, load };
}
