import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { row } from '../../server/db/rows.ts';
import {
  createDevice,
  createVehicle,
  listDevices,
  listPatrols,
  listVehicles,
  startPatrol,
  updateDevice,
  updatePatrol,
} from '../../shared/patrols.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { dispatch, report } from '../kit/builders.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const crewMember = (): ReturnType<typeof addPerson> => addPerson(app, 'crew', app.stations.east);
const vehicle = async (): Promise<string> =>
  (
    await app.east.manager.does(createVehicle, {
      body: { id: randomUUID(), name: 'Van 3', plate: '陕A12345', seats: 5 },
    })
  ).id;
const out = { crewCount: 2 };

describe('going out', () => {
  it('takes the name of the vehicle, lists the crew in id order and is told to everybody entitled', async () => {
    const [a, b] = [await crewMember(), await crewMember()];
    const vehicleId = await vehicle();
    const id = randomUUID();
    const patrol = await expectReplay(app, () =>
      app.east.dispatcher.does(startPatrol, { body: { id, vehicleId, crew: [a.id, b.id], ...out } }),
    );
    expect(patrol).toMatchObject({
      id,
      version: 1,
      stationId: app.stations.east,
      name: 'Van 3',
      vehicleId,
      vehicleName: 'Van 3',
      crew: [a.id, b.id].sort(),
      crewCount: 2,
      status: 'free',
      endedAt: null,
    });
    expect(patrol.startedAt).toBe(app.clock.now().toISOString());
  });

  it('is called by its number without a vehicle', async () => {
    const patrol = await app.east.dispatcher.does(startPatrol, { body: { id: randomUUID(), crew: [], crewCount: 3 } });
    expect(patrol).toMatchObject({ name: `Patrol ${String(patrol.num)}`, vehicleId: null, vehicleName: null });
  });

  it('is one outing a person and one a vehicle, also for twins at the same moment', async () => {
    const a = await crewMember();
    const vehicleId = await vehicle();
    const calls = await Promise.all(
      Array.from({ length: 8 }, () =>
        app.east.dispatcher.call(startPatrol, { body: { id: randomUUID(), crew: [a.id], crewCount: 1 } }),
      ),
    );
    expect(calls.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(409)]);
    expect(calls.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'crew_busy',
      errors: [{ path: '/crew/0', code: 'crew_busy' }],
    });
    const vans = await Promise.all(
      Array.from({ length: 8 }, () =>
        app.east.dispatcher.call(startPatrol, { body: { id: randomUUID(), vehicleId, crew: [], crewCount: 1 } }),
      ),
    );
    expect(vans.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(409)]);
    expect(vans.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'in_use',
      errors: [{ path: '/vehicleId' }],
    });
  });

  it('names only people of the crew, active and of the subtree', async () => {
    const a = await crewMember();
    for (const stranger of [app.east.dispatcher.id, app.west.crew.id, randomUUID()]) {
      const { status, body } = await app.east.dispatcher.call(startPatrol, {
        body: { id: randomUUID(), crew: [a.id, stranger], ...out },
      });
      expect([status, body]).toMatchObject([
        422,
        { code: 'invalid', errors: [{ path: '/crew/1', code: 'not_found' }] },
      ]);
    }
  });

  it('is for a crew user only with itself', async () => {
    const [a, b] = [await crewMember(), await crewMember()];
    const refused = await a.call(startPatrol, { body: { id: randomUUID(), crew: [b.id], ...out } });
    expect([refused.status, refused.body]).toMatchObject([422, { errors: [{ path: '/crew', code: 'self_missing' }] }]);
    expect((await a.call(startPatrol, { body: { id: randomUUID(), crew: [b.id, a.id], ...out } })).status).toBe(201);
  });

  it('belongs to a station of the subtree, with a vehicle of it and at least as many people as are named', async () => {
    const [a, b] = [await crewMember(), await crewMember()];
    const body = () => ({ id: randomUUID(), crew: [], ...out });
    const other = await app.east.dispatcher.call(startPatrol, { body: { ...body(), stationId: app.stations.west } });
    expect([other.status, other.body]).toMatchObject([404, { errors: [{ path: '/stationId' }] }]);
    const van = await app.east.dispatcher.call(startPatrol, { body: { ...body(), vehicleId: randomUUID() } });
    expect([van.status, van.body]).toMatchObject([404, { errors: [{ path: '/vehicleId' }] }]);
    const few = await app.east.dispatcher.call(startPatrol, { body: { ...body(), crew: [a.id, b.id], crewCount: 1 } });
    expect([few.status, few.body]).toMatchObject([422, { errors: [{ path: '/crewCount' }] }]);
    expect(
      (await app.root.dispatcher.does(startPatrol, { body: { ...body(), stationId: app.stations.west } })).stationId,
    ).toBe(app.stations.west);
  });
});

