/** A night's data goes out of one database and comes back in another, row by row; what is damaged, newer or in the way is refused. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../server/config.ts';
import { DatabaseUnfit, FolderInUse } from '../../server/db/errors.ts';
import { appliedMigrations, readMigrations } from '../../server/db/migrate.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../../server/db/open.ts';
import { one, rows } from '../../server/db/rows.ts';
import { BadBackup, createArchive, readArchive } from '../../server/operations/archive.ts';
import { backUp } from '../../server/operations/backup.ts';
import { backupCommand, type Operator, restoreCommand } from '../../server/operations/commands.ts';
import { restore } from '../../server/operations/restore.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { mergeIncident } from '../../shared/incidents.ts';
import { fromSnapshot } from '../../shared/state.ts';
import { holdBed } from '../../shared/shelters.ts';
import { checkIn } from '../../shared/stays.ts';
import { createItem, moveSupplies } from '../../shared/supplies.ts';
import { readTally } from '../../shared/tally.ts';
import { createUser } from '../../shared/users.ts';
import { endAll, mustStart } from '../kill/program.ts';
import { places, startApp, type TestApp } from '../kit/app.ts';
import { dispatch, goOut, report } from '../kit/builders.ts';
import { DATABASE_HOOK_MS, quiet, type TestDatabase, testDatabase, testKind, urlOf } from '../kit/database.ts';
import { tablesOf } from '../realtime/picture.ts';
import { person, type Person } from '../kit/people.ts';

const password = 'a long enough password';
const silent = (): void => undefined;
const made: (() => Promise<unknown>)[] = [];
let folder: string;
let source: TestDatabase;
let app: TestApp;
let stop: () => Promise<void>;
let manager: Person;
let file: string;

const operator = (options: DatabaseOptions, over: Partial<Operator> = {}): Operator => ({
  config: readConfig({ DATABASE_URL: options.databaseUrl, DATA_DIR: options.dataDir }),
  open: (_config, more) => openDatabase({ ...options, ...more }),
  now: () => new Date(),
  say: silent,
  ...over,
});
const at = (place: TestDatabase): DatabaseOptions => ({ ...place.options, log: quiet });

/** An empty database of this run's kind. */
async function emptyDatabase(): Promise<DatabaseOptions> {
  const place = await testDatabase();
  made.push(() => place.drop());
  return at(place);
}
async function emptyFolder(): Promise<DatabaseOptions> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'warmpath-test-'));
  made.push(() => rm(dataDir, { recursive: true, force: true }));
  return { dataDir, log: quiet };
}
/** A database without any table. */
async function bareDatabase(): Promise<DatabaseOptions> {
  const { databaseUrl } = source.options;
  if (databaseUrl === undefined) return emptyFolder();
  const name = `warmpath_test_${randomUUID().replaceAll('-', '')}`;
  await rows(app.database.knex, `create database ${name} template template0`);
  const drop = async (): Promise<void> => {
    await rows(app.database.knex, `drop database ${name} with (force)`);
  };
  made.push(drop);
  return { ...at(source), databaseUrl: urlOf(databaseUrl, name) };
}
async function using<T>(options: DatabaseOptions, fn: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(options);
  return fn(database).finally(() => database.close());
}

