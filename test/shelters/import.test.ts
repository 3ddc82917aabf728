/** A list of shelters from a file: every way spreadsheets write one, every way it can be wrong, all or none. */
import { randomUUID } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { utils, write } from '@e965/xlsx';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { one, row } from '../../server/db/rows.ts';
import { readShelterFile } from '../../server/shelters/shelter-file.ts';
import { judgeLine } from '../../server/shelters/shelter-lines.ts';
import { convert } from '../../shared/geo.ts';
import { Problem, type ProblemBody } from '../../shared/problems.ts';
import { type importShelters, shelterColumns, shelterFileLimits, XLSX_TYPE } from '../../shared/shelter-import.ts';
import { createShelter, holdBed, listShelters, type ShelterView, updateShelter } from '../../shared/shelters.ts';
import { localeNames } from '../../shared/stations.ts';
import type * as z from 'zod/mini';
import { places, useApp } from '../kit/app.ts';
import { expectReplay } from '../kit/replay.ts';

type Imported = z.infer<typeof importShelters.reply>;
type Table = readonly (readonly (string | number | boolean | Date | null)[])[];

const fresh = (): string => `House ${randomUUID().slice(0, 8)}`;
const HEAD = 'name,kind,address\n';
const workbook = (table: Table): Buffer => {
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet(table.map((line) => [...line])), 'list');
  utils.book_append_sheet(book, utils.aoa_to_sheet([['another']]), 'not read');
  return write(book, { type: 'buffer', bookType: 'xlsx', compression: true }) as Buffer;
};
/** A zip file with one part, which says of itself what it likes. */
function zipOf(name: string, content: Buffer, { says = content.length, count = 1, method = 8 } = {}): Buffer {
  const packed = method === 8 ? deflateRawSync(content) : content;
  const path = Buffer.from(name);
  const head = Buffer.alloc(26);
  head.writeUInt16LE(method, 4);
  head.writeUInt32LE(packed.length, 14);
  head.writeUInt32LE(says, 18);
  head.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([Buffer.from('504b0304', 'hex'), head, path, packed]);
  const central = Buffer.concat([Buffer.from('504b01021400', 'hex'), head, Buffer.alloc(14), path]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('504b0506', 'hex'), end]);
}
const GBK: Readonly<Record<string, string>> = { 名: 'c3fb', 称: 'b3c6', 钟: 'd6d3', 楼: 'c2a5' };
const gbk = (text: string): Buffer =>
  Buffer.concat([...text].map((letter) => Buffer.from(GBK[letter] ?? Buffer.from(letter).toString('hex'), 'hex')));

