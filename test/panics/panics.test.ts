/** A crew in danger is heard, whatever state its outing is in; and only those who may help learn where it is. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { listPanics, type PanicRow, raisePanic, updatePanic } from '../../shared/panics.ts';
import { answerRollCall, updatePatrol } from '../../shared/patrols.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { goOut } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { everybody, expectReplay } from '../kit/replay.ts';

const app = useApp();
const point = { type: 'Point' as const, coordinates: places.east };
const raise = (by: Person, body: object) =>
  by.call(raisePanic, { body: { id: randomUUID(), ...body } as { id: string; patrolId: string } });
const change = (by: Person, id: string, body: object) => by.call(updatePanic, { params: { id }, body: body as never });

it('is told to the desks above and to crews on shift beside it, taken on, and ended with a reason', async () => {
  const [crew, other, idle] = [
    await addPerson(app, 'crew', app.stations.east),
    await addPerson(app, 'crew', app.stations.east),
    await addPerson(app, 'crew', app.stations.east),
  ];
  const patrolId = await goOut(app, [crew]);
  await goOut(app, [other]);
  const viewers = [...everybody(app), crew, other, idle];
  const id = randomUUID();
  const at = app.clock.now().toISOString();
  const body = { id, patrolId, position: point, accuracyM: 14, at };
  const raised = await expectReplay(app, () => crew.does(raisePanic, { body }), viewers);
  expect(raised).toEqual({
    id,
    version: 1,
    stationId: app.stations.east,
    patrolId,
    userId: crew.id,
    at,
    position: point,
    accuracyM: 14,
    acknowledgedAt: null,
    acknowledgedBy: null,
    endedAt: null,
    endReason: null,
  });
  const again = await crew.call(raisePanic, { body });
  expect([again.status, again.headers.get('idempotent-replay'), again.body]).toEqual([200, 'true', raised]);
  const seenBy = async (who: Person): Promise<number> =>
    ((await who.snapshot()) as unknown as { panics: PanicRow[] }).panics.filter((row) => row.id === id).length;
  const seen = await Promise.all(
    [app.east.dispatcher, app.root.manager, other, idle, app.west.dispatcher, app.east.shelter].map(seenBy),
  );
  expect(seen).toEqual([1, 1, 1, 0, 0, 0]);

  // the crew's own press takes nothing on, and nobody else of the street ends it
  expect((await change(crew, id, { status: 'acknowledged' })).status).toBe(403);
  expect((await change(other, id, { status: 'ended' })).status).toBe(404);
  expect((await change(app.west.dispatcher, id, { status: 'acknowledged' })).status).toBe(404);
  app.clock.advance(minutes(1));
  const taken = await expectReplay(app, () => change(app.east.dispatcher, id, { status: 'acknowledged' }), viewers);
  expect(taken.body).toMatchObject({
    acknowledgedAt: app.clock.now().toISOString(),
    acknowledgedBy: app.east.dispatcher.id,
  });
  // a second desk a moment later changes nothing
  app.clock.advance(1000);
  expect((await change(app.root.dispatcher, id, { status: 'acknowledged' })).body).toEqual(taken.body);
  expect((await change(app.east.dispatcher, id, { status: 'ended' })).body).toMatchObject({
    code: 'invalid',
    errors: [{ path: '/reason', code: 'required' }],
  });
  const ended = await expectReplay(
    app,
    () => change(app.root.dispatcher, id, { status: 'ended', reason: 'pressed by mistake' }),
    viewers,
  );
  expect(ended.body).toMatchObject({
    endReason: 'pressed by mistake',
    acknowledgedBy: app.east.dispatcher.id,
    version: 3,
  });
  expect(await seenBy(app.east.dispatcher)).toBe(0);
  expect((await app.east.inspector.does(listPanics)).items.map((row) => row.id)).toContain(id);
  const audited = await rows<{ command: string }>(
    app.database.knex,
    `select command from audit where cast(:id as uuid) = any (subject_ids) order by at, command`,
    { id },
  );
  expect(audited.map(({ command }) => command)).toContain('raisePanic');
});

it('is heard without a place, in other coordinates, after the outing, and from a clock that runs ahead; the roll call goes on', async () => {
  const crew = await addPerson(app, 'crew', app.stations.east);
  const patrolId = await goOut(app, [crew]);
  const { body: latest } = await raise(crew, { patrolId });
  expect(latest.position?.coordinates).toEqual(places.eastNear);
  const ahead = new Date(app.clock.now().getTime() + minutes(90)).toISOString();
  const { body: gcj } = await raise(crew, { patrolId, position: point, crs: 'gcj02', at: ahead });
  expect(gcj.position?.coordinates).not.toEqual(places.east);
  expect(gcj.at).toBe(app.clock.now().toISOString());
  const patrol = (await app.east.dispatcher.snapshot()).patrols.find(({ id }) => id === patrolId);
  app.clock.advance(minutes(5));
  await raise(crew, { patrolId });
  const after = (await app.east.dispatcher.snapshot()).patrols.find(({ id }) => id === patrolId);
  expect(after?.rollCallDueAt).toBe(patrol?.rollCallDueAt);
  await crew.does(answerRollCall, { params: { id: patrolId }, body: {} });
  await crew.does(updatePatrol, { params: { id: patrolId }, body: { status: 'ended' } });
  const late = await raise(crew, { patrolId });
  expect(late.status).toBe(201);
  expect((await change(crew, late.body.id, { status: 'ended' })).body).toMatchObject({
    endReason: null,
    acknowledgedAt: null,
  });
  const foreign = await raise(app.west.crew, { patrolId });
  expect([foreign.status, foreign.body]).toMatchObject([404, { errors: [{ path: '/patrolId' }] }]);
  const bare = await goOut(app, [await addPerson(app, 'crew', app.stations.east), crew], null);
  expect((await raise(crew, { patrolId: bare })).body).toMatchObject({ position: null, accuracyM: null });
});
