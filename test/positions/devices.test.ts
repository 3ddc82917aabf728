/** Trackers end to end: what they send, what is stored of it, and what they are told (nothing). */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { one, rows } from '../../server/db/rows.ts';
import {
  createDevice,
  createVehicle,
  listDevices,
  readDeviceSetup,
  startPatrol,
  updateDevice,
  updatePatrol,
} from '../../shared/patrols.ts';
import { readTrack } from '../../shared/positions.ts';
import { places, useApp } from '../kit/app.ts';
import { hours, minutes } from '../kit/clock.ts';

const app = useApp();
const [lon, lat] = places.eastNear;
const seconds = (count: number): number => count * 1000;

interface Van {
  vehicleId: string;
  deviceId: string;
  uniqueId: string;
}
async function van(over: { speedUnit?: 'mps' | 'kmh' | 'kn' | 'mph'; tokenRequired?: boolean } = {}): Promise<Van> {
  const [vehicleId, deviceId] = [randomUUID(), randomUUID()];
  const uniqueId = `van-${deviceId.slice(0, 8)}`;
  await app.east.manager.does(createVehicle, { body: { id: vehicleId, name: uniqueId, seats: 5 } });
  await app.east.manager.does(createDevice, { body: { id: deviceId, uniqueId, vehicleId, ...over } });
  return { vehicleId, deviceId, uniqueId };
}
async function outing({ vehicleId }: Van): Promise<string> {
  const id = randomUUID();
  await app.east.dispatcher.does(startPatrol, { body: { id, vehicleId, crew: [], crewCount: 2 } });
  return id;
}
const end = (id: string) => app.east.dispatcher.does(updatePatrol, { params: { id }, body: { status: 'ended' } });
const track = async (id: string) => (await app.east.dispatcher.does(readTrack, { params: { id } })).items;
const deviceRow = async ({ deviceId }: Van) => {
  const { items } = await app.east.manager.does(listDevices, { query: { limit: '500' } });
  const found = items.find(({ id }) => id === deviceId);
  if (!found) throw new Error('no such device');
  return found;
};
const setup = ({ deviceId }: Van, renew = false) =>
  app.east.manager.does(readDeviceSetup, { params: { id: deviceId }, body: { renew } });
const secondsAgo = (ago: number): number => Math.floor(app.clock.now().getTime() / 1000) - ago;
const get = (fields: Record<string, string | number>, headers: Record<string, string> = {}) =>
  app.anyone.fetch(`/osmand?${new URLSearchParams(fields as Record<string, string>).toString()}`, { headers });
