/** Whom to send and the plan for all, through the API: with a router, without, and when it fails. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { listSuggestions, planDispatches, readWay, stepDispatch, type SuggestionRow } from '../../shared/dispatches.ts';
import type { LonLat } from '../../shared/geo.ts';
import { updateIncident } from '../../shared/incidents.ts';
import { createVehicle, startPatrol, updatePatrol } from '../../shared/patrols.ts';
import { takePositions } from '../../shared/positions.ts';
import { createDepot, createItem, moveSupplies } from '../../shared/supplies.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { dispatch, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';

/** Somebody's router; what it answers is up to each test. */
type Answer = (req: IncomingMessage, res: ServerResponse) => void;
const dead: Answer = (req) => req.socket.destroy();
/** It knows no road anywhere: everything is estimated, and it is asked again next time. */
const roadless: Answer = (_req, res) => {
  res.writeHead(400).end(JSON.stringify({ code: 'NoSegment' }));
};
let answer: Answer = roadless;
const router = createServer((req, res) => answer(req, res));
await new Promise<void>((resolve) => router.listen(0, '127.0.0.1', resolve));
afterAll(() => {
  router.closeAllConnections();
  router.close();
});
const json =
  (body: unknown): Answer =>
  (_req, res) =>
    res.end(JSON.stringify(body));

const app = useApp({
  config: { routerUrl: `http://127.0.0.1:${String((router.address() as AddressInfo).port)}` },
});
const desk = () => app.east.dispatcher;
const at = (lon: number, lat = 34.22) => ({ type: 'Point' as const, coordinates: [lon, lat] as LonLat });
const scene = async (over = {}): Promise<string> => (await report(app, { position: at(109), ...over })).incidentId;

interface Outing {
  lon?: number | null;
  seats?: number | null;
  skills?: string[];
  ageMs?: number;
  shiftEndsInMs?: number;
}
/** A crew of two out in a car with room, unless said otherwise. */
async function patrol({ lon = 109, seats = 5, skills = [], ageMs = 0, shiftEndsInMs }: Outing = {}): Promise<string> {
  const id = randomUUID();
  const crew = await addPerson(app, 'crew', app.stations.east);
  await rows(app.database.knex, `update users set skills = cast(:skills as text[]) where id = cast(:id as uuid)`, {
    id: crew.id,
    skills,
  });
  const vehicleId = seats === null ? null : randomUUID();
  if (vehicleId !== null && seats !== null)
    await app.east.manager.does(createVehicle, { body: { id: vehicleId, name: 'Van', seats } });
  await desk().does(startPatrol, {
    body: {
      id,
      crew: [crew.id],
      crewCount: 2,
      ...(vehicleId === null ? {} : { vehicleId }),
      ...(shiftEndsInMs === undefined
        ? {}
        : { shiftEndsAt: new Date(app.clock.now().getTime() + shiftEndsInMs).toISOString() }),
    },
  });
  if (lon !== null)
    await desk().does(takePositions, {
      body: [{ patrolId: id, position: at(lon), at: new Date(app.clock.now().getTime() - ageMs).toISOString() }],
    });
  return id;
}
const suggestions = async (incidentId: string) => desk().does(listSuggestions, { params: { id: incidentId } });
const rowOf = (items: readonly SuggestionRow[], id: string) => items.find(({ patrolId }) => patrolId === id);

beforeEach(async () => {
  answer = roadless;
  // the patrols of the tests before are home
  await rows(app.database.knex, `delete from patrol_positions`);
  await rows(
    app.database.knex,
    `update dispatches set status = 'done', ended_at = dispatched_at where ended_at is null`,
  );
  await rows(app.database.knex, `update patrols set status = 'ended', ended_at = started_at where ended_at is null`);
  await rows(
    app.database.knex,
    `update incidents set status = 'closed', closed_at = opened_at where status <> 'closed'`,
  );
});

