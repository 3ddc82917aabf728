/** The guests of a house as a file: a row a stay, in the words of the reader. */
import type { Locale } from '../../shared/stations.ts';
import { dueEndings, dueKinds } from '../../shared/stays.ts';
import { offsetAt } from '../../shared/wall-clock.ts';
import { type Cell, csvOf, figureCell, formulaSafe, textCell, timeCell, workbook } from '../http/spreadsheet.ts';
import { translator } from '../http/words.ts';
import type { StayOfFile } from './queries.ts';

/** What is written down, and of when and where. */
export interface GuestList {
  house: string;
  /** of the station, by whose clock every time of the file is */
  timeZone: string;
  at: Date;
  stays: readonly StayOfFile[];
}

/** Nothing, text, a number, or a time. */
type Value = string | number | Date | null;
interface Column {
  head: string;
  /** in characters */
  width: number;
  of: (stay: StayOfFile) => Value;
}

const isEnding = (note: string): note is (typeof dueEndings)[number] => dueEndings.some((ending) => ending === note);
const time = (iso: string | null): Date | null => (iso === null ? null : new Date(iso));

function columnsIn(locale: Locale, zone: string): Column[] {
  const t = translator(locale);
  const said = (note: string | null): string | null =>
    note !== null && isEnding(note) ? t(`due.ended.${note}`) : note;
  const wall = (iso: string): string => wallText(new Date(iso), zone);
  return [
    { head: t('guests.arrived'), width: 17, of: ({ arrivedAt }) => time(arrivedAt) },
    { head: t('guests.left'), width: 17, of: ({ leftAt }) => time(leftAt) },
    { head: t('guests.people'), width: 8, of: ({ people }) => people },
    { head: t('guests.unit'), width: 8, of: ({ unit }) => t(`unit.${unit}`) },
    { head: t('guests.kind'), width: 14, of: ({ kind }) => t(`bed.${kind}`) },
    { head: t('guests.bed'), width: 10, of: ({ bed }) => bed },
    { head: t('guests.unidentified'), width: 14, of: (stay) => (stay.unidentified ? t('guests.yes') : null) },
    { head: t('guests.belongings'), width: 30, of: ({ belongings }) => belongings },
    { head: t('guests.note'), width: 40, of: ({ note }) => note },
    { head: t('guests.going_to'), width: 30, of: ({ goingTo }) => goingTo },
    ...dueKinds.flatMap((kind): Column[] => {
      const due = t(`due.${kind}`);
      const dueOf = (stay: StayOfFile) => stay.dues.find((each) => each.kind === kind);
      return [
        { head: t('guests.due', { due }), width: 17, of: (stay) => time(dueOf(stay)?.dueAt ?? null) },
        { head: t('guests.done', { due }), width: 17, of: (stay) => time(dueOf(stay)?.doneAt ?? null) },
        { head: t('guests.done.note', { due }), width: 24, of: (stay) => said(dueOf(stay)?.note ?? null) },
      ];
    }),
    {
      head: t('guests.extensions'),
      width: 40,
      of: ({ extensions }) =>
        extensions
          .map(({ at, days, reason, filedWith }) => t('guests.extension', { at: wall(at), days, reason, filedWith }))
          .join('; ') || null,
    },
  ];
}

/** Milliseconds of the clock on the wall, as if it were UTC. */
const wallMs = (at: Date, zone: string): number => at.getTime() + offsetAt(zone, at.getTime());
const wallText = (at: Date, zone: string): string =>
  new Date(wallMs(at, zone)).toISOString().slice(0, 16).replace('T', ' ');

/** As CSV: text cells are formula-safe, times are `YYYY-MM-DD hh:mm` of the station. */
export function guestsCsv(list: GuestList, locale: Locale): string {
  const columns = columnsIn(locale, list.timeZone);
  const cell = (value: Value): string | number =>
    value === null
      ? ''
      : value instanceof Date
        ? wallText(value, list.timeZone)
        : typeof value === 'string'
          ? formulaSafe(value)
          : value;
  return csvOf([columns.map(({ head }) => head), ...list.stays.map((stay) => columns.map(({ of }) => cell(of(stay))))]);
}

/** As a workbook of one sheet. */
export function guestsXlsx(list: GuestList, locale: Locale): Promise<Buffer> {
  const t = translator(locale);
  const columns = columnsIn(locale, list.timeZone);
  const cell = (value: Value): Cell =>
    value instanceof Date
      ? timeCell(wallMs(value, list.timeZone), 'yyyy-mm-dd hh:mm')
      : typeof value === 'number'
        ? figureCell(value)
        : textCell(value ?? '');
  return workbook(`${t('app.name')} ${t('guests.title')}`, list.at, [
    {
      name: t('guests.title'),
      note: t('guests.of', { house: list.house, time: wallText(list.at, list.timeZone), zone: list.timeZone }),
      heads: columns.map(({ head }) => head),
      lines: list.stays.map((stay) => columns.map(({ of }) => cell(of(stay)))),
      widths: columns.map(({ width }) => width),
    },
  ]);
}
