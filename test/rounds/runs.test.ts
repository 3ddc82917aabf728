/** Rounds and runs: drawn, walked, skipped, marked by the track of a device; told late; ended with the outing. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import type { LonLat } from '../../shared/geo.ts';
import { updatePatrol } from '../../shared/patrols.ts';
import {
  createRound,
  endRun,
  listRounds,
  listRuns,
  readGpxStops,
  type RunRow,
  startRun,
  updateRound,
  visitStop,
} from '../../shared/rounds.ts';
import { createSite, listSites } from '../../shared/sites.ts';
import { setRule } from '../../shared/stations.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { goOut } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';
import { at, clear, type Fix, lay, note } from '../coverage/tracks.ts';

const app = useApp();
beforeEach(() => clear(app));
const desk = (): Person => app.east.dispatcher;
/** For those of whom it makes a difference; every viewer and command are in the rules' own test. */
const proved = <T>(command: () => Promise<T>): Promise<T> =>
  expectReplay(app, command, [desk(), app.east.inspector, app.west.dispatcher, app.root.manager]);
const place = (coordinates: LonLat) => ({ type: 'Point' as const, coordinates });
const stop = (x: number, y: number, over: { radiusM?: number; siteId?: string } = {}) => ({
  id: randomUUID(),
  name: `${String(x)} east`,
  position: place(at(x, y)),
  ...over,
});
const draw = (stops = [stop(100, 100), stop(1_000, 100)]) =>
  desk().does(createRound, { body: { id: randomUUID(), name: 'riverside', stops } });
const crewOut = async (): Promise<{ crew: Person; patrolId: string }> => {
  const crew = await addPerson(app, 'crew', app.stations.east);
  return { crew, patrolId: await goOut(app, [crew], null) };
};
const begin = async (who: Person, patrolId: string, roundId: string, when?: Date): Promise<RunRow> =>
  who.does(startRun, {
    body: { id: randomUUID(), roundId, patrolId, ...(when === undefined ? {} : { at: when.toISOString() }) },
  });
const run = async (id: string): Promise<RunRow | undefined> =>
  (await desk().does(listRuns, { query: { status: 'all' } })).items.find((each) => each.id === id);
const ago = (ms: number): string => new Date(app.clock.now().getTime() - ms).toISOString();
const states = async (id: string): Promise<unknown[]> =>
  (await run(id))?.stops.map(({ state, how }) => how ?? state) ?? [];

describe('a round', () => {
  it('is drawn, changed as a whole and retired; what is under way keeps its stops', async () => {
    const { crew, patrolId } = await crewOut();
    const [a, b] = [stop(0, 0, { radiusM: 25 }), stop(300, 0)];
    const round = await proved(() => draw([a, b]));
    expect(round).toMatchObject({
      version: 1,
      active: true,
      note: null,
      stops: [
        { ...a, siteId: null },
        { ...b, radiusM: 60 },
      ],
    });
    const going = await begin(crew, patrolId, round.id);
    const change = (version: number, body: object) =>
      desk().call(updateRound, { params: { id: round.id }, body: { version, ...body } });
    const c = stop(500, 0);
    expect((await proved(() => change(1, { stops: [c, a] }))).body.stops.map(({ id }) => id)).toEqual([c.id, a.id]);
    expect(await change(1, { name: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'version_conflict', current: { version: 2 } },
    });
    expect((await run(going.id))?.stops.map(({ id }) => id)).toEqual([a.id, b.id]);
    await proved(() => change(2, { active: false, note: 'flooded' }));
    const listed = async (who: Person, active?: string): Promise<boolean> =>
      (await who.does(listRounds, { query: active === undefined ? {} : { active } })).items.some(
        ({ id }) => id === round.id,
      );
    expect([await listed(desk()), await listed(desk(), 'false'), await listed(crew, 'all')]).toEqual([
      false,
      true,
      true,
    ]);
    // not out, or elsewhere: nothing
    expect([await listed(app.east.crew, 'all'), await listed(app.west.dispatcher, 'all')]).toEqual([false, false]);
    await desk().does(endRun, { params: { id: going.id }, body: { status: 'ended' } });
    expect(await crew.call(startRun, { body: { id: randomUUID(), roundId: round.id, patrolId } })).toMatchObject({
      status: 404,
      body: { errors: [{ path: '/roundId' }] },
    });
  });

  it('names places of the subtree and each stop once', async () => {
    const site = { id: randomUUID(), name: 'underpass', position: place(at(0, 0)) };
    await app.west.dispatcher.does(createSite, { body: site });
    const ask = (stops: ReturnType<typeof stop>[]) =>
      desk().call(createRound, { body: { id: randomUUID(), name: 'x', stops } });
    expect(await ask([stop(0, 0), stop(1, 1, { siteId: site.id })])).toMatchObject({
      status: 404,
      body: { errors: [{ path: '/stops/1/siteId' }] },
    });
    const twice = stop(0, 0);
    expect(await ask([twice, stop(1, 1), twice])).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/stops/2/id', code: 'duplicate' }] },
    });
    expect(await ask([])).toMatchObject({ status: 422 });
    expect(await ask(Array.from({ length: 201 }, () => stop(0, 0)))).toMatchObject({ status: 422 });
  });

  it('is read from a GPX file of at most 1 MB, in its own type only', async () => {
    const send = (body: string, type: string) =>
      desk().fetch(readGpxStops.path, { method: 'POST', body, headers: { 'content-type': type } });
    const file = '<gpx><wpt lat="34.26" lon="108.97"><name>bridge</name></wpt></gpx>';
    for (const type of ['application/gpx+xml', 'text/xml; charset=utf-8', 'application/xml'])
      expect(await (await send(file, type)).json()).toEqual({
        name: null,
        stops: [{ name: 'bridge', position: place([108.97, 34.26]) }],
        dropped: 0,
      });
    expect((await send(file, 'application/json')).status).toBe(415);
    expect(
      (
        await send(
          `<gpx><trk><trkseg>${'<trkpt lat="34.26" lon="108.97"/>'.repeat(1_000_000)}</trkseg></trk></gpx>`,
          'text/xml',
        )
      ).status,
    ).toBe(413);
    expect((await send('<!DOCTYPE x []><gpx/>', 'text/xml')).status).toBe(422);
    expect((await desk().fetch('/api/health')).status).toBe(200);
  });
});

