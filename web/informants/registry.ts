/** Registered reporters, as the admin page keeps them. */
import { createInformant, listInformants, updateInformant } from '../../shared/informants.ts';
import type { Registry } from '../ui/registry.ts';

export const informants: Registry = {
  noun: 'informants',
  icon: 'phone',
  list: listInformants,
  create: createInformant,
  update: updateInformant,
  fields: [
    { key: 'label', kind: 'text' },
    { key: 'organisation', kind: 'text' },
    { key: 'source', kind: 'choice', word: 'source.', begins: 'sanitation' },
    { key: 'placeText', kind: 'text' },
    { key: 'place', kind: 'point' },
    { key: 'code', kind: 'text' },
    { key: 'stationId', kind: 'pick', from: 'stations' },
    { key: 'active', kind: 'check' },
  ],
  columns: ['code', 'source', 'placeText', 'stationId'],
};
