/** The round on the drawing board: stops in their order, each change of which can be taken back. */
import { computed, shallowRef } from 'vue';
import { type LonLat, point } from '../../shared/geo.ts';
import type { RoundRow } from '../../shared/rounds.ts';
import { t } from '../ui/words.ts';
import { reordered, shorterOrder, wayM } from './way.ts';

export interface DraftStop {
  id: string;
  /** '' : it is called by its place in the order */
  name: string;
  position: { type: 'Point'; coordinates: LonLat };
  /** metres; null: as usual at the station */
  radiusM: number | null;
  siteId: string | null;
}
/** Where a round can begin: an existing one, a file, or a choice of places. */
export interface DraftStart {
  round: RoundRow | null;
  name: string;
  stops: readonly DraftStop[];
  /** said above the map, e.g. what of a file was left out */
  notice: string;
}
export const MAX_STOPS = 200;

export const stopAt = (position: LonLat, name: string, siteId: string | null = null): DraftStop => ({
  id: crypto.randomUUID(),
  name: name.slice(0, 200),
  position: point(...position),
  radiusM: null,
  siteId,
});
/** What a stop is called. */
export const stopName = ({ name }: Pick<DraftStop, 'name'>, at: number): string =>
  name === '' ? t('round.stop.numbered', { number: at + 1 }) : name;
export const startOf = (round: RoundRow): DraftStart => ({ round, name: round.name, stops: round.stops, notice: '' });

export function useDraft(start: DraftStart) {
  const name = shallowRef(start.name);
  const note = shallowRef(start.round?.note ?? '');
  const stops = shallowRef<readonly DraftStop[]>(start.stops);
  const before = shallowRef<readonly (readonly DraftStop[])[]>([]);
  const put = (next: readonly DraftStop[]): void => {
    before.value = [...before.value, stops.value].slice(-100);
    stops.value = next;
  };
  const change = (id: string, what: Partial<DraftStop>): void =>
    put(stops.value.map((stop) => (stop.id === id ? { ...stop, ...what } : stop)));
  return {
    name,
    note,
    stops,
    lengthM: computed(() => wayM(stops.value.map(({ position }) => position.coordinates))),
    full: computed(() => stops.value.length >= MAX_STOPS),
    canUndo: computed(() => before.value.length > 0),
    undo: (): void => {
      const last = before.value.at(-1);
      if (!last) return;
      stops.value = last;
      before.value = before.value.slice(0, -1);
    },
    add: (position: LonLat, called = '', siteId: string | null = null): void => {
      if (stops.value.length < MAX_STOPS) put([...stops.value, stopAt(position, called, siteId)]);
    },
    move: (id: string, position: LonLat): void =>
      // moved by hand it is no longer where the known place is
      change(id, { position: point(...position), siteId: null }),
    change,
    remove: (id: string): void => put(stops.value.filter((stop) => stop.id !== id)),
    reorder: (from: number, to: number): void => {
      if (from !== to) put(reordered(stops.value, from, to));
    },
    shorten: (): void => put(shorterOrder(stops.value)),
  };
}
