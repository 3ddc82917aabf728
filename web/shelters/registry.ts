/** Warm places and stations with beds, as the admin page keeps them. */
import { createShelter, listShelters, updateShelter } from '../../shared/shelters.ts';
import type { Registry } from '../ui/registry.ts';

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
    { key: 'capacity', kind: 'counts', word: 'bed.' },
    { key: 'address', kind: 'text' },
    { key: 'position', kind: 'point' },
    { key: 'confidential', kind: 'check' },
    { key: 'phone', kind: 'text' },
    { key: 'hours', kind: 'text' },
    { key: 'features', kind: 'tags' },
    { key: 'stationId', kind: 'pick', from: 'stations' },
  ],
  columns: ['kind', 'status', 'capacity', 'hours', 'confidential', 'stationId'],
};
