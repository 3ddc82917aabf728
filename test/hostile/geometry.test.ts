/** Places that are none: swapped, out of range, torn, too many, too large. */
import { describe, expect, it } from 'vitest';
import { row } from '../../server/db/rows.ts';
import { listIncidents } from '../../shared/incidents.ts';
import { importAreas, listAreas } from '../../shared/stations.ts';
import { reportSighting } from '../../shared/sightings.ts';
import { useApp } from '../kit/app.ts';
import { sighting } from '../kit/builders.ts';
import { exchange, expectAlive, expectProblem, bytesOf, json, type Refusal, refused, rowCounts } from './wire.ts';

type Position = readonly unknown[];
const square = (lon: number, lat: number, side: number): Position[] => [
  [lon, lat],
  [lon + side, lat],
  [lon + side, lat + side],
  [lon, lat + side],
  [lon, lat],
];
const feature = (geometry: unknown, name: unknown = 'an area'): unknown => ({
  type: 'Feature',
  properties: { name },
  geometry,
});
const collection = (...features: unknown[]): Record<string, unknown> => ({ type: 'FeatureCollection', features });
const polygon = (...rings: unknown[]): unknown => collection(feature({ type: 'Polygon', coordinates: rings }));
const multi = (...polygons: unknown[]): unknown => collection(feature({ type: 'MultiPolygon', coordinates: polygons }));
const bowTie: Position[] = [
  [0, 0],
  [1, 1],
  [1, 0],
  [0, 1],
  [0, 0],
];
const many = (count: number): Position[] => {
  const ring = Array.from({ length: count - 1 }, (_, n) => {
    const turn = (2 * Math.PI * n) / (count - 1);
    return [Math.round((108 + Math.cos(turn)) * 1e6) / 1e6, Math.round((34 + Math.sin(turn)) * 1e6) / 1e6];
  });
  return [...ring, ring[0] ?? []];
};

describe('places in reports', () => {
  const app = useApp();
  const at = (coordinates: unknown): string =>
    JSON.stringify({ ...sighting(), position: { type: 'Point', coordinates } });
  const cases: [string, string, Refusal][] = [
    ['G1 swapped', at([39.9, 116.4]), { status: 422, field: 'lat_range' }],
    ['G2 half a position', at([116.4, null]), { status: 422, field: 'type' }],
    ['G2 letters', at(['a', 'b']), { status: 422, field: 'type' }],
    ['G2 nothing', at([]), { status: 422 }],
    ['G2 four numbers', at([1, 2, 3, 4]), { status: 422 }],
    ['G2 no list', at({ 0: 1, 1: 2, length: 2 }), { status: 422, field: 'type' }],
    ['G3 a hair beyond 180', at([180.0000001, 0]), { status: 422, field: 'lon_range' }],
    ['G3 a hair beyond 90', at([0, 90.0001]), { status: 422, field: 'lat_range' }],
    ['G3 infinitely far', at([0, 0]).replace('[0,0]', '[1e999,0]'), { status: 422 }],
    [
      'G12 a line',
      JSON.stringify({ ...sighting(), position: { type: 'LineString', coordinates: [108, 34] } }),
      { status: 422 },
    ],
    [
      'G12 a list of types',
      JSON.stringify({ ...sighting(), position: { type: ['Point'], coordinates: [108, 34] } }),
      { status: 422 },
    ],
    [
      'G12 a position of its own system',
      JSON.stringify({ ...sighting(), position: { type: 'Point', coordinates: [108, 34], crs: 'x' } }),
      { status: 422, field: 'unknown_field' },
    ],
    ['an unknown crs', JSON.stringify({ ...sighting(), crs: 'EPSG:3857' }), { status: 422, field: 'enum' }],
  ];
  it.each(cases)('%s', async (name, body, refusal) => {
    const { errors } = await refused(app, { headers: json, body }, refusal);
    if (name.startsWith('G1 ')) expect(errors[0]?.message).toMatch(/swapped\?/);
    expect(errors[0]?.path).toMatch(/^\/(position|crs)/);
  });

  it('keeps the ends of the earth as they are', async () => {
    for (const coordinates of [
      [180, 90],
      [-180, -90],
      [0, 0],
    ] as [number, number][]) {
      const body = sighting({ position: { type: 'Point', coordinates } });
      expect((await app.anyone.call(reportSighting, { body })).status).toBe(201);
      const { items } = await app.root.dispatcher.does(listIncidents);
      expect(items.find(({ sightingIds }) => sightingIds.includes(body.id))).toMatchObject({
        lane: 'outside',
        position: { coordinates },
      });
    }
  });

  it('G13 boxes', async () => {
    const all = await app.root.dispatcher.fetch('/api/incidents?bbox=-180,-90,180,90&limit=1e9');
    expect(all.status).toBe(200);
    expect(((await all.json()) as { items: unknown[] }).items.length).toBeLessThanOrEqual(500);
    for (const path of ['incidents', 'areas']) {
      for (const bbox of ['1,2,3', 'NaN,0,1,1', '', '0,0,1e999,1', '0,91,1,92', '0,2,1,1', '1,2,3,4,5']) {
        await refused(
          app,
          { method: 'GET', path: `/api/${path}?bbox=${bbox}`, as: app.root.dispatcher },
          { status: 422, field: 'bbox' },
        );
      }
    }
  });
});

