/** How long places are held: by hand, by where the patrol is, until the job is called off, and across a restart. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { createApp, type Running } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { type Database, openDatabase } from '../../server/db/open.ts';
import { row, rows } from '../../server/db/rows.ts';
import { followArrivals } from '../../server/dispatches/commands-arrival.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { reassignDispatch, stepDispatch } from '../../shared/dispatches.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import type { LonLat } from '../../shared/geo.ts';
import { closeIncident } from '../../shared/incidents.ts';
import { takePositions } from '../../shared/positions.ts';
import { createShelter, extendHold, holdBed, type HoldRow, listShelters } from '../../shared/shelters.ts';
import { addPerson, places, startApp, useApp } from '../kit/app.ts';
import { dispatch, goOut, incidentOf, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import { DATABASE_HOOK_MS, quiet, type TestDatabase, testDatabase } from '../kit/database.ts';
import { type Person, person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const at = (min: number): string => new Date(app.clock.now().getTime() + minutes(min)).toISOString();
async function house(coordinates: LonLat | null = places.east): Promise<string> {
  const { id } = await app.east.manager.does(createShelter, {
    body: {
      id: randomUUID(),
      name: `House ${randomUUID().slice(0, 4)}`,
      kind: 'station',
      address: '1 South Street',
      capacity: { any: 9 },
      ...(coordinates ? { position: { type: 'Point' as const, coordinates } } : {}),
    },
  });
  return id;
}
const wish = (shelterId: string, dispatchId?: string) => ({
  params: { id: shelterId },
  body: { id: randomUUID(), people: 1, for: 'x', ...(dispatchId === undefined ? {} : { dispatchId }) },
});
async function job(fix: LonLat | null = places.eastNear) {
  const crew = await addPerson(app, 'crew', app.stations.east);
  const patrolId = await goOut(app, [crew], fix);
  const { incidentId } = await report(app);
  return { crew, patrolId, incidentId, dispatchId: await dispatch(app, incidentId, patrolId) };
}
/** Goes there in so many minutes. */
async function drive(patrolId: string, coordinates: LonLat, min: number): Promise<void> {
  app.clock.advance(minutes(min));
  await app.east.dispatcher.does(takePositions, {
    body: [{ patrolId, position: { type: 'Point', coordinates }, at: app.clock.now().toISOString() }],
  });
}
/** Whoever sees holds at all. */
const concerned = (...crews: Person[]): Person[] => [
  app.east.dispatcher,
  app.east.shelter,
  app.east.inspector,
  app.west.dispatcher,
  ...crews,
];
const follow = (): Promise<number> =>
  runCommand(app.service, { kind: 'system' }, { command: 'job', subjectIds: [], fields: [] }, followArrivals);
const holdNow = async (id: string): Promise<HoldRow | undefined> =>
  (await app.east.dispatcher.snapshot()).holds.find((each) => each.id === id);
const until = (holdId: string) =>
  row<{ until: Date }>(app.database.knex, `select until from obligations where ref_id = cast(:holdId as uuid)`, {
    holdId,
  });
const extension = (hold: HoldRow, min: number, version = hold.version) => ({
  params: { id: hold.shelterId, holdId: hold.id },
  body: { version, minutes: min },
});

describe('a hold by hand', () => {
  it('lasts so many minutes from now, never less than it did, and never beyond the longest', async () => {
    const { crew, dispatchId } = await job(null);
    const made = await crew.does(holdBed, wish(await house(), dispatchId));
    app.clock.advance(minutes(60));
    const longer = await expectReplay(app, () => crew.does(extendHold, extension(made, 120)), concerned(crew));
    expect(longer).toMatchObject({ version: 2, expiresAt: at(120), status: 'held' });
    expect((await until(made.id))?.until).toEqual(new Date(at(120)));
    expect(await crew.does(extendHold, extension(longer, 5))).toEqual(longer);
    const beyond = await crew.call(extendHold, extension(longer, 301));
    expect([beyond.status, beyond.body]).toMatchObject([422, { errors: [{ path: '/minutes', code: 'range' }] }]);
    expect(await crew.does(extendHold, extension(longer, 300))).toMatchObject({ version: 3, expiresAt: at(300) });
    const old = await crew.call(extendHold, extension(made, 200));
    expect([old.status, old.body]).toMatchObject([409, { code: 'version_conflict', current: { version: 3 } }]);
    const { crew: stranger } = await job();
    expect((await stranger.call(extendHold, extension(made, 200, 3))).status).toBe(404);
    expect((await app.east.shelter.call(extendHold, extension(made, 200, 3))).status).toBe(404);
    app.clock.advance(minutes(300));
    // nothing has said so yet, but its bed may be somebody else's by now
    const over = await crew.call(extendHold, extension(made, 5, 3));
    expect([over.status, over.body]).toMatchObject([409, { code: 'hold_ended' }]);
  });

  it('is of beds or of seats, and neither takes from the other', async () => {
    const { id } = await app.east.manager.does(createShelter, {
      body: {
        id: randomUUID(),
        name: 'Hall',
        kind: 'warm_place',
        address: '1 South Street',
        capacity: { any: 1 },
        seats: { any: 2 },
      },
    });
    const seat = { params: { id }, body: { people: 2, unit: 'seat' as const, for: 'x' } };
    const held = await expectReplay(app, () =>
      app.east.dispatcher.does(holdBed, { ...seat, body: { ...seat.body, id: randomUUID() } }),
    );
    expect(held).toMatchObject({ unit: 'seat', etaAt: null });
    expect(
      (await app.east.dispatcher.call(holdBed, { ...seat, body: { ...seat.body, id: randomUUID() } })).body,
    ).toMatchObject({
      code: 'no_bed',
    });
    expect((await app.east.dispatcher.call(holdBed, wish(id))).status).toBe(201);
    const view = (await app.east.dispatcher.does(listShelters, { query: { limit: '500' } })).items.find(
      (each) => each.id === id,
    );
    expect(view).toMatchObject({
      held: 1,
      available: { total: 0 },
      seats: { held: 2, available: { total: 0 }, over: 0 },
    });
  });
});

