/** A city's tables: every way they are written, every way they can be wrong, all or nothing, and what a crash leaves. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { one, rows } from '../../server/db/rows.ts';
import { sweepPlaces } from '../../server/places/commands.ts';
import { runCommand } from '../../server/realtime/command.ts';
import {
  listPlaceImports,
  type PlaceImportRow,
  type PlaceKind,
  placeLimits,
  readPlaceImport,
  removePlaceImport,
  resolvePlace,
} from '../../shared/places.ts';
import type { ProblemBody } from '../../shared/problems.ts';
import { useApp } from '../kit/app.ts';
import { minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';

const app = useApp();
type Sent = Omit<Partial<PlaceImportRow>, 'errors'> & Partial<ProblemBody>;

async function send(
  file: string | Uint8Array<ArrayBuffer>,
  {
    by = app.east.manager,
    id = randomUUID(),
    kind = 'landmark',
    more = {},
    headers = {},
  }: {
    by?: Person;
    id?: string;
    kind?: PlaceKind;
    more?: Record<string, string>;
    headers?: Record<string, string>;
  } = {},
): Promise<{ status: number; body: Sent; id: string; replayed: boolean }> {
  const query = new URLSearchParams({ id, kind, ...more }).toString();
  const response = await by.fetch(`/api/places/imports?${query}`, {
    method: 'POST',
    body: file,
    headers: { 'content-type': 'text/csv', ...headers },
  });
  const body = (await response.json()) as Sent;
  return { status: response.status, body, id, replayed: response.headers.get('idempotent-replay') === 'true' };
}
const look = (id: string): Promise<PlaceImportRow> => app.root.manager.does(readPlaceImport, { params: { id } });
/** What became of an import that was taken over. */
async function ended(sent: Promise<{ status: number; id: string; body: Sent }>): Promise<PlaceImportRow> {
  const { status, id, body } = await sent;
  if (status !== 202) throw new Error(JSON.stringify(body));
  for (;;) {
    const row = await look(id);
    if (row.status !== 'reading' && row.status !== 'storing') return row;
  }
}
const sweep = (): Promise<number> =>
  runCommand(app.service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, sweepPlaces);
const stored = async (id: string): Promise<{ places: number; grams: number }> =>
  one(
    app.database.knex,
    `select cast((select count(*) from places where import_id = cast(:id as uuid)) as integer) as places,
       cast((select count(*) from place_grams where import_id = cast(:id as uuid)) as integer) as grams`,
    { id },
  );
const namesFor = async (q: string): Promise<string[]> =>
  (await app.east.dispatcher.does(resolvePlace, { body: { q } })).items.map(({ name }) => name);

