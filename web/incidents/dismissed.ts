/** Which pairs somebody at this desk has looked at and found not to be the same; kept while the tab is open, ids only. */
import { shallowRef } from 'vue';

const KEY = 'warmpath.not-same';

function read(): ReadonlySet<string> {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return new Set(Array.isArray(kept) ? kept.filter((pair) => typeof pair === 'string') : []);
  } catch {
    return new Set();
  }
}
const pairs = shallowRef(read());
const pairOf = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

function keep(next: ReadonlySet<string>): void {
  pairs.value = next;
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...next]));
  } catch {
    // until the page is loaded again, then
  }
}
export const isDismissed = (a: string, b: string): boolean => pairs.value.has(pairOf(a, b));
export const dismissPair = (a: string, b: string): void => keep(new Set([...pairs.value, pairOf(a, b)]));
/** Shows again what was set aside beside one incident. */
export const bringBack = (id: string): void => keep(new Set([...pairs.value].filter((pair) => !pair.includes(id))));
