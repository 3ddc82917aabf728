/** Vehicles and tracking devices, as the admin page keeps them. */
import * as patrols from '../../shared/patrols.ts';
import type { Registry } from '../ui/registry.ts';

export const vehicles: Registry = {
  noun: 'vehicles',
  icon: 'car',
  list: patrols.listVehicles,
  create: patrols.createVehicle,
  update: patrols.updateVehicle,
  fields: [
    { key: 'name', kind: 'text' },
    { key: 'plate', kind: 'text' },
    { key: 'seats', kind: 'number', begins: 5 },
    { key: 'stationId', kind: 'pick', from: 'stations' },
    { key: 'active', kind: 'check' },
  ],
  columns: ['plate', 'seats', 'stationId'],
};

export const devices: Registry = {
  noun: 'devices',
  icon: 'device',
  list: patrols.listDevices,
  create: patrols.createDevice,
  update: patrols.updateDevice,
  fields: [
    { key: 'label', kind: 'text' },
    { key: 'uniqueId', kind: 'text' },
    { key: 'vehicleId', kind: 'pick', from: 'vehicles' },
    { key: 'speedUnit', kind: 'choice', word: 'speed.', begins: 'kn' },
    { key: 'stationId', kind: 'pick', from: 'stations' },
    { key: 'tokenRequired', kind: 'check' },
    { key: 'active', kind: 'check' },
    { key: 'lastSeenAt', kind: 'age', shown: true },
    { key: 'battery', kind: 'percent', shown: true },
  ],
  columns: ['uniqueId', 'vehicleId', 'speedUnit', 'lastSeenAt', 'battery', 'stationId'],
};
