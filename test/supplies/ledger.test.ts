/** What the ledger says, whatever was moved or refused, and what it asks for of itself. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { watchStock } from '../../server/supplies/jobs.ts';
import { openTasks } from '../../server/tasks/queries.ts';
import { loadPatrol, unloadPatrol } from '../../shared/loads.ts';
import { countStock } from '../../shared/stocktakes.ts';
import { updatePatrol } from '../../shared/patrols.ts';
import { setRule } from '../../shared/stations.ts';
import { listStock, updateItem } from '../../shared/supplies.ts';
import { type TaskRow, updateTask } from '../../shared/tasks.ts';
import { useApp } from '../kit/app.ts';
import { goOut } from '../kit/builders.ts';
import { hours } from '../kit/clock.ts';
import { testKind } from '../kit/database.ts';
import { expectReplay } from '../kit/replay.ts';
import { give, move, newDepot, newItem } from './kit.ts';

const app = useApp();

/** Known batches by what tells them apart; no two of them expire on the same day, and the last has no date. */
const known = [
  { expiresOn: '2025-12-01' },
  { code: 'A', expiresOn: '2026-02-01' },
  { expiresOn: '2026-09-01' },
  { code: 'Z' },
];
const NONE = known.length;

/** One item in one store, as a child with a heap of pieces would keep it: the pieces, each of a batch or of none, and how many were given away that were never there. */
class Heap {
  pieces: number[] = [];
  owed = 0;
  get quantity(): number {
    return this.pieces.length - this.owed;
  }
  add(pieces: readonly number[]): void {
    // what was owed is taken from what comes in: first of no batch, then of what expires first
    const order = [...pieces].sort((a, b) => (a === NONE ? -1 : a) - (b === NONE ? -1 : b));
    const settled = Math.min(this.owed, order.length);
    this.owed -= settled;
    this.pieces = [...this.pieces, ...order.slice(settled)].sort((a, b) => a - b);
  }
  take(count: number): number[] {
    return this.pieces.splice(0, count);
  }
  /** what goes out with a patrol: the batch whose day is over, the first of them all, only when nothing else is left */
  takeAlong(count: number): number[] {
    const last = (piece: number): number => (piece === 0 ? NONE + 1 : piece);
    const taken = [...this.pieces].sort((a, b) => last(a) - last(b)).slice(0, count);
    for (const piece of taken) this.pieces.splice(this.pieces.indexOf(piece), 1);
    return taken;
  }
  /** null when there are not so many of it */
  takeOf(batch: number, count: number): number[] | null {
    const at = this.pieces.indexOf(batch);
    return this.pieces.filter((piece) => piece === batch).length < count ? null : this.pieces.splice(at, count);
  }
  batches(): Record<number, number> {
    const counted: Record<number, number> = {};
    for (const piece of this.pieces) if (piece !== NONE) counted[piece] = (counted[piece] ?? 0) + 1;
    return counted;
  }
}

