import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { readTally, readTallyCsv, type Tally, type TallyCounts } from '../../shared/tally.ts';
import { useApp } from '../kit/app.ts';

/** 21:00 on 15 January in Xi'an; the stations there are eight hours ahead. */
const app = useApp();
const DAY = '2026-01-10';
const zero: TallyCounts = {
  peopleHelped: 0,
  refused: 0,
  notFound: 0,
  patrolPersonTimes: 0,
  vehicleTimes: 0,
  itemsHandedOut: 0,
  placesOpened: 0,
};
/** An instant by the station's own clock. */
const local = (text: string): string => new Date(`${text}+08:00`).toISOString();

interface Met {
  at: string;
  recordedAt?: string;
  stationId?: string;
  outcomes?: string[];
}
async function meet({ at, recordedAt = at, stationId = app.stations.east, outcomes = [] }: Met): Promise<void> {
  const id = randomUUID();
  await rows(
    app.database.knex,
    `insert into encounters (id, station_id, position, at, recorded_at, set_by_desk, not_found_reason)
     values (cast(:id as uuid), cast(:stationId as uuid), st_setsrid(st_makepoint(108.97, 34.26), 4326)::geography, :at, :recordedAt, false, :reason)`,
    { id, stationId, at, recordedAt, reason: outcomes.length === 0 ? 'gone' : null },
  );
  for (const outcome of outcomes) {
    await rows(
      app.database.knex,
      `insert into encounter_people (id, encounter_id, outcome, needs, groups) values (cast(:person as uuid), cast(:id as uuid), :outcome, '{}', '{}')`,
      { person: randomUUID(), id, outcome },
    );
  }
}
async function goOut(
  startedAt: string,
  crewCount: number,
  withVehicle: boolean,
  stationId = app.stations.east,
): Promise<void> {
  const vehicleId = withVehicle ? randomUUID() : null;
  if (vehicleId !== null)
    await rows(
      app.database.knex,
      `insert into vehicles (id, station_id, name, seats, created_at) values (cast(:vehicleId as uuid), cast(:stationId as uuid), 'van', 5, :startedAt)`,
      { vehicleId, stationId, startedAt },
    );
  await rows(
    app.database.knex,
    `insert into patrols (id, station_id, name, vehicle_id, crew_count, status, started_at, ended_at)
     values (cast(:id as uuid), cast(:stationId as uuid), 'p', cast(:vehicleId as uuid), :crewCount, 'ended', :startedAt, :startedAt)`,
    { id: randomUUID(), stationId, vehicleId, crewCount, startedAt },
  );
}
const item = (): Promise<string> => {
  const id = randomUUID();
  return rows(
    app.database.knex,
    `insert into supply_items (id, name, unit, kind, created_at) values (cast(:id as uuid), :id, 'piece', 'bedding', :now)`,
    { id, now: app.clock.now() },
  ).then(() => id);
};
async function give(
  itemId: string,
  quantity: number,
  reason: 'hand_out' | 'return' | 'write_off',
  at: string,
  recordedAt = at,
): Promise<void> {
  const ends =
    reason === 'hand_out'
      ? ['supplier', 'person']
      : reason === 'return'
        ? ['person', 'supplier']
        : ['supplier', 'loss'];
  await rows(
    app.database.knex,
    `insert into supply_movements (id, station_id, item_id, quantity, from_kind, to_kind, reason, at, recorded_at)
     values (cast(:id as uuid), cast(:stationId as uuid), cast(:itemId as uuid), :quantity, :from, :to, :reason, :at, :recordedAt)`,
    {
      id: randomUUID(),
      stationId: app.stations.east,
      itemId,
      quantity,
      from: ends[0],
      to: ends[1],
      reason,
      at,
      recordedAt,
    },
  );
}
async function open(
  openedAt: string,
  closedAt: string | null,
  shelterId: string = randomUUID(),
  stationId = app.stations.east,
): Promise<string> {
  await rows(
    app.database.knex,
    `insert into shelters (id, station_id, name, kind, status, address, hours, features, confidential, counted_at, created_at)
     values (cast(:shelterId as uuid), cast(:stationId as uuid), 's', 'station', 'closed', '', '', '{}', false, :openedAt, :openedAt) on conflict do nothing`,
    { shelterId, stationId, openedAt },
  );
  await rows(
    app.database.knex,
    `insert into shelter_openings (shelter_id, opened_at, closed_at) values (cast(:shelterId as uuid), :openedAt, cast(:closedAt as timestamptz))`,
    { shelterId, openedAt, closedAt },
  );
  return shelterId;
}
const tally = (query: Record<string, string>, by = app.root.manager): Promise<Tally> => by.does(readTally, { query });
const dayOf = async (day: string): Promise<TallyCounts> => {
  const { byDay } = await tally({ from: day, to: day });
  const { day: _day, ...counts } = byDay[0] ?? { day: '' };
  return counts as TallyCounts;
};

