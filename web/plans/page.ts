/** What the parts of the page share: the live picture, the plans in sight, and what whoever is signed in may do. */
import { computed, type ComputedRef, inject, type InjectionKey, provide, type ShallowRef } from 'vue';
import type { Endpoint } from '../../shared/contract.ts';
import { activatePlan, type ActivationRow, listPlans, type PlanRow } from '../../shared/plans.ts';
import type { SessionRow } from '../../shared/users.ts';
import { outgoing, send } from '../live/call.ts';
import { type Fetched, useFetched } from '../live/fetched.ts';
import { mayCall } from '../live/may.ts';
import { provideStore } from '../live/provided.ts';
import { createStore, type Store } from '../live/store.ts';
import { boot } from '../ui/boot.ts';
import { useNow } from '../ui/ticking.ts';
import { hasWord, t } from '../ui/words.ts';
import type { Speech } from './sentence.ts';

/** The page's language. */
export const speech: Speech = { locale: boot.locale, t, has: hasWord };

/** What is ordered: at least a level, at most a level, or that the rules decide again. */
export type OrderKind = 'activate' | 'stand_down' | 'lift';
export interface PlansPage {
  session: SessionRow;
  store: Store;
  /** with their rules; where they stand is the live picture's */
  plans: ComputedRef<readonly PlanRow[] | null>;
  fetched: Fetched<readonly PlanRow[]>;
  activations: ComputedRef<readonly ActivationRow[]>;
  /** orders and edits */
  leads: boolean;
  stationName: (id: string) => string;
  now: Readonly<ShallowRef<Date>>;
}
const KEY: InjectionKey<PlansPage> = Symbol('plans');

/** Every row of a list, page by page. */
export async function everyRow<T>(
  endpoint: Endpoint,
  signal?: AbortSignal,
  input: Record<string, unknown> = {},
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const query: Record<string, unknown> = { limit: '500', ...input, ...(cursor === null ? {} : { cursor }) };
    const { body } = await send(outgoing(endpoint, { query }), signal);
    const page = body as { items: T[]; nextCursor: string | null };
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all;
}

/** Makes the page's part of one signed-in person and hands it to the components below. */
export function providePage(session: SessionRow): PlansPage {
  const store = createStore({ session });
  provideStore(store);
  const { state, ready } = store;
  const live = computed(() => state.value.plans);
  const fetched = useFetched(
    () =>
      ready.value
        ? {
            subject: 'plans',
            stamp: Object.values(live.value)
              .map(({ id, version }) => `${id} ${String(version)}`)
              .sort()
              .join(),
          }
        : null,
    (_, signal) => everyRow<PlanRow>(listPlans, signal),
  );
  const page: PlansPage = {
    session,
    store,
    fetched,
    plans: computed(
      () =>
        fetched.data.value
          ?.map((row) => ({ ...row, ...live.value[row.id] }))
          .toSorted((a, b) => Number(b.active) - Number(a.active) || (a.name < b.name ? -1 : 1)) ?? null,
    ),
    activations: computed(() => Object.values(state.value.activations)),
    leads: mayCall(activatePlan),
    stationName: (id) => state.value.stations[id]?.name ?? '',
    now: useNow(),
  };
  provide(KEY, page);
  return page;
}
export function usePage(): PlansPage {
  const page = inject(KEY);
  if (!page) throw new Error('no page above');
  return page;
}
