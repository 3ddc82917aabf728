/** Sockets: who gets none, and what becomes of one that talks. */
import { io, type Socket } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { reportSighting } from '../../shared/sightings.ts';
import { addPerson, type TestApp, useApp } from '../kit/app.ts';
import { sighting } from '../kit/builders.ts';
import { hours } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectAlive, refused, rowCounts, send } from './wire.ts';

const opened: Socket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.disconnect();
});

interface Options {
  cookie?: string | null;
  origin?: string;
  auth?: Record<string, unknown>;
  polling?: boolean;
  path?: string;
}
function open(
  app: TestApp,
  { cookie = null, origin, auth = { since: 0 }, polling = false, path = '' }: Options,
): Socket {
  const extraHeaders = { ...(cookie === null ? {} : { cookie }), ...(origin === undefined ? {} : { origin }) };
  const socket = io(`${app.url}${path}`, {
    transports: [polling ? 'polling' : 'websocket'],
    forceNew: true,
    reconnection: false,
    auth,
    extraHeaders,
  });
  opened.push(socket);
  return socket;
}
const once = (socket: Socket, event: string): Promise<unknown> => new Promise((resolve) => socket.once(event, resolve));
const outcome = (socket: Socket): Promise<string> =>
  Promise.race([
    once(socket, 'connect').then(() => 'connected'),
    once(socket, 'connect_error').then((error) => (error as Error).message),
  ]);
const refusedEvents = async (app: TestApp): Promise<number> =>
  Number(/^warmpath_client_events_refused_total (\d+)/m.exec(await (await app.anyone.fetch('/metrics')).text())?.[1]);
async function connected(app: TestApp, who: Person, auth?: Record<string, unknown>): Promise<Socket> {
  const socket = open(app, { cookie: who.cookie, ...(auth === undefined ? {} : { auth }) });
  const greeted = Promise.race([once(socket, 'changes'), once(socket, 'reset')]);
  expect(await outcome(socket)).toBe('connected');
  await greeted;
  return socket;
}

