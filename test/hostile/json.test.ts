/** Bodies that are no report: every kind of broken, oversized, disguised or lying JSON. */
import { randomUUID } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { row } from '../../server/db/rows.ts';
import { createStation } from '../../shared/stations.ts';
import { listSightings, reportSighting, type SightingBody } from '../../shared/sightings.ts';
import { useApp } from '../kit/app.ts';
import { sighting } from '../kit/builders.ts';
import { hours } from '../kit/clock.ts';
import { json, type Refusal, refused, rowCounts, send, type Wire } from './wire.ts';

const report = (over: Record<string, unknown>): string => JSON.stringify({ ...sighting(), ...over });
const spaces = Buffer.alloc(50_000_000, ' ');
const charset = (name: string): Record<string, string> => ({ 'content-type': `application/json; charset=${name}` });

const cases: [string, Wire, Refusal][] = [
  ['J1 half an object', { body: '{"a":' }, { status: 400, code: 'bad_json' }],
  ['J2 null', { body: 'null' }, { status: 400, code: 'bad_json' }],
  ['J2 a string', { body: '"x"' }, { status: 400, code: 'bad_json' }],
  ['J2 a number', { body: '1' }, { status: 400, code: 'bad_json' }],
  ['J3 an array', { body: '[1]' }, { status: 422, code: 'not_object' }],
  ['J4 nothing', { body: '' }, { status: 422 }],
  ['J5 NaN', { body: '{"people":NaN}' }, { status: 400, code: 'bad_json' }],
  ['J5 Infinity', { body: '{"people":Infinity}' }, { status: 400, code: 'bad_json' }],
  ['J7 a number in quotes', { body: report({ people: '2' }) }, { status: 422, code: 'invalid', field: 'type' }],
  [
    'J7 coordinates in quotes',
    { body: report({ position: { type: 'Point', coordinates: ['108.9', '34.2'] } }) },
    { status: 422, code: 'invalid', field: 'type' },
  ],
  [
    'J9 __proto__',
    { body: '{"__proto__":{"role":"admin"}}' },
    { status: 422, code: 'invalid', field: 'unknown_field' },
  ],
  [
    'J9 __proto__ deep inside',
    { body: report({}).replace('"type":"Point"', '"type":"Point","__proto__":{"x":1}') },
    { status: 422, code: 'invalid', field: 'unknown_field' },
  ],
  [
    'J9 constructor',
    { body: '{"constructor":{"prototype":{"x":1}}}' },
    { status: 422, code: 'invalid', field: 'unknown_field' },
  ],
  ['J10 one byte too many', { body: `{"a":"${'x'.repeat(102_401 - 8)}"}` }, { status: 413, code: 'too_large' }],
  [
    'J12 a gzip bomb',
    { body: gzipSync(spaces), headers: { 'content-encoding': 'gzip' } },
    { status: 413, code: 'too_large' },
  ],
  [
    'J13 a brotli bomb',
    { body: brotliCompressSync(spaces), headers: { 'content-encoding': 'br' } },
    { status: 413, code: 'too_large' },
  ],
  [
    'J14 gzip that is none',
    { body: 'notgzip', headers: { 'content-encoding': 'gzip' } },
    { status: 400, code: 'bad_encoding' },
  ],
  [
    'J15 an unknown encoding',
    { body: '{}', headers: { 'content-encoding': 'foo' } },
    { status: 415, code: 'unsupported_type' },
  ],
  ['J16 latin 1', { body: '{}', headers: charset('iso-8859-1') }, { status: 415, code: 'unsupported_type' }],
  ['J17 utf-7', { body: '{}', headers: charset('utf-7') }, { status: 415, code: 'unsupported_type' }],
  [
    'J17 utf-16',
    { body: Buffer.from('{}', 'utf16le'), headers: charset('utf-16') },
    { status: 415, code: 'unsupported_type' },
  ],
  [
    'J18 text',
    { body: report({}), headers: { 'content-type': 'text/plain' } },
    { status: 415, code: 'unsupported_type' },
  ],
  ['J18 no type', { body: report({}), headers: { 'content-type': '' } }, { status: 415, code: 'unsupported_type' }],
  [
    'J18 a form',
    { body: 'people=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    { status: 415, code: 'unsupported_type' },
  ],
  ['J20 NUL in words', { body: report({ description: 'x\u0000y' }) }, { status: 422, code: 'nul_char' }],
  ['J20 NUL in a list', { body: report({ signs: ['\u0000'] }) }, { status: 422, code: 'nul_char' }],
  ['J20 NUL in a key', { body: report({ 'a\u0000b': 1 }) }, { status: 422, code: 'nul_char' }],
  ['J24 a time that is none', { body: report({ observedAt: 'yesterday' }) }, { status: 422, code: 'invalid' }],
  [
    'J24 the 31st of February',
    { body: report({ observedAt: '2026-02-31T10:00:00Z' }) },
    { status: 422, code: 'invalid' },
  ],
  [
    'J24 before 2020',
    { body: report({ observedAt: '2019-12-31T23:59:59Z' }) },
    { status: 422, code: 'invalid', field: 'range' },
  ],
  ['J24 year 275760', { body: report({ observedAt: '+275760-09-13T00:00:00Z' }) }, { status: 422, code: 'invalid' }],
  ['J25 fewer than nobody', { body: report({ people: -1 }) }, { status: 422, code: 'invalid', field: 'range' }],
  ['J25 nobody', { body: report({ people: 0 }) }, { status: 422, code: 'invalid', field: 'range' }],
  ['J25 one and a half', { body: report({ people: 1.5 }) }, { status: 422, code: 'invalid' }],
  [
    'J25 beyond exact numbers',
    { body: report({}).replace('"people":1', '"people":9007199254740993') },
    { status: 422, code: 'invalid', field: 'range' },
  ],
  [
    'J25 a million',
    { body: report({}).replace('"people":1', '"people":1e6') },
    { status: 422, code: 'invalid', field: 'range' },
  ],
  [
    'J25 beyond any number',
    { body: report({}).replace('"people":1', '"people":1e999') },
    { status: 422, code: 'invalid' },
  ],
  [
    'J28 a key of 300 letters',
    { body: report({}), headers: { 'idempotency-key': 'a'.repeat(300) } },
    { status: 400, code: 'bad_idempotency_key' },
  ],
  [
    'J28 an empty key',
    { body: report({}), headers: { 'idempotency-key': '' } },
    { status: 400, code: 'bad_idempotency_key' },
  ],
  [
    'J28 a key that is no UUID',
    { body: report({}), headers: { 'idempotency-key': 'abc' } },
    { status: 400, code: 'bad_idempotency_key' },
  ],
  [
    'nested 10,000 deep',
    { body: `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}` },
    { status: 422, code: 'invalid' },
  ],
  [
    '20,000 unknown fields',
    { body: `{${Array.from({ length: 10_000 }, (_, n) => `"f${String(n)}":0`).join(',')}}` },
    { status: 422, code: 'invalid', field: 'unknown_field' },
  ],
  [
    'bytes that are no UTF-8',
    { body: Buffer.concat([Buffer.from('{"description":"'), Buffer.from([0xff, 0xfe, 0xc0]), Buffer.from('"}')]) },
    { status: [400, 422] },
  ],
  [
    'a length that is longer than the body ends in nothing',
    { body: '{', headers: { 'content-length': '1' } },
    { status: 400 },
  ],
];

describe('JSON bodies', () => {
  const app = useApp();

  it.each(cases)('%s', async (_name, wire, refusal) => {
    await refused(
      app,
      {
        ...wire,
        headers:
          wire.headers?.['content-type'] === ''
            ? { ...wire.headers, 'content-type': [] }
            : { ...json, ...wire.headers },
      },
      refusal,
    );
    expect(({} as { role?: string; x?: number; polluted?: string }).role).toBeUndefined();
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it.each(['stationId', 'status', 'verified', 'createdAt', 'role', 'version'])(
    'J23 the field %s is not the reporter’s to set',
    async (name) => {
      const body = await refused(
        app,
        { headers: json, body: report({ [name]: 'x' }) },
        { status: 422, code: 'invalid', field: 'unknown_field' },
      );
      expect(body.errors).toEqual([{ path: `/${name}`, code: 'unknown_field', message: 'unknown field' }]);
    },
  );

  it('J8 the last of two same keys wins', async () => {
    const body = sighting();
    const twice = JSON.stringify(body).replace('"people":1', '"people":1,"people":2');
    expect((await send(app, { headers: json, body: twice })).status).toBe(201);
    expect(
      await row(app.database.knex, `select people from sightings where id = cast(:id as uuid)`, { id: body.id }),
    ).toEqual({ people: 2 });
  });

  it('half a character, as a text cut off in the middle of an emoji has, is no reason to refuse a report', async () => {
    const body = sighting();
    const cut = JSON.stringify(body).replace(
      '"people":1',
      '"description":"\\ud83d","informantCode":"\\ud800","contact":"x\\udfff","people":1',
    );
    expect((await send(app, { headers: json, body: cut })).status).toBe(201);
    expect(
      await row(app.database.knex, `select description, contact from sightings where id = cast(:id as uuid)`, {
        id: body.id,
      }),
    ).toEqual({ description: '\uFFFD', contact: 'x\uFFFD' });
  });

  it('J24 a clock that is wrong, but not absurd, is kept, marked and ordered by receipt', async () => {
    const now = app.clock.now().getTime();
    const [ahead, honest, behind] = [47.9, 0, -73].map((h) =>
      sighting({ observedAt: new Date(now + hours(h)).toISOString() }),
    );
    const beyond = report({ observedAt: new Date(now + hours(48.1)).toISOString() });
    for (const body of [ahead, honest, behind] as SightingBody[]) {
      app.clock.advance(1000);
      expect((await app.anyone.call(reportSighting, { body })).status).toBe(201);
    }
    await refused(app, { headers: json, body: beyond }, { status: 422, code: 'invalid', field: 'range' });
    const { items } = await app.east.dispatcher.does(listSightings, { query: { limit: '3' } });
    expect(items.map(({ id, clockSuspect }) => [id, clockSuspect])).toEqual([
      [behind?.id, true],
      [honest?.id, false],
      [ahead?.id, true],
    ]);
  });

  it('J26 the same report twenty times at once is one report', async () => {
    const before = await rowCounts(app);
    const body = sighting();
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.anyone.call(reportSighting, { body })));
    answers.push(await app.anyone.call(reportSighting, { body }));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(20).fill(200), 201]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    for (const { status, headers } of answers)
      expect(headers.get('idempotent-replay')).toBe(status === 200 ? 'true' : null);
    const after = await rowCounts(app);
    for (const table of ['sightings', 'incidents', 'events', 'audit'])
      expect(after[table], table).toBe((before[table] ?? 0) + 1);
  });

  it('J26 holds for other creates too: twenty at once are one', async () => {
    const body = { id: randomUUID(), parentId: app.stations.east, name: 'District' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.east.admin.call(createStation, { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    for (const answer of answers) {
      expect(answer.body).toEqual(answers[0]?.body);
      expect(answer.headers.get('idempotent-replay')).toBe(answer.status === 200 ? 'true' : null);
    }
  });

  it('J27 an id is good for one report only', async () => {
    const body = sighting();
    await app.anyone.does(reportSighting, { body });
    await refused(
      app,
      { headers: json, body: JSON.stringify({ ...body, people: 2 }) },
      { status: 409, code: 'key_reuse' },
    );
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        app.anyone.call(reportSighting, { body: { ...body, id: body.id, people: n + 3 } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(10).fill(409));
  });

  it('J27 two different reports under one new id at once: one is kept, the other refused', async () => {
    const body = sighting();
    const answers = await Promise.all(
      [1, 2].map((people) => app.anyone.call(reportSighting, { body: { ...body, people } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it('J30 two lengths for one body', async () => {
    await refused(
      app,
      { headers: { ...json, 'transfer-encoding': 'chunked', 'content-length': '4' }, body: '0\r\n\r\n' },
      { status: 400, code: 'bad_request' },
    );
    await refused(
      app,
      { headers: { ...json, 'content-length': ['4', '5'] }, body: '{}  ' },
      { status: 400, code: 'bad_request' },
    );
    await refused(app, Buffer.from('GET / HTTP/9.9\r\n\r\n'), { status: 400, code: 'bad_request' });
    await refused(app, Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x0d, 0x0a, 0x0d, 0x0a]), {
      status: 400,
      code: 'bad_request',
    });
  });
});
