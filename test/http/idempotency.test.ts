/** A call that is sent again is done once. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { noteIncident, updateIncident } from '../../shared/incidents.ts';
import { createVehicle } from '../../shared/patrols.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { incidentOf, report } from '../kit/builders.ts';
import { hours } from '../kit/clock.ts';
import { pruningJobs } from '../../server/jobs/pruning.ts';
import { runCommand } from '../../server/realtime/command.ts';

const app = useApp();
const withKey = (key: string) => ({ headers: { 'idempotency-key': key } });
const vehicle = (over: object = {}) => ({ id: randomUUID(), name: 'Van', seats: 5, ...over });

describe('a key in the header', () => {
  it('makes a second PATCH the answer of the first, not a version conflict', async () => {
    const { incidentId: id } = await report(app);
    const key = randomUUID();
    const call = (people: number, by = app.east.dispatcher) =>
      by.call(updateIncident, { params: { id }, body: { version: 1, people }, ...withKey(key) });
    const first = await call(2);
    expect([first.status, first.headers.get('idempotent-replay')]).toEqual([200, null]);
    const again = await call(2);
    expect([again.status, again.headers.get('idempotent-replay'), again.body]).toEqual([200, 'true', first.body]);
    expect(await call(3)).toMatchObject({ status: 409, body: { code: 'key_reuse' } });
    expect(await call(2, app.east.manager)).toMatchObject({ status: 409, body: { code: 'key_reuse' } });
    expect((await incidentOf(app.east.dispatcher, id)).version).toBe(2);
  });

  it('makes a second POST no second note, in capitals too, also at the same moment', async () => {
    const { incidentId: id } = await report(app);
    const key = randomUUID();
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        app.east.dispatcher.call(noteIncident, {
          params: { id },
          body: { text: 'once' },
          ...withKey(n % 2 === 0 ? key : key.toUpperCase()),
        }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([...Array<number>(7).fill(200), 201]);
    expect(new Set(replies.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect((await incidentOf(app.east.dispatcher, id)).timeline.filter(({ kind }) => kind === 'noted')).toHaveLength(1);
  });

  it('is for one call: the same key for another incident is another use', async () => {
    const [a, b] = [await report(app), await report(app)];
    const key = randomUUID();
    await app.east.dispatcher.does(noteIncident, {
      params: { id: a.incidentId },
      body: { text: 'x' },
      ...withKey(key),
    });
    expect(
      await app.east.dispatcher.call(noteIncident, {
        params: { id: b.incidentId },
        body: { text: 'x' },
        ...withKey(key),
      }),
    ).toMatchObject({ status: 409, body: { code: 'key_reuse' } });
  });

  it('is not used up by a call that was refused', async () => {
    const { incidentId: id } = await report(app);
    const key = randomUUID();
    const call = () =>
      app.east.dispatcher.call(updateIncident, { params: { id }, body: { version: 2, people: 4 }, ...withKey(key) });
    expect((await call()).status).toBe(409);
    await app.east.dispatcher.does(noteIncident, { params: { id }, body: { text: 'x' } });
    expect(await call()).toMatchObject({ status: 200, body: { people: 4 } });
  });

  it.each(['x'.repeat(300), '', 'not-a-uuid', '123'])('%j is refused', async (key) => {
    const { incidentId: id } = await report(app);
    for (const reply of [
      await app.east.dispatcher.call(noteIncident, { params: { id }, body: { text: 'x' }, ...withKey(key) }),
      await app.east.manager.call(createVehicle, { body: vehicle(), ...withKey(key) }),
    ])
      expect([reply.status, reply.body]).toMatchObject([400, { code: 'bad_idempotency_key' }]);
  });
});

describe('an id in the body', () => {
  it('is one vehicle to twins at the same moment', async () => {
    const body = vehicle();
    const replies = await Promise.all(Array.from({ length: 10 }, () => app.east.manager.call(createVehicle, { body })));
    expect(replies.map(({ status }) => status).sort()).toEqual([...Array<number>(9).fill(200), 201]);
    for (const reply of replies) {
      expect(reply.body).toEqual(replies[0]?.body);
      expect(reply.headers.get('idempotent-replay')).toBe(reply.status === 200 ? 'true' : null);
    }
    expect(
      await rows(app.database.knex, `select 1 from vehicles where id = cast(:id as uuid)`, { id: body.id }),
    ).toHaveLength(1);
  });

  it('is not for other words nor another caller', async () => {
    const body = vehicle();
    await app.east.manager.does(createVehicle, { body });
    const other = await addPerson(app, 'manager', app.stations.east);
    for (const reply of [
      await app.east.manager.call(createVehicle, { body: { ...body, seats: 6 } }),
      await other.call(createVehicle, { body }),
    ])
      expect([reply.status, reply.body]).toMatchObject([409, { code: 'key_reuse', errors: [{ path: '/id' }] }]);
  });

  it('still names one thing when the key has been forgotten', async () => {
    const body = vehicle();
    await app.east.manager.does(createVehicle, { body });
    const prune = pruningJobs.find(({ name }) => name === 'prune-keys');
    const run = () =>
      runCommand(
        { ...app.service, now: () => new Date(app.clock.now().getTime() + hours(24 * 31)) },
        { kind: 'system' },
        { command: 'job', subjectIds: [], fields: [] },
        (ctx) => (prune && 'run' in prune ? prune.run(ctx) : Promise.resolve(0)),
      );
    expect(await run()).toBeGreaterThan(0);
    expect(await run()).toBe(0);
    expect(await app.east.manager.call(createVehicle, { body })).toMatchObject({
      status: 409,
      body: { code: 'key_reuse' },
    });
  });
});
