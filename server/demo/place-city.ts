/** Puts the city in order: stations, areas, informants, vehicles, depots, items, shelters, patrols, devices and stock. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type LonLat, point } from '../../shared/geo.ts';
import { createInformant } from '../../shared/informants.ts';
import { createLoadList } from '../../shared/loads.ts';
import { createDevice, createVehicle, startPatrol, updatePatrol } from '../../shared/patrols.ts';
import { type PositionBody, takePositions } from '../../shared/positions.ts';
import type { Role } from '../../shared/roles.ts';
import { createShelter } from '../../shared/shelters.ts';
import { createStation, importAreas } from '../../shared/stations.ts';
import { createDepot, createItem, moveSupplies, type Place } from '../../shared/supplies.ts';
import { listUsers, updateUser, whoAmI } from '../../shared/users.ts';
import { carried, depots, informants, items, patrols, spots, vehicles } from './city.ts';
import { shelters } from './houses.ts';
import type { Person } from './http.ts';
import type { Chance } from './random.ts';

export type Team = Readonly<Record<Exclude<Role, 'partner' | 'inspector'> | 'anyone', Person>>;

/** What every step of the set-up is given. */
export interface City {
  team: Team;
  chance: Chance;
}

const HOUR_MS = 3_600_000;
const before = (ms: number): string => new Date(Date.now() - ms).toISOString();

interface Districts {
  type: 'FeatureCollection';
  features: { type: 'Feature'; properties: { name: string }; geometry: unknown }[];
}

/** The outlines lie in demo/data beside the bundle, and in data/ beside the source. */
async function readDistricts(): Promise<Districts> {
  const path = import.meta.url.endsWith('.ts') ? './data/xian-districts.geojson' : './demo/data/xian-districts.geojson';
  return JSON.parse(await readFile(fileURLToPath(new URL(path, import.meta.url)), 'utf8')) as Districts;
}

const stationName = (district: string): string => `${district}救助管理站`;

/** A station for each district, and its outline as the station's area. */
export async function placeStations({ team, chance }: City): Promise<void> {
  const { user } = await team.admin.does(whoAmI);
  const districts = await readDistricts();
  const features = await Promise.all(
    districts.features.map(async (feature) => {
      const { name } = feature.properties;
      const body = { id: chance.id(`station ${name}`), parentId: user.stationId, name: stationName(name) };
      const station = await team.admin.does(createStation, { body });
      return { ...feature, properties: { name, stationId: station.id } };
    }),
  );
  await team.admin.does(importAreas, { body: { type: 'FeatureCollection', features } });
}

const homeOf = (chance: Chance, district: string | null): { stationId?: string } =>
  district === null ? {} : { stationId: chance.id(`station ${district}`) };

export async function placeInformants({ team, chance }: City): Promise<void> {
  await Promise.all(
    informants.map(({ district, at: spot, placeText, ...informant }) => {
      const at: LonLat | null = spot === null ? null : spots[spot];
      const where = { ...(at === null ? {} : { place: point(...at) }), ...(placeText === null ? {} : { placeText }) };
      return team.admin.does(createInformant, {
        body: { id: chance.id(`informant ${informant.code}`), ...informant, ...homeOf(chance, district), ...where },
      });
    }),
  );
}

export const shelterId = (chance: Chance, n: number): string => chance.id(`shelter ${String(n)}`);

export async function placeShelters({ team, chance }: City): Promise<void> {
  for (const [n, { district, at, ...shelter }] of shelters.entries()) {
    await team.manager.does(createShelter, {
      body: { id: shelterId(chance, n), ...shelter, ...homeOf(chance, district), position: point(...at) },
    });
  }
  const { items: people } = await team.admin.does(listUsers, { query: { role: 'shelter' } });
  for (const { id, version } of people)
    await team.admin.does(updateUser, { params: { id }, body: { version, shelterId: shelterId(chance, 0) } });
}

export const patrolId = (chance: Chance, n: number): string => chance.id(`patrol ${String(n)}`);
const vehicleId = (chance: Chance, n: number): string => chance.id(`vehicle ${String(n)}`);
export const itemId = (chance: Chance, n: number): string => chance.id(`item ${String(n)}`);
export const depotId = (chance: Chance, n: number): string => chance.id(`depot ${String(n)}`);

export async function placeEquipment({ team, chance }: City): Promise<void> {
  await Promise.all([
    ...vehicles.map((vehicle, n) =>
      team.manager.does(createVehicle, { body: { id: vehicleId(chance, n), ...vehicle } }),
    ),
    ...depots.map(({ name, district }, n) =>
      team.manager.does(createDepot, { body: { id: depotId(chance, n), name, ...homeOf(chance, district) } }),
    ),
    ...items.map(({ keepsDays: _, ...item }, n) =>
      team.manager.does(createItem, { body: { id: itemId(chance, n), ...item } }),
    ),
  ]);
}

