import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { publicShelters } from '../../server/shelters/queries-public.ts';
import {
  countShelter,
  createShelter,
  extendHold,
  holdBed,
  listPublicShelters,
  listShelterCounts,
  listShelters,
  releaseHold,
  type ShelterView,
  updateShelter,
} from '../../shared/shelters.ts';
import { checkIn, updateStay } from '../../shared/stays.ts';
import { places, useApp } from '../kit/app.ts';
import { hours, minutes } from '../kit/clock.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
interface Over {
  confidential?: boolean;
  status?: 'open' | 'full' | 'closed';
  position?: { type: 'Point'; coordinates: [number, number] };
  capacity?: { any?: number; men?: number; women?: number };
}
const add = (over: Over = {}): Promise<ShelterView> =>
  app.east.manager.does(createShelter, {
    body: {
      id: randomUUID(),
      name: `Warm place ${randomUUID().slice(0, 4)}`,
      kind: 'warm_place',
      status: 'open',
      address: '1 South Street',
      position: { type: 'Point', coordinates: places.eastNear },
      capacity: { any: 10 },
      ...over,
    },
  });
const openings = (shelterId: string): Promise<{ openedAt: Date; closedAt: Date | null }[]> =>
  rows(
    app.database.knex,
    `select opened_at as "openedAt", closed_at as "closedAt" from shelter_openings where shelter_id = cast(:shelterId as uuid) order by opened_at`,
    { shelterId },
  );