describe('a run', () => {
  it('is gone in any order; the first visit counts, a skipped stop can still be visited, and a resend changes nothing', async () => {
    const { crew, patrolId } = await crewOut();
    const round = await draw();
    app.clock.advance(minutes(10));
    const going = await proved(() => begin(crew, patrolId, round.id));
    expect(await crew.call(startRun, { body: { id: randomUUID(), roundId: round.id, patrolId } })).toMatchObject({
      status: 409,
      body: { code: 'in_use' },
    });
    const [a, b] = going.stops.map(({ id }) => id);
    const look = (stopId: string | undefined, body: object, who = crew) =>
      who.call(visitStop, {
        params: { id: going.id },
        body: { stopId: stopId ?? '', state: 'visited', ...body } as never,
      });
    app.clock.advance(minutes(5));
    expect(await look(a, { state: 'skipped' })).toMatchObject({ status: 422, body: { errors: [{ path: '/reason' }] } });
    await proved(() => look(a, { state: 'skipped', reason: 'road closed' }));
    const first = await proved(() => look(b, { how: 'geofence', at: ago(minutes(2)) }));
    expect(first.body.stops).toMatchObject([
      { state: 'skipped', reason: 'road closed', how: null },
      { state: 'visited', how: 'geofence', at: ago(minutes(2)), reason: null },
    ]);
    expect(await look(b, { how: 'hand' })).toMatchObject({ status: 200, body: { version: first.body.version } });
    expect((await look(a, { at: ago(-minutes(60)) })).body.stops[0]).toMatchObject({
      state: 'visited',
      how: 'hand',
      at: ago(0),
      reason: null,
    });
    expect((await look(b, { state: 'skipped', reason: 'late' })).body.stops[1]).toMatchObject({ state: 'visited' });
    expect(await look(randomUUID(), {})).toMatchObject({ status: 404, body: { errors: [{ path: '/stopId' }] } });
    for (const who of [app.west.dispatcher, (await crewOut()).crew, app.east.crew])
      expect((await look(a, {}, who)).status).toBe(404);
    const over = await proved(() => crew.does(endRun, { params: { id: going.id }, body: { status: 'ended' } }));
    expect(over.endedAt).toBe(ago(0));
    expect(await crew.does(endRun, { params: { id: going.id }, body: { status: 'ended' } })).toEqual(over);
    const lists = await Promise.all(
      [crew, app.east.crew, app.west.dispatcher].map((who) => who.does(listRuns, { query: { status: 'all' } })),
    );
    expect(lists.map(({ items }) => items.some(({ id }) => id === going.id))).toEqual([true, false, false]);
  });

  it('ends with its outing, and takes what happened before and is told after', async () => {
    const { crew, patrolId } = await crewOut();
    const round = await draw();
    app.clock.advance(minutes(30));
    const going = await begin(crew, patrolId, round.id, new Date(app.clock.now().getTime() - minutes(20)));
    expect(going.startedAt).toBe(ago(minutes(20)));
    await crew.does(updatePatrol, { params: { id: patrolId }, body: { status: 'ended' } });
    await proved(() => note(app));
    expect((await run(going.id))?.endedAt).toBe(ago(0));
    app.clock.advance(minutes(15));
    const look = (n: number, when?: string) =>
      crew.call(visitStop, {
        params: { id: going.id },
        body: { stopId: going.stops[n]?.id ?? '', state: 'visited', ...(when === undefined ? {} : { at: when }) },
      });
    expect((await proved(() => look(0, ago(minutes(16))))).body.stops[0]).toMatchObject({
      at: ago(minutes(16)),
    });
    expect(await look(1)).toMatchObject({ status: 409, body: { code: 'run_ended' } });
    expect(await look(1, ago(minutes(14)))).toMatchObject({ status: 409, body: { code: 'run_ended' } });
    // begun before the end and told after it, or begun after it
    const late = (when: string) =>
      crew.call(startRun, { body: { id: randomUUID(), roundId: round.id, patrolId, at: when } });
    expect(await late(ago(minutes(1)))).toMatchObject({ status: 409, body: { code: 'patrol_off' } });
    const told = await late(ago(minutes(25)));
    expect(told).toMatchObject({ status: 201, body: { startedAt: ago(minutes(25)), endedAt: null } });
    await note(app);
    expect((await run(told.body.id))?.endedAt).toBe(ago(minutes(15)));
    // whoever was taken off tells only of what was before
    const other = await crewOut();
    const theirs = await begin(other.crew, other.patrolId, round.id);
    app.clock.advance(minutes(5));
    await desk().does(updatePatrol, { params: { id: other.patrolId }, body: { crew: [] } });
    app.clock.advance(minutes(5));
    const after = (when?: string) =>
      other.crew.call(visitStop, {
        params: { id: theirs.id },
        body: { stopId: theirs.stops[0]?.id ?? '', state: 'visited', ...(when === undefined ? {} : { at: when }) },
      });
    expect([
      (await after()).status,
      (await after(ago(minutes(1)))).status,
      (await after(ago(minutes(6)))).status,
    ]).toEqual([404, 404, 200]);
  });
});