describe('suggestions', () => {
  it('say what speaks for and against each, and rank by what is missing without touching the ETA', async () => {
    const [near, medic, full] = [
      await patrol({ lon: 109.001 }),
      await patrol({ lon: 109.01, skills: ['lang:ug', 'medical'] }),
      await patrol({ lon: 109.002, seats: 2, skills: ['medical'] }),
    ];
    const late = await patrol({ lon: 109.003, skills: ['medical'], shiftEndsInMs: minutes(10) });
    const walking = await patrol({ lon: 109.0005, seats: null });
    const id = await scene({ signs: ['injured'] });
    const { items } = await suggestions(id);
    expect(items.map(({ patrolId }) => patrolId)).toEqual([medic, near, full, late, walking]);
    expect(rowOf(items, medic)?.reasons).toEqual(['free', 'seats', 'medical']);
    expect(rowOf(items, near)?.reasons).toEqual(['nearest', 'seats', 'missing_medical']);
    expect(rowOf(items, full)?.reasons).toEqual(['free', 'missing_seats', 'medical']);
    expect(rowOf(items, late)?.reasons).toEqual(['free', 'seats', 'medical', 'shift_ends']);
    expect(rowOf(items, walking)?.reasons).toEqual(['free', 'on_foot', 'missing_medical']);
    for (const { patrolId, etaS, distanceM } of items) {
      const kmh = patrolId === walking ? 4.5 : 25;
      expect(Math.abs((etaS ?? 0) - ((distanceM ?? 0) * 1.4) / (kmh / 3.6))).toBeLessThan(2);
    }
    // the desk's own wish counts too
    const [row] = await rows<{ version: number }>(
      app.database.knex,
      `select version from incidents where id = cast(:id as uuid)`,
      { id },
    );
    await desk().does(updateIncident, { params: { id }, body: { version: row?.version ?? 0, wants: ['lang:ug'] } });
    const again = (await suggestions(id)).items;
    expect(rowOf(again, medic)?.reasons).toContain('speaks');
    expect(rowOf(again, near)?.reasons).toContain('missing_language');
  });

  it('look into the boot where somebody keeps a register', async () => {
    const [stocked, empty] = [await patrol({ lon: 109.01 }), await patrol({ lon: 109.001 })];
    const [depot, item] = [randomUUID(), randomUUID()];
    const { manager } = app.east;
    await manager.does(createDepot, { body: { id: depot, name: 'Depot' } });
    await manager.does(createItem, { body: { id: item, name: 'Blanket', unit: 'piece', kind: 'bedding' } });
    const move = (from: object, to: object, quantity: number, reason: 'receive' | 'move' | 'return') =>
      manager.does(moveSupplies, {
        body: { id: randomUUID(), itemId: item, quantity, from: from as never, to: to as never, reason },
      });
    await move({ kind: 'supplier' }, { kind: 'depot', id: depot }, 9, 'receive');
    for (const id of [stocked, empty]) await move({ kind: 'depot', id: depot }, { kind: 'patrol', id }, 3, 'move');
    await move({ kind: 'patrol', id: empty }, { kind: 'depot', id: depot }, 3, 'return');
    const { items } = await suggestions(await scene());
    expect(items.map(({ patrolId, reasons }) => [patrolId, reasons])).toEqual([
      [stocked, ['free', 'seats', 'supplies']],
      [empty, ['nearest', 'seats', 'missing_supplies']],
    ]);
    await rows(app.database.knex, `update supply_items set active = false`);
    expect((await suggestions(await scene())).items[0]?.reasons).toEqual(['nearest', 'seats']);
  });

  it('count who is about to be free, with the time until then, and nobody at this very scene', async () => {
    const [soon, later, here] = [
      await patrol({ lon: 109 }),
      await patrol({ lon: 109.001 }),
      await patrol({ lon: 109.002 }),
    ];
    const free = await patrol({ lon: 109.03 });
    const id = await scene();
    const job = await dispatch(app, await scene({ position: at(109.04) }), soon);
    await dispatch(app, await scene({ position: at(109.03, 34.27) }), later);
    const mine = await dispatch(app, id, here);
    for (const each of [job, mine])
      await desk().does(stepDispatch, { params: { id: each }, body: { status: 'on_scene' } });
    app.clock.advance(minutes(5));
    const { items } = await suggestions(id);
    expect(rowOf(items, soon)).toMatchObject({ excluded: null, freeInS: 15 * 60, etaS: 15 * 60 + 1 });
    expect(rowOf(items, soon)?.reasons[0]).toBe('soon_free');
    expect(rowOf(items, free)).toMatchObject({ freeInS: 0, excluded: null });
    expect([rowOf(items, later)?.excluded, rowOf(items, here)?.excluded]).toEqual(['busy', 'busy']);
    // overdue: any moment now, but not free
    app.clock.advance(minutes(60));
    expect(rowOf((await suggestions(id)).items, soon)?.freeInS).toBe(60);
  });

  it('leave out whoever cannot hear of it, and show no more than fifty', async () => {
    const west = randomUUID();
    await app.west.dispatcher.does(startPatrol, { body: { id: west, crew: [], crewCount: 2 } });
    await app.west.dispatcher.does(takePositions, {
      body: [{ patrolId: west, position: at(109), at: app.clock.now().toISOString() }],
    });
    const id = await scene();
    const fromRoot = await app.root.dispatcher.does(listSuggestions, { params: { id } });
    expect(rowOf(fromRoot.items, west)?.excluded).toBe('other_station');
    expect(rowOf((await suggestions(id)).items, west)).toBeUndefined();
    await rows(
      app.database.knex,
      `with made as (insert into patrols (id, station_id, name, crew_count, status, started_at)
         select gen_random_uuid(), cast(:east as uuid), 'P', 2, case when n % 3 = 0 then 'break' else 'free' end, :now from generate_series(1, 120) n returning id)
       insert into patrol_positions (patrol_id, at, position, received_at) select id, :now, st_setsrid(st_makepoint(109.01, 34.22), 4326), :now from made`,
      { east: app.stations.east, now: app.clock.now() },
    );
    const { items } = await suggestions(id);
    expect(items.length).toBeLessThanOrEqual(50);
    expect(items.filter(({ excluded }) => excluded === null).length).toBeGreaterThanOrEqual(20);
    const first = items.findIndex(({ excluded }) => excluded !== null);
    expect(items.slice(first).every(({ excluded }) => excluded === 'break')).toBe(true);
  });
});