describe('a shelter', () => {
  it('is added with its beds and told to everybody entitled', async () => {
    const shelter = await expectReplay(app, () => add({ capacity: { any: 3, women: 2 } }));
    expect(shelter).toMatchObject({
      version: 1,
      stationId: app.stations.east,
      capacity: { any: 3, women: 2, men: 0, total: 5 },
      available: { total: 5 },
      occupied: 0,
      held: 0,
      freshness: 'fresh',
      confidential: false,
    });
    expect(await openings(shelter.id)).toEqual([{ openedAt: app.clock.now(), closedAt: null }]);
  });

  it('takes the kinds given and keeps the others; below what is taken nothing is free', async () => {
    const shelter = await add({ capacity: { any: 4, women: 2 } });
    await app.east.dispatcher.does(holdBed, {
      params: { id: shelter.id },
      body: { id: randomUUID(), people: 3, for: 'a family' },
    });
    const changed = await expectReplay(app, () =>
      app.east.dispatcher.does(updateShelter, {
        params: { id: shelter.id },
        body: { version: 1, capacity: { any: 1 } },
      }),
    );
    expect(changed).toMatchObject({
      version: 2,
      capacity: { any: 1, women: 2 },
      available: { any: 0, women: 2, total: 2 },
      held: 3,
    });
  });

  it('keeps when it was open: full is open, closed is not', async () => {
    const { id } = await add();
    const [from] = [app.clock.now()];
    const set = (version: number, status: 'open' | 'full' | 'closed') =>
      app.east.dispatcher.does(updateShelter, { params: { id }, body: { version, status } });
    app.clock.advance(hours(1));
    await set(1, 'full');
    app.clock.advance(hours(1));
    await set(2, 'closed');
    const closed = app.clock.now();
    await set(3, 'open');
    const again = app.clock.now();
    await set(4, 'closed');
    await set(5, 'open');
    // all within one tick of the clock: it never closed
    expect(await openings(id)).toEqual([
      { openedAt: from, closedAt: closed },
      { openedAt: again, closedAt: null },
    ]);
  });

  it('has a count that ages, and is fresh again when somebody counts', async () => {
    const { id } = await add();
    const of = async (): Promise<ShelterView | undefined> =>
      (await app.east.dispatcher.does(listShelters)).items.find((shelter) => shelter.id === id);
    app.clock.advance(hours(3));
    expect(await of()).toMatchObject({ freshness: 'ageing' });
    app.clock.advance(hours(6));
    expect(await of()).toMatchObject({ freshness: 'stale' });
    await app.east.manager.does(updateShelter, { params: { id }, body: { version: 1, name: 'Another name' } });
    expect(await of()).toMatchObject({ freshness: 'stale', name: 'Another name' });
    await app.east.manager.does(updateShelter, { params: { id }, body: { version: 2, capacity: { any: 10 } } });
    expect(await of()).toMatchObject({ freshness: 'fresh', countedAt: app.clock.now().toISOString() });
  });

  it('answers an old version with the view as it stands', async () => {
    const { id } = await add();
    await app.east.manager.does(updateShelter, { params: { id }, body: { version: 1, status: 'full' } });
    const { status, body } = await app.east.manager.call(updateShelter, {
      params: { id },
      body: { version: 1, status: 'open' },
    });
    expect([status, body]).toMatchObject([
      409,
      { code: 'version_conflict', current: { id, version: 2, status: 'full', capacity: { total: 10 } } },
    ]);
  });

  it('is counted by its staff and the desk, and named by managers only', async () => {
    const id = app.shelters.east;
    const [current] = (await app.east.shelter.does(listShelters)).items;
    expect((await app.east.shelter.does(listShelters)).items.map((shelter) => shelter.id)).toEqual([id]);
    const version = current?.version ?? 0;
    for (const person of [app.east.shelter, app.east.dispatcher]) {
      const refused = await person.call(updateShelter, { params: { id }, body: { version, confidential: true } });
      expect([refused.status, refused.body]).toMatchObject([
        403,
        { code: 'forbidden', errors: [{ path: '/confidential' }] },
      ]);
    }
    expect(
      (await app.east.shelter.call(updateShelter, { params: { id }, body: { version, capacity: { men: 5 } } })).status,
    ).toBe(200);
    const mine = await add();
    expect(
      (await app.east.shelter.call(updateShelter, { params: { id: mine.id }, body: { version: 1, status: 'full' } }))
        .status,
    ).toBe(404);
    expect(
      (await app.west.manager.call(updateShelter, { params: { id: mine.id }, body: { version: 1, status: 'full' } }))
        .status,
    ).toBe(404);
  });

  it('that is a secret keeps its place from crews, inspectors and everybody outside', async () => {
    const secret = await add({ confidential: true });
    for (const person of [app.east.crew, app.east.inspector]) {
      const seen = (await person.does(listShelters)).items.find(({ id }) => id === secret.id);
      expect(seen).toMatchObject({ position: null, address: null, phone: null, available: { total: 10 } });
    }
    expect((await app.east.dispatcher.does(listShelters)).items.find(({ id }) => id === secret.id)).toMatchObject({
      address: '1 South Street',
    });
    const words = JSON.stringify(await app.anyone.does(listPublicShelters, { query: { limit: '500' } }));
    expect(words).not.toContain(secret.id);
    expect(words).not.toContain(secret.name);
  });

  it('made a secret stays told, without its place, to those who knew it', async () => {
    const { id } = await add();
    await expectReplay(app, () =>
      app.east.manager.does(updateShelter, { params: { id }, body: { version: 1, confidential: true } }),
    );
    expect((await app.east.crew.snapshot()).shelters.find((shelter) => shelter.id === id)).toMatchObject({
      position: null,
      address: null,
    });
  });

  it('tells those on their way when it moves', async () => {
    const { id } = await add();
    await app.east.dispatcher.does(holdBed, { params: { id }, body: { id: randomUUID(), people: 1, for: 'x' } });
    await expectReplay(app, () =>
      app.east.manager.does(updateShelter, {
        params: { id },
        body: { version: 1, address: 'The other side', position: { type: 'Point', coordinates: places.east } },
      }),
    );
    expect((await app.east.dispatcher.snapshot()).holds.find((hold) => hold.shelterId === id)?.shelter).toMatchObject({
      address: 'The other side',
    });
  });
});

