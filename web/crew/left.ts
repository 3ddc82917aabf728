/** What was still in the vehicle when an outing ended: remembered on this phone until it is brought back, or left there. */
import { computed, shallowRef, watch } from 'vue';
import type { CrewPicture } from './crew.ts';

interface Left {
  patrolId: string;
  stock: { itemId: string; quantity: number }[];
}
const keyOf = (userId: string): string => `left.${userId}`;
function known(userId: string): Left | null {
  try {
    return JSON.parse(localStorage.getItem(keyOf(userId)) ?? 'null') as Left | null;
  } catch {
    return null;
  }
}

function put(userId: string, left: Left | null): void {
  try {
    if (left) localStorage.setItem(keyOf(userId), JSON.stringify(left));
    else localStorage.removeItem(keyOf(userId));
  } catch {
    // then nothing is offered here; the desk is told of it in any case
  }
}

/** Remembers what is in the vehicle while we are out. Ends with its scope. */
export function rememberLeft({ session, store, state, patrol, lock }: CrewPicture): void {
  const own = computed((): Left | null => {
    const id = patrol.value?.id;
    // a locked phone's picture has no stock, which does not mean that there is none
    if (id === undefined || !store.ready.value || lock.shut.value !== null) return null;
    const rows = Object.values(state.value.stock).filter(({ place }) => place.kind === 'patrol' && place.id === id);
    return {
      patrolId: id,
      stock: rows.filter(({ quantity }) => quantity > 0).map(({ itemId, quantity }) => ({ itemId, quantity })),
    };
  });
  watch(
    own,
    (now, before) => {
      if (now && JSON.stringify(now) !== JSON.stringify(before)) put(session.user.id, now);
    },
    { immediate: true },
  );
}

/** What was left of the last outing, where there is no outing now. */
export function useLeft({ session }: CrewPicture) {
  const last = shallowRef(known(session.user.id));
  return {
    left: computed(() => (last.value && last.value.stock.length > 0 ? last.value : null)),
    forget: (): void => {
      put(session.user.id, null);
      last.value = null;
    },
  };
}
