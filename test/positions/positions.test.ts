import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { one, row, rows } from '../../server/db/rows.ts';
import { changedPositions, latestPositions } from '../../server/positions/queries.ts';
import { convert, type LonLat } from '../../shared/geo.ts';
import { startPatrol, updatePatrol } from '../../shared/patrols.ts';
import { type PositionBody, readTrack, takePositions } from '../../shared/positions.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { goOut } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';

const app = useApp();
const [lon, lat] = places.eastNear;
const fix = (patrolId: string, seconds: number, over: Partial<PositionBody> = {}): PositionBody => ({
  patrolId,
  position: { type: 'Point', coordinates: [lon + seconds / 1e5, lat] },
  at: new Date(app.clock.now().getTime() + seconds * 1000).toISOString(),
  ...over,
});
const at = (position: LonLat): Pick<PositionBody, 'position'> => ({
  position: { type: 'Point', coordinates: position },
});
const send = (body: PositionBody[], by = app.east.dispatcher) => by.call(takePositions, { body });
const quietPatrol = (): Promise<string> => goOut(app, [], null);
const track = async (id: string) => (await app.east.dispatcher.does(readTrack, { params: { id } })).items;
const latest = (patrolId: string) =>
  row<{ lon: number; at: Date }>(
    app.database.knex,
    `select st_x(position) as lon, at from patrol_positions where patrol_id = cast(:patrolId as uuid)`,
    { patrolId },
  );

