/** Three processes on one PostgreSQL, with the real clock: together they are one service, and one of them may die. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followKeyOf } from '../../server/app.ts';
import { type Database, openDatabase } from '../../server/db/open.ts';
import { row, rows } from '../../server/db/rows.ts';
import { runCommand, type Service } from '../../server/realtime/command.ts';
import { addItem } from '../../server/supplies/commands.ts';
import { authenticate } from '../../server/users/authenticate.ts';
import type { LonLat } from '../../shared/geo.ts';
import { startPatrol } from '../../shared/patrols.ts';
import { applyTick, type PositionsTick, takePositions } from '../../shared/positions.ts';
import { reportSighting } from '../../shared/sightings.ts';
import { fromSnapshot } from '../../shared/state.ts';
import { createToken, createUser, revokeToken, signOut, updateUser, whoAmI } from '../../shared/users.ts';
import { addPerson, places, plantStations } from '../kit/app.ts';
import { sighting } from '../kit/builders.ts';
import { DATABASE_HOOK_MS, quiet, type TestDatabase, testDatabase, testKind } from '../kit/database.ts';
import { closeEars, person, type Person } from '../kit/people.ts';
import { endAll, mustStart, type Program } from '../kill/program.ts';
import { tablesOf } from '../realtime/picture.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { closeDesks, type Desk, openDesk, openFeed } from './desk.ts';

const NODES = 3;
const SECONDS = 1_000;
/** Longest a thing may take that is no claim of the test; other work may have both cores. */
const PATIENCE_MS = 40 * SECONDS;
const password = 'a long enough password';
const silent = { debug: () => undefined, ...quiet };