describe('areas', () => {
  const app = useApp();
  const cases: [string, unknown, Refusal][] = [
    ['G1 swapped', polygon(square(39.9, 116.4, 0.1)), { status: 422, field: 'lat_range' }],
    [
      'G2 half a position',
      polygon([
        [0, 0],
        [1, null],
        [1, 1],
        [0, 0],
      ]),
      { status: 422, code: 'invalid_geometry' },
    ],
    [
      'G2 a position of four',
      polygon([
        [0, 0],
        [1, 0, 0, 0],
        [1, 1],
        [0, 0],
      ]),
      { status: 422, code: 'invalid_geometry' },
    ],
    ['G3 beyond 180', polygon(square(180, 0, 0.0000001)), { status: 422, field: 'lon_range' }],
    ['G6 5,001 vertices', polygon(many(5_001)), { status: 422, code: 'too_many_vertices' }],
    [
      'G6 the same in many small rings',
      multi(...Array.from({ length: 1_100 }, (_, n) => [square(n / 10, 0, 0.05)])),
      { status: 422, code: 'too_many_vertices' },
    ],
    ['G8 a bow-tie', polygon(bowTie), { status: 422, code: 'invalid_geometry' }],
    ['G8 an open ring', polygon(square(0, 0, 1).slice(0, 4)), { status: 422, code: 'invalid_geometry' }],
    [
      'G8 a ring of three',
      polygon([
        [0, 0],
        [1, 1],
        [0, 0],
      ]),
      { status: 422, code: 'invalid_geometry' },
    ],
    [
      'G8 one point many times',
      polygon(Array.from({ length: 10 }, () => [1, 1])),
      { status: 422, code: 'invalid_geometry' },
    ],
    [
      'G10 half the Earth',
      polygon([
        [-180, -90],
        [0, -90],
        [0, 90],
        [-180, 90],
        [-180, -90],
      ]),
      { status: 422, code: 'invalid_geometry' },
    ],
    [
      'G10 the whole Earth',
      polygon([
        [-180, -90],
        [180, -90],
        [180, 90],
        [-180, 90],
        [-180, -90],
      ]),
      { status: 422, field: 'area' },
    ],
    [
      'G10 no area',
      polygon([
        [0, 0],
        [1, 1],
        [2, 2],
        [0, 0],
      ]),
      { status: 422, code: 'invalid_geometry' },
    ],
    ['G10 a pin-prick', polygon(square(108, 34, 0.000001)), { status: 422, field: 'area' }],
    [
      'G11 another system',
      {
        ...collection(feature({ type: 'Polygon', coordinates: [square(0, 0, 1)] })),
        crs: { type: 'name', properties: { name: 'EPSG:3857' } },
      },
      { status: 422, field: 'crs' },
    ],
    ['G11 a system that is nothing', { ...collection(), crs: null }, { status: 422, field: 'crs' }],
    ['G12 a bare feature', { type: 'Feature' }, { status: 422 }],
    ['G12 a wrong type', { type: 'Topology', features: [] }, { status: 422 }],
    ['G12 a list of types', { type: ['FeatureCollection'], features: [] }, { status: 422 }],
    ['G12 a collection of collections', collection(collection()), { status: 422 }],
    ['G12 features that are a word', { type: 'FeatureCollection', features: 'x' }, { status: 422 }],
    ['G12 no geometry', collection(feature(null)), { status: 422 }],
    ['G12 a geometry collection', collection(feature({ type: 'GeometryCollection', geometries: [] })), { status: 422 }],
    [
      'G12 coordinates that are a word',
      collection(feature({ type: 'Polygon', coordinates: 'POLYGON((0 0))' })),
      { status: 422, code: 'invalid_geometry' },
    ],
    [
      'G12 a name that is no name',
      collection(feature({ type: 'Polygon', coordinates: [square(0, 0, 1)] }, { x: 1 })),
      { status: 422 },
    ],
    [
      'G16 a bow-tie inside a multipolygon',
      multi([square(5, 5, 1)], [bowTie]),
      { status: 422, code: 'invalid_geometry' },
    ],
    [
      'G16 two rings that almost coincide',
      polygon(square(0, 0, 1), square(0.00000000001, 0, 1)),
      { status: 422, code: 'invalid_geometry' },
    ],
    [
      'G16 twice the same polygon',
      multi([square(0, 0, 1)], [square(0, 0, 1)]),
      { status: 422, code: 'invalid_geometry' },
    ],
    ['G16 a hole outside', polygon(square(0, 0, 1), square(5, 5, 1)), { status: 422, code: 'invalid_geometry' }],
    [
      'G16 a hole as large as its ring',
      polygon(square(0, 0, 1), square(0, 0, 1)),
      { status: 422, code: 'invalid_geometry' },
    ],
    [
      'one bad feature among good ones: nothing is stored',
      collection(
        feature({ type: 'Polygon', coordinates: [square(10, 10, 1)] }, 'good'),
        feature({ type: 'Polygon', coordinates: [bowTie] }, 'bad'),
      ),
      { status: 422, code: 'invalid_geometry' },
    ],
  ];
  it.each(cases)('%s', async (_name, body, refusal) => {
    const problem = await refused(
      app,
      { path: '/api/areas', headers: json, as: app.east.admin, body: JSON.stringify(body) },
      refusal,
    );
    expect(problem.errors[0]?.message).toBeTruthy();
  });

  it('G16 NaN as a vertex is no JSON', async () => {
    const body = JSON.stringify(polygon(square(0, 0, 1))).replace('[1,0]', '[NaN,0]');
    await refused(
      app,
      { path: '/api/areas', headers: json, as: app.east.admin, body },
      { status: 400, code: 'bad_json' },
    );
  });

  it('G5 a million vertices are refused before they are read', async () => {
    const before = await rowCounts(app);
    const ring = `[${'[108.123456,34.123456],'.repeat(1_000_000)}[108.1,34.1]]`;
    const body = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"x"},"geometry":{"type":"Polygon","coordinates":[${ring}]}}]}`;
    const answer = await exchange(app, bytesOf(app, { path: '/api/areas', headers: json, as: app.east.admin, body }));
    expectProblem(answer, { status: 413, code: 'too_large' });
    expect(answer.ms).toBeLessThan(1_000);
    expect(await rowCounts(app)).toEqual(before);
    await expectAlive(app);
  });

  it('G8 mends what only touches itself, drops repeated points, and says so', async () => {
    const [a, b, ...rest] = square(120, 30, 1);
    const spike = [
      [120, 30],
      [121, 30],
      [121, 31],
      [120.5, 31],
      [120.5, 31.00001],
      [120.5, 31],
      [120, 31],
      [120, 30],
    ];
    const answer = await app.east.admin.call(importAreas, {
      body: collection(
        feature({ type: 'Polygon', coordinates: [[a, a, b, b, b, ...rest]] }, 'repeated'),
        feature({ type: 'Polygon', coordinates: [spike] }, 'spike'),
      ),
    });
    expect(answer.status).toBe(201);
    expect(answer.body.items).toMatchObject([
      { name: 'repeated', repaired: false, pointsDropped: 3 },
      { name: 'spike', repaired: true, pointsDropped: 0 },
    ]);
    const { items } = await app.east.admin.does(listAreas);
    expect(items.map(({ name }) => name)).toEqual(expect.arrayContaining(['repeated', 'spike']));
    const stored = await row(
      app.database.knex,
      `select count(*)::integer as count, bool_and(st_isvalid(outline)) as valid from areas where name in ('repeated', 'spike')`,
    );
    expect(stored).toEqual({ count: 2, valid: true });
  });
});
