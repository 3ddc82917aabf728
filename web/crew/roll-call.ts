/** The own safety timer: counts down with or without a network, rings when it is due, and is answered with one press. */
import { computed, type Ref, shallowRef, watch } from 'vue';
import { raisePanic } from '../../shared/panics.ts';
import { answerRollCall, type PatrolRow } from '../../shared/patrols.ts';
import { outgoing } from '../live/call.ts';
import { clockOffsetMs, serverNow } from '../live/clock.ts';
import type { Outbox } from '../live/outbox.ts';
import { rollCallOf } from '../patrols/roll-call.ts';
import { ruleOf } from '../ui/boot.ts';
import { t } from '../ui/words.ts';
import { useAlarm } from '../ui/alarm.ts';

/** Where a page kept by an older edition was not told the rule. */
const USUAL_MIN = 20;

interface Options {
  patrol: Ref<PatrolRow | null>;
  outbox: Outbox;
  /** key of the outing's own start while that is on this phone only */
  beginning: () => string | null;
  now: Ref<Date>;
}

/** Ends with its scope. */
export function useRollCall({ patrol, outbox, beginning, now }: Options) {
  const everyMs = (ruleOf('roll_call.every') ?? USUAL_MIN) * 60_000;
  /** whatever the crew did is a sign that it is well; a call for help is not */
  const saidAt = shallowRef(-Infinity);
  watch(
    outbox.items,
    (items) => {
      const made = items
        .filter(({ endpointName }) => endpointName !== raisePanic.name)
        .map(({ madeAt }) => madeAt + clockOffsetMs());
      saidAt.value = Math.max(saidAt.value, ...made.filter((at) => at <= serverNow().getTime()));
    },
    { immediate: true, flush: 'sync' },
  );
  const timer = computed(() => rollCallOf(patrol.value, saidAt.value, everyMs, now.value.getTime()));
  const due = computed(() => timer.value.state === 'due');
  useAlarm(computed(() => (due.value ? `roll call ${String(timer.value.dueAt)}` : null)));

  const answer = async (): Promise<void> => {
    const own = patrol.value;
    if (!own) return;
    const at = serverNow();
    saidAt.value = Math.max(saidAt.value, at.getTime());
    await outbox.enqueue({
      ...outgoing(answerRollCall, { params: { id: own.id }, body: { at: at.toISOString() } }),
      endpointName: answerRollCall.name,
      expectId: own.id,
      label: t('roll_call.label'),
      lane: `roll-call:${own.id}`,
      after: beginning(),
    });
  };
  return { timer, due, everyMs, answer };
}
