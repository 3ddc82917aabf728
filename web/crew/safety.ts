/** What keeps a crew safe, shared by header, patrol mode and notices: its safety timer, its call for help, its tracking. */
import { computed, inject, type InjectionKey, provide, type Ref, shallowRef, watch } from 'vue';
import { ring } from '../ui/alarm.ts';
import type { CrewPicture } from './crew.ts';
import { usePanic } from './panic.ts';
import { useRollCall } from './roll-call.ts';

/** Builds it inside the crew's page; ends with that component. */
export function provideSafety({ session, store, outbox, deeds, now, state, patrol, tracking }: CrewPicture) {
  const { beginning } = deeds;
  const rollCall = useRollCall({ patrol, outbox, beginning, now });
  const panic = usePanic({ userId: session.user.id, patrol, state, store, outbox, beginning, fix: tracking.fix });
  /** the dark page that keeps the screen on */
  const patrolMode: Ref<boolean> = shallowRef(false);
  const stopped = computed(() => patrol.value !== null && !['off', 'on', 'starting'].includes(tracking.state.value));
  // once; after that it stands on the screen
  watch(stopped, (is) => {
    if (is) ring();
  });
  watch(patrol, (out) => {
    if (out === null) patrolMode.value = false;
  });
  const safety = { rollCall, panic, patrolMode, stopped };
  provide(key, safety);
  return safety;
}
export type Safety = ReturnType<typeof provideSafety>;
const key: InjectionKey<Safety> = Symbol('safety');

export function useSafety(): Safety {
  const safety = inject(key);
  if (!safety) throw new Error('only inside the crew page');
  return safety;
}
