/** Calls that must not be lost: made at least once, under one key, with rests in between, and given up in the open. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { deliverCalls, queueCall } from '../../server/feeds/commands-calls.ts';
import { callState } from '../../server/feeds/queries-calls.ts';
import { createOutside, OutsideFailure } from '../../server/http/outbound.ts';
import { runCommand, type Service } from '../../server/realtime/command.ts';
import { setRule } from '../../shared/stations.ts';
import { useApp } from '../kit/app.ts';
import { minutes } from '../kit/clock.ts';
import { fakeOutside, type FakeOutside } from './outside.ts';

let fake: FakeOutside;
const app = useApp();
let service: Service;
beforeAll(async () => {
  fake = await fakeOutside();
  service = { ...app.service, outside: createOutside(fake.parts) };
  const value = [{ host: 'hooks.example' }];
  await app.root.admin.does(setRule, { params: { key: 'outside.hosts' }, body: { version: 0, value } });
});
afterAll(() => fake.close());
beforeEach(() => {
  fake.asked = [];
});

const queue = async (id: string, body: unknown = { level: 'orange' }): Promise<void> =>
  runCommand(service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, (ctx) =>
    queueCall(ctx, { id, stationId: app.stations.east, url: 'https://hooks.example/on', body }),
  );

it('a call is queued once by its id, and made once by several nodes', async () => {
  const id = randomUUID();
  await queue(id);
  await queue(id, { level: 'red' });
  expect(await callState(service.database.knex, id)).toMatchObject({ state: 'waiting', attempts: 0 });
  await Promise.all([deliverCalls(service), deliverCalls(service), deliverCalls(service)]);
  expect(fake.asked).toMatchObject([
    {
      method: 'POST',
      url: 'https://hooks.example/on',
      body: '{"level":"orange"}',
      headers: { 'idempotency-key': id, 'content-type': 'application/json' },
    },
  ]);
  expect(await callState(service.database.knex, id)).toMatchObject({
    state: 'done',
    attempts: 1,
    fault: null,
    nextAt: null,
  });
  expect(await callState(service.database.knex, randomUUID())).toBeUndefined();
});

it('a command that fails queues nothing', async () => {
  const id = randomUUID();
  const failing = runCommand(
    service,
    { kind: 'system' },
    { command: 'test', subjectIds: [], fields: [] },
    async (ctx) => {
      await queueCall(ctx, { id, stationId: app.stations.east, url: 'https://hooks.example/on', body: {} });
      throw new OutsideFailure('status');
    },
  );
  await expect(failing).rejects.toThrow('status');
  expect(await callState(service.database.knex, id)).toBeUndefined();
});

it('a node that dies before or after the call leaves it to another, under the same key', async () => {
  const id = randomUUID();
  await queue(id);
  const dies = (before: boolean): Service => ({
    ...service,
    outside: {
      judge: () => Promise.resolve(),
      ask: async (...args) => {
        if (!before) await service.outside?.ask(...args);
        throw new TypeError('killed');
      },
    },
  });
  await expect(deliverCalls(dies(true))).rejects.toThrow('killed');
  expect(fake.asked).toHaveLength(0);
  // still its lease
  await deliverCalls(service);
  expect(fake.asked).toHaveLength(0);
  app.clock.advance(minutes(2));
  await expect(deliverCalls(dies(false))).rejects.toThrow('killed');
  app.clock.advance(minutes(2));
  await deliverCalls(service);
  expect(fake.asked.map(({ headers }) => headers['idempotency-key'])).toEqual([id, id]);
  expect(await callState(service.database.knex, id)).toMatchObject({ state: 'done', attempts: 3 });
});

it('a server that refuses is asked again with longer rests, for three days; the fault stays', async () => {
  const id = randomUUID();
  await queue(id);
  fake.answer = (_asked, res) => {
    res.writeHead(500).end();
  };
  const waits: number[] = [];
  const began = app.clock.now().getTime();
  for (;;) {
    await deliverCalls(service);
    const state = await callState(service.database.knex, id);
    if (state?.nextAt == null) break;
    expect(state).toMatchObject({ state: 'waiting', fault: 'status' });
    const wait = Date.parse(state.nextAt) - app.clock.now().getTime();
    waits.push(wait / minutes(1));
    app.clock.advance(wait);
  }
  expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  expect((app.clock.now().getTime() - began) / minutes(60)).toBeCloseTo(72, -1);
  expect(await callState(service.database.knex, id)).toMatchObject({ state: 'given_up', fault: 'status' });
  const asked = fake.asked.length;
  app.clock.advance(minutes(600));
  await deliverCalls(service);
  expect(fake.asked).toHaveLength(asked);
});

it('a host taken off the list is called no more', async () => {
  const id = randomUUID();
  await queue(id);
  await rows(
    service.database.knex,
    `update rules set value = '[]' where key = 'outside.hosts' and station_id is not null`,
  );
  await deliverCalls(service);
  expect(fake.asked).toHaveLength(0);
  expect(await callState(service.database.knex, id)).toMatchObject({ state: 'waiting', fault: 'url_not_allowed' });
});
