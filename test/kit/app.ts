/** A whole service for one test file: real database, real HTTP, real sockets, a clock of its own. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';
import { afterAll, beforeAll } from 'vitest';
import { createApp, followKeyOf, type Running } from '../../server/app.ts';
import type { Config } from '../../server/config.ts';
import type { Log } from '../../server/context.ts';
import { type Database, openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { createOutside, type OutsideParts } from '../../server/http/outbound.ts';
import { runCommand, type Service } from '../../server/realtime/command.ts';
import { openSession } from '../../server/users/commands.ts';
import type { LonLat } from '../../shared/geo.ts';
import { type Role, roles } from '../../shared/roles.ts';
import { type Clock, createClock } from './clock.ts';
import { DATABASE_HOOK_MS, quiet, type TestDatabase, testDatabase } from './database.ts';
import { closeEars, person, type Person } from './people.ts';

/** Two districts side by side under one root; east is where things happen, west is the other station. */
export const places = {
  east: [108.97, 34.26] as LonLat,
  eastNear: [108.971, 34.2605] as LonLat,
  west: [108.92, 34.26] as LonLat,
  outside: [100, 30] as LonLat,
};
const squares = { east: [108.95, 34.2, 109.05, 34.3], west: [108.85, 34.2, 108.95, 34.3] } as const;

export interface TestApp {
  url: string;
  running: Running;
  database: Database;
  service: Service;
  clock: Clock;
  stations: { root: string; east: string; west: string };
  areas: { east: string; west: string };
  /** staff of the east station, of the west one, and of the root above both */
  east: Record<Role, Person>;
  west: Record<Role, Person>;
  root: Record<Role, Person>;
  anyone: Person;
  /** what was logged, for canaries */
  logged: string[];
  shelters: { east: string; west: string };
}

const config: Config = {
  port: 0,
  host: '127.0.0.1',
  dataDir: '',
  databaseUrl: null,
  publicOrigin: null,
  trustProxy: null,
  tiles: null,
  routerUrl: null,
  roles: ['http', 'relay'],
  demo: null,
  limits: false,
  production: false,
  version: 'test',
};

type World = Pick<TestApp, 'stations' | 'areas' | 'shelters'>;

/** One transaction: each commit waits for the disk. */
export const plantStations = ({ database, now }: Service): Promise<World> =>
  inTransaction(database, (db) => plant(db, now()));

async function plant(db: Knex.Transaction, now: Date): Promise<World> {
  const stations = { root: randomUUID(), east: randomUUID(), west: randomUUID() };
  const areas = { east: randomUUID(), west: randomUUID() };
  const shelters = { east: randomUUID(), west: randomUUID() };
  for (const [name, id] of Object.entries(stations)) {
    const path = name === 'root' ? [id] : [stations.root, id];
    await rows(
      db,
      `insert into stations (id, parent_id, path, name, time_zone, locale, created_at) values (cast(:id as uuid), cast(:parentId as uuid), cast(:path as uuid[]), :name, 'Asia/Shanghai', 'zh-CN', :now)`,
      { id, parentId: name === 'root' ? null : stations.root, path, name, now },
    );
  }
  for (const side of ['east', 'west'] as const) {
    const [west, south, east, north] = squares[side];
    await rows(
      db,
      `insert into areas (id, station_id, name, outline, size_m2, created_at)
       select cast(:id as uuid), cast(:stationId as uuid), :name, st_multi(g), st_area(g::geography), :now from st_makeenvelope(:west, :south, :east, :north, 4326) g`,
      { id: areas[side], stationId: stations[side], name: side, west, south, east, north, now },
    );
    await rows(
      db,
      `insert into shelters (id, station_id, name, kind, status, position, address, hours, features, confidential, counted_at, created_at)
       values (cast(:id as uuid), cast(:stationId as uuid), :name, 'station', 'open', st_setsrid(st_makepoint(:lon, :lat), 4326)::geography, 'an address', '', '{}', false, :now, :now)`,
      {
        id: shelters[side],
        stationId: stations[side],
        name: `${side} shelter`,
        lon: places[side][0],
        lat: places[side][1],
        now,
      },
    );
    await rows(
      db,
      `insert into shelter_beds (shelter_id, kind, total) values (cast(:id as uuid), 'any', 10), (cast(:id as uuid), 'women', 4)`,
      { id: shelters[side] },
    );
    await rows(db, `insert into shelter_openings (shelter_id, opened_at) values (cast(:id as uuid), :now)`, {
      id: shelters[side],
      now,
    });
  }
  return { stations, areas, shelters };
}

/** Who is to be signed in. */
interface Wanted {
  role: Role;
  stationId: string;
  shelterId: string | null;
}

