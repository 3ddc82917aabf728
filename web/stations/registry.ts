/** Stations and the areas they answer for, as the admin page keeps them. */
import * as stationCalls from '../../shared/stations.ts';
import type { Registry } from '../ui/registry.ts';

export const stations: Registry = {
  noun: 'stations',
  icon: 'tree',
  list: stationCalls.listStations,
  create: stationCalls.createStation,
  update: stationCalls.updateStation,
  fields: [
    { key: 'name', kind: 'text' },
    { key: 'parentId', kind: 'pick', from: 'stations' },
    { key: 'timeZone', kind: 'zone' },
    { key: 'locale', kind: 'choice', word: 'locale.' },
    { key: 'areaCode', kind: 'text' },
  ],
  columns: ['timeZone', 'locale'],
};

export const areas: Registry = {
  noun: 'areas',
  icon: 'map',
  list: stationCalls.listAreas,
  create: null,
  update: stationCalls.updateArea,
  fields: [
    { key: 'name', kind: 'text' },
    { key: 'stationId', kind: 'pick', from: 'stations' },
  ],
  columns: ['stationId'],
};
