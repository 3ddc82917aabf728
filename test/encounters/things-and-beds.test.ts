/** What a meeting brings with it: things given, beds held, and who may read of it. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { one, rows } from '../../server/db/rows.ts';
import { stepDispatch } from '../../shared/dispatches.ts';
import { listEncounters, recordEncounter } from '../../shared/encounters.ts';
import { updatePatrol } from '../../shared/patrols.ts';
import { createShelter, holdBed, updateShelter } from '../../shared/shelters.ts';
import { checkIn } from '../../shared/stays.ts';
import { createItem, listStock, moveSupplies } from '../../shared/supplies.ts';
import { listTasks } from '../../shared/tasks.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { dispatch, goOut, incidentOf, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const position = { type: 'Point' as const, coordinates: places.east };
const meet = (
  by: Person,
  over: Partial<{
    id: string;
    dispatchId: string;
    incidentId: string;
    at: string;
    people: object[];
    notFoundReason: string;
    handouts: object[];
    shelterId: string;
    position: object;
    crs: string;
  }>,
) =>
  by.call(recordEncounter, { body: { id: randomUUID(), position, people: [{ outcome: 'guided' }], ...over } as never });
async function job(): Promise<{ crew: Person; patrolId: string; incidentId: string; dispatchId: string }> {
  const crew = await addPerson(app, 'crew', app.stations.east);
  const patrolId = await goOut(app, [crew]);
  const { incidentId } = await report(app);
  return { crew, patrolId, incidentId, dispatchId: await dispatch(app, incidentId, patrolId) };
}
const shelterOf = async (any: number, by = app.east.manager): Promise<string> =>
  (
    await by.does(createShelter, {
      body: {
        id: randomUUID(),
        name: `House ${randomUUID()}`,
        kind: 'warm_place',
        status: 'open',
        address: 'x',
        capacity: { any },
      },
    })
  ).id;
const holdsOf = (dispatchId: string) =>
  rows<{ people: number; status: string; shelter: string }>(
    app.database.knex,
    `select people, status, shelter_id as shelter from holds where dispatch_id = cast(:dispatchId as uuid) order by created_at, people`,
    { dispatchId },
  );
const tasksOf = async (shelterId: string) =>
  (await app.east.dispatcher.does(listTasks, { query: { limit: '500' } })).items.filter(
    ({ subject }) => subject['shelterId'] === shelterId,
  );

describe('things handed out', () => {
  it('are always accepted; what was not booked is short and a task', async () => {
    const { crew, dispatchId, patrolId } = await job();
    const item = (
      await app.east.manager.does(createItem, {
        body: { id: randomUUID(), name: `Coat ${randomUUID()}`, unit: 'piece', kind: 'clothing' },
      })
    ).id;
    await app.east.manager.does(moveSupplies, {
      body: {
        id: randomUUID(),
        itemId: item,
        quantity: 3,
        from: { kind: 'supplier' },
        to: { kind: 'patrol', id: patrolId },
        reason: 'receive',
      },
    });
    expect((await meet(crew, { dispatchId, handouts: [{ itemId: item, quantity: 2 }] })).body.handouts).toEqual([
      { itemId: item, quantity: 2, short: false },
    ]);
    expect(
      (await expectReplay(app, () => meet(crew, { dispatchId, handouts: [{ itemId: item, quantity: 2 }] }))).body
        .handouts,
    ).toEqual([{ itemId: item, quantity: 2, short: true }]);
    expect(
      (await app.east.manager.does(listStock, { query: { limit: '500' } })).items.find(
        ({ place, itemId }) => place.id === patrolId && itemId === item,
      )?.quantity,
    ).toBe(-1);
    const raised = (await app.east.dispatcher.does(listTasks, { query: { limit: '500' } })).items.filter(
      ({ subject }) => subject['itemId'] === item,
    );
    expect(raised).toMatchObject([{ kind: 'stock_short', subject: { placeId: patrolId, missing: 1 } }]);
    expect(
      await meet(crew, {
        dispatchId,
        handouts: [
          { itemId: item, quantity: 1 },
          { itemId: randomUUID(), quantity: 1 },
        ],
      }),
    ).toMatchObject({ status: 422, body: { errors: [{ path: '/handouts/1/itemId', code: 'not_found' }] } });
  });
});

describe('people brought in', () => {
  const coming = (count: number) => ({ people: Array.from({ length: count }, () => ({ outcome: 'brought_in' })) });
  it('get beds held at the shelter', async () => {
    const { crew, dispatchId } = await job();
    const shelterId = await shelterOf(5);
    const { body } = await expectReplay(app, () => meet(crew, { dispatchId, shelterId, ...coming(2) }));
    expect(body.shelterId).toBe(shelterId);
    expect(await holdsOf(dispatchId)).toEqual([{ people: 2, status: 'held', shelter: shelterId }]);
  });

  it('use the beds that the job holds there already, and only as many more as are missing', async () => {
    const { crew, dispatchId } = await job();
    const shelterId = await shelterOf(9);
    const hold = await crew.does(holdBed, {
      params: { id: shelterId },
      body: { id: randomUUID(), people: 2, for: 'two', dispatchId },
    });
    await meet(crew, { dispatchId, shelterId, ...coming(2) });
    expect(await holdsOf(dispatchId)).toEqual([{ people: 2, status: 'held', shelter: shelterId }]);
    await app.east.dispatcher.does(checkIn, { body: { id: randomUUID(), shelterId, holdId: hold.id } });
    app.clock.advance(minutes(1));
    await meet(crew, { dispatchId, shelterId, ...coming(3) });
    expect(await holdsOf(dispatchId)).toEqual([
      { people: 2, status: 'used', shelter: shelterId },
      { people: 3, status: 'held', shelter: shelterId },
    ]);
  });

  it('are a task for the desk when there is no bed, and never a lost meeting', async () => {
    const { crew, dispatchId } = await job();
    const shelterId = await shelterOf(1);
    expect((await expectReplay(app, () => meet(crew, { dispatchId, shelterId, ...coming(2) }))).status).toBe(201);
    expect(await tasksOf(shelterId)).toMatchObject([
      { kind: 'no_bed', stationId: app.stations.east, subject: { people: 1 } },
    ]);
    expect(await holdsOf(dispatchId)).toEqual([{ people: 1, status: 'held', shelter: shelterId }]);
    await rows(app.database.knex, `update shelters set status = 'closed' where id = cast(:shelterId as uuid)`, {
      shelterId,
    });
    expect((await meet(crew, { dispatchId, shelterId, ...coming(1) })).status).toBe(201);
    expect(await tasksOf(shelterId)).toHaveLength(2);
  });

  it('get places of the kind that suits them, and a seat when the beds are gone', async () => {
    const { crew, dispatchId } = await job();
    const shelterId = await shelterOf(0);
    const kinds = { capacity: { women: 1, accessible: 1 }, seats: { any: 1 } };
    const { version } = await one<{ version: number }>(
      app.database.knex,
      `select version from shelters where id = cast(:shelterId as uuid)`,
      { shelterId },
    );
    await app.east.manager.does(updateShelter, { params: { id: shelterId }, body: { version, ...kinds } });
    const people = [
      { outcome: 'brought_in', groups: ['woman_alone'] },
      { outcome: 'brought_in', groups: ['disabled'] },
      { outcome: 'brought_in' },
    ];
    expect((await meet(crew, { dispatchId, shelterId, people })).status).toBe(201);
    const held = await rows(
      app.database.knex,
      `select unit, kind, people from holds where dispatch_id = cast(:dispatchId as uuid) order by unit, kind`,
      { dispatchId },
    );
    expect(held).toEqual([
      { unit: 'bed', kind: 'accessible', people: 1 },
      { unit: 'bed', kind: 'women', people: 1 },
      { unit: 'seat', kind: 'any', people: 1 },
    ]);
    expect(await tasksOf(shelterId)).toEqual([]);
  });

  it('need no bed when nobody comes along', async () => {
    const { crew, dispatchId } = await job();
    const shelterId = await shelterOf(1);
    await meet(crew, { dispatchId, shelterId, people: [{ outcome: 'refused' }] });
    expect([await holdsOf(dispatchId), await tasksOf(shelterId)]).toEqual([[], []]);
  });

  it('are not brought to a house that is not there', async () => {
    const { crew, dispatchId } = await job();
    for (const shelterId of [randomUUID(), app.shelters.west])
      for (const people of [[{ outcome: 'brought_in' }], [{ outcome: 'refused' }]])
        expect(await meet(crew, { dispatchId, shelterId, people })).toMatchObject({
          status: 404,
          body: { errors: [{ path: '/shelterId', code: 'not_found' }] },
        });
  });
});

describe('reading', () => {
  it('is whole for the job’s crew and the desk, and without health for other crews', async () => {
    const { crew, dispatchId, incidentId, patrolId } = await job();
    await meet(crew, {
      dispatchId,
      people: [{ outcome: 'refused', refusal: 'afraid', needs: ['insulin'], groups: ['minor'] }],
    });
    const told = async (by: Person) => (await incidentOf(by, incidentId)).encounters[0]?.people[0];
    const whole = { outcome: 'refused', refusal: 'afraid', needs: ['insulin'], groups: ['minor'] };
    expect([await told(crew), await told(app.east.dispatcher)]).toMatchObject([whole, whole]);
    const other = await job();
    expect(await told(other.crew)).toMatchObject({ outcome: 'refused', refusal: null, needs: [], groups: [] });
    expect((await crew.does(listEncounters)).items.map((each) => each.patrolId)).toEqual([patrolId]);
    expect((await other.crew.does(listEncounters)).items).toEqual([]);
    expect((await app.east.crew.does(listEncounters)).items).toEqual([]);
    await app.east.dispatcher.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'done' } });
    await app.east.dispatcher.does(updatePatrol, { params: { id: patrolId }, body: { status: 'ended' } });
    expect((await crew.call(listEncounters)).body.items).toEqual([]);
  });

  it('pages newest first', async () => {
    const all = (await app.east.dispatcher.does(listEncounters, { query: { limit: '500' } })).items;
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: { id: string }[]; nextCursor: string | null } = await app.east.dispatcher.does(
        listEncounters,
        { query: { limit: '4', ...(cursor === null ? {} : { cursor }) } },
      );
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(all.map(({ id }) => id));
    expect(all.map(({ at }) => at)).toEqual(
      all
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    expect((await app.west.dispatcher.does(listEncounters)).items).toEqual([]);
  });
});
