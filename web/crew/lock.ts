/** When the phone shows nothing of the night: nobody has touched it for long, or the session has ended. */
import { computed, type ComputedRef, watch } from 'vue';
import type { SessionRow } from '../../shared/users.ts';
import { useIdle } from '../live/idle.ts';
import type { Outbox } from '../live/outbox.ts';
import type { Store } from '../live/store.ts';
import { lockedView } from '../live/tonight.ts';
import { ruleOf } from '../ui/boot.ts';

export type Shut = 'idle' | 'ended';
/** Where the page was not told the rule: a copy of it kept by an older edition. */
const USUAL_IDLE_MIN = 120;

export interface Lock {
  /** why it is shut, or null */
  shut: ComputedRef<Shut | null>;
  /** The same person has signed in: `session` is the new one. */
  open: (session: SessionRow) => void;
}
/** Call it before the store starts, so that a locked phone never shows what it keeps. */
export function useLock(session: SessionRow, store: Store, outbox: Outbox): Lock {
  const idle = useIdle((ruleOf('crew.idle_lock') ?? USUAL_IDLE_MIN) * 60_000);
  const shut = computed((): Shut | null => {
    if (store.connection.value === 'signed_out') return 'ended';
    return idle.locked.value ? 'idle' : null;
  });
  watch(shut, (why) => store.veil(why === null ? null : (state) => lockedView(state, session.user.id)), {
    immediate: true,
    // before anything is drawn of what has to go
    flush: 'sync',
  });
  return {
    shut,
    open: (fresh) => {
      if (fresh.user.id !== session.user.id || fresh.user.role !== 'crew' || fresh.mustEnrol) {
        location.assign('/crew');
        return;
      }
      idle.unlock();
      store.resume();
      void outbox.flush();
    },
  };
}