describe('the router', () => {
  it('gives the times when it answers; when it does not, the desk reads so and gets the estimate', async () => {
    const [near, far] = [await patrol({ lon: 109.001 }), await patrol({ lon: 109.02 })];
    const id = await scene();
    answer = json({ code: 'Ok', durations: [[1200], [300]], distances: [[9000], [3000]] });
    // its rows follow the patrols asked for, whose order is nobody's promise: both ways are right
    const good = await suggestions(id);
    expect(good.router).toEqual({ used: 'osrm', note: null });
    expect(good.items.map(({ etaS }) => etaS).sort()).toEqual([1200, 300]);
    answer = dead;
    const bad = await suggestions(id);
    expect(bad.router).toEqual({ used: 'estimate', note: 'dead' });
    expect(bad.items.map(({ patrolId }) => patrolId)).toEqual([near, far]);
    // left alone for a while: nobody waits for it again
    answer = json({ code: 'Ok', durations: [[1], [1]], distances: [[1], [1]] });
    expect((await suggestions(id)).router).toEqual({ used: 'estimate', note: 'dead' });
    const plan = await desk().does(planDispatches, { body: {} });
    expect(plan.router).toEqual({ used: 'estimate', note: 'dead' });
    // nothing of where anybody is went into the log
    expect(app.logged.filter((line) => line.includes('router') && /109|34\.2/.test(line))).toEqual([]);
  });

  it('draws the way of a job for the desk and the crew on it', async () => {
    const crew = await addPerson(app, 'crew', app.stations.east);
    const patrolId = randomUUID();
    await desk().does(startPatrol, { body: { id: patrolId, crew: [crew.id], crewCount: 2 } });
    const id = await dispatch(app, await scene(), patrolId);
    expect((await desk().call(readWay, { params: { id } })).status).toBe(404);
    await desk().does(takePositions, {
      body: [{ patrolId, position: at(109.01), at: app.clock.now().toISOString() }],
    });
    for (const who of [desk(), crew]) {
      const way = await who.does(readWay, { params: { id } });
      expect(way).toMatchObject({
        line: [
          [109.01, 34.22],
          [109, 34.22],
        ],
        router: { used: 'estimate' },
      });
      expect(way.distanceM).toBeGreaterThan(1000);
    }
    for (const who of [app.east.crew, app.west.dispatcher])
      expect((await who.call(readWay, { params: { id } })).status).toBe(404);
    await desk().does(stepDispatch, { params: { id }, body: { status: 'done' } });
    expect((await desk().call(readWay, { params: { id } })).status).toBe(404);
  });
});

