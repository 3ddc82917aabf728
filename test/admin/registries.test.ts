/** The admin page is made from tables: each must fit its contract and have its words. */
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../shared/contract.ts';
import en from '../../shared/locales/en.json' with { type: 'json' };
import zh from '../../shared/locales/zh-CN.json' with { type: 'json' };
import { createBody, draftOf, errorsByKey, updateBody } from '../../web/admin/draft.ts';
import { decode, judge, nameBy, nameKeys, parcelOf, placeErrors, readFile } from '../../web/admin/area-file.ts';
import { informants } from '../../web/informants/registry.ts';
import { devices, vehicles } from '../../web/patrols/registry.ts';
import { shelters } from '../../web/shelters/registry.ts';
import { areas, stations } from '../../web/stations/registry.ts';
import { depots, items } from '../../web/supplies/registry.ts';
import { describe as describeSchema, limitsOf, type Registry } from '../../web/ui/registry.ts';
import { people, tokens } from '../../web/users/registry.ts';

const all: readonly Registry[] = [
  stations,
  areas,
  people,
  tokens,
  informants,
  vehicles,
  devices,
  shelters,
  depots,
  items,
];
const english: Record<string, string> = en;
const chinese: Record<string, string> = zh;
const bodyKeys = (endpoint: Endpoint | null): string[] =>
  endpoint?.body ? Object.keys(describeSchema(endpoint.body).properties ?? {}) : [];
const id = '4f6c1a52-8c4b-4d0e-9a52-8c4b4d0e9a52';

describe.each(all)('the registry $noun', (registry) => {
  const { noun, fields, columns, create, update } = registry;

  it('says what it is and what every field is for, in both languages', () => {
    const ways = (key: string, about = ''): [string, string] => [
      `field.${noun}.${key}${about}`,
      `field.${key}${about}`,
    ];
    for (const words of [english, chinese]) {
      const missing = [
        ...[`admin.${noun}`, `admin.${noun}.about`, `admin.${noun}.add`, `admin.${noun}.empty`].filter(
          (key) => !(key in words),
        ),
        ...fields
          .flatMap(({ key, shown }) => (shown === true ? [ways(key)] : [ways(key), ways(key, '.about')]))
          .filter((keys) => !keys.some((key) => key in words))
          .map(([key]) => key),
      ];
      expect(missing).toEqual([]);
    }
  });

  it('has words for every choice of the contract', () => {
    const missing = fields.flatMap((field) => {
      if (field.kind !== 'choice' && field.kind !== 'counts') return [];
      const limits = limitsOf(create, field.key) ?? limitsOf(update, field.key);
      const values = [...(limits?.choices ?? []), ...(limits?.keys ?? [])];
      expect(values.length, field.key).toBeGreaterThan(0);
      return values.map((value) => field.word + value).filter((key) => !(key in english) || !(key in chinese));
    });
    expect(missing).toEqual([]);
  });

  it('asks for everything a call takes, and for nothing no call takes', () => {
    const known = new Set(fields.map(({ key }) => key));
    // bound by the outing itself; taken away by a button of its own; opened and closed on the house's own page
    const elsewhere = new Set(['id', 'version', 'patrolId', 'secondFactor', 'surgeOpen']);
    const taken = [...bodyKeys(create), ...bodyKeys(update)].filter((key) => !elsewhere.has(key));
    expect(taken.filter((key) => !known.has(key))).toEqual([]);
    for (const { key, shown } of fields) if (shown !== true) expect(taken).toContain(key);
    for (const key of columns) expect(known).toContain(key);
  });

  it('makes a body of an empty form that only lacks what is required', () => {
    if (!create) return;
    const body = createBody(registry, draftOf(registry, null), id);
    const errors = create.body?.safeParse(body);
    const found = errorsByKey(
      errors?.success === false
        ? errors.error.issues.map(({ path, message }) => ({ path: `/${path.join('/')}`, code: 'x', message }))
        : [],
      [...known(registry)],
    );
    for (const key of found.keys()) expect(limitsOf(create, key)?.required, key).toBe(true);
  });
});
const known = ({ fields }: Registry): Set<string> => new Set(fields.map(({ key }) => key));

