/** Where to bring people, through the API: what each role learns of which house, by which way, and why not. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type * as z from 'zod/mini';
import { rows } from '../../server/db/rows.ts';
import { stepDispatch } from '../../shared/dispatches.ts';
import type { LonLat } from '../../shared/geo.ts';
import { matchShelters, type ShelterMatch } from '../../shared/shelter-match.ts';
import { createShelter, holdBed } from '../../shared/shelters.ts';
import { checkIn } from '../../shared/stays.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { dispatch, goOut, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';

/** Somebody's router: a minute for each hundredth of a degree eastwards, and no road beyond the 110th. */
const asked: URL[] = [];
const NO_ROAD_EAST_OF = 110;
const router = createServer((req, res) => {
  const url = new URL(req.url ?? '', 'http://osrm');
  asked.push(url);
  const [from, ...to] = decodeURIComponent(url.pathname.split('/').at(-1) ?? '')
    .split(';')
    .map((place) => place.split(',').map(Number) as LonLat);
  const each = (of: (hundredths: number) => number): [(number | null)[]] => [
    to.map(([lon]) => (lon > NO_ROAD_EAST_OF ? null : of(Math.abs(lon - (from?.[0] ?? 0)) * 100))),
  ];
  res.end(
    JSON.stringify({
      code: 'Ok',
      durations: each((n) => Math.round(n * 60)),
      distances: each((n) => Math.round(n * 500)),
    }),
  );
});
await new Promise<void>((resolve) => router.listen(0, '127.0.0.1', resolve));
afterAll(() => {
  router.closeAllConnections();
  router.close();
});

const app = useApp({ config: { routerUrl: `http://127.0.0.1:${String((router.address() as AddressInfo).port)}` } });
type Body = z.input<typeof matchShelters.body>;
type House = Partial<z.input<typeof createShelter.body>> & { lon?: number | null };
/** A house of the east station, on the map unless `lon` is null. */
async function house({ lon = 108.98, ...over }: House = {}): Promise<string> {
  const made = await app.east.manager.does(createShelter, {
    body: {
      id: randomUUID(),
      name: 'House',
      kind: 'warm_place',
      status: 'open',
      address: '1 South Street',
      capacity: { any: 3 },
      ...(lon === null ? {} : { position: { type: 'Point', coordinates: [lon, 34.26] } }),
      ...over,
    },
  });
  return made.id;
}
const from = { type: 'Point' as const, coordinates: places.east };
const matches = async (by: Person, body: Body): Promise<ShelterMatch[]> =>
  (await by.does(matchShelters, { body })).items;
const matchOf = async (id: string, by: Person, body: Body): Promise<ShelterMatch | undefined> =>
  (await matches(by, body)).find(({ shelterId }) => shelterId === id);
const hold = (shelterId: string, people: number, more: { dispatchId?: string } = {}, by = app.east.dispatcher) =>
  by.does(holdBed, { params: { id: shelterId }, body: { id: randomUUID(), people, for: 'a group', ...more } });
/** A crew out on a job, in a vehicle unless it walks. */
async function onTheWay(at: LonLat = places.eastNear, drives = true) {
  const crew = await addPerson(app, 'crew', app.stations.east);
  const patrolId = await goOut(app, [crew], at);
  if (drives) {
    const vehicleId = randomUUID();
    await rows(
      app.database.knex,
      `with v as (insert into vehicles (id, station_id, name, seats, created_at) values (cast(:vehicleId as uuid), cast(:east as uuid), 'Van', 5, :now) returning id)
       update patrols set vehicle_id = v.id from v where patrols.id = cast(:patrolId as uuid)`,
      { vehicleId, patrolId, east: app.stations.east, now: app.clock.now() },
    );
  }
  const { incidentId } = await report(app, { position: { type: 'Point', coordinates: places.east } });
  return { crew, patrolId, incidentId, dispatchId: await dispatch(app, incidentId, patrolId) };
}
beforeEach(async () => {
  asked.length = 0;
  // the houses of the test before were given up
  await rows(app.database.knex, `update shelters set closed_down_at = :now where name = 'House'`, {
    now: app.clock.now(),
  });
});

