/** Known places: the desk's alone, and what happened at them is shown with each new incident near. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import type { Part } from '../../shared/contract.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { convert, type Point, round6 } from '../../shared/geo.ts';
import { closeIncident, mergeIncident } from '../../shared/incidents.ts';
import { endRecheck } from '../../shared/rechecks.ts';
import { readFollow } from '../../shared/sightings.ts';
import {
  createSite,
  listSites,
  readIncidentSites,
  type SiteHistory,
  type SiteRow,
  updateSite,
} from '../../shared/sites.ts';
import { places, useApp } from '../kit/app.ts';
import { goOut, report } from '../kit/builders.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const DAY_MS = 86_400_000;
/** Metres east of the place of the east station, each test in a row of its own. */
let line = 0;
const lineOf = (): ((metres: number) => Point) => {
  line += 1;
  const lat = places.east[1] - line * 0.012;
  return (metres) => ({
    type: 'Point',
    coordinates: [places.east[0] + metres / (111_320 * Math.cos((lat * Math.PI) / 180)), lat],
  });
};
const site = (position: Point, over: Partial<Part<(typeof createSite)['body']>> = {}): Promise<SiteRow> =>
  app.east.dispatcher.does(createSite, { body: { id: randomUUID(), name: 'a place', position, ...over } });
const meet = (
  position: Point,
  outcomes: readonly ('refused' | 'guided')[],
  over: Partial<Part<(typeof recordEncounter)['body']>> = {},
) =>
  app.east.dispatcher.does(recordEncounter, {
    body: { id: randomUUID(), position, people: outcomes.map((outcome) => ({ outcome })), ...over },
  });
const history = async (incidentId: string): Promise<SiteHistory[]> =>
  (await app.east.dispatcher.does(readIncidentSites, { params: { id: incidentId } })).items;

describe('known places', () => {
  it('are named, changed and retired, each time told to the desk', async () => {
    const position = lineOf()(0);
    const id = randomUUID();
    const body = { id, name: ' 东门桥洞 ', position: { ...position }, note: 'stairs on the west side' };
    body.position.coordinates = convert(position.coordinates, 'wgs84', 'gcj02');
    const made = await expectReplay(app, () =>
      app.east.dispatcher.call(createSite, { body: { ...body, crs: 'gcj02' } }),
    );
    expect(made).toMatchObject({
      status: 201,
      body: { name: '东门桥洞', stationId: app.stations.east, radiusM: 120, active: true, version: 1 },
    });
    expect(made.body.position.coordinates[0]).toBeCloseTo(position.coordinates[0], 5);
    const change = (version: number, over: object) =>
      app.east.dispatcher.call(updateSite, { params: { id }, body: { version, ...over } });
    expect((await expectReplay(app, () => change(1, { radiusM: 60, note: null }))).body).toMatchObject({
      version: 2,
      radiusM: 60,
      note: null,
      name: '东门桥洞',
    });
    expect(await change(1, { name: 'late' })).toMatchObject({
      status: 409,
      body: { code: 'version_conflict', current: { version: 2 } },
    });
    expect(
      (await app.west.dispatcher.call(updateSite, { params: { id }, body: { version: 2, active: false } })).status,
    ).toBe(404);
    await expectReplay(app, () => change(2, { active: false }));
    const names = async (active?: string): Promise<string[]> =>
      (await app.east.dispatcher.does(listSites, { query: { ...(active === undefined ? {} : { active }) } })).items.map(
        (row) => row.id,
      );
    expect(await names()).not.toContain(id);
    expect(await names('false')).toContain(id);
    expect(await names('all')).toContain(id);
    expect((await app.west.dispatcher.does(listSites, { query: { active: 'all' } })).items).toEqual([]);
    // it can come back
    expect((await change(3, { active: true })).body).toMatchObject({ active: true });
    expect(
      await app.east.dispatcher.call(createSite, { body: { ...body, stationId: app.stations.west, id: randomUUID() } }),
    ).toMatchObject({ status: 404 });
  });

  it('may be key areas with an outline and a visit to be made so often', async () => {
    const [lon, lat] = [108.96, 34.28];
    const middle = { type: 'Point' as const, coordinates: [lon, lat] as [number, number] };
    const ring = (side: number): [number, number][] => [
      [lon, lat],
      [round6(lon + side), lat],
      [round6(lon + side), round6(lat + side)],
      [lon, round6(lat + side)],
      [lon, lat],
    ];
    const polygon = (...coordinates: [number, number][][]) => ({ type: 'Polygon' as const, coordinates });
    const key = await site(middle, { outline: polygon(ring(0.01)), visitEveryH: 12 });
    expect(key).toMatchObject({ outline: polygon(ring(0.01)), visitEveryH: 12, visitedAt: null });
    const change = (version: number, body: object) =>
      app.east.dispatcher.call(updateSite, { params: { id: key.id }, body: { version, ...body } });
    expect((await change(1, { name: 'kept as it is' })).body).toMatchObject({ outline: key.outline, visitEveryH: 12 });
    expect((await change(2, { outline: null, visitEveryH: null })).body).toMatchObject({
      outline: null,
      visitEveryH: null,
    });
    const moved = polygon(ring(0.01).map((position) => convert(position, 'wgs84', 'gcj02')));
    const back = (await change(3, { outline: moved, crs: 'gcj02' })).body.outline?.coordinates[0]?.[2];
    expect(Math.abs((back?.[0] ?? 0) - lon - 0.01)).toBeLessThan(3e-5);
    const [a, b, c, d] = ring(0.01);
    if (!a || !b || !c || !d) throw new Error('a ring has corners');
    for (const [outline, code, path] of [
      [polygon([a, c, b, d, a]), 'invalid_geometry', '/outline'],
      [polygon([a, b, c, d]), 'invalid_geometry', '/outline/coordinates/0'],
      [polygon([a, a, b, a]), 'invalid_geometry', '/outline/coordinates/0'],
      [polygon([a, [34.2, 108.9], c, a]), 'lat_range', '/outline/coordinates/0/1'],
      [polygon([a, [181, 34.2], c, a]), 'lon_range', '/outline/coordinates/0/1'],
      [polygon(ring(1e-5)), 'area', '/outline'],
      [polygon(ring(3)), 'area', '/outline'],
      [polygon([a, b, c, a], [c, [lon + 0.02, lat], d, c]), 'invalid_geometry', '/outline'],
    ] as const)
      expect(await change(4, { outline }), JSON.stringify(outline)).toMatchObject({
        status: 422,
        body: { errors: [{ code, path }] },
      });
    for (const outline of [
      { type: 'Point', coordinates: [1, 2] },
      { type: 'Polygon', coordinates: [] },
      polygon(Array.from({ length: 501 }, () => a)),
    ])
      expect((await change(4, { outline })).status).toBe(422);
    expect((await change(4, { visitEveryH: 0.4 })).status).toBe(422);
  });

  it('page by name', async () => {
    const at = lineOf();
    for (const name of ['b', 'a', 'c']) await site(at(0), { name: `page ${name}` });
    const names: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: SiteRow[]; nextCursor: string | null } = await app.east.manager.does(listSites, {
        query: { limit: '2', ...(cursor === '' ? {} : { cursor }) },
      });
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    }
    expect(names.filter((name) => name.startsWith('page'))).toEqual(['page a', 'page b', 'page c']);
  });
});