describe('a hold for a job', () => {
  /** These crews are on foot: 0.01 degrees are about twenty minutes. */
  const far: LonLat = [places.east[0], places.east[1] + 0.02];

  it('lasts until the patrol should be there and the margin is over, and moves with the patrol', async () => {
    const { crew, patrolId, incidentId, dispatchId } = await job();
    const near = await crew.does(holdBed, wish(await house(), dispatchId));
    expect(near.etaAt).not.toBeNull();
    expect(near.expiresAt).toBe(at(90));
    const id = await house(far);
    await crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'transporting' } });
    const made = await crew.does(holdBed, wish(id, dispatchId));
    const etaMin = (Date.parse(made.etaAt ?? '') - app.clock.now().getTime()) / minutes(1);
    expect(etaMin).toBeGreaterThan(25);
    // it is held up and takes the other way round
    await drive(patrolId, [places.east[0], places.east[1] - 0.04], 10);
    expect(await expectReplay(app, follow, concerned(crew))).toBe(2);
    const moved = await holdNow(made.id);
    const laterMin = (Date.parse(moved?.etaAt ?? '') - app.clock.now().getTime()) / minutes(1);
    expect(laterMin).toBeCloseTo(etaMin * 3, -1);
    expect(moved).toMatchObject({ version: 2, expiresAt: at(laterMin + 20) });
    expect((await until(made.id))?.until.toISOString()).toBe(moved?.expiresAt);
    expect(await follow()).toBe(0);
    // there is no news in a few metres
    await drive(patrolId, [places.east[0], places.east[1] - 0.0401], 0.5);
    expect(await follow()).toBe(0);
    // nearer again: told, but it never ends earlier
    await drive(patrolId, far, 10);
    expect(await follow()).toBe(2);
    expect(await holdNow(made.id)).toMatchObject({ version: 3, expiresAt: moved?.expiresAt });
    const told = await rows(
      app.database.knex,
      `select seq from events where type = 'hold.extended' and payload::text like '%' || :id || '%'`,
      { id: made.id },
    );
    expect(told).toHaveLength(2);
    const { timeline } = await incidentOf(app.east.dispatcher, incidentId);
    expect(timeline.filter(({ kind }) => kind === 'bed_held')).toHaveLength(2);
  });

  it('is longer from the beginning when the way is, and ends at the longest whatever the patrol does', async () => {
    const { crew, patrolId, dispatchId } = await job([places.east[0], places.east[1] - 0.04]);
    const made = await crew.does(holdBed, wish(await house(far), dispatchId));
    const etaMin = (Date.parse(made.etaAt ?? '') - app.clock.now().getTime()) / minutes(1);
    expect(etaMin).toBeGreaterThan(90);
    expect(made.expiresAt).toBe(at(etaMin + 20));
    await drive(patrolId, [places.east[0], places.east[1] - 0.2], 30);
    await follow();
    expect(await holdNow(made.id)).toMatchObject({ expiresAt: at(330) });
    app.clock.advance(minutes(30));
    await follow();
    expect(await holdNow(made.id)).toMatchObject({ expiresAt: at(300) });
    const last = await holdNow(made.id);
    // what ran out is not held again, though nothing has said so
    app.clock.advance(minutes(300));
    await follow();
    expect(await holdNow(made.id)).toEqual(last);
  });

  it('is made with the time of arrival for those who come along, too', async () => {
    const { crew, dispatchId } = await job();
    const shelterId = await house();
    await crew.does(recordEncounter, {
      body: {
        id: randomUUID(),
        dispatchId,
        shelterId,
        position: { type: 'Point', coordinates: places.east },
        people: [{ outcome: 'brought_in' }],
      },
    });
    const made = (await app.east.dispatcher.snapshot()).holds.find((each) => each.shelterId === shelterId);
    expect(made).toMatchObject({ dispatchId, unit: 'bed', people: 1, expiresAt: at(90) });
    expect(made?.etaAt).not.toBeNull();
  });

  it.each(['recalled', 'declined'] as const)('is given back with a job that is %s', async (status) => {
    const { crew, incidentId, dispatchId } = await job();
    const shelterId = await house();
    const mine = await Promise.all([1, 2].map(() => app.east.dispatcher.does(holdBed, wish(shelterId, dispatchId))));
    const other = await app.east.dispatcher.does(holdBed, wish(shelterId));
    const by: Person = status === 'declined' ? crew : app.east.dispatcher;
    await expectReplay(app, () => by.does(stepDispatch, { params: { id: dispatchId }, body: { status, reason: 'x' } }));
    const live = (await app.east.dispatcher.snapshot()).holds.map(({ id }) => id);
    expect(live).toContain(other.id);
    for (const { id } of mine) expect(live).not.toContain(id);
    const { timeline } = await incidentOf(app.east.dispatcher, incidentId);
    expect(timeline.filter(({ kind }) => kind === 'bed_released')).toHaveLength(2);
    const closed = await app.east.dispatcher.call(closeIncident, {
      params: { id: incidentId },
      body: { reason: 'done' },
    });
    expect(closed.status).toBe(200);
  });

  it('stays until its time when the job is done and nobody came, and no longer moves', async () => {
    const { crew, patrolId, dispatchId } = await job();
    const made = await crew.does(holdBed, wish(await house(), dispatchId));
    await crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'done' } });
    await drive(patrolId, [places.east[0], places.east[1] - 0.2], 30);
    await follow();
    expect(await holdNow(made.id)).toEqual(made);
  });

  it('goes to the patrol that fetches the same people instead, and is given back when this one is sent elsewhere', async () => {
    const first = await job();
    const other = await addPerson(app, 'crew', app.stations.east);
    const otherPatrol = await goOut(app, [other]);
    const made = await first.crew.does(holdBed, wish(await house(), first.dispatchId));
    const handed = randomUUID();
    await expectReplay(
      app,
      () =>
        app.east.dispatcher.does(reassignDispatch, {
          params: { id: first.dispatchId },
          body: { id: handed, patrolId: otherPatrol },
        }),
      concerned(first.crew, other),
    );
    expect(await holdNow(made.id)).toMatchObject({
      dispatchId: handed,
      patrolId: otherPatrol,
      etaAt: null,
      status: 'held',
    });
    await follow();
    expect((await holdNow(made.id))?.etaAt).not.toBeNull();
    const { incidentId } = await report(app, {
      position: { type: 'Point', coordinates: [places.east[0], places.east[1] - 0.03] },
    });
    await expectReplay(
      app,
      () =>
        app.east.dispatcher.does(reassignDispatch, { params: { id: handed }, body: { id: randomUUID(), incidentId } }),
      concerned(first.crew, other),
    );
    expect(await holdNow(made.id)).toBeUndefined();
  });
});