describe('where to bring people', () => {
  it('lists every house, those that take all first and the soonest of them first; the router is asked once', async () => {
    const far = await house({ lon: 109.04 });
    const near = await house({ lon: 108.975 });
    const small = await house({ lon: 108.971, capacity: { any: 1 } });
    const unplaced = await house({ lon: null });
    const over = await house({ lon: 110.5 });
    const ask = { people: { any: 2 }, from };
    const found = await matches(app.east.dispatcher, ask);
    expect(asked).toHaveLength(1);
    expect(found.map(({ shelterId, excluded }) => [shelterId, excluded])).toEqual([
      [app.shelters.east, null],
      [near, null],
      [far, null],
      [unplaced, null],
      [small, 'too_small'],
      [over, 'no_way'],
    ]);
    expect(found.find(({ shelterId }) => shelterId === far)).toEqual({
      shelterId: far,
      etaS: 420,
      distanceM: 3500,
      arrivesAt: new Date(app.clock.now().getTime() + minutes(7)).toISOString(),
      freeNow: 3,
      freeOnArrival: 3,
      takes: 2,
      beds: { any: 2, men: 0, women: 0, family: 0, accessible: 0, quarantine: 0 },
      lacks: [],
      opensAt: null,
      closesAt: null,
      excluded: null,
    });
    expect(found.find(({ shelterId }) => shelterId === unplaced)).toMatchObject({ etaS: null, arrivesAt: null });
    // spread over several houses, one that takes some of them is none too small
    const spread = await matches(app.east.dispatcher, { ...ask, together: false });
    expect(spread.map(({ shelterId }) => shelterId).slice(4)).toEqual([small, over]);
    expect(spread[4]).toMatchObject({ takes: 1, excluded: null });
  });

  it('says one reason for each that is not for them', async () => {
    const hours = (from: string, to: string) => [{ days: [1, 2, 3, 4, 5, 6, 7], from, to, level: 'none' as const }];
    const clock = (min: number): string =>
      new Intl.DateTimeFormat('en', {
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
        timeZone: 'Asia/Shanghai',
      }).format(app.clock.now().getTime() + minutes(min));
    const full = await house({ capacity: { any: 1 } });
    await hold(full, 1);
    const expected: [string, string | null][] = [
      [await house({ status: 'closed' }), 'closed'],
      [await house({ opening: hours(clock(-180), clock(-60)) }), 'closed'],
      [await house({ lon: 109.07, opening: hours(clock(-60), clock(5)) }), 'closed_on_arrival'],
      [await house({ lon: 109.07, opening: hours(clock(5), clock(60)), features: ['pets'] }), null],
      [await house({ features: ['women_and_children', 'pets'] }), 'women_and_children_only'],
      [await house({ capacity: {}, seats: { any: 9 } }), 'no_such_places'],
      [full, 'full'],
      [await house({ capacity: { any: 1 } }), 'too_small'],
      [await house(), 'lacks_feature'],
    ];
    const found = await matches(app.east.dispatcher, { people: { any: 2 }, needs: ['pets'], from });
    const reasons = new Map(found.map(({ shelterId, excluded }) => [shelterId, excluded]));
    for (const [id, reason] of expected) expect([id, reasons.get(id)]).toEqual([id, reason]);
    const late = found.find(({ shelterId }) => shelterId === expected[3]?.[0]);
    expect(late).toMatchObject({
      opensAt: new Date(app.clock.now().getTime() + minutes(5)).toISOString(),
      closesAt: new Date(app.clock.now().getTime() + minutes(60)).toISOString(),
    });
    // a seat is another thing than a bed
    const seat = await matchOf(expected[5]?.[0] ?? '', app.east.dispatcher, { people: { any: 2 }, unit: 'seat', from });
    expect(seat).toMatchObject({ excluded: null, takes: 2, freeNow: 9 });
  });

  it('counts what is free when they arrive: a hold that has run out by then, and nobody who sleeps there', async () => {
    const id = await house({ lon: 109.27, capacity: { any: 3 } }); // half an hour
    await app.east.dispatcher.does(checkIn, { body: { id: randomUUID(), shelterId: id, people: 1 } });
    const held = await hold(id, 2);
    const ask = { people: { any: 2 }, from };
    expect(await matchOf(id, app.east.dispatcher, ask)).toMatchObject({
      freeNow: 0,
      freeOnArrival: 0,
      excluded: 'full',
    });
    const left = minutes(20);
    app.clock.advance(Date.parse(held.expiresAt) - left - app.clock.now().getTime());
    expect(await matchOf(id, app.east.dispatcher, ask)).toMatchObject({
      freeNow: 0,
      freeOnArrival: 2,
      takes: 0,
      excluded: null,
    });
    expect(await matchOf(id, app.east.dispatcher, { ...ask, people: { any: 3 } })).toMatchObject({
      excluded: 'too_small',
    });
  });

  it("sets out from the place said, else from the job's patrol, else from the crew's own; on foot by the estimate", async () => {
    const id = await house({ lon: 108.99 });
    const { crew, dispatchId } = await onTheWay([108.96, 34.26]);
    const people = { any: 1 };
    for (const [by, body, etaS] of [
      [app.east.dispatcher, { people, from }, 120],
      [app.east.dispatcher, { people, dispatchId }, 180],
      [crew, { people }, 180],
      [crew, { people, dispatchId, from }, 120],
      [app.east.dispatcher, { people }, null],
    ] as const)
      expect(await matchOf(id, by, body)).toMatchObject({ etaS });
    // an old fix: they are where they were sent to
    app.clock.advance(minutes(60));
    expect(await matchOf(id, app.east.dispatcher, { people, dispatchId })).toMatchObject({ etaS: 120 });
    const walkers = await onTheWay([108.98, 34.26], false);
    const walk = await matchOf(id, walkers.crew, { people });
    expect(walk?.etaS).toBeGreaterThan(600);
  });

  it("refuses a job that is not the asker's", async () => {
    const [own, other] = [await onTheWay(), await onTheWay()];
    await own.crew.does(stepDispatch, { params: { id: own.dispatchId }, body: { status: 'accepted' } });
    const refused = async (by: Person, dispatchId: string): Promise<number> =>
      (await by.call(matchShelters, { body: { people: { any: 1 }, dispatchId } })).status;
    expect(await refused(own.crew, own.dispatchId)).toBe(200);
    expect(await refused(own.crew, other.dispatchId)).toBe(404);
    expect(await refused(app.east.shelter, own.dispatchId)).toBe(404);
    expect(await refused(app.west.dispatcher, own.dispatchId)).toBe(404);
    for (const body of [{ people: {} }, { people: { any: 0 } }, { people: { any: 100 } }, { people: { dogs: 1 } }])
      expect((await app.east.dispatcher.call(matchShelters, { body: body })).status).toBe(422);
  });
});

