/** Who may call what: the table of the project, a row for every endpoint, and the smallest valid call of each. */
import { randomUUID } from 'node:crypto';
import { generateSync } from 'otplib';
import sharp from 'sharp';
import { expect } from 'vitest';
import { one, row, rows } from '../../server/db/rows.ts';
import { atLocationId } from '../../server/hsds/entities.ts';
import { hashPassword } from '../../server/users/passwords.ts';
import { postAlert } from '../../shared/alerts.ts';
import { recordCall } from '../../shared/calls.ts';
import { stepDispatch } from '../../shared/dispatches.ts';
import { createShift, createSpotCheck, type ShiftRow, signIn as takeUpDuty } from '../../shared/duty.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { createFeed } from '../../shared/feeds.ts';
import { closeIncident, mergeIncident } from '../../shared/incidents.ts';
import { createLoadList } from '../../shared/loads.ts';
import { createInformant } from '../../shared/informants.ts';
import { raisePanic } from '../../shared/panics.ts';
import { activatePlan, createPlan, listActivations, type PlanSpec, standDownPlan } from '../../shared/plans.ts';
import { createDevice, createVehicle, readDeviceSetup, startPatrol } from '../../shared/patrols.ts';
import { askReporter } from '../../shared/questions.ts';
import { createRound, endRun, startRun } from '../../shared/rounds.ts';
import { createShelter, holdBed } from '../../shared/shelters.ts';
import { checkIn } from '../../shared/stays.ts';
import { createSite } from '../../shared/sites.ts';
import { setRule } from '../../shared/stations.ts';
import { createDepot, createItem, moveSupplies } from '../../shared/supplies.ts';
import { beginSecondFactor, confirmSecondFactor, createToken, createUser } from '../../shared/users.ts';
import { postReading } from '../../shared/weather.ts';
import { addPerson, places, type TestApp } from '../kit/app.ts';
import { dispatch, goOut, report, sighting } from '../kit/builders.ts';
import type { Person } from '../kit/people.ts';

/** Columns of the table. */
export const columns = ['public', 'partner', 'inspector', 'shelter', 'crew', 'dispatcher', 'manager', 'admin'] as const;
export type Column = (typeof columns)[number];

/** A call about rows of the east station, whoever makes it. */
export interface Ask {
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  headers?: Record<string, string>;
  /** somebody other than the tester of this role (who signs out, or goes out) */
  as?: Person;
  /** a body that is no JSON */
  form?: FormData;
  /** a body that is a CSV file */
  csv?: string;
  /** a body that is a GPX file */
  gpx?: string;
}

export interface MatrixRow {
  /** y or n in the order of `columns` */
  may: string;
  /** what the same call gets from the other station: 404, an answer without a row of this one, or the same as anybody */
  foreign: 404 | 'unseen' | 'open';
  ask: (world: World, role: Column, who: Person) => Promise<Ask> | Ask;
}

/** What the calls are about: things of the east station. */
export interface World {
  app: TestApp;
  ids: {
    patrol: string;
    westPatrol: string;
    incident: string;
    depot: string;
    item: string;
    vehicle: string;
    device: string;
    informant: string;
    site: string;
    photo: string;
  };
  follow: string;
  user: { username: string; password: string };
  seq: number;
  /** a running job of the east crew */
  job(): Promise<{ incidentId: string; dispatchId: string }>;
  version(table: string, id: string): Promise<number>;
}

const point = { type: 'Point', coordinates: places.east } as const;
const id = (): { id: string } => ({ id: randomUUID() });

async function photoForm(): Promise<FormData> {
  const picture = await sharp({
    create: { width: 8, height: 8, channels: 3, background: { r: Math.floor(Math.random() * 255), g: 9, b: 9 } },
  })
    .jpeg()
    .toBuffer();
  const form = new FormData();
  form.append('photo', new Blob([new Uint8Array(picture)], { type: 'image/jpeg' }), 'photo.jpg');
  return form;
}

let shifts = 0;
/** A shift that runs at the east desk, with somebody signed in where one is named; no two have the same times. */
async function plantShift({ app }: World, here?: Person): Promise<ShiftRow> {
  const at = app.clock.now().getTime() - (shifts += 1) * 1_000;
  const [startsAt, endsAt] = [at, at + 8 * 3_600_000].map((ms) => new Date(ms).toISOString()) as [string, string];
  const shift = await app.east.manager.does(createShift, { body: { ...id(), startsAt, endsAt } });
  return here ? here.does(takeUpDuty, { params: { id: shift.id }, body: {} }) : shift;
}
/** Of a role at the east station, whoever asks: what is planted is theirs. */
const eastern = ({ app }: World, role: Column): Person => (role === 'public' ? app.anyone : app.east[role]);