/** A fingerprint of every row there is. */
async function everything(): Promise<string> {
  const tables = await rows<{ name: string }>(
    app.database.knex,
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'spatial_ref_sys' order by 1`,
  );
  const prints = [];
  for (const { name } of tables) {
    const sql = `select count(*)::text || coalesce(md5(string_agg(t::text, '' order by t::text)), '') as print from ${name} t`;
    prints.push(`${name} ${(await rows<{ print: string }>(app.database.knex, sql))[0]?.print ?? ''}`);
  }
  return prints.join('\n');
}

describe('the plan for all', () => {
  it('gives each free patrol one incident, says who stays without and why, and changes nothing', async () => {
    const [one, two] = [await patrol({ lon: 109 }), await patrol({ lon: 109.02 })];
    const busy = await patrol({ lon: 109 });
    const [danger, waits, third] = [
      await scene({ signs: ['unresponsive'], position: at(109.001) }),
      await scene({ position: at(109.021) }),
      await scene({ position: at(109.04, 34.28) }),
    ];
    const served = await scene({ position: at(109.03, 34.27) });
    await dispatch(app, served, busy);
    const before = await everything();
    const plan = await desk().does(planDispatches, { body: {} });
    expect(await everything()).toBe(before);
    expect(plan.assignments.map(({ incidentId, patrolId }) => [incidentId, patrolId]).sort()).toEqual(
      [
        [danger, one],
        [waits, two],
      ].sort(),
    );
    expect(plan.assignments.find(({ incidentId }) => incidentId === danger)).toMatchObject({
      clockMin: 0,
      reasons: ['nearest', 'seats', 'missing_medical'],
    });
    expect(plan.unassigned).toEqual([{ incidentId: third, reason: 'nobody_left' }]);
    expect(plan.totals.plan).toBeLessThanOrEqual(plan.totals.nearestFirst);
    // 14 beds of the east house; two people on their way to one
    expect(plan.beds).toEqual({ free: 14, people: 2 });
    expect(plan.madeAt).toBe(app.clock.now().toISOString());
    expect(await desk().does(planDispatches, { body: {} })).toEqual(plan);

    const asked = await desk().does(planDispatches, { body: { incidentIds: [served, third], patrolIds: [two, busy] } });
    expect(asked.assignments.map(({ incidentId, patrolId }) => [incidentId, patrolId])).toEqual([[third, two]]);
    expect(asked.unassigned).toEqual([{ incidentId: served, reason: 'has_patrol' }]);
  });

  it('plans for nobody it cannot place or reach, and for nothing out of scope', async () => {
    const nowhere = await report(app, { position: undefined as never, placeText: 'somewhere' });
    const id = await scene();
    const root = app.root.dispatcher;
    const lonely = await root.does(planDispatches, { body: { incidentIds: [id, nowhere.incidentId] } });
    expect(lonely).toMatchObject({ assignments: [], totals: { plan: 1, nearestFirst: 1 }, differences: [] });
    expect(lonely.unassigned).toEqual([
      { incidentId: id, reason: 'no_reach' },
      { incidentId: nowhere.incidentId, reason: 'no_place' },
    ]);
    // a patrol of the west cannot hear of it; one of the root station can
    const west = randomUUID();
    await app.west.dispatcher.does(startPatrol, { body: { id: west, crew: [], crewCount: 2 } });
    const above = randomUUID();
    await root.does(startPatrol, { body: { id: above, crew: [], crewCount: 2 } });
    for (const patrolId of [west, above])
      await root.does(takePositions, {
        body: [{ patrolId, position: at(109.001), at: app.clock.now().toISOString() }],
      });
    const reached = await root.does(planDispatches, { body: { incidentIds: [id] } });
    expect(reached.assignments.map(({ patrolId }) => patrolId)).toEqual([above]);
    const only = await root.does(planDispatches, { body: { incidentIds: [id], patrolIds: [west] } });
    expect(only.unassigned).toEqual([{ incidentId: id, reason: 'no_reach' }]);
    for (const body of [{ incidentIds: [id] }, { patrolIds: [above] }])
      expect((await app.west.dispatcher.call(planDispatches, { body })).status).toBe(404);
    expect((await desk().call(planDispatches, { body: { incidentIds: [randomUUID()] } })).status).toBe(404);
    expect((await desk().call(planDispatches, { body: { incidentIds: Array<string>(2001).fill(id) } })).status).toBe(
      422,
    );
  });

  it('leaves out whoever is on a break', async () => {
    const resting = await patrol();
    await desk().does(updatePatrol, { params: { id: resting }, body: { status: 'break' } });
    const id = await scene();
    const plan = await desk().does(planDispatches, { body: {} });
    expect(plan.unassigned).toEqual([{ incidentId: id, reason: 'no_reach' }]);
  });
});
