/** The crew's call for help: on its way from the first press, ahead of everything, and honest about who has heard it. */
import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { point } from '../../shared/geo.ts';
import { type PanicRow, raisePanic, updatePanic } from '../../shared/panics.ts';
import type { PatrolRow } from '../../shared/patrols.ts';
import type { State } from '../../shared/state.ts';
import { call, CallProblem, outgoing } from '../live/call.ts';
import { clockState, serverNow } from '../live/clock.ts';
import type { Outbox } from '../live/outbox.ts';
import type { Store } from '../live/store.ts';
import { t } from '../ui/words.ts';
import type { OwnFix } from './tracking.ts';

const AGAIN_MS = 3000;
const LANE = 'panic';

/** How far the own call has come; `at` is when it was pressed, `seenAt` when the desk took it on. */
export interface OwnPanic {
  id: string;
  stage: 'sending' | 'sent' | 'seen';
  at: string;
  seenAt: string | null;
}
interface Options {
  userId: string;
  patrol: Ref<PatrolRow | null>;
  state: Ref<State>;
  store: Store;
  outbox: Outbox;
  /** key of the outing's own start while that is on this phone only: no server knows whose call it is */
  beginning: () => string | null;
  fix: Ref<OwnFix | null>;
}

/** Ends with its scope; what was pressed is in the outbox and goes on from there. */
export function usePanic({ userId, patrol, state, store, outbox, beginning, fix }: Options) {
  /** what the server answered, until the picture has it */
  const answered = shallowRef<PanicRow | null>(null);
  /** those the crew itself has ended */
  const over = shallowRef<ReadonlySet<string>>(new Set());
  /** ended by the desk, until somebody of the crew has read it */
  const endedByDesk = shallowRef<PanicRow | null>(null);

  const waiting = computed(() => outbox.items.value.find(({ endpointName }) => endpointName === raisePanic.name));
  const ofUs = (row: PanicRow): boolean => row.userId === userId || row.patrolId === patrol.value?.id;
  const known = computed((): PanicRow | null => {
    const rows = Object.values(state.value.panics).filter((row) => ofUs(row) && !over.value.has(row.id));
    const told = answered.value;
    return rows.sort((a, b) => b.at.localeCompare(a.at))[0] ?? (told && !over.value.has(told.id) ? told : null);
  });
  const own = computed((): OwnPanic | null => {
    const row = known.value;
    if (row)
      return {
        id: row.id,
        stage: row.acknowledgedAt === null ? 'sent' : 'seen',
        at: row.at,
        seenAt: row.acknowledgedAt,
      };
    const item = waiting.value;
    if (!item || over.value.has(item.key)) return null;
    return {
      id: item.key,
      stage: 'sending',
      at: new Date(item.madeAt + clockState().offsetMs).toISOString(),
      seenAt: null,
    };
  });

  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  /** Beside the outbox, which may be busy with a photo: the same id, so whichever arrives first is the one. */
  const insist = async (): Promise<void> => {
    clearTimeout(timer);
    const item = waiting.value;
    if (stopped || item?.state !== 'waiting' || beginning() !== null) return;
    try {
      answered.value = await call(raisePanic, { body: item.body as never });
      await outbox.discard(item.key);
      void store.catchUp();
    } catch (error) {
      // refused for good: the outbox says so
      if (error instanceof CallProblem && error.status < 500 && error.status !== 429) return;
      timer = setTimeout(() => void insist(), AGAIN_MS);
    }
  };
  // also what an earlier life of the app has left
  watch([() => waiting.value?.key, beginning], () => void insist(), { immediate: true });
  const nudge = (): void => void insist();
  window.addEventListener('online', nudge);
  onScopeDispose(() => {
    stopped = true;
    clearTimeout(timer);
    window.removeEventListener('online', nudge);
  });
  onScopeDispose(
    outbox.onSent(({ endpointName }, reply) => {
      if (endpointName === raisePanic.name) answered.value = reply as PanicRow;
    }),
  );
  onScopeDispose(
    store.onChange(({ payload }) => {
      for (const row of payload.panics ?? []) {
        if (answered.value?.id === row.id) answered.value = row.endedAt === null ? row : null;
        if (ofUs(row) && row.endedAt !== null && row.endReason !== null) endedByDesk.value = row;
      }
    }),
  );

  const raise = async (): Promise<void> => {
    const out = patrol.value;
    if (!out || own.value !== null) return;
    endedByDesk.value = null;
    const here = fix.value;
    const body = {
      id: crypto.randomUUID(),
      patrolId: out.id,
      ...(here ? { position: point(...here.position), accuracyM: Math.min(100_000, Math.round(here.accuracyM)) } : {}),
      // a clock that nobody has measured says nothing: then it counts from when it arrives
      ...(clockState().certain ? { at: serverNow().toISOString() } : {}),
    };
    await outbox.enqueue({
      ...outgoing(raisePanic, { body }),
      endpointName: raisePanic.name,
      label: t('panic.label'),
      lane: LANE,
      after: beginning(),
      // as it is: it is sent twice at once
      times: [],
    });
  };
  const safe = async (): Promise<void> => {
    const panic = own.value;
    if (!panic) return;
    over.value = new Set(over.value).add(panic.id);
    await outbox.enqueue({
      ...outgoing(updatePanic, { params: { id: panic.id }, body: { status: 'ended' } }),
      endpointName: updatePanic.name,
      expectId: panic.id,
      label: t('panic.safe_label'),
      lane: LANE,
    });
  };
  /** of other crews on shift near by */
  const others = computed(() => Object.values(state.value.panics).filter((row) => !ofUs(row)));
  return {
    own,
    raise,
    safe,
    others,
    endedByDesk,
    understood: () => {
      endedByDesk.value = null;
    },
  };
}
