/** One house as its staff see it: the row, its places by the clock, who is on the way and who is in. */
import { computed, type Ref } from 'vue';
import type { OpenState } from '../../shared/opening.ts';
import type { Freshness, HoldRow, Places, ShelterRow } from '../../shared/shelters.ts';
import { type Availability, availability, freshness } from '../../shared/shelters.ts';
import type { StayRow } from '../../shared/stays.ts';
import type { Store } from '../live/store.ts';
import { hoursOf } from '../shelters/hours.ts';
import { ruleOf } from '../ui/boot.ts';

/** A house and what follows from it now. */
export interface HouseNow {
  row: ShelterRow;
  places: Availability;
  hours: OpenState;
  freshness: Freshness;
  /** places kept for somebody, the next to run out first; those that ran out stay until the service has said so */
  holds: readonly HoldRow[];
  /** newest first */
  stays: readonly StayRow[];
  /** people checked in, beds and seats together */
  people: number;
}

/** Whether a house has places of a unit at all: a warm hall may have seats alone. */
export const anyOf = ({ capacity, occupied, held }: Places): boolean => capacity.total + occupied + held > 0;

/** Hours, told to the page at its start; the page is never kept by the browser, so they are always there. */
function hoursRule(key: 'shelters.fresh' | 'shelters.stale'): number {
  const hours = ruleOf(key);
  if (hours === undefined) throw new Error(`the rule ${key} is not told`);
  return hours;
}

export function useHouse(store: Store, id: Ref<string>, now: Ref<Date>) {
  const { state } = store;
  const limitsH = { fresh: hoursRule('shelters.fresh'), stale: hoursRule('shelters.stale') };
  const row = computed(() => state.value.shelters[id.value] ?? null);
  const holds = computed(() =>
    Object.values(state.value.holds)
      .filter(({ shelterId }) => shelterId === id.value)
      .sort((a, b) => a.expiresAt.localeCompare(b.expiresAt)),
  );
  const stays = computed(() =>
    Object.values(state.value.stays)
      .filter(({ shelterId }) => shelterId === id.value)
      .sort((a, b) => b.arrivedAt.localeCompare(a.arrivedAt)),
  );
  const house = computed((): HouseNow | null =>
    row.value === null
      ? null
      : {
          row: row.value,
          places: availability(row.value, holds.value, now.value),
          hours: hoursOf(state.value, row.value, now.value),
          freshness: freshness(new Date(row.value.countedAt), now.value, limitsH),
          holds: holds.value,
          stays: stays.value,
          people: stays.value.reduce((sum, stay) => sum + stay.people, 0),
        },
  );
  const stock = computed(() =>
    Object.values(state.value.stock).filter(({ place }) => place.kind === 'shelter' && place.id === id.value),
  );
  return { house, stock };
}
