/** Warm places and stations with beds, as the admin page keeps them. */
import {
  bedKinds,
  type Beds,
  createShelter,
  listShelters,
  type ShelterView,
  updateShelter,
} from '../../shared/shelters.ts';
import type { Registry, Row } from '../ui/registry.ts';

/** Beds that are always there: what is answered has those of the surge in it while they are open. */
function bedsOf(row: Row): Beds {
  const { capacity, surgeBeds, surgeOpen } = row as unknown as ShelterView;
  const beds = { ...capacity };
  if (surgeOpen) for (const kind of bedKinds) beds[kind] -= surgeBeds[kind];
  return beds;
}

export const shelters: Registry = {
  noun: 'shelters',
  icon: 'bed',
  list: listShelters,
  create: createShelter,
  update: updateShelter,
  fields: [
    { key: 'name', kind: 'text' },
    { key: 'kind', kind: 'choice', word: 'shelter.kind.', begins: 'warm_place' },
    { key: 'status', kind: 'choice', word: 'shelter.status.', begins: 'open' },
    { key: 'capacity', kind: 'counts', word: 'bed.', of: bedsOf },
    { key: 'surge', kind: 'counts', word: 'bed.', of: (row) => row['surgeBeds'] },
    { key: 'seats', kind: 'counts', word: 'bed.', of: (row) => (row as unknown as ShelterView).seats.capacity },
    { key: 'address', kind: 'text' },
    { key: 'position', kind: 'point' },
    { key: 'confidential', kind: 'check' },
    { key: 'opening', kind: 'opening' },
    { key: 'hours', kind: 'text' },
    { key: 'phone', kind: 'text' },
    { key: 'contact', kind: 'text' },
    { key: 'operator', kind: 'text' },
    { key: 'features', kind: 'choices', word: 'feature.' },
    { key: 'about', kind: 'long' },
    { key: 'stationId', kind: 'pick', from: 'stations' },
  ],
  columns: ['kind', 'status', 'capacity', 'seats', 'hours', 'operator', 'confidential', 'stationId'],
};
