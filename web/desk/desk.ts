/** What the parts of the desk share: the live picture, what is looked at, and what can be done. */
import {
  computed,
  type ComputedRef,
  inject,
  type InjectionKey,
  provide,
  type ShallowRef,
  shallowRef,
  watch,
} from 'vue';
import type { DispatchRow } from '../../shared/dispatches.ts';
import { type IncidentRow, readIncident } from '../../shared/incidents.ts';
import type { PatrolRow } from '../../shared/patrols.ts';
import { availability, freshness } from '../../shared/shelters.ts';
import { type AreaRow, listAreas } from '../../shared/stations.ts';
import type { SessionRow } from '../../shared/users.ts';
import { call } from '../live/call.ts';
import { serverNow } from '../live/clock.ts';
import { createOutbox, type Outbox } from '../live/outbox.ts';
import { createStore, type Store } from '../live/store.ts';
import { lastSign, type Signal, signalOf } from '../patrols/age.ts';
import { hoursOf } from '../shelters/hours.ts';
import type { ShelterLine } from '../shelters/ShelterList.vue';
import { useNow } from '../ui/ticking.ts';
import { type Cold, createCold } from './cold.ts';
import { type Limits, firstLimits, readLimits } from './limits.ts';

export interface Desk extends Cold {
  session: SessionRow;
  store: Store;
  outbox: Outbox;
  limits: Readonly<ShallowRef<Limits>>;
  /** null until they are here */
  areas: Readonly<ShallowRef<readonly AreaRow[] | null>>;
  incidents: ComputedRef<readonly IncidentRow[]>;
  patrols: ComputedRef<readonly PatrolRow[]>;
  shelters: ComputedRef<readonly ShelterLine[]>;
  /** running dispatches by incident and by patrol */
  dispatchesOf: (incidentId: string) => readonly DispatchRow[];
  dispatchOfPatrol: (patrolId: string) => DispatchRow | null;
  patrolName: (patrolId: string) => string | null;
  /** how a patrol is heard of now */
  signalOf: (patrol: PatrolRow) => Signal;
  /** when a patrol was last heard of, moving or not, epoch ms */
  heardAt: (patrolId: string) => number | null;
  /** not yet seen by any desk */
  unseen: ComputedRef<number>;
  selectedId: ShallowRef<string | null>;
  start: () => void;
  stop: () => void;
}
const KEY: InjectionKey<Desk> = Symbol('desk');

const grouped = (rows: readonly DispatchRow[], key: (row: DispatchRow) => string): Map<string, DispatchRow[]> => {
  const groups = new Map<string, DispatchRow[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
};

/** Makes the desk of one signed-in person and hands it to the components below. */
export function provideDesk(session: SessionRow): Desk {
  const store = createStore({ session });
  const outbox = createOutbox({ userId: session.user.id });
  const limits = shallowRef<Limits>(firstLimits(session.user.stationId));
  const areas = shallowRef<readonly AreaRow[] | null>(null);
  const { state } = store;
  // each table is its own computed, so that a change of one does not sort the others anew
  const dispatchTable = computed(() => state.value.dispatches);
  const dispatches = computed(() => Object.values(dispatchTable.value));
  const byIncident = computed(() => grouped(dispatches.value, (row) => row.incidentId));
  const byPatrol = computed(() => grouped(dispatches.value, (row) => row.patrolId));
  const incidentTable = computed(() => state.value.incidents);
  const patrolTable = computed(() => state.value.patrols);
  const shelterTable = computed(() => state.value.shelters);
  const holdTable = computed(() => state.value.holds);
  const stationTable = computed(() => state.value.stations);
  const activationTable = computed(() => state.value.activations);
  const incidents = computed(() => Object.values(incidentTable.value));
  const now = useNow(30_000);

  const desk: Desk = {
    session,
    store,
    outbox,
    limits,
    areas,
    ...createCold(state, limits, session.user.stationId),
    incidents,
    patrols: computed(() => Object.values(patrolTable.value)),
    shelters: computed(() => {
      const holds = Object.values(holdTable.value);
      const stations = stationTable.value;
      return Object.values(shelterTable.value).map((row) => ({
        row,
        beds: availability(
          row,
          holds.filter(({ shelterId }) => shelterId === row.id),
          now.value,
        ),
        freshness: freshness(new Date(row.countedAt), now.value, limits.value.count),
        hours: hoursOf({ stations, activations: activationTable.value }, row, now.value),
      }));
    }),
    dispatchesOf: (incidentId) => byIncident.value.get(incidentId) ?? [],
    dispatchOfPatrol: (patrolId) => byPatrol.value.get(patrolId)?.[0] ?? null,
    patrolName: (patrolId) => patrolTable.value[patrolId]?.name ?? null,
    signalOf: ({ num }) =>
      signalOf(store.positions.value.get(num), store.heard.value.get(num), serverNow().getTime(), {
        fresh: limits.value.fix.fresh,
        offline: limits.value.offlineS,
      }),
    heardAt: (patrolId) => {
      const num = patrolTable.value[patrolId]?.num ?? -1;
      return lastSign(store.positions.value.get(num), store.heard.value.get(num));
    },
    unseen: computed(() => incidents.value.filter(({ seenAt }) => seenAt === null).length),
    selectedId: shallowRef(null),
    start: () => {
      store.start();
      outbox.start();
      void readAround();
    },
    stop: () => {
      store.stop();
      outbox.stop();
    },
  };
  const readRules = async (): Promise<void> => {
    limits.value = await readLimits(session.user.stationId);
  };
  const readAround = async (): Promise<void> => {
    // the desk works without them: usual limits, no outlines
    const [, outlines] = await Promise.allSettled([readRules(), readAreas()]);
    areas.value = outlines.status === 'fulfilled' ? outlines.value : [];
  };
  // plans lay their rules over the station's, and take them away again
  const laid = computed(() =>
    Object.values(activationTable.value)
      .flatMap(({ steps }) =>
        steps.flatMap(({ id, kind, state: how }) => (kind === 'set_rules' ? [`${id} ${how}`] : [])),
      )
      .sort()
      .join(),
  );
  watch(laid, () => {
    readRules().catch(() => undefined);
  });
  provide(KEY, desk);
  return desk;
}

async function readAreas(): Promise<AreaRow[]> {
  const areas: AreaRow[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { items: AreaRow[]; nextCursor: string | null } = await call(listAreas, {
      query: { limit: '500', ...(cursor === '' ? {} : { cursor }) },
    });
    areas.push(...page.items);
    cursor = page.nextCursor;
  }
  return areas;
}

export function useDesk(): Desk {
  const desk = inject(KEY);
  if (!desk) throw new Error('a part of the desk stands outside the desk');
  return desk;
}

/** One incident with its story. */
export const readDetail = (id: string, signal: AbortSignal) => call(readIncident, { params: { id }, signal });
