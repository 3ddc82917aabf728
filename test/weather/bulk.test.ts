/** Readings in bulk: a station's table, good and hostile; history that leaves the picture alone; the outlook; what plans read. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { addReadings, type NewReading } from '../../server/weather/commands-bulk.ts';
import { weatherJobs } from '../../server/weather/jobs.ts';
import { planReadings, weatherSource } from '../../server/weather/queries-plan.ts';
import { listReadings, postReading, readOutlook } from '../../shared/weather.ts';
import { useApp } from '../kit/app.ts';
import { hours, minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const DAY = hours(24);
const at = (ms: number): string => new Date(app.clock.now().getTime() + ms).toISOString();
interface Sent {
  status: number;
  replay: boolean;
  body: { accepted: number; known: number; code?: string; errors: { path: string; code: string }[] };
}
async function send(
  who: Person,
  csv: string | Uint8Array,
  query = '',
  key: string | null = null,
  type = 'text/csv',
): Promise<Sent> {
  const response = await who.fetch(`/api/weather/observations/import${query}`, {
    method: 'POST',
    body: csv as never,
    headers: { 'content-type': type, ...(key === null ? {} : { 'idempotency-key': key }) },
  });
  return {
    status: response.status,
    replay: response.headers.has('idempotent-replay'),
    body: (await response.json()) as Sent['body'],
  };
}
const clear = (): Promise<unknown> => rows(app.database.knex, `delete from readings`);
const count = async (): Promise<number> =>
  (await row<{ n: number }>(app.database.knex, `select cast(count(*) as integer) as n from readings`))?.n ?? -1;
const errorsOf = ({ body }: Sent): [string, string][] => body.errors.map(({ path, code }) => [path, code]);

describe('a table', () => {
  it('is taken once, in the station’s clock or with an offset, under Chinese names and in its national encoding', async () => {
    const csv =
      'at,temperatureC,windKmh,humidity,precipitation,precipitationMm\n2026-01-15 20:00,-3.5,18,80,snow,1.2\n2026-01-15T11:00:00Z,-4,,,,\n2026/1/15 17:00+07:00,-2,0,,rain,\n';
    const taken = await expectReplay(app, () => send(app.east.manager, csv, '?source=airport'));
    expect(taken).toMatchObject({ status: 201, body: { accepted: 3, known: 0 } });
    const { items } = await app.east.inspector.does(listReadings, {});
    expect(
      items.map(({ at: time, temperatureC, windKmh, precipitation, source, kind }) => [
        time,
        temperatureC,
        windKmh,
        precipitation,
        source,
        kind,
      ]),
    ).toEqual([
      ['2026-01-15T12:00:00.000Z', -3.5, 18, 'snow', 'airport', 'observed'],
      ['2026-01-15T11:00:00.000Z', -4, null, 'none', 'airport', 'observed'],
      ['2026-01-15T10:00:00.000Z', -2, 0, 'rain', 'airport', 'observed'],
    ]);
    expect((await send(app.east.manager, csv, '?source=airport')).body).toMatchObject({ accepted: 0, known: 3 });
    // another word on the same hour, from the same source, is kept beside the first; going back to the first is a third
    const again = (c: number) =>
      send(app.east.manager, `at,temperatureC\n2026-01-15 19:00,${String(c)}\n`, '?source=airport');
    app.clock.advance(1);
    expect((await again(-5)).body).toMatchObject({ accepted: 1, known: 0 });
    app.clock.advance(1);
    expect((await again(-4)).body).toMatchObject({ accepted: 1, known: 0 });
    expect(await count()).toBe(5);
    const gbk = Buffer.from('cab1bce42cc6f8cec22cbdb5cbae0a', 'hex'); // 时间,气温,降水
    const chinese = Buffer.concat([
      gbk,
      Buffer.from('2026-01-15 18:30,-1,'),
      Buffer.from('d3eabcd0d1a9', 'hex'),
      Buffer.from('\r\n'),
    ]);
    expect(await send(app.east.manager, chinese)).toMatchObject({ status: 201, body: { accepted: 1 } });
  });

  it('is repeated under its key without being taken twice, and is another under the same key', async () => {
    const key = randomUUID();
    const csv = `at,temperatureC\n${at(0)},-9\n`;
    const first = await send(app.west.manager, csv, '', key);
    expect(await send(app.west.manager, csv, '', key)).toEqual({ ...first, status: 200, replay: true });
    expect(await send(app.west.manager, `at,temperatureC\n${at(0)},-8\n`, '', key)).toMatchObject({
      status: 409,
      body: { code: 'key_reuse' },
    });
  });

  it('with anything wrong in it is not taken at all, and every wrong line is named', async () => {
    await clear();
    const lines = [
      'at,temperatureC,windKmh,precipitation',
      `${at(0)},-3,10,snow`,
      `${at(0)},=1+1,10,snow`,
      `${at(0)},-91,+1e9,hail`,
      `${at(0)},,10,`,
      'yesterday,-3,10,',
      '2026-02-31 10:00,-3,10,',
      `${at(minutes(10) + 1)},-3,10,`,
      `${at(-800 * DAY - 1)},-3,10,`,
      `${at(0)},-3`,
      `${at(-800 * DAY)},-3,10,none`,
      `${at(minutes(10))},-3,10,＝cmd`,
    ];
    const answer = await send(app.east.manager, lines.join('\r\n'));
    expect([answer.status, errorsOf(answer)]).toEqual([
      422,
      [
        ['/rows/3/temperatureC', 'type'],
        ['/rows/4/temperatureC', 'range'],
        ['/rows/4/windKmh', 'type'],
        ['/rows/4/precipitation', 'enum'],
        ['/rows/5/temperatureC', 'required'],
        ['/rows/6/at', 'format'],
        ['/rows/7/at', 'format'],
        ['/rows/8/at', 'range'],
        ['/rows/9/at', 'range'],
        ['/rows/10', 'columns'],
        ['/rows/12/precipitation', 'enum'],
      ],
    ]);
    expect(await count()).toBe(0);
  });

  it.each([
    ['at,temperatureC,at\n', 422, '/header', 'duplicate'],
    ['at,temperatureC,时间\n', 422, '/header', 'duplicate'],
    ['at,temperatureC,__proto__\n', 422, '/header', 'unknown_field'],
    ['at,windKmh\n', 422, '/header', 'required'],
    ['at,temperatureC\n', 422, '/rows', 'required'],
    ['', 422, '/header', 'required'],
    ['at,temperatureC\n"2026', 422, '/rows/2', 'malformed'],
    [Buffer.from([0xff, 0xfe, 0x00]), 422, '/encoding', 'encoding'],
    [Buffer.from('at,temperatureC\n\u0000,1\n'), 422, '/encoding', 'encoding'],
  ] as const)('%j is none', async (csv, status, path, code) => {
    const answer = await send(app.east.manager, csv);
    expect(answer.status).toBe(status);
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ path, code }));
  });

  it('of ten thousand lines is the longest; another type, another station, and a reader’s role are refused', async () => {
    const line = (n: number): string => `${at(-n * minutes(5))},-3`;
    const lines = (most: number): string =>
      ['at,temperatureC', ...Array.from({ length: most }, (_, n) => line(n))].join('\n');
    expect((await send(app.east.manager, lines(10_001))).status).toBe(413);
    expect(await send(app.east.manager, lines(10_000), '?source=five')).toMatchObject({
      status: 201,
      body: { accepted: 10_000 },
    });
    expect((await send(app.east.manager, lines(1), '', null, 'text/plain')).status).toBe(415);
    expect(await send(app.west.manager, lines(1), `?stationId=${app.stations.east}`)).toMatchObject({ status: 404 });
    expect((await send(app.east.inspector, lines(1))).status).toBe(403);
    expect((await send(app.east.manager, 'x'.repeat(1_000_001))).status).toBe(413);
  });
});

describe('a winter gone by', () => {
  it('leaves the picture as it is, also where a station has nothing else', async () => {
    await clear();
    await app.root.manager.does(postReading, { body: { id: randomUUID(), at: at(0), temperatureC: -6 } });
    const before = (await app.east.dispatcher.snapshot()).weather;
    const winter = Array.from({ length: 48 }, (_, n) => `${at(-400 * DAY + n * hours(1))},-30`).join('\n');
    const taken = await send(app.east.manager, `at,temperatureC\n${winter}\n`);
    expect(taken.body).toMatchObject({ accepted: 48 });
    expect((await app.east.dispatcher.snapshot()).weather).toEqual(before);
    // history that reaches to yesterday: what is older than ten days is history, the rest is weather
    const recent = [-11 * DAY, -10 * DAY, -hours(3)].map((ms, n) => `${at(ms)},${String(-n)}`).join('\n');
    await expectReplay(app, () => send(app.east.manager, `at,temperatureC\n${recent}\n`));
    const own = (await app.east.dispatcher.snapshot()).weather.find(({ stationId }) => stationId === app.stations.east);
    expect(own?.readings.map(({ temperatureC }) => temperatureC)).toEqual([-2]);
  });

  it('is there for plans', async () => {
    const path = [app.stations.root, app.stations.east];
    const then = (ms: number): Date => new Date(app.clock.now().getTime() + ms);
    const old = await planReadings(app.database.knex, path, then(-401 * DAY), then(-390 * DAY));
    expect([old.length, old[0]?.temperatureC]).toEqual([48, -30]);
  });
});

describe('what plans and people read', () => {
  const reading = (ms: number, temperatureC: number, more: Partial<NewReading> = {}): NewReading => ({
    kind: 'observed',
    at: at(ms),
    temperatureC,
    windKmh: null,
    humidity: null,
    precipitation: 'none',
    precipitationMm: null,
    ...more,
  });
  const add = (stationId: string, readings: NewReading[]): Promise<number> =>
    runCommand(app.service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, (ctx) =>
      addReadings(ctx, stationId, 'feed', readings),
    );

  it('is the last word on each time, of the nearest station that has any, as it was known then', async () => {
    await clear();
    const { knex } = app.database;
    const path = [app.stations.root, app.stations.east];
    const ahead = { kind: 'forecast' as const };
    const [from, to] = [new Date(at(-DAY)), new Date(at(DAY))];
    expect(await planReadings(knex, path, from, to)).toEqual([]);
    await add(app.stations.root, [reading(hours(1), -1, ahead), reading(-hours(1), 2)]);
    const then = app.clock.now();
    app.clock.advance(minutes(5));
    await add(app.stations.root, [
      reading(minutes(55), -7, { ...ahead, windKmh: 20, precipitation: 'snow', precipitationMm: 2 }),
    ]);
    const values = async (knownAt?: Date) =>
      (await planReadings(knex, path, from, to, knownAt)).map(({ kind, temperatureC }) => [kind, temperatureC]);
    expect(await values()).toEqual([
      ['forecast', -7],
      ['observed', 2],
    ]);
    expect(await values(then)).toEqual([
      ['forecast', -1],
      ['observed', 2],
    ]);
    expect(await planReadings(knex, path, new Date(at(0)), to)).toEqual([
      {
        kind: 'forecast',
        at: at(minutes(55)),
        temperatureC: -7,
        windKmh: 20,
        precipitation: 'snow',
        precipitationMm: 2,
        receivedAt: app.clock.now().getTime(),
      },
    ]);
    await add(app.stations.east, [reading(0, -20)]);
    expect(await values()).toEqual([['observed', -20]]);
    expect(await values(then)).toEqual([
      ['forecast', -1],
      ['observed', 2],
    ]);
    expect(await weatherSource(knex, [app.stations.root, app.stations.west], from, to)).toBe(app.stations.root);
    const plan = await rows<{ 'QUERY PLAN': string }>(
      knex,
      `explain select distinct on (r.kind, r.at) r.kind, r.at from readings r where r.station_id = cast(:id as uuid) and r.kind in ('observed', 'forecast')
       and r.at between :from and :to order by r.kind, r.at, r.received_at desc`,
      { id: app.stations.root, from, to },
    );
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toMatch(/readings_(station_id|live)/);
  });

  it('is an outlook by hour and by the station’s days, with falls and what it feels like', async () => {
    await clear();
    // the clock stands at some full hour: from local midnight, five days back
    const start = new Date(app.clock.now());
    start.setUTCHours(16, 0, 0, 0);
    const midnight = start.getTime() > app.clock.now().getTime() ? start.getTime() - DAY : start.getTime();
    const on = (day: number, hour: number): number => midnight + day * DAY + hours(hour) - app.clock.now().getTime();
    await add(app.stations.root, [
      reading(on(-4, 6), 9),
      reading(on(-3, 6), 4),
      reading(on(-2, 6), -1),
      reading(on(-1, 6), -2.5, { windKmh: 30, precipitation: 'snow', precipitationMm: 1.5 }),
      reading(on(-1, 7), 3, { precipitation: 'rain', precipitationMm: 0.4 }),
      reading(on(1, 6), -12, { kind: 'forecast', windKmh: 40 }),
    ]);
    const outlook = await app.east.crew.does(readOutlook, {});
    expect(outlook).toMatchObject({
      stationId: app.stations.east,
      from: app.stations.root,
      heardAt: app.clock.now().toISOString(),
    });
    expect(outlook.days.map(({ minimumC, fall1K, fall2K, hours: known }) => [minimumC, fall1K, fall2K, known])).toEqual(
      [
        [4, 5, null, 1],
        [-1, 5, 10, 1],
        [-2.5, 1.5, 6.5, 2],
        [-12, null, 9.5, 1],
      ],
    );
    expect(outlook.days[2]).toMatchObject({ maximumC: 3, rainMm: 0.4, snowMm: 1.5, windKmh: 30 });
    expect(outlook.hours.map(({ kind }) => kind)).toEqual(['observed', 'observed', 'observed', 'observed', 'forecast']);
    expect(outlook.hours[2]?.feltC).toBeCloseTo(-9.5, 0);
    expect(await app.west.crew.call(readOutlook, { query: { stationId: app.stations.east } })).toMatchObject({
      status: 404,
    });
    await clear();
    expect(await app.east.crew.does(readOutlook, {})).toEqual({
      stationId: app.stations.east,
      from: null,
      heardAt: null,
      hours: [],
      days: [],
    });
  });
});

it('what is older than its station keeps goes', async () => {
  const db = app.database.knex;
  for (const [stationId, days] of [
    [app.stations.root, 799],
    [app.stations.root, 801],
    [app.stations.east, 801],
  ] as const)
    await rows(
      db,
      `insert into readings (id, station_id, kind, at, temperature_c, precipitation, source, received_at)
       values (cast(:id as uuid), cast(:stationId as uuid), 'observed', :at, 0, 'none', 'x', :now)`,
      { id: randomUUID(), stationId, at: at(-days * DAY), now: app.clock.now() },
    );
  const [job] = weatherJobs;
  if (!job || !('run' in job)) throw new Error('no such job');
  await runCommand(app.service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, job.run);
  expect(await count()).toBe(1);
});
