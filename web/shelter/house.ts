/** One house as its staff see it: the row, its beds by the clock, who is on the way and who is in. */
import { computed, type Ref } from 'vue';
import { listRules } from '../../shared/stations.ts';
import { availability, freshness, type HoldRow, type ShelterRow } from '../../shared/shelters.ts';
import type { StayRow } from '../../shared/stays.ts';
import { call } from '../live/call.ts';
import { useFetched } from '../live/fetched.ts';
import type { Store } from '../live/store.ts';

/** Field default (rules `shelters.fresh`, `shelters.stale`) until the station's own are here. */
const DEFAULT_LIMITS_H = { fresh: 2, stale: 8 };

export function useHouse(store: Store, id: Ref<string | null>, now: Ref<Date>) {
  const row = computed((): ShelterRow | null =>
    id.value === null ? null : (store.state.value.shelters[id.value] ?? null),
  );
  const holds = computed((): HoldRow[] =>
    Object.values(store.state.value.holds)
      .filter(({ shelterId }) => shelterId === id.value)
      .sort((a, b) => a.expiresAt.localeCompare(b.expiresAt)),
  );
  const stays = computed((): StayRow[] =>
    Object.values(store.state.value.stays)
      .filter(({ shelterId }) => shelterId === id.value)
      .sort((a, b) => b.arrivedAt.localeCompare(a.arrivedAt)),
  );
  const stock = computed(() =>
    Object.values(store.state.value.stock).filter(({ place }) => place.kind === 'shelter' && place.id === id.value),
  );
  const beds = computed(() => (row.value ? availability(row.value, holds.value, now.value) : null));

  const rules = useFetched(
    () => ({ subject: 'rules', stamp: null }),
    (_, signal) => call(listRules, { signal }),
  );
  const limitsH = computed(() => {
    const path = store.state.value.stations[row.value?.stationId ?? '']?.path ?? [];
    const rank = (stationId: string | null): number => (stationId === null ? 0 : path.indexOf(stationId) + 1);
    const hours = (key: string, otherwise: number): number => {
      const found = (rules.data.value?.items ?? []).filter(
        (rule) => rule.key === key && (rule.stationId === null || path.includes(rule.stationId)),
      );
      const nearest = found.sort((a, b) => rank(b.stationId) - rank(a.stationId))[0]?.value;
      return typeof nearest === 'number' ? nearest : otherwise;
    };
    return {
      fresh: hours('shelters.fresh', DEFAULT_LIMITS_H.fresh),
      stale: hours('shelters.stale', DEFAULT_LIMITS_H.stale),
    };
  });
  const counted = computed(() =>
    row.value ? freshness(new Date(row.value.countedAt), now.value, limitsH.value) : null,
  );
  return { row, holds, stays, stock, beds, counted };
}