describe('a batch of fixes', () => {
  it('is kept as track and latest, in order of the fixes and not of arrival', async () => {
    const id = await quietPatrol();
    const reply = await send([fix(id, 20), fix(id, 0), fix(id, 10, { speedMps: 3.5 })]);
    expect([reply.status, reply.body]).toEqual([202, { accepted: 3, marked: 0 }]);
    const points = await track(id);
    expect(points.map((point) => point.at)).toEqual([0, 10, 20].map((seconds) => fix(id, seconds).at));
    expect(points[1]).toMatchObject({ speedMps: 3.5, marks: [], position: { coordinates: [lon + 10 / 1e5, lat] } });
    expect((await latest(id))?.at.toISOString()).toBe(fix(id, 20).at);
    // a resend changes nothing
    expect((await send([fix(id, 20), fix(id, 0)])).body).toEqual({ accepted: 2, marked: 2 });
    expect(await track(id)).toEqual(points);
  });

  it('keeps what is implausible with the reason, and never moves the patrol by it', async () => {
    const id = await quietPatrol();
    await send([fix(id, 0)]);
    const odd: [PositionBody, string][] = [
      [fix(id, 86_400), 'future'],
      [fix(id, -60), 'backwards'],
      [fix(id, 1, at([lon + 0.05, lat])), 'speed'],
      [fix(id, 2, { speedMps: 111 }), 'speed'],
      [fix(id, 3, { accuracyM: 50_000 }), 'accuracy'],
    ];
    for (const [body] of odd) expect((await send([body])).body).toEqual({ accepted: 1, marked: 1 });
    expect((await send([fix(id, 4, at([0, 0]))])).body).toEqual({ accepted: 1, marked: 1 });
    expect((await latest(id))?.at.toISOString()).toBe(fix(id, 0).at);
    const points = new Map((await track(id)).map((point) => [point.at, point.marks]));
    for (const [body, mark] of odd) expect(points.get(body.at)).toContain(mark);
    expect(points.get(fix(id, 4).at)).toContain('zero_island');
    // a sane one goes on from the last sane one
    expect((await send([fix(id, 10)])).body).toEqual({ accepted: 1, marked: 0 });
    expect((await latest(id))?.at.toISOString()).toBe(fix(id, 10).at);
  });

  it('judges each fix by the last plausible one, within a batch too', async () => {
    const id = await quietPatrol();
    expect((await send([fix(id, 0), fix(id, 10, at([lon + 1, lat])), fix(id, 20), fix(id, 30)])).body).toEqual({
      accepted: 4,
      marked: 1,
    });
    expect((await track(id)).map(({ marks }) => marks)).toEqual([[], ['speed'], [], []]);
  });

  it('is judged by its neighbours in time, so that a queue replayed in any order is the track it was', async () => {
    const [live, late] = await Promise.all([quietPatrol(), quietPatrol()]);
    // a drive of 500 fixes at 36 km/h with a jump now and then
    const drive = (id: string): PositionBody[] =>
      Array.from({ length: 500 }, (_none, n) =>
        fix(id, n * 5 - 3_000, at(n % 50 === 7 ? [lon + 0.3, lat] : [lon + n / 2_000, lat])),
      );
    expect((await send(drive(live))).body).toEqual({ accepted: 500, marked: 10 });
    const queue = drive(late)
      .map((body, n) => ({ body, key: (n * 7_919) % 500 }))
      .sort((a, b) => a.key - b.key)
      .map(({ body }) => body);
    for (let n = 0; n < queue.length; n += 25) await send(queue.slice(n, n + 25));
    const points = await track(late);
    const marked = (marks: string[]): boolean => marks.some((mark) => mark !== 'backwards');
    expect(points.map((point) => [point.at, marked(point.marks)])).toEqual(
      (await track(live)).map((point) => [point.at, marked(point.marks)]),
    );
    expect((await latest(late))?.at).toEqual((await latest(live))?.at);
    // and once more, all at once
    expect((await send(queue)).body).toEqual({ accepted: 500, marked: 500 });
    expect(await track(late)).toEqual(points);
  });

  it('may take back what was believed, and the patrol goes back on the map', async () => {
    const id = await quietPatrol();
    await send([fix(id, 0), fix(id, 100, at([lon + 0.05, lat]))]);
    expect((await latest(id))?.at.toISOString()).toBe(fix(id, 100).at);
    // ten seconds before that it was still at the beginning
    expect((await send([fix(id, 90, at([lon, lat]))])).body).toEqual({ accepted: 1, marked: 1 });
    expect((await track(id)).map(({ marks }) => marks)).toEqual([[], ['backwards'], ['speed']]);
    expect((await latest(id))?.at.toISOString()).toBe(fix(id, 90).at);
  });

  it('keeps what two devices say of the same moment, and believes the first', async () => {
    const id = await quietPatrol();
    await send([fix(id, 0)]);
    expect((await send([fix(id, 0, at([lon + 0.0001, lat]))])).body).toEqual({ accepted: 1, marked: 1 });
    expect((await track(id)).map(({ marks, position }) => [position.coordinates[0], marks])).toEqual([
      [lon, []],
      [lon + 0.0001, ['duplicate']],
    ]);
  });

  it('converts what is not WGS 84 and says where it came from', async () => {
    const id = await quietPatrol();
    const gcj = convert([lon, lat], 'wgs84', 'gcj02');
    await send([fix(id, 0, { ...at(gcj), crs: 'gcj02' })]);
    const stored = await one<{ x: number; y: number; crs: string }>(
      app.database.knex,
      `select st_x(position) as x, st_y(position) as y, crs from positions where patrol_id = cast(:id as uuid)`,
      { id },
    );
    expect(stored.crs).toBe('gcj02');
    expect([stored.x, stored.y]).toEqual([expect.closeTo(lon, 4), expect.closeTo(lat, 4)]);
  });

  it.each([
    ['latitude 90.1', at([108, 90.1]), '/1/position/coordinates/1', 'lat_range'],
    ['swapped', at([34.26, 108.97]), '/1/position/coordinates/1', 'lat_range'],
    ['no time', { at: 'yesterday' }, '/1/at', 'format'],
    ['1970', { at: '1970-01-01T00:00:00Z' }, '/1/at', 'range'],
    ['year 0', { at: '0000-01-01T00:00:00Z' }, '/1/at', 'range'],
    ['a word for speed', { speedMps: 'fast' as unknown as number }, '/1/speedMps', 'type'],
    ['heading 361', { headingDeg: 361 }, '/1/headingDeg', 'range'],
    ['an unknown field', { num: 7 } as Partial<PositionBody>, '/1/num', 'unknown_field'],
  ])('with %s is refused whole', async (_name, over, path, code) => {
    const id = await quietPatrol();
    const { status, body } = await send([fix(id, 0), fix(id, 1, over)]);
    expect([status, body]).toMatchObject([
      422,
      { errors: expect.arrayContaining([expect.objectContaining({ path, code })]) },
    ]);
    expect(await track(id)).toEqual([]);
  });

  it('with a patrol that is not the sender’s is refused whole', async () => {
    const id = await quietPatrol();
    const west = randomUUID();
    await app.west.dispatcher.does(startPatrol, { body: { id: west, crew: [], crewCount: 1 } });
    for (const foreign of [west, randomUUID()]) {
      const { status, body } = await send([fix(id, 0), fix(foreign, 0)]);
      expect([status, body]).toMatchObject([404, { code: 'not_found', errors: [{ path: '/1/patrolId' }] }]);
    }
    expect(await track(id)).toEqual([]);
    expect((await send([fix(west, 0)], app.root.dispatcher)).status).toBe(202);
    const crew = await addPerson(app, 'crew', app.stations.east);
    const mine = await goOut(app, [crew], null);
    expect((await send([fix(mine, 0)], crew)).status).toBe(202);
    expect((await send([fix(id, 0)], crew)).status).toBe(404);
  });

  it('beside a bad one from somebody else is not refused', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, quietPatrol));
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_none, n) => send([fix(n % 6 === 5 ? randomUUID() : (ids[n % 5] ?? ''), n)])),
    );
    expect(replies.map(({ status }) => status)).toEqual(
      Array.from({ length: 30 }, (_none, n) => (n % 6 === 5 ? 404 : 202)),
    );
    const kept = await one<{ count: number }>(
      app.database.knex,
      `select count(*) from positions where patrol_id = any (cast(:ids as uuid[]))`,
      { ids },
    );
    expect(kept.count).toBe(25);
  });

  it('leaves no audit row and no fact', async () => {
    const id = await quietPatrol();
    const count = () =>
      one<{ facts: number; audits: number }>(
        app.database.knex,
        `select (select count(*) from events) as facts, (select count(*) from audit) as audits`,
      );
    const before = await count();
    await send([fix(id, 0)]);
    expect(await count()).toEqual(before);
  });

  it('after the outing is kept up to its end and not a step further', async () => {
    const crew = await addPerson(app, 'crew', app.stations.east);
    const id = await goOut(app, [crew], null);
    const [before, after] = [fix(id, 1), fix(id, 600)];
    app.clock.advance(minutes(5));
    await crew.does(updatePatrol, { params: { id }, body: { status: 'ended' } });
    app.clock.advance(minutes(10));
    const reply = await send([before, after], crew);
    expect([reply.status, reply.body]).toMatchObject([202, { accepted: 2 }]);
    expect((await track(id)).map((point) => point.at)).toEqual([before.at]);
    expect((await latestPositions(app.database.knex, app.stations.root)).length).toBeGreaterThan(0);
    const num = await one<{ num: number }>(app.database.knex, `select num from patrols where id = cast(:id as uuid)`, {
      id,
    });
    expect((await latestPositions(app.database.knex, app.stations.root)).map((found) => found.num)).not.toContain(
      num.num,
    );
  });
});

