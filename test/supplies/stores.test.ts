/** Batches with a date, what a patrol takes along and brings back, and counting what lies in a store. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import {
  createLoadList,
  listLoadLists,
  loadPatrol,
  readLoad,
  unloadPatrol,
  updateLoadList,
} from '../../shared/loads.ts';
import { updatePatrol } from '../../shared/patrols.ts';
import { countStock, listStocktakes } from '../../shared/stocktakes.ts';
import { listMovements } from '../../shared/supplies.ts';
import { listTasks, type TaskRow } from '../../shared/tasks.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { goOut } from '../kit/builders.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';
import { give, move, type Move, newDepot, newItem, stockAt } from './kit.ts';

const app = useApp();
const supplier = { kind: 'supplier' };
const depotAt = (id: string) => ({ kind: 'depot', id });
const receive = (to: string, itemId: string, quantity: number, batch?: Move['batch'], over: object = {}) =>
  move(app.east.manager, {
    itemId,
    quantity,
    from: supplier,
    to: depotAt(to),
    reason: 'receive',
    ...(batch ? { batch } : {}),
    ...over,
  });
/** What lies there: all of it, then so much of each batch by its date or code. */
const shelf = async (placeId: string, itemId: string): Promise<[number, Record<string, number>]> => {
  const stock = await stockAt(app, placeId, itemId);
  return [
    stock?.quantity ?? 0,
    Object.fromEntries(
      (stock?.batches ?? []).map(({ code, expiresOn, quantity }) => [expiresOn ?? code ?? '', quantity]),
    ),
  ];
};
const viewers = (): Person[] => [app.east.manager, app.east.shelter, app.root.dispatcher, app.west.manager];
const leftTasks = async (patrolId: string): Promise<TaskRow[]> =>
  (await app.east.dispatcher.does(listTasks, { query: { limit: '500' } })).items.filter(
    ({ kind, subject }) => kind === 'stock_left' && subject['patrolId'] === patrolId,
  );

