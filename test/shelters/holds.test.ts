import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { allot } from '../../server/shelters/commands-holds.ts';
import { expireHolds } from '../../server/shelters/jobs.ts';
import { stepDispatch } from '../../shared/dispatches.ts';
import { closeIncident } from '../../shared/incidents.ts';
import type { Problem } from '../../shared/problems.ts';
import {
  createShelter,
  holdBed,
  listShelters,
  releaseHold,
  type ShelterView,
  updateShelter,
} from '../../shared/shelters.ts';
import { checkIn, listStays, updateStay } from '../../shared/stays.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { dispatch, goOut, incidentOf, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const shelterWith = async (any: number, women = 0): Promise<string> =>
  (
    await app.east.manager.does(createShelter, {
      body: {
        id: randomUUID(),
        name: `House ${randomUUID().slice(0, 4)}`,
        kind: 'station',
        status: 'open',
        address: '1 South Street',
        capacity: { any, women },
      },
    })
  ).id;
const hold = (shelterId: string, people = 1, more: { kind?: 'any' | 'women'; dispatchId?: string } = {}) => ({
  params: { id: shelterId },
  body: { id: randomUUID(), people, for: 'two brothers', ...more },
});
const viewOf = async (id: string): Promise<ShelterView | undefined> =>
  (await app.east.dispatcher.does(listShelters, { query: { limit: '500' } })).items.find(
    (shelter) => shelter.id === id,
  );
const expire = (): Promise<number> =>
  runCommand(app.service, { kind: 'system' }, { command: 'job.expire-holds', subjectIds: [], fields: [] }, expireHolds);

async function onTheWay() {
  const crew = await addPerson(app, 'crew', app.stations.east);
  const patrolId = await goOut(app, [crew]);
  const { incidentId } = await report(app);
  const dispatchId = await dispatch(app, incidentId, patrolId);
  return { crew, patrolId, incidentId, dispatchId };
}

describe('places given out to many', () => {
  it('are what one after the other would have got', () => {
    const kinds = fc.constantFrom('any' as const, 'women' as const);
    const shelter = fc.constantFrom('a', 'b');
    const wish = fc.record({ id: fc.uuid(), shelterId: shelter, kind: kinds, people: fc.integer({ min: 1, max: 4 }) });
    const house = fc.record({
      free: fc.integer({ min: -2, max: 9 }),
      status: fc.constantFrom('open', 'full', 'closed'),
    });
    const now = new Date('2026-01-15T13:00:00Z');
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 20 }), fc.tuple(house, house, house, house), (wishes, four) => {
        const rules = { unit: 'bed' as const, path: [], duration: 90, margin: 15, longest: 720 };
        const houses = (['a any', 'a women', 'b any', 'b women'] as const).map((name, n) => {
          const [shelterId = '', kind] = name.split(' ');
          return {
            ...rules,
            shelterId,
            kind: kind as 'any' | 'women',
            free: 0,
            status: 'open' as const,
            ...four[n],
          };
        });
        const wanted = wishes.map((each) => ({
          ...each,
          unit: 'bed' as const,
          for: '',
          dispatchId: null,
          etaAt: null,
        }));
        const free = new Map(houses.map((each) => [`${each.shelterId} ${each.kind}`, each.free]));
        const naive = wanted.map((each) => {
          const key = `${each.shelterId} ${each.kind}`;
          const place = houses.find(({ shelterId, kind }) => shelterId === each.shelterId && kind === each.kind);
          if (place?.status !== 'open') return 'shelter_closed';
          if ((free.get(key) ?? 0) < each.people) return 'no_bed';
          free.set(key, (free.get(key) ?? 0) - each.people);
          return '2026-01-15T14:30:00.000Z';
        });
        expect(
          allot(wanted, houses, now).map((each) =>
            'reply' in each ? each.reply.expiresAt.toISOString() : (each.error as Problem).code,
          ),
        ).toEqual(naive);
        for (const left of free.values()) expect(left).toBeGreaterThanOrEqual(-2);
      }),
    );
  });
});

