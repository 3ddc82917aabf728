/** The first start: one link, once, makes the root station and the first administrator with a second factor. */
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { offerSetup } from '../../server/users/setup.ts';
import { listStations } from '../../shared/stations.ts';
import { signIn, whoAmI } from '../../shared/users.ts';
import { type EmptyService, startEmpty } from '../demo/service.ts';
import { useApp } from '../kit/app.ts';
import { DATABASE_HOOK_MS } from '../kit/database.ts';
import { person } from '../kit/people.ts';

const given = {
  station: '西安市救助管理站',
  zone: 'Asia/Urumqi',
  locale: 'zh-CN',
  number0: '120',
  service0: 'ambulance',
  number1: '110',
  service1: 'police',
  number2: '029-8526 1234',
  service2: 'station',
  number3: '',
  service3: 'ambulance',
  username: 'Admin',
  name: '李敏',
  password: 'a long enough one',
  again: 'a long enough one',
  totp: '000000',
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

  const get = (path: string, language = 'en'): Promise<Response> =>
    fetch(app.origin + path, { headers: { 'accept-language': language } });
  const post = (
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(app.origin + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', headers });
  /** The key that the page shows to be typed. */
  const keyOn = (page: string): string => (/<code class="key">([^<]+)</.exec(page)?.[1] ?? '').replaceAll(' ', '');
  const code = async (offsetS = 0): Promise<string> =>
    generateSync({ secret: keyOn(await (await get(link)).text()), epoch: Date.now() / 1000 + offsetS });
  const nothingYet = async (): Promise<void> => {
    expect(await rows(app.service.database.knex, `select id from stations`)).toEqual([]);
    expect(await rows(app.service.database.knex, `select id from users`)).toEqual([]);
  };

  it('has one link only, the newest, and says plainly when another is used', async () => {
    for (const wrong of [first, '/setup/guessed']) {
      const page = await get(wrong);
      expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
      expect(await page.text()).toContain('This link does not work');
    }
    const page = await get(link);
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toContain('no-store');
    // the path goes nowhere, but with no referrer at all a browser would send the form with `Origin: null`
    expect(page.headers.get('referrer-policy')).toBe('strict-origin');
    expect(await page.text()).toMatch(/<form id="setup" method="post"/);
    expect(await (await get(link, 'zh-CN')).text()).toContain('双重验证');
  });

  it('shows the same key again after a reload, as a picture and to be typed, and stores nothing of it', async () => {
    const [one, two] = [await (await get(link)).text(), await (await get(link)).text()];
    expect(keyOn(one)).toMatch(/^[A-Z2-7]{32}$/);
    expect(keyOn(two)).toBe(keyOn(one));
    expect(one).toMatch(/<img src="data:image\/svg\+xml,/);
    await nothingYet();
  });

  it.each([
    ['a short password', { password: 'short', again: 'short' }, 'password'],
    ['two passwords', { again: 'another long one' }, 'again'],
    ['no station', { station: ' ' }, 'station'],
    ['an unknown time zone', { zone: 'Asia/Nowhere' }, 'zone'],
    ['a name with spaces', { username: 'a b' }, 'username'],
    ['no own name', { name: '' }, 'name'],
    ['a number in words', { number1: 'the police' }, 'number1'],
    ['no number at all', { number0: '', number1: '', number2: '' }, 'number0'],
    ['a service of its own', { service0: 'taxi' }, 'number0'],
    ['no code', { totp: '' }, 'totp'],
    ['a code of words', { totp: 'abcdef' }, 'totp'],
    ['a code long gone', async () => ({ totp: await code(-600) }), 'totp'],
  ])('asks again after %s, at its field, and keeps what was typed', async (_what, wrong, field) => {
    const over = typeof wrong === 'function' ? await wrong() : wrong;
    const fields: Record<string, string> = { ...given, totp: await code(), ...over };
    const page = await post(link, fields, { 'accept-language': 'en' });
    expect(page.status).toBe(422);
    const text = await page.text();
    expect(text).toMatch(new RegExp(`<div class="errors" role="alert"[^]*<a href="#${field}">`));
    expect(text.match(/class="error"/g)).toHaveLength(1);
    expect(text).toContain(`id="${field}-error"`);
    const control = new RegExp(`<(input|select)\\s+id="${field}"[^>]*>`).exec(text)?.[0] ?? '';
    expect(control).toMatch(new RegExp(`aria-describedby="[^"]*${field}-error"`));
    expect(control).toContain('aria-invalid="true"');
    for (const kept of ['name', 'number2', 'username'])
      if (fields[kept]?.trim()) expect(text).toContain(`value="${fields[kept]}"`);
    for (const secret of ['a long enough one', 'another long one']) expect(text).not.toContain(secret);
    await nothingYet();
  });

  it("does nothing for another site's form", async () => {
    const fields = { ...given, totp: await code() };
    expect((await post(link, fields, { origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await post(first, fields)).status).toBe(404);
    expect((await get(link)).status).toBe(200);
  });

  it('warns where nobody could sign in: plain http on another machine', async () => {
    const said = 'You are on plain http';
    expect(await (await get(link)).text()).not.toContain(said);
    // the address that a browser on another machine would have used
    const { hostname, port } = new URL(app.origin);
    const { request } = await import('node:http');
    const text = await new Promise<string>((resolve, reject) => {
      const asked = request(
        { hostname, port, path: link, headers: { host: 'warmpath.city.example', 'accept-language': 'en' } },
        (answer) => {
          let page = '';
          answer.on('data', (part: Buffer) => (page += part.toString()));
          answer.on('end', () => {
            resolve(page);
          });
        },
      );
      asked.on('error', reject);
      asked.end();
    });
    expect(text).toContain(said);
  });

  it('sets up once, also when sent twice at once, and lets the administrator in', async () => {
    const fields = { ...given, totp: await code() };
    const answers = await Promise.all([post(link, fields), post(link, fields)]);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 410]);
    const [done, late] = answers.sort((a, b) => a.status - b.status);
    expect(late?.headers.get('set-cookie')).toBeNull();
    const page = (await done?.text()) ?? '';
    const codes = [...page.matchAll(/<code>([a-z2-9]{4}-[a-z2-9]{4})<\/code>/g)].map(([, each]) => each ?? '');
    expect(new Set(codes).size).toBe(10);
    expect(page).toContain('href="/admin"');
    expect(done?.headers.get('cache-control')).toContain('no-store');
    const cookie = done?.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    expect(cookie).toMatch(/^__Host-sid=/);
    const admin = person(app.origin, { id: '', role: 'admin', stationId: '', cookie });
    expect(await admin.does(whoAmI)).toMatchObject({
      user: { username: 'admin', name: given.name, role: 'admin', secondFactor: true },
      mustEnrol: false,
    });
    const { items } = await admin.does(listStations);
    expect(items).toMatchObject([{ name: given.station, parentId: null, timeZone: given.zone, locale: given.locale }]);

    // the code that set it up is used; a recovery code lets in once
    const anyone = person(app.origin, { id: '', role: 'public', stationId: '', cookie: null });
    const enter = (totp?: string) =>
      anyone.call(signIn, {
        body: { username: 'admin', password: given.password, ...(totp === undefined ? {} : { totp }) },
      });
    expect((await enter()).body).toMatchObject({ code: 'totp_required' });
    expect((await enter(fields.totp)).body).toMatchObject({ code: 'totp_wrong' });
    expect((await enter(codes[0])).status).toBe(200);
    expect((await enter(codes[0])).status).toBe(401);
  });

  it('has laid the numbers over the default, and shows them to everybody', async () => {
    const own = await row<{ value: unknown }>(
      app.service.database.knex,
      `select value from rules where key = 'emergency.numbers' and station_id is not null`,
    );
    expect(own?.value).toEqual([
      { number: '120', service: 'ambulance' },
      { number: '110', service: 'police' },
      { number: '029-8526 1234', service: 'station' },
    ]);
    expect(await (await get('/report')).text()).toContain('href="tel:02985261234"');
  });

  it('says that the link has been used', async () => {
    for (const page of [await get(link), await post(link, given, { 'accept-language': 'en' }), await get(first)]) {
      expect([page.status, page.headers.get('content-type')]).toEqual([410, 'text/html; charset=utf-8']);
      expect(await page.text()).toContain('This link has been used');
    }
    expect(await offerSetup(app.service)).toBeNull();
  });
});

describe('the link’s secret', () => {
  const app = useApp();
  it('is in no log', async () => {
    await app.anyone.fetch('/setup/very-secret-words');
    await app.anyone.fetch('/setup/very-secret-words', { method: 'POST', body: new URLSearchParams(given) });
    const lines = app.logged.filter((line) => line.includes('/setup/'));
    expect(lines.map((line) => /"route":"([^"]+)"/.exec(line)?.[1])).toEqual(['/setup/:token', '/setup/:token']);
    expect(app.logged.join('\n')).not.toContain('very-secret-words');
  });
});