describe('a device instead of a phone', () => {
  /** A round of one stop of 60 m at the origin, and what a track does to it. */
  const walked = async (
    fixes: readonly Fix[],
    begins = new Date(app.clock.now().getTime() - minutes(5)),
  ): Promise<{ id: string; begins: Date }> => {
    const { patrolId } = await crewOut();
    const going = await begin(desk(), patrolId, (await draw([stop(0, 0)])).id);
    await rows(app.database.knex, `update runs set started_at = :at where id = cast(:id as uuid)`, {
      id: going.id,
      at: new Date(app.clock.now().getTime() - minutes(10)),
    });
    await note(app);
    await lay(app, patrolId, fixes, begins);
    app.clock.advance(5_000);
    await note(app);
    return { id: going.id, begins };
  };

  it.each<[string, Fix[], string]>([
    ['inside', [{ s: 0, x: 59, y: 0 }], 'geofence'],
    ['outside', [{ s: 0, x: 61, y: 0 }], 'todo'],
    ['inside, with an accuracy that can tell', [{ s: 0, x: 0, y: 0, accuracyM: 160 }], 'geofence'],
    ['inside, with one that cannot', [{ s: 0, x: 0, y: 0, accuracyM: 161 }], 'todo'],
    ['inside, but not to be believed', [{ s: 0, x: 0, y: 0, marks: ['accuracy', 'backwards'] }], 'todo'],
    ['inside, and late', [{ s: 0, x: 0, y: 0, marks: ['backwards'] }], 'geofence'],
    ['inside before the run began', [{ s: -301, x: 0, y: 0 }], 'todo'],
  ])('is %s', async (_what, fixes, expected) => {
    expect(await states((await walked(fixes)).id)).toEqual([expected]);
  });

  it('visits a stop at its first time there, once, however often the track is read', async () => {
    const { id, begins } = await walked([
      { s: 0, x: 500, y: 0 },
      { s: 30, x: 20, y: 0 },
      { s: 60, x: 0, y: 0 },
    ]);
    const first = await run(id);
    expect(first?.stops).toMatchObject([
      { state: 'visited', how: 'geofence', at: new Date(begins.getTime() + 30_000).toISOString() },
    ]);
    for (let again = 0; again < 3; again += 1) {
      app.clock.advance(5_000);
      await Promise.all([note(app), note(app)]);
    }
    expect(await run(id)).toEqual(first);
    expect(app.logged.filter((line) => line.includes('a timed job failed'))).toEqual([]);
  });

  it('told before the run was: a run begun without a signal finds the stops its track passed since', async () => {
    const { crew, patrolId } = await crewOut();
    const round = await draw([stop(0, 0), stop(900, 0)]);
    app.clock.advance(minutes(20));
    await lay(app, patrolId, [{ s: 0, x: 0, y: 0 }], new Date(app.clock.now().getTime() - minutes(15)));
    app.clock.advance(minutes(5));
    const going = await proved(() =>
      begin(crew, patrolId, round.id, new Date(app.clock.now().getTime() - minutes(22))),
    );
    expect(going.stops.map(({ state }) => state)).toEqual(['visited', 'todo']);
  });
});