describe('counts of a house', () => {
  const countsOf = async (id: string, query: Record<string, string> = {}) =>
    app.east.dispatcher.does(listShelterCounts, { params: { id }, query });

  it('are kept with what was registered, newest first, and make the count fresh', async () => {
    const { id } = await add({ capacity: { any: 4 } });
    const hold = { params: { id }, body: { id: randomUUID(), people: 1, for: 'x' } };
    await app.east.dispatcher.does(holdBed, hold);
    app.clock.advance(minutes(5));
    const stay = await app.east.dispatcher.does(checkIn, { body: { id: randomUUID(), shelterId: id, people: 2 } });
    app.clock.advance(minutes(100));
    const body = { id: randomUUID(), people: 3, night: true, note: 'one asleep in the hall' };
    const night = await expectReplay(app, () => app.east.dispatcher.does(countShelter, { params: { id }, body }));
    expect(night).toEqual({
      id: body.id,
      version: 1,
      shelterId: id,
      at: app.clock.now().toISOString(),
      source: 'night_count',
      counted: 3,
      registered: 2,
      held: 0,
      total: 4,
      note: body.note,
    });
    expect(
      (await app.east.dispatcher.does(listShelters, { query: { limit: '500' } })).items.find((each) => each.id === id),
    ).toMatchObject({
      freshness: 'fresh',
      countedAt: night.at,
      occupied: 2,
    });
    app.clock.advance(minutes(5));
    await app.east.dispatcher.does(updateStay, {
      params: { id: stay.id },
      body: { version: stay.version, left: true },
    });
    app.clock.advance(minutes(5));
    await app.east.dispatcher.does(updateShelter, {
      params: { id },
      body: { version: 1, surge: { any: 2 }, surgeOpen: true },
    });
    const first = await countsOf(id, { limit: '2' });
    const rest = await countsOf(id, { limit: '3', cursor: first.nextCursor ?? '' });
    expect(
      [first, rest].flatMap(({ items }) =>
        items.map((each) => [each.source, each.counted, each.registered, each.held, each.total]),
      ),
    ).toEqual([
      ['capacity', null, 0, 0, 6],
      ['departure', null, 0, 0, 4],
      ['night_count', 3, 2, 0, 4],
      ['arrival', null, 2, 1, 4],
      ['capacity', null, 0, 0, 4],
    ]);
    expect(rest.nextCursor).toBeNull();
  });

  it("are the staff's own house only, and of a house given up there are none", async () => {
    const { id } = await add();
    const body = () => ({ params: { id }, body: { id: randomUUID(), people: 0 } });
    expect((await app.east.shelter.call(countShelter, body())).status).toBe(404);
    expect((await app.east.shelter.call(listShelterCounts, { params: { id } })).status).toBe(404);
    expect((await app.east.shelter.does(countShelter, { ...body(), params: { id: app.shelters.east } })).source).toBe(
      'count',
    );
    expect((await app.east.shelter.does(listShelterCounts, { params: { id: app.shelters.east } })).items).not.toEqual(
      [],
    );
    const hold = await app.east.dispatcher.does(holdBed, {
      params: { id },
      body: { id: randomUUID(), people: 1, for: 'x' },
    });
    await rows(app.database.knex, `update shelters set closed_down_at = :now where id = cast(:id as uuid)`, {
      id,
      now: app.clock.now(),
    });
    const desk = app.east.manager;
    const params = { id, holdId: hold.id };
    const answers = await Promise.all([
      desk.call(countShelter, body()),
      desk.call(listShelterCounts, { params }),
      desk.call(updateShelter, { params, body: { version: 1, status: 'open' } }),
      desk.call(holdBed, { params, body: { id: randomUUID(), people: 1, for: 'x' } }),
      desk.call(extendHold, { params, body: { version: 1, minutes: 100 } }),
      desk.call(releaseHold, { params }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
  });
});

describe('surge beds', () => {
  it('are there only while they are opened; what they leave behind is shown, and nothing more is held', async () => {
    const { id } = await add({ capacity: { any: 1 } });
    const set = (version: number, body: object) =>
      app.east.dispatcher.does(updateShelter, { params: { id }, body: { version, ...body } });
    const hold = () =>
      app.east.dispatcher.call(holdBed, { params: { id }, body: { id: randomUUID(), people: 2, for: 'x' } });
    expect(await set(1, { surge: { any: 3 } })).toMatchObject({ capacity: { any: 1 }, surgeOpen: false });
    expect((await hold()).body).toMatchObject({ code: 'no_bed' });
    expect(await set(2, { surgeOpen: true })).toMatchObject({ capacity: { any: 4 }, available: { any: 4 } });
    expect([(await hold()).status, (await hold()).status, (await hold()).status]).toEqual([201, 201, 409]);
    expect(await expectReplay(app, () => set(3, { surgeOpen: false }))).toMatchObject({
      capacity: { any: 1 },
      available: { any: 0 },
      held: 4,
      over: 3,
    });
    expect((await hold()).body).toMatchObject({ code: 'no_bed' });
    expect(await set(4, { capacity: { any: 0 } })).toMatchObject({ over: 4 });
  });
});

describe('open warm places, for anyone', () => {
  it('are nearest first, with room in words and never a number', async () => {
    const [lon, lat] = [100.5, 35.5];
    const near = await add({ position: { type: 'Point', coordinates: [lon + 0.001, lat] }, capacity: { any: 3 } });
    const nearer = await add({ position: { type: 'Point', coordinates: [lon, lat] }, capacity: { any: 5 } });
    const nearest = await add({ position: { type: 'Point', coordinates: [lon, lat] }, capacity: { any: 0 } });
    const closed = await add({ position: { type: 'Point', coordinates: [lon, lat] }, status: 'closed' });
    const { items } = await app.anyone.does(listPublicShelters, {
      query: { lon: String(lon), lat: String(lat), limit: '3' },
    });
    expect(
      items
        .slice(0, 2)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([nearer.id, nearest.id].sort());
    expect(items[2]).toMatchObject({ id: near.id, distanceM: 91, room: 'few' });
    expect(items.find(({ id }) => id === nearer.id)).toMatchObject({ room: 'yes', distanceM: 0 });
    expect(items.find(({ id }) => id === nearest.id)).toMatchObject({ room: 'full' });
    expect(items.map(({ id }) => id)).not.toContain(closed.id);
    expect(Object.keys(items[0] ?? {}).sort()).toEqual([
      'about',
      'address',
      'distanceM',
      'features',
      'freshness',
      'hours',
      'id',
      'kind',
      'name',
      'openUntil',
      'phone',
      'position',
      'room',
    ]);
  });

  it('can be walked page by page, near and far', async () => {
    for (const query of [{}, { lon: '108.9', lat: '34.2' }]) {
      const all = await app.anyone.does(listPublicShelters, { query: { ...query, limit: '500' } });
      const seen: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const { items, nextCursor } = await publicPage({ ...query, limit: '4', ...(cursor === '' ? {} : { cursor }) });
        seen.push(...items.map(({ id }) => id));
        cursor = nextCursor;
      }
      expect(seen).toEqual(all.items.map(({ id }) => id));
      expect(seen.length).toBeGreaterThan(4);
    }
    function publicPage(query: Record<string, string>) {
      return app.anyone.does(listPublicShelters, { query });
    }
  });

  it.each([
    [{ lon: '1' }, '/query/lat', 'required'],
    [{ lat: '1' }, '/query/lon', 'required'],
    [{ lon: 'x', lat: '1' }, '/query/lon', 'type'],
    [{ lon: '181', lat: '1' }, '/query/lon', 'lon_range'],
    [{ lon: '34', lat: '108' }, '/query/lat', 'lat_range'],
    [{ lon: 'NaN', lat: '1' }, '/query/lon', 'type'],
    [{ cursor: '***' }, '/query/cursor', 'format'],
  ])('refuse %j', async (query, path, code) => {
    const { status, body } = await app.anyone.call(listPublicShelters, { query });
    expect([status, body]).toMatchObject([422, { errors: [{ path, code }] }]);
  });

  it('are the same for a page', async () => {
    const found = await publicShelters(app.database.knex, app.clock.now(), { limit: 500 });
    expect(found).toEqual((await app.anyone.does(listPublicShelters, { query: { limit: '500' } })).items);
  });
});
