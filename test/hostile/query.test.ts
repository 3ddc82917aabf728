/** Addresses, headers, cookies and credentials that lie. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { listIncidents, readIncident, updateIncident } from '../../shared/incidents.ts';
import { createShelter, updateShelter } from '../../shared/shelters.ts';
import { createToken, createUser, listTokens, revokeToken, updateUser, whoAmI } from '../../shared/users.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';
import { hours } from '../kit/clock.ts';
import { person, type Person } from '../kit/people.ts';
import { bytesOf, exchange, expectAlive, expectProblem, json, refused, rowCounts, send } from './wire.ts';

describe('addresses and headers', () => {
  const app = useApp();

  it('Q1 a parameter given twice', async () => {
    const as = app.east.dispatcher;
    await refused(
      app,
      { method: 'GET', path: '/api/incidents?status=open&status=closed', as },
      { status: 422, field: 'array' },
    );
    await refused(app, { method: 'GET', path: '/api/changes?since=1&since=2', as }, { status: 422, field: 'array' });
    await refused(app, { method: 'GET', path: '/api/health?id=1&id=2' }, { status: 422, field: 'array' });
  });

  it('Q2 parameters that want to be objects are unknown words', async () => {
    for (const query of [
      'filter[$gt]=1',
      '__proto__[x]=1',
      'constructor[prototype][x]=1',
      '__proto__=1',
      'toString=1',
      'limit[]=5',
      'limit=0',
      'limit=-1',
      'limit=1e400',
      'cursor=AAAA',
      'since=9007199254740993',
    ]) {
      await refused(
        app,
        { method: 'GET', path: `/api/incidents?${query}`, as: app.east.dispatcher },
        { status: 422, code: 'invalid' },
      );
    }
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('Q4 a path that is no UTF-8, and one with a NUL', async () => {
    for (const path of [
      '/%E0%A4%A',
      '/follow/%E0%A4%A',
      '/api/incidents/%E0%A4%A',
      '/api/incidents/%00',
      '/r/%00',
      '/api/incidents?cursor=%00',
      '/report?lang=%00',
    ]) {
      await refused(app, { method: 'GET', path, as: app.east.dispatcher }, { status: 400, code: 'bad_request' });
    }
  });

  it('Q6 paths that climb', async () => {
    const paths = [
      '/follow/..%2f..%2fetc%2fpasswd',
      '/assets/..%2f..%2fpackage.json',
      '/assets/../package.json',
      '/assets/%2e%2e/%2e%2e/package.json',
      '/assets/..%5c..%5cpackage.json',
      '/assets/.vite/manifest.json',
      '/setup/..%2f..',
      '//etc/passwd',
    ];
    for (const path of paths) {
      const answer = await send(app, { method: 'GET', path });
      expect(answer.status, path).toBe(404);
      expect(answer.text).not.toMatch(/root:|"dependencies"|isEntry/);
    }
    await refused(
      app,
      { method: 'GET', path: '/api/follow/..%2f..%2fetc%2fpasswd' },
      { status: 404, code: 'not_found' },
    );
  });

  it('Q8 ids that are none', async () => {
    for (const id of [
      '1',
      '-1',
      '1e3',
      '00000000-0000-0000-0000-000000000000',
      encodeURIComponent("' OR 1=1--"),
      'null',
      'a'.repeat(5_000),
      '%F0%9F%92%A5',
      randomUUID(),
    ]) {
      await refused(
        app,
        { method: 'GET', path: `/api/incidents/${id}`, as: app.east.dispatcher },
        { status: 404, code: 'not_found' },
      );
      await refused(
        app,
        { method: 'PATCH', path: `/api/shelters/${id}`, as: app.east.manager, headers: json, body: '{"version":1}' },
        { status: 404, code: 'not_found' },
      );
    }
    for (const token of ['x', 'A'.repeat(43), 'A'.repeat(5_000)])
      await refused(app, { method: 'GET', path: `/api/follow/${token}` }, { status: 404, code: 'not_found' });
  });

  it('Q10, Q11 heads that are too long', async () => {
    await refused(
      app,
      { method: 'GET', path: `/api/incidents?q=${'a'.repeat(50_000)}!`, as: app.east.dispatcher },
      { status: [431, 414], code: 'header_too_large' },
    );
    await refused(
      app,
      { method: 'GET', path: '/api/health', headers: { 'x-long': 'a'.repeat(17_000) } },
      { status: 431, code: 'header_too_large' },
    );
  });

  it('Q14 a form of another site', async () => {
    const as = app.east.dispatcher;
    const evil = { origin: 'https://evil.tld', 'content-type': 'application/x-www-form-urlencoded' };
    await refused(app, { headers: evil, body: 'a=b', as }, { status: 403, code: 'bad_origin' });
    await refused(app, { path: '/report', headers: evil, body: 'people=1' }, { status: 403, code: 'bad_origin' });
    await refused(
      app,
      {
        path: '/report',
        headers: { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-www-form-urlencoded' },
        body: 'people=1',
      },
      { status: 403, code: 'bad_origin' },
    );
    await refused(app, { headers: { ...json, origin: 'null' }, body: '{}', as }, { status: 403, code: 'bad_origin' });
    await refused(
      app,
      { headers: { ...json, origin: `${app.url}.evil.tld` }, body: '{}', as },
      { status: 403, code: 'bad_origin' },
    );
    await refused(
      app,
      { headers: { ...json, 'x-requested-with': [] }, body: '{}', as },
      { status: 403, code: 'bad_origin' },
    );
  });

  it('Q15 methods nobody offers, and one in disguise', async () => {
    for (const method of ['TRACE', 'PROPFIND', 'PUT', 'DELETE']) {
      await refused(app, { method, path: '/' }, { status: [404, 405] });
      await refused(app, { method, path: '/api/incidents', as: app.east.dispatcher }, { status: [404, 405] });
    }
    const id = randomUUID();
    await app.east.admin.does(createToken, {
      body: { id, stationId: app.stations.east, name: 'a system', role: 'inspector' },
    });
    for (const headers of [{ 'x-http-method-override': 'DELETE' }, { 'x-method-override': 'DELETE' }]) {
      await refused(
        app,
        { path: `/api/tokens/${id}`, headers: { ...json, ...headers }, body: '{}', as: app.east.admin },
        { status: [404, 405] },
      );
    }
    await refused(
      app,
      { path: `/api/tokens/${id}?_method=DELETE`, headers: json, body: '{"_method":"DELETE"}', as: app.east.admin },
      { status: [404, 405] },
    );
    const { items } = await app.east.admin.does(listTokens);
    expect(items.find((token) => token.id === id)?.revokedAt).toBeNull();
  });

  it('a host of another name changes no link and no rule', async () => {
    const answer = await send(app, { method: 'GET', path: '/report', headers: { host: 'evil.tld"><script>' } });
    expect(answer.text).not.toContain('evil.tld');
    await refused(
      app,
      { headers: { ...json, host: 'evil.tld', origin: app.url }, body: '{}' },
      { status: 403, code: 'bad_origin' },
    );
  });

  it('forms with hostile words do no harm', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const bodies = [
      'description=%00&people=1',
      '%E0%A4%A=1',
      '__proto__[x]=1&__proto__=2',
      `a=${'x'.repeat(102_401)}`,
      Array.from({ length: 300 }, (_, n) => `f${String(n)}=1`).join('&'),
      'placeText=%ED%A0%80&people=1&source=public',
      '&&&=&=',
    ];
    for (const body of bodies) {
      const before = await rowCounts(app);
      const answer = await send(app, { path: '/report', headers: { ...form, origin: app.url }, body });
      expect(answer.status, body.slice(0, 60)).toBeLessThan(500);
      expect(answer.text).not.toMatch(/node_modules|\.[tj]s:\d/);
      expect(await rowCounts(app)).toEqual(before);
    }
    await expectAlive(app);
  });

  it('two requests in one packet are two requests, and a smuggled one is refused', async () => {
    const hidden = `POST /api/sightings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`;
    const bytes = bytesOf(app, {
      headers: { ...json, 'transfer-encoding': 'chunked', 'content-length': '6' },
      body: `0\r\n\r\n${hidden}`,
    });
    const before = await rowCounts(app);
    const answer = await exchange(app, bytes);
    expectProblem(answer, { status: 400, code: 'bad_request' });
    expect(answer.text).not.toContain('HTTP/1.1');
    expect(await rowCounts(app)).toEqual(before);
  });
});

describe('credentials', () => {
  const app = useApp();
  const password = 'correct horse battery';
  const signIn = (username: string, word: string, headers: Record<string, string> = {}): Promise<Response> =>
    app.anyone.fetch('/api/session', {
      method: 'POST',
      headers: { ...json, 'x-requested-with': 'warmpath', ...headers },
      body: JSON.stringify({ username, password: word }),
    });
  const newUser = async (): Promise<string> => {
    const id = randomUUID();
    await app.east.admin.does(createUser, {
      body: { id, stationId: app.stations.east, username: `u-${id}`, name: 'somebody', role: 'dispatcher', password },
    });
    return `u-${id}`;
  };
  const with_ = (headers: Record<string, string>): Person => ({ ...app.anyone, headers });
  const unauthorized = async (
    headers: Record<string, string>,
    code: 'unauthorized' | 'session_revoked' = 'unauthorized',
  ): Promise<void> => {
    for (const path of ['/api/session', '/api/incidents', '/api/snapshot'])
      await refused(app, { method: 'GET', path, as: with_(headers) }, { status: 401, code });
  };

  it('Q16 signing in makes a new session, whatever cookie was planted', async () => {
    const planted = `__Host-sid=${'A'.repeat(43)}`;
    const answer = await signIn(await newUser(), password, { cookie: planted });
    expect(answer.status).toBe(200);
    const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('__Host-sid='));
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/Secure/i);
    expect(cookie).toMatch(/SameSite=Lax/i);
    expect(cookie).not.toMatch(/Domain=/i);
    const own = cookie?.split(';')[0] ?? '';
    expect(own).not.toBe(planted);
    await unauthorized({ cookie: planted });
    const me = person(app.url, { id: '', role: 'dispatcher', stationId: '', cookie: own });
    expect((await me.call(whoAmI)).status).toBe(200);
  });

  it('Q17 cookies that open nothing: random, truncated, doubled, expired, revoked, of somebody who left', async () => {
    const good = app.east.dispatcher.cookie ?? '';
    for (const cookie of [
      `__Host-sid=${'x'.repeat(43)}`,
      '__Host-sid=',
      good.slice(0, -1),
      `${good}x`,
      `sid=${good.split('=')[1] ?? ''}`,
      `__Host-sid=${'a'.repeat(4_000)}`,
      `__Host-sid="; drop table sessions"`,
    ])
      await unauthorized({ cookie });
    const [expired, revoked, left] = [
      await addPerson(app, 'dispatcher', app.stations.east),
      await addPerson(app, 'dispatcher', app.stations.east),
      await addPerson(app, 'dispatcher', app.stations.east),
    ];
    const db = app.database.knex;
    await rows(db, `update sessions set expires_at = :at where user_id = cast(:id as uuid)`, {
      id: expired.id,
      at: new Date(app.clock.now().getTime() - hours(1)),
    });
    await rows(db, `update sessions set revoked_at = :at where user_id = cast(:id as uuid)`, {
      id: revoked.id,
      at: app.clock.now(),
    });
    await app.east.admin.does(updateUser, { params: { id: left.id }, body: { version: 1, active: false } });
    for (const { cookie } of [expired, revoked]) await unauthorized({ cookie: cookie ?? '' });
    // the phone is told, so that it can forget what it holds
    await unauthorized({ cookie: left.cookie ?? '' }, 'session_revoked');
  });

  it('Q17 tokens that open nothing, and one that stops at once', async () => {
    const body = { stationId: app.stations.east, name: 'a system', role: 'dispatcher' as const };
    const token = await app.east.admin.does(createToken, { body: { ...body, id: randomUUID() } });
    const short = await app.east.admin.does(createToken, {
      body: { ...body, id: randomUUID(), expiresAt: new Date(app.clock.now().getTime() - 1000).toISOString() },
    });
    const bearer = (secret: string): Person =>
      person(app.url, { id: '', role: 'dispatcher', stationId: '', cookie: null, bearer: secret });
    expect((await bearer(token.token).call(listIncidents)).status).toBe(200);
    for (const secret of ['x'.repeat(43), token.token.slice(0, -1), `${token.token}x`, short.token])
      await unauthorized({ authorization: `Bearer ${secret}` });
    await unauthorized({ authorization: token.token });
    await unauthorized({ authorization: `Basic ${Buffer.from(`x:${token.token}`).toString('base64')}` });
    await app.east.admin.does(revokeToken, { params: { id: token.id } });
    await unauthorized({ authorization: `Bearer ${token.token}` });
  });

  it('Q17 a good credential of another station finds nothing', async () => {
    const { incidentId } = await report(app);
    await refused(
      app,
      { method: 'GET', path: `/api/incidents/${incidentId}`, as: app.west.dispatcher },
      { status: 404, code: 'not_found' },
    );
    const token = await app.west.admin.does(createToken, {
      body: { id: randomUUID(), stationId: app.stations.west, name: 'west', role: 'dispatcher' },
    });
    await refused(
      app,
      { method: 'GET', path: `/api/incidents/${incidentId}`, as: with_({ authorization: `Bearer ${token.token}` }) },
      { status: 404, code: 'not_found' },
    );
    expect((await app.root.dispatcher.call(readIncident, { params: { id: incidentId } })).status).toBe(200);
  });

  it('Q18 guessing is slowed down; a megabyte is not hashed; nobody learns who exists', async () => {
    const username = await newUser();
    const from = performance.now();
    await refused(
      app,
      { path: '/api/session', headers: json, body: JSON.stringify({ username, password: 'x'.repeat(1_000_000) }) },
      { status: 422, code: 'invalid', field: 'range' },
    );
    expect(performance.now() - from).toBeLessThan(1_000);
    const unknown = await signIn('nobody-of-that-name', 'wrong wrong wrong');
    const first = await signIn(username, 'wrong wrong wrong');
    expect([unknown.status, first.status]).toEqual([401, 401]);
    expect(await unknown.json()).toEqual(await first.json());
    for (let n = 2; n <= 5; n += 1) expect((await signIn(username, `wrong wrong ${String(n)}`)).status).toBe(401);
    const sixth = await signIn(username, 'wrong wrong wrong');
    expect(sixth.status).toBe(429);
    expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(0);
    expectProblem(
      { status: 429, text: await sixth.text(), headers: { 'content-type': sixth.headers.get('content-type') ?? '' } },
      { status: 429, code: 'too_many' },
    );
    // the right word does not help while the account is held, in capitals neither
    expect((await signIn(username, password)).status).toBe(429);
    expect((await signIn(username.toUpperCase(), password)).status).toBe(429);
    await expectAlive(app);
  });

  it('Q20 an edit of an old version is told what stands now', async () => {
    const { incidentId } = await report(app);
    const { dispatcher, manager } = app.east;
    const known = await dispatcher.does(readIncident, { params: { id: incidentId } });
    await dispatcher.does(updateIncident, { params: { id: incidentId }, body: { version: known.version, people: 2 } });
    const stale = await refused(
      app,
      {
        method: 'PATCH',
        path: `/api/incidents/${incidentId}`,
        headers: json,
        as: manager,
        body: JSON.stringify({ version: known.version, people: 3 }),
      },
      { status: 409, code: 'version_conflict' },
    );
    expect(stale.current).toMatchObject({ id: incidentId, people: 2, version: known.version + 1 });
    const shelter = await manager.does(createShelter, {
      body: { id: randomUUID(), name: 'A house', kind: 'station', address: 'there', capacity: { any: 2 } },
    });
    await manager.does(updateShelter, { params: { id: shelter.id }, body: { version: 1, status: 'full' } });
    const house = await refused(
      app,
      {
        method: 'PATCH',
        path: `/api/shelters/${shelter.id}`,
        headers: json,
        as: dispatcher,
        body: '{"version":1,"status":"open"}',
      },
      { status: 409, code: 'version_conflict' },
    );
    expect(house.current).toMatchObject({ id: shelter.id, status: 'full', version: 2 });
  });

  it('Q20 of twenty edits of one version at once, one is taken', async () => {
    const { incidentId } = await report(app);
    const { version } = await app.east.dispatcher.does(readIncident, { params: { id: incidentId } });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        app.east.dispatcher.call(updateIncident, { params: { id: incidentId }, body: { version, people: n + 1 } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(409)]);
  });
});
