import type { Tally, TallyCounts } from '../../shared/tally.ts';
import { csvOf, formulaSafe } from '../http/spreadsheet.ts';
import { COUNTS, countsIn } from './columns.ts';

/** The tally as CSV: the sum, a row a station, a row a day. */
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
  return csvOf([['row', 'stationId', 'name', ...COUNTS], ...lines]);
}
