/** The round of the own outing: what is shown of it, and being noticed at its stops. */
import { computed, shallowRef, watch } from 'vue';
import { type FenceMemory, noFenceMemory, watchFences } from '../../shared/geofence.ts';
import type { RunRow } from '../../shared/rounds.ts';
import { say, sayProblem } from '../ui/toasts.ts';
import { t } from '../ui/words.ts';
import type { CrewPicture } from './crew.ts';

/** The crew has turned to the other things of the night; the round goes on all the same. */
const aside = shallowRef(false);

type Crew = Pick<CrewPicture, 'state' | 'patrol'>;
const runOf = ({ state, patrol }: Crew): RunRow | null =>
  Object.values(state.value.runs).find(({ patrolId, endedAt }) => patrolId === patrol.value?.id && endedAt === null) ??
  null;

/** The run of the own outing, and whether it is in front. */
export function useRound(crew: Crew) {
  const run = computed(() => runOf(crew));
  return {
    run,
    inFront: computed(() => run.value !== null && !aside.value),
    show: (): void => {
      aside.value = false;
    },
    leave: (): void => {
      aside.value = true;
    },
  };
}

/** Checks in at stops by the phone's own fixes, with or without a signal, whatever is on the screen; ends with its scope. */
export function useCheckIn(crew: Pick<CrewPicture, 'state' | 'patrol' | 'tracking' | 'now' | 'deeds'>): void {
  const { tracking, now, deeds } = crew;
  let memory: FenceMemory = noFenceMemory;
  let runId: string | null = null;
  watch([tracking.fix, now], () => {
    const run = runOf(crew);
    if (run?.id !== runId) memory = noFenceMemory;
    runId = run?.id ?? null;
    if (!run) return;
    const fix = tracking.fix.value;
    const step = watchFences(
      memory,
      // where the crew has said why it skips, its word stands until it says otherwise
      run.stops.filter(({ state }) => state === 'todo'),
      fix && { position: fix.position, accuracyM: fix.accuracyM, at: fix.at.getTime() },
      now.value.getTime(),
    );
    memory = step.memory;
    for (const { id, at } of step.arrivals) {
      const stop = run.stops.find((one) => one.id === id);
      if (!stop) continue;
      // being late in the outbox does not make it later: it happened then, but never before the round began
      deeds
        .visit(run, stop, { how: 'geofence', at: Math.max(at, Date.parse(run.startedAt)) })
        .then(() => say(t('crew.round.visited_toast', { name: stop.name })), sayProblem);
    }
  });
}