describe.skipIf(testKind !== 'postgres')(
  'several nodes (not for this database when embedded: it has one process)',
  () => {
    let stored: TestDatabase;
    let database: Database;
    let service: Service;
    let nodes: Program[];
    let world: Awaited<ReturnType<typeof plantStations>>;
    /** one of each kind of viewer: all of the city, one district, the other */
    let viewers: { root: Person; east: Person; west: Person };
    let balancer: Balancer | undefined;

    const url = (n: number): string => nodes[n % NODES]?.url ?? '';
    /** the same person at another door of the service */
    const at = (door: string, who: Person): Person => person(door, who);
    const anyone = (n: number): Person => person(url(n), { id: '', role: 'public', stationId: '', cookie: null });
    const report = (n: number, place: LonLat): Promise<{ id: string }> =>
      anyone(n).does(reportSighting, { body: sighting({ position: { type: 'Point', coordinates: place } }) });
    const count = async (sql: string, bindings: Record<string, unknown> = {}): Promise<number> =>
      (await row<{ n: number }>(database.knex, `select cast(count(*) as integer) as n from ${sql}`, bindings))?.n ?? -1;

    /** Every seq that a station's desk is entitled to: the facts of its subtree. */
    const entitled = async (from: number, scope: string): Promise<number[]> =>
      (
        await rows<{ seq: number }>(
          database.knex,
          `select e.seq from events e join stations s on s.id = e.station_id where e.seq > :from and cast(:scope as uuid) = any (s.path) order by e.seq`,
          { from, scope },
        )
      ).map(({ seq }) => seq);

    /** Waits until a desk has all it is entitled to, each once, and its picture is the one a newcomer gets at another node. */
    const complete = async (desk: Desk, from: number, door: string, withinMs = PATIENCE_MS): Promise<void> => {
      const look = async (): Promise<{ facts: boolean; picture: boolean }> => {
        const fresh = fromSnapshot(await at(door, desk.person).snapshot());
        const all = await entitled(from, desk.person.stationId);
        const had = desk.news.map(({ seq }) => seq).filter((seq) => seq > from);
        return {
          facts: isDeepStrictEqual(had, all),
          picture: isDeepStrictEqual(tablesOf(desk.state), tablesOf(fresh)),
        };
      };
      await expect.poll(look, { timeout: withinMs, interval: 100 }).toEqual({ facts: true, picture: true });
    };

    const holdOver = async (): Promise<string> => {
      const id = randomUUID();
      const now = Date.now();
      await rows(
        database.knex,
        `insert into holds (id, shelter_id, kind, people, held_for, status, expires_at, created_at)
       values (cast(:id as uuid), cast(:shelterId as uuid), 'any', 1, '', 'held', :over, :before)`,
        { id, shelterId: world.shelters.east, over: new Date(now - 60_000), before: new Date(now - 120_000) },
      );
      return id;
    };
    const expiries = (id: string): Promise<number> =>
      count(
        `events e, jsonb_array_elements(e.payload->'rows'->'holds') as hold where e.type = 'hold.expired' and hold->>'id' = :id`,
        { id },
      );

    let firstHold: string;
    let laterHold: string;

    beforeAll(async () => {
      stored = await testDatabase();
      database = await openDatabase({ ...stored.options, log: quiet });
      service = { database, now: () => new Date(), log: silent, followKey: await followKeyOf(database) };
      world = await plantStations(service);
      const door = { service, url: '' };
      viewers = {
        root: await addPerson(door, 'dispatcher', world.stations.root),
        east: await addPerson(door, 'manager', world.stations.east),
        west: await addPerson(door, 'dispatcher', world.stations.west),
      };
      firstHold = await holdOver();
      const env = { DATABASE_URL: stored.options.databaseUrl ?? '' };
      nodes = await Promise.all(Array.from({ length: NODES }, () => mustStart(env)));
      // due at the next minute, when all of them beat at the same moment
      laterHold = await holdOver();
    }, DATABASE_HOOK_MS);
    afterAll(async () => {
      closeDesks();
      closeEars();
      await balancer?.close();
      await endAll();
      await database.close();
      await stored.drop();
    }, DATABASE_HOOK_MS);

    it('whichever node took a report, every desk of every node has it once, and all have the same picture', async () => {
      const desks: Desk[] = [];
      for (let n = 0; n < NODES; n += 1)
        for (const viewer of Object.values(viewers)) desks.push(await openDesk(url(n), at(url(n), viewer)));
      // desks begin at slightly different seqs when a job speaks between them; what all of them must hear comes after this
      const from = Math.max(...desks.map(({ state }) => state.seq));
      const where = [places.east, places.west, places.outside];
      await Promise.all(
        Array.from({ length: 63 }, (_, n) => report(n, where[Math.floor(n / NODES) % 3] ?? places.east)),
      );
      const mine = await entitled(from, world.stations.root);
      expect(mine.length).toBeGreaterThanOrEqual(63);
      expect(await entitled(from, world.stations.west)).toHaveLength(21);
      for (const [n, desk] of desks.entries()) await complete(desk, from, url(n));
      closeDesks();
    });

    it('what a node is not told of, it finds by itself; a LISTEN that was cut comes back', async () => {
      const listeners = `pg_stat_activity where application_name = 'warmpath listen' and datname = current_database()`;
      const pids = async (): Promise<number[]> =>
        (await rows<{ pid: number }>(database.knex, `select pid from ${listeners} order by pid`)).map(({ pid }) => pid);
      const before = await pids();
      expect(before).toHaveLength(NODES);
      const desks = await Promise.all([0, 1, 2].map((n) => openDesk(url(n), at(url(n), viewers.root))));
      const from = Math.max(...desks.map(({ state }) => state.seq));
      await rows(database.knex, `select pg_terminate_backend(pid) from ${listeners}`);
      await report(0, places.east);
      for (const [n, desk] of desks.entries()) await complete(desk, from, url(n));
      await expect
        .poll(async () => (await pids()).filter((pid) => !before.includes(pid)).length, { timeout: PATIENCE_MS })
        .toBe(NODES);
      // committed without a NOTIFY, as if it had been lost on the way
      const mute: Service = { ...service, database: { ...database, committed: () => undefined } };
      const actor = await authenticate(service, { cookie: viewers.root.cookie ?? '' });
      if (!actor) throw new Error('nobody is signed in');
      const item = { id: randomUUID(), name: 'Gloves', unit: 'pair', kind: 'clothing' as const };
      await runCommand(mute, actor, { command: 'createItem', subjectIds: [item.id], fields: [] }, (ctx) =>
        addItem(ctx, item),
      );
      const sent = Date.now();
      await expect
        .poll(() => desks.map(({ state }) => item.id in state.items), { timeout: PATIENCE_MS, interval: 50 })
        .toEqual([true, true, true]);
      // the look of every two seconds, and what a busy machine adds
      expect(Date.now() - sent).toBeLessThan(6 * SECONDS);
      closeDesks();
    });

    it('a position posted to the first node reaches the desks of the third', async () => {
      const patrolId = randomUUID();
      const { num } = await at(url(1), viewers.east).does(startPatrol, {
        body: { id: patrolId, name: 'Patrol', crew: [], crewCount: 2 },
      });
      const ears = { east: await at(url(2), viewers.east).listen(), west: await at(url(2), viewers.west).listen() };
      await at(url(0), viewers.east).does(takePositions, {
        body: [
          {
            patrolId,
            position: { type: 'Point', coordinates: places.eastNear },
            at: new Date().toISOString(),
          },
        ],
      });
      const fixOf = (ticks: readonly unknown[]) =>
        (ticks as PositionsTick[]).reduce(applyTick, new Map() as ReturnType<typeof applyTick>).get(num);
      await ears.east.until(({ ticks }) => fixOf(ticks) !== undefined);
      expect(fixOf(ears.east.ticks)?.position[0]).toBeCloseTo(places.eastNear[0], 4);
      expect(ears.west.ticks).toEqual([]);
      closeEars();
    });

    it('who signs in at one node is known to all; who signs out, is let go or loses a token is off every node within 5 s', async () => {
      const admin = await addPerson({ service, url: url(0) }, 'admin', world.stations.root);
      const newcomer = async (): Promise<{ id: string; cookie: string }> => {
        const id = randomUUID();
        const username = `desk-${id}`;
        await admin.does(createUser, {
          body: { id, stationId: world.stations.east, username, name: 'Desk', role: 'dispatcher', password },
        });
        const response = await fetch(`${url(0)}/api/session`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-requested-with': 'warmpath' },
          body: JSON.stringify({ username, password }),
        });
        return { id, cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
      };
      const seat = (door: number, who: { id: string; cookie: string }): Person =>
        person(url(door), { ...who, role: 'dispatcher', stationId: world.stations.east });
      const offWithin5s = async (end: () => Promise<unknown>, ears: Awaited<ReturnType<Person['listen']>>[]) => {
        expect(ears.every(({ socket }) => socket.connected)).toBe(true);
        const from = Date.now();
        await end();
        await Promise.all(ears.map((ear) => ear.until(({ socket }) => !socket.connected)));
        expect(Date.now() - from).toBeLessThan(5 * SECONDS);
      };
      const [leaves, isLetGo] = [await newcomer(), await newcomer()];
      for (const door of [0, 1, 2])
        expect((await seat(door, leaves).does(whoAmI)).user.id, `node ${String(door)}`).toBe(leaves.id);
      await offWithin5s(
        () => seat(1, leaves).does(signOut, { body: undefined as never }),
        [await seat(0, leaves).listen(), await seat(2, leaves).listen()],
      );
      expect((await seat(2, leaves).call(whoAmI)).status).toBe(401);

      const { version } = (await seat(1, isLetGo).does(whoAmI)).user;
      const ears = [await seat(1, isLetGo).listen(), await seat(2, isLetGo).listen()];
      await offWithin5s(
        () => admin.does(updateUser, { params: { id: isLetGo.id }, body: { version, active: false } }),
        ears,
      );

      const token = await admin.does(createToken, {
        body: { id: randomUUID(), stationId: world.stations.east, name: 'Feed', role: 'dispatcher' },
      });
      const feed = await openFeed(url(2), token.token);
      const from = Date.now();
      await at(url(1), admin).does(revokeToken, { params: { id: token.id }, body: undefined as never });
      await expect.poll(() => feed.connected, { timeout: PATIENCE_MS, interval: 50 }).toBe(false);
      expect(Date.now() - from).toBeLessThan(5 * SECONDS);
    });

    it('kill -9 of a node: its desks are at another within 10 s, with everything that happened meanwhile', async () => {
      balancer = await startBalancer(nodes.map((node) => node.url));
      const door = balancer.url;
      const desks: Desk[] = [];
      for (const viewer of [viewers.root, viewers.root, viewers.east, viewers.west])
        desks.push(await openDesk(door, at(door, viewer)));
      const from = Math.max(...desks.map(({ state }) => state.seq));
      let over = false;
      let sent = 0;
      const reporting = (async () => {
        for (; !over; sent += 1) await report(1 + (sent % 2), sent % 4 === 0 ? places.west : places.east);
      })();
      await expect.poll(() => sent, { timeout: PATIENCE_MS }).toBeGreaterThan(20);
      const killedAt = Date.now();
      const sentBefore = sent;
      await nodes[0]?.kill();
      await expect.poll(() => sent - sentBefore, { timeout: PATIENCE_MS }).toBeGreaterThan(20);
      over = true;
      await reporting;
      expect(Date.now() - killedAt, 'reports went on at the others').toBeLessThan(8 * SECONDS);
      for (const desk of desks) await complete(desk, from, url(2), Math.max(1, killedAt + 10 * SECONDS - Date.now()));
      expect(Date.now() - killedAt).toBeLessThan(10 * SECONDS);
      expect(desks.map(({ opened }) => opened)).toEqual([2, 2, 2, 2]);
      // nobody had to begin anew: the changes alone brought them up
      expect(desks.map(({ resets }) => resets)).toEqual([0, 0, 0, 0]);
      closeDesks();
    });

    it('timed work is done once, at their start and at a minute when all beat together', async () => {
      await expect.poll(() => expiries(laterHold), { timeout: 65 * SECONDS, interval: 250 }).toBe(1);
      expect(await expiries(firstHold)).toBe(1);
      // written by the one node that did it, in the same transaction
      expect(await count(`audit where command = 'job.expire-holds'`)).toBe(
        await count(`events where type = 'hold.expired'`),
      );
      await expect
        .poll(() => count(`job_runs where finished_at is null`), { timeout: PATIENCE_MS, interval: 50 })
        .toBe(0);
      const slots = await rows<{ name: string; n: number }>(
        database.knex,
        `select name, cast(count(distinct date_trunc('minute', due_at)) as integer) as n, cast(count(*) as integer) as runs from job_runs group by name`,
      );
      expect(slots.map(({ name }) => name)).toContain('expire-holds');
      for (const slot of slots) expect(slot).toMatchObject({ runs: slot.n });
    });
  },
);
