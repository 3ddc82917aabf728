import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadPatrol, unloadPatrol } from '../../shared/loads.ts';
import { countStock } from '../../shared/stocktakes.ts';
import { createDepot, createItem, listDepots, listItems, listMovements, listStock } from '../../shared/supplies.ts';
import { listTasks } from '../../shared/tasks.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { goOut } from '../kit/builders.ts';
import { testKind } from '../kit/database.ts';
import { expectReplay } from '../kit/replay.ts';
import { give, move, type Move, newDepot as depotOf, newItem as itemOf, stockAt } from './kit.ts';

const app = useApp();
const newItem = (by = app.east.manager): Promise<string> => itemOf(by);
const newDepot = (by = app.east.manager): Promise<string> => depotOf(by);
const receive = (depot: string, itemId: string, quantity: number) =>
  move(app.east.manager, {
    itemId,
    quantity,
    from: { kind: 'supplier' },
    to: { kind: 'depot', id: depot },
    reason: 'receive',
  });
const stockOf = async (placeId: string, itemId: string): Promise<number> =>
  (await stockAt(app, placeId, itemId))?.quantity ?? 0;

describe('the catalogue', () => {
  it('belongs to everybody, each name once', async () => {
    const id = await expectReplay(app, () => newItem());
    const { items } = await app.west.crew.does(listItems, { query: { limit: '500' } });
    const item = items.find((each) => each.id === id);
    expect(item).toMatchObject({ version: 1, nameZh: '棉被', active: true });
    const twin = await app.root.manager.call(createItem, {
      body: { id: randomUUID(), name: item?.name ?? '', unit: 'piece', kind: 'bedding' },
    });
    expect([twin.status, twin.body]).toMatchObject([409, { code: 'taken', errors: [{ path: '/name' }] }]);
  });

  it('has depots of the subtree', async () => {
    const id = await newDepot();
    expect((await app.root.dispatcher.does(listDepots)).items.map((depot) => depot.id)).toContain(id);
    expect((await app.west.dispatcher.does(listDepots)).items.map((depot) => depot.id)).not.toContain(id);
    expect(
      (
        await app.east.manager.call(createDepot, {
          body: { id: randomUUID(), name: 'x', stationId: app.stations.west },
        })
      ).status,
    ).toBe(404);
  });
});

