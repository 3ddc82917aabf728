/** The one way out: which addresses are never called, and what a server that answers can do to us. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOutside, isPublic, OutsideFailure } from '../../server/http/outbound.ts';
import { createFeed, updateFeed } from '../../shared/feeds.ts';
import { setRule } from '../../shared/stations.ts';
import { useApp } from '../kit/app.ts';
import { fakeOutside, type FakeOutside, PUBLIC } from './outside.ts';

let fake: FakeOutside;
const DEADLINE_MS = 300;
const parts = {
  resolve: (host: string) => fake.parts.resolve?.(host) ?? Promise.resolve([]),
  request: (...args: Parameters<NonNullable<FakeOutside['parts']['request']>>) => {
    if (!fake.parts.request) throw new Error('not there yet');
    return fake.parts.request(...args);
  },
};
const app = useApp({ outside: { ...parts, deadlineMs: DEADLINE_MS } });
const hosts = [
  'api.open-meteo.com',
  'alerts.example',
  'rebinds.example',
  '127.0.0.1',
  'localhost',
  '93.184.215.14',
  'localhost.',
];

beforeAll(async () => {
  fake = await fakeOutside();
  const value = hosts.filter((host) => !host.endsWith('.')).map((host) => ({ host }));
  await app.root.admin.does(setRule, {
    params: { key: 'outside.hosts' },
    body: { version: 0, value, stationId: app.stations.root },
  });
});
afterAll(() => fake.close());
beforeEach(() => {
  fake.connections = 0;
  fake.asked = [];
  fake.looked = [];
  fake.names.clear();
});

const feed = (url: string) => ({
  id: randomUUID(),
  name: 'feed',
  kind: 'cap' as const,
  url,
});
const refused = { status: 422, body: { code: 'url_not_allowed', errors: [{ path: '/url', code: 'url_not_allowed' }] } };

describe('addresses in settings', () => {
  it.each([
    'http://127.0.0.1:5432',
    'http://[::1]/',
    'http://0x7f.1/',
    'http://localhost.',
    'http://169.254.169.254/',
    'http://user@evil@127.0.0.1/',
    'file:///etc/passwd',
    'http://alerts.example/',
    'https://127.0.0.1:5432/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://2130706433/',
    'https://127.1/',
    'https://①②⑦.⓪.⓪.①/',
    'https://localhost./',
    'https://alerts.example./',
    'https://93.184.215.14/',
    'https://user@alerts.example/',
    'https://:secret@alerts.example/',
    'https://alerts.example@evil.example/',
    'https://evil.example/?alerts.example',
    'https://alerts.example.evil.example/',
    'https://evil.example\\@alerts.example/',
    'gopher://alerts.example/',
    '//alerts.example/',
    'nothing',
  ])('%s is refused, and nothing is called', async (url) => {
    expect(await app.root.admin.call(createFeed, { body: feed(url) })).toMatchObject(refused);
    expect([fake.connections, fake.looked]).toEqual([0, []]);
  });

  it.each([
    ['127.0.0.1', 4],
    ['10.1.2.3', 4],
    ['169.254.169.254', 4],
    ['100.64.0.1', 4],
    ['::1', 6],
    ['fd00::1', 6],
    ['::ffff:10.0.0.1', 6],
  ] as const)('a name that stands for %s is refused, also beside a public address', async (address, family) => {
    fake.names.set('rebinds.example', [PUBLIC, { address, family }]);
    expect(await app.root.admin.call(createFeed, { body: feed('https://rebinds.example/') })).toMatchObject(refused);
    expect([fake.connections, fake.looked]).toEqual([0, ['rebinds.example']]);
  });

  it('a changed address is judged as a new one is, and only then', async () => {
    const { id, version } = await app.root.admin.does(createFeed, { body: feed('https://alerts.example/') });
    const change = (body: object) => app.root.admin.call(updateFeed, { params: { id }, body: { version, ...body } });
    expect(await change({ url: 'https://localhost/' })).toMatchObject({ status: 200 });
    fake.names.set('localhost', [{ address: '127.0.0.1', family: 4 }]);
    expect(await change({ version: 2, url: 'https://localhost/x' })).toMatchObject(refused);
    expect((await change({ version: 2, name: 'renamed' })).status).toBe(200);
    expect(fake.connections).toBe(0);
  });
});

describe('a call', () => {
  const outside = createOutside({ ...parts, deadlineMs: DEADLINE_MS });
  const ask = (url = 'https://alerts.example/list?a=b#c', call = {}) => outside.ask(app.database.knex, url, call);
  const fault = async (asked: Promise<unknown>): Promise<string> => {
    const error: unknown = await asked.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return error instanceof OutsideFailure ? error.fault : String(error);
  };

  it('is made to the addresses that were judged, whatever the name stands for by then, with nothing of ours but our name', async () => {
    fake.answer = (_asked, res) => {
      fake.names.set('alerts.example', [{ address: '127.0.0.1', family: 4 }]);
      res.setHeader('etag', '"one"').setHeader('set-cookie', 'a=b').end('ok');
    };
    const answer = await ask();
    expect([answer.status, answer.etag, answer.body.toString()]).toEqual([200, '"one"', 'ok']);
    expect([fake.looked, fake.told]).toEqual([['alerts.example'], [PUBLIC]]);
    expect(fake.asked[0]).toMatchObject({ url: 'https://alerts.example/list?a=b', method: 'GET' });
    expect(Object.keys(fake.asked[0]?.headers ?? {}).sort()).toEqual(
      ['accept', 'accept-encoding', 'connection', 'host', 'user-agent'].sort(),
    );
    // and the next time it is not made at all
    expect(await fault(ask())).toBe('url_not_allowed');
    expect(fake.connections).toBe(1);
  });

  it('follows no redirect', async () => {
    for (const status of [301, 302, 307, 308]) {
      fake.answer = (_asked, res) => {
        res.writeHead(status, { location: 'https://api.open-meteo.com/elsewhere' }).end();
      };
      expect(await fault(ask())).toBe('url_not_allowed');
    }
    expect(fake.looked).not.toContain('api.open-meteo.com');
  });

  it.each([
    ['status', (res: ServerResponse) => res.writeHead(500).end()],
    ['status', (res: ServerResponse) => res.writeHead(404).end()],
    ['too_large', (res: ServerResponse) => res.writeHead(200, { 'content-length': 1_000_001 }).write('x')],
    ['too_large', (res: ServerResponse) => res.end(Buffer.alloc(1_000_001))],
    ['unreadable', (res: ServerResponse) => res.writeHead(200, { 'content-encoding': 'gzip' }).end('x')],
    ['unreachable', (res: ServerResponse) => res.destroy()],
    // it drips, or never begins
    ['unreachable', (res: ServerResponse) => res.write('x')],
    ['unreachable', () => undefined],
  ] as const)('%s', async (code, answer) => {
    fake.answer = (_asked, res) => {
      answer(res);
    };
    expect(await fault(ask())).toBe(code);
  });

  it('of a name nobody knows, or that takes for ever to be looked up, is given up', async () => {
    fake.names.set('alerts.example', new Error('no such host'));
    expect(await fault(ask())).toBe('unreachable');
    const slow = createOutside({ ...parts, deadlineMs: 20, resolve: () => new Promise(() => undefined) });
    expect(await fault(slow.ask(app.database.knex, 'https://alerts.example/'))).toBe('unreachable');
    expect(fake.connections).toBe(0);
  });

  it('to a host that the rule no longer names is not made', async () => {
    expect(await fault(ask('https://gone.example/'))).toBe('url_not_allowed');
    expect([fake.connections, fake.looked]).toEqual([0, []]);
  });
});

it.each([
  ['93.184.215.14', true],
  ['2606:2800:220:1::1', true],
  ['0.0.0.0', false],
  ['10.255.255.255', false],
  ['100.127.255.255', false],
  ['100.128.0.1', true],
  ['172.15.255.255', true],
  ['172.31.255.255', false],
  ['192.0.2.1', false],
  ['198.18.0.1', false],
  ['203.0.113.7', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::ffff:93.184.215.14', false],
  ['64:ff9b::5db8:d70e', false],
  ['2001::1', false],
  ['2001:db8::1', false],
  ['2002:7f00:1::', false],
  ['fe80::1', false],
  ['fc00::1', false],
  ['ff02::1', false],
  ['fe80::1%eth0', false],
  ['name', false],
])('%s is public: %s', (address, open) => {
  expect(isPublic(address)).toBe(open);
});