/** Each line on a day of its own: what is written, and what the tally of that day says. */
const table: [string, string, (day: string) => Promise<unknown>, Partial<TallyCounts>][] = [
  [
    'every outcome that helps counts a person',
    '2026-01-01',
    (d) =>
      meet({
        at: local(`${d}T22:00`),
        outcomes: ['brought_in', 'took_items', 'medical', 'police', 'family', 'guided'],
      }),
    { peopleHelped: 6 },
  ],
  [
    'a refusal is counted apart',
    '2026-01-02',
    (d) => meet({ at: local(`${d}T22:00`), outcomes: ['refused', 'refused', 'took_items'] }),
    { peopleHelped: 1, refused: 2 },
  ],
  ['nobody found is counted apart', '2026-01-03', (d) => meet({ at: local(`${d}T22:00`) }), { notFound: 1 }],
  [
    'the day begins at midnight of the station',
    '2026-01-04',
    async (d) => {
      await meet({ at: local(`${d}T00:00`), outcomes: ['family'] });
      await meet({ at: local('2026-01-03T23:59:59.999'), outcomes: ['family'] });
    },
    { peopleHelped: 1 },
  ],
  [
    'and ends before the next',
    '2026-01-05',
    async (d) => {
      await meet({ at: local(`${d}T23:59:59.999`), outcomes: ['family'] });
      await meet({ at: local('2026-01-06T00:00'), outcomes: ['family'] });
    },
    { peopleHelped: 1 },
  ],
  [
    'an outing counts its people, and its vehicle',
    '2026-01-07',
    async (d) => {
      await goOut(local(`${d}T20:00`), 3, true);
      await goOut(local(`${d}T21:00`), 2, false);
    },
    { patrolPersonTimes: 5, vehicleTimes: 1 },
  ],
  [
    'what came back was not handed out; what was lost neither',
    '2026-01-08',
    async (d) => {
      const id = await item();
      await give(id, 9, 'hand_out', local(`${d}T20:00`));
      await give(id, 2, 'return', local(`${d}T21:00`));
      await give(id, 4, 'write_off', local(`${d}T21:00`));
    },
    { itemsHandedOut: 7 },
  ],
  [
    'a place counts once however often it opened',
    '2026-01-09',
    async (d) => {
      const id = await open(local(`${d}T18:00`), local(`${d}T19:00`));
      await open(local(`${d}T20:00`), local(`${d}T21:00`), id);
      await open(local(`${d}T20:00`), local(`${d}T20:00`));
    },
    { placesOpened: 2 },
  ],
  [
    'a place open overnight counts on both days',
    '2026-01-11',
    () => open(local('2026-01-11T18:00'), local('2026-01-12T08:00')),
    { placesOpened: 1 },
  ],
  ['as here', '2026-01-12', () => Promise.resolve(), { placesOpened: 1 }],
  [
    'closed at midnight it was not open the next day',
    '2026-01-13',
    () => open(local('2026-01-12T18:00'), local('2026-01-13T00:00')),
    {},
  ],
];

describe('the tally of a day', () => {
  it('follows the definitions', async () => {
    // written day by day so that a neighbour's rows show where they do not belong
    for (const [name, day, write, expected] of table) {
      await write(day);
      expect(await dayOf(day), name).toEqual({ ...zero, ...expected });
    }
  });
});

