/** Depots, the catalogue of items and what a patrol should have with it, as the admin page keeps them. */
import { createLoadList, listLoadLists, updateLoadList } from '../../shared/loads.ts';
import * as supplies from '../../shared/supplies.ts';
import type { Registry } from '../ui/registry.ts';

export const depots: Registry = {
  noun: 'depots',
  icon: 'store',
  list: supplies.listDepots,
  create: supplies.createDepot,
  update: supplies.updateDepot,
  fields: [
    { key: 'name', kind: 'text' },
    { key: 'stationId', kind: 'pick', from: 'stations' },
  ],
  columns: ['stationId'],
};

export const items: Registry = {
  noun: 'items',
  icon: 'task',
  list: supplies.listItems,
  create: supplies.createItem,
  update: supplies.updateItem,
  fields: [
    { key: 'name', kind: 'text' },
    { key: 'nameZh', kind: 'text' },
    { key: 'unit', kind: 'text' },
    { key: 'kind', kind: 'choice', word: 'item.kind.', begins: 'clothing' },
    { key: 'active', kind: 'check' },
  ],
  columns: ['nameZh', 'unit', 'kind'],
};

export const loadLists: Registry = {
  noun: 'load_lists',
  icon: 'note',
  list: listLoadLists,
  create: createLoadList,
  update: updateLoadList,
  fields: [
    { key: 'name', kind: 'text' },
    { key: 'stationId', kind: 'pick', from: 'stations' },
    { key: 'lines', kind: 'lines' },
    { key: 'active', kind: 'check' },
  ],
  columns: ['stationId', 'lines'],
};
