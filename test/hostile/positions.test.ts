/** Fixes: the malformed are refused, the implausible kept and marked, the foreign not found. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { row } from '../../server/db/rows.ts';
import { createLimits } from '../../server/http/limits.ts';
import { createDevice, createVehicle, readDeviceSetup, startPatrol } from '../../shared/patrols.ts';
import { takePositions } from '../../shared/positions.ts';
import { places, useApp } from '../kit/app.ts';
import { goOut } from '../kit/builders.ts';
import { json, type Refusal, refused, send, type Wire } from './wire.ts';

const app = useApp();

describe('P1 positions', () => {
  const fix = (patrolId: string, over: object = {}, secondsAgo = 0): Record<string, unknown> => ({
    patrolId,
    position: { type: 'Point', coordinates: places.eastNear },
    at: new Date(app.clock.now().getTime() - secondsAgo * 1000).toISOString(),
    ...over,
  });
  let patrolId = '';

  it('refuses what is malformed, the whole batch of it', async () => {
    patrolId = await goOut(app, [app.east.crew], null);
    const bad: [string, string, number][] = [
      ['NaN', JSON.stringify([fix(patrolId)]).replace(/\[108[^\]]*\]/, '[NaN,34]'), 400],
      ['infinite', JSON.stringify([fix(patrolId)]).replace(/\[108[^\]]*\]/, '[1e999,34]'), 422],
      [
        'out of range',
        JSON.stringify([fix(patrolId, { position: { type: 'Point', coordinates: [34.2, 108.9] } })]),
        422,
      ],
      ['speed below zero', JSON.stringify([fix(patrolId, { speedMps: -1 })]), 422],
      ['heading 361', JSON.stringify([fix(patrolId, { headingDeg: 361 })]), 422],
      ['battery 101', JSON.stringify([fix(patrolId, { battery: 101 })]), 422],
      ['no time', JSON.stringify([fix(patrolId, { at: 'now' })]), 422],
      ['unknown field', JSON.stringify([fix(patrolId, { stationId: app.stations.west })]), 422],
      ['one bad among good', JSON.stringify([fix(patrolId), fix(patrolId, { position: null })]), 422],
      ['nothing', '[]', 422],
      ['an object', JSON.stringify(fix(patrolId)), 422],
      ['too many', JSON.stringify(Array.from({ length: 2_001 }, () => fix(patrolId))), 422],
      ['too long', `[${' '.repeat(1_000_001)}]`, 413],
    ];
    for (const [name, body, status] of bad) {
      await refused(app, { path: '/api/positions', headers: json, as: app.east.crew, body }, { status }).catch(
        (error: unknown) => {
          throw new Error(name, { cause: error });
        },
      );
    }
  });

  it('takes and marks what is implausible, and moves nobody on the map for it', async () => {
    const tell = (...fixes: Record<string, unknown>[]): Promise<unknown> =>
      app.east.crew.call(takePositions, { body: fixes as never }).then(({ status, body }) => [status, body]);
    expect(await tell(fix(patrolId, {}, 60))).toEqual([202, { accepted: 1, marked: 0 }]);
    expect(await tell(fix(patrolId, {}, -86_400))).toEqual([202, { accepted: 1, marked: 1 }]);
    expect(await tell(fix(patrolId, {}, 3_600))).toEqual([202, { accepted: 1, marked: 1 }]);
    // 400 km/h: some 3.3 km in half a minute
    expect(
      await tell(
        fix(
          patrolId,
          { position: { type: 'Point', coordinates: [places.eastNear[0] + 0.036, places.eastNear[1]] } },
          30,
        ),
      ),
    ).toEqual([202, { accepted: 1, marked: 1 }]);
    expect(await tell(fix(patrolId, { position: { type: 'Point', coordinates: [0, 0] } }, 20))).toEqual([
      202,
      { accepted: 1, marked: 1 },
    ]);
    const latest = await row(
      app.database.knex,
      `select round(st_x(position)::numeric, 3)::float8 as lon from patrol_positions where patrol_id = cast(:patrolId as uuid)`,
      { patrolId },
    );
    expect(latest).toEqual({ lon: places.eastNear[0] });
    const { patrols } = await app.east.dispatcher.snapshot();
    expect(patrols.map(({ id }) => id)).toContain(patrolId);
  });

  it('finds no patrol of another station, nor one of another crew', async () => {
    const body = JSON.stringify([fix(patrolId)]);
    for (const as of [app.west.crew, app.west.dispatcher])
      await refused(app, { path: '/api/positions', headers: json, as, body }, { status: 404, code: 'not_found' });
    await refused(
      app,
      {
        path: '/api/positions',
        headers: json,
        as: app.east.crew,
        body: JSON.stringify([fix(patrolId), fix('6f1c1d2e-0000-4000-8000-000000000000')]),
      },
      { status: 404, code: 'not_found' },
    );
    await refused(app, { path: '/api/positions', headers: json, body }, { status: 401, code: 'unauthorized' });
  });
});

describe('P1 trackers', () => {
  const device = { uniqueId: 'van-1', token: '' };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const basic = (user: string, password: string): Record<string, string> => ({
    'content-type': 'application/json',
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });
  const open = '/osmand?id=van-1';

  it('refuses what is malformed and whom it does not know, and goes on', async () => {
    const [id, vehicleId] = [randomUUID(), randomUUID()];
    await app.east.manager.does(createVehicle, { body: { id: vehicleId, name: 'van', seats: 5 } });
    await app.east.manager.does(createDevice, { body: { id, uniqueId: device.uniqueId, vehicleId } });
    device.token = (await app.east.manager.does(readDeviceSetup, { params: { id }, body: {} })).token;
    await app.east.dispatcher.does(startPatrol, { body: { id: randomUUID(), vehicleId, crew: [], crewCount: 1 } });
    const right = basic(device.uniqueId, device.token);
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const bad: [string, Wire, Refusal][] = [
      ['no id', { method: 'GET', path: '/osmand?lat=1&lon=2' }, { status: 400, code: 'malformed', field: 'required' }],
      ['NaN', { method: 'GET', path: `${open}&lat=NaN&lon=2` }, { status: 400, code: 'malformed', field: 'type' }],
      [
        'out of range',
        { method: 'GET', path: `${open}&lat=108.9&lon=34` },
        { status: 400, code: 'malformed', field: 'lat_range' },
      ],
      [
        'lat twice',
        { method: 'GET', path: `${open}&lat=1&lat=2&lon=2` },
        { status: 400, code: 'malformed', field: 'array' },
      ],
      ['nested names', { method: 'GET', path: '/osmand?id[x]=van-1&lat=1&lon=2' }, { status: 400, code: 'malformed' }],
      ['a NUL', { method: 'GET', path: '/osmand?id=a%00b&lat=1&lon=2' }, { status: 400 }],
      ['half a percent', { method: 'GET', path: '/osmand?id=%E0%A4%A&lat=1&lon=2' }, { status: 400 }],
      ['half of an object', { path: '/osmand', headers: json, body: '{"id":' }, { status: 400, code: 'malformed' }],
      ['nested 50,000 times', { path: '/osmand', headers: json, body: deep }, { status: 400, code: 'malformed' }],
      [
        'prototype',
        { path: '/osmand', headers: json, body: '{"__proto__":{"id":"van-1"},"lat":1}' },
        { status: 400, code: 'malformed' },
      ],
      [
        'NUL in JSON',
        { path: '/osmand', headers: json, body: '{"id":"a\\u0000"}' },
        { status: 400, code: 'malformed', field: 'nul_char' },
      ],
      [
        'XML',
        { path: '/osmand', headers: { 'content-type': 'text/xml' }, body: '<id>van-1</id>' },
        { status: 400, code: 'malformed' },
      ],
      [
        'too long',
        { path: '/osmand', headers: form, body: `id=${'a'.repeat(1_000_001)}` },
        { status: 413, code: 'too_large' },
      ],
      [
        'no gzip',
        { path: '/osmand', headers: { ...form, 'content-encoding': 'gzip' }, body: 'x' },
        { status: 400, code: 'bad_encoding' },
      ],
      [
        'foo encoding',
        { path: '/osmand', headers: { ...form, 'content-encoding': 'foo' }, body: 'x' },
        { status: 415 },
      ],
      [
        'sql',
        { method: 'GET', path: "/osmand?id='%20or%201=1--&lat=1&lon=2" },
        { status: 400, code: 'unknown_device' },
      ],
      [
        'a long id',
        { method: 'GET', path: `/osmand?id=${'a'.repeat(5_000)}&lat=1&lon=2` },
        { status: 400, code: 'unknown_device' },
      ],
      ['another method', { method: 'DELETE', path: '/osmand' }, { status: 405 }],
      ['no name', { path: '/owntracks', headers: json, body: '{}' }, { status: 401, code: 'unauthorized' }],
      ['a wrong token', { path: '/owntracks', headers: basic('van-1', 'x'), body: '{}' }, { status: 401 }],
      ['no base64', { path: '/owntracks', headers: { authorization: 'Basic %%%' }, body: '{}' }, { status: 401 }],
      ['NUL in a name', { path: '/owntracks', headers: basic('a\u0000', 'x'), body: '{}' }, { status: 401 }],
      ['a session', { path: '/owntracks', headers: json, as: app.east.admin, body: '{}' }, { status: 401 }],
      [
        'no type',
        { path: '/owntracks', headers: right, body: '{"lat":1,"lon":2}' },
        { status: 400, code: 'malformed' },
      ],
      [
        'lat as a list',
        { path: '/owntracks', headers: right, body: '{"_type":"location","lat":[1],"lon":2}' },
        { status: 400, code: 'malformed', field: 'type' },
      ],
      [
        'a year without end',
        { path: '/owntracks', headers: right, body: '{"_type":"location","lat":1,"lon":2,"tst":1e30}' },
        { status: 400, code: 'malformed', field: 'format' },
      ],
    ];
    for (const [name, wire, refusal] of bad)
      await refused(app, wire, refusal).catch((error: unknown) => {
        throw new Error(name, { cause: error });
      });
  });

  it('has neither cookie nor origin to be used by another site, and shows no place to anybody', async () => {
    const fix = `${open}&lat=34.2611&lon=108.9422`;
    for (const headers of [{}, { origin: 'https://evil.tld' }, { cookie: app.east.admin.headers['cookie'] ?? '' }]) {
      const answer = await send(app, { path: fix, headers, body: '' });
      expect([answer.status, answer.text]).toEqual([200, '']);
    }
    for (const path of ['/osmand?id=van-1', '/osmand?id=van-1&lat=&lon=', `${fix}&command=position`]) {
      const answer = await send(app, { method: 'GET', path });
      expect([answer.status, answer.text]).toEqual([200, '']);
      expect(JSON.stringify(answer.headers)).not.toMatch(/34\.26|108\.94/);
    }
    expect(app.logged.join('\n')).not.toMatch(/34\.2611|108\.9422|van-1/);
  });
});

describe('limits for trackers', () => {
  it('hold one device and strangers, never a fleet behind one address', async () => {
    const limits = createLimits(true);
    for (let n = 0; n < 5_000; n += 1) {
      await limits.call('devices', `van-${String(n % 1_000)}`);
      await limits.strangerAllowed('203.0.113');
    }
    for (let n = 0; n < 600; n += 1) await limits.strangerCame('203.0.113');
    await expect(limits.strangerAllowed('203.0.113')).rejects.toMatchObject({ code: 'too_many' });
    await limits.strangerAllowed('198.51.100');
    // a queue of a night in one minute, and then it may wait
    const one = Array.from({ length: 2_995 }, () => limits.call('devices', 'van-0'));
    await Promise.all(one);
    await expect(limits.call('devices', 'van-0')).rejects.toMatchObject({ code: 'too_many' });
    await limits.call('devices', 'van-1');
  });
});
