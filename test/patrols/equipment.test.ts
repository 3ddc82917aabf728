/** Vehicles over the years: another plate, fewer seats, out of use. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createVehicle,
  listVehicles,
  startPatrol,
  updatePatrol,
  updateVehicle,
  type VehicleRow,
} from '../../shared/patrols.ts';
import { useApp } from '../kit/app.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const add = (): Promise<VehicleRow> =>
  app.east.manager.does(createVehicle, { body: { id: randomUUID(), name: 'Van', plate: 'A 12345', seats: 5 } });
const change = (vehicle: VehicleRow, over: object, by = app.east.manager) =>
  by.call(updateVehicle, { params: { id: vehicle.id }, body: { version: vehicle.version, ...over } });

describe('a vehicle', () => {
  it('takes another name, plate and number of seats; what is not said stays', async () => {
    const vehicle = await add();
    const renamed = await change(vehicle, { name: ' Van 7 ', seats: 7 });
    expect([renamed.status, renamed.body]).toEqual([200, { ...vehicle, version: 2, name: 'Van 7', seats: 7 }]);
    const bare = await change(renamed.body, { plate: null }, app.root.admin);
    expect(bare.body).toEqual({ ...renamed.body, version: 3, plate: null });
    expect((await app.east.manager.does(listVehicles)).items).toContainEqual(bare.body);
  });

  it('is changed from the row as it is, in the own subtree, within its limits', async () => {
    const vehicle = await add();
    const stale = await change({ ...vehicle, version: 9 }, { name: 'x' });
    expect([stale.status, stale.body]).toMatchObject([409, { code: 'version_conflict', current: vehicle }]);
    expect((await change(vehicle, { name: 'x' }, app.west.manager)).status).toBe(404);
    for (const [over, path] of [
      [{ seats: 0 }, '/seats'],
      [{ seats: 101 }, '/seats'],
      [{ name: ' ' }, '/name'],
      [{ plate: 'x'.repeat(21) }, '/plate'],
      [{ stationId: app.stations.west }, '/stationId'],
    ] as const)
      expect(await change(vehicle, over)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });

  it('carries its new name into the outing it is on', async () => {
    const vehicle = await add();
    const id = randomUUID();
    await app.east.dispatcher.does(startPatrol, { body: { id, vehicleId: vehicle.id, crew: [], crewCount: 2 } });
    const renamed = await expectReplay(app, () => change(vehicle, { name: 'Van under way' }));
    expect(renamed.status).toBe(200);
    const seen = (await app.east.dispatcher.snapshot()).patrols.find((patrol) => patrol.id === id);
    expect(seen?.vehicleName).toBe('Van under way');
  });

  it('goes out of use when nobody is out in it, and comes back', async () => {
    const vehicle = await add();
    const id = randomUUID();
    await app.east.dispatcher.does(startPatrol, { body: { id, vehicleId: vehicle.id, crew: [], crewCount: 2 } });
    expect(await change(vehicle, { active: false })).toMatchObject({
      status: 409,
      body: { code: 'in_use', errors: [{ path: '/active' }] },
    });
    await app.east.dispatcher.does(updatePatrol, { params: { id }, body: { status: 'ended' } });
    const retired = await change(vehicle, { active: false });
    expect([retired.status, retired.body]).toMatchObject([200, { active: false, version: 2 }]);
    const goOut = () =>
      app.east.dispatcher.call(startPatrol, {
        body: { id: randomUUID(), vehicleId: vehicle.id, crew: [], crewCount: 2 },
      });
    expect(await goOut()).toMatchObject({ status: 404, body: { errors: [{ path: '/vehicleId' }] } });
    expect((await change(retired.body, { active: true })).body).toMatchObject({ active: true, version: 3 });
    expect((await goOut()).status).toBe(201);
  });

  it('is not lost between one who takes it out of use and one who goes out in it', async () => {
    for (let time = 0; time < 5; time += 1) {
      const vehicle = await add();
      const body = { id: randomUUID(), vehicleId: vehicle.id, crew: [], crewCount: 2 };
      const answers = await Promise.all([
        app.east.dispatcher.call(startPatrol, { body }),
        change(vehicle, { active: false }),
      ]);
      expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    }
  });
});