const some = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });
const store = fc.nat(4);
const item = fc.nat(1);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ deed: fc.constant('receive'), to: store, item, quantity: some(12), batch: fc.nat(NONE) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      deed: fc.constant('move'),
      from: store,
      to: store,
      item,
      quantity: some(8),
      batch: fc.option(fc.nat(NONE - 1), { freq: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      deed: fc.constantFrom('hand_out', 'write_off'),
      from: store,
      item,
      quantity: some(6),
      batch: fc.option(fc.nat(NONE - 1), { freq: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      deed: fc.constantFrom('return', 'correction'),
      to: store,
      item,
      quantity: some(4),
      batch: fc.option(fc.nat(NONE - 1)),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      deed: fc.constant('give'),
      patrol: fc.nat(1),
      items: fc.array(fc.record({ item, quantity: some(7) }), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      deed: fc.constant('load'),
      depot: fc.nat(1),
      patrol: fc.nat(1),
      wanted: fc.tuple(some(9), some(9)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ deed: fc.constant('unload'), depot: fc.nat(1), patrol: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ deed: fc.constant('count'), store, counted: fc.tuple(fc.nat(12), fc.nat(12)) }) },
);

it('equals a naive replay of random histories, by place, item and batch', async () => {
  const { manager } = app.east;
  const stores = [
    { kind: 'depot', id: await newDepot(manager) },
    { kind: 'depot', id: await newDepot(manager) },
    { kind: 'patrol', id: await goOut(app, []) },
    { kind: 'patrol', id: await goOut(app, []) },
    { kind: 'shelter', id: app.shelters.east },
  ] as const;
  const at = (n: number) => stores[n] ?? stores[0];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 60 }), async (steps) => {
      const items = [await newItem(manager), await newItem(manager)];
      const itemId = (n: number): string => items[n] ?? '';
      const heaps = stores.map(() => items.map(() => new Heap()));
      const heap = (place: number, which: number): Heap => heaps[place]?.[which] ?? new Heap();
      const batchIds = items.map((): (string | undefined)[] => known.map(() => undefined));
      const ours = (lines: readonly { itemId: string; quantity: number }[]) =>
        lines
          .filter((line) => items.includes(line.itemId))
          .map((line) => [items.indexOf(line.itemId), line.quantity])
          .sort();

      for (const each of steps) {
        if (each.deed === 'receive' || each.deed === 'return' || each.deed === 'correction') {
          const {
            to,
            item: n,
            quantity,
            batch,
          } = each as { to: number; item: number; quantity: number; batch: number | null };
          const begun = each.deed === 'receive' ? known[batch ?? NONE] : undefined;
          const named = each.deed === 'receive' || batch === null ? undefined : (batchIds[n]?.[batch] ?? randomUUID());
          const { status, body } = await move(manager, {
            itemId: itemId(n),
            quantity,
            from: { kind: { receive: 'supplier', return: 'person', correction: 'loss' }[each.deed] },
            to: at(to),
            reason: each.deed,
            ...(begun ? { batch: begun } : {}),
            ...(named === undefined ? {} : { batchId: named }),
          });
          const unknown = named !== undefined && !batchIds[n]?.includes(named);
          expect(status).toBe(unknown ? 404 : 201);
          if (unknown) continue;
          if (begun && batchIds[n]) batchIds[n][batch ?? NONE] = body.batches[0]?.id;
          heap(to, n).add(
            Array.from({ length: quantity }, () => (begun || named !== undefined ? (batch ?? NONE) : NONE)),
          );
        } else if (each.deed === 'move' || each.deed === 'hand_out' || each.deed === 'write_off') {
          const {
            from,
            to,
            item: n,
            quantity,
            batch,
          } = each as { from: number; to?: number; item: number; quantity: number; batch: number | null };
          if (from === to) continue;
          const named = batch === null ? undefined : (batchIds[n]?.[batch] ?? randomUUID());
          const { status } = await move(manager, {
            itemId: itemId(n),
            quantity,
            from: at(from),
            to: to === undefined ? { kind: each.deed === 'hand_out' ? 'person' : 'loss' } : at(to),
            reason: each.deed,
            ...(named === undefined ? {} : { batchId: named }),
          });
          const source = heap(from, n);
          if (named !== undefined && !batchIds[n]?.includes(named)) {
            expect(status).toBe(404);
            continue;
          }
          const taken =
            source.quantity < quantity ? null : batch === null ? source.take(quantity) : source.takeOf(batch, quantity);
          expect(status).toBe(taken ? 201 : 409);
          if (to !== undefined && taken) heap(to, n).add(taken);
        } else if (each.deed === 'give') {
          const { patrol, items: given } = each as { patrol: number; items: { item: number; quantity: number }[] };
          const { handouts } = await give(
            app,
            at(patrol + 2).id,
            given.map(({ item: n, quantity }) => ({ itemId: itemId(n), quantity })),
          );
          const expected = given.map(({ item: n, quantity }) => {
            const source = heap(patrol + 2, n);
            const short = source.quantity < quantity;
            source.owed += quantity - source.take(quantity).length;
            return short;
          });
          expect(handouts.map(({ short }) => short)).toEqual(expected);
        } else if (each.deed === 'load') {
          const { depot, patrol, wanted } = each as { depot: number; patrol: number; wanted: [number, number] };
          const { moved, missing } = await manager.does(loadPatrol, {
            body: {
              id: randomUUID(),
              patrolId: at(patrol + 2).id,
              depotId: at(depot).id,
              lines: wanted.map((quantity, n) => ({ itemId: itemId(n), quantity })),
            },
          });
          const went = wanted.map((quantity, n) => heap(depot, n).takeAlong(quantity));
          went.forEach((pieces, n) => {
            heap(patrol + 2, n).add(pieces);
          });
          expect(ours(moved)).toEqual(went.flatMap((pieces, n) => (pieces.length > 0 ? [[n, pieces.length]] : [])));
          expect(ours(missing)).toEqual(
            wanted.flatMap((quantity, n) =>
              quantity > (went[n]?.length ?? 0) ? [[n, quantity - (went[n]?.length ?? 0)]] : [],
            ),
          );
        } else if (each.deed === 'unload') {
          const { depot, patrol } = each as { depot: number; patrol: number };
          const { moved } = await manager.does(unloadPatrol, {
            body: { id: randomUUID(), patrolId: at(patrol + 2).id, depotId: at(depot).id },
          });
          const back = items.map((_item, n) => heap(patrol + 2, n).take(Infinity));
          back.forEach((pieces, n) => {
            heap(depot, n).add(pieces);
          });
          expect(ours(moved)).toEqual(back.flatMap((pieces, n) => (pieces.length > 0 ? [[n, pieces.length]] : [])));
        } else {
          const { store: place, counted } = each as { store: number; counted: [number, number] };
          const { lines } = await manager.does(countStock, {
            body: {
              id: randomUUID(),
              place: at(place),
              reason: 'routine',
              lines: counted.map((many, n) => ({ itemId: itemId(n), counted: many })),
            },
          });
          expect(lines.map((line) => [items.indexOf(line.itemId), line.booked]).sort()).toEqual(
            counted.map((_many, n) => [n, heap(place, n).quantity]),
          );
          counted.forEach((many, n) => {
            const shelf = heap(place, n);
            if (many < shelf.quantity) shelf.take(shelf.quantity - many);
            else shelf.add(Array.from({ length: many - shelf.quantity }, () => NONE));
          });
        }
      }

      const { items: listed } = await manager.does(listStock, { query: { limit: '500' } });
      const told = listed.flatMap(({ place, itemId: id, quantity, batches }) => {
        const n = items.indexOf(id);
        const of = batches.map((batch) => [batchIds[n]?.indexOf(batch.id), batch.quantity] as const);
        return n === -1
          ? []
          : [
              [
                `${String(stores.findIndex((each) => each.id === place.id))} ${String(n)}`,
                [quantity, Object.fromEntries(of)],
              ] as const,
            ];
      });
      const expected = heaps.flatMap((of, place) =>
        of.flatMap((each, n) =>
          each.quantity === 0 ? [] : [[`${String(place)} ${String(n)}`, [each.quantity, each.batches()]] as const],
        ),
      );
      expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected));
    }),
    { numRuns: 3, endOnFailure: true },
  );
  // the batches of a movement never add up to more than it carried
  expect(
    await rows(
      app.database.knex,
      `select m.id from supply_movements m join supply_movement_batches l on l.movement_id = m.id group by m.id having sum(l.quantity) > m.quantity`,
    ),
  ).toEqual([]);
});