const HEAD = 'code,name,lon,lat\n';
const bytes = (buffer: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(buffer);
/** 编号,名称,经度,纬度 钟楼 in GB 18030. */
const GBK_TABLE = Buffer.concat([
  Buffer.from('b1e0bac52cc3fbb3c62cbeadb6c82cceb3b6c80d0a', 'hex'),
  Buffer.from('A1,', 'latin1'),
  Buffer.from('d6d3c2a5', 'hex'),
  Buffer.from(',108.94,34.26\r\n', 'latin1'),
]);

describe('a table of places', () => {
  it('is stored in the background, counted, and leaves an audit row without its content', async () => {
    const { status, body, id } = await send(`${HEAD}X1,第一座桥,108.94,34.26\nX2,第二座桥,108.95,34.27\n`, {
      more: { fileName: '桥.csv' },
    });
    expect([status, body]).toMatchObject([
      202,
      { id, version: 1, kind: 'landmark', crs: 'wgs84', fileName: '桥.csv', status: 'reading', stored: 0 },
    ]);
    const row = await ended(Promise.resolve({ status, id, body }));
    expect(row).toMatchObject({ status: 'done', total: 2, stored: 2, errors: [], errorCount: 0 });
    expect(row.finishedAt).not.toBeNull();
    expect(await namesFor('第二座桥')).toContain('第二座桥');
    const audit = await one<{ text: string }>(
      app.database.knex,
      `select cast(audit as text) as text from audit where command = 'importPlaces' and subject_ids @> array[cast(:id as uuid)]`,
      { id },
    );
    expect(audit.text).toContain('{code,name,lon,lat}');
    expect(audit.text + app.logged.join()).not.toContain('第一座桥');
  });

  it.each([
    ['GB 18030, headings in Chinese', bytes(GBK_TABLE)],
    ['UTF-8 with a byte order mark', `\uFEFF${HEAD}A1,钟楼,108.94,34.26\n`],
    ['UTF-16, small end first', bytes(Buffer.from(`\uFEFF${HEAD}A1,钟楼,108.94,34.26\n`, 'utf16le'))],
    ['UTF-16, big end first', bytes(Buffer.from(`\uFEFF${HEAD}A1,钟楼,108.94,34.26\n`, 'utf16le').swap16())],
    ['semicolons', `${HEAD}A1,钟楼,108.94,34.26\n`.replaceAll(',', ';')],
    ['tabs and other columns', 'id\tcode\tname\tlng\tLatitude\t\n1\tA1\t钟楼\t108.94\t34.26\t\n'],
    ['quotes, empty lines, spaces', `"code","name","lon","lat"\r\n\r\n"A1"," 钟楼 "," 108.94","+34.26"\r\n,,,\r\n`],
    ['old line ends', `${HEAD}A1,钟楼,108.94,34.26\n`.replaceAll('\n', '\r')],
  ])('is read in %s', async (_name, file) => {
    const row = await ended(send(file));
    expect([row.status, row.total, row.errors]).toEqual(['done', 1, []]);
    const { items } = await app.east.dispatcher.does(resolvePlace, { body: { q: 'A1' } });
    expect(items).toEqual([
      {
        kind: 'landmark',
        name: '钟楼',
        code: 'A1',
        position: { type: 'Point', coordinates: [108.94, 34.26] },
        accuracyM: 100,
        notes: [],
      },
    ]);
  });

  it('C1 keeps formulas as the text they are', async () => {
    const names = [
      '=HYPERLINK("https://evil.tld","x")',
      '+1',
      '-1',
      '@SUM(1)',
      '＝1',
      "'); drop table places; --",
      '<b>x</b>',
    ];
    const lines = names.map((name, n) => `=F${String(n)},"${name.replaceAll('"', '""')}",108.94,34.26`);
    const row = await ended(send(HEAD + lines.join('\n')));
    expect(row).toMatchObject({ status: 'done', stored: names.length });
    const kept = await rows<{ name: string }>(
      app.database.knex,
      `select name from places where import_id = cast(:id as uuid) order by line`,
      { id: row.id },
    );
    expect(kept.map(({ name }) => name)).toEqual(names);
  });

  it('a post without a name goes by its code; its own radius is kept; GCJ-02 becomes WGS 84', async () => {
    const table = 'code,lon,lat,accuracyM\nNO-NAME-1,108.94686,34.25951,7.5\n';
    await ended(send(table, { kind: 'pole', more: { crs: 'gcj02' } }));
    const { items } = await app.east.dispatcher.does(resolvePlace, { body: { q: 'no name 1' } });
    expect(items).toMatchObject([{ kind: 'pole', name: 'NO-NAME-1', accuracyM: 8 }]);
    expect(items[0]?.position.coordinates[0]).toBeCloseTo(108.9422, 4);
  });

  it('tells every fault by its line, and stores nothing', async () => {
    const row = await ended(
      send(
        [
          'code,name,lon,lat,accuracyM',
          'G1,good,108.94,34.26,',
          'G2,swapped,34.26,108.94,',
          'G3,"two',
          'lines",1x8,34.26,',
          'G4,short,108.94',
          ',,108.94,34.26,5',
          `G5,${'长'.repeat(201)},108.94,34.26,`,
          'G6,nowhere,,34.26,',
          'G1,again,108.94,34.26,',
          'G7,zero,0,0,',
          'G8,far,181,34.26,-1',
          '=1+1,sum,=1+1,1e3,',
          'G9,two faults,999999,91,',
        ].join('\n'),
      ),
    );
    expect(row).toMatchObject({ status: 'failed', total: 12, stored: 0, errorCount: 13 });
    expect(row.errors.map(({ line, column, code }) => [line, column, code])).toEqual([
      [3, 'lat', 'lat_range'],
      [5, 'lon', 'number'],
      [6, '', 'columns'],
      [7, 'name', 'required'],
      [8, 'name', 'range'],
      [9, 'lon', 'required'],
      [10, 'code', 'duplicate'],
      [11, 'lon', 'range'],
      [12, 'lon', 'lon_range'],
      [12, 'accuracyM', 'range'],
      [13, 'lon', 'number'],
      [13, 'lat', 'number'],
      [14, 'lat', 'lat_range'],
    ]);
    expect(row.errors[0]?.message).toContain('swapped?');
    expect(await stored(row.id)).toEqual({ places: 0, grams: 0 });
  });

  it('C5 one wrong line among many keeps the former table, and no more than 200 faults are told', async () => {
    await ended(send(`${HEAD},老地标甲,108.94,34.26\n`));
    const many = Array.from(
      { length: 12_000 },
      (_, n) => `M${String(n)},某处${String(n)},108.94,${n % 40 === 39 ? 'x' : '34.26'}`,
    );
    const row = await ended(send(HEAD + many.join('\n')));
    expect([row.status, row.total, row.errors.length, row.errorCount]).toEqual(['failed', 12_000, 200, 300]);
    expect(row.errors.slice(0, 2).map(({ line }) => line)).toEqual([41, 81]);
    expect(await namesFor('老地标甲')).toContain('老地标甲');
    expect(await namesFor('某处17')).toEqual([]);
  });

  it.each([
    ['no latitude', 'code,name,lon\n1,a,108\n', '/header', 'required'],
    ['neither name nor code', 'lon,lat\n108,34\n', '/header', 'required'],
    ['a heading twice', 'name,name,lon,lat\na,b,108,34\n', '/header', 'duplicate'],
    ['the same column by two names', 'name,lon,lng,lat\na,108,108,34\n', '/header', 'duplicate'],
    ['a heading that reaches into the software', '__proto__,name,lon,lat\nx,a,108,34\n', '/header', 'unknown_field'],
    ['constructor', 'constructor,name,lon,lat\nx,a,108,34\n', '/header', 'unknown_field'],
    ['nothing', '', '/header', 'required'],
    ['UTF-16 without its mark', bytes(Buffer.from(`${HEAD}1,钟楼,108,34\n`, 'utf16le')), '/encoding', 'encoding'],
    ['a UTF-8 mark before GB 18030', bytes(Buffer.concat([Buffer.from('\uFEFF'), GBK_TABLE])), '/encoding', 'encoding'],
    ['a picture', bytes(Buffer.from('ffd8ffe000104a46494600010100', 'hex')), '/encoding', 'encoding'],
    ['a NUL', `${HEAD}1,a\u0000b,108,34\n`, '/encoding', 'encoding'],
  ])('C3 C4 is refused at once with %s', async (_name, file, path, code) => {
    const { status, body, id } = await send(file);
    expect([status, body.code, body.errors?.map((each) => [each.path, each.code])]).toEqual([
      422,
      'invalid',
      expect.arrayContaining([[path, code]]),
    ]);
    expect(({} as Record<string, unknown>)['role']).toBeUndefined();
    expect((await app.east.manager.call(readPlaceImport, { params: { id } })).status).toBe(404);
  });

  it.each([
    ['quotes that never close', `${HEAD}1,"open,108,34\n2,b,108,34\n`, 'malformed'],
    ['a line without end', `${HEAD}1,${'a'.repeat(20_000)},108,34\n`, 'malformed'],
    [
      'letters that are none, far below',
      bytes(
        Buffer.concat([
          Buffer.from(`\uFEFF${HEAD}`, 'utf16le'),
          Buffer.from(`1,${'a'.repeat(9_000)}\n`, 'utf16le'),
          Buffer.from([0x00, 0xd8, 0x41, 0x00]),
        ]),
      ),
      'encoding',
    ],
    ['a heading alone', HEAD, 'required'],
  ])('fails with %s', async (_name, file, code) => {
    const row = await ended(send(file));
    expect([row.status, row.errors.map((each) => each.code)]).toEqual(['failed', [code]]);
  });

  it('C5 413 beyond the limits, in rows and in bytes; 415 for what is no CSV', async () => {
    const rowsOver = await send(`name,lon,lat\n${'a,108,34\n'.repeat(placeLimits.rows + 1)}`);
    expect([rowsOver.status, rowsOver.body.code]).toEqual([413, 'too_large']);
    const bytesOver = await send(new Uint8Array(placeLimits.bytes + 1));
    expect([bytesOver.status, bytesOver.body.code]).toEqual([413, 'too_large']);
    const json = await send('{}', { headers: { 'content-type': 'application/json' } });
    expect([json.status, json.body.code]).toEqual([415, 'unsupported_type']);
  });

  it('sent again is the same import; another file under its id is refused', async () => {
    const file = `${HEAD}R1,重发,108.94,34.26\n`;
    const first = await send(file);
    const second = await send(file, { id: first.id });
    expect([first.status, first.replayed, second.status, second.replayed]).toEqual([202, false, 200, true]);
    expect(second.body.id).toBe(first.id);
    expect((await ended(Promise.resolve(first))).stored).toBe(1);
    for (const changed of [
      await send(`${file}R2,b,108,34\n`, { id: first.id }),
      await send(file, { id: first.id, kind: 'pole' }),
    ])
      expect([changed.status, changed.body.code]).toEqual([409, 'key_reuse']);
    const both = await Promise.all([1, 2, 3].map(() => send(file, { id: '0190b6f1-7c1e-7a52-9a3e-2f6d1c0b8e77' })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 200, 202]);
  });

  it('replaces the table of its kind and station from one moment to the next; others stay', async () => {
    await ended(send(`${HEAD}K1,旧的路灯,108.94,34.26\n`, { kind: 'lamp_post' }));
    await ended(
      send(`${HEAD}K2,根站的路灯,108.94,34.26\n`, {
        kind: 'lamp_post',
        by: app.root.manager,
        more: { stationId: app.stations.west },
      }),
    );
    const next = await ended(send(`${HEAD}K3,新的路灯,108.94,34.26\n`, { kind: 'lamp_post' }));
    expect([await namesFor('K1'), await namesFor('K3')]).toEqual([[], ['新的路灯']]);
    const { items } = await app.east.manager.does(listPlaceImports);
    expect(items.filter(({ kind, status }) => kind === 'lamp_post' && status === 'done').map(({ id }) => id)).toEqual([
      next.id,
    ]);
  });

  it('can be cancelled while it runs, and taken away after', async () => {
    const many = Array.from({ length: 30_000 }, (_, n) => `,取消${String(n)},108.94,34.26`).join('\n');
    const running = await send(`${HEAD}${many}`, { kind: 'pole' });
    const cancelled = await app.east.manager.does(removePlaceImport, { params: { id: running.id } });
    expect(cancelled).toMatchObject({ status: 'removed', version: 2 });
    // the next one waits until the cancelled one has let go
    const after = await ended(send(`${HEAD}Z1,留下,108.94,34.26\n`, { kind: 'bus_stop' }));
    expect((await look(running.id)).status).toBe('removed');
    expect((await stored(running.id)).places).toBeLessThan(30_000);
    await app.east.manager.does(removePlaceImport, { params: { id: after.id } });
    expect(await namesFor('留下')).toEqual([]);
    while ((await sweep()) > 0);
    for (const id of [running.id, after.id]) expect(await stored(id)).toEqual({ places: 0, grams: 0 });
    expect((await app.west.manager.call(removePlaceImport, { params: { id: after.id } })).status).toBe(404);
  });

  it('that died with its process is failed by its missing beat, and what it left is deleted', async () => {
    const id = randomUUID();
    await rows(
      app.database.knex,
      `insert into place_imports (id, station_id, kind, file_name, crs, status, fingerprint, total, stored, beat_at, created_at)
       values (cast(:id as uuid), cast(:east as uuid), 'pole', '', 'wgs84', 'storing', '', 2, 1, :now, :now)`,
      { id, east: app.stations.east, now: app.clock.now() },
    );
    await rows(
      app.database.knex,
      `insert into places (import_id, line, name, position, accuracy_m, code_key, grams)
       values (cast(:id as uuid), 2, '半途', st_setsrid(st_makepoint(108.94, 34.26), 4326), 15, 'HALF', array['半途'])`,
      { id },
    );
    expect(await namesFor('half')).toEqual([]);
    app.clock.advance(minutes(1));
    await sweep();
    expect((await look(id)).status).toBe('storing');
    app.clock.advance(1);
    while ((await sweep()) > 0);
    expect(await look(id)).toMatchObject({
      status: 'failed',
      errors: [{ line: 0, code: 'interrupted' }],
      errorCount: 1,
    });
    expect((await stored(id)).places).toBe(0);
    app.clock.advance(minutes(31 * 24 * 60));
    while ((await sweep()) > 0);
    const left = await rows(app.database.knex, `select id from place_imports where id = cast(:id as uuid)`, { id });
    expect(left).toEqual([]);
  });
});