describe('a batch', () => {
  it('is begun or added to by what comes in, and what expires first goes first', async () => {
    const [itemId, depot] = [await newItem(app.east.manager, 'food'), await newDepot(app.east.manager)];
    const late = await expectReplay(
      app,
      () => receive(depot, itemId, 5, { code: 'L7', expiresOn: '2026-12-01' }),
      viewers(),
    );
    expect([late.status, late.body.batches]).toMatchObject([
      201,
      [{ code: 'L7', expiresOn: '2026-12-01', quantity: 5 }],
    ]);
    await receive(depot, itemId, 4, { expiresOn: '2026-02-01' });
    await receive(depot, itemId, 3);
    const more = await receive(depot, itemId, 2, { code: ' L7 ', expiresOn: '2026-12-01' });
    expect(more.body.batches[0]?.id).toBe(late.body.batches[0]?.id);
    const named = await receive(depot, itemId, 1, undefined, { batchId: late.body.batches[0]?.id });
    expect(named.status).toBe(201);
    expect(await shelf(depot, itemId)).toEqual([15, { '2026-02-01': 4, '2026-12-01': 8 }]);
    const shelter = { kind: 'shelter', id: app.shelters.east };
    const out = await move(app.east.manager, {
      itemId,
      quantity: 6,
      from: depotAt(depot),
      to: shelter,
      reason: 'move',
    });
    expect(out.body.batches.map(({ expiresOn, quantity }) => [expiresOn, quantity])).toEqual([
      ['2026-02-01', 4],
      ['2026-12-01', 2],
    ]);
    expect(await shelf(shelter.id, itemId)).toEqual([6, { '2026-02-01': 4, '2026-12-01': 2 }]);
    // the rest of the batch, then what bears none
    await move(app.east.manager, {
      itemId,
      quantity: 8,
      from: depotAt(depot),
      to: { kind: 'loss' },
      reason: 'write_off',
    });
    expect(await shelf(depot, itemId)).toEqual([1, {}]);
  });

  it('goes by its id where one is named, and no further than there is of it', async () => {
    const [itemId, depot, other] = [
      await newItem(app.east.manager, 'food'),
      await newDepot(app.east.manager),
      await newItem(app.east.manager, 'food'),
    ];
    const batchId = (await receive(depot, itemId, 5, { expiresOn: '2026-03-01' })).body.batches[0]?.id ?? '';
    const later = (await receive(depot, itemId, 5, { expiresOn: '2027-03-01' })).body.batches[0]?.id ?? '';
    const out = (over: object) =>
      move(app.east.manager, {
        itemId,
        quantity: 4,
        from: depotAt(depot),
        to: { kind: 'person' },
        reason: 'hand_out',
        ...over,
      });
    expect((await out({ batchId: later })).body.batches).toMatchObject([{ id: later, quantity: 4 }]);
    const short = await out({ batchId: later });
    expect([short.status, short.body]).toMatchObject([409, { code: 'stock_short', errors: [{ path: '/quantity' }] }]);
    for (const wrong of [{ batchId: randomUUID() }, { batchId, itemId: other }]) {
      const reply = await out(wrong);
      expect([reply.status, reply.body]).toMatchObject([404, { errors: [{ path: '/batchId' }] }]);
    }
    // what comes back bears its batch
    await move(app.east.manager, {
      itemId,
      quantity: 1,
      from: { kind: 'person' },
      to: depotAt(depot),
      reason: 'return',
      batchId,
    });
    expect(await shelf(depot, itemId)).toEqual([7, { '2026-03-01': 6, '2027-03-01': 1 }]);
  });

  it('has a date that there is, and is said in one way', async () => {
    const [itemId, depot] = [await newItem(app.east.manager), await newDepot(app.east.manager)];
    const cases: [object, string, string][] = [
      [{ batch: { expiresOn: '2026-02-30' } }, '/batch/expiresOn', 'format'],
      [{ batch: { expiresOn: '0000-01-01' } }, '/batch/expiresOn', 'range'],
      [{ batch: { expiresOn: '2026-02-03T00:00:00Z' } }, '/batch/expiresOn', 'format'],
      [{ batch: { expiresOn: 20260203 } }, '/batch/expiresOn', 'type'],
      [{ batch: {} }, '/batch', 'required'],
      [{ batch: { code: '  ' } }, '/batch/code', 'range'],
      [{ batch: { code: 'x'.repeat(61) } }, '/batch/code', 'range'],
      [{ batch: { code: 'x', quantity: 3 } }, '/batch/quantity', 'unknown_field'],
      [{ batch: { code: 'x' }, batchId: randomUUID() }, '/batchId', 'unknown_field'],
      [{ batchId: '1' }, '/batchId', 'format'],
      [{ batch: { code: 'x' }, from: { kind: 'person' }, reason: 'return' }, '/batch', 'unknown_field'],
    ];
    for (const [over, path, code] of cases) {
      const { status, body } = await receive(depot, itemId, 1, undefined, over);
      expect([status, body], JSON.stringify(over)).toMatchObject([422, { errors: [{ path, code }] }]);
    }
    expect(await stockAt(app, depot, itemId)).toBeUndefined();
  });

  it('that has expired is handed out as any other; given before it was booked in, it is told afterwards', async () => {
    const [itemId, depot] = [await newItem(app.east.manager, 'food'), await newDepot(app.east.manager)];
    const patrolId = await goOut(app, []);
    const patrol = { kind: 'patrol', id: patrolId };
    await receive(depot, itemId, 9, { expiresOn: '2025-12-31' });
    await receive(depot, itemId, 9, { expiresOn: '2026-05-01' });
    await move(app.east.manager, { itemId, quantity: 2, from: depotAt(depot), to: patrol, reason: 'move' });
    const { handouts, stock } = await give(app, patrolId, [
      { itemId, quantity: 1 },
      { itemId, quantity: 4 },
    ]);
    expect(handouts.map(({ short }) => short)).toEqual([false, true]);
    expect(stock).toMatchObject([{ quantity: -3, batches: [] }]);
    // three of the eight that are booked in late were given already
    await expectReplay(
      app,
      () => move(app.east.manager, { itemId, quantity: 8, from: depotAt(depot), to: patrol, reason: 'move' }),
      viewers(),
    );
    expect(await shelf(patrolId, itemId)).toEqual([5, { '2025-12-31': 4, '2026-05-01': 1 }]);
    expect(await shelf(depot, itemId)).toEqual([8, { '2026-05-01': 8 }]);
    const given = (await app.east.manager.does(listMovements, { query: { limit: '500' } })).items.filter(
      (movement) => movement.itemId === itemId && movement.reason === 'hand_out',
    );
    expect(
      given.map(({ quantity, short, batches }) => [quantity, short, batches.map((lot) => lot.quantity)]).sort(),
    ).toEqual([
      [1, false, [1]],
      [4, true, [4]],
    ]);
  });
});

