/** The second factor: setting it up, coming in with it, losing it, and being asked for it. */
import { randomUUID } from 'node:crypto';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { createLimits } from '../../server/http/limits.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { proveFactor } from '../../server/users/commands-factor.ts';
import { listIncidents } from '../../shared/incidents.ts';
import { Problem } from '../../shared/problems.ts';
import { reportSighting } from '../../shared/sightings.ts';
import { createStation } from '../../shared/stations.ts';
import {
  beginSecondFactor,
  confirmSecondFactor,
  createToken,
  createUser,
  endSecondFactor,
  signIn,
  signOut,
  updateUser,
  type UserRow,
  whoAmI,
} from '../../shared/users.ts';
import { useApp } from '../kit/app.ts';
import { sighting } from '../kit/builders.ts';
import { testKind } from '../kit/database.ts';
import { person, type Person } from '../kit/people.ts';

const app = useApp();
const PASSWORD = 'a cold night, a warm bed';
const STEP_S = 30;
const step = (): void => app.clock.advance(STEP_S * 1000);

const newUser = (over: object = {}): Promise<UserRow> =>
  app.root.admin.does(createUser, {
    body: {
      id: randomUUID(),
      stationId: app.stations.east,
      username: `u-${randomUUID()}`,
      name: 'Someone',
      role: 'dispatcher',
      password: PASSWORD,
      ...over,
    } as never,
  });
const enter = (username: string, totp?: string, password = PASSWORD) =>
  app.anyone.call(signIn, { body: { username, password, ...(totp === undefined ? {} : { totp }) } });
const as = (cookie: string): Person => person(app.url, { id: '', role: 'dispatcher', stationId: '', cookie });
const signedIn = async (username: string, totp?: string): Promise<Person> => {
  const { status, headers } = await enter(username, totp);
  expect(status).toBe(200);
  return as(headers.get('set-cookie')?.split(';')[0] ?? '');
};
/** The code of a key now, or so many seconds from now. */
const codeOf = (key: string, offsetS = 0): string =>
  generateSync({ secret: key, epoch: app.clock.now().getTime() / 1000 + offsetS });
/** Six digits that are no code of this key near now. */
function wrongCode(key: string): string {
  const near = [-2, -1, 0, 1, 2].map((steps) => codeOf(key, steps * STEP_S));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? '';
}
interface Enrolled {
  user: UserRow;
  who: Person;
  key: string;
  recovery: string[];
}
/** Somebody with a second factor, whose next code is fresh. */
async function enrolled(over: object = {}): Promise<Enrolled> {
  const user = await newUser(over);
  const who = await signedIn(user.username);
  const { key } = await who.does(beginSecondFactor, { body: { password: PASSWORD } });
  const { recoveryCodes } = await who.does(confirmSecondFactor, { body: { totp: codeOf(key) } });
  step();
  return { user, who, key, recovery: recoveryCodes };
}
const said = ({ status, body }: { status: number; body: unknown }): unknown[] => [
  status,
  (body as { code?: string }).code,
];

