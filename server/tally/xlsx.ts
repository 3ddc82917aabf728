import type { WorkSheet } from '@e965/xlsx';
import type { Locale } from '../../shared/stations.ts';
import type { Tally } from '../../shared/tally.ts';
import { translator } from '../http/words.ts';
import { COUNTS, countsIn } from './columns.ts';

/** A typed cell: text can be nothing but text, whatever it begins with, because only `f` would make it a formula. */
type Cell = { t: 's'; v: string } | { t: 'n'; v: number; z?: string };
const text = (v: string): Cell => ({ t: 's', v });
const figure = (v: number): Cell => ({ t: 'n', v, z: '#,##0' });

const DAY_MS = 86_400_000;
/** Day 0 of a spreadsheet (ECMA-376 part 1, 18.17.4.1: the 1900 date base). */
const DAY_ZERO = Date.UTC(1899, 11, 30);
const day = (iso: string): Cell => ({
  t: 'n',
  v: (Date.parse(`${iso}T00:00:00Z`) - DAY_ZERO) / DAY_MS,
  z: 'yyyy-mm-dd',
});

/** Above the table stand the line that says what it is of, and the names of the columns; both stay in view. */
const HEAD_ROWS = 2;
const PLAIN_VIEW = '<sheetView workbookViewId="0"/>';
const FROZEN_VIEW = `<sheetView workbookViewId="0"><pane ySplit="${String(HEAD_ROWS)}" topLeftCell="A${String(HEAD_ROWS + 1)}" activePane="bottomLeft" state="frozen"/></sheetView>`;

/** A zip file as the library's own reader gives it. */
interface Zip {
  FullPaths: string[];
  FileIndex: { content: Uint8Array }[];
}
interface ZipTool {
  read: (bytes: Buffer, options: { type: 'buffer' }) => Zip;
  write: (zip: Zip, options: { fileType: 'zip'; type: 'buffer'; compression: boolean }) => Buffer;
}

/** The library has no word for frozen rows, so they are written into its sheets. */
function freeze(bytes: Buffer, { read, write }: ZipTool): Buffer {
  const zip = read(bytes, { type: 'buffer' });
  for (const [at, path] of zip.FullPaths.entries()) {
    const part = zip.FileIndex[at];
    if (!part || !/worksheets\/sheet\d+\.xml$/.test(path)) continue;
    part.content = Buffer.from(Buffer.from(part.content).toString('utf8').replace(PLAIN_VIEW, FROZEN_VIEW));
  }
  return write(zip, { fileType: 'zip', type: 'buffer', compression: true });
}

/** The tally as a workbook of three sheets - the sum, a row a station, a row a day - in the words of `locale`. */
export async function tallyXlsx(tally: Tally, locale: Locale): Promise<Buffer> {
  // a megabyte of code that most nodes never need
  const { CFB, utils, write } = await import('@e965/xlsx');
  const t = translator(locale);
  const asOf = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    timeZone: tally.timeZone,
  }).format(new Date(tally.asOf));
  const note = [
    t('tally.range', { from: tally.from, to: tally.to }),
    t('tally.asof', { time: asOf }),
    t('tally.zone', { zone: tally.timeZone }),
  ].join(' · ');
  const names = COUNTS.map((count) => t(`tally.${count}`));

  const sheet = (heads: readonly string[], lines: Cell[][], widths: readonly number[]): WorkSheet => {
    const made = utils.aoa_to_sheet([[text(note)], heads.map(text), ...lines]);
    made['!cols'] = widths.map((wch) => ({ wch }));
    return made;
  };
  const table = (first: string, lines: Cell[][]): WorkSheet =>
    sheet([first, ...names], lines, [28, ...COUNTS.map(() => 18)]);

  const book = utils.book_new();
  const total = COUNTS.map((count) => [
    text(t(`tally.${count}`)),
    figure(tally[count]),
    text(t(`tally.${count}.means`)),
  ]);
  const sheets: [name: string, sheet: WorkSheet][] = [
    [t('tally.title'), sheet([t('tally.figure'), t('tally.number'), t('tally.meaning')], total, [28, 12, 90])],
    [
      t('tally.by_station'),
      table(
        t('tally.station'),
        tally.byStation.map((line) => [text(line.name), ...countsIn(line).map(figure)]),
      ),
    ],
    [
      t('tally.by_day'),
      table(
        t('tally.day'),
        tally.byDay.map((line) => [day(line.day), ...countsIn(line).map(figure)]),
      ),
    ],
  ];
  for (const [name, made] of sheets) utils.book_append_sheet(book, made, name);
  book.Props = { Title: `${t('app.name')} ${t('tally.title')}`, CreatedDate: new Date(tally.asOf) };
  const bytes = write(book, { type: 'buffer', bookType: 'xlsx', bookSST: true }) as Buffer;
  return freeze(bytes, CFB as ZipTool);
}