describe('where patrols are', () => {
  it('is read for a subtree, and as what changed since', async () => {
    app.clock.advance(hours(1));
    const id = await quietPatrol();
    await send([fix(id, 0, { speedMps: 2.5, headingDeg: 90 })]);
    const { num } = await one<{ num: number }>(
      app.database.knex,
      `select num from patrols where id = cast(:id as uuid)`,
      { id },
    );
    const expected = {
      num,
      stationId: app.stations.east,
      lon,
      lat,
      at: app.clock.now().getTime(),
      speedMps: 2.5,
      headingDeg: 90,
    };
    expect((await latestPositions(app.database.knex, app.stations.root)).find((found) => found.num === num)).toEqual(
      expected,
    );
    expect(
      (await latestPositions(app.database.knex, app.stations.west)).find((found) => found.num === num),
    ).toBeUndefined();
    expect(await changedPositions(app.database.knex, app.clock.now())).toEqual([expected]);
    expect(await changedPositions(app.database.knex, new Date(app.clock.now().getTime() + 1))).toEqual([]);
  });

  it('is a track for the own station only', async () => {
    const id = await quietPatrol();
    for (const [person, status] of [
      [app.east.crew, 200],
      [app.east.inspector, 200],
      [app.west.dispatcher, 404],
      [app.west.crew, 404],
      [app.east.shelter, 403],
    ] as const) {
      expect((await person.call(readTrack, { params: { id } })).status).toBe(status);
      expect((await person.fetch(`/api/patrols/${id}/track.gpx`)).status).toBe(status);
    }
    expect((await app.anyone.fetch(`/api/patrols/${id}/track.gpx`)).status).toBe(401);
  });

  it('is a GPX file without the marked fixes, with any name', async () => {
    const id = randomUUID();
    await app.east.dispatcher.does(startPatrol, { body: { id, name: `<&"'>\u0001 夜班`, crew: [], crewCount: 1 } });
    await send([fix(id, 0), fix(id, 5, at([0, 0])), fix(id, 10)]);
    const response = await app.east.dispatcher.fetch(`/api/patrols/${id}/track.gpx`);
    expect(response.headers.get('content-type')).toContain('application/gpx+xml');
    expect(response.headers.get('content-disposition')).toContain(`track-${id}.gpx`);
    const text = await response.text();
    expect(text).toContain('<name>&lt;&amp;&quot;&apos;&gt;  夜班</name>');
    expect(text.match(/<trkpt /g)).toHaveLength(2);
    expect(text).toContain(`<trkpt lat="${String(lat)}" lon="${String(lon)}"><time>${fix(id, 0).at}</time></trkpt>`);
  });
});

