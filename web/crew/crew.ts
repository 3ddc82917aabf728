/** What every part of the crew's page shares: own outing, own job, what waits to be sent. */
import { computed, inject, type InjectionKey, onScopeDispose, provide, watch } from 'vue';
import type { DispatchRow, DispatchStatus } from '../../shared/dispatches.ts';
import type { LonLat } from '../../shared/geo.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import type { PatrolRow, VehicleRow } from '../../shared/patrols.ts';
import { holdBed, type HoldRow } from '../../shared/shelters.ts';
import type { SessionRow } from '../../shared/users.ts';
import { useSteps } from '../dispatches/steps.ts';
import { useRecorded } from '../encounters/recorded.ts';
import { createDrafts } from '../live/drafts.ts';
import { createOutbox } from '../live/outbox.ts';
import { createStore } from '../live/store.ts';
import { tonightsWork } from '../live/tonight.ts';
import { sameChoice } from '../shelters/choice.ts';
import { useNow } from '../ui/ticking.ts';
import { createDeeds } from './deeds.ts';
import { useEnded } from './ended.ts';
import { useLock } from './lock.ts';
import { usePicture } from './picture.ts';
import { remembered } from './remembered.ts';
import { useTracking } from './tracking.ts';

export interface Job {
  row: DispatchRow;
  /** with the steps made here folded in */
  status: DispatchStatus;
  /** the newest step is still on this phone */
  waiting: boolean;
  /** missing for the moment between two facts, or when the incident is not in the own picture */
  incident: IncidentRow | null;
}

/** Builds it inside the root component's setup; everything ends with that component. */
export function provideCrew(session: SessionRow) {
  const store = createStore({ session, keep: (state) => tonightsWork(state, session.user.id) });
  const outbox = createOutbox({ userId: session.user.id });
  const lock = useLock(session, store, outbox);
  const drafts = createDrafts({ userId: session.user.id });
  const now = useNow(1000);
  const steps = useSteps(outbox);
  const deeds = createDeeds(outbox);
  const recorded = useRecorded();
  const { state, waits } = usePicture(store, outbox, {
    userId: session.user.id,
    stationId: session.user.stationId,
    vehicleName: (id) => remembered<VehicleRow>('vehicles')?.find((vehicle) => vehicle.id === id)?.name ?? null,
  });

  const patrol = computed((): PatrolRow | null => {
    const all = Object.values(state.value.patrols);
    return (
      all.find(({ crew }) => crew.includes(session.user.id)) ?? all.find(({ id }) => id === session.patrolId) ?? null
    );
  });
  const patrolId = computed(() => patrol.value?.id ?? null);
  const known = (): boolean => (patrol.value?.version ?? 0) > 0;
  const tracking = useTracking({ userId: session.user.id, patrolId, known, now });

  const ownRows = computed(() =>
    Object.values(state.value.dispatches).filter((row) => row.patrolId === patrolId.value),
  );
  const jobs = computed((): Job[] =>
    ownRows.value
      .map((row) => ({
        row,
        incident: state.value.incidents[row.incidentId] ?? null,
        status: row.status,
        waiting: waits(row.id),
      }))
      // what is begun comes before what is new
      .sort(
        (a, b) =>
          Number(a.status === 'dispatched') - Number(b.status === 'dispatched') ||
          a.row.dispatchedAt.localeCompare(b.row.dispatchedAt),
      ),
  );

  const { ended, finished, recalled, forget, blind, open } = useEnded(store, session.user.id);
  watch(
    lock.shut,
    (why) => {
      if (why !== null) blind();
    },
    { flush: 'sync' },
  );
  watch(ownRows, (rows) => {
    if (store.connection.value === 'live') recorded.keepOnly([...rows.map(({ id }) => id), ...open()]);
  });

  /** places kept for a job, the newest first; those of several kinds in one house are told as one */
  function holdsOf(dispatchId: string): HoldRow[] {
    const houses = new Map<string, HoldRow>();
    const held = Object.values(state.value.holds)
      .filter((hold) => hold.dispatchId === dispatchId)
      .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
    for (const hold of held) {
      const newer = houses.get(hold.shelterId);
      if (!newer) houses.set(hold.shelterId, hold);
      // of another choice it is being given back
      else if (sameChoice(newer.id, hold.id))
        houses.set(hold.shelterId, { ...newer, people: newer.people + hold.people });
    }
    return [...houses.values()];
  }
  const holdOf = (dispatchId: string): HoldRow | null => holdsOf(dispatchId)[0] ?? null;

  // what was kept before is given back once all of another choice is there, and not a moment earlier
  onScopeDispose(
    outbox.onSent(({ endpointName }, reply) => {
      if (endpointName !== holdBed.name) return;
      const kept = reply as HoldRow;
      const job = ownRows.value.find(({ id }) => id === kept.dispatchId);
      if (!job) return;
      const another = (id: string): boolean => id !== kept.id && sameChoice(id, kept.id);
      if (outbox.items.value.some((item) => item.endpointName === holdBed.name && another(item.key))) return;
      for (const other of Object.values(store.state.value.holds))
        if (other.dispatchId === job.id && !sameChoice(other.id, kept.id) && other.createdAt <= kept.createdAt)
          void deeds.release(job, other);
    }),
  );

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
    drafts,
    lock,
    now,
    /** the picture with what was done here folded in; `waits` tells which rows are so on this phone only */
    state,
    waits,
    steps,
    deeds,
    recorded,
    patrol,
    tracking,
    jobs,
    ended,
    recalled,
    forget,
    finished,
    holdsOf,
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
