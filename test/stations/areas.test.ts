/** Areas: what is taken, mended and refused, and whose place is whose. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { createStation, importAreas, listAreas } from '../../shared/stations.ts';
import { useApp } from '../kit/app.ts';
import { incidentOf, report } from '../kit/builders.ts';
const app = useApp();
type Ring = [number, number][];
const square = (west: number, south: number, side: number): Ring => [
  [west, south],
  [west + side, south],
  [west + side, south + side],
  [west, south + side],
  [west, south],
];
const feature = (name: unknown, rings: unknown, more: object = {}, type = 'Polygon') => ({
  type: 'Feature',
  properties: { name, ...more },
  geometry: { type, coordinates: rings },
});
const collection = (...features: unknown[]) => ({ type: 'FeatureCollection', features });
const load = (body: unknown, by = app.root.admin, stationId?: string) =>
  by.call(importAreas, { body: body as never, ...(stationId === undefined ? {} : { query: { stationId } }) });
const areaCount = async (): Promise<number> => (await rows(app.database.knex, `select 1 from areas`)).length;

describe('areas', () => {
  it('are imported, mended where they only touch themselves, and say so', async () => {
    // two squares that meet in one corner, drawn in one line: self-touching
    const touching: Ring = [
      [110, 35],
      [110.01, 35],
      [110.01, 35.01],
      [110.02, 35.01],
      [110.02, 35.02],
      [110.01, 35.02],
      [110.01, 35.01],
      [110, 35.01],
      [110, 35],
    ];
    const repeated: Ring = [
      [110.1, 35],
      [110.1, 35],
      [110.11, 35],
      [110.11, 35],
      [110.11, 35],
      [110.11, 35.01],
      [110.1, 35.01],
      [110.1, 35],
      [110.1, 35],
    ];
    const { status, body } = await load(
      collection(
        feature('touching', [touching]),
        feature('repeated', [repeated]),
        feature(
          'two',
          [[square(110.2, 35, 0.01)], [square(110.3, 35, 0.01)]],
          { stationId: app.stations.west },
          'MultiPolygon',
        ),
      ),
    );
    expect(status).toBe(201);
    expect(body.items).toMatchObject([
      { name: 'touching', repaired: true, pointsDropped: 0, stationId: app.stations.root, version: 1 },
      { name: 'repeated', repaired: false, pointsDropped: 4 },
      { name: 'two', repaired: false, stationId: app.stations.west },
    ]);
    expect(
      (await row<{ valid: boolean }>(app.database.knex, `select bool_and(st_isvalid(outline)) as valid from areas`))
        ?.valid,
    ).toBe(true);
  });

  const bowTie: Ring = [
    [110, 36],
    [110.02, 36.02],
    [110.02, 36],
    [110, 36.02],
    [110, 36],
  ];
  const lopsided: Ring = [
    [110, 36],
    [110.1, 36.02],
    [110.1, 36],
    [110, 36.04],
    [110, 36],
  ];
  const many = (count: number): Ring => {
    const ring = Array.from({ length: count - 1 }, (_, n): [number, number] => [
      110 + 0.1 * Math.cos((n / count) * 2 * Math.PI),
      36 + 0.1 * Math.sin((n / count) * 2 * Math.PI),
    ]);
    return [...ring, ring[0] as [number, number]];
  };
  it.each([
    ['a bow-tie', [bowTie], 'invalid_geometry', '/features/1/geometry', 'invalid_geometry'],
    ['a lopsided bow-tie', [lopsided], 'invalid_geometry', '/features/1/geometry', 'invalid_geometry'],
    [
      'an open ring',
      [square(110, 36, 0.1).slice(0, 4)],
      'invalid_geometry',
      '/features/1/geometry/coordinates/0',
      'invalid_geometry',
    ],
    [
      'three points',
      [
        [
          [110, 36],
          [110.1, 36],
          [110, 36],
        ],
      ],
      'invalid_geometry',
      '/features/1/geometry/coordinates/0',
      'invalid_geometry',
    ],
    [
      'one point many times',
      [Array.from({ length: 6 }, () => [110, 36])],
      'invalid_geometry',
      '/features/1/geometry/coordinates/0',
      'invalid_geometry',
    ],
    ['5,001 vertices', [many(5001)], 'too_many_vertices', '/features/1/geometry/coordinates', 'too_many_vertices'],
    ['a speck', [square(110, 36, 0.00001)], 'invalid_geometry', '/features/1/geometry', 'area'],
    [
      'half the Earth',
      [
        [
          [-180, -90],
          [0, -90],
          [0, 90],
          [-180, 90],
          [-180, -90],
        ],
      ],
      'invalid_geometry',
      '/features/1/geometry',
      'area',
    ],
    [
      'no area',
      [
        [
          [110, 36],
          [110.1, 36],
          [110.2, 36],
          [110, 36],
        ],
      ],
      'invalid_geometry',
      '/features/1/geometry',
      null,
    ],
    ['latitude first', [square(36, 110, 0.1)], 'invalid', '/features/1/geometry/coordinates/0/0', 'lat_range'],
    [
      'a longitude off the map',
      [
        [
          [180.1, 0],
          [181, 0],
          [181, 1],
          [180.1, 0],
        ],
      ],
      'invalid',
      '/features/1/geometry/coordinates/0/0',
      'lon_range',
    ],
    [
      'words for numbers',
      [[['a', 'b']]],
      'invalid_geometry',
      '/features/1/geometry/coordinates/0/0',
      'invalid_geometry',
    ],
    [
      'null for a number',
      [
        [
          [110, null],
          [111, 36],
          [111, 37],
          [110, null],
        ],
      ],
      'invalid_geometry',
      '/features/1/geometry/coordinates/0/0',
      'invalid_geometry',
    ],
    ['no rings', [], 'invalid_geometry', '/features/1/geometry/coordinates', 'invalid_geometry'],
  ])('with %s are refused, and all with it', async (_name, rings, code, path, fieldCode) => {
    const before = await areaCount();
    const { status, body } = await load(
      collection(feature(`good ${randomUUID()}`, [square(111, 36, 0.1)]), feature('bad', rings)),
    );
    expect([status, body]).toMatchObject([
      422,
      { code, errors: [{ path, ...(fieldCode === null ? {} : { code: fieldCode }) }] },
    ]);
    expect((body as unknown as { errors: { message: string }[] }).errors[0]?.message).not.toBe('');
    expect(await areaCount()).toBe(before);
  });

  it('of exactly 5,000 vertices are taken', async () => {
    expect((await load(collection(feature('many', [many(5000)])))).status).toBe(201);
  });

  it('with a bow-tie in a MultiPolygon or rings that nearly coincide are refused or stored, never silently lost', async () => {
    const nearly = square(112, 36, 0.1).map(([lon, lat]): [number, number] => [lon + 1e-13, lat - 1e-13]);
    for (const [rings, type] of [
      [[[square(112, 36, 0.1)], [bowTie]], 'MultiPolygon'],
      [[[square(112, 36, 0.1)], [nearly]], 'MultiPolygon'],
      [[square(112, 36, 0.1), nearly], 'Polygon'],
    ] as const) {
      const before = await areaCount();
      const { status } = await load(collection(feature(randomUUID(), rings, {}, type)));
      expect([201, 422]).toContain(status);
      expect(await areaCount()).toBe(status === 201 ? before + 1 : before);
    }
  });

  it.each([
    ['no collection', { type: 'Feature' }, '/type', 'enum'],
    ['a type of its own', { type: ['FeatureCollection'], features: [] }, '/type', 'enum'],
    ['no features', collection(), '/features', 'range'],
    ['a point', collection(feature('x', [1, 2], {}, 'Point')), '/features/0/geometry/type', 'enum'],
    ['no name', collection(feature(undefined, [square(1, 1, 1)])), '/features/0/properties/name', 'required'],
    [
      'another projection',
      { ...collection(feature('x', [square(1, 1, 1)])), crs: { type: 'name', properties: { name: 'EPSG:3857' } } },
      '/crs',
      'crs',
    ],
    [
      'a station of another language',
      collection(feature('x', [square(1, 1, 1)], { stationId: 'x' })),
      '/features/0/properties/stationId',
      'format',
    ],
  ])('are refused as %s', async (_name, body, path, code) => {
    const reply = await load(body);
    expect([reply.status, reply.body]).toMatchObject([422, { errors: [{ path, code }] }]);
  });

  it('may say that they are WGS 84, replace those of the same name, and keep to the own subtree', async () => {
    const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:OGC:1.3:CRS84' } };
    const first = await load({ ...collection(feature('again', [square(113, 36, 0.1)])), crs }, app.east.admin);
    const second = await load(collection(feature('again', [square(114, 36, 0.1)])), app.east.admin);
    expect([first.body.items[0]?.version, second.body.items[0]?.version]).toEqual([1, 2]);
    expect(second.body.items[0]).toMatchObject({ id: first.body.items[0]?.id, stationId: app.stations.east });
    expect(
      (await load(collection(feature('again', [square(115, 36, 0.1)])), app.root.admin)).body.items[0]?.version,
    ).toBe(1);
    expect(
      await load(collection(feature('x', [square(1, 1, 1)], { stationId: app.stations.west })), app.east.admin),
    ).toMatchObject({ status: 404, body: { errors: [{ path: '/features/0/properties/stationId' }] } });
    expect(await load(collection(feature('x', [square(1, 1, 1)])), app.east.admin, app.stations.west)).toMatchObject({
      status: 404,
    });
  });

  it('are listed by page and bounding box', async () => {
    const all = (await app.root.dispatcher.does(listAreas, { query: { limit: '500' } })).items;
    const first = await app.root.dispatcher.does(listAreas, { query: { limit: '2' } });
    const rest = await app.root.dispatcher.does(listAreas, { query: { limit: '500', cursor: first.nextCursor ?? '' } });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(
      (await app.root.dispatcher.does(listAreas, { query: { bbox: '113.9,35.9,114.2,36.2' } })).items.map(
        ({ name }) => name,
      ),
    ).toEqual(['again']);
    expect(
      (await app.root.dispatcher.call(listAreas, { query: { bbox: '-180,-90,180,90', limit: '1e9' } })).status,
    ).toBe(200);
    expect((await app.root.dispatcher.call(listAreas, { query: { bbox: '1,2,3' } })).status).toBe(422);
    expect(
      (await app.west.dispatcher.does(listAreas)).items.every(
        ({ stationId }) => stationId === app.stations.west || stationId !== app.stations.east,
      ),
    ).toBe(true);
  });

  it('that lie in each other give a place to the smallest', async () => {
    const inner = randomUUID();
    await app.root.admin.does(createStation, { body: { id: inner, parentId: app.stations.east, name: 'Inner' } });
    await load(collection(feature('inner', [square(109.01, 34.21, 0.01)], { stationId: inner })));
    const inside = await report(app, { position: { type: 'Point', coordinates: [109.015, 34.215] } });
    const beside = await report(app, { position: { type: 'Point', coordinates: [109.025, 34.215] } });
    expect((await incidentOf(app.root.dispatcher, inside.incidentId)).stationId).toBe(inner);
    expect((await incidentOf(app.root.dispatcher, beside.incidentId)).stationId).toBe(app.stations.east);
  });
});