describe('who learns of which house', () => {
  const CANARY = '77 Hidden Lane';
  let secret = '';
  it('shows shelter staff their own, and each station its own', async () => {
    const id = await house();
    const ids = async (by: Person): Promise<string[]> =>
      (await matches(by, { people: { any: 1 }, from })).map(({ shelterId }) => shelterId);
    expect(await ids(app.east.shelter)).toEqual([app.shelters.east]);
    expect(await ids(app.west.dispatcher)).toEqual([app.shelters.west]);
    expect((await ids(app.root.manager)).sort()).toEqual([id, app.shelters.east, app.shelters.west].sort());
  });

  it('tells a crew nothing of where a confidential house is, until it holds places there', async () => {
    secret = await house({ lon: 108.9712, confidential: true, address: CANARY, capacity: { any: 5 } });
    // its hours would tell how far it is
    const clock = (at: Date): string =>
      at.toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'Asia/Shanghai' });
    const farther = await house({
      lon: 109.5,
      confidential: true,
      address: CANARY,
      opening: [
        {
          days: [1, 2, 3, 4, 5, 6, 7],
          from: clock(new Date(app.clock.now().getTime() - minutes(60))),
          to: clock(new Date(app.clock.now().getTime() + minutes(10))),
          level: 'none',
        },
      ],
    });
    const open = await house({ lon: 108.98 });
    const { crew, dispatchId } = await onTheWay();
    const unknown = { etaS: null, distanceM: null, arrivesAt: null, excluded: null };
    for (const body of [
      { people: { any: 1 } },
      { people: { any: 1 }, from },
      { people: { any: 2 }, dispatchId, together: false },
    ]) {
      asked.length = 0;
      const response = await crew.fetch(matchShelters.path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      expect(text).not.toContain('Hidden');
      expect(text).not.toContain('108.97');
      const { items } = JSON.parse(text) as { items: ShelterMatch[] };
      const byId = new Map(items.map((item) => [item.shelterId, item]));
      expect(byId.get(secret)).toMatchObject({ ...unknown, freeNow: 5 });
      expect(byId.get(farther)).toMatchObject(unknown);
      // its rank tells nothing either, and the router was not asked about it
      const order = items.map(({ shelterId }) => shelterId);
      expect(order.indexOf(secret)).toBeGreaterThan(order.indexOf(open));
      expect(asked.map(({ pathname }) => pathname).join()).not.toContain('108.9712');
    }
    expect(await matchOf(secret, app.east.dispatcher, { people: { any: 1 }, from })).toMatchObject({ etaS: 7 });
    expect(await matchOf(farther, app.east.dispatcher, { people: { any: 1 }, from })).toMatchObject({
      excluded: 'closed_on_arrival',
    });

    const mine = await hold(secret, 1, { dispatchId }, crew);
    expect(await matchOf(secret, crew, { people: { any: 1 }, from })).toMatchObject({ etaS: 7, freeNow: 4 });
    const other = await onTheWay();
    expect(await matchOf(secret, other.crew, { people: { any: 1 }, from })).toMatchObject({ ...unknown, freeNow: 4 });
    app.clock.advance(Date.parse(mine.expiresAt) + 1000 - app.clock.now().getTime());
    expect(await matchOf(secret, crew, { people: { any: 1 }, from })).toMatchObject({ ...unknown, freeNow: 5 });
  });
});