describe('setting it up', () => {
  it('needs the password, then a code of the new key, and ends the other sessions', async () => {
    const user = await newUser();
    const [who, other] = [await signedIn(user.username), await signedIn(user.username)];
    expect(said(await who.call(confirmSecondFactor, { body: { totp: '123456' } }))).toEqual([409, 'conflict']);
    expect(said(await who.call(beginSecondFactor, { body: { password: 'not this one' } }))).toEqual([
      401,
      'bad_credentials',
    ]);
    const { key, uri, qr } = await who.does(beginSecondFactor, { body: { password: PASSWORD } });
    expect(key).toMatch(/^[A-Z2-7]{32}$/);
    expect(uri).toBe(`otpauth://totp/east:${user.username}?secret=${key}&issuer=Warmpath`);
    expect(decodeURIComponent(qr)).toMatch(/^data:image\/svg\+xml,<svg [^]*<\/svg>$/);
    // not in force yet: nobody is shut out by a phone that was never set up
    expect((await who.does(whoAmI)).user.secondFactor).toBe(false);
    expect((await enter(user.username)).status).toBe(200);
    expect(said(await who.call(confirmSecondFactor, { body: { totp: wrongCode(key) } }))).toEqual([401, 'totp_wrong']);
    const { recoveryCodes } = await who.does(confirmSecondFactor, {
      body: { totp: ` ${codeOf(key).slice(0, 3)} ${codeOf(key).slice(3)}` },
    });
    expect(new Set(recoveryCodes).size).toBe(10);
    for (const code of recoveryCodes) expect(code).toMatch(/^[a-hjkmnp-z2-9]{4}-[a-hjkmnp-z2-9]{4}$/);
    expect((await who.does(whoAmI)).user).toMatchObject({ secondFactor: true, version: 2 });
    expect((await other.call(whoAmI)).status).toBe(401);
    expect(said(await who.call(confirmSecondFactor, { body: { totp: codeOf(key) } }))).toEqual([409, 'conflict']);
  });

  it('names the station and the person so that no app is confused, and leaves no trace of a secret', async () => {
    const name = `北站: day & night ${'长'.repeat(100)}`;
    const { id: stationId } = await app.root.admin.does(createStation, {
      body: { id: randomUUID(), parentId: app.stations.east, name },
    });
    const user = await newUser({ stationId, username: `名:${randomUUID().slice(0, 8)}` });
    const who = await signedIn(user.username);
    const { key, uri } = await who.does(beginSecondFactor, { body: { password: PASSWORD } });
    const [, label = ''] = /^otpauth:\/\/totp\/([^?]+)\?/.exec(uri) ?? [];
    expect(label.split(':').map(decodeURIComponent)).toEqual([
      [...name.replace(':', ' ')].slice(0, 40).join(''),
      user.username.replace(':', ' '),
    ]);
    expect(label).not.toMatch(/[ &]/);
    const { recoveryCodes } = await who.does(confirmSecondFactor, { body: { totp: codeOf(key) } });
    const stored = JSON.stringify([
      await rows(app.database.knex, `select * from recovery_codes`),
      await rows(app.database.knex, `select * from audit`),
      await rows(app.database.knex, `select * from events`),
      app.logged,
    ]);
    for (const secret of [key, PASSWORD, ...recoveryCodes]) expect(stored).not.toContain(secret);
    expect(stored).toContain('confirmSecondFactor');
  });

  it('anew needs a code of the old one, which stays good until the new one is proved', async () => {
    const { user, who, key, recovery } = await enrolled();
    expect(said(await who.call(beginSecondFactor, { body: { password: PASSWORD } }))).toEqual([401, 'totp_required']);
    const begun = await who.does(beginSecondFactor, { body: { password: PASSWORD, totp: codeOf(key) } });
    step();
    expect((await enter(user.username, codeOf(key))).status).toBe(200);
    expect(said(await who.call(confirmSecondFactor, { body: { totp: codeOf(key) } }))).toEqual([401, 'totp_wrong']);
    await who.does(confirmSecondFactor, { body: { totp: codeOf(begun.key) } });
    step();
    expect(said(await enter(user.username, codeOf(key)))).toEqual([401, 'totp_wrong']);
    expect(said(await enter(user.username, recovery[0]))).toEqual([401, 'totp_wrong']);
    expect((await enter(user.username, codeOf(begun.key))).status).toBe(200);
  });

  it('is for people: a token has none', async () => {
    const { token } = await app.east.admin.does(createToken, {
      body: { id: randomUUID(), stationId: app.stations.east, name: 'A system', role: 'admin' },
    });
    const system = person(app.url, { id: '', role: 'admin', stationId: '', cookie: null, bearer: token });
    expect(said(await system.call(beginSecondFactor, { body: { password: PASSWORD } }))).toEqual([403, 'forbidden']);
  });
});

