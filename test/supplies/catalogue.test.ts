/** Items and depots over the years: other names, out of use and back. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createDepot,
  createItem,
  type DepotRow,
  type ItemRow,
  listDepots,
  listItems,
  listStock,
  moveSupplies,
  updateDepot,
  updateItem,
} from '../../shared/supplies.ts';
import { useApp } from '../kit/app.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const addItem = (): Promise<ItemRow> =>
  app.east.manager.does(createItem, {
    body: { id: randomUUID(), name: `Coat ${randomUUID()}`, nameZh: '棉衣', unit: 'piece', kind: 'clothing' },
  });
const addDepot = (): Promise<DepotRow> =>
  app.east.manager.does(createDepot, { body: { id: randomUUID(), name: 'Depot' } });
const changeItem = ({ id, version }: ItemRow, over: object, by = app.east.manager) =>
  by.call(updateItem, { params: { id }, body: { version, ...over } });

describe('an item', () => {
  it('takes other names, unit and kind, and every picture hears of it', async () => {
    const item = await addItem();
    const name = `Padded coat ${randomUUID()}`;
    const changed = await expectReplay(app, () => changeItem(item, { name, unit: 'set' }));
    expect([changed.status, changed.body]).toEqual([200, { ...item, version: 2, name, unit: 'set' }]);
    const bare = await changeItem(changed.body, { nameZh: null, kind: 'other' }, app.west.admin);
    expect(bare.body).toEqual({ ...changed.body, version: 3, nameZh: null, kind: 'other' });
    expect((await app.west.crew.snapshot()).items).toContainEqual(bare.body);
  });

  it('keeps its name to itself, and is changed from the row as it is', async () => {
    const [item, other] = [await addItem(), await addItem()];
    expect(await changeItem(item, { name: other.name })).toMatchObject({
      status: 409,
      body: { code: 'taken', errors: [{ path: '/name' }] },
    });
    const stale = await changeItem({ ...item, version: 7 }, { unit: 'x' });
    expect([stale.status, stale.body]).toMatchObject([409, { code: 'version_conflict', current: item }]);
    expect((await changeItem({ ...item, id: randomUUID() }, { unit: 'x' })).status).toBe(404);
    for (const [over, path] of [
      [{ kind: 'car' }, '/kind'],
      [{ unit: '' }, '/unit'],
      [{ name: null }, '/name'],
      [{ stationId: app.stations.east }, '/stationId'],
    ] as const)
      expect(await changeItem(item, over)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });

  it('goes out of use and comes back; what lies of it somewhere stays and can be moved', async () => {
    const [item, depot] = [await addItem(), await addDepot()];
    const move = (from: object, to: object, reason: string) =>
      app.east.manager.does(moveSupplies, {
        body: { id: randomUUID(), itemId: item.id, quantity: 5, from, to, reason } as never,
      });
    await move({ kind: 'supplier' }, { kind: 'depot', id: depot.id }, 'receive');
    const retired = await expectReplay(app, () => changeItem(item, { active: false }));
    expect(retired.body).toMatchObject({ active: false, version: 2 });
    expect((await app.east.crew.snapshot()).items.map(({ id }) => id)).not.toContain(item.id);
    const listed = await app.east.manager.does(listItems, { query: { limit: '500' } });
    expect(listed.items).toContainEqual(retired.body);
    const lying = async () =>
      (await app.east.manager.does(listStock, { query: { limit: '500' } })).items.filter(
        ({ itemId }) => itemId === item.id,
      );
    expect((await lying()).map(({ quantity }) => quantity)).toEqual([5]);
    await move({ kind: 'depot', id: depot.id }, { kind: 'loss' }, 'write_off');
    expect(await lying()).toEqual([]);
    const back = await expectReplay(app, () => changeItem(retired.body, { active: true }));
    expect((await app.east.crew.snapshot()).items).toContainEqual(back.body);
  });
});

describe('a depot', () => {
  it('takes another name, from the row as it is, in the own subtree', async () => {
    const depot = await addDepot();
    const change = (version: number, name: string, by = app.east.manager) =>
      by.call(updateDepot, { params: { id: depot.id }, body: { version, name } });
    const renamed = await change(1, 'North store');
    expect([renamed.status, renamed.body]).toEqual([200, { ...depot, version: 2, name: 'North store' }]);
    const stale = await change(1, 'x');
    expect([stale.status, stale.body]).toMatchObject([409, { code: 'version_conflict', current: renamed.body }]);
    expect((await change(2, 'x', app.west.manager)).status).toBe(404);
    expect(await change(2, ' ')).toMatchObject({ status: 422, body: { errors: [{ path: '/name' }] } });
    expect((await app.east.manager.does(listDepots)).items).toContainEqual(renamed.body);
  });
});