describe('a movement', () => {
  it('takes from one place and adds to the other, and nothing is lost', async () => {
    const [itemId, depot] = [await newItem(), await newDepot()];
    await expectReplay(app, () => receive(depot, itemId, 10));
    const moved = await expectReplay(app, () =>
      move(app.east.manager, {
        itemId,
        quantity: 4,
        from: { kind: 'depot', id: depot },
        to: { kind: 'shelter', id: app.shelters.east },
        reason: 'move',
        note: 'for tonight',
      }),
    );
    expect([moved.status, moved.body]).toMatchObject([
      201,
      {
        stationId: app.stations.east,
        quantity: 4,
        short: false,
        encounterId: null,
        note: 'for tonight',
        at: app.clock.now().toISOString(),
        from: { kind: 'depot', id: depot },
      },
    ]);
    expect([await stockOf(depot, itemId), await stockOf(app.shelters.east, itemId)]).toEqual([6, 4]);
    // the last of it: the row leaves every picture
    await expectReplay(app, () =>
      move(app.east.manager, {
        itemId,
        quantity: 6,
        from: { kind: 'depot', id: depot },
        to: { kind: 'loss' },
        reason: 'write_off',
      }),
    );
    expect(await stockOf(depot, itemId)).toBe(0);
  });

  it('beyond what is there is refused', async () => {
    const [itemId, depot] = [await newItem(), await newDepot()];
    await receive(depot, itemId, 3);
    for (const [to, reason] of [
      [{ kind: 'shelter', id: app.shelters.east }, 'move'],
      [{ kind: 'person' }, 'hand_out'],
      [{ kind: 'loss' }, 'write_off'],
    ] as const) {
      const { status, body } = await move(app.east.manager, {
        itemId,
        quantity: 4,
        from: { kind: 'depot', id: depot },
        to,
        reason,
      });
      expect([status, body]).toMatchObject([
        409,
        { code: 'stock_short', errors: [{ path: '/quantity', code: 'stock_short' }] },
      ]);
    }
    expect(await stockOf(depot, itemId)).toBe(3);
  });

  it('joins only ends that belong together, of places and items that are there', async () => {
    const [itemId, depot] = [await newItem(), await newDepot()];
    const base = { itemId, quantity: 1 };
    const cases: [Move, number, string][] = [
      [{ ...base, from: { kind: 'person' }, to: { kind: 'depot', id: depot }, reason: 'receive' }, 422, '/from/kind'],
      [{ ...base, from: { kind: 'supplier' }, to: { kind: 'person' }, reason: 'receive' }, 422, '/to/kind'],
      [{ ...base, from: { kind: 'supplier' }, to: { kind: 'depot' }, reason: 'receive' }, 422, '/to/id'],
      [
        { ...base, from: { kind: 'supplier', id: depot }, to: { kind: 'depot', id: depot }, reason: 'receive' },
        422,
        '/from/id',
      ],
      [{ ...base, from: { kind: 'depot', id: depot }, to: { kind: 'depot', id: depot }, reason: 'move' }, 422, '/to'],
      [
        { ...base, quantity: 0, from: { kind: 'supplier' }, to: { kind: 'depot', id: depot }, reason: 'receive' },
        422,
        '/quantity',
      ],
      [
        {
          ...base,
          from: { kind: 'supplier' },
          to: { kind: 'depot', id: depot },
          reason: 'receive',
          at: '2019-12-31T00:00:00Z',
        },
        422,
        '/at',
      ],
      [
        {
          ...base,
          from: { kind: 'supplier' },
          to: { kind: 'depot', id: depot },
          reason: 'receive',
          at: '9999-12-31T00:00:00Z',
        },
        422,
        '/at',
      ],
      [
        { ...base, from: { kind: 'supplier' }, to: { kind: 'depot', id: randomUUID() }, reason: 'receive' },
        404,
        '/to/id',
      ],
      [
        {
          ...base,
          itemId: randomUUID(),
          from: { kind: 'supplier' },
          to: { kind: 'depot', id: depot },
          reason: 'receive',
        },
        404,
        '/itemId',
      ],
    ];
    for (const [body, status, path] of cases) {
      const reply = await move(app.east.manager, body);
      expect([reply.status, reply.body], JSON.stringify(body)).toMatchObject([status, { errors: [{ path }] }]);
    }
  });

  it('is for crews and shelter staff from or to their own store only', async () => {
    const [itemId, depot] = [await newItem(), await newDepot()];
    await receive(depot, itemId, 9);
    const crew = await addPerson(app, 'crew', app.stations.east);
    const [mine, other] = [await goOut(app, [crew]), await goOut(app, [])];
    const from = { kind: 'depot', id: depot };
    const base = { itemId, quantity: 1, from, reason: 'move' };
    expect((await move(crew, { ...base, to: { kind: 'patrol', id: mine } })).status).toBe(201);
    expect((await move(crew, { ...base, to: { kind: 'patrol', id: other } })).status).toBe(404);
    expect((await move(app.east.shelter, { ...base, to: { kind: 'shelter', id: app.shelters.east } })).status).toBe(
      201,
    );
    expect((await move(app.east.shelter, { ...base, to: { kind: 'patrol', id: mine } })).status).toBe(404);
    expect((await move(app.east.dispatcher, { ...base, to: { kind: 'patrol', id: mine } })).status).toBe(403);
    expect((await move(app.west.manager, { ...base, to: { kind: 'shelter', id: app.shelters.west } })).status).toBe(
      404,
    );
    // what they read is theirs too
    expect((await crew.does(listStock)).items.map((stock) => stock.place.id)).toEqual([mine]);
    expect((await crew.does(listMovements)).items).toHaveLength(1);
    expect((await app.east.shelter.does(listStock)).items.every((stock) => stock.place.id === app.shelters.east)).toBe(
      true,
    );
    expect((await app.east.crew.does(listStock)).items).toEqual([]);
    expect((await app.west.dispatcher.does(listStock)).items).toEqual([]);
  });

  it('between stations is read at both, newest first, page by page', async () => {
    const itemId = await newItem();
    const depot = await newDepot(app.root.manager);
    await move(app.root.manager, {
      itemId,
      quantity: 5,
      from: { kind: 'supplier' },
      to: { kind: 'depot', id: depot },
      reason: 'receive',
    });
    await move(app.root.manager, {
      itemId,
      quantity: 5,
      from: { kind: 'depot', id: depot },
      to: { kind: 'shelter', id: app.shelters.west },
      reason: 'move',
    });
    const west = (await app.west.manager.does(listMovements)).items;
    expect(west).toHaveLength(1);
    expect(west[0]).toMatchObject({ itemId, stationId: app.stations.root });
    const all = (await app.root.manager.does(listMovements, { query: { limit: '500' } })).items.map(({ id }) => id);
    const stock = (await app.root.manager.does(listStock, { query: { limit: '500' } })).items.map(({ id }) => id);
    expect(await walk((query) => app.root.manager.does(listMovements, { query }))).toEqual(all);
    expect(await walk((query) => app.root.manager.does(listStock, { query }))).toEqual(stock);
  });
});

