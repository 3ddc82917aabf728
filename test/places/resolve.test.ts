/** What people say and where it may be: codes, names inside sentences, sides, sites and areas, and the city next door. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { sweepPlaces } from '../../server/places/commands.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { codeKeyOf, codeKeysIn, fitOf, piecesOf } from '../../shared/place-words.ts';
import { type PlaceKind, readPlaceImport, type ResolvedPlace, resolvePlace } from '../../shared/places.ts';
import { type TestApp, useApp } from '../kit/app.ts';
import type { Person } from '../kit/people.ts';

/** Imports a table and waits until it has ended. */
async function importTable(
  app: TestApp,
  csv: string,
  { kind = 'landmark', by = app.east.manager, query = '' }: { kind?: PlaceKind; by?: Person; query?: string } = {},
): Promise<string> {
  const id = randomUUID();
  const response = await by.fetch(`/api/places/imports?id=${id}&kind=${kind}${query}`, {
    method: 'POST',
    body: csv,
    headers: { 'content-type': 'text/csv' },
  });
  if (response.status !== 202) throw new Error(await response.text());
  for (;;) {
    const { status } = await by.does(readPlaceImport, { params: { id } });
    if (status === 'done' || status === 'failed') return status;
  }
}

describe('words', () => {
  it.each([
    ['钟楼地铁站', ['钟楼', '楼地', '地铁', '铁站']],
    ['雁塔南路 0123 号灯杆', ['雁塔', '塔南', '南路', '123', '号灯', '灯杆']],
    ["King's Cross, north gate", ['king', 's', 'cross', 'north', 'gate']],
    ['ＬＤ－０２３１', ['ld', '231']],
    ['A座', ['a', '座']],
    ['000', ['0']],
    ['…', []],
  ])('%s', (text, pieces) => {
    expect(piecesOf(text)).toEqual(pieces);
  });
  it.each([
    ['ld-0231', 'LD0231'],
    ['ＬＤ － ０２３１', 'LD0231'],
    ['雁南–02 3', '雁南023'],
  ])('the code %s', (code, key) => {
    expect(codeKeyOf(code)).toBe(key);
  });
  it('are looked through for codes', () => {
    expect(codeKeysIn('在 LD-0231 灯杆旁, 12 号楼')).toEqual(['在LD0231灯杆旁,12号楼', 'LD0231']);
    expect(codeKeysIn('电线杆 10234')).toContain('10234');
  });
  it.each([
    ['钟楼', '钟楼', 'same', false],
    ['钟楼东北角', '钟楼', 'side', true],
    ['钟楼对面', '钟楼', 'side', true],
    ['opposite the Bell Tower', 'Bell Tower', 'side', true],
    ['north-east corner of the Bell Tower', 'Bell Tower', 'side', true],
    ['钟楼地铁站西北口 3 号灯杆', '钟楼地铁站', 'inside', true],
    ['西门口地铁站', '西门口地铁站', 'same', false],
    ['在西门口地铁站等', '西门口地铁站', 'inside', false],
    ['钟楼', '钟楼地铁站', 'guess', false],
  ] as const)('%s, known as %s: %s', (said, name, fit, side) => {
    expect(fitOf(said, name)).toEqual({ fit, side });
  });
});