/** Makes one of everything in the east station. */
export async function createWorld(app: TestApp): Promise<World> {
  const { dispatcher, manager, admin, crew } = app.east;
  const db = app.database.knex;
  await rows(db, `update shelter_beds set total = 1000 where shelter_id = cast(:id as uuid)`, {
    id: app.shelters.east,
  });
  const patrol = await goOut(app, [crew]);
  const westPatrol = randomUUID();
  await app.west.dispatcher.does(startPatrol, { body: { id: westPatrol, crew: [app.west.crew.id], crewCount: 2 } });
  const { incidentId: incident, followUpUrl } = await report(app);
  const ids = {
    patrol,
    westPatrol,
    incident,
    depot: randomUUID(),
    item: randomUUID(),
    vehicle: randomUUID(),
    device: randomUUID(),
    informant: randomUUID(),
    site: randomUUID(),
    photo: '',
  };
  await manager.does(createDepot, { body: { id: ids.depot, name: 'Depot' } });
  await manager.does(createItem, { body: { id: ids.item, name: 'Blanket', unit: 'piece', kind: 'bedding' } });
  await manager.does(moveSupplies, {
    body: {
      ...id(),
      itemId: ids.item,
      quantity: 100,
      from: { kind: 'supplier' },
      to: { kind: 'depot', id: ids.depot },
      reason: 'receive',
    },
  });
  await manager.does(postReading, { body: { ...id(), at: app.clock.now().toISOString(), temperatureC: -3 } });
  await dispatcher.does(createSite, { body: { id: ids.site, name: 'Bridge', position: point } });
  await manager.does(createVehicle, { body: { id: ids.vehicle, name: 'Van', seats: 5 } });
  await manager.does(createDevice, { body: { id: ids.device, uniqueId: 'device-1' } });
  await manager.does(createInformant, {
    body: { id: ids.informant, organisation: 'Sanitation', source: 'sanitation', label: 'Li' },
  });
  const [sightingId] =
    (
      await row<{ ids: string[] }>(
        db,
        `select array_agg(id) as ids from sightings where incident_id = cast(:incident as uuid)`,
        { incident },
      )
    )?.ids ?? [];
  const uploaded = await dispatcher.fetch(`/api/sightings/${sightingId ?? ''}/photos`, {
    method: 'POST',
    body: await photoForm(),
  });
  ids.photo = ((await uploaded.json()) as { id: string }).id;
  const user = { username: 'signs.in', password: 'a long enough password' };
  await admin.does(createUser, {
    body: { ...id(), stationId: app.stations.east, name: 'somebody', role: 'inspector', ...user },
  });
  await rows(
    db,
    `insert into tasks (id, station_id, kind, subject, created_at) values (cast(:id as uuid), cast(:stationId as uuid), 'no_bed', '{}', :now)`,
    { ...id(), stationId: app.stations.east, now: app.clock.now() },
  );
  let running: string | null = null;
  const world: World = {
    app,
    ids,
    follow: followUpUrl.split('/').pop() ?? '',
    user,
    seq: 0,
    async job() {
      if (running !== null) await dispatcher.call(stepDispatch, { params: { id: running }, body: { status: 'done' } });
      const { incidentId } = await report(app);
      running = await dispatch(app, incidentId, patrol);
      return { incidentId, dispatchId: running };
    },
    async version(table, rowId) {
      return (
        (await row<{ version: number }>(db, `select version from ${table} where id = cast(:rowId as uuid)`, { rowId }))
          ?.version ?? 0
      );
    },
  };
  const { dispatchId } = await world.job();
  await crew.does(recordEncounter, {
    body: { ...id(), dispatchId, position: point, people: [{ outcome: 'refused' }] },
  });
  // nobody leaves whom the rows below check in
  await rows(db, `update shelter_beds set total = 200 where shelter_id = cast(:east as uuid)`, {
    east: app.shelters.east,
  });
  await dispatcher.does(checkIn, { body: { ...id(), shelterId: app.shelters.east } });
  await admin.does(createToken, {
    body: { ...id(), stationId: app.stations.east, name: 'a system', role: 'inspector' },
  });
  world.seq = (await dispatcher.snapshot()).seq;
  await report(app);
  return world;
}

const aFeed = {
  name: 'Forecast',
  kind: 'open_meteo',
  url: 'https://api.open-meteo.com/v1/forecast',
  position: point,
} as const;
const feedOf = async ({ app }: World): Promise<string> =>
  (await app.east.admin.does(createFeed, { body: { ...id(), ...aFeed } })).id;

const nightList = async ({ app, ids }: World): Promise<string> =>
  (
    await app.east.manager.does(createLoadList, {
      body: { ...id(), name: 'Night', lines: [{ itemId: ids.item, quantity: 5 }] },
    })
  ).id;
const list = (may: string): MatrixRow => ({ may, foreign: 'unseen', ask: () => ({}) });
const ofIncident = (may: string, body: object | undefined = {}): MatrixRow => ({
  may,
  foreign: 404,
  ask: async ({ app }) => ({ params: { id: (await report(app)).incidentId }, body }),
});
/** Another area of the east station, all over it. */
async function plantArea({ app }: World): Promise<string> {
  const area = randomUUID();
  await rows(
    app.database.knex,
    `insert into areas (id, station_id, name, outline, size_m2, created_at)
     select cast(:area as uuid), station_id, :area, outline, size_m2 + 1, created_at from areas where id = cast(:east as uuid)`,
    { area, east: app.areas.east },
  );
  return area;
}
/** Version of the east station's own speed, 0 when it has none. */
const ownSpeed = async ({ app }: World): Promise<number> =>
  (
    await row<{ version: number }>(
      app.database.knex,
      `select version from rules where key = 'eta.speed' and station_id = cast(:east as uuid)`,
      { east: app.stations.east },
    )
  )?.version ?? 0;
/** A table of the east station. */
const placeTable = (app: TestApp) => ({
  query: { ...id(), kind: 'landmark', stationId: app.stations.east },
  csv: 'name,lon,lat\nBell Tower,108.9422,34.2611\n',
});
async function plantPlaces(app: TestApp): Promise<string> {
  const { query, csv } = placeTable(app);
  const headers = { 'content-type': 'text/csv' };
  const address = `/api/places/imports?${new URLSearchParams(query).toString()}`;
  // only so many files wait at a time; the next is told to come again
  await expect
    .poll(async () => (await app.east.manager.fetch(address, { method: 'POST', body: csv, headers })).status)
    .toBe(202);
  return query.id;
}
/** A call of the hotline that ended now. */
const endedCall = ({ app }: World) => {
  const at = app.clock.now().toISOString();
  return { ...id(), answeredAt: at, endedAt: at, outcome: 'advice' as const };
};
const stop = (name: string) => ({ ...id(), name, position: point });
/** A round of the east station. */
async function plantRound({ app }: World): Promise<{ id: string }> {
  const round = id();
  await app.east.dispatcher.does(createRound, { body: { ...round, name: 'riverside', stops: [stop('bridge')] } });
  return round;
}
/** A round that the east patrol can begin, because it is on none. */
async function waitingRound(world: World): Promise<{ roundId: string; patrolId: string }> {
  const under = await rows<{ id: string }>(world.app.database.knex, `select id from runs where ended_at is null`);
  for (const params of under) await world.app.east.dispatcher.does(endRun, { params, body: { status: 'ended' } });
  return { roundId: (await plantRound(world)).id, patrolId: world.ids.patrol };
}
/** The east patrol on a round, and its only stop. */
async function plantRun(world: World): Promise<{ run: { id: string }; stopId: string }> {
  const run = id();
  const { stops } = await world.app.east.dispatcher.does(startRun, {
    body: { ...run, ...(await waitingRound(world)) },
  });
  return { run, stopId: stops[0]?.id ?? '' };
}
/** Somebody who refused, and whom any crew of the east station may look at again. */
async function plantRecheck(app: TestApp): Promise<{ id: string; version: number }> {
  const { incidentId } = await report(app);
  await app.east.dispatcher.does(recordEncounter, {
    body: { ...id(), incidentId, position: point, people: [{ outcome: 'refused' }] },
  });
  return one(
    app.database.knex,
    `update rechecks set status = 'any_crew', due_at = started_at, open_to_all_at = started_at
     where incident_id = cast(:incidentId as uuid) returning id, version`,
    { incidentId },
  );
}
/** Asks for blue all the year; on nothing else does anything come on. */
const askingPlan: PlanSpec = {
  levels: [{ level: 'blue', mode: 'ask', askMin: 60, when: { season: { from: '01-01', to: '12-31' } } }],
  steady: { minimumOnH: 0, confirmH: 0, bridgeH: 0 },
  steps: [],
};
/** A plan of the east station, in use. */
async function plantPlan({ app }: World): Promise<{ id: string }> {
  const plan = id();
  await app.east.manager.does(createPlan, { body: { ...plan, name: 'Cold nights', active: true, spec: askingPlan } });
  return plan;
}
/** A plan of the east station that was on and is not any more. */
async function plantEnded(world: World): Promise<{ id: string }> {
  const plan = await plantPlan(world);
  await world.app.east.manager.does(activatePlan, { params: plan, body: { level: 'blue', reason: 'a test' } });
  await world.app.east.manager.does(standDownPlan, { params: plan, body: { reason: 'it was a test' } });
  return plan;
}
/** A step of the east station that people of this role see to. */
async function plantStep(
  { app }: World,
  owner: 'crew' | 'shelter' | 'partner' | 'manager',
): Promise<Record<string, string>> {
  const plan = id();
  const step = {
    key: 'salt',
    from: 'blue',
    title: { en: 'Salt the steps' },
    owner,
    dueMin: null,
    acknowledge: true,
  } as const;
  const spec: PlanSpec = { ...askingPlan, steps: [{ ...step, deed: { kind: 'task' } }] };
  await app.east.manager.does(createPlan, { body: { ...plan, name: 'Cold nights', active: true, spec } });
  await app.east.manager.does(activatePlan, { params: plan, body: { level: 'blue', reason: 'a test' } });
  const { items } = await app.east.manager.does(listActivations, {});
  const on = items.find(({ planId }) => planId === plan.id);
  return { id: on?.id ?? '', stepId: on?.steps[0]?.id ?? '' };
}
const ofPlan = (may: string, body?: object): MatrixRow => ({
  may,
  foreign: 404,
  ask: async (world) => ({ params: await plantPlan(world), body }),
});
const PASSWORD = 'a long enough password';
const codeOf = ({ app }: World, key: string): string =>
  generateSync({ secret: key, epoch: app.clock.now().getTime() / 1000 });