/** Every id of a list, three a page. */
async function walk(
  page: (query: Record<string, string>) => Promise<{ items: { id: string }[]; nextCursor: string | null }>,
): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { items, nextCursor } = await page({ limit: '3', ...(cursor === '' ? {} : { cursor }) });
    seen.push(...items.map(({ id }) => id));
    cursor = nextCursor;
  }
  return seen;
}

describe('what is handed out at a meeting', () => {
  it('comes from the vehicle; what was not booked in is short, counted below nothing and raised', async () => {
    const [a, b] = [await newItem(), await newItem()];
    const depot = await newDepot();
    const patrolId = await goOut(app, []);
    await receive(depot, a, 5);
    await move(app.east.manager, {
      itemId: a,
      quantity: 5,
      from: { kind: 'depot', id: depot },
      to: { kind: 'patrol', id: patrolId },
      reason: 'move',
    });
    const { stock, tasks, handouts } = await give(app, patrolId, [
      { itemId: a, quantity: 3 },
      { itemId: a, quantity: 3 },
      { itemId: b, quantity: 1 },
    ]);
    expect(handouts).toEqual([
      { itemId: a, quantity: 3, short: false },
      { itemId: a, quantity: 3, short: true },
      { itemId: b, quantity: 1, short: true },
    ]);
    expect(stock.map(({ itemId, quantity }) => [itemId, quantity]).sort()).toEqual(
      [
        [a, -1],
        [b, -1],
      ].sort(),
    );
    expect(tasks.map(({ subject }) => subject['itemId']).sort()).toEqual([a, b].sort());
    expect(tasks[0]).toMatchObject({
      kind: 'stock_short',
      stationId: app.stations.east,
      doneAt: null,
      subject: { placeKind: 'patrol', placeId: patrolId, missing: 1 },
    });
    expect((await app.east.dispatcher.does(listTasks, { query: { limit: '500' } })).items.map(({ id }) => id)).toEqual(
      expect.arrayContaining(tasks.map(({ id }) => id)),
    );
  });

  it('without a vehicle comes from the first depot, and without a depot from outside', async () => {
    const itemId = await newItem();
    const { stock } = await give(app, null, [{ itemId, quantity: 1 }]);
    expect(stock).toMatchObject([{ place: { kind: 'depot' }, quantity: -1 }]);
    const west = await give(app, null, [{ itemId, quantity: 1 }], {
      person: app.west.dispatcher,
      stationId: app.stations.west,
    });
    expect(west).toEqual({ stock: [], tasks: [], handouts: [{ itemId, quantity: 1, short: false }] });
    expect(await give(app, null, [])).toEqual({ stock: [], tasks: [], handouts: [] });
    await expect(give(app, null, [{ itemId: randomUUID(), quantity: 1 }])).rejects.toMatchObject({
      code: 'invalid',
      errors: [{ path: '/handouts/0/itemId' }],
    });
  });
});