describe('a form', () => {
  const row = {
    id,
    version: 3,
    stationId: id,
    name: 'A van',
    plate: '陕A 12345',
    seats: 7,
    active: true,
  };

  it('sends what was changed, null for what was emptied, and the version it began with', () => {
    const before = draftOf(vehicles, row);
    expect(updateBody(vehicles, before, before, 3)).toEqual({ version: 3 });
    expect(updateBody(vehicles, before, { ...before, seats: 5, plate: '', active: false }, 3)).toEqual({
      version: 3,
      seats: 5,
      plate: null,
      active: false,
    });
  });

  it('takes the house away from somebody who is no longer its keeper', () => {
    const keeper = { id, version: 1, role: 'shelter', shelterId: id, name: 'K', stationId: id, active: true };
    const before = draftOf(people, keeper);
    expect(updateBody(people, before, { ...before, role: 'crew', shelterId: '' }, 1)).toEqual({
      version: 1,
      role: 'crew',
      shelterId: null,
    });
  });

  it('keeps a point and counts as the contract has them', () => {
    const draft = { ...draftOf(shelters, null), name: 'H', address: 'A', position: [108.9, 34.2] as [number, number] };
    expect(createBody(shelters, draft, id)).toMatchObject({
      position: { type: 'Point', coordinates: [108.9, 34.2] },
      capacity: { any: 0, men: 0, women: 0, family: 0, accessible: 0, quarantine: 0 },
    });
  });
});

describe('a file of areas', () => {
  const square = (at: number): unknown => ({
    type: 'Polygon',
    coordinates: [
      [
        [at, 34],
        [at + 0.01, 34],
        [at + 0.01, 34.01],
        [at, 34.01],
        [at, 34],
      ],
    ],
  });
  const feature = (properties: unknown, geometry: unknown): unknown => ({ type: 'Feature', properties, geometry });
  const file = (...features: unknown[]): string => JSON.stringify({ type: 'FeatureCollection', features });

  it('finds the property that holds the names, and takes another', () => {
    const read = readFile(
      file(
        feature({ adcode: '610113', 名称: '雁塔区', en: 'Yanta' }, square(108)),
        feature({ 名称: '碑林区' }, square(109)),
      ),
    );
    expect(read.map(({ name }) => name)).toEqual(['雁塔区', '碑林区']);
    expect(nameKeys(read)).toEqual(['adcode', '名称', 'en']);
    expect(nameBy(read, 'en').map(({ name, errors }) => [name, errors.length])).toEqual([
      ['Yanta', 0],
      ['', 1],
    ]);
  });

  it('judges each outline by itself, and a mended one again', () => {
    const open = {
      type: 'Polygon',
      coordinates: [
        [
          [108, 34],
          [108.1, 34],
          [108.1, 34.1],
          [108, 34.1],
        ],
      ],
    };
    const swapped = {
      type: 'Polygon',
      coordinates: [
        [
          [34, 108],
          [34, 109],
          [35, 109],
          [34, 108],
        ],
      ],
    };
    const read = readFile(
      file(feature({ name: '' }, square(108)), feature({ name: 'o' }, open), feature({ name: 's' }, swapped)),
    );
    expect(read.map(({ errors }) => errors[0]?.code)).toEqual(['required', 'invalid_geometry', 'lat_range']);
    const [first] = read;
    if (!first) throw new Error('nothing read');
    expect(judge({ ...first, name: 'a name' }).errors).toEqual([]);
  });

  it('sends names, stations and outlines only, without the ones left out, and places the answer', async () => {
    const read = readFile(
      file(
        feature({ name: 'a', secret: 'x' }, square(108.123456789)),
        feature({ name: 'b' }, square(109)),
        feature({ name: 'c', stationId: id }, square(110)),
      ),
    ).map((each) => (each.n === 1 ? { ...each, taken: false } : each));
    const { content, order, over } = parcelOf(read);
    expect(over).toBe(0);
    expect(order).toEqual([0, 2]);
    const sent = JSON.parse(await content.text()) as { features: { properties: unknown; geometry: unknown }[] };
    expect(sent.features.map(({ properties }) => properties)).toEqual([{ name: 'a' }, { name: 'c', stationId: id }]);
    expect(JSON.stringify(sent.features[0]?.geometry)).toContain('108.123457');
    const placed = placeErrors(read, order, [
      { path: '/features/1/geometry', code: 'invalid_geometry', message: 'Self-intersection' },
      { path: '/query/stationId', code: 'not_found', message: 'no' },
    ]);
    expect(placed.candidates.map(({ errors }) => errors.map(({ path }) => path))).toEqual([[], [], ['/geometry']]);
    expect(placed.general).toHaveLength(1);
  });

  it('reads GB 18030, and refuses what is no collection', () => {
    // 名称 in GB 18030
    expect(decode(new Uint8Array([0xc3, 0xfb, 0xb3, 0xc6]).buffer)).toBe('名称');
    expect(() => readFile('{')).toThrow('bad_json');
    expect(() => readFile('{"type":"Feature"}')).toThrow('invalid');
    expect(() => readFile(JSON.stringify({ type: 'FeatureCollection', features: [], crs: {} }))).toThrow('invalid');
  });
});