describe('a held bed', () => {
  it('is kept for 90 minutes by the default rule, then free by itself', async () => {
    const id = await shelterWith(2);
    const held = await expectReplay(app, () => app.east.dispatcher.does(holdBed, hold(id, 2)));
    expect(held).toMatchObject({
      version: 1,
      kind: 'any',
      people: 2,
      status: 'held',
      for: 'two brothers',
      dispatchId: null,
      patrolId: null,
      expiresAt: new Date(app.clock.now().getTime() + minutes(90)).toISOString(),
      shelter: { address: '1 South Street' },
    });
    expect(await viewOf(id)).toMatchObject({ held: 2, available: { any: 0, total: 0 } });
    const none = await app.east.dispatcher.call(holdBed, hold(id));
    expect([none.status, none.body]).toMatchObject([409, { code: 'no_bed' }]);
    app.clock.advance(minutes(90) - 1);
    expect(await viewOf(id)).toMatchObject({ held: 2 });
    app.clock.advance(1);
    // nothing has run: the stored time alone frees it
    expect(await viewOf(id)).toMatchObject({ held: 0, available: { any: 2 } });
    expect((await app.east.dispatcher.call(holdBed, hold(id, 2))).status).toBe(201);
  });

  it('is said to have expired by the job, once, and its obligation goes', async () => {
    const id = await shelterWith(5);
    const { crew, incidentId, dispatchId } = await onTheWay();
    const held = await crew.does(holdBed, hold(id, 1, { dispatchId }));
    await app.east.dispatcher.does(holdBed, hold(id, 2));
    app.clock.advance(minutes(90));
    expect(await expectReplay(app, expire)).toBeGreaterThanOrEqual(2);
    expect(await expire()).toBe(0);
    expect((await app.east.dispatcher.snapshot()).holds.map((each) => each.id)).not.toContain(held.id);
    expect(
      await rows(app.database.knex, `select 1 from obligations where incident_id = cast(:incidentId as uuid)`, {
        incidentId,
      }),
    ).toEqual([]);
    const late = await app.east.dispatcher.call(releaseHold, { params: { id, holdId: held.id } });
    expect([late.status, late.body]).toMatchObject([409, { code: 'hold_ended' }]);
  });

  it('has a kind, and kinds do not spill over', async () => {
    const id = await shelterWith(5, 1);
    expect((await app.east.dispatcher.call(holdBed, hold(id, 1, { kind: 'women' }))).status).toBe(201);
    expect((await app.east.dispatcher.call(holdBed, hold(id, 1, { kind: 'women' }))).body).toMatchObject({
      code: 'no_bed',
    });
  });

  it('is only in an open house', async () => {
    const id = await shelterWith(5);
    await app.east.manager.does(updateShelter, { params: { id }, body: { version: 1, status: 'full' } });
    const { status, body } = await app.east.dispatcher.call(holdBed, hold(id));
    expect([status, body]).toMatchObject([409, { code: 'shelter_closed' }]);
  });

  it('is the same hold when it is asked for again', async () => {
    const id = await shelterWith(3);
    const asked = hold(id);
    const replies = await Promise.all(Array.from({ length: 6 }, () => app.east.dispatcher.call(holdBed, asked)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
    for (const { body } of replies) expect(body).toEqual(replies[0]?.body);
    expect(await viewOf(id)).toMatchObject({ held: 1 });
  });

  it('is for a crew only with its own running job', async () => {
    const id = await shelterWith(9);
    const { crew, dispatchId } = await onTheWay();
    const other = await onTheWay();
    expect((await crew.call(holdBed, hold(id))).status).toBe(404);
    expect((await crew.call(holdBed, hold(id, 1, { dispatchId: other.dispatchId }))).status).toBe(404);
    expect((await crew.call(holdBed, hold(id, 1, { dispatchId }))).status).toBe(201);
    await crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'done' } });
    expect((await crew.call(holdBed, hold(id, 1, { dispatchId }))).status).toBe(404);
    const ended = await app.east.dispatcher.call(holdBed, hold(id, 1, { dispatchId }));
    expect([ended.status, ended.body]).toMatchObject([409, { code: 'dispatch_ended' }]);
    expect((await app.west.dispatcher.call(holdBed, hold(id))).status).toBe(404);
    expect((await app.east.shelter.call(holdBed, hold(id))).status).toBe(404);
    expect((await app.east.shelter.call(holdBed, hold(app.shelters.east))).status).toBe(201);
  });

  it('is judged for each of those who ask at once: who may, where, for which job, and whether there is room', async () => {
    const [id, closed] = [await shelterWith(4, 1), await shelterWith(5)];
    await app.east.manager.does(updateShelter, { params: { id: closed }, body: { version: 1, status: 'closed' } });
    const { crew, dispatchId, incidentId } = await onTheWay();
    const other = await onTheWay();
    const asked = [
      [app.east.dispatcher, hold(id), 201],
      [app.west.dispatcher, hold(id), 404],
      [app.east.shelter, hold(id), 404],
      [crew, hold(id), 404],
      [crew, hold(id, 1, { dispatchId: other.dispatchId }), 404],
      [app.east.dispatcher, hold(closed), 409],
      [app.east.dispatcher, hold(randomUUID()), 404],
      [app.east.dispatcher, hold(id, 9), 409],
      [crew, hold(id, 2, { dispatchId }), 201],
      [app.east.dispatcher, hold(id, 1, { kind: 'women' }), 201],
      [app.root.dispatcher, hold(id, 1, { dispatchId: other.dispatchId }), 201],
      [app.east.shelter, hold(app.shelters.east), 201],
    ] as const;
    const replies = await Promise.all(asked.map(([person, wish]) => person.call(holdBed, wish)));
    expect(replies.map(({ status }) => status)).toEqual(asked.map(([, , status]) => status));
    expect(await viewOf(id)).toMatchObject({ held: 5, available: { any: 0, women: 0 } });
    // each of them is written down for who did it
    const audited = await rows<{ subject: string; actorId: string }>(
      app.database.knex,
      `select subject_ids[2] as subject, actor_id as "actorId" from audit where command = 'holdBed' and subject_ids && cast(:ids as uuid[])`,
      { ids: asked.map(([, { body }]) => body.id) },
    );
    const done = asked.filter(([, , status]) => status === 201);
    expect(audited.map(({ subject, actorId }) => `${subject} ${actorId}`).sort()).toEqual(
      done.map(([{ id: by }, { body }]) => `${body.id} ${by}`).sort(),
    );
    const { timeline } = await incidentOf(app.east.dispatcher, incidentId);
    expect(timeline.filter(({ kind }) => kind === 'bed_held')).toMatchObject([{ actorName: 'crew of the test' }]);
    // who was refused for want of room may ask again with the same words
    await app.east.manager.does(updateShelter, { params: { id }, body: { version: 1, capacity: { any: 20 } } });
    const [, again] = asked.filter(([, , status]) => status === 409);
    expect((await app.east.dispatcher.call(holdBed, again?.[1] ?? hold(id))).status).toBe(201);
  });

  it('stands in the way of closing its incident, shows in the timeline and can be given back', async () => {
    const id = await shelterWith(2);
    const { crew, patrolId, incidentId, dispatchId } = await onTheWay();
    const held = await expectReplay(app, () => crew.does(holdBed, hold(id, 2, { dispatchId })));
    expect(held).toMatchObject({ patrolId, dispatchId });
    await crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'done' } });
    const close = { params: { id: incidentId }, body: { reason: 'done' } };
    expect((await app.east.dispatcher.call(closeIncident, close)).body).toMatchObject({ code: 'open_obligations' });
    const stranger = await onTheWay();
    expect((await stranger.crew.call(releaseHold, { params: { id, holdId: held.id } })).status).toBe(404);
    const released = await expectReplay(app, () => crew.does(releaseHold, { params: { id, holdId: held.id } }));
    expect(released).toMatchObject({ status: 'cancelled', version: 2 });
    const { timeline } = await incidentOf(app.east.dispatcher, incidentId);
    const beds = timeline.filter(({ kind }) => kind.startsWith('bed_'));
    expect(beds.map(({ kind, detail }) => [kind, detail])).toEqual([
      ['bed_held', { holdId: held.id, shelterId: id, people: 2 }],
      ['bed_released', { holdId: held.id, shelterId: id, people: 2 }],
    ]);
    expect((await app.east.dispatcher.call(closeIncident, close)).status).toBe(200);
    expect(await viewOf(id)).toMatchObject({ held: 0 });
  });

  it('tells its crew the way to a secret house, and no other crew', async () => {
    const { id } = await app.east.manager.does(createShelter, {
      body: {
        id: randomUUID(),
        name: 'Quiet house',
        kind: 'station',
        address: '7 Back Lane',
        confidential: true,
        capacity: { any: 5 },
      },
    });
    const { crew, dispatchId } = await onTheWay();
    const other = await onTheWay();
    const held = await crew.does(holdBed, hold(id, 1, { dispatchId }));
    expect(held.shelter).toMatchObject({ address: '7 Back Lane' });
    expect((await crew.snapshot()).holds.find((each) => each.id === held.id)?.shelter).toMatchObject({
      address: '7 Back Lane',
    });
    expect(JSON.stringify(await other.crew.snapshot())).not.toContain('7 Back Lane');
  });
});