describe('a known place', () => {
  const visitedAt = async (id: string): Promise<string | null | undefined> =>
    (await desk().does(listSites, {})).items.find((each) => each.id === id)?.visitedAt;
  const plant = async (over: object = {}): Promise<string> => {
    const id = randomUUID();
    await desk().does(createSite, {
      body: { id, name: 'bridge', position: place(at(5_000, 0)), radiusM: 50, ...over },
    });
    return id;
  };

  it('was visited when a stop there was, a track passed it or somebody was met there; never earlier than is known', async () => {
    const site = await plant();
    const { crew, patrolId } = await crewOut();
    app.clock.advance(minutes(60));
    const going = await begin(crew, patrolId, (await draw([stop(5_000, 0, { siteId: site })])).id);
    const body = { stopId: going.stops[0]?.id ?? '', state: 'visited' as const };
    await proved(() => crew.does(visitStop, { params: { id: going.id }, body }));
    const first = app.clock.now().toISOString();
    expect(await visitedAt(site)).toBe(first);
    await note(app);
    const pass = async (fixes: Fix[], begins: Date): Promise<void> => {
      await lay(app, patrolId, fixes, begins);
      app.clock.advance(5_000);
      await proved(() => note(app));
    };
    await pass([{ s: 0, x: 5_049, y: 0 }], new Date(app.clock.now().getTime() - minutes(30)));
    expect(await visitedAt(site)).toBe(first);
    // who stays is not news with every fix
    app.clock.advance(minutes(4));
    await pass([{ s: 0, x: 5_000, y: 10 }], app.clock.now());
    expect(await visitedAt(site)).toBe(first);
    app.clock.advance(minutes(2));
    await pass([{ s: 1, x: 5_052, y: 0 }], app.clock.now());
    expect(await visitedAt(site)).toBe(first);
    await pass([{ s: 2, x: 5_049, y: 0 }], app.clock.now());
    const second = await visitedAt(site);
    expect(Date.parse(second ?? '') - Date.parse(first)).toBeGreaterThan(minutes(5));
    const events = await rows<{ n: number }>(
      app.database.knex,
      `select cast(count(*) as integer) as n from events where type = 'site.visited' and cast(payload as text) like '%' || :site || '%'`,
      { site },
    );
    expect(events).toEqual([{ n: 1 }]);
    const met = {
      id: randomUUID(),
      position: place(at(9_000, 0)),
      siteId: site,
      people: [{ outcome: 'guided' as const }],
    };
    app.clock.advance(minutes(6));
    await desk().does(recordEncounter, { body: met });
    await proved(() => note(app));
    expect(await visitedAt(site)).toBe(app.clock.now().toISOString());
    // its editor is not told that somebody else changed it
    expect((await desk().does(listSites, {})).items.find(({ id }) => id === site)?.version).toBe(1);
  });

  it('with an outline is visited anywhere inside it, and nowhere else', async () => {
    const ring = [at(6_000, -800), at(7_500, -800), at(7_500, 0), at(6_000, 0), at(6_000, -800)];
    const site = await plant({
      position: place(at(6_100, -100)),
      outline: { type: 'Polygon', coordinates: [ring] },
      visitEveryH: 12,
    });
    const { patrolId } = await crewOut();
    await note(app);
    await lay(app, patrolId, [{ s: 0, x: 7_510, y: -400 }], app.clock.now());
    app.clock.advance(5_000);
    await note(app);
    expect(await visitedAt(site)).toBeNull();
    await lay(app, patrolId, [{ s: 1, x: 7_490, y: -790 }], app.clock.now());
    app.clock.advance(5_000);
    await note(app);
    expect(await visitedAt(site)).not.toBeNull();
  });
});

describe('the radius of the rule', () => {
  it('is that of the station whose round it is', async () => {
    await app.east.admin.does(setRule, {
      params: { key: 'rounds.geofence' },
      body: { stationId: app.stations.east, value: 35, version: 0 },
    });
    expect((await draw([stop(0, 0)])).stops[0]?.radiusM).toBe(35);
  });
});