describe('what happened at a place', () => {
  it('is shown with an incident in its radius or near by the rule, nearest first', async () => {
    const at = lineOf();
    const wide = await site(at(300), { radiusM: 310 });
    const near = await site(at(-119), { radiusM: 20 });
    await site(at(-121), { radiusM: 20 });
    await site(at(400), { radiusM: 380 });
    const { incidentId } = await report(app, { position: at(0) });
    const found = await history(incidentId);
    expect(found.map((each) => each.site.id)).toEqual([near.id, wide.id]);
    expect(found[0]).toMatchObject({ distanceM: 119, incidents: 0, encounters: 0, refusals: 0, past: [] });
    const unplaced = await report(app, { position: undefined as never, placeText: 'somewhere' });
    expect((await app.root.dispatcher.does(readIncidentSites, { params: { id: unplaced.incidentId } })).items).toEqual(
      [],
    );
    expect((await app.west.dispatcher.call(readIncidentSites, { params: { id: incidentId } })).status).toBe(404);
  });

  it('counts what ended there and who was met, but not what is merged, elsewhere, too long ago or the asked one', async () => {
    const at = lineOf();
    const place = await site(at(0), { radiusM: 50 });
    const ended = await report(app, { position: at(49), people: 3 });
    await meet(at(10), ['refused', 'refused', 'guided'], { incidentId: ended.incidentId });
    for (const { id, version } of (await app.east.dispatcher.snapshot()).rechecks)
      await app.east.dispatcher.does(endRecheck, { params: { id }, body: { version, reason: 'they came along' } });
    await app.east.dispatcher.does(closeIncident, {
      params: { id: ended.incidentId },
      body: { reason: 'all guided' },
    });
    const [merged, elsewhere] = [await report(app, { position: at(5) }), await report(app, { position: at(52) })];
    await app.east.dispatcher.does(mergeIncident, {
      params: { id: merged.incidentId },
      body: { intoId: elsewhere.incidentId },
    });
    await app.east.dispatcher.does(closeIncident, { params: { id: elsewhere.incidentId }, body: { reason: 'x' } });
    const looked = await meet(at(20), [], { notFoundReason: 'gone' });
    // named by the crew, however far their phone thought it was
    await meet(at(400), ['refused'], { siteId: place.id });
    await meet(at(60), ['refused']);
    const old = await meet(at(1), ['refused']);
    const kept = await meet(at(1), ['guided']);
    const aged = (id: string, ms: number): Promise<unknown> =>
      rows(app.database.knex, `update encounters set at = :at where id = cast(:id as uuid)`, {
        id,
        at: new Date(app.clock.now().getTime() - ms),
      });
    await aged(old.id, 365 * DAY_MS + 1);
    await aged(kept.id, 365 * DAY_MS);
    const asked = await report(app, { position: at(30) });
    await meet(at(30), ['refused'], { incidentId: asked.incidentId });
    const [found] = await history(asked.incidentId);
    expect(found).toMatchObject({ site: { id: place.id }, distanceM: 30, incidents: 1, encounters: 4, refusals: 3 });
    expect(found?.past).toHaveLength(5);
    expect(found?.past.find(({ kind }) => kind === 'incident')).toMatchObject({
      id: ended.incidentId,
      code: ended.code,
      people: 3,
      closeReason: 'all guided',
    });
    expect(found?.past.find(({ code, kind }) => kind === 'encounter' && code === ended.code)).toMatchObject({
      people: 3,
      outcomes: { refused: 2, guided: 1 },
    });
    expect(found?.past.find(({ id }) => id === looked.id)).toMatchObject({ people: 0, notFoundReason: 'gone' });
    expect(found?.past.at(-1)?.id).toBe(kept.id);
  });

  it('gives the newest twenty', async () => {
    const at = lineOf();
    await site(at(0));
    for (let n = 0; n < 22; n += 1) await meet(at(0), ['guided']);
    const [found] = await history((await report(app, { position: at(0) })).incidentId);
    expect([found?.encounters, found?.past.length]).toEqual([22, 20]);
  });
});

