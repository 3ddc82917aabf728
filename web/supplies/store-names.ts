/** What the places are called where stock lies. Depots and outings that have ended are not in the live picture: they are asked for. */
import { computed } from 'vue';
import { listPatrols } from '../../shared/patrols.ts';
import type { State } from '../../shared/state.ts';
import { listDepots } from '../../shared/supplies.ts';
import { call } from '../live/call.ts';
import { useFetched } from '../live/fetched.ts';
import { t } from '../ui/words.ts';
import type { StorePlace } from './movements.ts';

const MOST = { limit: '500' };

/** Names for those of `wanted`; a kind's own word while, or where, the name is not known. Ends with its scope. */
export function useStoreNames(picture: () => Pick<State, 'shelters' | 'patrols'>, wanted: () => readonly StorePlace[]) {
  const unknown = (kind: StorePlace['kind']): string =>
    wanted()
      .filter((place) => place.kind === kind && !(kind === 'patrol' && place.id in picture().patrols))
      .map(({ id }) => id)
      .sort()
      .join();
  const depots = useFetched(
    () => {
      const ids = unknown('depot');
      return ids === '' ? null : { subject: 'depots', stamp: ids };
    },
    async (_, signal) => (await call(listDepots, { query: MOST, signal })).items,
  );
  const ended = useFetched(
    () => {
      const ids = unknown('patrol');
      return ids === '' ? null : { subject: 'patrols', stamp: ids };
    },
    async (_, signal) => (await call(listPatrols, { query: { ...MOST, status: 'all' }, signal })).items,
  );
  const names = computed(
    () => new Map([...(depots.data.value ?? []), ...(ended.data.value ?? [])].map(({ id, name }) => [id, name])),
  );
  return {
    nameOf: ({ kind, id }: StorePlace): string => {
      const { shelters, patrols } = picture();
      return (shelters[id]?.name ?? patrols[id]?.name ?? names.value.get(id)) || t(`supplies.place.${kind}`);
    },
  };
}