describe('sockets', () => {
  const app = useApp();

  it('S1 nobody without a session that holds', async () => {
    const [expired, revoked] = [
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
    for (const cookie of [
      null,
      '__Host-sid=',
      `__Host-sid=${'x'.repeat(43)}`,
      `${app.east.dispatcher.cookie ?? ''}x`,
      expired.cookie,
      revoked.cookie,
    ]) {
      for (const polling of [false, true])
        expect(await outcome(open(app, { cookie, polling })), String(cookie)).toBe('unauthorized');
    }
    for (const token of ['', 'x'.repeat(43), { $gt: '' }, ['x'], 1, null])
      expect(await outcome(open(app, { auth: { token } }))).toBe('unauthorized');
    await expectAlive(app);
  });

  it('S2 no page of another site, by either transport', async () => {
    const handshake = '/socket.io/?EIO=4&transport=polling';
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    for (const origin of ['https://evil.tld', 'null', `${app.url}.evil.tld`, 'file://']) {
      const polled = await send(app, { method: 'GET', path: handshake, headers: { origin }, as: app.east.dispatcher });
      expect(polled.status, origin).toBe(403);
      const upgraded = await send(app, {
        method: 'GET',
        path: '/socket.io/?EIO=4&transport=websocket',
        headers: { origin, ...upgrade },
        as: app.east.dispatcher,
      });
      expect(upgraded.status, origin).toBe(403);
    }
    expect(await outcome(open(app, { cookie: app.east.dispatcher.cookie, origin: app.url }))).toBe('connected');
    await expectAlive(app);
  });

  it('S3 whatever a client says is refused and counted, and opens no room', async () => {
    const before = await rowCounts(app);
    const counted = await refusedEvents(app);
    const printed: unknown[] = [];
    const { error } = console;
    console.error = (...words: unknown[]) => printed.push(words);
    const socket = await connected(app, app.west.crew);
    const events: [string, ...unknown[]][] = [
      ['join', { room: 'v:dispatcher' }],
      ['__proto__', {}],
      ['{}', {}],
      ['constructor', { prototype: { x: 1 } }],
      ['changes', { after: 0, upTo: 9e9, changes: [] }],
      ['positions', 1],
      ['subscribe', app.stations.east],
    ];
    for (const event of events) socket.emit(...event);
    const heard: unknown[] = [];
    socket.onAny((...args: unknown[]) => heard.push(args));
    await expect.poll(() => refusedEvents(app)).toBe(counted + events.length);
    await app.anyone.does(reportSighting, { body: sighting() });
    await app.running.realtime.relay.catchUp();
    const acked = once(socket, 'disconnect');
    for (let n = 0; n < 30; n += 1) socket.emit('x', () => heard.push('an acknowledgement'));
    await acked;
    console.error = error;
    expect(heard).toEqual([]);
    expect(printed, 'nothing is printed for each of them').toEqual([]);
    expect({ ...(await rowCounts(app)), sightings: 0, incidents: 0, incident_entries: 0, events: 0, audit: 0 }).toEqual(
      { ...before, sightings: 0, incidents: 0, incident_entries: 0, events: 0, audit: 0 },
    );
    await expectAlive(app);
  });

  it('S3 other namespaces are not there', async () => {
    for (const path of ['/admin', '/__proto__', '/v:dispatcher'])
      expect(await outcome(open(app, { cookie: app.east.admin.cookie, path }))).toMatch(/namespace/i);
  });

  it.each([
    ['a word', 'x'],
    ['below zero', -1],
    ['a fraction', 1.5],
    ['too large for a number', 1e300],
    ['an object', { $gt: 0 }],
    ['nothing', null],
    ['a list', [1]],
    ['beyond the log', 900_000_000],
  ])('a `since` that is %s starts anew', async (_name, since) => {
    const socket = open(app, { cookie: app.east.dispatcher.cookie, auth: { since } });
    await once(socket, 'reset');
    await expectAlive(app);
  });

  it('changes asked from beyond the log: the picture must be fetched anew', async () => {
    await refused(
      app,
      { method: 'GET', path: '/api/changes?since=900000000', as: app.east.dispatcher },
      { status: 410, code: 'changes_pruned' },
    );
  });

  it('S5 one large message ends the connection, and no other', async () => {
    const other = await connected(app, app.east.manager);
    for (const data of ['x'.repeat(100_001), Buffer.alloc(10_000_000)]) {
      const socket = await connected(app, app.east.dispatcher);
      const gone = once(socket, 'disconnect');
      socket.emit('x', data);
      expect(await gone).toMatch(/transport/);
    }
    const polled = open(app, { cookie: app.east.dispatcher.cookie, polling: true });
    expect(await outcome(polled)).toBe('connected');
    const gone = once(polled, 'disconnect');
    polled.emit('x', 'x'.repeat(100_001));
    await gone;
    expect(other.connected).toBe(true);
    await expectAlive(app);
  });

  it('S7 ten thousand events: thrown out, while others work on', async () => {
    const other = await connected(app, app.east.manager);
    const socket = await connected(app, app.east.dispatcher);
    const counted = await refusedEvents(app);
    const gone = once(socket, 'disconnect');
    const work = Promise.all(Array.from({ length: 20 }, () => app.anyone.call(reportSighting, { body: sighting() })));
    for (let n = 0; n < 10_000; n += 1) socket.emit('x', n);
    await gone;
    for (const { status } of await work) expect(status).toBe(201);
    expect((await refusedEvents(app)) - counted).toBeLessThan(100);
    expect(other.connected).toBe(true);
    expect(await row(app.database.knex, `select 1 as one`)).toEqual({ one: 1 });
    await expectAlive(app);
  });

  it('frames that are no packets end the connection only', async () => {
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    const answer = await send(app, {
      method: 'POST',
      path: '/socket.io/?EIO=4&transport=polling',
      headers: { 'content-type': 'text/plain' },
      body: '4\u001e9\u001ex',
    });
    expect(answer.status).toBe(400);
    for (const path of [
      '/socket.io/?EIO=3&transport=polling',
      '/socket.io/?EIO=4&transport=__proto__',
      '/socket.io/?EIO=4&transport=websocket',
      '/socket.io/?EIO=4&transport=polling&sid=__proto__',
    ]) {
      expect((await send(app, { method: 'GET', path, headers: { 'sec-websocket-key': key } })).status, path).toBe(400);
    }
    await expectAlive(app);
  });
});