describe('a load list', () => {
  it('is made once, serves the stations below, and is changed by those it belongs to', async () => {
    const [a, b] = [await newItem(app.east.manager), await newItem(app.east.manager)];
    const name = `Night ${randomUUID().slice(0, 8)}`;
    const body = { id: randomUUID(), name, lines: [{ itemId: a, quantity: 5 }] };
    const list = await app.root.manager.does(createLoadList, { body });
    expect(list).toEqual({ ...body, version: 1, stationId: app.stations.root, active: true });
    const seen = async (by: Person): Promise<unknown> =>
      (await by.does(listLoadLists, { query: { limit: '500' } })).items.find(({ id }) => id === list.id);
    expect(await seen(app.west.crew)).toEqual(list);
    expect(
      (await app.west.manager.call(updateLoadList, { params: { id: list.id }, body: { version: 1 } })).status,
    ).toBe(404);
    const east = await app.east.manager.does(createLoadList, { body: { ...body, id: randomUUID() } });
    expect([
      await seen(app.root.dispatcher),
      (await app.west.crew.does(listLoadLists)).items.map(({ id }) => id),
    ]).toEqual([list, expect.not.arrayContaining([east.id])]);
    const changed = await app.root.manager.does(updateLoadList, {
      params: { id: list.id },
      body: { version: 1, name: 'Day', lines: [{ itemId: b, quantity: 2 }], active: false },
    });
    expect(changed).toEqual({ ...list, version: 2, name: 'Day', lines: [{ itemId: b, quantity: 2 }], active: false });
    const stale = await app.root.manager.call(updateLoadList, { params: { id: list.id }, body: { version: 1 } });
    expect([stale.status, stale.body]).toMatchObject([409, { code: 'version_conflict', current: changed }]);
    for (const [lines, path] of [
      [[], '/lines'],
      [
        [
          { itemId: a, quantity: 1 },
          { itemId: a.toUpperCase(), quantity: 1 },
        ],
        '/lines',
      ],
      [
        [
          { itemId: a, quantity: 1 },
          { itemId: randomUUID(), quantity: 1 },
        ],
        '/lines/1/itemId',
      ],
      [[{ itemId: a, quantity: 10_001 }], '/lines/0/quantity'],
    ] as const) {
      const refused = await app.east.manager.call(createLoadList, {
        body: { ...body, id: randomUUID(), lines: [...lines] },
      });
      expect([refused.status, refused.body], JSON.stringify(lines)).toMatchObject([422, { errors: [{ path }] }]);
    }
  });

  it('fills a patrol up as far as the depot has it, and all comes back, also after the outing', async () => {
    const [a, b, c] = [
      await newItem(app.east.manager),
      await newItem(app.east.manager),
      await newItem(app.east.manager),
    ];
    const depot = await newDepot(app.east.manager);
    const crew = await addPerson(app, 'crew', app.stations.east);
    const patrolId = await goOut(app, [crew]);
    await receive(depot, a, 9, { expiresOn: '2026-03-01' });
    await receive(depot, a, 9);
    await receive(depot, b, 3);
    const lines = [
      { itemId: a, quantity: 10 },
      { itemId: b, quantity: 4 },
      { itemId: c, quantity: 1 },
    ];
    const listId = (await app.east.manager.does(createLoadList, { body: { id: randomUUID(), name: 'Van', lines } })).id;
    const look = async () => {
      const { items, depotId } = await crew.does(readLoad, {
        params: { id: patrolId },
        query: { listId, depotId: depot },
      });
      expect(depotId).toBe(depot);
      return Object.fromEntries(items.map(({ itemId, ...rest }) => [itemId, Object.values(rest)]));
    };
    // more was given than was aboard: nothing is there of it, not less than nothing
    await give(app, patrolId, [{ itemId: a, quantity: 1 }]);
    expect(await look()).toEqual({ [a]: [10, 0, 10, 18], [b]: [4, 0, 4, 3], [c]: [1, 0, 1, 0] });
    const body = { id: randomUUID(), patrolId, depotId: depot, listId };
    const loaded = await expectReplay(app, () => crew.does(loadPatrol, { body }), [...viewers(), crew]);
    expect(loaded).toMatchObject({ id: body.id, version: 1, patrolId, depotId: depot });
    const named = (some: { itemId: string; quantity: number }[]) =>
      Object.fromEntries(some.map(({ itemId, quantity }) => [itemId, quantity]));
    expect([named(loaded.moved), named(loaded.missing)]).toEqual([
      { [a]: 10, [b]: 3 },
      { [b]: 1, [c]: 1 },
    ]);
    expect([await shelf(patrolId, a), await shelf(depot, a)]).toEqual([
      [9, { '2026-03-01': 9 }],
      [8, {}],
    ]);
    expect(await crew.does(loadPatrol, { body })).toEqual(loaded);
    expect(await look()).toEqual({ [a]: [10, 9, 1, 8], [b]: [4, 3, 1, 0], [c]: [1, 0, 1, 0] });
    // lines go over whatever is aboard
    const more = await app.east.dispatcher.does(loadPatrol, {
      body: { id: randomUUID(), patrolId, depotId: depot, lines: [{ itemId: a, quantity: 2 }] },
    });
    expect([named(more.moved), more.missing]).toEqual([{ [a]: 2 }, []]);

    const end = () =>
      app.east.dispatcher.does(updatePatrol, {
        params: { id: patrolId },
        body: { version: 1, status: 'ended' } as never,
      });
    await rows(app.database.knex, `update patrols set version = 1 where id = cast(:patrolId as uuid)`, { patrolId });
    await expectReplay(app, end, viewers());
    expect((await leftTasks(patrolId)).map(({ subject }) => subject)).toEqual([{ patrolId, items: 2, quantity: 14 }]);
    const over = await app.east.dispatcher.call(loadPatrol, { body: { ...body, id: randomUUID() } });
    expect([over.status, over.body]).toMatchObject([409, { code: 'patrol_off' }]);
    const unload = { id: randomUUID(), patrolId, depotId: depot };
    expect((await app.east.crew.call(unloadPatrol, { body: unload })).status).toBe(404);
    const back = await expectReplay(app, () => crew.does(unloadPatrol, { body: unload }), viewers());
    expect([named(back.moved), back.missing]).toEqual([{ [a]: 11, [b]: 3 }, []]);
    expect(await leftTasks(patrolId)).toEqual([]);
    expect([await shelf(patrolId, a), await shelf(depot, a)]).toEqual([
      [0, {}],
      [17, { '2026-03-01': 9 }],
    ]);
    // an outing with nothing on it leaves no task
    const empty = await goOut(app, [crew]);
    await crew.does(updatePatrol, { params: { id: empty }, body: { status: 'ended' } as never });
    expect(await leftTasks(empty)).toEqual([]);
    // what is no longer the last outing is the desk's
    expect((await crew.call(unloadPatrol, { body: { ...unload, id: randomUUID() } })).status).toBe(404);
    expect((await app.east.dispatcher.does(unloadPatrol, { body: { ...unload, id: randomUUID() } })).moved).toEqual([]);
  });

  it('is read and loaded by whom it concerns, in full or not at all', async () => {
    const [itemId, depot] = [await newItem(app.east.manager), await newDepot(app.east.manager)];
    const crew = await addPerson(app, 'crew', app.stations.east);
    const [mine, other] = [await goOut(app, [crew]), await goOut(app, [])];
    await receive(depot, itemId, 9);
    const lines = [{ itemId, quantity: 1 }];
    const listId = (await app.east.manager.does(createLoadList, { body: { id: randomUUID(), name: 'Van', lines } })).id;
    const load = (by: Person, over: object) =>
      by.call(loadPatrol, { body: { id: randomUUID(), patrolId: mine, depotId: depot, lines, ...over } });
    const cases: [Person, object, number, string | undefined][] = [
      [crew, { patrolId: other }, 404, undefined],
      [app.west.dispatcher, {}, 404, '/depotId'],
      [crew, { depotId: randomUUID() }, 404, '/depotId'],
      [crew, { listId }, 422, '/lines'],
      [crew, { lines: undefined }, 422, '/listId'],
      [crew, { lines: undefined, listId: randomUUID() }, 404, '/listId'],
      [crew, { lines: [...lines, { itemId: randomUUID(), quantity: 1 }] }, 422, '/lines/1/itemId'],
    ];
    for (const [by, over, status, path] of cases) {
      const reply = await load(by, over);
      expect(
        [reply.status, (reply.body as never as { errors: { path: string }[] }).errors[0]?.path],
        JSON.stringify(over),
      ).toEqual([status, path]);
    }
    expect(await shelf(depot, itemId)).toEqual([9, {}]);
    const look = (by: Person, query: Record<string, string>, id = mine) => by.call(readLoad, { params: { id }, query });
    expect((await look(crew, { listId })).body.depotId).not.toBeNull();
    expect((await look(crew, { listId }, other)).status).toBe(404);
    expect((await look(app.west.dispatcher, { listId })).status).toBe(404);
    expect((await look(app.east.dispatcher, { listId, depotId: randomUUID() })).status).toBe(404);
    await app.east.manager.does(updateLoadList, { params: { id: listId }, body: { version: 1, active: false } });
    expect((await look(crew, { listId })).status).toBe(404);
    expect((await load(crew, { lines: undefined, listId })).status).toBe(404);
  });
});