describe('a meeting at a place', () => {
  it('names a place of the subtree, or is refused', async () => {
    const at = lineOf();
    const place = await site(at(0));
    await app.east.dispatcher.does(updateSite, { params: { id: place.id }, body: { version: 1, active: false } });
    const body = { position: at(0), people: [{ outcome: 'guided' as const }] };
    for (const [who, siteId] of [
      [app.east.dispatcher, randomUUID()],
      [app.west.dispatcher, place.id],
    ] as const)
      expect(await who.call(recordEncounter, { body: { id: randomUUID(), siteId, ...body } })).toMatchObject({
        status: 404,
        body: { errors: [{ path: '/siteId', code: 'not_found' }] },
      });
    const id = randomUUID();
    await app.east.dispatcher.does(recordEncounter, { body: { id, siteId: place.id, ...body } });
    expect(
      await rows(app.database.knex, `select site_id as "siteId" from encounters where id = cast(:id as uuid)`, { id }),
    ).toEqual([{ siteId: place.id }]);
    await app.east.dispatcher.does(recordEncounter, { body: { id: randomUUID(), siteId: null, ...body } });
  });
});

describe('nobody but the desk', () => {
  it('hears of a known place: no answer, picture, page or log line of others has its name, note or position', async () => {
    const canary = randomUUID().slice(0, 8);
    const secrets = [`canary-${canary}`, '108.987654', '34.287653'];
    await goOut(app, [app.east.crew]);
    const before = new Map<string, number>();
    const others = [
      app.east.partner,
      app.east.crew,
      app.east.shelter,
      app.east.admin,
      app.east.inspector,
      ...Object.values(app.west),
    ];
    for (const who of others) before.set(who.id, (await who.snapshot()).seq);
    const place = await site(
      { type: 'Point', coordinates: [108.987654, 34.287653] },
      { name: `canary-${canary} bridge`, note: `canary-${canary} behind the stairs` },
    );
    await app.east.dispatcher.does(updateSite, { params: { id: place.id }, body: { version: 1, radiusM: 40 } });
    const near = { type: 'Point' as const, coordinates: [108.9877, 34.2877] as [number, number] };
    const { followUpUrl, incidentId } = await report(app, { position: near });
    await meet(near, ['refused'], { siteId: place.id });
    const heard: string[] = [];
    const paths = app.running.routes
      .filter(({ endpoint }) => endpoint.method === 'GET')
      .map(({ endpoint }) =>
        endpoint.path.replace(':token', followUpUrl.split('/').pop() ?? '').replace(/:\w+/, incidentId),
      );
    for (const who of [app.anyone, ...others]) {
      const all = [
        ...paths,
        `/api/changes?since=${String(before.get(who.id) ?? 0)}`,
        '/report',
        '/shelters',
        followUpUrl,
      ];
      for (const path of all) {
        // an inspector reads the list of places, each look logged; never a picture
        if (who === app.east.inspector && path === '/api/sites') continue;
        heard.push(`${who.role} ${path} ${await (await who.fetch(path)).text()}`);
      }
    }
    heard.push(
      JSON.stringify(await app.anyone.does(readFollow, { params: { token: followUpUrl.split('/').pop() ?? '' } })),
    );
    heard.push(...app.logged);
    heard.push(JSON.stringify(await rows(app.database.knex, `select * from audit`)));
    for (const secret of secrets) expect(heard.filter((text) => text.includes(secret))).toEqual([]);
    // the desk does, and so the canary is alive; the inspector's look is written down
    expect(JSON.stringify(await app.east.dispatcher.snapshot())).toContain(secrets[0]);
    expect(JSON.stringify(await app.east.inspector.does(listSites, {}))).toContain(secrets[0]);
    expect(
      await rows(
        app.database.knex,
        `select 1 from audit where command = 'listSites' and actor_id = cast(:id as uuid)`,
        {
          id: app.east.inspector.id,
        },
      ),
    ).not.toEqual([]);
  });
});