/** Every row of every table as the database writes it; and the sequences. */
async function contentsOf({ knex: db }: Database): Promise<Record<string, string[]>> {
  const tables = await rows<{ name: string }>(
    db,
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'
     and table_name not in ('spatial_ref_sys', 'knex_migrations', 'knex_migrations_lock') order by 1`,
  );
  const found: Record<string, string[]> = {};
  for (const { name } of tables)
    found[name] = (await rows<{ all: string }>(db, `select cast(t as text) as "all" from "${name}" t`))
      .map(({ all }) => all)
      .sort();
  found['(sequences)'] = (
    await rows<{ name: string; last: number }>(
      db,
      `select sequencename as name, last_value as last from pg_sequences where last_value is not null and sequencename not like 'knex%' and sequencename <> 'events_seq_seq' order by 1`,
    )
  ).map(({ name, last }) => `${name} ${String(last)}`);
  return found;
}
/** What a restored database should hold. */
const without = (contents: Record<string, string[]>): Record<string, string[]> => ({
  ...contents,
  sessions: [],
  events: [],
});

const constraints = async ({ knex: db }: Database): Promise<string[]> =>
  (
    await rows<{ text: string }>(
      db,
      `select concat_ws(' ', cast(conrelid as regclass), conname, pg_get_constraintdef(oid)) as text from pg_constraint where contype = 'f'`,
    )
  )
    .map(({ text }) => text)
    .sort();

async function plant(): Promise<void> {
  const { dispatcher, crew, shelter } = app.east;
  const odd = 'under the bridge\n"quoted" \\ 桥下 🧣 \u2028 | \t,{}';
  const first = await report(app, { description: odd, signs: ['elderly', 'wet'], placeText: 'bridge' });
  const second = await report(app, { position: { type: 'Point', coordinates: places.eastNear } });
  await report(app, { position: { type: 'Point', coordinates: places.outside } });
  const photo = await sharp({ create: { width: 80, height: 60, channels: 3, background: '#335577' } })
    .jpeg()
    .toBuffer();
  const form = new FormData();
  form.append('photo', new Blob([photo]), 'photo.jpg');
  const headers = { 'x-follow-token': first.followUpUrl.split('/').at(-1) ?? '' };
  expect(
    (await app.anyone.fetch(`/api/sightings/${first.id}/photos`, { method: 'POST', body: form, headers })).status,
  ).toBe(201);
  await dispatcher.does(mergeIncident, { params: { id: second.incidentId }, body: { intoId: first.incidentId } });
  const patrolId = await goOut(app, [crew]);
  const dispatchId = await dispatch(app, first.incidentId, patrolId);
  const item = randomUUID();
  await app.east.manager.does(createItem, {
    body: { id: item, name: 'Blanket', nameZh: '毛毯', unit: 'piece', kind: 'bedding' },
  });
  await app.east.manager.does(moveSupplies, {
    body: {
      id: randomUUID(),
      itemId: item,
      quantity: 2,
      from: { kind: 'supplier' },
      to: { kind: 'patrol', id: patrolId },
      reason: 'receive',
    },
  });
  const hold = await crew.does(holdBed, {
    params: { id: app.shelters.east },
    body: { id: randomUUID(), people: 1, for: 'an elderly man', dispatchId },
  });
  await crew.does(recordEncounter, {
    body: {
      id: randomUUID(),
      dispatchId,
      position: { type: 'Point', coordinates: places.east },
      people: [{ outcome: 'brought_in', groups: ['elderly'] }],
      handouts: [{ itemId: item, quantity: 1 }],
      shelterId: app.shelters.east,
    },
  });
  await shelter.does(checkIn, { body: { id: randomUUID(), shelterId: app.shelters.east, holdId: hold.id } });
  // a city's rule laid over the default, which must come back, and once
  await rows(app.database.knex, `update rules set value = '7' where key = 'shelters.few'`);
  await app.root.admin.does(createUser, {
    body: { id: randomUUID(), stationId: app.stations.root, username: 'boss', name: 'Boss', role: 'manager', password },
  });
}

async function signedIn(url: string): Promise<Person> {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-requested-with': 'warmpath' },
    body: JSON.stringify({ username: 'boss', password }),
  });
  const { user } = (await response.json()) as { user: { id: string; stationId: string } };
  return person(url, {
    id: user.id,
    role: 'manager',
    stationId: user.stationId,
    cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? null,
  });
}

async function answers(by: Person): Promise<unknown> {
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(new Date());
  const { asOf: _now, ...tally } = await by.does(readTally, { query: { from: today, to: today } });
  return { tally, picture: tablesOf(fromSnapshot(await by.snapshot())) };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'warmpath-backup-'));
  made.push(() => rm(folder, { recursive: true, force: true }));
  source = await testDatabase();
  const started = await startApp(source, { start: new Date().toISOString() });
  ({ app, stop } = started);
  await plant();
  manager = await signedIn(app.url);
  file = path.join(folder, 'night');
  // beside the running service
  await backUp(app.database, file, { version: 'test', at: new Date(), say: silent });
}, DATABASE_HOOK_MS);
afterAll(async () => {
  await endAll();
  for (const undo of made) await undo();
  await stop();
  await source.drop();
}, DATABASE_HOOK_MS);

describe('a backup', () => {
  it('is readable by its owner only, leaves no part, and overwrites nothing', async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['night']);
    const before = await readFile(file);
    await expect(backUp(app.database, file, { version: 'test', at: new Date(), say: silent })).rejects.toThrow(
      BadBackup,
    );
    await writeFile(path.join(folder, 'other.part'), '');
    await expect(createArchive(path.join(folder, 'other'))).rejects.toThrow(/another backup is writing it/);
    expect(await readFile(file)).toEqual(before);
  });

  it('is of one moment: what is committed while it is written is not in it', async () => {
    const target = path.join(folder, 'moment');
    let reported: Promise<unknown> | undefined;
    await backUp(app.database, target, {
      version: 'test',
      at: new Date(),
      // the first table is done; incidents and sightings come later
      say: () => {
        reported ??= testKind === 'postgres' ? report(app) : Promise.resolve();
      },
    });
    await reported;
    const { count } = await one<{ count: number }>(app.database.knex, `select count(*) as count from sightings`);
    for await (const entry of readArchive(target)) {
      if (entry.kind !== 'end') continue;
      expect(entry.end.rows['sightings']).toBe(testKind === 'postgres' ? count - 1 : count);
      expect(entry.end.rows['incidents']).toBe(entry.end.rows['sightings']);
    }
    expect(testKind).toBe(app.database.kind);
  });

  it('comes back row by row, into the same kind and from the embedded one, and the service starts on it', async () => {
    const now = path.join(folder, 'now');
    await backUp(app.database, now, { version: 'test', at: new Date(), say: silent });
    const expected = without(await contentsOf(app.database));
    expect(expected['photos']).toHaveLength(1);
    expect(expected['incident_entries']?.length).toBeGreaterThan(5);
    const said = await answers(manager);
    const log = await one<{ last: number }>(app.database.knex, `select max(seq) as last from events`);
    const keys = await constraints(app.database);
    const looksRight = async (database: Database): Promise<void> => {
      expect(await contentsOf(database)).toEqual(expected);
      expect(await constraints(database)).toEqual(keys);
      const next = await one<{ next: number }>(database.knex, `select nextval('events_seq_seq') as next`);
      expect(next.next).toBeGreaterThan(log.last + 1_000_000);
    };

    // through the other kind: a trial becomes a city
    const between = await emptyFolder();
    await restoreCommand([now], operator(between));
    const again = path.join(folder, 'again');
    await using(between, looksRight);
    await backupCommand([again], operator(between));
    const target = await emptyDatabase();
    await restoreCommand([again], operator(target));
    await using({ ...target, migrate: false }, looksRight);

    const program = await mustStart(
      target.databaseUrl === undefined ? { DATA_DIR: target.dataDir ?? '' } : { DATABASE_URL: target.databaseUrl },
    );
    expect(program.setup).toBeNull();
    expect(await answers(await signedIn(program.url))).toEqual(said);
    // a session of before is none
    expect((await manager.fetch('/api/session')).status).toBe(200);
    expect((await person(program.url, { ...manager, role: 'manager' }).fetch('/api/snapshot')).status).toBe(401);
    expect(await program.stop()).toBe(0);
  });

  it('names itself after the moment in a folder, and says what is in it', async () => {
    const place = await emptyDatabase();
    // the embedded one is made when it is first opened
    await using(place, () => Promise.resolve());
    const said: string[] = [];
    const there = path.join(folder, 'kept');
    await mkdir(there);
    await backupCommand(
      [there],
      operator(place, { say: (text) => said.push(text), now: () => new Date('2026-11-22T03:35:00Z') }),
    );
    expect(await readdir(there)).toEqual(['2026-11-22T033500Z.warmpath.gz']);
    expect(said.join('\n')).toMatch(/Encrypt it/);
  });

  it('refuses a folder that a service has, one without a database, and the demo', async () => {
    const place = await emptyFolder();
    await using(place, async () => {
      await expect(backupCommand([path.join(folder, 'x')], operator(place))).rejects.toThrow(FolderInUse);
    });
    await writeFile(path.join(place.dataDir ?? '', 'demo.json'), '{}');
    await expect(backupCommand([path.join(folder, 'x')], operator(place))).rejects.toThrow(/demo/);
    await expect(restoreCommand([file], operator(place))).rejects.toThrow(/demo/);
    const bare = await emptyFolder();
    await expect(backupCommand([path.join(folder, 'x')], operator(bare))).rejects.toThrow(/no database/);
    expect(await readdir(bare.dataDir ?? '')).toEqual([]);
    expect(await readdir(folder)).not.toContain('x');
  });
});

describe('a restore', () => {
  const never = (): Promise<Database> => {
    throw new Error('the database was opened');
  };
  /** The same file with its lines changed and packed anew. */
  async function changed(name: string, change: (lines: string[]) => string[]): Promise<string> {
    const lines = gunzipSync(await readFile(file))
      .toString()
      .split('\n');
    const target = path.join(folder, name);
    await writeFile(target, gzipSync(change(lines).join('\n')));
    return target;
  }

  it('refuses what is cut off, changed or no backup before it opens the database', async () => {
    const whole = await readFile(file);
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1] = (flipped[whole.length >> 1] ?? 0) ^ 1;
    const damaged: [string, Buffer][] = [
      ['half', whole.subarray(0, whole.length >> 1)],
      ['almost', whole.subarray(0, -1)],
      ['flipped', flipped],
      ['nothing', Buffer.alloc(0)],
      ['text', Buffer.from('not gzip')],
    ];
    for (const [name, bytes] of damaged) await writeFile(path.join(folder, name), bytes);
    await changed('no end', (lines) => [...lines.slice(0, -2), '']);
    await changed('no last row', (lines) => [...lines.slice(0, -3), ...lines.slice(-2)]);
    await changed('other words', (lines) => lines.map((line) => line.replace('Blanket', 'Gloves!')));
    await changed('longer', (lines) => [...lines, '["x"]', '']);
    const names = [...damaged.map(([name]) => name), 'no end', 'no last row', 'other words', 'longer', 'not there'];
    for (const name of names)
      await expect(
        restoreCommand([path.join(folder, name)], operator({ ...at(source) }, { open: never })),
        name,
      ).rejects.toThrow(BadBackup);
  });

  it('refuses a backup of newer software, and of a newer format', async () => {
    const newer = await changed('newer', (lines) => [
      (lines[0] ?? '').replace(/\]\}$/, ',"999901010001_future"]}'),
      ...lines.slice(1),
    ]);
    await expect(restoreCommand([newer], operator(at(source), { open: never }))).rejects.toThrow(BadBackup);
    const format = await changed('format', (lines) => [
      (lines[0] ?? '').replace('"format":1', '"format":2'),
      ...lines.slice(1),
    ]);
    await expect(restoreCommand([format], operator(at(source), { open: never }))).rejects.toThrow(/newer version/);
  });

  it('refuses a database that has a station, or a service', async () => {
    const before = await contentsOf(app.database);
    await expect(restore(app.database, file, silent)).rejects.toThrow(DatabaseUnfit);
    expect(await contentsOf(app.database)).toEqual(before);
    if (testKind === 'embedded') return;
    const target = await emptyDatabase();
    await using(target, async (database) => {
      const unlisten = await database.listen(silent);
      await expect(restoreCommand([file], operator(target))).rejects.toThrow(/service is running/);
      await unlisten();
    });
  });

  it('that fails half way leaves the database as empty as it was, its keys and default rules in place', async () => {
    const broken = path.join(folder, 'broken');
    const archive = await createArchive(broken);
    const tables: Record<string, number> = {};
    for await (const entry of readArchive(file)) {
      if (entry.kind === 'header') await archive.line(entry.header);
      if (entry.kind === 'table') {
        tables[entry.start.table] = 0;
        await archive.line(entry.start);
      }
      // everything but the stations that all of it belongs to
      const table = Object.keys(tables).at(-1) ?? '';
      if (entry.kind === 'row' && table !== 'stations') {
        tables[table] = (tables[table] ?? 0) + 1;
        await archive.line(entry.values);
      }
      if (entry.kind === 'end') await archive.finish({ ...entry.end, rows: tables });
    }
    const target = await emptyDatabase();
    const look = (database: Database) => Promise.all([contentsOf(database), constraints(database)]);
    const before = await using(target, look);
    await expect(restoreCommand([broken], operator(target))).rejects.toThrow(/foreign key/);
    const after = await using(target, look);
    expect(after).toEqual(before);
    expect(after[0]['rules']?.length).toBeGreaterThan(10);
    await restoreCommand([file], operator(target));
  });

  it('loads an older backup into the schema it came from, then brings it up to date', async () => {
    const names = (await readMigrations()).map(({ name }) => name);
    const old = names.at(-2) ?? '';
    const first = await bareDatabase();
    const older = path.join(folder, 'older');
    await using({ ...first, migrateTo: old }, async (database) => {
      await rows(
        database.knex,
        `insert into stations (id, path, name, time_zone, locale, created_at) values (cast(:id as uuid), array[cast(:id as uuid)], 'Old', 'Asia/Shanghai', 'en', '2026-01-01T00:00:00Z')`,
        { id: randomUUID() },
      );
      await backUp(database, older, { version: 'older', at: new Date(), say: silent });
    });
    const second = await bareDatabase();
    await restoreCommand([older], operator(second));
    await using({ ...second, migrate: false }, async (database) => {
      expect(await appliedMigrations(database.knex)).toEqual(names);
      expect(await rows(database.knex, `select name from stations`)).toEqual([{ name: 'Old' }]);
    });
    // a database that has gone further is not turned back
    await expect(restoreCommand([older], operator(await emptyDatabase()))).rejects.toThrow(/new, empty database/);
  });
});