describe('a count', () => {
  it('brings the books to the shelf, also from below nothing, and keeps what they had said', async () => {
    const [a, b, c] = [
      await newItem(app.east.manager),
      await newItem(app.east.manager),
      await newItem(app.east.manager),
    ];
    const depot = await newDepot(app.east.manager);
    await receive(depot, a, 5, { expiresOn: '2026-03-01' });
    await receive(depot, a, 5);
    await receive(depot, b, 4, { code: 'K' });
    const count = (by: Person, place: object, lines: object[], over: object = {}) =>
      by.call(countStock, { body: { id: randomUUID(), place, reason: 'miscounted', lines, ...over } as never });
    const counted = await expectReplay(
      app,
      () =>
        count(
          app.east.manager,
          depotAt(depot),
          [
            { itemId: a, counted: 3 },
            { itemId: b, counted: 6 },
            { itemId: c, counted: 0 },
          ],
          { note: 'after the snow' },
        ),
      viewers(),
    );
    expect([counted.status, counted.body]).toMatchObject([
      201,
      {
        stationId: app.stations.east,
        place: depotAt(depot),
        reason: 'miscounted',
        note: 'after the snow',
        at: app.clock.now().toISOString(),
      },
    ]);
    expect(counted.body.lines.map(({ counted: on, booked }) => [on, booked]).sort()).toEqual([
      [0, 0],
      [3, 10],
      [6, 4],
    ]);
    // seven are missing, first of what expires first; two too many are of no batch
    expect([await shelf(depot, a), await shelf(depot, b)]).toEqual([
      [3, {}],
      [6, { K: 4 }],
    ]);
    const corrections = (await app.east.manager.does(listMovements, { query: { limit: '500' } })).items.filter(
      ({ reason, itemId }) => reason === 'correction' && [a, b, c].includes(itemId),
    );
    expect(corrections.map(({ quantity, from, to }) => [quantity, from.kind, to.kind]).sort()).toEqual([
      [2, 'loss', 'depot'],
      [7, 'depot', 'loss'],
    ]);

    const crew = await addPerson(app, 'crew', app.stations.east);
    const patrolId = await goOut(app, [crew]);
    await give(app, patrolId, [{ itemId: a, quantity: 3 }]);
    const patrol = { kind: 'patrol', id: patrolId };
    expect((await count(crew, patrol, [{ itemId: a, counted: 2 }])).body.lines).toEqual([
      { itemId: a, counted: 2, booked: -3 },
    ]);
    expect(await shelf(patrolId, a)).toEqual([2, {}]);
    const house = { kind: 'shelter', id: app.shelters.east };
    expect((await count(app.east.shelter, house, [{ itemId: a, counted: 1 }])).status).toBe(201);

    const refused: [Person, object, object[], object, number, string | undefined][] = [
      [crew, depotAt(depot), [{ itemId: a, counted: 1 }], {}, 404, undefined],
      [crew, { kind: 'patrol', id: await goOut(app, []) }, [{ itemId: a, counted: 1 }], {}, 404, undefined],
      [app.east.shelter, { kind: 'shelter', id: app.shelters.west }, [{ itemId: a, counted: 1 }], {}, 404, undefined],
      [app.east.shelter, patrol, [{ itemId: a, counted: 1 }], {}, 404, undefined],
      [app.west.manager, depotAt(depot), [{ itemId: a, counted: 1 }], {}, 404, '/place/id'],
      [app.east.manager, { kind: 'person' }, [{ itemId: a, counted: 1 }], {}, 422, '/place/kind'],
      [app.east.manager, depotAt(depot), [{ itemId: a, counted: -1 }], {}, 422, '/lines/0/counted'],
      [app.east.manager, depotAt(depot), [{ itemId: a, counted: 1.5 }], {}, 422, '/lines/0/counted'],
      [app.east.manager, depotAt(depot), [{ itemId: randomUUID(), counted: 1 }], {}, 422, '/lines/0/itemId'],
      [app.east.manager, depotAt(depot), [{ itemId: a, counted: 1 }], { reason: 'theft' }, 422, '/reason'],
      [app.east.manager, depotAt(depot), [{ itemId: a, counted: 1 }], { note: 'a\u0000b' }, 422, '/note'],
    ];
    for (const [by, place, lines, over, status, path] of refused) {
      const reply = await count(by, place, lines, over);
      expect(
        [reply.status, (reply.body as never as { errors: { path: string }[] }).errors[0]?.path],
        JSON.stringify([place, lines, over]),
      ).toEqual([status, path]);
    }
    await receive(depot, c, 1_000_000);
    await receive(depot, c, 1);
    const far = await count(app.east.manager, depotAt(depot), [{ itemId: c, counted: 0 }]);
    expect([far.status, far.body]).toMatchObject([422, { errors: [{ path: '/lines/0/counted', code: 'range' }] }]);

    const places = async (by: Person): Promise<string[]> =>
      (await by.does(listStocktakes)).items.map(({ place }) => place.id);
    expect(await places(app.east.manager)).toHaveLength(3);
    expect(new Set(await places(app.root.inspector))).toEqual(new Set([depot, patrolId, house.id]));
    expect([
      await places(crew),
      await places(app.east.shelter),
      await places(app.west.manager),
      await places(app.east.crew),
    ]).toEqual([[patrolId], [house.id], [], []]);
    const first = await app.east.manager.does(listStocktakes, { query: { limit: '2' } });
    const rest = await app.east.manager.does(listStocktakes, { query: { limit: '2', cursor: first.nextCursor ?? '' } });
    expect(new Set([...first.items, ...rest.items].map(({ id }) => id)).size).toBe(3);
  });
});
