/** Who may come in, and for how long. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { createUser, signIn, signOut, updateUser, whoAmI } from '../../shared/users.ts';
import { useApp } from '../kit/app.ts';
import { hours } from '../kit/clock.ts';
import { person, type Person } from '../kit/people.ts';

const app = useApp();
const insecure = useApp({ config: { publicOrigin: 'http://example' } });
const PASSWORD = 'a cold night, a warm bed';
const newUser = async (over: object = {}, by = app.root.admin) => {
  const username = `u-${randomUUID()}`;
  const user = await by.does(createUser, {
    body: {
      id: randomUUID(),
      stationId: app.stations.east,
      username,
      name: 'Someone',
      role: 'dispatcher',
      password: PASSWORD,
      ...over,
    } as never,
  });
  return user;
};
const enter = (username: string, password = PASSWORD, cookie: string | null = null) =>
  person(app.url, { id: '', role: 'public', stationId: '', cookie }).call(signIn, { body: { username, password } });
const cookieOf = (headers: Headers): string => headers.get('set-cookie')?.split(';')[0] ?? '';
const withCookie = (cookie: string): Person => person(app.url, { id: '', role: 'dispatcher', stationId: '', cookie });
const status = async (who: Person): Promise<number> => (await who.call(whoAmI)).status;

describe('signing in', () => {
  it('gives a session in a cookie no script can read, and says who one is', async () => {
    const user = await newUser();
    expect(JSON.stringify(user)).not.toContain(PASSWORD);
    const { status: code, body, headers } = await enter(` ${user.username.toUpperCase()} `);
    expect([code, body]).toMatchObject([
      200,
      {
        user: { id: user.id, role: 'dispatcher', active: true },
        patrolId: null,
        expiresAt: new Date(app.clock.now().getTime() + hours(16)).toISOString(),
      },
    ]);
    const cookie = headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /^__Host-sid=[\w-]{43}; Max-Age=57600; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect((await withCookie(cookieOf(headers)).does(whoAmI)).user).toEqual(user);
    const stored = JSON.stringify([
      await rows(app.database.knex, `select * from sessions`),
      await rows(app.database.knex, `select password_hash from users where id = cast(:id as uuid)`, { id: user.id }),
    ]);
    expect(stored).toContain('$argon2id$');
    expect([stored.includes(PASSWORD), stored.includes(cookieOf(headers).slice(11))]).toEqual([false, false]);
  });

  it('gives a new secret each time, whatever cookie came with it', async () => {
    const user = await newUser();
    const planted = `__Host-sid=${'A'.repeat(43)}`;
    const [first, second] = [await enter(user.username, PASSWORD, planted), await enter(user.username)];
    const cookies = [cookieOf(first.headers), cookieOf(second.headers)];
    expect(new Set([...cookies, planted]).size).toBe(3);
    expect(await status(withCookie(planted))).toBe(401);
    expect(await Promise.all(cookies.map((each) => status(withCookie(each))))).toEqual([200, 200]);
  });

  it('says the same to a wrong password, an unknown name and one who has left', async () => {
    const user = await newUser();
    const gone = await newUser();
    await app.root.admin.does(updateUser, { params: { id: gone.id }, body: { version: 1, active: false } });
    const answers = await Promise.all([
      enter(user.username, 'a wrong password'),
      enter(`nobody-${randomUUID()}`),
      enter(gone.username),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(answer.body).toEqual(answers[0]?.body);
    }
  });

  it('refuses an absurd password before any work', async () => {
    const from = performance.now();
    const { status: code, body } = await enter('somebody', 'x'.repeat(90_000));
    expect([code, body]).toMatchObject([422, { errors: [{ path: '/password', code: 'range' }] }]);
    expect(performance.now() - from).toBeLessThan(1_000);
  });

  it('is held back after five failures, also when they come at once, and for the right password too', async () => {
    const user = await newUser();
    const tries = await Promise.all(Array.from({ length: 12 }, () => enter(user.username, 'a wrong password')));
    expect(tries.map((each) => each.status).sort()).toEqual([
      ...Array<number>(5).fill(401),
      ...Array<number>(7).fill(429),
    ]);
    const held = await enter(user.username);
    expect([held.status, held.body]).toMatchObject([429, { code: 'too_many' }]);
    expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await enter((await newUser()).username)).status).toBe(200);
  });

  it('is refused where a cookie cannot be kept safe', async () => {
    const { status: code, body } = await insecure.anyone.call(signIn, {
      body: { username: 'admin', password: PASSWORD },
    });
    expect([code, body]).toMatchObject([403, { code: 'insecure_transport' }]);
  });
});

describe('a session', () => {
  const session = async (): Promise<{ user: Awaited<ReturnType<typeof newUser>>; who: Person }> => {
    const user = await newUser();
    return { user, who: withCookie(cookieOf((await enter(user.username)).headers)) };
  };
  it('ends by leaving', async () => {
    const { who } = await session();
    const left = await who.call(signOut);
    expect(left.status).toBe(200);
    expect(left.headers.get('set-cookie')).toMatch(/^__Host-sid=;/);
    expect(await status(who)).toBe(401);
  });

  it.each([
    ['a new password', { password: 'another long one' }, 401],
    ['leaving the service', { active: false }, 401],
    ['another role', { role: 'manager' as const }, 401],
    ['another station', () => ({ stationId: app.stations.west }), 401],
    ['another name', { name: 'New Name' }, 200],
  ])('with %s', async (_name, over, wanted) => {
    const { user, who } = await session();
    const changed = await app.root.admin.does(updateUser, {
      params: { id: user.id },
      body: { version: 1, ...(typeof over === 'function' ? over() : over) },
    });
    expect(changed.version).toBe(2);
    expect(await status(who)).toBe(wanted);
    if ('password' in over) expect((await enter(user.username, 'another long one')).status).toBe(200);
  });

  it('is none that is cut, random or empty', async () => {
    const { who } = await session();
    for (const cookie of [
      (who.cookie ?? '').slice(0, -1),
      `${who.cookie ?? ''}x`,
      '__Host-sid=',
      `__Host-sid=${'x'.repeat(5000)}`,
      `sid=${(who.cookie ?? '').slice(11)}`,
    ])
      expect(await status(withCookie(cookie)), cookie).toBe(401);
  });

  it('sends the header that no other site’s form can send', async () => {
    const { who } = await session();
    const bare = await fetch(`${app.url}/api/session`, { method: 'DELETE', headers: { cookie: who.cookie ?? '' } });
    expect(bare.status).toBe(403);
    expect(await status(who)).toBe(200);
  });
});

describe('a night later', () => {
  it('everybody signs in again', async () => {
    const user = await newUser();
    const who = withCookie(cookieOf((await enter(user.username)).headers));
    app.clock.advance(hours(16) - 1);
    expect(await status(who)).toBe(200);
    app.clock.advance(1);
    expect(await status(who)).toBe(401);
    expect((await enter(user.username)).status).toBe(200);
  });
});