/** Somebody of the role who can prove who they are. */
async function withPassword({ app }: World, role: Column, who: Person): Promise<{ as?: Person }> {
  if (role === 'public') return {};
  const as = await addPerson(app, role, who.stationId);
  await rows(app.database.knex, `update users set password_hash = :hash where id = cast(:id as uuid)`, {
    id: as.id,
    hash: await hashPassword(PASSWORD),
  });
  return { as };
}
const today = (world: World): Record<string, string> => {
  const day = world.app.clock.now().toISOString().slice(0, 10);
  return { from: day, to: day };
};

/** public, partner, inspector, shelter, crew, dispatcher, manager, admin */
export const matrix: Record<string, MatrixRow> = {
  readHealth: { may: 'yyyyyyyy', foreign: 'open', ask: () => ({}) },
  readSnapshot: list('nyyyyyyy'),
  readChanges: { may: 'nyyyyyyy', foreign: 'unseen', ask: ({ seq }) => ({ query: { since: String(seq) } }) },

  listStations: list('nyyyyyyy'),
  createStation: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: ({ app }) => ({ body: { ...id(), parentId: app.stations.east, name: 'District' } }),
  },
  updateStation: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: async (world) => ({
      params: { id: world.app.stations.east },
      body: { version: await world.version('stations', world.app.stations.east), name: 'East' },
    }),
  },
  listAreas: list('nyyyyyyy'),
  importAreas: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: ({ app }) => ({
      query: { stationId: app.stations.east },
      body: {
        type: 'FeatureCollection',
        features: [
          {
            type: 'Feature',
            properties: { name: 'imported' },
            geometry: {
              type: 'Polygon',
              coordinates: [
                [
                  [60, 30],
                  [61, 30],
                  [61, 31],
                  [60, 30],
                ],
              ],
            },
          },
        ],
      },
    }),
  },
  updateArea: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: async (world) => {
      const area = await plantArea(world);
      return { params: { id: area }, body: { version: 1, name: `renamed ${area}` } };
    },
  },
  removeArea: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: async (world) => {
      const area = await plantArea(world);
      // something that happened in it, and is in the picture
      await rows(
        world.app.database.knex,
        `update incidents set area_id = cast(:area as uuid) where id = cast(:id as uuid)`,
        {
          area,
          id: world.ids.incident,
        },
      );
      return { params: { id: area } };
    },
  },
  listRules: { may: 'nyyyyyyy', foreign: 'open', ask: () => ({}) },
  setRule: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: async (world) => ({
      params: { key: 'eta.speed' },
      body: { stationId: world.app.stations.east, value: 31, version: await ownSpeed(world) },
    }),
  },
  resetRule: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: async (world) => {
      const stationId = world.app.stations.east;
      if ((await ownSpeed(world)) === 0)
        await world.app.east.admin.does(setRule, {
          params: { key: 'eta.speed' },
          body: { stationId, value: 30, version: 0 },
        });
      return { params: { key: 'eta.speed' }, query: { stationId } };
    },
  },

  signIn: { may: 'yyyyyyyy', foreign: 'open', ask: ({ user }) => ({ body: user }) },
  whoAmI: list('nyyyyyyy'),
  signOut: {
    may: 'nyyyyyyy',
    foreign: 'open',
    ask: async ({ app }, role, who) => (role === 'public' ? {} : { as: await addPerson(app, role, who.stationId) }),
  },
  beginSecondFactor: {
    may: 'nyyyyyyy',
    foreign: 'open',
    ask: async (world, role, who) => ({ ...(await withPassword(world, role, who)), body: { password: PASSWORD } }),
  },
  confirmSecondFactor: {
    may: 'nyyyyyyy',
    foreign: 'open',
    ask: async (world, role, who) => {
      const { as } = await withPassword(world, role, who);
      if (!as) return {};
      const { key } = await as.does(beginSecondFactor, { body: { password: PASSWORD } });
      return { as, body: { totp: codeOf(world, key) } };
    },
  },
  endSecondFactor: {
    may: 'nyyyyyyy',
    foreign: 'open',
    ask: async (world, role, who) => {
      const { as } = await withPassword(world, role, who);
      if (!as) return {};
      const { key } = await as.does(beginSecondFactor, { body: { password: PASSWORD } });
      const { recoveryCodes } = await as.does(confirmSecondFactor, { body: { totp: codeOf(world, key) } });
      return { as, body: { password: PASSWORD, totp: recoveryCodes[0] } };
    },
  },
  listSessions: {
    may: 'nyyyyyyy',
    foreign: 404,
    ask: ({ app }, role) => ({ params: { id: app.east[role === 'public' ? 'crew' : role].id } }),
  },
  revokeSession: {
    may: 'nyyyyyyy',
    foreign: 404,
    ask: async ({ app }, role) => {
      const device = randomUUID();
      await rows(
        app.database.knex,
        `insert into sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at)
         values (cast(:device as uuid), decode(md5(:device), 'hex'), cast(:userId as uuid), :now, :now, cast(:now as timestamptz) + interval '1 hour')`,
        { device, userId: app.east[role === 'public' ? 'crew' : role].id, now: app.clock.now() },
      );
      return { params: { id: device } };
    },
  },
  listUsers: list('nnnnnnyy'),
  createUser: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: ({ app }) => ({
      body: {
        ...id(),
        stationId: app.stations.east,
        username: `u${randomUUID()}`,
        name: 'somebody',
        role: 'crew',
        password: 'a long enough password',
      },
    }),
  },
  updateUser: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: async ({ app }) => ({
      params: { id: (await addPerson(app, 'crew', app.stations.east)).id },
      body: { version: 1, name: 'renamed' },
    }),
  },
  importUsers: {
    may: 'nnnnnnny',
    foreign: 'unseen',
    ask: () => ({ csv: `username,name,role\nu${randomUUID()},somebody,crew\n` }),
  },
  resolvePlace: { may: 'nnnnnyyn', foreign: 'open', ask: () => ({ body: { q: 'Bell Tower' } }) },
  importPlaces: { may: 'nnnnnnyy', foreign: 404, ask: ({ app }) => placeTable(app) },
  listPlaceImports: {
    may: 'nnnnnnyy',
    foreign: 'unseen',
    ask: async ({ app }) => {
      await plantPlaces(app);
      return {};
    },
  },
  readPlaceImport: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async ({ app }) => ({ params: { id: await plantPlaces(app) } }),
  },
  removePlaceImport: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async ({ app }) => ({ params: { id: await plantPlaces(app) } }),
  },

  listTokens: list('nnnnnnny'),
  createToken: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: ({ app }) => ({ body: { ...id(), stationId: app.stations.east, name: 'a system', role: 'inspector' } }),
  },
  revokeToken: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: async ({ app }) => ({
      params: {
        id: (
          await app.east.admin.does(createToken, {
            body: { ...id(), stationId: app.stations.east, name: 'a system', role: 'inspector' },
          })
        ).id,
      },
    }),
  },

  listInformants: list('nnnnnnyy'),
  createInformant: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: ({ app }) => ({
      body: { ...id(), stationId: app.stations.east, organisation: 'Bus', source: 'bus', label: 'Line 5' },
    }),
  },
  updateInformant: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async (world) => ({
      params: { id: world.ids.informant },
      body: { version: await world.version('informants', world.ids.informant), label: 'Wang' },
    }),
  },

  listReadings: list('nyyyyyyy'),
  postReading: {
    may: 'nnnnnyyy',
    foreign: 404,
    ask: ({ app }) => ({
      body: { ...id(), stationId: app.stations.east, at: app.clock.now().toISOString(), temperatureC: -3, windKmh: 12 },
    }),
  },
  importReadings: {
    may: 'nnnnnyyy',
    foreign: 404,
    ask: ({ app }) => ({
      query: { stationId: app.stations.east },
      csv: `at,temperatureC\n${app.clock.now().toISOString()},${(-20 + Math.random() * 20).toFixed(3)}\n`,
    }),
  },
  readOutlook: {
    may: 'nyyyyyyy',
    foreign: 404,
    ask: ({ app }) => ({ query: { stationId: app.stations.east } }),
  },
  listAlerts: {
    may: 'nnyyyyyy',
    foreign: 'unseen',
    ask: async ({ app }) => {
      await app.east.manager.does(postAlert, { body: { ...id(), event: '寒潮蓝色预警' } });
      return {};
    },
  },
  postAlert: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: ({ app }) => ({ query: { stationId: app.stations.east }, body: { ...id(), event: '沙尘暴' } }),
  },
  updateAlert: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async ({ app }) => {
      const alert = await app.east.manager.does(postAlert, { body: { ...id(), event: '沙尘暴' } });
      return { params: { id: alert.id }, body: { version: 1, type: 'dust', level: 'yellow' } };
    },
  },
  listFeeds: {
    may: 'nnynnyyy',
    foreign: 'unseen',
    ask: async (world) => {
      await feedOf(world);
      return {};
    },
  },
  createFeed: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: ({ app }) => ({ body: { ...id(), ...aFeed, stationId: app.stations.east } }),
  },
  updateFeed: {
    may: 'nnnnnnny',
    foreign: 404,
    ask: async (world) => ({ params: { id: await feedOf(world) }, body: { version: 1, active: false } }),
  },
  askFeed: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async (world) => ({ params: { id: await feedOf(world) } }),
  },

  listTasks: list('nnnnnyyn'),
  updateTask: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async ({ app }) => {
      const task = { ...id(), stationId: app.stations.east, now: app.clock.now() };
      await rows(
        app.database.knex,
        `insert into tasks (id, station_id, kind, subject, created_at) values (cast(:id as uuid), cast(:stationId as uuid), 'no_bed', '{}', :now)`,
        task,
      );
      return { params: { id: task.id }, body: { version: 1, done: true } };
    },
  },

  listPublicShelters: { may: 'yyyyyyyy', foreign: 'open', ask: () => ({}) },
  importShelters: {
    may: 'nnnnnnyy',
    foreign: 'unseen',
    ask: () => ({ csv: `name,kind,address\nHouse ${randomUUID()},warm_place,there\n` }),
  },
  readHsds: { may: 'yyyyyyyy', foreign: 'open', ask: () => ({}) },
  listHsdsServices: { may: 'yyyyyyyy', foreign: 'open', ask: () => ({ query: { full: 'true' } }) },
  readHsdsService: { may: 'yyyyyyyy', foreign: 'open', ask: ({ app }) => ({ params: { id: app.shelters.east } }) },
  listHsdsServiceAtLocations: { may: 'yyyyyyyy', foreign: 'open', ask: () => ({}) },
  readHsdsServiceAtLocation: {
    may: 'yyyyyyyy',
    foreign: 'open',
    ask: ({ app }) => ({ params: { id: atLocationId(app.shelters.east) } }),
  },
  listShelters: list('nnyyyyyy'),
  matchShelters: { may: 'nnnyyyyn', foreign: 'unseen', ask: () => ({ body: { people: { any: 1 } } }) },
  createShelter: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: ({ app }) => ({
      body: {
        ...id(),
        stationId: app.stations.east,
        name: 'House',
        kind: 'warm_place',
        address: 'there',
        capacity: { any: 3 },
      },
    }),
  },
  updateShelter: {
    may: 'nnnynyyy',
    foreign: 404,
    ask: async (world) => ({
      params: { id: world.app.shelters.east },
      body: { version: await world.version('shelters', world.app.shelters.east), status: 'open' },
    }),
  },
  holdBed: {
    may: 'nnnyyyyn',
    foreign: 404,
    ask: async (world, role) => ({
      params: { id: world.app.shelters.east },
      body: {
        ...id(),
        people: 1,
        for: 'somebody',
        ...(role === 'crew' ? { dispatchId: (await world.job()).dispatchId } : {}),
      },
    }),
  },
  releaseHold: {
    may: 'nnnyyyyn',
    foreign: 404,
    ask: async (world) => {
      const body = { ...id(), people: 1, for: 'somebody', dispatchId: (await world.job()).dispatchId };
      await world.app.east.dispatcher.does(holdBed, { params: { id: world.app.shelters.east }, body });
      return { params: { id: world.app.shelters.east, holdId: body.id } };
    },
  },
  extendHold: {
    may: 'nnnyyyyn',
    foreign: 404,
    ask: async (world) => {
      const body = { ...id(), people: 1, for: 'somebody', dispatchId: (await world.job()).dispatchId };
      const { version } = await world.app.east.dispatcher.does(holdBed, {
        params: { id: world.app.shelters.east },
        body,
      });
      return { params: { id: world.app.shelters.east, holdId: body.id }, body: { version, minutes: 300 } };
    },
  },
  countShelter: {
    may: 'nnnynyyn',
    foreign: 404,
    ask: ({ app }) => ({ params: { id: app.shelters.east }, body: { ...id(), people: 3, night: true } }),
  },
  listShelterCounts: {
    may: 'nnyynyyy',
    foreign: 404,
    ask: ({ app }) => ({ params: { id: app.shelters.east } }),
  },
  listStays: list('nnnynyyn'),
  checkIn: { may: 'nnnynyyn', foreign: 404, ask: ({ app }) => ({ body: { ...id(), shelterId: app.shelters.east } }) },
  updateStay: {
    may: 'nnnynyyn',
    foreign: 404,
    ask: async ({ app }) => ({
      params: { id: (await app.east.dispatcher.does(checkIn, { body: { ...id(), shelterId: app.shelters.east } })).id },
      body: { version: 1, left: true },
    }),
  },
  settleDue: {
    may: 'nnnynyyn',
    foreign: 404,
    ask: async ({ app }) => ({
      params: { id: (await app.east.dispatcher.does(checkIn, { body: { ...id(), shelterId: app.shelters.east } })).id },
      body: { kind: 'max_stay', note: 'moved to a station' },
    }),
  },
  extendStay: {
    may: 'nnnynyyn',
    foreign: 404,
    ask: async ({ app }) => ({
      params: { id: (await app.east.dispatcher.does(checkIn, { body: { ...id(), shelterId: app.shelters.east } })).id },
      body: { ...id(), days: 3, reason: 'too ill to travel', filedWith: 'the bureau' },
    }),
  },
  closeDownShelter: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async ({ app }) => {
      const place = { ...id(), name: 'A tent', kind: 'warm_place' as const, address: '1 South Street', capacity: {} };
      await app.east.manager.does(createShelter, { body: place });
      return { params: { id: place.id }, body: { version: 1 } };
    },
  },
  exportGuests: {
    may: 'nnnynnyy',
    foreign: 404,
    ask: ({ app }) => ({ params: { id: app.shelters.east }, body: { format: 'csv' } }),
  },

  listItems: { may: 'nyyyyyyy', foreign: 'open', ask: () => ({}) },
  createItem: {
    may: 'nnnnnnyy',
    foreign: 'open',
    ask: () => ({ body: { ...id(), name: randomUUID(), unit: 'piece', kind: 'food' } }),
  },
  updateItem: {
    may: 'nnnnnnyy',
    foreign: 'open',
    ask: async (world) => ({
      params: { id: world.ids.item },
      body: { version: await world.version('supply_items', world.ids.item), unit: 'pc' },
    }),
  },
  listDepots: list('nnnyyyyy'),
  createDepot: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: ({ app }) => ({ body: { ...id(), stationId: app.stations.east, name: 'Depot' } }),
  },
  updateDepot: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async (world) => ({
      params: { id: world.ids.depot },
      body: { version: await world.version('depots', world.ids.depot), name: 'Store' },
    }),
  },
  listMovements: list('nnnyyyyy'),
  moveSupplies: {
    may: 'nnnyynyy',
    foreign: 404,
    ask: ({ app, ids }, role) => {
      const to =
        role === 'shelter'
          ? { kind: 'shelter', id: app.shelters.east }
          : role === 'crew'
            ? { kind: 'patrol', id: ids.patrol }
            : { kind: 'depot', id: ids.depot };
      return { body: { ...id(), itemId: ids.item, quantity: 1, from: { kind: 'supplier' }, to, reason: 'receive' } };
    },
  },
  listStock: list('nnnyyyyy'),
  listLoadLists: {
    may: 'nnnnyyyy',
    foreign: 'unseen',
    ask: async (world) => {
      await nightList(world);
      return {};
    },
  },
  createLoadList: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: ({ app, ids }) => ({
      body: { ...id(), stationId: app.stations.east, name: 'Night', lines: [{ itemId: ids.item, quantity: 5 }] },
    }),
  },
  updateLoadList: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async (world) => {
      const listId = await nightList(world);
      return { params: { id: listId }, body: { version: 1, lines: [{ itemId: world.ids.item, quantity: 6 }] } };
    },
  },
  readLoad: {
    may: 'nnnnyyyy',
    foreign: 404,
    ask: async (world) => ({ params: { id: world.ids.patrol }, query: { listId: await nightList(world) } }),
  },
  loadPatrol: {
    may: 'nnnnyyyy',
    foreign: 404,
    ask: ({ ids }) => ({
      body: { ...id(), patrolId: ids.patrol, depotId: ids.depot, lines: [{ itemId: ids.item, quantity: 1 }] },
    }),
  },
  unloadPatrol: {
    may: 'nnnnyyyy',
    foreign: 404,
    ask: ({ ids }) => ({ body: { ...id(), patrolId: ids.patrol, depotId: ids.depot } }),
  },
  countStock: {
    may: 'nnnyynyy',
    foreign: 404,
    ask: ({ app, ids }, role) => {
      const place =
        role === 'shelter'
          ? { kind: 'shelter', id: app.shelters.east }
          : role === 'crew'
            ? { kind: 'patrol', id: ids.patrol }
            : { kind: 'depot', id: ids.depot };
      return { body: { ...id(), place, reason: 'routine', lines: [{ itemId: ids.item, counted: 50 }] } };
    },
  },
  listStocktakes: list('nnyyyyyy'),

  listVehicles: list('nnynyyyy'),
  createVehicle: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: ({ app }) => ({ body: { ...id(), stationId: app.stations.east, name: 'Van', seats: 4 } }),
  },
  updateVehicle: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async (world) => ({
      params: { id: world.ids.vehicle },
      body: { version: await world.version('vehicles', world.ids.vehicle), plate: null },
    }),
  },
  listPatrols: list('nnynyyyn'),
  listCrewMembers: list('nnnnnyyn'),
  startPatrol: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async ({ app }, role, who) => {
      const body = { ...id(), stationId: app.stations.east, crew: [] as string[], crewCount: 2 };
      if (role !== 'crew') return { body };
      const as = await addPerson(app, 'crew', who.stationId);
      return { as, body: { ...body, crew: [as.id] } };
    },
  },
  updatePatrol: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: ({ ids }) => ({ params: { id: ids.patrol }, body: { name: 'Patrol 7' } }),
  },
  answerRollCall: { may: 'nnnnyyyn', foreign: 404, ask: ({ ids }) => ({ params: { id: ids.patrol }, body: {} }) },
  listDevices: list('nnnnnnyy'),
  createDevice: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: ({ app }) => ({ body: { ...id(), stationId: app.stations.east, uniqueId: randomUUID() } }),
  },
  updateDevice: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async (world) => ({
      params: { id: world.ids.device },
      body: { version: await world.version('devices', world.ids.device), label: 'box' },
    }),
  },
  readDeviceSetup: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: ({ ids }) => ({ params: { id: ids.device }, body: {} }),
  },

  // trackers have no session: whoever calls is the device that it names, and is told nothing
  getOsmand: {
    may: 'yyyyyyyy',
    foreign: 'open',
    ask: () => ({ query: { id: 'device-1', lat: '34.26', lon: '108.95' } }),
  },
  postOsmand: { may: 'yyyyyyyy', foreign: 'open', ask: () => ({ body: { id: 'device-1', lat: 34.26, lon: 108.95 } }) },
  postOwntracks: {
    may: 'yyyyyyyy',
    foreign: 'open',
    ask: async ({ app, ids }) => {
      const { token } = await app.east.admin.does(readDeviceSetup, { params: { id: ids.device }, body: {} });
      const basic = `Basic ${Buffer.from(`device-1:${token}`).toString('base64')}`;
      return { headers: { authorization: basic }, body: { _type: 'status' } };
    },
  },
  takePositions: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: ({ app, ids }) => ({ body: [{ patrolId: ids.patrol, position: point, at: app.clock.now().toISOString() }] }),
  },
  sendHeartbeat: {
    may: 'nnnnynnn',
    foreign: 404,
    ask: ({ ids }) => ({ params: { id: ids.patrol }, body: { tracking: 'on', battery: 71 } }),
  },
  readTrack: { may: 'nnynyyyn', foreign: 404, ask: ({ ids }) => ({ params: { id: ids.patrol } }) },
  readTrackGpx: { may: 'nnynyyyn', foreign: 404, ask: ({ ids }) => ({ params: { id: ids.patrol } }) },
  raisePanic: { may: 'nnnnynnn', foreign: 404, ask: ({ ids }) => ({ body: { ...id(), patrolId: ids.patrol } }) },
  updatePanic: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async ({ app, ids }, role) => {
      const panic = { ...id(), patrolId: ids.patrol, position: point };
      await app.east.crew.does(raisePanic, { body: panic });
      const body = role === 'crew' ? { status: 'ended' } : { status: 'ended', reason: 'spoken to, all is well' };
      return { params: { id: panic.id }, body };
    },
  },
  listPanics: list('nnynyyyn'),

  listIncidents: list('nnynyyyn'),
  readIncident: ofIncident('nnynyyyn'),
  listHotlines: { may: 'nnnnnyyn', foreign: 'open', ask: () => ({}) },
  recordCall: { may: 'nnnnnyyn', foreign: 'unseen', ask: (world) => ({ body: endedCall(world) }) },
  listCalls: {
    may: 'nnnnnyyn',
    foreign: 'unseen',
    ask: async (world) => {
      await world.app.east.dispatcher.does(recordCall, { body: endedCall(world) });
      return {};
    },
  },
  updateIncident: ofIncident('nnnnnyyn', { version: 1, people: 2 }),
  markSeen: ofIncident('nnnnnyyn'),
  mergeIncident: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async ({ app, ids }) => ({ params: { id: (await report(app)).incidentId }, body: { intoId: ids.incident } }),
  },
  unmergeIncident: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async ({ app, ids }) => {
      const { incidentId } = await report(app);
      await app.east.dispatcher.does(mergeIncident, { params: { id: incidentId }, body: { intoId: ids.incident } });
      return { params: { id: incidentId }, body: {} };
    },
  },
  closeIncident: ofIncident('nnnnnyyn', { reason: 'nobody there' }),
  reopenIncident: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async ({ app }) => {
      const { incidentId } = await report(app);
      await app.east.dispatcher.does(closeIncident, { params: { id: incidentId }, body: { reason: 'nobody there' } });
      return { params: { id: incidentId }, body: {} };
    },
  },
  claimIncident: ofIncident('nnnnnyyn'),
  unclaimIncident: ofIncident('nnnnnyyn', undefined),
  snoozeIncident: ofIncident('nnnnnyyn', { minutes: 10, reason: 'the crew has called' }),
  noteIncident: ofIncident('nnnnyyyn', { text: 'a note' }),
  listDuplicates: ofIncident('nnnnnyyn'),
  listSuggestions: ofIncident('nnnnnyyn'),
  planDispatches: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: ({ ids }) => ({ body: { incidentIds: [ids.incident] } }),
  },
  readWay: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async (world) => ({ params: { id: (await world.job()).dispatchId } }),
  },

  reportSighting: { may: 'yyyyyyyy', foreign: 'open', ask: () => ({ body: sighting() }) },
  listSightings: list('nnynnyyn'),
  moveSightingOut: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async ({ app }) => {
      const [stays, goes] = [await report(app), await report(app)];
      await app.east.dispatcher.does(mergeIncident, {
        params: { id: goes.incidentId },
        body: { intoId: stays.incidentId },
      });
      return { params: { id: goes.id }, body: { incidentId: randomUUID() } };
    },
  },
  askReporter: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async (world, role) => ({
      params: { id: role === 'crew' ? (await world.job()).incidentId : (await report(world.app)).incidentId },
      body: { ...id(), kind: 'still_there' },
    }),
  },
  listQuestions: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async ({ app }) => {
      const { incidentId } = await report(app);
      await app.east.dispatcher.does(askReporter, { params: { id: incidentId }, body: { ...id(), kind: 'looks' } });
      return { params: { id: incidentId } };
    },
  },
  answerQuestion: {
    may: 'yyyyyyyy',
    foreign: 'open',
    ask: async ({ app, ids, follow }) => {
      await app.east.dispatcher.does(askReporter, { params: { id: ids.incident }, body: { ...id(), kind: 'looks' } });
      return { params: { token: follow }, body: { text: 'a red coat' } };
    },
  },
  readFollow: { may: 'yyyyyyyy', foreign: 'open', ask: ({ follow }) => ({ params: { token: follow } }) },
  // without the reporter's link: the desk and the crew on shift
  addPhoto: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async ({ app }) => ({ params: { id: (await report(app)).id }, form: await photoForm() }),
  },
  readPhoto: { may: 'nnynyyyn', foreign: 404, ask: ({ ids }) => ({ params: { id: ids.photo } }) },

  listSites: list('nnynnyyn'),
  createSite: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: ({ app }) => ({ body: { ...id(), stationId: app.stations.east, name: 'underpass', position: point } }),
  },
  updateSite: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async ({ app }) => {
      const site = id();
      await app.east.dispatcher.does(createSite, { body: { ...site, name: 'bridge', position: point } });
      return { params: site, body: { version: 1, active: false } };
    },
  },
  readIncidentSites: ofIncident('nnnnnyyn', undefined),

  listDispatches: list('nnynyyyn'),
  sendPatrol: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async ({ app }) => ({
      body: { ...id(), incidentId: (await report(app)).incidentId, patrolId: await goOut(app, [], null) },
    }),
  },
  stepDispatch: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async (world) => ({ params: { id: (await world.job()).dispatchId }, body: { status: 'accepted' } }),
  },
  reassignDispatch: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async (world) => ({
      params: { id: (await world.job()).dispatchId },
      body: { ...id(), patrolId: await goOut(world.app, [], null) },
    }),
  },
  listEncounters: list('nnynyyyn'),
  recordEncounter: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async (world) => ({
      body: {
        ...id(),
        dispatchId: (await world.job()).dispatchId,
        position: point,
        people: [{ outcome: 'took_items' }],
        handouts: [{ itemId: world.ids.item, quantity: 1 }],
      },
    }),
  },
  addEncounterPhoto: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async (world) => {
      const meeting = id();
      await world.app.east.crew.does(recordEncounter, {
        body: {
          ...meeting,
          dispatchId: (await world.job()).dispatchId,
          position: point,
          people: [{ outcome: 'guided' }],
        },
      });
      return { params: meeting, form: await photoForm(), headers: { 'x-photo-id': randomUUID() } };
    },
  },
  listRechecks: list('nnynyyyn'),
  takeRecheck: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async ({ app }, role, who) => {
      const params = { id: (await plantRecheck(app)).id };
      if (role !== 'crew') return { params, body: { ...id(), patrolId: await goOut(app, [], null) } };
      if (who.stationId !== app.stations.east) return { params, body: id() };
      const as = await addPerson(app, 'crew', app.stations.east);
      await goOut(app, [as], null);
      return { params, body: id(), as };
    },
  },
  endRecheck: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async ({ app }) => {
      const { id: recheck, version } = await plantRecheck(app);
      return { params: { id: recheck }, body: { version, reason: 'their family has them' } };
    },
  },

  listRounds: {
    may: 'nnynyyyn',
    foreign: 'unseen',
    ask: async (world) => {
      await plantRound(world);
      return {};
    },
  },
  createRound: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: ({ app }) => ({
      body: { ...id(), stationId: app.stations.east, name: 'old town', stops: [stop('gate'), stop('lane')] },
    }),
  },
  updateRound: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async (world) => ({ params: await plantRound(world), body: { version: 1, active: false } }),
  },
  readGpxStops: {
    may: 'nnnnnyyn',
    foreign: 'open',
    ask: () => ({ gpx: '<gpx version="1.1"><wpt lat="34.26" lon="108.97"><name>bridge</name></wpt></gpx>' }),
  },
  listRuns: {
    may: 'nnynyyyn',
    foreign: 'unseen',
    ask: async (world) => {
      await plantRun(world);
      return {};
    },
  },
  startRun: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async (world) => ({ body: { ...id(), ...(await waitingRound(world)) } }),
  },
  visitStop: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async (world) => {
      const { run, stopId } = await plantRun(world);
      return { params: run, body: { stopId, state: 'visited' } };
    },
  },
  endRun: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async (world) => ({ params: (await plantRun(world)).run, body: { status: 'ended' } }),
  },
  // squares have no ids to look for; whose are seen is tested where they are counted
  readCoverage: { may: 'nnnnyyyn', foreign: 'open', ask: () => ({ query: { bbox: '108.9,34.2,109,34.3' } }) },
  listLookHere: {
    may: 'nnnnyyyn',
    foreign: 'unseen',
    ask: async ({ app }) => {
      const site = { ...id(), name: 'underpass', position: point, visitEveryH: 12 };
      await app.east.dispatcher.does(createSite, { body: site });
      return { query: { near: '108.97,34.26' } };
    },
  },

  listPlans: {
    may: 'nnynnyyy',
    foreign: 'unseen',
    ask: async (world) => {
      await plantPlan(world);
      return {};
    },
  },
  listPlanTemplates: { may: 'nnynnyyy', foreign: 'open', ask: () => ({}) },
  createPlan: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: ({ app }) => ({ body: { ...id(), stationId: app.stations.east, name: 'Cold nights', spec: askingPlan } }),
  },
  updatePlan: ofPlan('nnnnnnyy', { version: 1, active: false }),
  rehearsePlan: ofPlan('nnynnyyy', { from: '2012-01-01T00:00:00Z', to: '2012-01-01T03:00:00Z', weather: [] }),
  previewPlan: {
    may: 'nnynnyyy',
    foreign: 404,
    ask: ({ app }) => ({ body: { stationId: app.stations.east, spec: askingPlan } }),
  },
  listPlanVersions: ofPlan('nnynnyyy'),
  listDecisions: ofPlan('nnynnyyy'),
  activatePlan: ofPlan('nnnnnnyy', { level: 'blue', reason: 'a bitter night', until: '2099-01-01T00:00:00Z' }),
  standDownPlan: ofPlan('nnnnnnyy', { reason: 'a mild night' }),
  liftOrder: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async (world) => ({ params: await plantEnded(world), body: { reason: 'the rules decide' } }),
  },
  answerPlan: ofPlan('nnnnnnyy', { level: 'blue', accept: false }),
  listActivations: {
    may: 'nyyyyyyy',
    foreign: 'unseen',
    ask: async (world) => {
      await plantEnded(world);
      return { query: { status: 'all' } };
    },
  },

  updateStep: {
    may: 'nynyyyyy',
    foreign: 404,
    ask: async (world, role) => {
      const owner = role === 'crew' || role === 'shelter' || role === 'partner' ? role : 'manager';
      return { params: await plantStep(world, owner), body: { do: 'acknowledge', note: 'seen' } };
    },
  },

  sayPresence: {
    may: 'nnnnnyyn',
    foreign: 'unseen',
    ask: ({ ids }) => ({ body: { incidentId: ids.incident } }),
  },
  listShifts: {
    may: 'nnynnyyy',
    foreign: 'unseen',
    ask: async (world) => {
      await plantShift(world);
      return {};
    },
  },
  createShift: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: ({ app }) => {
      const at = app.clock.now().getTime() + (shifts += 1) * 1_000;
      const [startsAt, endsAt] = [at, at + 3_600_000].map((ms) => new Date(ms).toISOString());
      return { body: { ...id(), stationId: app.stations.east, startsAt, endsAt, people: [] } };
    },
  },
  updateShift: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async (world) => {
      const { id: shiftId, version } = await plantShift(world);
      return { params: { id: shiftId }, body: { version, minimum: 2 } };
    },
  },
  removeShift: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async ({ app }) => {
      const at = app.clock.now().getTime() + (shifts += 1) * 1_000;
      const [startsAt, endsAt] = [at, at + 3_600_000].map((ms) => new Date(ms).toISOString()) as [string, string];
      const shift = await app.east.manager.does(createShift, { body: { ...id(), startsAt, endsAt } });
      return { params: { id: shift.id } };
    },
  },
  copyRoster: {
    may: 'nnnnnnyy',
    foreign: 404,
    ask: async (world) => {
      await plantShift(world);
      const { from: day } = today(world);
      return { body: { stationId: world.app.stations.east, from: day, to: day, onto: '2026-03-01' } };
    },
  },
  listGaps: { may: 'nnynnyyy', foreign: 404, ask: ({ app }) => ({ query: { stationId: app.stations.east } }) },
  signInToShift: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async (world) => ({ params: { id: (await plantShift(world)).id }, body: { officer: true } }),
  },
  signOutOfShift: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async (world, role) => {
      const here = role === 'dispatcher' || role === 'manager' ? eastern(world, role) : undefined;
      return { params: { id: (await plantShift(world, here)).id }, body: { reason: 'the heating is out' } };
    },
  },
  readHandOver: {
    may: 'nnynnyyy',
    foreign: 404,
    ask: async (world) => ({ params: { id: (await plantShift(world)).id } }),
  },
  handOverShift: {
    may: 'nnnnnyyn',
    foreign: 404,
    ask: async (world, role) => {
      const here = role === 'dispatcher' || role === 'manager' ? eastern(world, role) : undefined;
      return { params: { id: (await plantShift(world, here)).id }, body: { sign: 'give', note: 'a quiet night' } };
    },
  },
  answerCall: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async (world, role) => {
      const { id: shiftId } = await plantShift(world);
      if (role !== 'public')
        await rows(
          world.app.database.knex,
          `insert into duty_people (shift_id, user_id, planned, called_at) values (cast(:shiftId as uuid), cast(:userId as uuid), false, :now)`,
          { shiftId, userId: eastern(world, role).id, now: world.app.clock.now() },
        );
      return { params: { id: shiftId }, body: { coming: true } };
    },
  },
  listSpotChecks: {
    may: 'nnynnyyy',
    foreign: 'unseen',
    ask: async ({ app }) => {
      await app.east.manager.does(createSpotCheck, { body: { ...id(), target: 'desk' } });
      return {};
    },
  },
  createSpotCheck: {
    may: 'nnynnnyy',
    foreign: 404,
    ask: ({ app }) => ({ body: { ...id(), stationId: app.stations.east, target: 'desk' } }),
  },
  answerSpotCheck: {
    may: 'nnnnyyyn',
    foreign: 404,
    ask: async (world, role) => {
      if (role === 'dispatcher' || role === 'manager') await plantShift(world, eastern(world, role));
      const whom =
        role === 'crew' ? { target: 'patrol' as const, patrolId: world.ids.patrol } : { target: 'desk' as const };
      const check = await world.app.east.manager.does(createSpotCheck, { body: { ...id(), ...whom } });
      return { params: { id: check.id }, body: {} };
    },
  },
  readSpotChecks: {
    may: 'nnynnyyy',
    foreign: 'unseen',
    ask: async ({ app }) => {
      await app.east.manager.does(createSpotCheck, { body: { ...id(), target: 'desk' } });
      return {};
    },
  },
  sampleIncidents: { may: 'nnynnnyn', foreign: 'unseen', ask: () => ({ query: { count: '5' } }) },
  readClocks: { may: 'nnynnyyy', foreign: 404, ask: ({ app }) => ({ query: { station: app.stations.east } }) },
  readTally: { may: 'nnynnyyy', foreign: 'unseen', ask: (world) => ({ query: today(world) }) },
  readTallyCsv: { may: 'nnynnyyy', foreign: 'unseen', ask: (world) => ({ query: today(world) }) },
  // a zip shows no id to look for, so the station is asked for by name
  readTallyXlsx: {
    may: 'nnynnyyy',
    foreign: 404,
    ask: (world) => ({ query: { ...today(world), station: world.app.stations.east } }),
  },
};

export const may = (column: Column, line: MatrixRow): boolean => line.may[columns.indexOf(column)] === 'y';
export const testerOf = (app: TestApp, side: 'east' | 'west', column: Column): Person =>
  column === 'public' ? app.anyone : app[side][column];