describe('an outing', () => {
  it('changes crew, status and name; who leaves is free for another one', async () => {
    const [a, b] = [await crewMember(), await crewMember()];
    const id = randomUUID();
    await app.east.dispatcher.does(startPatrol, { body: { id, crew: [a.id], crewCount: 1 } });
    const changed = await expectReplay(app, () =>
      app.east.dispatcher.does(updatePatrol, {
        params: { id },
        body: { version: 1, crew: [b.id], status: 'break', name: 'Night bus' },
      }),
    );
    expect(changed).toMatchObject({ version: 2, crew: [b.id], status: 'break', name: 'Night bus', crewCount: 1 });
    expect(
      (await app.east.dispatcher.call(startPatrol, { body: { id: randomUUID(), crew: [a.id], crewCount: 1 } })).status,
    ).toBe(201);
    const stale = await app.east.dispatcher.call(updatePatrol, { params: { id }, body: { version: 1, name: 'x' } });
    expect([stale.status, stale.body]).toMatchObject([
      409,
      { code: 'version_conflict', current: { id, version: 2, name: 'Night bus' } },
    ]);
  });

  it('ends with everybody who took part named, and frees them', async () => {
    const [a, b] = [await crewMember(), await crewMember()];
    const id = randomUUID();
    await app.east.dispatcher.does(startPatrol, { body: { id, crew: [a.id], ...out } });
    await app.east.dispatcher.does(updatePatrol, { params: { id }, body: { crew: [b.id] } });
    const ended = await expectReplay(app, () => b.does(updatePatrol, { params: { id }, body: { status: 'ended' } }));
    expect(ended).toMatchObject({ status: 'ended', endedAt: app.clock.now().toISOString(), crew: [a.id, b.id].sort() });
    expect(
      await row(
        app.database.knex,
        `select 1 from patrol_crew where patrol_id = cast(:id as uuid) and left_at is null`,
        { id },
      ),
    ).toBeUndefined();
    const after = await app.east.dispatcher.call(updatePatrol, { params: { id }, body: { status: 'free' } });
    expect([after.status, after.body]).toMatchObject([409, { code: 'patrol_off' }]);
  });

  it('neither ends nor rests with a job running', async () => {
    const a = await crewMember();
    const id = randomUUID();
    await app.east.dispatcher.does(startPatrol, { body: { id, crew: [a.id], ...out } });
    const { incidentId } = await report(app);
    await dispatch(app, incidentId, id);
    expect((await a.call(updatePatrol, { params: { id }, body: { status: 'ended' } })).body).toMatchObject({
      code: 'open_obligations',
    });
    expect((await a.call(updatePatrol, { params: { id }, body: { status: 'break' } })).body).toMatchObject({
      code: 'patrol_busy',
    });
  });

  it('is changed by its own crew and the desk above, by nobody else', async () => {
    const [a, b] = [await crewMember(), await crewMember()];
    const [mine, theirs] = [randomUUID(), randomUUID()];
    await app.east.dispatcher.does(startPatrol, { body: { id: mine, crew: [a.id], ...out } });
    await app.east.dispatcher.does(startPatrol, { body: { id: theirs, crew: [b.id], ...out } });
    expect((await a.call(updatePatrol, { params: { id: theirs }, body: { name: 'x' } })).status).toBe(404);
    expect((await app.west.dispatcher.call(updatePatrol, { params: { id: mine }, body: { name: 'x' } })).status).toBe(
      404,
    );
    expect((await app.root.dispatcher.call(updatePatrol, { params: { id: mine }, body: { name: 'x' } })).status).toBe(
      200,
    );
  });

  it('is listed newest first, page by page, ended ones on demand', async () => {
    app.clock.advance(60_000);
    const all = await app.root.dispatcher.does(listPatrols, { query: { status: 'all', limit: '500' } });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof one>> = await one(cursor);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(all.items.map(({ id }) => id));
    expect((await app.root.dispatcher.does(listPatrols)).items.every(({ status }) => status !== 'ended')).toBe(true);
    expect(
      (await app.west.dispatcher.does(listPatrols, { query: { status: 'all' } })).items.every(
        ({ stationId }) => stationId === app.stations.west,
      ),
    ).toBe(true);
    const bad = await app.root.dispatcher.call(listPatrols, { query: { cursor: 'x' } });
    expect([bad.status, bad.body]).toMatchObject([422, { errors: [{ path: '/query/cursor' }] }]);

    function one(after: string | null) {
      return app.root.dispatcher.does(listPatrols, {
        query: { status: 'all', limit: '3', ...(after === null ? {} : { cursor: after }) },
      });
    }
  });
});

