import type { Locale } from '../../shared/stations.ts';
import type { Tally } from '../../shared/tally.ts';
import { type Cell, figureCell, type Sheet, textCell, timeCell, workbook } from '../http/spreadsheet.ts';
import { translator } from '../http/words.ts';
import { COUNTS, countsIn } from './columns.ts';

const day = (iso: string): Cell => timeCell(Date.parse(`${iso}T00:00:00Z`), 'yyyy-mm-dd');

/** The tally as a workbook of three sheets - the sum, a row a station, a row a day - in the words of `locale`. */
export async function tallyXlsx(tally: Tally, locale: Locale): Promise<Buffer> {
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

  const table = (name: string, first: string, lines: Cell[][]): Sheet => ({
    name,
    note,
    heads: [first, ...names],
    lines,
    widths: [28, ...COUNTS.map(() => 18)],
  });
  const total: Sheet = {
    name: t('tally.title'),
    note,
    heads: [t('tally.figure'), t('tally.number'), t('tally.meaning')],
    lines: COUNTS.map((count) => [
      textCell(t(`tally.${count}`)),
      figureCell(tally[count]),
      textCell(t(`tally.${count}.means`)),
    ]),
    widths: [28, 12, 90],
  };
  return workbook(`${t('app.name')} ${t('tally.title')}`, new Date(tally.asOf), [
    total,
    table(
      t('tally.by_station'),
      t('tally.station'),
      tally.byStation.map((line) => [textCell(line.name), ...countsIn(line).map(figureCell)]),
    ),
    table(
      t('tally.by_day'),
      t('tally.day'),
      tally.byDay.map((line) => [day(line.day), ...countsIn(line).map(figureCell)]),
    ),
  ]);
}
