/** The first start: one link, once, makes the root station and the first administrator. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offerSetup } from '../../server/users/setup.ts';
import { listStations } from '../../shared/stations.ts';
import { signIn } from '../../shared/users.ts';
import { type EmptyService, startEmpty } from '../demo/service.ts';
import { DATABASE_HOOK_MS } from '../kit/database.ts';
import { person } from '../kit/people.ts';

const given = {
  station: '西安市救助管理站',
  zone: 'Asia/Shanghai',
  locale: 'zh-CN',
  username: 'Admin',
  name: '李敏',
  password: 'a long enough one',
};

describe('setting up', () => {
  let app: EmptyService;
  let first: string;
  let link: string;
  beforeAll(async () => {
    app = await startEmpty(async (service) => {
      first = String(await offerSetup(service));
      link = String(await offerSetup(service));
    });
  }, DATABASE_HOOK_MS);
  afterAll(() => app.stop(), DATABASE_HOOK_MS);

  const get = (path: string): Promise<Response> => fetch(app.origin + path);
  const post = (
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(app.origin + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', headers });

  it('has one link only, the newest', async () => {
    expect((await get(first)).status).toBe(404);
    expect((await get('/setup/guessed')).status).toBe(404);
    const page = await get(link);
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toContain('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await page.text()).toMatch(/<form method="post"/);
  });

  it.each([
    ['a short password', { password: 'short' }],
    ['no station', { station: ' ' }],
    ['an unknown time zone', { zone: 'Asia/Nowhere' }],
    ['a name with spaces', { username: 'a b' }],
  ])('asks again after %s', async (_what, wrong) => {
    const page = await post(link, { ...given, ...wrong });
    expect(page.status).toBe(422);
    expect(await page.text()).toMatch(/role="alert"/);
  });

  it("does nothing for another site's form", async () => {
    expect((await post(link, given, { origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await post(first, given)).status).toBe(404);
    expect((await get(link)).status).toBe(200);
  });

  it('sets up once, also when sent twice at once', async () => {
    const answers = await Promise.all([post(link, given), post(link, given)]);
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
    expect(statuses).toEqual([303, 404]);
    expect(answers.find(({ status }) => status === 303)?.headers.get('location')).toBe('/desk');
    expect((await get(link)).status).toBe(404);
    expect((await post(link, given)).status).toBe(404);
    expect(await offerSetup(app.service)).toBeNull();
  });

  it('lets the administrator in, above one station', async () => {
    const anyone = person(app.origin, { id: '', role: 'public', stationId: '', cookie: null });
    const { status, body, headers } = await anyone.call(signIn, {
      body: { username: 'admin', password: given.password },
    });
    expect(status).toBe(200);
    expect(body.user).toMatchObject({ username: 'admin', name: given.name, role: 'admin' });
    const cookie = headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const admin = person(app.origin, { id: body.user.id, role: 'admin', stationId: body.user.stationId, cookie });
    const { items } = await admin.does(listStations);
    expect(items).toMatchObject([{ name: given.station, parentId: null, timeZone: given.zone, locale: given.locale }]);
  });
});