const post = (body: string, type: string, query = '') =>
  app.anyone.fetch(`/osmand${query}`, { method: 'POST', body, headers: { 'content-type': type } });
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const own = (headers: Record<string, string>, body: string) =>
  app.anyone.fetch('/owntracks', { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
const json = 'application/json';

describe('OsmAnd and Traccar', () => {
  it.each([
    ['mps', 10, 10],
    ['kmh', 36, 10],
    ['kn', 10, 5.144],
    ['mph', 10, 4.47],
  ] as const)('speed in %s', async (speedUnit, speed, mps) => {
    const device = await van({ speedUnit });
    const patrol = await outing(device);
    expect((await get({ id: device.uniqueId, lat, lon, timestamp: secondsAgo(0), speed })).status).toBe(200);
    // the JSON of Traccar Client says m/s whatever the device's unit is
    const location = { timestamp: secondsAgo(-1), coords: { latitude: lat, longitude: lon, speed: 3 } };
    expect((await post(JSON.stringify({ device_id: device.uniqueId, location }), json)).status).toBe(200);
    expect((await track(patrol)).map((point) => point.speedMps)).toEqual([expect.closeTo(mps, 2), 3]);
  });

  it('stores a row of each form, and answers with nothing at all', async () => {
    const device = await van();
    const patrol = await outing(device);
    app.clock.advance(minutes(5));
    const id = device.uniqueId;
    const iso = (ago: number): string => new Date(secondsAgo(ago) * 1000).toISOString();
    const answers = [
      await get({ id, lat, lon, timestamp: secondsAgo(90), accuracy: 5, batt: 80, bearing: 90, hdop: 1, event: 'x' }),
      await get({ deviceid: id, location: `${String(lat)},${String(lon)}`, timestamp: secondsAgo(80) * 1000 }),
      await get({ id, lat, lon, timestamp: iso(70).slice(0, 19).replace('T', ' ') }),
      await post(
        `id=${id}&lat=${String(lat)}&lon=${String(lon)}&timestamp=${iso(60)}`,
        'application/x-www-form-urlencoded',
      ),
      await post(
        '',
        'application/x-www-form-urlencoded',
        `?id=${id}&lat=${String(lat)}&lon=${String(lon)}&timestamp=${iso(50)}`,
      ),
      await post(JSON.stringify({ id, lat, lon, timestamp: iso(40) }), 'text/plain'),
      await post(
        JSON.stringify(
          [30, 20].map((ago) => ({
            device_id: id,
            location: {
              timestamp: iso(ago),
              coords: { latitude: lat, longitude: lon, speed: -1, heading: -1, accuracy: -1 },
            },
          })),
        ),
        json,
      ),
      // not where it is: on nobody's map, and no reason to jam its queue
      await get({ id, lat: 0, lon: 0, timestamp: secondsAgo(10) }),
      await get({ id, lat, lon, timestamp: secondsAgo(-86_400) }),
      await get({ id, lat, lon: lon + 1, timestamp: secondsAgo(5) }),
      await get({ id, lat, lon, timestamp: secondsAgo(4), valid: 'false' }),
      // only that it is there
      await get({ id, batt: 79 }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe('');
    }
    expect((await track(patrol)).map((point) => [point.at, point.marks])).toEqual([
      ...[90, 80, 70, 60, 50, 40, 30, 20].map((ago) => [iso(ago), []]),
      [iso(10), ['speed', 'zero_island']],
      [iso(5), ['speed']],
      [iso(4), ['accuracy']],
      [iso(-86_400), ['future']],
    ]);
    const stored = await one<Record<string, number | null>>(
      app.database.knex,
      `select accuracy_m as accuracy, battery, heading_deg as heading from positions where patrol_id = cast(:patrol as uuid) and at = :at`,
      { patrol, at: iso(90) },
    );
    expect(stored).toEqual({ accuracy: 5, battery: 80, heading: 90 });
  });

  it('a queue of 500 replayed in any order, twice, is stored once', async () => {
    const device = await van();
    const patrol = await outing(device);
    app.clock.advance(hours(1));
    const fixes = Array.from({ length: 500 }, (_none, n) => ({
      key: (n * 7_919) % 500,
      fields: { id: device.uniqueId, lat, lon: lon + n / 10_000, timestamp: secondsAgo((500 - n) * 5) },
    })).sort((a, b) => a.key - b.key);
    for (let round = 0; round < 2; round += 1)
      for (let n = 0; n < fixes.length; n += 20)
        for (const answer of await Promise.all(fixes.slice(n, n + 20).map(({ fields }) => get(fields))))
          expect(answer.status).toBe(200);
    const points = await track(patrol);
    expect(points.map((point) => point.position.coordinates[0])).toEqual(
      Array.from({ length: 500 }, (_none, n) => expect.closeTo(lon + n / 10_000, 9) as number),
    );
    expect(points.filter(({ marks }) => marks.some((mark) => mark !== 'backwards'))).toEqual([]);
    const latest = await one<{ lon: number }>(
      app.database.knex,
      `select st_x(position) as lon from patrol_positions where patrol_id = cast(:patrol as uuid)`,
      { patrol },
    );
    expect(latest.lon).toBeCloseTo(lon + 499 / 10_000, 9);
  });

  it('a fix belongs to the outing its vehicle was on at that time; off duty nothing is stored', async () => {
    const device = await van();
    const times: Record<string, number> = {};
    const note = (name: string): void => {
      app.clock.advance(minutes(10));
      times[name] = secondsAgo(0);
      app.clock.advance(minutes(10));
    };
    note('before');
    const first = await outing(device);
    note('first');
    await end(first);
    note('between');
    const second = await outing(device);
    note('second');
    for (const timestamp of Object.values(times).reverse())
      expect((await get({ id: device.uniqueId, lat, lon, timestamp })).status).toBe(200);
    const at = (name: string): string => new Date((times[name] ?? 0) * 1000).toISOString();
    expect((await track(first)).map((point) => point.at)).toEqual([at('first')]);
    expect((await track(second)).map((point) => point.at)).toEqual([at('second')]);
    await end(second);
    app.clock.advance(minutes(1));
    expect((await get({ id: device.uniqueId, lat, lon, batt: 33 })).status).toBe(200);
    expect(await track(second)).toHaveLength(1);
    // it was heard of all the same
    expect(await deviceRow(device)).toMatchObject({
      lastSeenAt: app.clock.now().toISOString(),
      battery: 33,
      version: 1,
    });
    // bound to an outing itself
    const third = await outing(device);
    const box = await van();
    await app.east.manager.does(updateDevice, {
      params: { id: box.deviceId },
      body: { version: 1, vehicleId: null, patrolId: third },
    });
    await get({ id: box.uniqueId, lat, lon });
    expect(await track(third)).toHaveLength(1);
  });

  it('is heard of at most every ten seconds, and its patrol with it', async () => {
    const device = await van();
    const patrol = await outing(device);
    const first = app.clock.now().toISOString();
    await get({ id: device.uniqueId, batt: 90 });
    app.clock.advance(seconds(9));
    await get({ id: device.uniqueId, batt: 89 });
    expect(await deviceRow(device)).toMatchObject({ lastSeenAt: first, battery: 90 });
    app.clock.advance(seconds(1));
    await get({ id: device.uniqueId });
    expect(await deviceRow(device)).toMatchObject({
      lastSeenAt: app.clock.now().toISOString(),
      battery: 90,
      version: 1,
    });
    const heard = await one<{ at: Date; tracking: string | null; battery: number }>(
      app.database.knex,
      `select at, tracking, battery from patrol_heartbeats where patrol_id = cast(:patrol as uuid)`,
      { patrol },
    );
    expect(heard).toEqual({ at: app.clock.now(), tracking: null, battery: 90 });
    expect(await track(patrol)).toEqual([]);
  });

  it('unknown, out of use, without its token or with a wrong one: 400 unknown_device, and nothing stored', async () => {
    const [open, closed, off] = await Promise.all([van(), van({ tokenRequired: true }), van()]);
    const patrols = await Promise.all([open, closed, off].map(outing));
    await app.east.manager.does(updateDevice, { params: { id: off.deviceId }, body: { version: 1, active: false } });
    const { token, osmandUrl } = await setup(closed);
    const refused = async (answer: Response): Promise<void> => {
      expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'unknown_device' }]);
    };
    await refused(await get({ id: 'nobody', lat, lon }));
    await refused(await get({ id: off.uniqueId, lat, lon }));
    await refused(await get({ id: closed.uniqueId, lat, lon }));
    await refused(await get({ id: closed.uniqueId, lat, lon, token: 'x' }));
    await refused(await get({ id: open.uniqueId, lat, lon, token }));
    await refused(await get({ id: closed.uniqueId, lat, lon }, basic(closed.uniqueId, 'wrong')));
    const good = { device_id: open.uniqueId, location: { coords: { latitude: lat, longitude: lon } } };
    const answer = await post(JSON.stringify([good, { ...good, device_id: 'nobody' }]), json);
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { code: 'unknown_device', errors: [{ path: '/1/device_id' }] },
    ]);
    for (const patrol of patrols) expect(await track(patrol)).toEqual([]);
    // by each way that is right
    const at = { lat, lon };
    expect((await get({ id: closed.uniqueId, token, ...at, timestamp: secondsAgo(3) })).status).toBe(200);
    expect(
      (await get({ id: closed.uniqueId, ...at, timestamp: secondsAgo(2) }, basic(closed.uniqueId, token))).status,
    ).toBe(200);
    const { pathname, search } = new URL(osmandUrl);
    expect((await post(JSON.stringify({ ...good, device_id: closed.uniqueId }), json, search)).status).toBe(200);
    expect([pathname, search]).toEqual(['/osmand', `?token=${token}`]);
    expect(await track(patrols[1] ?? '')).toHaveLength(1);
  });
});

