import { CFB, read, type Sheet, utils } from '@e965/xlsx';
import { beforeAll, describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { tallyXlsx } from '../../server/tally/xlsx.ts';
import { translator } from '../../server/http/words.ts';
import type { Locale } from '../../shared/stations.ts';
import { readTally, readTallyXlsx, type Tally } from '../../shared/tally.ts';
import { useApp } from '../kit/app.ts';

const counts = {
  peopleHelped: 1234,
  refused: 2,
  notFound: 3,
  patrolPersonTimes: 4,
  vehicleTimes: 5,
  itemsHandedOut: -6,
  placesOpened: 7,
};
const hostile = [
  '=HYPERLINK("https://elsewhere.example")',
  '+1',
  '-1',
  '@SUM(A1)',
  '＝1',
  '<f>1+1</f>',
  '西安市 & "东"',
];
const tally: Tally = {
  from: '2026-01-01',
  to: '2026-01-31',
  asOf: '2026-01-31T16:30:00.000Z',
  timeZone: 'Asia/Shanghai',
  ...counts,
  byStation: hostile.map((name) => ({ stationId: '00000000-0000-4000-8000-000000000001', name, ...counts })),
  byDay: [
    { day: '2026-01-01', ...counts },
    { day: '2026-01-31', ...counts },
  ],
};
const figures = Object.values(counts);

/** The parts of the file, unpacked: path -> text. */
const partsOf = (bytes: Buffer): Record<string, string> => {
  const zip = (
    CFB as { read: (bytes: Buffer, options: object) => { FullPaths: string[]; FileIndex: { content: Uint8Array }[] } }
  ).read(bytes, { type: 'buffer' });
  return Object.fromEntries(
    zip.FullPaths.map((name, at) => [name, Buffer.from(zip.FileIndex[at]?.content ?? []).toString('utf8')]),
  );
};
const linesOf = (sheet: Sheet | undefined): unknown[][] =>
  utils.sheet_to_json<unknown[]>(sheet ?? {}, { header: 1, raw: true });

describe.each<Locale>(['en', 'zh-CN'])('the tally as a workbook in %s', (locale) => {
  const t = translator(locale);
  let bytes: Buffer;
  beforeAll(async () => {
    bytes = await tallyXlsx(tally, locale);
  });

  it('has three sheets, each saying what it is of, in the words of the page', () => {
    const book = read(bytes);
    expect(book.SheetNames).toEqual([t('tally.title'), t('tally.by_station'), t('tally.by_day')]);
    const names = Object.keys(counts).map((name) => t(`tally.${name}`));
    const [total, stations, days] = book.SheetNames.map((name) => linesOf(book.Sheets[name]));
    for (const lines of [total, stations, days]) {
      const note = String(lines?.[0]?.[0]);
      // half past midnight of the next day, in the station's zone
      for (const part of [
        t('tally.range', { from: '2026-01-01', to: '2026-01-31' }),
        t('tally.zone', { zone: 'Asia/Shanghai' }),
        '2026',
        '30:00',
      ])
        expect(note).toContain(part);
      expect(note).toMatch(locale === 'en' ? /Feb 1, 2026/ : /2026年2月1日/);
    }
    expect(total?.slice(2).map(([name, value]) => [name, value])).toEqual(names.map((name, n) => [name, figures[n]]));
    expect(stations?.slice(1)).toEqual([[t('tally.station'), ...names], ...hostile.map((name) => [name, ...figures])]);
    expect(days?.[1]).toEqual([t('tally.day'), ...names]);
    const dated = utils.sheet_to_json<string[]>(book.Sheets[t('tally.by_day')] ?? {}, { header: 1, raw: false });
    expect(dated.slice(2).map(([day]) => day)).toEqual(['2026-01-01', '2026-01-31']);
  });

  it('holds typed cells and not one formula', () => {
    const parts = partsOf(bytes);
    const sheets = Object.entries(parts).filter(([name]) => name.includes('worksheets/sheet'));
    expect(sheets).toHaveLength(3);
    for (const [, text] of sheets) expect(text).not.toMatch(/<f[\s>/]|t="str"|<hyperlink/);
    const book = read(bytes, { cellFormula: true });
    for (const sheet of Object.values(book.Sheets))
      for (const [at, cell] of Object.entries(sheet)) if (!at.startsWith('!')) expect(cell, at).not.toHaveProperty('f');
    const stations = book.Sheets[t('tally.by_station')];
    for (const [n, name] of hostile.entries())
      expect(stations?.[`A${String(n + 3)}`]).toMatchObject({ t: 's', v: name });
    expect(stations?.['B3']).toMatchObject({ t: 'n', v: 1234 });
  });

  it('keeps the heads in view and gives every column a width', () => {
    for (const [name, text] of Object.entries(partsOf(bytes)))
      if (name.includes('worksheets/sheet')) {
        expect(text).toContain('<pane ySplit="2" topLeftCell="A3" activePane="bottomLeft" state="frozen"/>');
        expect(text).toContain('<cols>');
      }
  });
});

describe('GET /api/reports/tally.xlsx', () => {
  const app = useApp();
  const query = { from: '2026-01-01', to: '2026-01-02' };

  it('is the same tally, under a name with its dates', async () => {
    await rows(app.database.knex, `update stations set name = '=1+1' where id = cast(:id as uuid)`, {
      id: app.stations.east,
    });
    const response = await app.root.manager.fetch(`/api/reports/tally.xlsx?from=${query.from}&to=${query.to}`, {
      headers: { 'accept-language': 'zh-CN' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    );
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="warmpath-tally-2026-01-01-2026-01-02.xlsx"',
    );
    const book = read(Buffer.from(await response.arrayBuffer()));
    const expected = await app.root.manager.does(readTally, { query });
    const lines = linesOf(book.Sheets[translator('zh-CN')('tally.by_station')]).slice(2);
    expect(lines.map(([name]) => name)).toEqual(expected.byStation.map(({ name }) => name));
    expect(lines.flat()).toContain('=1+1');
  });

  it('keeps to the station and the roles of the tally', async () => {
    expect((await app.east.crew.call(readTallyXlsx, { query })).status).toBe(403);
    const west = { ...query, station: app.stations.west };
    expect((await app.east.inspector.call(readTallyXlsx, { query: west })).status).toBe(404);
    expect((await app.root.inspector.call(readTallyXlsx, { query: west })).status).toBe(200);
    expect(
      (await app.root.manager.call(readTallyXlsx, { query: { from: '2026-01-02', to: '2026-01-01' } })).status,
    ).toBe(422);
  });
});
