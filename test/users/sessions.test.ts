/** Sessions, the devices they are on, and why they end. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { deviceWords } from '../../server/users/device-words.ts';
import { readHealth } from '../../shared/live.ts';
import { createUser, listSessions, revokeSession, signIn, signOut, updateUser, whoAmI } from '../../shared/users.ts';
import { useApp } from '../kit/app.ts';
import { minutes } from '../kit/clock.ts';
import { person, type Person } from '../kit/people.ts';

const app = useApp();
const PASSWORD = 'a cold night, a warm bed';
const ANDROID =
  'Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36';

async function somebody(role: 'crew' | 'admin' = 'crew'): Promise<{ id: string; username: string }> {
  const id = randomUUID();
  const username = `u-${id}`;
  await app.east.admin.does(createUser, {
    body: { id, stationId: app.stations.east, username, name: 'Somebody', role, password: PASSWORD },
  });
  return { id, username };
}
/** Signs in on a device; with `before`, on one that has a session already. */
async function enter(username: string, before: Person | null = null): Promise<Person> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-requested-with': 'warmpath',
    'user-agent': ANDROID,
  };
  if (before?.cookie) headers['cookie'] = before.cookie;
  const response = await fetch(`${app.url}${signIn.path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ username, password: PASSWORD }),
  });
  expect(response.status).toBe(200);
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
  return person(app.url, { id: '', role: 'crew', stationId: app.stations.east, cookie });
}
const devices = async (who: Person, id: string) => (await who.does(listSessions, { params: { id } })).items;
const refusal = async (who: Person): Promise<unknown> => {
  const { status, body } = await who.call(whoAmI);
  return [status, (body as unknown as { code: string }).code];
};

describe('the list of devices', () => {
  it('names where somebody is signed in, to oneself and to those who look after the area', async () => {
    const { id, username } = await somebody();
    const phone = await enter(username);
    app.clock.advance(minutes(1));
    const tablet = await enter(username);
    const own = await devices(tablet, id);
    expect(own.map(({ device, current }) => [device, current])).toEqual([
      ['Chrome · Android', true],
      ['Chrome · Android', false],
    ]);
    for (const who of [app.east.manager, app.root.admin])
      expect((await devices(who, id)).map(({ current }) => current)).toEqual([false, false]);
    for (const who of [app.west.admin, app.east.dispatcher, app.east.crew])
      expect((await who.call(listSessions, { params: { id } })).status).toBe(404);
    // the same device again is no further one
    await enter(username, phone);
    expect(await devices(tablet, id)).toHaveLength(2);
    expect(await refusal(phone)).toEqual([401, 'unauthorized']);
    await rows(app.database.knex, `update sessions set expires_at = :now where user_id = cast(:id as uuid)`, {
      id,
      now: app.clock.now(),
    });
    expect(await devices(app.east.admin, id)).toEqual([]);
  });

  it('does not let a manager look after an admin', async () => {
    const { id, username } = await somebody('admin');
    const boss = await enter(username);
    const [device] = await devices(boss, id);
    expect((await app.east.manager.call(listSessions, { params: { id } })).status).toBe(404);
    const tried = await app.east.manager.call(revokeSession, { params: { id: device?.id ?? '' } });
    expect(tried.status).toBe(404);
    expect(await refusal(boss)).toEqual([200, undefined]);
  });
});

describe('a session that ended', () => {
  it('says whether the device was taken out of service', async () => {
    const { id, username } = await somebody();
    const left = await enter(username);
    await left.does(signOut);
    expect(await refusal(left)).toEqual([401, 'unauthorized']);

    const lost = await enter(username);
    const kept = await enter(username);
    const [, first] = (await devices(kept, id)).sort((a, b) => Number(b.current) - Number(a.current));
    const ended = await app.east.manager.does(revokeSession, { params: { id: first?.id ?? '' } });
    expect(ended).toMatchObject({ id: first?.id, revokedAt: app.clock.now().toISOString() });
    expect(await refusal(lost)).toEqual([401, 'session_revoked']);
    // what is open to all stays so
    expect((await lost.call(readHealth)).status).toBe(200);
    expect(await refusal(kept)).toEqual([200, undefined]);
    // again it says the same, and a session that somebody left is not revoked afterwards
    expect(await app.east.manager.does(revokeSession, { params: { id: first?.id ?? '' } })).toEqual(ended);
    // a page of it says so as well, so that the device deletes what it keeps
    const page = await lost.fetch('/crew');
    expect(await page.text()).toContain('"revoked":true');
    expect(await (await left.fetch('/crew')).text()).toContain('"revoked":false');

    const user = await app.east.admin.does(updateUser, {
      params: { id },
      body: { version: 1, name: 'Renamed', role: 'crew' },
    });
    expect(await refusal(kept)).toEqual([401, 'unauthorized']);
    const last = await enter(username);
    await app.east.admin.does(updateUser, { params: { id }, body: { version: user.version, active: false } });
    expect(await refusal(last)).toEqual([401, 'session_revoked']);
    expect(await refusal(left)).toEqual([401, 'session_revoked']);
  });
});

describe('what a browser says it is', () => {
  it.each([
    [ANDROID, 'Chrome · Android'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Safari · iPhone',
    ],
    [
      'Mozilla/5.0 (Linux; Android 12; HarmonyOS; ALN-AL00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0 Mobile Safari/537.36',
      'Huawei Browser · HarmonyOS',
    ],
    [
      'Mozilla/5.0 (Linux; Android 13; V2231A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.50',
      'WeChat · Android',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0',
      'Edge · Windows',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0', 'Firefox · Linux'],
    ['curl/8.5.0', null],
    [undefined, null],
    ['x'.repeat(100_000), null],
  ])('%s', (said, words) => {
    expect(deviceWords(said)).toBe(words);
  });
});