describe('a hold from before the service stopped', () => {
  let stored: TestDatabase | undefined;
  afterAll(() => stored?.drop(), DATABASE_HOOK_MS);

  it('stands after the start until its stored time, is free from then on, and is told to have expired once a job runs', async () => {
    stored = await testDatabase();
    const before = await startApp(stored);
    const { clock, shelters, east } = before.app;
    const fill = (by: Person, people: number) =>
      by.call(holdBed, { params: { id: shelters.east }, body: { id: randomUUID(), people, for: 'x' } });
    const held = (await fill(east.dispatcher, 10)).body;
    await before.stop();

    const open: { database: Database; running: Running }[] = [];
    const again = async (roles: string): Promise<Person> => {
      const database = await openDatabase({ ...(stored?.options ?? {}), log: quiet });
      const log = { debug: () => undefined, ...quiet };
      const config = { ...readConfig({ ROLES: roles }), limits: false };
      const running = await createApp({ database, config, log, now: clock.now, webDir: '/nowhere' });
      await new Promise<void>((resolve) => running.http.listen(0, '127.0.0.1', resolve));
      open.push({ database, running });
      const url = `http://127.0.0.1:${String((running.http.address() as AddressInfo).port)}`;
      return person(url, { ...east.dispatcher, role: 'dispatcher' });
    };
    const stop = async (): Promise<void> => {
      for (const { database, running } of open.splice(0)) {
        await running.drain();
        await database.close();
      }
    };
    try {
      clock.advance(Date.parse(held.expiresAt) - clock.now().getTime() - 1);
      const desk = await again('http,relay');
      expect((await fill(desk, 1)).body).toMatchObject({ code: 'no_bed' });
      clock.advance(1);
      expect((await fill(desk, 4)).status).toBe(201);
      expect((await desk.snapshot()).holds.map(({ id }) => id)).toContain(held.id);
      await stop();
      const other = await again('http,relay,jobs');
      // a job that is at work ends before the service does
      await open[0]?.running.jobs?.stop();
      expect((await other.snapshot()).holds.map(({ people }) => people)).toEqual([4]);
      const told = await rows(open[0]?.database.knex as never, `select seq from events where type = 'hold.expired'`);
      expect(told).toHaveLength(1);
    } finally {
      await stop();
    }
  });
});
