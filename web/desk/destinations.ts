/** Where the palette can go: incidents by number, patrols, shelters and known places. */
import { placeWords } from '../incidents/sentence.ts';
import { t } from '../ui/words.ts';
import type { Desk } from './desk.ts';

/** Something to go to. `hint` says more than the name. */
export interface Destination {
  kind: 'incident' | 'patrol' | 'shelter' | 'site';
  id: string;
  name: string;
  hint: string;
}

export const destinationsOf = (desk: Desk): Destination[] => [
  ...desk.incidents.value.map((row) => ({
    kind: 'incident' as const,
    id: row.id,
    name: row.code,
    hint: placeWords(row),
  })),
  ...desk.patrols.value.map((row) => ({
    kind: 'patrol' as const,
    id: row.id,
    name: row.name,
    hint: t(`patrol.status.${row.status}`),
  })),
  ...desk.shelters.value.map(({ row, beds }) => ({
    kind: 'shelter' as const,
    id: row.id,
    name: row.name,
    hint: t('shelter.free_now', { count: beds.available.total }),
  })),
  ...Object.values(desk.store.state.value.sites).map(({ id, name }) => ({ kind: 'site' as const, id, name, hint: '' })),
];
