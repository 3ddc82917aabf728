/** The tree of stations, their areas and the rules that hold in them. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { ruleAt } from '../../server/stations/queries.ts';
import { createStation, listRules, listStations } from '../../shared/stations.ts';
import { useApp } from '../kit/app.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();

describe('a station', () => {
  it('stands below its parent, with its zone and language unless told otherwise', async () => {
    const [id, below] = [randomUUID(), randomUUID()];
    const made = await expectReplay(app, () =>
      app.root.admin.does(createStation, {
        body: { id, parentId: app.stations.east, name: 'District', timeZone: 'Asia/Urumqi' },
      }),
    );
    expect(made).toMatchObject({
      id,
      parentId: app.stations.east,
      path: [app.stations.root, app.stations.east, id],
      timeZone: 'Asia/Urumqi',
      locale: 'zh-CN',
      version: 1,
    });
    expect(
      await app.east.admin.does(createStation, { body: { id: below, parentId: id, name: 'Street' } }),
    ).toMatchObject({ path: [app.stations.root, app.stations.east, id, below], timeZone: 'Asia/Urumqi' });
    expect((await app.east.admin.does(listStations)).items.map((each) => each.id)).toEqual(
      expect.arrayContaining([app.stations.east, id, below]),
    );
    expect((await app.west.admin.does(listStations)).items.map((each) => each.id)).toEqual([app.stations.west]);
    expect((await app.east.dispatcher.snapshot()).stations.map((each) => each.id)).toContain(below);
  });

  it.each([
    ['a parent of another subtree', () => ({ parentId: app.stations.west }), 404, '/parentId', 'not_found'],
    ['the root as parent, from below', () => ({ parentId: app.stations.root }), 404, '/parentId', 'not_found'],
    ['no parent', () => ({ parentId: undefined }), 422, '/parentId', 'required'],
    ['an offset for a zone', () => ({ timeZone: '+08:00' }), 422, '/timeZone', 'invalid'],
    ['a zone of no map', () => ({ timeZone: 'Mars/Olympus' }), 422, '/timeZone', 'invalid'],
    ['no name', () => ({ name: ' ' }), 422, '/name', 'range'],
  ])('is refused with %s', async (_name, over, status, path, code) => {
    const reply = await app.east.admin.call(createStation, {
      body: { id: randomUUID(), parentId: app.stations.east, name: 'x', ...over() } as never,
    });
    expect([reply.status, reply.body]).toMatchObject([status, { errors: [{ path, code }] }]);
  });

  it('stands at most eight deep', async () => {
    let parentId = app.stations.west;
    for (let depth = 3; depth <= 8; depth += 1)
      parentId = (
        await app.west.admin.does(createStation, {
          body: { id: randomUUID(), parentId, name: `Level ${String(depth)}` },
        })
      ).id;
    const ninth = await app.west.admin.call(createStation, { body: { id: randomUUID(), parentId, name: 'Level 9' } });
    expect([ninth.status, ninth.body]).toMatchObject([422, { errors: [{ path: '/parentId', code: 'depth' }] }]);
  });

  it('is listed page by page, parents first', async () => {
    const all = (await app.root.admin.does(listStations)).items;
    const first = await app.root.admin.does(listStations, { query: { limit: '2' } });
    const rest = await app.root.admin.does(listStations, { query: { cursor: first.nextCursor ?? '' } });
    expect([...first.items, ...rest.items]).toEqual(all);
    for (const [n, { parentId }] of all.entries())
      if (parentId !== null && n > 0) expect(all.slice(0, n).map(({ id }) => id)).toContain(parentId);
  });
});

describe('a rule', () => {
  it('is what the station says, else its nearest ancestor, else the default', async () => {
    const db = app.database.knex;
    const set = (stationId: string, value: number) =>
      rows(
        db,
        `insert into rules (key, station_id, value, unit, source) values ('eta.speed', cast(:stationId as uuid), cast(:value as jsonb), 'km/h', 'test')`,
        { stationId, value: JSON.stringify(value) },
      );
    const below = randomUUID();
    await app.root.admin.does(createStation, { body: { id: below, parentId: app.stations.east, name: 'Below' } });
    const values = () =>
      Promise.all(
        [below, app.stations.east, app.stations.west, app.stations.root].map((id) => ruleAt(db, 'eta.speed', id)),
      );
    expect(await values()).toEqual([25, 25, 25, 25]);
    await set(app.stations.root, 30);
    expect(await values()).toEqual([30, 30, 30, 30]);
    await set(app.stations.east, 40);
    expect(await values()).toEqual([40, 40, 30, 30]);
    await set(below, 50);
    expect(await values()).toEqual([50, 40, 30, 30]);
    const told = async (by: typeof app.east.dispatcher) =>
      (await by.does(listRules)).items.filter(({ key }) => key === 'eta.speed').map(({ value }) => value);
    expect(await told(app.east.dispatcher)).toEqual([25, 30, 40, 50]);
    expect(await told(app.west.dispatcher)).toEqual([25, 30]);
    expect(await ruleAt(db, 'no.such.rule', below)).toBeNull();
  });
});