describe('a place', () => {
  const app = useApp();
  const ask = async (q: string, near?: string, by: Person = app.east.dispatcher): Promise<ResolvedPlace[]> =>
    (await by.does(resolvePlace, { body: near === undefined ? { q } : { q, near } })).items;
  const first = async (q: string, near?: string): Promise<ResolvedPlace | undefined> => (await ask(q, near))[0];

  beforeAll(async () => {
    await importTable(
      app,
      'code,name,lon,lat,accuracyM\n,钟楼,108.94686,34.25951,60\n,钟楼地铁站,108.9472,34.2601,\n,鼓楼,108.9431,34.2620,\n,Bell Tower Hotel,108.9480,34.2600,\n,大雁塔北广场,108.9642,34.2250,\n',
      { query: '&crs=gcj02' },
    );
    await importTable(
      app,
      `code,name,lon,lat\n${Array.from({ length: 40 }, (_, n) => `LD-${String(n).padStart(4, '0')},雁塔南路${String(n).padStart(4, '0')}号灯杆,${String(108.96 + n / 10_000)},34.21`).join('\n')}\nDG-7,同名路口,108.97,34.26\n`,
      { kind: 'lamp_post' },
    );
    await importTable(app, `编号,站名,经度,纬度\nB1,同名路口,108.96,34.20\nB2,同名路口,108.99,34.28\n`, {
      kind: 'bus_stop',
      by: app.root.manager,
    });
    await importTable(app, 'code,name,lon,lat\nWW-1,西边独有的桥,108.9,34.25\n', {
      kind: 'pole',
      by: app.west.manager,
    });
    await rows(
      app.database.knex,
      `insert into sites (id, station_id, name, position, radius_m, active, created_at)
       values (cast(:id as uuid), cast(:east as uuid), '火车站地下通道', st_setsrid(st_makepoint(108.96, 34.28), 4326)::geography, 80, true, :now),
              (cast(:other as uuid), cast(:west as uuid), '西城地下通道', st_setsrid(st_makepoint(108.90, 34.28), 4326)::geography, 80, true, :now)`,
      { id: randomUUID(), other: randomUUID(), east: app.stations.east, west: app.stations.west, now: app.clock.now() },
    );
    await rows(app.database.knex, `update areas set name = '碑林区' where id = cast(:id as uuid)`, {
      id: app.areas.east,
    });
  });

  it('is found by its code, however it is typed, and by nothing else then', async () => {
    for (const q of ['LD-0023', 'ld 0023', 'ＬＤ００２３', 'ld0023'])
      expect(await ask(q)).toEqual([
        {
          kind: 'lamp_post',
          name: '雁塔南路0023号灯杆',
          code: 'LD-0023',
          position: { type: 'Point', coordinates: [108.9623, 34.21] },
          accuracyM: 15,
          notes: [],
        },
      ]);
  });

  it('is found by a code among words', async () => {
    expect(await first('红衣服的老人在 LD-0023 旁边')).toMatchObject({
      code: 'LD-0023',
      accuracyM: 75,
      notes: ['partial', 'side'],
    });
  });

  it('is found by its name, in WGS 84 and with the radius its row says', async () => {
    const bell = await first('钟楼');
    expect(bell).toMatchObject({ kind: 'landmark', name: '钟楼', accuracyM: 60, notes: [] });
    expect(bell?.position.coordinates[0]).toBeCloseTo(108.9422, 3);
    expect(bell?.position.coordinates[1]).toBeCloseTo(34.2611, 3);
    expect((await ask('钟楼')).map(({ name }) => name)).toContain('钟楼地铁站');
  });

  it('is found inside a longer description, which opens the radius', async () => {
    expect(await first('钟楼地铁站西北口 3 号灯杆')).toMatchObject({
      name: '钟楼地铁站',
      accuracyM: 100 + 150 + 60,
      notes: ['partial', 'side'],
    });
    expect(await first('钟楼地铁站东北角')).toMatchObject({ name: '钟楼地铁站', accuracyM: 160, notes: ['side'] });
    expect(await first('opposite the Bell Tower Hotel')).toMatchObject({ name: 'Bell Tower Hotel', notes: ['side'] });
    expect(await first('一个老人坐在大雁塔北广场的长椅上，穿得很少，没有鞋')).toMatchObject({
      name: '大雁塔北广场',
      notes: ['partial'],
    });
  });

  it('is told from its neighbours by the number, whatever zeros it is written with', async () => {
    for (const q of ['雁塔南路 7 号灯杆', '雁塔南路0007号灯杆', '雁塔南路７号灯杆'])
      expect(await first(q)).toMatchObject({ name: '雁塔南路0007号灯杆', accuracyM: 15, notes: [] });
  });

  it('is preferred where it is near', async () => {
    expect((await first('同名路口', '108.96,34.20'))?.code).toBe('B1');
    expect((await first('同名路口', '108.99,34.28'))?.code).toBe('B2');
    expect((await first('同名路口', '108.97,34.26'))?.code).toBe('DG-7');
  });

  it('may be a known site, or an area as large as it is', async () => {
    expect(await first('火车站地下通道')).toMatchObject({ kind: 'site', accuracyM: 80, notes: [] });
    const area = await first('碑林区');
    expect(area).toMatchObject({ kind: 'area', name: '碑林区', notes: [] });
    // half the diagonal of the area
    expect(area?.accuracyM).toBeGreaterThan(7_000);
    expect(area?.accuracyM).toBeLessThan(7_500);
    expect((await first('碑林区钟楼'))?.name).toBe('钟楼');
  });

  it('is what coordinates say, before any name', async () => {
    expect(await ask('https://uri.amap.com/marker?position=108.94686,34.25951')).toEqual([
      {
        kind: 'coordinates',
        name: '34.261097, 108.942204',
        code: null,
        position: { type: 'Point', coordinates: [108.942204, 34.261097] },
        accuracyM: 10,
        notes: ['gcj02'],
      },
    ]);
    expect((await ask('108.94686,34.25951')).map(({ notes }) => notes)).toEqual([
      ['swapped'],
      ['swapped', 'maybe_gcj02'],
    ]);
  });

  it('is not guessed from a short link, whose words still count', async () => {
    const alone = await app.east.dispatcher.does(resolvePlace, { body: { q: 'https://surl.amap.com/abc1' } });
    expect(alone).toEqual({ items: [], reason: 'short_link' });
    const named = await app.east.dispatcher.does(resolvePlace, { body: { q: '钟楼 https://surl.amap.com/abc1' } });
    expect([named.items[0]?.name, named.reason]).toEqual(['钟楼', 'short_link']);
  });

  it('is looked for in tables of the own station, above and below it, and of no other city', async () => {
    expect(await ask('西边独有的桥')).toEqual([]);
    expect(await ask('WW-1')).toEqual([]);
    expect((await ask('西边独有的桥', undefined, app.west.dispatcher))[0]?.code).toBe('WW-1');
    expect((await ask('西边独有的桥', undefined, app.root.dispatcher))[0]?.code).toBe('WW-1');
    expect((await ask('同名路口', undefined, app.west.dispatcher)).map(({ code }) => code).sort()).toEqual([
      'B1',
      'B2',
    ]);
    expect((await ask('西城地下通道')).map(({ name }) => name)).toEqual(['火车站地下通道']);
  });

  it.each(['', ' ', '108', '108,34,1', '200,34', '108,95', 'NaN,NaN', 'a,b', '1e999,0', ','])(
    'is refused near %j',
    async (near) => {
      const { status, body } = await app.east.dispatcher.call(resolvePlace, { body: { q: '钟楼', near } });
      expect([status, body]).toMatchObject([422, { errors: [{ path: '/near', code: 'format' }] }]);
    },
  );

  it.each([
    '%',
    "' or 1=1--",
    '\uD800',
    '🏮',
    ':scope',
    '{}',
    '\\',
    'a'.repeat(1_000),
    '钟楼'.repeat(500),
    '?',
    '1 2 3',
  ])('may be asked for as %j', async (q) => {
    const { status } = await app.east.dispatcher.call(resolvePlace, { body: { q } });
    expect(status).toBe(200);
  });

  it("is the desk's to ask for", async () => {
    expect((await app.anyone.call(resolvePlace, { body: { q: '钟楼' } })).status).toBe(401);
    expect((await app.east.crew.call(resolvePlace, { body: { q: '钟楼' } })).status).toBe(403);
    expect((await app.east.dispatcher.call(resolvePlace, { body: { q: 'a'.repeat(1_001) } })).status).toBe(422);
  });

  it('is gone with its table', async () => {
    await importTable(app, 'name,lon,lat\n新地标,108.96,34.21\n');
    expect(await ask('鼓楼')).toEqual([]);
    expect((await first('新地标'))?.name).toBe('新地标');
    const sweep = (): Promise<number> =>
      runCommand(app.service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, sweepPlaces);
    expect(await sweep()).toBeGreaterThanOrEqual(5);
    while ((await sweep()) > 0);
    const left = await rows<{ name: string }>(app.database.knex, `select name from places where name like '%钟楼%'`);
    expect(left).toEqual([]);
  });
});