describe('checking in', () => {
  const stay = (shelterId: string, more: { holdId?: string; people?: number; kind?: 'any' | 'women' } = {}) => ({
    body: { id: randomUUID(), shelterId, ...more },
  });

  it('uses the beds of the hold', async () => {
    const id = await shelterWith(2);
    const held = await app.east.dispatcher.does(holdBed, hold(id, 2));
    const arrived = await expectReplay(app, () => app.east.dispatcher.does(checkIn, stay(id, { holdId: held.id })));
    expect(arrived).toMatchObject({
      shelterId: id,
      holdId: held.id,
      kind: 'any',
      people: 2,
      leftAt: null,
      arrivedAt: app.clock.now().toISOString(),
    });
    expect(await viewOf(id)).toMatchObject({ occupied: 2, held: 0, available: { total: 0 } });
    const again = await app.east.dispatcher.call(checkIn, stay(id, { holdId: held.id }));
    expect([again.status, again.body]).toMatchObject([409, { code: 'hold_ended' }]);
  });

  it('with fewer frees the rest, with more needs a free bed', async () => {
    const id = await shelterWith(3);
    const first = await app.east.dispatcher.does(holdBed, hold(id, 2));
    const second = await app.east.dispatcher.does(holdBed, hold(id, 1));
    expect((await app.east.dispatcher.call(checkIn, stay(id, { holdId: first.id, people: 3 }))).body).toMatchObject({
      code: 'no_bed',
    });
    await app.east.dispatcher.does(checkIn, stay(id, { holdId: first.id, people: 1 }));
    await app.east.dispatcher.does(checkIn, stay(id, { holdId: second.id, people: 2 }));
    expect(await viewOf(id)).toMatchObject({ occupied: 3, held: 0 });
  });

  it('keeps the promise of a hold when beds were taken away meanwhile', async () => {
    const id = await shelterWith(3);
    const held = await app.east.dispatcher.does(holdBed, hold(id, 2));
    await app.east.manager.does(updateShelter, { params: { id }, body: { version: 1, capacity: { any: 1 } } });
    expect((await app.east.dispatcher.call(checkIn, stay(id, { holdId: held.id }))).status).toBe(201);
    expect((await app.east.dispatcher.call(checkIn, stay(id))).body).toMatchObject({ code: 'no_bed' });
  });

  it('after the time of the hold needs a free bed like anybody', async () => {
    const id = await shelterWith(2);
    const late = await app.east.dispatcher.does(holdBed, hold(id, 2));
    app.clock.advance(minutes(91));
    const quick = await app.east.dispatcher.does(holdBed, hold(id, 1));
    expect((await app.east.dispatcher.call(checkIn, stay(id, { holdId: late.id }))).body).toMatchObject({
      code: 'no_bed',
    });
    await app.east.dispatcher.does(releaseHold, { params: { id, holdId: quick.id } });
    expect(await app.east.dispatcher.does(checkIn, stay(id, { holdId: late.id }))).toMatchObject({
      people: 2,
      holdId: null,
    });
  });

  it('without a hold needs a free bed of the kind, in an open house', async () => {
    const id = await shelterWith(1, 1);
    await app.east.dispatcher.does(checkIn, stay(id, { kind: 'women' }));
    expect((await app.east.dispatcher.call(checkIn, stay(id, { kind: 'women' }))).body).toMatchObject({
      code: 'no_bed',
    });
    await app.east.manager.does(updateShelter, { params: { id }, body: { version: 1, status: 'closed' } });
    expect((await app.east.dispatcher.call(checkIn, stay(id))).body).toMatchObject({ code: 'shelter_closed' });
    expect((await app.east.dispatcher.call(checkIn, stay(id, { holdId: randomUUID() }))).status).toBe(404);
  });

  it('is undone by leaving: the bed is free, the count is fresh, a second leaving is refused', async () => {
    const id = await shelterWith(1);
    const arrived = await app.east.dispatcher.does(checkIn, stay(id));
    app.clock.advance(minutes(200));
    expect(await viewOf(id)).toMatchObject({ freshness: 'ageing' });
    const left = await expectReplay(app, () =>
      app.east.dispatcher.does(updateStay, {
        params: { id: arrived.id },
        body: { version: 1, left: true, goingTo: 'home' },
      }),
    );
    expect(left).toMatchObject({ version: 2, leftAt: app.clock.now().toISOString(), goingTo: 'home' });
    expect(await viewOf(id)).toMatchObject({ occupied: 0, available: { any: 1 }, freshness: 'fresh' });
    expect(
      (await app.east.dispatcher.call(updateStay, { params: { id: arrived.id }, body: { version: 2, left: true } }))
        .body,
    ).toMatchObject({ code: 'stay_ended' });
    expect(
      (await app.east.dispatcher.call(updateStay, { params: { id: arrived.id }, body: { version: 1, note: 'x' } }))
        .body,
    ).toMatchObject({ code: 'version_conflict' });
  });

  it('is seen by the house itself and the desk above it', async () => {
    const own = await app.east.shelter.does(checkIn, stay(app.shelters.east));
    const elsewhere = await app.east.dispatcher.does(checkIn, stay(await shelterWith(1)));
    const mine = (await app.east.shelter.does(listStays)).items.map(({ id }) => id);
    expect(mine).toContain(own.id);
    expect(mine).not.toContain(elsewhere.id);
    expect((await app.east.shelter.does(listStays, { query: { shelterId: elsewhere.shelterId } })).items).toEqual([]);
    expect(
      (await app.root.dispatcher.does(listStays, { query: { shelterId: elsewhere.shelterId } })).items.map(
        ({ id }) => id,
      ),
    ).toEqual([elsewhere.id]);
    expect((await app.west.dispatcher.does(listStays)).items).toEqual([]);
    expect(
      (await app.east.shelter.call(updateStay, { params: { id: elsewhere.id }, body: { version: 1, left: true } }))
        .status,
    ).toBe(404);
    expect((await app.east.shelter.call(checkIn, stay(elsewhere.shelterId))).status).toBe(404);
  });
});