/** A minute and a half of walking or slow driving that ends at `at`, a fix every ten seconds. */
function trackTo(at: LonLat, patrol: string, chance: Chance): PositionBody[] {
  const from = chance.near(at, 350);
  const steps = 9;
  return Array.from({ length: steps + 1 }, (_, n) => {
    const share = n / steps;
    const lon = from[0] + (at[0] - from[0]) * share;
    const lat = from[1] + (at[1] - from[1]) * share;
    return {
      patrolId: patrol,
      position: point(...chance.near([lon, lat], 4)),
      at: before((steps - n) * 10_000),
      accuracyM: chance.whole(4, 12),
      speedMps: n === steps ? 0 : chance.whole(20, 60) / 10,
    };
  });
}

const BREAK_SINCE_MS = 25 * 60_000;

/** Patrols on shift now; the one on a break last said where it was 25 minutes ago. */
export async function placePatrols({ team, chance }: City): Promise<void> {
  const { user } = await team.crew.does(whoAmI);
  await team.admin.does(updateUser, {
    params: { id: user.id },
    body: { version: user.version, skills: [...(patrols[0]?.skills ?? [])] },
  });
  const fixes: PositionBody[] = [];
  for (const [n, { name, vehicle, crewCount, at, state, shiftH }] of patrols.entries()) {
    const id = patrolId(chance, n);
    await team.dispatcher.does(startPatrol, {
      body: {
        id,
        name,
        crewCount,
        shiftEndsAt: before(-shiftH * HOUR_MS),
        crew: n === 0 ? [user.id] : [],
        ...(vehicle === null ? {} : { vehicleId: vehicleId(chance, vehicle) }),
      },
    });
    const track = trackTo(spots[at], id, chance);
    if (state === 'break')
      for (const fix of track) fix.at = new Date(Date.parse(fix.at) - BREAK_SINCE_MS).toISOString();
    fixes.push(...track);
    if (state === 'break') await team.dispatcher.does(updatePatrol, { params: { id }, body: { status: 'break' } });
  }
  await team.dispatcher.does(takePositions, { body: fixes });
  const devices = [
    { uniqueId: 'demo-861230000001', label: '救助车 1 定位器', vehicleId: vehicleId(chance, 0) },
    { uniqueId: 'demo-861230000002', label: '救助车 2 定位器', vehicleId: vehicleId(chance, 1) },
    { uniqueId: 'demo-861230000003', label: '步行五组手持机', patrolId: patrolId(chance, 4) },
  ];
  for (const device of devices)
    await team.manager.does(createDevice, { body: { id: chance.id(device.uniqueId), ...device } });
}

/** Received three days ago; some lies in the second depot, in shelters and aboard. */
export async function placeStock({ team, chance }: City): Promise<void> {
  let count = 0;
  const move = (
    item: number,
    quantity: number,
    from: Place,
    to: Place,
    reason: 'receive' | 'move',
    hoursAgo: number,
    keepsDays?: number,
  ): Promise<unknown> => {
    count += 1;
    const expiresOn = keepsDays === undefined ? undefined : before(-keepsDays * 24 * HOUR_MS).slice(0, 10);
    const at = before(hoursAgo * HOUR_MS);
    return team.manager.does(moveSupplies, {
      body: {
        id: chance.id(`movement ${String(count)}`),
        itemId: itemId(chance, item),
        quantity,
        from,
        to,
        reason,
        at,
        ...(expiresOn === undefined ? {} : { batch: { code: `YS${expiresOn.replaceAll('-', '')}`, expiresOn } }),
      },
    });
  };
  const depot: Place = { kind: 'depot', id: depotId(chance, 0) };
  await Promise.all(
    items.map(({ keepsDays }, n) =>
      move(n, chance.whole(12, 30) * 10, { kind: 'supplier' }, depot, 'receive', 72, keepsDays),
    ),
  );
  const moves: Promise<unknown>[] = [];
  for (const item of [0, 4, 5, 7])
    moves.push(move(item, chance.whole(20, 30), depot, { kind: 'depot', id: depotId(chance, 1) }, 'move', 71));
  for (const item of [1, 4, 10])
    moves.push(move(item, chance.whole(10, 20), depot, { kind: 'shelter', id: shelterId(chance, 0) }, 'move', 71));
  for (const item of [4, 6])
    moves.push(move(item, chance.whole(5, 10), depot, { kind: 'shelter', id: shelterId(chance, 1) }, 'move', 71));
  for (const n of patrols.keys()) {
    for (const item of carried)
      moves.push(move(item, chance.whole(4, 9), depot, { kind: 'patrol', id: patrolId(chance, n) }, 'move', 70));
  }
  await Promise.all(moves);
  await team.manager.does(createLoadList, {
    body: {
      id: chance.id('load list'),
      name: '夜间巡查标准配置',
      lines: carried.map((item) => ({ itemId: itemId(chance, item), quantity: 8 })),
    },
  });
}
