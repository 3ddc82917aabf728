import { stringify } from 'csv-stringify/sync';
import type { Tally, TallyCounts } from '../../shared/tally.ts';
import { COUNTS, countsIn } from './columns.ts';

/** A spreadsheet takes a cell that begins like this (or with the full-width form) for a formula. */
const FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/** Text that a spreadsheet shows and does not run: what looks like a formula gets an apostrophe in front. */
export const formulaSafe = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** The tally as CSV: the sum, a row a station, a row a day. UTF-8 with a byte order mark, because spreadsheets guess without it. */
export function tallyCsv(tally: Tally): string {
  const line = (kind: string, id: string, name: string, counts: TallyCounts): (string | number)[] => [
    kind,
    id,
    formulaSafe(name),
    ...countsIn(counts),
  ];
  const lines = [
    line('total', '', `${tally.from} / ${tally.to}`, tally),
    ...tally.byStation.map((station) => line('station', station.stationId, station.name, station)),
    ...tally.byDay.map((day) => line('day', '', day.day, day)),
  ];
  return stringify([['row', 'stationId', 'name', ...COUNTS], ...lines], { bom: true, record_delimiter: 'windows' });
}
