/** Which alarms of plans were acknowledged on this device: each is shown once, also after the page was closed. */
import { type ShallowRef, shallowRef } from 'vue';

export interface Seen {
  ids: Readonly<ShallowRef<ReadonlySet<string>>>;
  add: (ids: readonly string[]) => void;
}
/** More than a winter's plans alarm; the oldest are forgotten. */
const MOST = 300;

/** One person's; where the browser keeps nothing they last as long as the page. */
export function createSeen(userId: string): Seen {
  const key = `plans.seen.${userId}`;
  const read = (): string[] => {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
      return Array.isArray(kept) ? kept.filter((each): each is string => typeof each === 'string') : [];
    } catch {
      return [];
    }
  };
  const ids = shallowRef<ReadonlySet<string>>(new Set(read()));
  return {
    ids,
    add: (more) => {
      const all = [...new Set([...read(), ...ids.value, ...more])].slice(-MOST);
      ids.value = new Set(all);
      try {
        localStorage.setItem(key, JSON.stringify(all));
      } catch {
        // for this page only, then
      }
    },
  };
}
