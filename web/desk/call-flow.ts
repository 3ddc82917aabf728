/** One call after the other at this browser: ringing, talking, saved; what was said reaches the outbox before the draft is forgotten. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import { type CallRow, listHotlines, recordCall } from '../../shared/calls.ts';
import { type Receipt, reportSighting } from '../../shared/sightings.ts';
import { listRules } from '../../shared/stations.ts';
import {
  type CallDraft,
  callOf,
  hasWords,
  keepDraft,
  lacksPlace,
  lastHotline,
  loadDraft,
  newDraft,
  rememberHotline,
  sightingOf,
} from '../calls/draft.ts';
import type { Line } from '../calls/line.ts';
import { call, outgoing } from '../live/call.ts';
import { serverNow } from '../live/clock.ts';
import { useFetched } from '../live/fetched.ts';
import { rulesAt } from '../stations/rules.ts';
import { say } from '../ui/toasts.ts';
import { t } from '../ui/words.ts';
import type { Desk } from './desk.ts';

interface Saved {
  draft: CallDraft;
  endedAt: string;
  /** null while the report waits for the network */
  receipt: Receipt | null;
}
/** How a call ends that brought no report. */
export type BareOutcome = Exclude<CallRow['outcome'], 'report'>;

/** What holds until the rules have come. */
const usual = { answer: 10, process: 60, danger: ['unresponsive', 'confused', 'injured'], radius: 250, window: 12 };

export function useCall(desk: Desk, line: Line | null) {
  const userId = desk.session.user.id;
  const kept = loadDraft(userId);
  // a call that one was in the middle of goes on; the one that rings meanwhile comes after it
  const goesOn = kept !== null && kept.answeredAt !== null;
  const draft = ref<CallDraft>(goesOn || (kept && !line) ? kept : newDraft(line, lastHotline()));
  const waiting = shallowRef<Line | null>(goesOn ? line : null);
  const saved = shallowRef<Saved | null>(null);
  const placeProblem = shallowRef('');
  let saving = false;
  const phase = computed(() => (saved.value ? 'saved' : draft.value.answeredAt === null ? 'ringing' : 'talking'));

  const hotlines = useFetched(
    () => ({ subject: 'hotlines', stamp: null }),
    async (_, signal) => (await call(listHotlines, { signal })).items,
  );
  // the only one there is needs no choosing
  watch(hotlines.data, (list) => {
    if (list?.length === 1 && draft.value.hotline === '') draft.value.hotline = list[0]?.code ?? '';
  });
  const rules = useFetched(
    () => ({ subject: 'rules', stamp: null }),
    async (_, signal) => (await call(listRules, { signal })).items,
  );
  const limits = computed(() => {
    const station = desk.store.state.value.stations[desk.session.user.stationId];
    const held = station && rules.data.value ? rulesAt(station, rules.data.value) : [];
    const value = <T>(key: string, otherwise: T): T =>
      (held.find((rule) => rule.key === key)?.row.value as T | undefined) ?? otherwise;
    return {
      answer: value('targets.answer_call', usual.answer),
      process: value('targets.process_call', usual.process),
      danger: value<readonly string[]>('signs.life_risk', usual.danger),
      radius: value('duplicates.radius', usual.radius),
      window: value('duplicates.window', usual.window),
    };
  });

  watch(draft, (now) => keepDraft(userId, now), { deep: true, immediate: true });
  watch(
    () => lacksPlace(draft.value),
    () => {
      placeProblem.value = '';
    },
  );
  const askBeforeLeaving = (event: BeforeUnloadEvent): void => {
    if (phase.value === 'talking') event.preventDefault();
  };
  window.addEventListener('beforeunload', askBeforeLeaving);
  const stopHearing = desk.outbox.onSent((item, reply) => {
    if (saved.value?.draft.sightingId === item.key) saved.value = { ...saved.value, receipt: reply as Receipt };
  });
  onScopeDispose(() => {
    window.removeEventListener('beforeunload', askBeforeLeaving);
    stopHearing();
  });

  const next = (): void => {
    saved.value = null;
    draft.value = newDraft(waiting.value, draft.value.hotline);
    waiting.value = null;
  };
  /** Report first, then the call that names it, in one lane: neither is lost when the other fails. */
  const record = async (outcome: CallRow['outcome'], at: Date): Promise<void> => {
    const lane = draft.value.callId;
    if (outcome === 'report')
      await desk.outbox.enqueue({
        ...outgoing(reportSighting, { body: sightingOf(draft.value, at) }),
        endpointName: reportSighting.name,
        label: t('call.label_report'),
        lane,
      });
    await desk.outbox.enqueue({
      ...outgoing(recordCall, { body: callOf(draft.value, outcome, at) }),
      endpointName: recordCall.name,
      label: t('call.label_call'),
      lane,
    });
    rememberHotline(draft.value.hotline);
  };
  /** One press, one record. */
  const once = async (work: (at: Date) => Promise<void>): Promise<void> => {
    if (saving || phase.value !== 'talking') return;
    saving = true;
    try {
      await work(serverNow());
    } finally {
      saving = false;
    }
  };

  return {
    draft,
    waiting,
    saved,
    phase,
    limits,
    hotlines: hotlines.data,
    placeProblem,
    dirty: computed(() => hasWords(draft.value)),
    rings: () => {
      draft.value.rangAt ??= serverNow().toISOString();
    },
    answer: () => {
      draft.value.answeredAt ??= serverNow().toISOString();
    },
    /** False when something is missing, which is then said. */
    save: async (): Promise<boolean> => {
      if (lacksPlace(draft.value)) {
        placeProblem.value = t('call.place_missing');
        return false;
      }
      await once(async (at) => {
        // shown at once: the answer may be quicker than the next line
        saved.value = {
          draft: JSON.parse(JSON.stringify(draft.value)) as CallDraft,
          endedAt: at.toISOString(),
          receipt: null,
        };
        await record('report', at);
        keepDraft(userId, null);
      });
      return true;
    },
    end: (outcome: BareOutcome) =>
      once(async (at) => {
        await record(outcome, at);
        say(t('call.recorded', { outcome: t(`call.outcome.${outcome}`) }));
        next();
      }),
    next,
  };
}
