/** What every part of the crew's page shares: own outing, own job, what waits to be sent. */
import { computed, inject, type InjectionKey, onScopeDispose, provide, shallowRef, watch } from 'vue';
import { type DispatchRow, isEnded } from '../../shared/dispatches.ts';
import type { LonLat } from '../../shared/geo.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import type { PatrolRow } from '../../shared/patrols.ts';
import type { HoldRow } from '../../shared/shelters.ts';
import type { SessionRow } from '../../shared/users.ts';
import { type ShownStep, useSteps } from '../dispatches/steps.ts';
import { useRecorded } from '../encounters/recorded.ts';
import { createOutbox } from '../live/outbox.ts';
import { createStore } from '../live/store.ts';
import { useNow } from '../ui/ticking.ts';
import { useTracking } from './tracking.ts';

export interface Job extends ShownStep {
  row: DispatchRow;
  /** missing for the moment between two facts, or when the incident is not in the own picture */
  incident: IncidentRow | null;
}
/** A job that ended without us. */
export interface Ended {
  id: string;
  recalled: boolean;
  place: string | null;
}

/** Builds it inside the root component's setup; everything ends with that component. */
export function provideCrew(session: SessionRow) {
  const store = createStore({ session, keep: true });
  const outbox = createOutbox({ userId: session.user.id });
  const now = useNow(1000);
  const steps = useSteps(outbox);
  const recorded = useRecorded();
  /** the newest answer about the own outing, until the store has it */
  const answered = shallowRef<PatrolRow | null>(null);

  const patrol = computed((): PatrolRow | null => {
    const all = Object.values(store.state.value.patrols);
    const known =
      all.find(({ crew }) => crew.includes(session.user.id)) ?? all.find(({ id }) => id === session.patrolId) ?? null;
    const told = answered.value;
    if (told === null) return known;
    if (known === null || (known.id === told.id && known.version < told.version))
      return told.status === 'ended' ? null : told;
    return known;
  });
  const patrolId = computed(() => patrol.value?.id ?? null);
  const tracking = useTracking(patrolId, now);

  const ownRows = computed(() =>
    Object.values(store.state.value.dispatches).filter((row) => row.patrolId === patrolId.value),
  );
  const jobs = computed((): Job[] =>
    ownRows.value
      .map((row) => ({ row, incident: store.state.value.incidents[row.incidentId] ?? null, ...steps.shown(row) }))
      .filter(({ status }) => !isEnded(status))
      // what is begun comes before what is new
      .sort(
        (a, b) =>
          Number(a.status === 'dispatched') - Number(b.status === 'dispatched') ||
          a.row.dispatchedAt.localeCompare(b.row.dispatchedAt),
      ),
  );

  const ended = shallowRef<readonly Ended[]>([]);
  const recalled = shallowRef<ReadonlySet<string>>(new Set());
  /** jobs ended by this phone: they leave without a word */
  const finished = new Set<string>();
  onScopeDispose(
    store.onChange(({ payload }) => {
      for (const row of payload.dispatches ?? [])
        if (row.status === 'recalled') recalled.value = new Set(recalled.value).add(row.id);
    }),
  );
  watch(jobs, (next, before) => {
    const still = new Set(next.map(({ row }) => row.id));
    const gone = before.filter(
      ({ row }) => !still.has(row.id) && !store.state.value.dispatches[row.id] && !finished.has(row.id),
    );
    if (gone.length > 0)
      ended.value = [
        ...ended.value,
        ...gone.map(({ row, incident }) => ({
          id: row.id,
          recalled: recalled.value.has(row.id),
          place: incident?.placeText ?? incident?.code ?? null,
        })),
      ];
  });
  watch(ownRows, (rows) => {
    if (store.connection.value === 'live') recorded.keepOnly(rows.map(({ id }) => id));
  });

  /** beds kept for a job; the newest first */
  const holdOf = (dispatchId: string): HoldRow | null =>
    Object.values(store.state.value.holds)
      .filter((hold) => hold.dispatchId === dispatchId)
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt))[0] ?? null;

  /** where we are now, when a fix of the last five minutes says so */
  const here = computed((): LonLat | null => {
    const fix = tracking.fix.value;
    return fix && now.value.getTime() - fix.at.getTime() < 300_000 ? fix.position : null;
  });

  store.start();
  outbox.start();
  onScopeDispose(() => {
    store.stop();
    outbox.stop();
  });
  const crew = {
    session,
    store,
    outbox,
    now,
    steps,
    recorded,
    answered,
    patrol,
    tracking,
    jobs,
    ended,
    recalled,
    finished,
    holdOf,
    here,
  };
  provide(key, crew);
  return crew;
}
export type CrewPicture = ReturnType<typeof provideCrew>;
const key: InjectionKey<CrewPicture> = Symbol('crew');

export function useCrew(): CrewPicture {
  const crew = inject(key);
  if (!crew) throw new Error('only inside the crew page');
  return crew;
}
