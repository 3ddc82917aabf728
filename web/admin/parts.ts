/** The parts of the page, in the order of its rail. Who sees one is said by the endpoint it needs and nowhere else. */
import type { Component } from 'vue';
import type { Endpoint } from '../../shared/contract.ts';
import { createInformant } from '../../shared/informants.ts';
import { createLoadList } from '../../shared/loads.ts';
import { createDevice, createVehicle } from '../../shared/patrols.ts';
import { importPlaces } from '../../shared/places.ts';
import { createShelter } from '../../shared/shelters.ts';
import { createStation, importAreas, setRule } from '../../shared/stations.ts';
import { createDepot, createItem, moveSupplies } from '../../shared/supplies.ts';
import { createToken, listUsers, whoAmI } from '../../shared/users.ts';
import { vehicles } from '../patrols/registry.ts';
import { depots, items, loadLists } from '../supplies/registry.ts';
import type { IconName } from '../ui/icons.ts';
import type { Registry } from '../ui/registry.ts';
import Account from './Account.vue';
import Areas from './Areas.vue';
import Devices from './Devices.vue';
import Informants from './Informants.vue';
import { mayCall } from '../live/may.ts';
import People from './People.vue';
import Places from './Places.vue';
import RegistryView from './Registry.vue';
import Rules from './Rules.vue';
import Shelters from './Shelters.vue';
import Start from './Start.vue';
import Stations from './Stations.vue';
import Stock from './Stock.vue';
import Tokens from './Tokens.vue';

export interface Part {
  /** its address, and its words: `admin.<name>` */
  name: string;
  icon: IconName;
  view: Component;
  registry?: Registry;
  /** whoever may call this sees the part */
  needs: Endpoint;
}
const of = (registry: Registry, needs: Endpoint): Part => ({
  name: registry.noun,
  icon: registry.icon,
  view: RegistryView,
  registry,
  needs,
});
const all: readonly Part[] = [
  { name: 'start', icon: 'home', view: Start, needs: whoAmI },
  { name: 'stations', icon: 'tree', view: Stations, needs: createStation },
  { name: 'areas', icon: 'map', view: Areas, needs: importAreas },
  { name: 'places', icon: 'pin', view: Places, needs: importPlaces },
  { name: 'people', icon: 'people', view: People, needs: listUsers },
  { name: 'informants', icon: 'phone', view: Informants, needs: createInformant },
  of(vehicles, createVehicle),
  { name: 'devices', icon: 'device', view: Devices, needs: createDevice },
  { name: 'shelters', icon: 'bed', view: Shelters, needs: createShelter },
  of(depots, createDepot),
  of(items, createItem),
  of(loadLists, createLoadList),
  { name: 'stock', icon: 'stock', view: Stock, needs: moveSupplies },
  { name: 'rules', icon: 'settings', view: Rules, needs: setRule },
  { name: 'tokens', icon: 'key', view: Tokens, needs: createToken },
  { name: 'account', icon: 'night', view: Account, needs: whoAmI },
];
/** The parts of whoever is signed in. */
export const parts: readonly Part[] = all.filter(({ needs }) => mayCall(needs));