describe('vehicles and devices', () => {
  it('are kept by managers within their subtree', async () => {
    const id = await vehicle();
    expect((await app.east.crew.does(listVehicles)).items.map((found) => found.id)).toContain(id);
    expect((await app.west.manager.does(listVehicles)).items.map((found) => found.id)).not.toContain(id);
  });

  it('bind a device to a patrol or to a vehicle, and know each identifier once', async () => {
    const vehicleId = await vehicle();
    const uniqueId = randomUUID().slice(0, 12);
    const device = await app.east.manager.does(createDevice, { body: { id: randomUUID(), uniqueId, vehicleId } });
    expect(device).toMatchObject({
      version: 1,
      label: uniqueId,
      vehicleId,
      patrolId: null,
      active: true,
      lastSeenAt: null,
    });
    const twin = await app.east.manager.call(createDevice, { body: { id: randomUUID(), uniqueId } });
    expect([twin.status, twin.body]).toMatchObject([409, { code: 'taken', errors: [{ path: '/uniqueId' }] }]);
    const patrol = await app.east.dispatcher.does(startPatrol, { body: { id: randomUUID(), crew: [], ...out } });
    const moved = await app.east.manager.does(updateDevice, {
      params: { id: device.id },
      body: { version: 1, patrolId: patrol.id, active: false },
    });
    expect(moved).toMatchObject({ version: 2, patrolId: patrol.id, vehicleId: null, active: false });
    const both = await app.east.manager.call(updateDevice, {
      params: { id: device.id },
      body: { version: 2, patrolId: patrol.id, vehicleId },
    });
    expect([both.status, both.body]).toMatchObject([422, { errors: [{ path: '/vehicleId', code: 'one_only' }] }]);
    expect(
      (await app.east.manager.call(updateDevice, { params: { id: device.id }, body: { version: 1, label: 'x' } })).body,
    ).toMatchObject({ code: 'version_conflict' });
    expect(
      (await app.west.manager.call(updateDevice, { params: { id: device.id }, body: { version: 2 } })).status,
    ).toBe(404);
    expect(
      (await app.west.manager.call(createDevice, { body: { id: randomUUID(), uniqueId: `${uniqueId}x`, vehicleId } }))
        .status,
    ).toBe(404);
    expect((await app.west.manager.does(listDevices)).items).toEqual([]);
  });
});
