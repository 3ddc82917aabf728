/** Seasons, hours and feasts by the clock on the wall, also in the nights in which it is changed. */
import { describe, expect, it } from 'vitest';
import { type CalendarNode, onCalendar } from '../../shared/plan-calendar.ts';
import { HOUR } from './skies.ts';

const at = (node: CalendarNode, zone: string, ...times: string[]): boolean[] =>
  times.map((time) => onCalendar(node, zone, Date.parse(time)));
/** The times at which it goes on and off, asked every ten minutes. */
function edges(node: CalendarNode, zone: string, from: string, to: string): string[] {
  const found: string[] = [];
  let before: boolean | null = null;
  for (let time = Date.parse(from); time <= Date.parse(to); time += 10 * 60_000) {
    const now = onCalendar(node, zone, time);
    if (before !== null && now !== before)
      found.push(`${now ? 'on' : 'off'} ${new Date(time).toISOString().slice(5, 16)}`);
    before = now;
  }
  return found;
}

describe('seasons and dates', () => {
  it('go over New Year, both days with, by the local day', () => {
    const winter = { season: { from: '11-01', to: '03-15' } };
    const china = 'Asia/Shanghai';
    expect(at(winter, china, '2026-10-31T15:59:59Z', '2026-10-31T16:00:00Z')).toEqual([false, true]);
    expect(at(winter, china, '2026-12-31T16:00:00Z', '2027-03-15T15:59:59Z', '2027-03-15T16:00:00Z')).toEqual([
      true,
      true,
      false,
    ]);
    expect(
      at(
        { season: { from: '06-01', to: '06-30' } },
        'UTC',
        '2026-05-31T23:59:59Z',
        '2026-06-01T00:00:00Z',
        '2026-06-30T23:59:59Z',
        '2026-07-01T00:00:00Z',
      ),
    ).toEqual([false, true, true, false]);
    expect(
      at(
        { season: { from: '02-01', to: '02-29' } },
        'UTC',
        '2026-02-28T12:00:00Z',
        '2028-02-29T12:00:00Z',
        '2026-03-01T00:00:00Z',
      ),
    ).toEqual([true, true, false]);
    expect(
      at(
        { dates: ['2026-12-31'] },
        'America/New_York',
        '2026-12-31T04:59:59Z',
        '2026-12-31T05:00:00Z',
        '2027-01-01T04:59:59Z',
        '2027-01-01T05:00:00Z',
      ),
    ).toEqual([false, true, true, false]);
  });
});

describe('hours', () => {
  it('go over midnight, on the weekdays on which they begin', () => {
    // Friday and Saturday nights; 16 January 2026 is a Friday
    const nights = { hours: { from: '18:00', to: '08:00', days: [5, 6] } };
    expect(edges(nights, 'UTC', '2026-01-15T00:00:00Z', '2026-01-19T00:00:00Z')).toEqual([
      'on 01-16T18:00',
      'off 01-17T08:00',
      'on 01-17T18:00',
      'off 01-18T08:00',
    ]);
    expect(
      edges({ hours: { from: '22:30', to: '24:00' } }, 'UTC', '2026-01-15T12:00:00Z', '2026-01-16T12:00:00Z'),
    ).toEqual(['on 01-15T22:30', 'off 01-16T00:00']);
    expect(
      edges({ hours: { from: '00:00', to: '24:00' } }, 'Europe/London', '2026-03-28T00:00:00Z', '2026-03-31T00:00:00Z'),
    ).toEqual([]);
  });
  it.each([
    // clocks go on at 01:00 UTC: 01:30 is skipped, and what begins then begins after the gap
    ['Europe/London', '01:30', '05:00', '2026-03-28T12:00:00Z', ['on 03-29T01:30', 'off 03-29T04:00']],
    // clocks go back at 01:00 UTC: 01:30 comes twice, and opens once
    ['Europe/London', '01:30', '05:00', '2026-10-24T12:00:00Z', ['on 10-25T00:30', 'off 10-25T05:00']],
    ['Europe/London', '22:00', '01:30', '2026-10-24T12:00:00Z', ['on 10-24T21:00', 'off 10-25T00:30']],
    [
      'America/New_York',
      '16:00',
      '08:00',
      '2026-03-07T12:30:00Z',
      ['off 03-07T13:00', 'on 03-07T21:00', 'off 03-08T12:00'],
    ],
    [
      'America/New_York',
      '16:00',
      '08:00',
      '2026-10-31T11:30:00Z',
      ['off 10-31T12:00', 'on 10-31T20:00', 'off 11-01T13:00'],
    ],
    // half an hour at once
    ['Australia/Lord_Howe', '22:00', '06:00', '2026-04-04T06:00:00Z', ['on 04-04T11:00', 'off 04-04T19:30']],
    // at midnight, when the day itself begins at one
    ['America/Santiago', '00:00', '06:00', '2026-09-05T12:00:00Z', ['on 09-06T04:00', 'off 09-06T09:00']],
    ['Asia/Kolkata', '18:00', '08:00', '2026-01-15T06:00:00Z', ['on 01-15T12:30', 'off 01-16T02:30']],
  ])('in %s from %s to %s, the night of %s', (zone, from, to, begin, expected) => {
    const end = new Date(Date.parse(begin) + 26 * HOUR).toISOString();
    expect(edges({ hours: { from, to } }, zone, begin, end).slice(0, expected.length)).toEqual(expected);
  });
});

describe('days of the Chinese calendar', () => {
  const feast = (month: number, day: number, before = 0, after = 0): CalendarNode => ({
    lunar: { month, day, before, after },
  });
  const on = (node: CalendarNode, ...days: string[]): boolean[] =>
    at(node, 'Asia/Shanghai', ...days.map((day) => `${day}T04:00:00Z`));
  it('fall where they do, with the days around them', () => {
    expect(on(feast(1, 1), '2025-01-29', '2026-02-17', '2026-02-16')).toEqual([true, true, false]);
    expect(on(feast(8, 15), '2025-10-06', '2026-09-25')).toEqual([true, true]);
    expect(on(feast(1, 1, 2, 1), '2026-02-14', '2026-02-15', '2026-02-18', '2026-02-19')).toEqual([
      false,
      true,
      true,
      false,
    ]);
    // and elsewhere on the same date
    expect(
      at(feast(1, 1), 'America/New_York', '2026-02-17T04:59:00Z', '2026-02-17T05:01:00Z', '2026-02-18T04:59:00Z'),
    ).toEqual([false, true, true]);
  });
  it('are right where the new moon is minutes from midnight, in 2027 and 2030', () => {
    expect(on(feast(1, 1), '2027-02-05', '2027-02-06', '2027-02-07', '2030-02-02', '2030-02-03', '2030-02-04')).toEqual(
      [false, true, false, false, true, false],
    );
    expect(on(feast(12, 30), '2027-02-05', '2030-02-02', '2030-02-01')).toEqual([true, true, false]);
    expect(on(feast(1, 15), '2027-02-20', '2030-02-17')).toEqual([true, true]);
    expect(on(feast(2, 1), '2027-03-08', '2030-03-04')).toEqual([true, true]);
  });
  it('leap months do not count: of the two sixth months of 2025 the first', () => {
    expect(on(feast(6, 8), '2025-07-02', '2025-08-01')).toEqual([true, false]);
  });
  it('the 30th of the twelfth month is New Year’s Eve, also in years in which the month has 29 days', () => {
    expect(on(feast(12, 30), '2026-02-16', '2026-02-15', '2024-02-09')).toEqual([true, false, true]);
  });
});
