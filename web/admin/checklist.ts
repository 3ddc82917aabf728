/** What a city needs before its first night, found out from what is there. */
import { listInformants } from '../../shared/informants.ts';
import { listVehicles } from '../../shared/patrols.ts';
import type { Role } from '../../shared/roles.ts';
import { listShelters } from '../../shared/shelters.ts';
import { listAreas, listRules, listStations, setRule } from '../../shared/stations.ts';
import { createUser, listUsers, whoAmI } from '../../shared/users.ts';
import { call } from '../live/call.ts';
import { mayCall } from '../live/may.ts';

export interface Check {
  /** its words: `admin.check.<name>` and `.about` */
  name: string;
  /** the part where it is done */
  part: string;
  done: () => Promise<boolean>;
}
const one = { query: { limit: '1' } } as const;
const somebody = (role: Role): Check => ({
  name: role,
  part: 'people',
  done: async () => (await call(listUsers, { query: { limit: '100', role } })).items.some(({ active }) => active),
});

async function numbersLookedAt(): Promise<boolean> {
  const { items } = await call(listRules);
  return items.some(({ key, stationId }) => key === 'emergency.numbers' && stationId !== null);
}

/** The checks of whoever is signed in, in the order in which to do them. */
export const checks: readonly Check[] = [
  ...(mayCall(setRule)
    ? [
        { name: 'station', part: 'stations', done: async () => (await call(listStations, one)).items.length > 0 },
        { name: 'emergency', part: 'rules', done: numbersLookedAt },
        { name: 'area', part: 'areas', done: async () => (await call(listAreas, one)).items.length > 0 },
      ]
    : []),
  ...(mayCall(createUser) ? [somebody('dispatcher'), somebody('crew')] : []),
  { name: 'shelter', part: 'shelters', done: async () => (await call(listShelters, one)).items.length > 0 },
  { name: 'vehicle', part: 'vehicles', done: async () => (await call(listVehicles, one)).items.length > 0 },
  {
    name: 'informant',
    part: 'informants',
    done: async () => (await call(listInformants, { query: { limit: '100' } })).items.some(({ active }) => active),
  },
  { name: 'factor', part: 'account', done: async () => (await call(whoAmI)).user.secondFactor },
];