describe('a list of shelters', () => {
  const app = useApp();
  async function send(
    file: string | Uint8Array,
    { by = app.east.manager, query = '', type = 'text/csv', headers = {} } = {},
  ): Promise<{ status: number; body: Imported & ProblemBody; headers: Headers }> {
    const response = await by.fetch(`/api/shelters/import${query}`, {
      method: 'POST',
      body: typeof file === 'string' ? file : new Uint8Array(file),
      headers: { 'content-type': type, ...headers },
    });
    const body = JSON.parse(await response.text()) as Imported & ProblemBody;
    return { status: response.status, body, headers: response.headers };
  }
  const sendSheet = (file: Uint8Array, asked: Parameters<typeof send>[1] = {}): ReturnType<typeof send> =>
    send(file, { ...asked, type: XLSX_TYPE });
  const DRY = { query: '?dryRun=true' };
  const UPDATE = { query: '?update=true' };
  /** Everything an import could write. */
  const written = (): Promise<unknown> =>
    one(
      app.database.knex,
      `select (select count(*) from shelters) as s, (select count(*) from shelter_beds) as b, (select count(*) from shelter_counts) as c,
         (select sum(version) from shelters) as v, (select count(*) from events) as e, (select count(*) from audit) as a,
         (select count(*) from idempotency_keys) as k`,
    );
  const named = async (name: string): Promise<ShelterView> => {
    const { items } = await app.east.manager.does(listShelters, { query: { limit: '500' } });
    const found = items.find((each) => each.name === name);
    if (!found) throw new Error(`${name} is not there`);
    return found;
  };
  const add = (name: string, over: object = {}): Promise<ShelterView> =>
    app.east.manager.does(createShelter, {
      body: { id: randomUUID(), name, kind: 'station', address: 'old', capacity: { any: 5 }, ...over },
    });
  const said = ({ errors }: { errors: readonly { path: string; code: string }[] }): string[] =>
    errors.map(({ path, code }) => `${path} ${code}`);

  it('adds what it says, in either language, and tells everybody entitled', async () => {
    const [a, b] = [fresh(), fresh()];
    const gcj = convert(places.east, 'wgs84', 'gcj02');
    const file = [
      '名称,类型,状态,地址,经度,纬度,坐标系,电话,开放时间,设施,保密,所属站,床位,男床位,女床位,家庭床位,无障碍床位,隔离床位,座位,应急床位,运营单位,联系人,说明',
      `${a},避寒点,,"南大街 1 号, 二楼",${gcj.join(',')},高德,029-1,18:00 起,热饭、可带宠物;no_id,否,east,3,2,1,,,,20,5,红十字会,王,近地铁`,
      `${b},Rescue station,Closed,there,,,,,,,yes,${app.stations.east.toUpperCase()},,,,,,,,,,,`,
    ].join('\r\n');
    const dry = await send(file, DRY);
    expect([dry.status, dry.body.errors, dry.body.items.map(({ line, action, id }) => [line, action, id])]).toEqual([
      200,
      [],
      [
        [2, 'add', null],
        [3, 'add', null],
      ],
    ]);
    const { status, body } = await expectReplay(app, () => send(file));
    expect([status, body.encoding, body.items.map(({ line }) => line)]).toEqual([201, 'utf-8', [2, 3]]);
    const first = await named(a);
    expect(first).toMatchObject({
      id: body.items[0]?.id,
      version: 1,
      stationId: app.stations.east,
      kind: 'warm_place',
      status: 'open',
      address: '南大街 1 号, 二楼',
      phone: '029-1',
      contact: '王',
      operator: '红十字会',
      hours: '18:00 起',
      features: ['warm_food', 'pets', 'no_id'],
      about: '近地铁',
      confidential: false,
      capacity: { any: 3, men: 2, women: 1, family: 0, total: 6 },
      seats: { capacity: { any: 20, total: 20 } },
      surgeBeds: { any: 5 },
      surgeOpen: false,
    });
    for (const [n, degrees] of (first.position?.coordinates ?? [0, 0]).entries())
      expect(degrees).toBeCloseTo(places.east[n] ?? NaN, 4);
    expect(await named(b)).toMatchObject({
      kind: 'station',
      status: 'closed',
      confidential: true,
      position: null,
      phone: null,
    });
    const audited = await row<{ ids: string[]; fields: string[] }>(
      app.database.knex,
      `select subject_ids as ids, fields from audit where command = 'importShelters' order by id desc limit 1`,
    );
    expect(audited?.ids.sort()).toEqual(body.items.map(({ id }) => id).sort());
    expect(audited?.fields).toEqual(Object.keys(shelterColumns));
  });

  it('takes back as a workbook what the template asks for, in each language', async () => {
    for (const locale of localeNames) {
      const name = fresh();
      const header = Object.values(shelterColumns).map((names) => names[locale][0]);
      const line: Table[number] = Object.keys(shelterColumns).map((column) => {
        if (column === 'name') return `=${name}`;
        if (column === 'kind') return 'warm_place';
        if (column === 'address') return '1 South Street';
        if (column === 'lon') return 108.9712345678;
        if (column === 'lat') return 34.2605;
        if (column === 'phone') return 13_812_345_678;
        if (column === 'hours') return new Date(Date.UTC(2026, 0, 2));
        if (column === 'confidential') return false;
        if (column === 'bedsWomen') return 7;
        return null;
      });
      const { status, body } = await sendSheet(workbook([header, [], line]), DRY);
      expect([status, body.errors, body.encoding]).toEqual([200, [], 'xlsx']);
      const { body: done } = await sendSheet(workbook([header, [], line]));
      expect(done.items).toMatchObject([{ line: 3, action: 'add', beds: { women: 7, any: 0 } }]);
      // what looks like a formula is a name
      expect(await named(`=${name}`)).toMatchObject({
        phone: '13812345678',
        hours: '2026-01-02',
        position: { coordinates: [108.971235, 34.2605] },
        capacity: { women: 7, total: 7 },
      });
    }
  });

  it('writes nothing when it only judges, nor when one line of many is wrong', async () => {
    const good = Array.from({ length: 50 }, () => `${fresh()},warm_place,there\n`).join('');
    const before = await written();
    expect((await send(HEAD + good, DRY)).body.items).toHaveLength(50);
    const bad = `${HEAD}${good}${fresh()},palace,there\n`;
    const judged = await send(bad, DRY);
    expect([judged.status, judged.body.items.length, said(judged.body)]).toEqual([200, 50, ['/rows/52/kind enum']]);
    const refused = await send(bad, { headers: { 'idempotency-key': randomUUID() } });
    expect([refused.status, refused.body.code, said(refused.body)]).toEqual([422, 'invalid', ['/rows/52/kind enum']]);
    expect(await written()).toEqual(before);
    expect((await send(HEAD, { query: '?dryRun=yes' })).body.errors).toMatchObject([{ path: '/query/dryRun' }]);
  });

  it('changes one of the same name only when that is said, and only what the cells say', async () => {
    const [name, twin] = [fresh(), fresh()];
    const known = await add(name, { phone: '1', capacity: { any: 5, men: 2 }, features: ['pets', 'shower'] });
    await app.east.dispatcher.does(holdBed, {
      params: { id: known.id },
      body: { id: randomUUID(), people: 4, for: 'on the way' },
    });
    for (let n = 0; n < 2; n += 1) await add(twin);
    const file = `name,kind,address,phone,beds,features\n${name},station,new,,3,shower; pets\n`;
    expect(said((await send(file)).body)).toEqual(['/rows/2/name taken']);
    const judged = (await send(file, { query: '?dryRun=true&update=true' })).body.items;
    expect(judged).toMatchObject([
      { action: 'change', id: known.id, changes: ['address', 'bedsAny'], beds: { any: 3, men: 2 } },
    ]);
    const { status, body } = await expectReplay(app, () => send(file, UPDATE));
    expect([status, body.items]).toEqual([201, judged]);
    expect(await named(name)).toMatchObject({
      version: 2,
      address: 'new',
      phone: '1',
      features: ['shower', 'pets'],
      capacity: { any: 3, men: 2 },
      // smaller than what is held, which is shown
      over: 1,
    });
    // the same file again changes nothing, and says so
    expect((await send(file, UPDATE)).body.items).toMatchObject([{ action: 'same', changes: [] }]);
    expect((await named(name)).version).toBe(2);
    expect(said((await send(`name,kind\n${name},warm_place\n`, UPDATE)).body)).toEqual(['/rows/2/kind fixed']);
    expect(said((await send(`name,phone\n${twin},1\n`, UPDATE)).body)).toEqual(['/rows/2/name ambiguous']);
    // names count within a station: the west one is another
    const west = await send(`name,kind,address,station\n${name},station,x,west\n`, { by: app.root.manager });
    expect([west.status, west.body.items[0]?.action, west.body.items[0]?.stationId]).toEqual([
      201,
      'add',
      app.stations.west,
    ]);
    // given up: its name is free
    await app.east.manager.does(updateShelter, { params: { id: known.id }, body: { version: 2, status: 'closed' } });
    await row(
      app.database.knex,
      `update shelters set closed_down_at = :now where id = cast(:id as uuid) returning id`,
      {
        id: known.id,
        now: app.clock.now(),
      },
    );
    expect((await send(file)).status).toBe(201);
  });

  it('says of every line all that is wrong with it', async () => {
    const taken = fresh();
    await add(taken);
    const twice = fresh();
    const columns = 'name,kind,address,lon,lat,crs,phone,features,confidential,station,beds,seats,surge,status';
    const file = [
      columns,
      ',warm_place,there,,,,,,,,,,,',
      `${taken},warm_place,there,,,,,,,,,,,`,
      `${twice},warm_place,there,,,,,,,,,,,`,
      `${twice},warm_place,there,,,,,,,,,,,`,
      `${fresh()},palace,,,,,,,,,,,,ajar`,
      `${fresh()},warm_place,there,34.26,108.97,,,,,,,,,`,
      `${fresh()},warm_place,there,181,10,,,,,,,,,`,
      `${fresh()},warm_place,there,108.9,,,,,,,,,,`,
      `${fresh()},warm_place,there,0,0,,,,,,,,,`,
      `${fresh()},warm_place,there,NaN,1e3,mars,,,,,,,,`,
      `${fresh()},warm_place,there,,,,${'1'.repeat(41)},hot tub;pets,perhaps,nowhere,-1,1.5,100001,`,
      `${fresh()},warm_place,there,,,,,,,west,,,,`,
      `${fresh()},warm_place,there`,
      `${'x'.repeat(201)},warm_place,${'x'.repeat(301)},,,,,,,,,,,`,
    ].join('\n');
    const { body } = await send(file);
    expect(said(body)).toEqual([
      '/rows/2/name required',
      '/rows/3/name taken',
      '/rows/5/name duplicate',
      '/rows/6/kind enum',
      '/rows/6/status enum',
      '/rows/7/lat lat_range',
      '/rows/8/lon lon_range',
      '/rows/9/lat required',
      '/rows/10/lon range',
      '/rows/11/crs enum',
      '/rows/11/lon number',
      '/rows/11/lat number',
      '/rows/12/phone range',
      '/rows/12/features enum',
      '/rows/12/confidential enum',
      '/rows/12/bedsAny number',
      '/rows/12/seats number',
      '/rows/12/surge range',
      '/rows/12/station not_found',
      '/rows/13/station not_found',
      '/rows/14 columns',
      '/rows/15/name range',
      '/rows/15/address range',
    ]);
    expect(body.errors.find(({ code }) => code === 'lat_range')?.message).toContain('swapped?');
    expect(body.errors.find(({ code }) => code === 'duplicate')?.message).toContain('4');
  });

  it.each(['=HYPERLINK("https://evil.tld","x")', '+1', '-1', '@SUM(1)', '\t=1', '＝1', '＠x'])(
    'C1 keeps the cell %j as text, in either kind of file',
    async (cell) => {
      const quoted = `"${cell.replaceAll('"', '""')}"`;
      const csv = await send(`${HEAD}${quoted},warm_place,"${fresh()}"\n`);
      expect([csv.status, csv.body.items[0]?.name]).toEqual([201, cell.trim()]);
      const sheet = await sendSheet(
        workbook([
          ['name', 'about'],
          [cell, `${cell} ${fresh()}`],
        ]),
        UPDATE,
      );
      expect([sheet.status, sheet.body.items[0]?.changes]).toEqual([201, ['about']]);
    },
  );

  it.each([
    ['UTF-8 with a byte order mark', 'utf-8', (text: string) => Buffer.from(`\uFEFF${text}`)],
    ['UTF-8 without', 'utf-8', (text: string) => Buffer.from(text)],
    ['UTF-16, small end first', 'utf-16le', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16, big end first', 'utf-16be', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['GB 18030', 'gb18030', gbk],
    ['UTF-16 with tabs', 'utf-16le', (text: string) => Buffer.from(`\uFEFF${text.replaceAll(',', '\t')}`, 'utf16le')],
  ])('C3 is read in %s', async (_name, encoding, writeIn) => {
    const { status, body } = await send(writeIn('名称,kind,address\n钟楼,warm_place,钟楼\n\n,,\n'), DRY);
    expect([status, body.encoding, body.items[0]]).toMatchObject([200, encoding, { name: '钟楼', address: '钟楼' }]);
  });

  it.each([
    ['UTF-16 without its mark', Buffer.from(`${HEAD}钟楼,warm_place,x\n`, 'utf16le')],
    ['a UTF-8 mark before GB 18030', Buffer.concat([Buffer.from('\uFEFF'), gbk(`${HEAD}钟楼,warm_place,x\n`)])],
    ['two marks', Buffer.concat([Buffer.from([0xff, 0xfe, 0xfe, 0xff]), Buffer.from(`${HEAD}x`)])],
    ['a NUL', Buffer.from(`${HEAD}a\u0000b,warm_place,x\n`)],
    ['a workbook', workbook([['name'], ['x']])],
  ])('C3 is refused as %s', async (_name, bytes) => {
    const { status, body } = await send(bytes);
    expect([status, said(body)]).toEqual([422, ['/encoding encoding']]);
  });

  it.each([
    ['nothing at all', '', 'required', 'name'],
    ['no column for the name', 'kind,address\nwarm_place,x\n', 'required', 'name'],
    ['a longitude without latitude', 'name,lon\nx,1\n', 'required', 'lat'],
    ['a column twice', 'name,name\nx,y\n', 'duplicate', 'name'],
    ['a column twice under two names', 'name,address,地址\nx,y,z\n', 'duplicate', 'address'],
    ['a column nobody knows', 'name,colour\nx,red\n', 'unknown_field', 'colour'],
    ['__proto__', 'name,__proto__\nx,y\n', 'unknown_field', '__proto__'],
    ['constructor', 'name,constructor\nx,y\n', 'unknown_field', 'constructor'],
    ['a column without a name', 'name,\nx,y\n', 'unknown_field', ''],
    ['a quote that never ends', '"name,kind\nx,y\n', 'malformed', ''],
  ])('C4 is refused with %s', async (_name, file, code, word) => {
    // a sheet has no quotes, and no columns behind its last one
    const alsoSheet = code !== 'malformed' && word !== '';
    for (const answer of [
      await send(file, DRY),
      ...(alsoSheet
        ? [
            await sendSheet(
              workbook(
                file
                  .trim()
                  .split('\n')
                  .map((line) => line.split(',')),
              ),
              DRY,
            ),
          ]
        : []),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([422, 'invalid']);
      expect(answer.body.errors.some((error) => error.code === code && error.message.includes(word))).toBe(true);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('C5 takes as many as it says, refuses more, and is all or nothing far down', async () => {
    const lines = (n: number): string =>
      HEAD + Array.from({ length: n }, (_, at) => `Many ${String(at)},warm_place,there\n`).join('');
    const before = await written();
    const { rows: most } = shelterFileLimits;
    expect((await send(lines(most), DRY)).body.items).toHaveLength(most);
    for (const file of [lines(most + 1), lines(20_000), `${HEAD}${'\n'.repeat(2_000_001)}`])
      expect(await send(file)).toMatchObject({ status: 413, body: { code: 'too_large' } });
    const table = (n: number): Table =>
      lines(n)
        .trim()
        .split('\n')
        .map((line) => line.split(','));
    expect(await sendSheet(workbook(table(most + 1)))).toMatchObject({ status: 413, body: { code: 'too_large' } });
    expect((await sendSheet(workbook(table(most)), DRY)).body.items).toHaveLength(most);
    // all that is wrong is told, however much it is
    const bad = await send(lines(most).replaceAll('warm_place', 'x'));
    expect([bad.status, bad.body.errors.length]).toEqual([422, most]);
    const last = await send(`${lines(999)},warm_place,there\n`);
    expect(said(last.body)).toEqual(['/rows/1001/name required']);
    expect(await written()).toEqual(before);
  });

  it('is done once when it is sent again', async () => {
    const key = randomUUID();
    const file = `${HEAD}${fresh()},warm_place,there\n`;
    const headers = { 'idempotency-key': key };
    const answers = await Promise.all([1, 2, 3].map(() => send(file, { headers })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.map((answer) => answer.headers.get('idempotent-replay')).sort()).toEqual(
      [null, 'true', 'true'].sort(),
    );
    expect((await send(`${HEAD}${fresh()},warm_place,there\n`, { headers })).body.code).toBe('key_reuse');
    expect((await send(file, { headers: { 'idempotency-key': 'x' } })).body.code).toBe('bad_idempotency_key');
    // two lists with the same name at once: one of them comes second
    const name = fresh();
    const both = await Promise.all([1, 2].map(() => send(`${HEAD}${fresh()},warm_place,x\n${name},warm_place,x\n`)));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 422]);
  });

  it('is sent as a file of its kind by a manager or admin, and not by a page of another site', async () => {
    const file = `${HEAD}${fresh()},warm_place,there\n`;
    for (const type of [
      'application/json',
      'text/plain',
      'application/vnd.ms-excel',
      'multipart/form-data; boundary=x',
    ])
      expect(await send(file, { type })).toMatchObject({ status: 415, body: { code: 'unsupported_type' } });
    expect((await send(file, { by: app.east.dispatcher })).status).toBe(403);
    expect((await send(file, { by: app.east.shelter })).status).toBe(403);
    expect((await send(file, { by: app.anyone })).status).toBe(401);
    expect((await send(file, { headers: { origin: 'https://evil.tld' } })).status).toBe(403);
    expect((await send(file, { by: app.east.admin })).status).toBe(201);
  });

  describe('a workbook made to hurt', () => {
    const sheet = (data: string): string =>
      `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">${data}</worksheet>`;
    /** A workbook that is right but for its first sheet. */
    const bookWith = async (data: string): Promise<Buffer> => {
      const { CFB } = (await import('@e965/xlsx')) as unknown as {
        CFB: {
          read(bytes: Buffer, options: object): object;
          write(zip: object, options: object): Buffer;
          utils: { cfb_add(zip: object, path: string, content: Buffer): void };
        };
      };
      const zip = CFB.read(workbook([['name'], ['x']]), { type: 'buffer' });
      CFB.utils.cfb_add(zip, '/xl/worksheets/sheet1.xml', Buffer.from(data));
      return CFB.write(zip, { fileType: 'zip', type: 'buffer', compression: true });
    };
    const cell = (at: string, text: string): string => `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`;

    it('is refused when it unpacks to more than it may, whatever it says of itself', async () => {
      const bomb = Buffer.alloc(32_000_000, 0x20);
      const from = performance.now();
      for (const says of [bomb.length, 10])
        expect(await sendSheet(zipOf('xl/worksheets/sheet1.xml', bomb, { says }))).toMatchObject({
          status: 413,
          body: { code: 'too_large' },
        });
      expect(await sendSheet(zipOf('xl/workbook.xml', Buffer.from('x'), { count: 65_000 }))).toMatchObject({
        status: 413,
      });
      expect(performance.now() - from).toBeLessThan(5_000);
    });

    it.each([
      ['no zip file', Buffer.from('PK\u0003\u0004 nothing')],
      ['an empty one', Buffer.from('504b0506000000000000000000000000000000000000', 'hex')],
      ['a CSV file', Buffer.from(HEAD)],
      ['a directory beyond its end', zipOf('xl/workbook.xml', Buffer.from('x'), { count: 5 })],
      ['a part packed in no known way', zipOf('xl/workbook.xml', Buffer.from('x'), { method: 99 })],
      ['only what nobody reads', zipOf('../../etc/passwd', Buffer.from('x'))],
      ['a part that is no XML', zipOf('xl/workbook.xml', Buffer.from('<<<'))],
    ])('is refused as %s', async (_name, bytes) => {
      const { status, body } = await sendSheet(bytes);
      expect([status, said(body)]).toEqual([422, ['/file malformed']]);
    });

    it('says what it likes of its size, and is read by what is there', async () => {
      const data = [
        `<row r="1">${cell('A1', 'name')}${cell('B1', 'kind')}${cell('C1', 'address')}</row>`,
        `<row r="1048576">${cell('A1048576', 'far &amp; away')}${cell('B1048576', 'warm_place')}${cell('C1048576', 'there')}</row>`,
      ].join('');
      const wide = `<dimension ref="A1:XFD1048576"/><sheetData>${data}</sheetData>`;
      const { status, body } = await sendSheet(await bookWith(sheet(wide)), DRY);
      expect([status, body.items]).toMatchObject([200, [{ line: 1_048_576, name: 'far & away' }]]);
      const right = `<sheetData>${data}<row r="3">${cell('XFD3', 'x')}</row></sheetData>`;
      expect(said((await sendSheet(await bookWith(sheet(right)), DRY)).body)).toEqual(['/rows/3 columns']);
      // a NUL that XML cannot hold, in the way spreadsheets write it all the same; entities are not grown
      const nul = `<sheetData><row r="1">${cell('A1', 'name')}</row><row r="2">${cell('A2', 'a_x0000_b')}</row></sheetData>`;
      expect(said((await sendSheet(await bookWith(sheet(nul)), { query: '?dryRun=true&update=true' })).body)).toContain(
        '/rows/2/name nul_char',
      );
      const lol = `<!DOCTYPE x [<!ENTITY a "${'b'.repeat(1_000)}"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">]>${sheet(nul.replace('a_x0000_b', '&c;'))}`;
      expect(JSON.stringify((await sendSheet(await bookWith(lol), DRY)).body).length).toBeLessThan(1_000);
    });
  });

  it('reads anything at all or says what is wrong', async () => {
    const judged = async (bytes: Uint8Array, sheet: boolean): Promise<void> => {
      try {
        const { lines } = await readShelterFile(Buffer.from(bytes), sheet);
        for (const line of lines) {
          expect(Object.getPrototypeOf(line.cells)).toBe(Object.prototype);
          const { said: right, errors } = judgeLine(line);
          expect(right === null).toBe(errors.length > 0);
        }
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        expect([413, 422]).toContain(error.status);
      }
    };
    const words = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        'name',
        '名称',
        'lon',
        'lat',
        '__proto__',
        '"',
        '\r',
        '\uFEFF',
        '=1',
        '',
        '1e9',
        '"a\nb"',
        'pets、热饭',
      ),
    );
    const file = fc
      .array(fc.array(words, { maxLength: 6 }), { maxLength: 12 })
      .chain((table) =>
        fc.constantFrom(',', ';', '\t').map((between) => table.map((line) => line.join(between)).join('\n')),
      );
    await fc.assert(
      fc.asyncProperty(file, fc.constantFrom('', 'name,kind,lon,lat,beds,features\n'), async (text, head) => {
        await judged(Buffer.from(head + text), false);
      }),
      { numRuns: 200 },
    );
    // a good workbook with a bit turned anywhere
    const good = workbook([
      ['name', 'beds'],
      ['x', 3],
    ]);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const bytes = Buffer.from(good);
        bytes.writeUInt8(bytes.readUInt8(at) ^ by, at);
        await judged(bytes, true);
      }),
      { numRuns: 60 },
    );
  });
});
