/** The picture this page shows: what the server told, with what was done here folded in. */
import { computed, onScopeDispose, shallowRef, watch } from 'vue';
import type { OutboxItem } from '../live/outbox-rules.ts';
import type { Outbox } from '../live/outbox.ts';
import { type Answer, answerTo, type Own, shown } from '../live/shown.ts';
import type { Store } from '../live/store.ts';

/** Ends with its scope. */
export function usePicture(store: Store, outbox: Outbox, own: Own) {
  const answers = shallowRef<readonly Answer[]>([]);
  /** taken by the server a moment ago: its answer is told right after, and until then nothing may fall back */
  const leaving = shallowRef<readonly OutboxItem[]>([]);
  let settling = false;
  let more = false;

  /** An answer is kept until the picture has certainly caught up; a catch-up under way may have asked before it. */
  const settle = async (): Promise<void> => {
    more = true;
    if (settling) return;
    settling = true;
    while (more) {
      more = false;
      const had = answers.value;
      await store.catchUp();
      await store.catchUp();
      answers.value = answers.value.filter((answer) => !had.includes(answer));
    }
    settling = false;
  };
  onScopeDispose(
    outbox.onSent((item, reply) => {
      const answer = answerTo(item.endpointName, reply);
      if (answer !== null) answers.value = [...answers.value, answer];
      void settle();
    }),
  );
  watch(
    outbox.items,
    (now, before) => {
      const gone = before.filter((item) => !now.some(({ key }) => key === item.key));
      if (gone.length === 0) return;
      leaving.value = [...leaving.value, ...gone];
      setTimeout(() => {
        leaving.value = leaving.value.filter((item) => !gone.includes(item));
      });
    },
    { flush: 'sync' },
  );
  const both = computed(() => shown(store.state.value, [...leaving.value, ...outbox.items.value], answers.value, own));
  return {
    state: computed(() => both.value.state),
    /** whether a row is as it is shown on this phone only */
    waits: (id: string): boolean => both.value.waiting.has(id),
  };
}