describe('watching stock', () => {
  const watch = (): Promise<number> =>
    runCommand(app.service, { kind: 'system' }, { command: 'job.watch-stock', subjectIds: [], fields: [] }, watchStock);
  /** Open tasks about an item, by the kind of place. */
  const asked = async (itemId: string): Promise<TaskRow[]> =>
    (await openTasks(app.database.knex, app.stations.east, { limit: 500, after: null }))
      .filter(({ subject }) => subject['itemId'] === itemId)
      .sort((a, b) => String(a.subject['placeKind']).localeCompare(String(b.subject['placeKind'])));
  const receive = (id: string, itemId: string, quantity: number, expiresOn?: string) =>
    move(app.east.manager, {
      itemId,
      quantity,
      from: { kind: 'supplier' },
      to: { kind: 'depot', id },
      reason: 'receive',
      ...(expiresOn === undefined ? {} : { batch: { expiresOn } }),
    });
  const lose = (id: string, itemId: string, quantity: number) =>
    move(app.east.manager, {
      itemId,
      quantity,
      from: { kind: 'depot', id },
      to: { kind: 'loss' },
      reason: 'write_off',
    });
  const finish = ({ id, version }: TaskRow) =>
    app.east.dispatcher.does(updateTask, { params: { id }, body: { version, done: true } });

  it('asks once for what is low, says how low, and is content by itself', async () => {
    const [itemId, food] = [await newItem(app.east.manager), await newItem(app.east.manager, 'food')];
    const [depot, other] = [await newDepot(app.east.manager), await newDepot(app.east.manager)];
    const house = { kind: 'shelter', id: app.shelters.east };
    await receive(depot, itemId, 25);
    // what never came into a place is not missed there, nor what no rule is about
    await receive(other, food, 40);
    await move(app.east.manager, {
      itemId: food,
      quantity: 1,
      from: { kind: 'depot', id: other },
      to: house,
      reason: 'move',
    });
    await watch();
    expect([await asked(itemId), await asked(food)]).toEqual([[], []]);
    await lose(depot, itemId, 6);
    expect(await expectReplay(app, watch, [app.east.dispatcher, app.root.manager, app.west.dispatcher])).toBe(1);
    const [low] = await asked(itemId);
    expect(low).toMatchObject({
      kind: 'stock_low',
      stationId: app.stations.east,
      version: 1,
      subject: { itemId, placeKind: 'depot', placeId: depot, quantity: 19, below: 20 },
    });
    expect(await watch()).toBe(0);
    await move(app.east.manager, {
      itemId,
      quantity: 4,
      from: { kind: 'depot', id: depot },
      to: house,
      reason: 'move',
    });
    expect(await watch()).toBe(2);
    const [first, second] = await asked(itemId);
    expect([first, second]).toMatchObject([
      { id: low?.id, version: 2, subject: { placeId: depot, quantity: 15 } },
      { subject: { placeKind: 'shelter', placeId: house.id, quantity: 4, below: 5 } },
    ]);
    await receive(depot, itemId, 5);
    expect(await watch()).toBe(1);
    expect(await asked(itemId)).toEqual([second]);

    // the nearest station's rule, at once
    const rule = (value: unknown, version: number) =>
      app.root.admin.does(setRule, {
        params: { key: 'supplies.low' },
        body: { version, value, stationId: app.stations.east },
      });
    const { version } = await rule([{ place: 'shelter', kind: null, below: 2 }], 0);
    await watch();
    expect([await asked(itemId), await asked(food)]).toMatchObject([[], [{ subject: { quantity: 1, below: 2 } }]]);
    await rule(
      [
        { place: 'shelter', kind: null, below: 2 },
        { place: 'shelter', kind: 'food', below: 1 },
        { place: 'depot', kind: 'bedding', below: 50 },
      ],
      version,
    );
    await watch();
    expect([await asked(itemId), await asked(food)]).toMatchObject([
      [{ subject: { placeId: depot, quantity: 20, below: 50 } }],
      [],
    ]);
    // out of use, out of mind
    await app.east.manager.does(updateItem, { params: { id: itemId }, body: { version: 1, active: false } });
    await watch();
    expect(await asked(itemId)).toEqual([]);
  });

  it('lets what somebody marked done rest for a day, or until more has come in', async () => {
    const [depot, still] = [await newDepot(app.east.manager), await newDepot(app.east.manager)];
    const itemId = await newItem(app.east.manager);
    await receive(depot, itemId, 3);
    await receive(still, itemId, 3);
    await watch();
    for (const task of await asked(itemId)) await finish(task);
    app.clock.advance(hours(1));
    await watch();
    expect(await asked(itemId)).toEqual([]);
    await receive(depot, itemId, 1);
    await watch();
    expect((await asked(itemId)).map(({ subject }) => [subject['placeId'], subject['quantity']])).toEqual([[depot, 4]]);
    app.clock.advance(hours(23));
    await watch();
    expect((await asked(itemId)).map(({ subject }) => subject['placeId'])).toEqual([depot, still]);
    app.clock.advance(-hours(24));
  });

  it('asks for each batch that expires, by the local date, until it is gone from there', async () => {
    const [itemId, depot] = [await newItem(app.east.manager, 'card'), await newDepot(app.east.manager)];
    const at = app.clock.now();
    const patrolId = await goOut(app, []);
    // 21:00 and later in Xi'an: tomorrow is 15 days before the last of them
    const day = (ahead: number): string => new Date(at.getTime() + hours(8 + 24 * ahead)).toISOString().slice(0, 10);
    await receive(depot, itemId, 4, day(-1));
    await receive(depot, itemId, 5, day(14));
    await receive(depot, itemId, 6, day(15));
    await watch();
    const expiring = async () =>
      (await asked(itemId)).map(({ kind, subject }) => [
        kind,
        subject['placeKind'],
        subject['expiresOn'],
        subject['quantity'],
      ]);
    expect((await expiring()).sort()).toEqual([
      ['stock_expiry', 'depot', day(-1), 4],
      ['stock_expiry', 'depot', day(14), 5],
    ]);
    expect((await asked(itemId))[0]?.subject).toMatchObject({
      itemId,
      placeId: depot,
      batchId: expect.any(String) as string,
    });
    expect(await watch()).toBe(0);
    // four go with the patrol, and stay a matter of the patrol when it has come home
    await move(app.east.manager, {
      itemId,
      quantity: 5,
      from: { kind: 'depot', id: depot },
      to: { kind: 'patrol', id: patrolId },
      reason: 'move',
    });
    await rows(
      app.database.knex,
      `update patrols set status = 'ended', ended_at = :at where id = cast(:patrolId as uuid)`,
      { at, patrolId },
    );
    app.clock.advance(hours(3));
    await watch();
    expect((await expiring()).sort()).toEqual([
      ['stock_expiry', 'depot', day(14), 4],
      ['stock_expiry', 'depot', day(15), 6],
      ['stock_expiry', 'patrol', day(-1), 4],
      ['stock_expiry', 'patrol', day(14), 1],
    ]);
    await lose(depot, itemId, 4);
    await manyOff(patrolId, itemId);
    await watch();
    expect(await expiring()).toEqual([['stock_expiry', 'depot', day(15), 6]]);
    app.clock.advance(-hours(3));
  });

  const manyOff = (id: string, itemId: string) =>
    move(app.east.manager, {
      itemId,
      quantity: 5,
      from: { kind: 'patrol', id },
      to: { kind: 'loss' },
      reason: 'write_off',
    });

  it('settles what went short, and what was left aboard, once the books are right again', async () => {
    const [itemId, left, patrolId] = [
      await newItem(app.east.manager, 'card'),
      await newItem(app.east.manager, 'card'),
      await goOut(app, []),
    ];
    const place = { kind: 'patrol', id: patrolId } as const;
    await give(app, patrolId, [{ itemId, quantity: 2 }]);
    const count = (counted: string, many: number) =>
      app.east.manager.does(countStock, {
        body: { id: randomUUID(), place, reason: 'not_booked', lines: [{ itemId: counted, counted: many }] },
      });
    await count(left, 5);
    await app.east.dispatcher.does(updatePatrol, { params: { id: patrolId }, body: { status: 'ended' } });
    const open = async (): Promise<string[]> =>
      (await openTasks(app.database.knex, app.stations.east, { limit: 500, after: null }))
        .filter(({ subject }) => [subject['patrolId'], subject['placeId']].includes(patrolId))
        .map(({ kind }) => kind)
        .sort();
    await watch();
    expect(await open()).toEqual(['stock_left', 'stock_short']);
    await count(itemId, 0);
    await watch();
    expect(await open()).toEqual(['stock_left']);
    await manyOff(patrolId, left);
    await watch();
    expect(await open()).toEqual([]);
  });

  it.skipIf(testKind !== 'postgres')('raises one task on however many nodes (one connection elsewhere)', async () => {
    const [itemId, depot] = [await newItem(app.west.manager), await newDepot(app.east.manager)];
    await watch();
    await receive(depot, itemId, 1);
    const done = await Promise.all(Array.from({ length: 8 }, watch));
    expect(done.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await asked(itemId)).toHaveLength(1);
  });
});