/** Signed-in testers; the password is nobody's, the session is real. */
async function addPeople(app: Pick<TestApp, 'service' | 'url'>, wanted: readonly Wanted[]): Promise<Person[]> {
  const users = wanted.map(({ role, ...place }) => {
    const id = randomUUID();
    return { ...place, id, role, username: `${role}-${id}`, name: `${role} of the test` };
  });
  return runCommand(app.service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, async (ctx) => {
    await rows(
      ctx.db,
      `insert into users (id, station_id, username, name, role, shelter_id, password_hash, created_at)
         select id, "stationId", username, name, role, "shelterId", 'none', :now
         from jsonb_to_recordset(cast(:users as jsonb)) as u (id uuid, "stationId" uuid, username text, name text, role text, "shelterId" uuid)`,
      { users: JSON.stringify(users), now: ctx.now() },
    );
    const people: Person[] = [];
    for (const { id, role, stationId } of users) {
      const { secret } = await openSession(ctx, id);
      people.push(person(app.url, { id, role, stationId, cookie: `__Host-sid=${secret}` }));
    }
    return people;
  });
}

/** A signed-in tester. */
export async function addPerson(
  app: Pick<TestApp, 'service' | 'url'>,
  role: Role,
  stationId: string,
  shelterId: string | null = null,
): Promise<Person> {
  const [added] = await addPeople(app, [{ role, stationId, shelterId }]);
  if (!added) throw new Error('nobody was added');
  return added;
}

/** Everybody of three stations, signed in. */
async function addStaff(
  app: Pick<TestApp, 'service' | 'url'>,
  { stations, shelters }: World,
): Promise<Pick<TestApp, 'east' | 'west' | 'root'>> {
  const houses = { east: shelters.east, west: shelters.west, root: shelters.east };
  const names = ['east', 'west', 'root'] as const;
  const wanted = names.flatMap((name) =>
    roles.map((role) => ({ role, stationId: stations[name], shelterId: role === 'shelter' ? houses[name] : null })),
  );
  const people = await addPeople(app, wanted);
  const staffOf = (name: (typeof names)[number]): Record<Role, Person> =>
    Object.fromEntries(
      people.filter(({ stationId }) => stationId === stations[name]).map((each) => [each.role, each]),
    ) as Record<Role, Person>;
  return { east: staffOf('east'), west: staffOf('west'), root: staffOf('root') };
}

/** No test asks the name servers of this machine. */
const nobody = (): Promise<never> => Promise.reject(new Error('no such host'));

/** Settings of the test's own service. */
export interface AppSettings {
  config?: Partial<Config>;
  start?: string;
  /** the built pages, when not those of dist/ */
  webDir?: string;
  /** other people's servers; nobody answers unless said */
  outside?: Partial<OutsideParts>;
}

/** Starts a service on a database given, without registering hooks. */
export async function startApp(
  stored: TestDatabase,
  settings: AppSettings = {},
): Promise<{ app: TestApp; stop(): Promise<void> }> {
  const clock = createClock(settings.start);
  const logged: string[] = [];
  const keep = (fields: object, message: string): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
  // a copy of the template has all migrations, which an embedded folder gets at its opening
  const migrate = stored.kind === 'embedded';
  const database = await openDatabase({ ...stored.options, migrate, log: quiet, poolSize: 30 });
  const outside = { resolve: nobody, ...settings.outside };
  const running = await createApp({
    database,
    config: { ...config, ...settings.config },
    log,
    now: clock.now,
    webDir: settings.webDir ?? fileURLToPath(new URL('../../dist/web', import.meta.url)),
    outside,
  });
  await new Promise<void>((resolve) => running.http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${String((running.http.address() as AddressInfo).port)}`;
  const service: Service = {
    database,
    now: clock.now,
    log,
    followKey: await followKeyOf(database),
    outside: createOutside(outside),
  };
  const world = await plantStations(service);
  const app: TestApp = {
    url,
    running,
    database,
    service,
    clock,
    logged,
    ...world,
    ...(await addStaff({ service, url }, world)),
    anyone: person(url, { id: '', role: 'public', stationId: '', cookie: null }),
  };
  return {
    app,
    async stop() {
      closeEars();
      await running.drain();
      await database.close();
    },
  };
}

/** For a test file: a service before all, gone after all. Use the returned object's fields inside tests only. */
export function useApp(settings: AppSettings = {}): TestApp {
  const shared = {} as TestApp;
  let stored: TestDatabase | undefined;
  let stop: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    stored = await testDatabase();
    const started = await startApp(stored, settings);
    stop = started.stop;
    Object.assign(shared, started.app);
  }, DATABASE_HOOK_MS);
  afterAll(async () => {
    await stop?.();
    await stored?.drop();
  }, DATABASE_HOOK_MS);
  return shared;
}