it('a latest fix is never replaced by an older one, however batches cross', async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, quietPatrol));
  await Promise.all(Array.from({ length: 60 }, (_none, n) => send(ids.map((id) => fix(id, (n * 37) % 60)))));
  const found = await rows<{ at: Date }>(
    app.database.knex,
    `select at from patrol_positions where patrol_id = any (cast(:ids as uuid[]))`,
    { ids },
  );
  expect(found.map((each) => each.at.toISOString())).toEqual(ids.map((id) => fix(id, 59).at));
  const kept = await one<{ count: number }>(
    app.database.knex,
    `select count(*) from positions where patrol_id = any (cast(:ids as uuid[]))`,
    { ids },
  );
  expect(kept.count).toBe(240);
});

it('of a burst every fix is in the tracks at once, and where its patrols are follows within a moment', async () => {
  const ids = await Promise.all(Array.from({ length: 40 }, quietPatrol));
  const burst = (part: number): PositionBody[] =>
    Array.from({ length: 50 }, (_none, n) => ids.map((id) => fix(id, (part * 50 + n) / 2))).flat();
  for (const part of [0, 1, 2, 3]) await send(burst(part));
  const latest = async (): Promise<string[]> => {
    const found = await rows<{ at: Date }>(
      app.database.knex,
      `select at from patrol_positions where patrol_id = any (cast(:ids as uuid[]))`,
      { ids },
    );
    return found.map(({ at }) => at.toISOString());
  };
  const kept = await one<{ count: number }>(
    app.database.knex,
    `select count(*) from positions where patrol_id = any (cast(:ids as uuid[]))`,
    { ids },
  );
  expect(kept.count).toBe(8_000);
  await expect.poll(latest).toEqual(ids.map((id) => fix(id, 99.5).at));
});
