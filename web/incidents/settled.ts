/** The queue's order on the screen: it follows the clocks, but never under the hand. */
import { computed, type ComputedRef, nextTick, onScopeDispose, type ShallowRef, shallowRef, watch } from 'vue';
import type { IncidentRow } from '../../shared/incidents.ts';
import { type Moved, movedRows, settle } from './queue.ts';

/** While the pointer moves over the list a new order waits for it to rest, but not longer than LATEST_MS. */
const REST_MS = 1200;
const LATEST_MS = 5000;
/** So long a row that moved is marked. */
const MARKED_MS = 20_000;
const PREFIX = 'queue-';
export const domIdOf = (id: string): string => PREFIX + id;
export const rowIdOf = (element: Element | null): string | null => {
  const row = element?.closest(`[id^="${PREFIX}"]`);
  return row ? row.id.slice(PREFIX.length) : null;
};

interface Settled {
  rows: ComputedRef<readonly IncidentRow[]>;
  moved: Readonly<ShallowRef<ReadonlyMap<string, Moved>>>;
}
/** What the hand does over the list. */
interface Hand {
  onPointermove: (event: PointerEvent) => void;
  onPointerleave: () => void;
  /** rows that keep their place: the one under the pointer, the one with the focus */
  held: () => string[];
  /** when the pointer last moved over the list, epoch ms */
  movedAt: () => number;
}

export function useHand(): Hand {
  let at: { x: number; y: number } | null = null;
  let moved = 0;
  return {
    onPointermove: ({ pointerType, clientX, clientY }) => {
      if (pointerType === 'touch') return;
      moved = Date.now();
      at = { x: clientX, y: clientY };
    },
    onPointerleave: () => {
      at = null;
      moved = 0;
    },
    // asked of the page, for the list may have been scrolled under a pointer that rests
    held: () =>
      [at && document.elementFromPoint(at.x, at.y), document.activeElement].map(rowIdOf).filter((id) => id !== null),
    movedAt: () => moved,
  };
}

/**
 * Rows in an order that holds still: a row under the pointer or with the focus keeps its place, in the list and on the
 * screen, and the others move around it. `view` names what the desk looks at; another view is sorted anew at once.
 */
export function useSettled(
  wanted: () => readonly IncidentRow[],
  view: () => string,
  hand: Hand,
  list: Readonly<ShallowRef<HTMLElement | null>>,
): Settled {
  const order = shallowRef<readonly string[]>([]);
  const moved = shallowRef<ReadonlyMap<string, Moved>>(new Map());
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let waiting: { since: number; timer: ReturnType<typeof setTimeout> } | null = null;
  const after = (ms: number, run: () => void): ReturnType<typeof setTimeout> => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
    return timer;
  };

  function mark(news: ReadonlyMap<string, Moved>): void {
    if (news.size === 0) return;
    moved.value = new Map([...moved.value, ...news]);
    after(MARKED_MS, () => {
      moved.value = new Map([...moved.value].filter(([id, way]) => news.get(id) !== way));
    });
  }
  /** Keeps what is held where it is on the screen, also when the rows above it have other heights now. */
  async function apply(next: readonly string[], held: readonly string[]): Promise<void> {
    const focused = rowIdOf(document.activeElement);
    const anchor = held.map((id) => document.getElementById(domIdOf(id))).find((element) => element !== null);
    const top = anchor?.getBoundingClientRect().top;
    order.value = next;
    await nextTick();
    if (anchor?.isConnected === true && top !== undefined && list.value)
      list.value.scrollTop += anchor.getBoundingClientRect().top - top;
    // an element that is moved in the page loses the focus
    if (focused !== null && rowIdOf(document.activeElement) === null)
      document.getElementById(domIdOf(focused))?.focus({ preventScroll: true });
  }
  function stopWaiting(): void {
    if (!waiting) return;
    clearTimeout(waiting.timer);
    timers.delete(waiting.timer);
    waiting = null;
  }
  function follow(): void {
    stopWaiting();
    const held = hand.held();
    const before = order.value;
    const next = settle(
      wanted().map(({ id }) => id),
      before,
      held,
    );
    mark(movedRows(before, next));
    void apply(next, held);
  }
  function followWhenAtRest(): void {
    const now = Date.now();
    const since = waiting?.since ?? now;
    const present = new Set(wanted().map(({ id }) => id));
    const rest = hand.movedAt() + REST_MS - now;
    if (rest <= 0 || now - since >= LATEST_MS) {
      follow();
      return;
    }
    stopWaiting();
    // what is gone is gone at once
    if (order.value.some((id) => !present.has(id)))
      void apply(
        order.value.filter((id) => present.has(id)),
        hand.held(),
      );
    waiting = { since, timer: after(Math.min(rest, since + LATEST_MS - now), followWhenAtRest) };
  }

  const ids = computed(() =>
    wanted()
      .map(({ id }) => id)
      .join(),
  );
  watch(
    [view, ids] as const,
    ([seen], [before]) => {
      if (seen === before) {
        followWhenAtRest();
        return;
      }
      stopWaiting();
      order.value = wanted().map(({ id }) => id);
      moved.value = new Map();
    },
    { immediate: true, flush: 'sync' },
  );
  onScopeDispose(() => {
    timers.forEach(clearTimeout);
  });
  return {
    rows: computed(() => {
      const now = new Map(wanted().map((row) => [row.id, row]));
      return order.value.flatMap((id) => now.get(id) ?? []);
    }),
    moved,
  };
}