describe.skipIf(testKind !== 'postgres')(
  'stock under many connections (not for this database: it has one connection)',
  () => {
    it('is never less than nothing, and transfers that cross do not block each other for good', async () => {
      const itemId = await newItem();
      const [a, b] = [await newDepot(), await newDepot()];
      await receive(a, itemId, 20);
      await receive(b, itemId, 20);
      const replies = await Promise.all(
        Array.from({ length: 100 }, (_none, n) => {
          const [from, to] = n % 2 === 0 ? [a, b] : [b, a];
          return n % 5 === 0
            ? move(app.east.manager, {
                itemId,
                quantity: 3,
                from: { kind: 'depot', id: from },
                to: { kind: 'loss' },
                reason: 'write_off',
              })
            : move(app.east.manager, {
                itemId,
                quantity: 7,
                from: { kind: 'depot', id: from },
                to: { kind: 'depot', id: to },
                reason: 'move',
              });
        }),
      );
      expect(replies.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
      const lost = replies.filter(({ status, body }) => status === 201 && body.to.kind === 'loss').length * 3;
      const [left, right] = [await stockOf(a, itemId), await stockOf(b, itemId)];
      expect(left).toBeGreaterThanOrEqual(0);
      expect(right).toBeGreaterThanOrEqual(0);
      expect(left + right + lost).toBe(40);
    });

    it('of a batch is no less, whoever loads, brings back, gives and counts at the same time', async () => {
      const [itemId, depot, patrolId] = [await newItem(), await newDepot(), await goOut(app, [])];
      const [store, patrol] = [{ kind: 'depot', id: depot } as const, { kind: 'patrol', id: patrolId } as const];
      const { manager } = app.east;
      const begin = (n: number) =>
        move(manager, {
          itemId,
          quantity: 5,
          from: { kind: 'supplier' },
          to: store,
          reason: 'receive',
          batch: { code: 'same', ...(n % 2 === 0 ? { expiresOn: '2026-03-01' } : {}) },
        });
      const received = await Promise.all(Array.from({ length: 12 }, (_none, n) => begin(n)));
      expect(new Set(received.map(({ body }) => body.batches[0]?.id)).size).toBe(2);
      const batchId = received[0]?.body.batches[0]?.id ?? '';
      const deeds: ((id: string) => Promise<unknown>)[] = [
        (id) => manager.does(loadPatrol, { body: { id, patrolId, depotId: depot, lines: [{ itemId, quantity: 7 }] } }),
        (id) => manager.does(unloadPatrol, { body: { id, patrolId, depotId: depot } }),
        () => give(app, patrolId, [{ itemId, quantity: 2 }]),
        () => move(manager, { itemId, quantity: 3, from: store, to: patrol, reason: 'move', batchId }),
        () => move(manager, { itemId, quantity: 1, from: patrol, to: store, reason: 'return' }),
        (id) =>
          manager.does(countStock, { body: { id, place: store, reason: 'routine', lines: [{ itemId, counted: 20 }] } }),
      ];
      await Promise.all(Array.from({ length: 10 }, () => deeds.map((deed) => deed(randomUUID()))).flat());
      for (const placeId of [depot, patrolId]) {
        const stock = await stockAt(app, placeId, itemId);
        const lots = (stock?.batches ?? []).map(({ quantity }) => quantity);
        expect(lots.every((quantity) => quantity > 0)).toBe(true);
        expect(lots.reduce((sum, quantity) => sum + quantity, 0)).toBeLessThanOrEqual(
          Math.max(0, stock?.quantity ?? 0),
        );
      }
    });

    it('is handed to as many as there are pieces', async () => {
      const [itemId, depot] = [await newItem(), await newDepot()];
      await receive(depot, itemId, 10);
      const replies = await Promise.all(
        Array.from({ length: 60 }, () =>
          move(app.east.manager, {
            itemId,
            quantity: 1,
            from: { kind: 'depot', id: depot },
            to: { kind: 'person' },
            reason: 'hand_out',
          }),
        ),
      );
      expect(replies.filter(({ status }) => status === 201)).toHaveLength(10);
      expect(await stockOf(depot, itemId)).toBe(0);
    });
  },
);