describe('OwnTracks', () => {
  it('keeps locations, hears of all else, and answers an empty list', async () => {
    const device = await van();
    const patrol = await outing(device);
    app.clock.advance(minutes(2));
    const { token } = await setup(device);
    const headers = basic(device.uniqueId, token);
    const location = (ago: number, over: object = {}): object => ({
      _type: 'location',
      tid: 'v1',
      lat,
      lon,
      acc: 10,
      batt: 66,
      tst: secondsAgo(ago),
      vel: 36,
      cog: 90,
      ...over,
    });
    const sent = [
      JSON.stringify(location(20)),
      JSON.stringify([location(10), { _type: 'lwt', tst: 1 }]),
      JSON.stringify({ _type: 'transition', event: 'enter', lat: 1, lon: 1, tst: secondsAgo(5) }),
      JSON.stringify({ _type: 'encrypted', data: 'x' }),
      JSON.stringify({ _type: 'status' }),
      '',
      '[]',
      // 400 km/h by its own word
      JSON.stringify(location(1, { vel: 400 })),
    ];
    for (const body of sent) {
      const answer = await own(headers, body);
      expect([answer.status, await answer.json()]).toEqual([200, []]);
    }
    expect((await track(patrol)).map((point) => [point.speedMps, point.marks])).toEqual([
      [10, []],
      [10, []],
      [expect.closeTo(111.1, 1), ['speed']],
    ]);
    expect(await deviceRow(device)).toMatchObject({ battery: 66, lastSeenAt: app.clock.now().toISOString() });
    for (const body of ['{', '5', '{"lat":1}', '{"_type":"location","lat":91,"lon":1}']) {
      const answer = await own(headers, body);
      expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'malformed' }]);
    }
  });

  it('wants the token of the device', async () => {
    const device = await van();
    const { token } = await setup(device);
    for (const headers of [
      {},
      basic(device.uniqueId, 'wrong'),
      basic(device.uniqueId, ''),
      basic('nobody', token),
      { authorization: `Bearer ${token}` },
    ]) {
      const answer = await own(headers, '');
      expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'unauthorized' }]);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    }
    // typed in capitals
    expect((await own(basic(device.uniqueId, token.toUpperCase()), '')).status).toBe(200);
    const renewed = await setup(device, true);
    expect(renewed.token).not.toBe(token);
    expect(renewed.version).toBe(2);
    expect((await own(basic(device.uniqueId, token), '')).status).toBe(401);
    expect((await own(basic(device.uniqueId, renewed.token), '')).status).toBe(200);
  });
});

describe('the set-up of a device', () => {
  it('is the same each time, has its addresses and pictures, and is stored nowhere', async () => {
    const device = await van();
    const first = await setup(device);
    expect(await setup(device)).toEqual(first);
    expect(first).toMatchObject({
      uniqueId: device.uniqueId,
      osmandUrl: `${app.url}/osmand`,
      owntracksUrl: `${app.url}/owntracks`,
    });
    expect(first.token).toMatch(/^[0-9a-hjkmnp-tv-z]{20}$/);
    for (const picture of [first.osmandQr, first.owntracksQr]) expect(picture).toMatch(/^data:image\/svg\+xml,%3Csvg/);
    const [held] = await rows<{ found: boolean }>(
      app.database.knex,
      `select exists (select 1 from devices d where d::text like :token) or exists (select 1 from audit a where a::text like :token)
         or exists (select 1 from idempotency_keys k where k::text like :token) as found`,
      { token: `%${first.token}%` },
    );
    expect(held?.found).toBe(false);
    const other = await setup(await van());
    expect(other.token).not.toBe(first.token);
    // the log has patterns, never a query
    expect(app.logged.join('\n')).not.toContain(first.token);
  });
});