describe('the tally of a range', () => {
  it('adds up by station and by day, distinct places apart', async () => {
    await meet({ at: local(`${DAY}T20:00`), outcomes: ['family'] });
    await meet({ at: local(`${DAY}T20:00`), outcomes: ['family', 'medical'], stationId: app.stations.west });
    await meet({ at: local(`${DAY}T20:00`), outcomes: ['refused'], stationId: app.stations.root });
    const found = await tally({ from: '2026-01-01', to: '2026-01-13' });
    expect(found).toMatchObject({
      from: '2026-01-01',
      to: '2026-01-13',
      timeZone: 'Asia/Shanghai',
      asOf: app.clock.now().toISOString(),
    });
    expect(found.byDay.map(({ day }) => day)).toEqual(
      Array.from({ length: 13 }, (_none, n) => `2026-01-${String(n + 1).padStart(2, '0')}`),
    );
    expect(found.byStation.map(({ stationId }) => stationId)).toEqual([
      app.stations.root,
      app.stations.east,
      app.stations.west,
    ]);
    for (const key of [
      'peopleHelped',
      'refused',
      'notFound',
      'patrolPersonTimes',
      'vehicleTimes',
      'itemsHandedOut',
    ] as const) {
      expect(
        found.byDay.reduce((sum, day) => sum + day[key], 0),
        key,
      ).toBe(found[key]);
      expect(
        found.byStation.reduce((sum, station) => sum + station[key], 0),
        key,
      ).toBe(found[key]);
    }
    expect(found.byStation.find(({ stationId }) => stationId === app.stations.west)).toMatchObject({
      peopleHelped: 2,
      refused: 0,
    });
    expect(found.byStation.find(({ stationId }) => stationId === app.stations.root)).toMatchObject({
      peopleHelped: 0,
      refused: 1,
    });
    expect(found.placesOpened).toBe(found.byStation.reduce((sum, station) => sum + station.placesOpened, 0));
    expect(found.placesOpened).toBe(4);
    const east = await tally({ from: '2026-01-01', to: '2026-01-13' }, app.east.inspector);
    expect(east.byStation.map(({ stationId }) => stationId)).toEqual([app.stations.east]);
    expect(await tally({ from: '2026-01-01', to: '2026-01-13', station: app.stations.east })).toEqual(east);
  });

  it('takes instants too, the end excluded', async () => {
    const from = local('2026-01-05T23:59:59.999');
    expect((await tally({ from, to: local('2026-01-06T00:00') })).peopleHelped).toBe(1);
    expect((await tally({ from, to: local('2026-01-06T00:00:00.001') })).peopleHelped).toBe(2);
    const empty = await tally({ from, to: from });
    expect(empty).toMatchObject({ ...zero, byDay: [{ day: '2026-01-05', ...zero }] });
  });

  it('is the same as of the same moment, whatever was entered since', async () => {
    const day = '2025-12-20';
    const early = local(`${day}T23:00`);
    const id = await item();
    await meet({ at: local(`${day}T20:00`), outcomes: ['family'] });
    await open(local(`${day}T20:00`), local(`${day}T23:30`));
    const before = await tally({ from: day, to: day, asOf: early });
    await meet({ at: local(`${day}T21:00`), recordedAt: local(`${day}T23:30`), outcomes: ['medical'] });
    await give(id, 5, 'hand_out', local(`${day}T21:00`), local('2025-12-21T09:00'));
    await goOut(local(`${day}T23:10`), 2, true);
    await open(local(`${day}T23:20`), null);
    expect(await tally({ from: day, to: day, asOf: early })).toEqual(before);
    expect(before).toMatchObject({ peopleHelped: 1, itemsHandedOut: 0, patrolPersonTimes: 0, placesOpened: 1 });
    expect(await tally({ from: day, to: day })).toMatchObject({
      peopleHelped: 2,
      itemsHandedOut: 5,
      patrolPersonTimes: 2,
      vehicleTimes: 1,
      placesOpened: 2,
    });
    // open still, but not in a day that has not come
    expect((await tally({ from: '2026-02-01', to: '2026-02-02' })).placesOpened).toBe(0);
  });

  it.each([
    [{ from: '2026-01-02', to: '2026-01-01' }, 422, '/query/to'],
    [{ from: '2020-01-01', to: '2026-01-01' }, 422, '/query/to'],
    [{ from: '0000-01-01', to: '0000-01-02' }, 422, '/query/from'],
    [{ from: '2026-01-01', to: '2026-01-01', asOf: '0000-01-01T00:00:00Z' }, 422, '/query/asOf'],
    [{ from: '2026-13-01', to: '2026-12-31' }, 422, '/query/from'],
    [{ from: '2026-02-30', to: '2026-03-01' }, 422, '/query/from'],
    [{ from: 'now()', to: '2026-01-01' }, 422, '/query/from'],
    [{ from: '2026-01-01' }, 422, '/query/to'],
    [{ from: '2026-01-01', to: '2026-01-01', station: randomUUID() }, 404, '/query/station'],
  ])('refuses %j', async (query, status, path) => {
    const reply = await app.east.manager.call(readTally, { query: query as unknown as Record<string, string> });
    expect([reply.status, reply.body]).toMatchObject([status, { errors: [{ path }] }]);
  });

  it('is not for crews, nor for another station', async () => {
    expect((await app.east.crew.call(readTally, { query: { from: DAY, to: DAY } })).status).toBe(403);
    expect(
      (await app.east.manager.call(readTally, { query: { from: DAY, to: DAY, station: app.stations.west } })).status,
    ).toBe(404);
  });
});

describe('as CSV', () => {
  it('has a byte order mark, the sum, a row a station and a row a day, and no formula', async () => {
    await rows(app.database.knex, `update stations set name = '=HYPERLINK("x")' where id = cast(:id as uuid)`, {
      id: app.stations.west,
    });
    const response = await app.root.manager.fetch(`/api/reports/tally.csv?from=2026-01-01&to=2026-01-02`);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="warmpath-tally-2026-01-01-2026-01-02.csv"',
    );
    const bytes = Buffer.from(await response.arrayBuffer());
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const lines = bytes.subarray(3).toString('utf8').trimEnd().split('\r\n');
    expect(lines[0]).toBe(
      'row,stationId,name,peopleHelped,refused,notFound,patrolPersonTimes,vehicleTimes,itemsHandedOut,placesOpened',
    );
    expect(lines[1]).toBe('total,,2026-01-01 / 2026-01-02,7,2,0,0,0,0,1');
    expect(lines.slice(2).map((line) => line.split(',')[0])).toEqual(['station', 'station', 'station', 'day', 'day']);
    expect(lines.find((line) => line.includes('HYPERLINK'))).toContain(`"'=HYPERLINK(""x"")"`);
    expect((await app.east.crew.call(readTallyCsv, { query: { from: DAY, to: DAY } })).status).toBe(403);
    expect(
      (await app.root.manager.call(readTallyCsv, { query: { from: '2026-01-02', to: '2026-01-01' } })).status,
    ).toBe(422);
  });
});
