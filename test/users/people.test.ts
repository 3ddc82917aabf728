/** People and who looks after them. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { createUser, listUsers, signIn, updateUser } from '../../shared/users.ts';
import { createStation } from '../../shared/stations.ts';
import { testKind } from '../kit/database.ts';
import { useApp } from '../kit/app.ts';
import { person, type Person } from '../kit/people.ts';

const app = useApp();
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

describe('people', () => {
  it('are added to the own subtree, once by each name', async () => {
    const user = await newUser({ locale: 'en' }, app.east.admin);
    expect(user).toMatchObject({ version: 1, stationId: app.stations.east, locale: 'en', shelterId: null });
    const twin = await app.root.admin.call(createUser, {
      body: {
        id: randomUUID(),
        stationId: app.stations.west,
        username: user.username.toUpperCase(),
        name: 'x',
        role: 'crew',
        password: PASSWORD,
      },
    });
    expect([twin.status, twin.body]).toMatchObject([409, { code: 'taken', errors: [{ path: '/username' }] }]);
    const foreign = await app.east.admin.call(createUser, {
      body: {
        id: randomUUID(),
        stationId: app.stations.root,
        username: 'x',
        name: 'x',
        role: 'admin',
        password: PASSWORD,
      },
    });
    expect([foreign.status, foreign.body]).toMatchObject([404, { errors: [{ path: '/stationId' }] }]);
    const short = await app.root.admin.call(createUser, {
      body: {
        id: randomUUID(),
        stationId: app.stations.root,
        username: 'x',
        name: 'x',
        role: 'admin',
        password: 'short',
      },
    });
    expect([short.status, short.body]).toMatchObject([422, { errors: [{ path: '/password', code: 'range' }] }]);
  });

  it('leave no trace of their password but its slow hash', async () => {
    const id = randomUUID();
    const body = {
      id,
      stationId: app.stations.east,
      username: `u-${id}`,
      name: 'x',
      role: 'crew' as const,
      password: PASSWORD,
    };
    await app.root.admin.does(createUser, { body });
    // The same call with another password is taken for a resend: the fingerprint that is kept must not know it.
    const again = await app.root.admin.call(createUser, { body: { ...body, password: 'another long one' } });
    expect([again.status, again.headers.get('idempotent-replay')]).toEqual([200, 'true']);
    expect((await enter(body.username)).status).toBe(200);
  });

  it('of a shelter work in one of the subtree', async () => {
    expect((await newUser({ role: 'shelter', shelterId: app.shelters.east }, app.east.admin)).shelterId).toBe(
      app.shelters.east,
    );
    for (const over of [
      { role: 'shelter', shelterId: app.shelters.west },
      { role: 'crew', shelterId: app.shelters.east },
    ]) {
      const bad = await app.east.admin.call(createUser, {
        body: {
          id: randomUUID(),
          stationId: app.stations.east,
          username: randomUUID(),
          name: 'x',
          password: PASSWORD,
          ...over,
        } as never,
      });
      expect([bad.status, bad.body]).toMatchObject([422, { errors: [{ path: '/shelterId' }] }]);
    }
  });

  it('are changed at the version one has seen, and not from beside', async () => {
    const user = await newUser();
    await app.east.admin.does(updateUser, { params: { id: user.id }, body: { version: 1, name: 'Second' } });
    const stale = await app.east.admin.call(updateUser, {
      params: { id: user.id },
      body: { version: 1, name: 'Third' },
    });
    expect([stale.status, stale.body]).toMatchObject([
      409,
      { code: 'version_conflict', current: { name: 'Second', version: 2 } },
    ]);
    expect(
      (await app.west.admin.call(updateUser, { params: { id: user.id }, body: { version: 2, name: 'x' } })).status,
    ).toBe(404);
    expect(
      (
        await app.east.admin.call(updateUser, {
          params: { id: user.id },
          body: { version: 2, stationId: app.stations.west },
        })
      ).status,
    ).toBe(404);
    expect(
      (await app.east.admin.call(updateUser, { params: { id: app.root.admin.id }, body: { version: 1, name: 'x' } }))
        .status,
    ).toBe(404);
  });

  it('are listed by role and page', async () => {
    const crews = (await app.root.admin.does(listUsers, { query: { role: 'crew', limit: '500' } })).items;
    expect(new Set(crews.map(({ role }) => role))).toEqual(new Set(['crew']));
    const all = (await app.root.admin.does(listUsers, { query: { limit: '500' } })).items.map(({ id }) => id);
    const first = await app.root.admin.does(listUsers, { query: { limit: '3' } });
    const rest = await app.root.admin.does(listUsers, { query: { limit: '500', cursor: first.nextCursor ?? '' } });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(all);
    expect((await app.west.admin.does(listUsers)).items.every(({ stationId }) => stationId === app.stations.west)).toBe(
      true,
    );
  });
});

describe('the last administrator of the root', () => {
  it.each([
    ['does not leave', { active: false }],
    ['keeps the role', { role: 'dispatcher' as const }],
    ['stays at the root', () => ({ stationId: app.stations.east })],
  ])('%s', async (_name, over) => {
    const { version } = (await row<{ version: number }>(
      app.database.knex,
      `select version from users where id = cast(:id as uuid)`,
      { id: app.root.admin.id },
    )) ?? { version: 0 };
    const { status: code, body } = await app.root.admin.call(updateUser, {
      params: { id: app.root.admin.id },
      body: { version, ...(typeof over === 'function' ? over() : over) },
    });
    expect([code, body]).toMatchObject([422, { code: 'last_admin' }]);
  });

  it('is not needed below, where the root can help', async () => {
    const station = await app.root.admin.does(createStation, {
      body: { id: randomUUID(), parentId: app.stations.west, name: 'Far' },
    });
    const only = await newUser({ role: 'admin', stationId: station.id });
    expect(
      (await app.root.admin.does(updateUser, { params: { id: only.id }, body: { version: 1, active: false } })).active,
    ).toBe(false);
  });

  it.skipIf(testKind === 'embedded')(
    'remains when two let each other go at once (not for this database: it has one connection)',
    async () => {
      for (let round = 0; round < 5; round += 1) {
        const other = await newUser({ role: 'admin', stationId: app.stations.root });
        const who = withCookie(cookieOf((await enter(other.username)).headers));
        const { version } = (await row<{ version: number }>(
          app.database.knex,
          `select version from users where id = cast(:id as uuid)`,
          { id: app.root.admin.id },
        )) ?? { version: 0 };
        const codes = await Promise.all([
          app.root.admin.call(updateUser, { params: { id: other.id }, body: { version: 1, active: false } }),
          who.call(updateUser, { params: { id: app.root.admin.id }, body: { version, active: false } }),
        ]);
        const left = await rows(
          app.database.knex,
          `select 1 from users u join stations s on s.id = u.station_id where s.parent_id is null and u.role = 'admin' and u.active`,
        );
        expect(left.length, JSON.stringify(codes.map((each) => each.status))).toBe(1);
        await rows(
          app.database.knex,
          `update users set active = id = cast(:id as uuid) where role = 'admin' and id in (cast(:id as uuid), cast(:other as uuid))`,
          { id: app.root.admin.id, other: other.id },
        );
        await rows(app.database.knex, `update sessions set revoked_at = null where user_id = cast(:id as uuid)`, {
          id: app.root.admin.id,
        });
      }
    },
  );
});