describe('coming in', () => {
  it('takes the password first, so that nobody learns who has a second factor', async () => {
    const { user, key } = await enrolled();
    const wrong = await enter(user.username, undefined, 'not this one');
    expect(said(wrong)).toEqual([401, 'bad_credentials']);
    for (const answer of [
      await enter(user.username, codeOf(key), 'not this one'),
      await enter(`nobody-${randomUUID()}`, codeOf(key)),
    ])
      expect([answer.status, answer.body]).toEqual([401, wrong.body]);
    const asked = await enter(user.username);
    expect(said(asked)).toEqual([401, 'totp_required']);
    expect(asked.headers.get('set-cookie')).toBeNull();
    const other = await enter(user.username, wrongCode(key));
    expect([...said(other), other.headers.get('set-cookie')]).toEqual([401, 'totp_wrong', null]);
    expect((await enter(user.username, codeOf(key))).status).toBe(200);
  });

  it.each([
    [-2, 401],
    [-1, 200],
    [0, 200],
    [1, 200],
    [2, 401],
  ])('with a phone %i steps off answers %i', async (steps, wanted) => {
    const { user, key } = await enrolled();
    step();
    step();
    expect((await enter(user.username, codeOf(key, steps * STEP_S))).status).toBe(wanted);
  });

  it('takes each code once, and none before one that was taken', async () => {
    const { user, key } = await enrolled();
    step();
    const [older, code] = [codeOf(key, -STEP_S), codeOf(key)];
    expect((await enter(user.username, code)).status).toBe(200);
    expect(said(await enter(user.username, code))).toEqual([401, 'totp_wrong']);
    expect(said(await enter(user.username, older))).toEqual([401, 'totp_wrong']);
    step();
    expect(said(await enter(user.username, code))).toEqual([401, 'totp_wrong']);
    expect((await enter(user.username, codeOf(key))).status).toBe(200);
  });

  it('takes each recovery code once, however it is typed, and only from its owner', async () => {
    const [one, two] = [await enrolled(), await enrolled()];
    const [first = '', second = '', third = ''] = one.recovery;
    expect(said(await enter(two.user.username, first))).toEqual([401, 'totp_wrong']);
    expect((await enter(one.user.username, ` ${first.toUpperCase().replace('-', ' ')} `)).status).toBe(200);
    expect(said(await enter(one.user.username, first))).toEqual([401, 'totp_wrong']);
    expect((await enter(one.user.username, second.replace('-', ''))).status).toBe(200);
    expect((await enter(one.user.username, third)).status).toBe(200);
    expect((await enter(one.user.username, codeOf(one.key))).status).toBe(200);
  });

  it.skipIf(testKind === 'embedded')(
    'lets one of twenty in who send the same code at once (not for this database: it has one connection)',
    async () => {
      const { user, key, recovery } = await enrolled();
      for (const code of [codeOf(key), recovery[0]]) {
        const tries = await Promise.allSettled(
          Array.from({ length: 20 }, () =>
            runCommand(app.service, { kind: 'public' }, { command: 'signIn', subjectIds: [], fields: [] }, (ctx) =>
              proveFactor(ctx, user.id, code),
            ),
          ),
        );
        expect(tries.filter(({ status }) => status === 'fulfilled').length).toBe(1);
        for (const each of tries)
          if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'totp_wrong' });
      }
    },
  );

  it('is held back after five wrong codes, for the right one too', async () => {
    const { user, who, key } = await enrolled();
    const tries = await Promise.all(Array.from({ length: 8 }, () => enter(user.username, wrongCode(key))));
    expect(tries.map((each) => each.status).sort()).toEqual([
      ...Array<number>(5).fill(401),
      ...Array<number>(3).fill(429),
    ]);
    expect(said(await enter(user.username, codeOf(key)))).toEqual([429, 'too_many']);
    // the same account, the same patience: also from inside
    const inside = await who.call(beginSecondFactor, { body: { password: PASSWORD, totp: codeOf(key) } });
    expect(said(inside)).toEqual([429, 'too_many']);
    expect(Number(inside.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('guessing codes', () => {
  it('with the right password is held back for an hour after twenty, also when patient; wrong passwords are not', async () => {
    const limits = createLimits(true);
    for (let tries = 0; tries < 25; tries += 1) await limits.signInFailed('by password', `10.0.${String(tries)}.1`);
    for (let tries = 0; tries < 20; tries += 1) await limits.signInFailed('by code', `10.1.${String(tries)}.1`, 'code');
    const heldFor = async (account: string): Promise<number> => {
      const held: unknown = await limits.signInAllowed(account, '10.2.0.1').catch((thrown: unknown) => thrown);
      return held instanceof Problem ? (held.extra.retryAfterS ?? 0) : 0;
    };
    expect(await heldFor('by code')).toBeGreaterThan(3_500);
    expect(await heldFor('by password')).toBeLessThanOrEqual(60);
    await limits.signInDone('by code');
    expect(await heldFor('by code')).toBe(0);
  });
});

describe('ending it', () => {
  it('needs the password and a code', async () => {
    const { user, who, key } = await enrolled();
    const end = (password: string, totp: string) => who.call(endSecondFactor, { body: { password, totp } });
    expect(said(await end('not this one', codeOf(key)))).toEqual([401, 'bad_credentials']);
    expect(said(await end(PASSWORD, wrongCode(key)))).toEqual([401, 'totp_wrong']);
    expect(said(await end(PASSWORD, codeOf(key)))).toEqual([200, undefined]);
    expect((await who.does(whoAmI)).user).toMatchObject({ secondFactor: false, version: 3 });
    expect((await enter(user.username)).status).toBe(200);
    expect(said(await end(PASSWORD, codeOf(key)))).toEqual([409, 'conflict']);
  });

  it('is an administrator’s work when the phone is lost: key, codes and sessions go', async () => {
    const { user, who } = await enrolled();
    const reset = (by: Person) =>
      by.call(updateUser, { params: { id: user.id }, body: { version: 2, secondFactor: false } });
    expect((await reset(app.west.admin)).status).toBe(404);
    expect((await reset(app.east.dispatcher)).status).toBe(403);
    expect(await reset(app.east.admin)).toMatchObject({ status: 200, body: { secondFactor: false, version: 3 } });
    expect((await who.call(whoAmI)).status).toBe(401);
    expect((await enter(user.username)).status).toBe(200);
    const left = await row(
      app.database.knex,
      `select u.totp_key, u.totp_pending, u.totp_step, (select count(*)::int from recovery_codes where user_id = u.id) as codes from users u where u.id = cast(:id as uuid)`,
      { id: user.id },
    );
    expect(left).toEqual({ totp_key: null, totp_pending: null, totp_step: null, codes: 0 });
  });

  it('is not done from an unlocked screen for oneself', async () => {
    const { user, who } = await enrolled({ role: 'admin' });
    const { status, body } = await who.call(updateUser, {
      params: { id: user.id },
      body: { version: 2, secondFactor: false },
    });
    expect([status, body]).toMatchObject([422, { errors: [{ path: '/secondFactor', code: 'own' }] }]);
    expect((await who.does(whoAmI)).user.secondFactor).toBe(true);
  });
});

describe('a station that wants one of its dispatchers', () => {
  const lay = (value: string): Promise<unknown> =>
    rows(
      app.database.knex,
      `insert into rules (key, station_id, value, unit, source) values ('sign_in.second_factor', cast(:stationId as uuid), cast(:value as jsonb), 'roles', 'test')
       on conflict (key, station_id) do update set value = excluded.value`,
      { stationId: app.stations.east, value },
    );
  const bootOf = async (who: Person, path: string): Promise<{ page: string; boot: Record<string, unknown> }> => {
    const page = await (await who.fetch(path)).text();
    const text = /id="boot">([^<]*)</.exec(page)?.[1] ?? '{}';
    return { page, boot: JSON.parse(text) as Record<string, unknown> };
  };
  beforeAll(() => lay('["dispatcher"]'));
  afterAll(() => lay('[]'));

  it('opens nothing but the way to it, and all the rest once it is set up', async () => {
    const user = await newUser();
    const { status, body, headers } = await enter(user.username);
    expect([status, body.mustEnrol]).toEqual([200, true]);
    const who = as(headers.get('set-cookie')?.split(';')[0] ?? '');
    const open: string[] = [];
    for (const { endpoint } of app.running.routes) {
      if (endpoint.who === 'public' || !endpoint.who.includes('dispatcher')) continue;
      if (endpoint.name === 'signOut') continue;
      const answer = await who.call(endpoint);
      if (said(answer)[1] !== 'second_factor_needed') open.push(endpoint.name);
    }
    expect(open.sort()).toEqual(['beginSecondFactor', 'confirmSecondFactor', 'whoAmI']);
    await expect(who.listen(0)).rejects.toThrow('unauthorized');
    // what is open to all is, as to anybody: a report is never lost
    expect((await who.call(reportSighting, { body: sighting() })).status).toBe(201);
    const { page, boot } = await bootOf(who, '/desk');
    expect(boot).toMatchObject({ session: { mustEnrol: true, user: { id: user.id } }, wrongRole: false });
    expect(page).not.toMatch(/src="[^"]*desk-main/);
    const { key } = await who.does(beginSecondFactor, { body: { password: PASSWORD } });
    await who.does(confirmSecondFactor, { body: { totp: codeOf(key) } });
    expect((await who.does(whoAmI)).mustEnrol).toBe(false);
    expect((await who.call(listIncidents)).status).toBe(200);
    (await who.listen(0)).close();
    expect((await bootOf(who, '/desk')).boot).toMatchObject({ session: { mustEnrol: false } });
    // what must be there cannot be ended
    step();
    expect(said(await who.call(endSecondFactor, { body: { password: PASSWORD, totp: codeOf(key) } }))).toEqual([
      409,
      'conflict',
    ]);
    expect((await enter(user.username, codeOf(key))).status).toBe(200);
  });

  it('lets whoever has none leave', async () => {
    const user = await newUser();
    const who = await signedIn(user.username);
    expect((await who.call(signOut)).status).toBe(200);
  });

  it('asks nobody else: other roles, other stations, tokens', async () => {
    for (const other of [app.east.crew, app.west.dispatcher, app.root.dispatcher])
      expect((await other.does(whoAmI)).mustEnrol).toBe(false);
    const { token } = await app.east.admin.does(createToken, {
      body: { id: randomUUID(), stationId: app.stations.east, name: 'A system', role: 'dispatcher' },
    });
    const system = person(app.url, { id: '', role: 'dispatcher', stationId: '', cookie: null, bearer: token });
    expect((await system.call(listIncidents)).status).toBe(200);
  });

  it('asks those who are in already, and ends their live picture', async () => {
    await lay('[]');
    const who = await signedIn((await newUser()).username);
    const ear = await who.listen(0);
    await app.running.realtime.checkRevoked();
    expect(ear.socket.connected).toBe(true);
    await lay('["dispatcher"]');
    await app.running.realtime.checkRevoked();
    await ear.until(({ socket }) => !socket.connected);
    expect(said(await who.call(listIncidents))).toEqual([403, 'second_factor_needed']);
  });
});
