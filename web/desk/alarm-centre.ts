/** The desk's alarms as they live on the page: judged about once a second, sounded, heard and put to rest. */
import { computed, type ComputedRef, onScopeDispose, type ShallowRef, shallowRef, watch } from 'vue';
import { checksFor } from '../duty/prompts.ts';
import { serverNow } from '../live/clock.ts';
import { useNow } from '../ui/ticking.ts';
import {
  type AlarmGroup,
  type AlarmKind,
  alarmsOf,
  groupsOf,
  type Heard,
  keepHeard,
  keepRests,
  type Rests,
  ring,
  type Rings,
} from './alarms.ts';
import type { Desk } from './desk.ts';
import type { Sound } from './sound.ts';

export interface AlarmCentre {
  groups: Readonly<ShallowRef<readonly AlarmGroup[]>>;
  /** how many alarms nobody has said to have heard */
  loud: ComputedRef<number>;
  /** Says that these were heard: they stay in sight and are quiet until they grow worse. Without a kind: all. */
  hear: (kind?: AlarmKind) => void;
}
const JUDGE_MS = 1000;

export function useAlarms(desk: Desk, sound: Sound): AlarmCentre {
  const { state, connection, ready } = desk.store;
  const groups = shallowRef<readonly AlarmGroup[]>([]);
  const now = useNow(JUDGE_MS * 2);
  let lostAt: number | null = null;
  let rests: Rests = new Map();
  let heard: Heard = new Map();
  let rings: Rings = new Map();
  let alarms: ReturnType<typeof alarmsOf> = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const show = (): void => {
    const next = groupsOf(alarms, rests, heard);
    // the same picture is not drawn twice
    if (JSON.stringify(next) !== JSON.stringify(groups.value)) groups.value = next;
  };
  const judge = (): void => {
    timer = undefined;
    if (!ready.value) return;
    const at = serverNow().getTime();
    const { incidents, dispatches, tasks, patrols, panics, plans, activations } = state.value;
    const { user } = desk.session;
    const rows = Object.values(incidents);
    const { seenS, dangerMin, offlineS } = desk.limits.value;
    alarms = alarmsOf({
      now: at,
      incidents: rows,
      dispatches: Object.values(dispatches),
      tasks: Object.values(tasks),
      panics: Object.values(panics),
      patrols: Object.values(patrols),
      plans: Object.values(plans),
      activations: Object.values(activations),
      checks: checksFor(state.value, { userId: user.id, stationId: user.stationId, role: user.role, patrolId: null }),
      lostAt,
      coldOf: desk.coldOf,
      heardAt: desk.heardAt,
      limits: { seenS, dangerMin, offlineS },
    });
    rests = keepRests(rests, alarms, rows, at);
    heard = keepHeard(heard, alarms);
    show();
    const { rings: next, sounds } = ring(groups.value, rings, at);
    // what was not heard because the browser let nothing sound is tried again
    if (sounds.length === 0 || sound.ready()) rings = next;
    for (const [order, { loudness }] of sounds.entries()) sound.alarm(loudness, order);
  };
  watch(
    connection,
    (is) => {
      if (is === 'live') lostAt = null;
      else if (ready.value) lostAt ??= serverNow().getTime();
    },
    { immediate: true },
  );
  watch([now, state, connection], () => {
    timer ??= setTimeout(judge, JUDGE_MS / 2);
  });
  onScopeDispose(() => clearTimeout(timer));
  return {
    groups,
    loud: computed(() => groups.value.filter(({ loud }) => loud).reduce((sum, { alarms: all }) => sum + all.length, 0)),
    hear: (kind) => {
      const next = new Map(heard);
      for (const group of groups.value)
        if (kind === undefined || group.kind === kind) for (const { id, level } of group.alarms) next.set(id, level);
      heard = next;
      show();
    },
  };
}
