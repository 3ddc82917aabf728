/** HSDS 3: what other directories read of warm places, by the published shapes and by what must never be in it. */
import { randomUUID } from 'node:crypto';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { derivedId } from '../../server/hsds/entities.ts';
import type {
  HsdsService,
  HsdsServiceAtLocation,
  HsdsServiceAtLocationListed,
  HsdsServiceListed,
} from '../../shared/hsds.ts';
import { createShelter, holdBed, releaseHold, type ShelterView, updateShelter } from '../../shared/shelters.ts';
import { createStation } from '../../shared/stations.ts';
import { checkIn } from '../../shared/stays.ts';
import shapes from '../data/hsds/shapes.json' with { type: 'json' };
import { places, useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';

type Field = string | readonly string[];
type Shape = { required: readonly string[]; fields: Record<string, Field> };
type Name = keyof typeof shapes;

/** The published shapes as schemas that know no field beside theirs. */
const ajv = new Ajv({ allErrors: true });
ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
ajv.addFormat('uri', (text) => URL.canParse(text));
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const schemaOf = (field: Field): object => {
  if (typeof field !== 'string') return { type: 'string', enum: field };
  if (field.startsWith('[')) return { type: 'array', items: { $ref: field.slice(1, -1) } };
  if (field in shapes) return { $ref: field };
  return ['uuid', 'uri', 'date-time'].includes(field) ? { type: 'string', format: field } : { type: field };
};
for (const [name, { required, fields }] of Object.entries(shapes as unknown as Record<string, Shape>))
  ajv.addSchema({
    $id: name,
    type: 'object',
    required,
    properties: Object.fromEntries(Object.entries(fields).map(([field, type]) => [field, schemaOf(type)])),
    additionalProperties: false,
  });
function expectShape(name: Name, value: unknown): void {
  const valid = ajv.validate(name, value);
  expect([valid, ajv.errorsText()]).toEqual([true, 'No errors']);
}

interface Page<T> {
  total_items: number;
  total_pages: number;
  page_number: number;
  size: number;
  first_page: boolean;
  last_page: boolean;
  empty: boolean;
  contents: T[];
}

describe('HSDS', () => {
  const app = useApp();
  const read = async <T>(path: string): Promise<T> => {
    const response = await app.anyone.fetch(path);
    expect([path, response.status]).toEqual([path, 200]);
    return (await response.json()) as T;
  };
  const add = (over: object = {}): Promise<ShelterView> =>
    app.east.manager.does(createShelter, {
      body: {
        id: randomUUID(),
        name: 'House',
        kind: 'warm_place',
        address: '1 South Street',
        position: { type: 'Point', coordinates: places.eastNear },
        capacity: {},
        ...over,
      },
    });

  /** Words that nobody outside may read. */
  const canary = randomUUID();
  let house: ShelterView;
  let secret: ShelterView;
  beforeAll(async () => {
    house = await add({
      name: 'Drum Tower House',
      phone: '029-1234',
      contact: `contact ${canary}`,
      operator: 'Red Cross Xi’an',
      hours: 'from six in the evening',
      about: 'Warm 100% of the night',
      features: ['warm_food', 'wheelchair', 'no_id'],
      capacity: { any: 8, women: 4 },
      seats: { any: 20 },
      opening: [
        { days: [7, 1], from: '18:00', to: '08:00', level: 'none' },
        { days: [3], from: '00:00', to: '24:00', level: 'orange' },
      ],
    });
    secret = await add({ name: `Secret ${canary}`, address: canary, confidential: true, capacity: { any: 5 } });
  });

  it('says what it is and where it is described', async () => {
    const api = await read<Record<string, string>>('/hsds');
    expectShape('api', api);
    expect(api['version']).toMatch(/^3\./);
    expect(api['openapi_url']).toBe(`${app.url}/api/openapi.json`);
    expect(await read('/hsds/')).toEqual(api);
  });

  it('tells of a warm place all that the public may know, in the published shape', async () => {
    // Sunday or Monday evening is open; it is Thursday: nothing can be had, and what there is stays
    const closed = await read<HsdsService>(`/hsds/services/${house.id}`);
    expectShape('service', closed);
    expect(closed.capacities.map(({ available, maximum }) => [available, maximum])).toEqual([
      [0, 12],
      [0, 20],
    ]);
    await app.east.manager.does(updateShelter, {
      params: { id: house.id },
      body: { version: house.version, opening: [{ days: [7, 4, 1], from: '18:00', to: '24:00', level: 'none' }] },
    });
    const service = await read<HsdsService>(`/hsds/services/${house.id}`);
    expectShape('service', service);
    expect(service).toMatchObject({
      id: house.id,
      name: 'Drum Tower House',
      status: 'active',
      organization: { name: 'Red Cross Xi’an', id: service.organization_id },
      phones: [{ number: '029-1234' }],
      schedules: [
        {
          freq: 'WEEKLY',
          byday: 'MO,TH,SU',
          opens_at: '18:00+08:00',
          closes_at: '00:00+08:00',
          timezone: 8,
          description: 'from six in the evening',
        },
      ],
      capacities: [
        { unit: { identifier: 'bed' }, available: 12, maximum: 12, description: '不限 8/8、女 4/4' },
        { unit: { identifier: 'seat' }, available: 20, maximum: 20 },
      ],
    });
    expect(service.description).toContain('Warm 100% of the night');
    expect(service.attributes.map(({ taxonomy_term: { code, language } }) => [code, language])).toEqual([
      ['warm_place', 'zh'],
      ['warm_food', 'zh'],
      ['wheelchair', 'zh'],
      ['no_id', 'zh'],
    ]);
    const [at] = service.service_at_locations;
    expect(at?.location).toMatchObject({
      longitude: places.eastNear[0],
      latitude: places.eastNear[1],
      addresses: [{ address_1: '1 South Street', country: 'CN', city: 'root', region: 'east' }],
      accessibility: [{ description: '轮椅可进出' }],
    });
    const again = await read<HsdsServiceAtLocation>(`/hsds/service_at_locations/${at?.id ?? ''}`);
    expectShape('service_at_location', again);
    expect(again).toMatchObject({ service_id: house.id, service: { capacities: service.capacities } });
    expect(again.location).toEqual(at?.location);
  });

  it('counts what is held, what is full and what is closed, and says when that changed', async () => {
    const one = await add({ name: 'Counted', capacity: { any: 3 } });
    const beds = async (): Promise<(number | string | undefined)[]> => {
      const { status, last_modified: at, capacities } = await read<HsdsService>(`/hsds/services/${one.id}`);
      expect(capacities[0]?.updated).toBe(at);
      return [status, capacities[0]?.available, capacities[0]?.maximum, at];
    };
    const created = app.clock.now().toISOString();
    expect(await beds()).toEqual(['active', 3, 3, created]);
    app.clock.advance(minutes(5));
    const hold = { id: randomUUID(), people: 2, for: `somebody ${canary}` };
    await app.east.dispatcher.does(holdBed, { params: { id: one.id }, body: hold });
    const held = app.clock.now().toISOString();
    expect(await beds()).toEqual(['active', 1, 3, held]);
    app.clock.advance(minutes(5));
    await app.east.dispatcher.does(releaseHold, { params: { id: one.id, holdId: hold.id } });
    expect(await beds()).toEqual(['active', 3, 3, app.clock.now().toISOString()]);
    await app.east.dispatcher.does(holdBed, { params: { id: one.id }, body: { ...hold, id: randomUUID() } });
    // nobody has said that it ran out, and yet it has
    app.clock.advance(minutes(600));
    expect((await beds()).slice(0, 2)).toEqual(['active', 3]);
    for (const [status, said] of [
      ['full', 'active'],
      ['closed', 'temporarily closed'],
    ] as const) {
      const { version } = await app.east.manager.does(updateShelter, {
        params: { id: one.id },
        body: { version: one.version, status },
      });
      one.version = version;
      expect((await beds()).slice(0, 3)).toEqual([said, 0, 3]);
    }
  });

  it('lists in pages as the standard has them, in the published shapes', async () => {
    for (let n = 0; n < 5; n += 1) await add({ name: `Row ${String(n)}`, capacity: { any: 1 } });
    const first = await read<Page<HsdsServiceListed>>('/hsds/services?search=row&per_page=2');
    expect(first).toMatchObject({
      total_items: 5,
      total_pages: 3,
      page_number: 1,
      size: 2,
      first_page: true,
      last_page: false,
      empty: false,
    });
    const third = await read<Page<HsdsServiceListed>>('/hsds/services?search=row&per_page=2&page=3');
    expect(third).toMatchObject({ page_number: 3, size: 1, first_page: false, last_page: true });
    expect(third.contents[0]?.name).toBe('Row 4');
    expect(await read('/hsds/services?search=row&per_page=2&page=4')).toMatchObject({
      total_items: 5,
      size: 0,
      empty: true,
      last_page: true,
    });
    expect(await read('/hsds/services?search=nobody%25calls%5Fit_so')).toMatchObject({
      total_items: 0,
      total_pages: 0,
      first_page: true,
      last_page: true,
      empty: true,
      contents: [],
    });
    for (const path of [
      '/hsds/services',
      '/hsds/services?full=true',
      '/hsds/service_at_locations',
      '/hsds/service_at_locations?full=true',
    ]) {
      const page = await read<Page<object>>(path);
      expectShape('page', page);
      const name = path.includes('locations') ? 'service_at_location' : 'service';
      for (const item of page.contents) expectShape(name, item);
      expect(page.size).toBe(page.total_items);
      expect(JSON.stringify(page.contents).includes('"capacities"'), path).toBe(path.endsWith('full=true'));
    }
    const minimal = await read<Page<object>>('/hsds/services?minimal=true');
    expect(minimal.contents.map((item) => Object.keys(item).sort())).toEqual(
      minimal.contents.map(() => ['id', 'last_modified']),
    );
  });

  it('finds by words, organisation, term and time, all at once', async () => {
    const names = async (query: string): Promise<string[]> =>
      (await read<Page<HsdsServiceListed>>(`/hsds/services?${query}`)).contents.map(({ name }) => name);
    expect(await names('search=SOUTH%20drum')).toEqual(['Drum Tower House']);
    // signs that a pattern would take for anything are themselves
    expect(await names('search=100%25')).toEqual(['Drum Tower House']);
    expect(await names('search=1_0%25')).toEqual([]);
    const { organization_id: org } = await read<HsdsService>(`/hsds/services/${house.id}`);
    expect(await names(`organization_id=${org}`)).toEqual(['Drum Tower House']);
    expect(await names(`organization_id=${app.stations.west}`)).toEqual(['west shelter']);
    expect(await names(`organization_id=${randomUUID()}`)).toEqual([]);
    expect(await names(`taxonomy_term_id=${derivedId('feature', 'warm_food')}`)).toEqual(['Drum Tower House']);
    expect(await names(`taxonomy_term_id=${derivedId('kind', 'station')}`)).toEqual(['east shelter', 'west shelter']);
    expect(await names(`taxonomy_term_id=${derivedId('kind', 'station')}&organization_id=${org}`)).toEqual([]);
    expect(await names(`taxonomy_id=${derivedId('taxonomy', 'warmpath')}&search=drum`)).toEqual(['Drum Tower House']);
    expect(await names('taxonomy_id=else')).toEqual([]);
    app.clock.advance(minutes(1));
    const late = await add({ name: 'Late', capacity: { any: 1 } });
    expect(await names(`modified_after=${app.clock.now().toISOString()}`)).toEqual(['Late']);
    app.clock.advance(minutes(1));
    const { version } = await app.east.manager.does(updateShelter, {
      params: { id: late.id },
      body: { version: late.version, name: 'Later' },
    });
    expect(version).toBe(2);
    expect(await names(`modified_after=${app.clock.now().toISOString()}`)).toEqual(['Later']);
  });

  it.each([
    ['page=0', '/query/page'],
    ['page=-1', '/query/page'],
    ['page=1e9', '/query/page'],
    ['per_page=0', '/query/per_page'],
    ['per_page=501', '/query/per_page'],
    ['per_page=ten', '/query/per_page'],
    ['page=1&page=2', '/query/page'],
    ['modified_after=yesterday', '/query/modified_after'],
    ['full=maybe', '/query/full'],
    ['format=ndjson', '/query/format'],
    ['postcode=710000', '/query/postcode'],
    [`search=${'a'.repeat(201)}`, '/query/search'],
  ])('refuses ?%s', async (query, path) => {
    for (const list of ['services', 'service_at_locations']) {
      const response = await app.anyone.fetch(`/hsds/${list}?${query}`);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect([response.status, await response.json()]).toMatchObject([422, { code: 'invalid', errors: [{ path }] }]);
    }
  });

  it('is read from any origin without a session, kept for moments, and not sent twice', async () => {
    const path = `/hsds/services/${house.id}`;
    const first = await fetch(app.url + path, { headers: { origin: 'https://directory.example' } });
    const { headers } = first;
    expect([headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]).toEqual([
      '*',
      null,
    ]);
    expect(headers.get('cache-control')).toBe('public, max-age=30');
    expect(headers.get('set-cookie')).toBeNull();
    const tag = headers.get('etag') ?? '';
    const same = await fetch(app.url + path, { headers: { 'if-none-match': tag, 'cache-control': 'max-age=0' } });
    expect([same.status, await same.text()]).toEqual([304, '']);
    await app.east.dispatcher.does(holdBed, {
      params: { id: house.id },
      body: { id: randomUUID(), people: 1, kind: 'women', for: canary },
    });
    app.clock.advance(minutes(1));
    const other = await fetch(app.url + path, { headers: { 'if-none-match': tag, 'cache-control': 'max-age=0' } });
    expect(other.status).toBe(200);
    // the same for staff: who asks makes no difference
    const staff = await app.east.manager.fetch(path);
    expect([await staff.json(), staff.headers.get('access-control-allow-origin')]).toEqual([await other.json(), '*']);
    for (const id of [secret.id, randomUUID(), 'x', "' or 1=1--"])
      for (const list of ['services', 'service_at_locations'])
        expect((await app.anyone.fetch(`/hsds/${list}/${encodeURIComponent(id)}`)).status).toBe(404);
    expect((await app.anyone.fetch(`/hsds/services`, { method: 'POST' })).status).toBe(405);
  });

  it('holds no confidential place, nobody, and no word of a colleague, in any answer', async () => {
    // becomes confidential, and is gone; is given up, and is gone
    const turns = await add({ name: `Turning ${canary}`, capacity: { any: 1 } });
    await app.east.manager.does(updateShelter, {
      params: { id: turns.id },
      body: { version: turns.version, confidential: true },
    });
    const over = await add({ name: `Given up ${canary}`, capacity: { any: 1 } });
    await rows(app.database.knex, `update shelters set closed_down_at = :now where id = cast(:id as uuid)`, {
      id: over.id,
      now: app.clock.now(),
    });
    await app.root.admin.does(createStation, {
      body: { id: randomUUID(), parentId: app.stations.root, name: `no houses ${canary}` },
    });
    await report(app, {
      placeText: canary,
      description: canary,
      position: { type: 'Point', coordinates: [108.98765, 34.24321] },
    });
    await app.east.dispatcher.does(checkIn, {
      body: { id: randomUUID(), shelterId: house.id, people: 1, note: canary, belongings: canary },
    });
    const { contents } = await read<Page<HsdsServiceAtLocationListed>>('/hsds/service_at_locations?per_page=500');
    const paths = [
      '/hsds',
      '/hsds/services?full=true&per_page=500',
      '/hsds/services?minimal=true',
      '/hsds/services?per_page=500',
      '/hsds/service_at_locations?full=true&per_page=500',
      '/hsds/service_at_locations?per_page=500',
      ...contents.flatMap(({ id, service_id: of }) => [`/hsds/services/${of}`, `/hsds/service_at_locations/${id}`]),
    ];
    for (const path of paths) {
      const text = await (await app.anyone.fetch(path)).text();
      for (const word of [canary, secret.id, turns.id, over.id, '108.98765'])
        expect([path, text.includes(word)]).toEqual([path, false]);
    }
    expect(await read(`/hsds/services?search=${canary}`)).toMatchObject({ total_items: 0 });
    for (const id of [turns.id, over.id, secret.id])
      expect(
        (await app.anyone.fetch(`/hsds/service_at_locations/${derivedId('service_at_location', id)}`)).status,
      ).toBe(404);
  });

  it('gives the same ids for ever', () => {
    // RFC 9562, 5.5: version 5, variant 10
    expect(derivedId('unit', 'bed')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(derivedId('unit', 'bed')).toBe('2f3d7dda-512f-587c-9cbb-2fbe8bfe3217');
    expect(new Set([derivedId('unit', 'bed'), derivedId('unit', 'seat'), derivedId('kind', 'bed')]).size).toBe(3);
  });
});
