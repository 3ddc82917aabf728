/** When what is due falls due: pure, by the clock on a station's wall. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Deadline, dueTimes, later } from '../../shared/stay-dues.ts';
import { offsetAt } from '../../shared/wall-clock.ts';

const XIAN = 'Asia/Shanghai';
/** forward on 2026-03-29 at 02:00, back on 2026-10-25 at 03:00 */
const BERLIN = 'Europe/Berlin';
/** forward by half an hour on 2026-10-04 at 02:00 */
const LORD_HOWE = 'Australia/Lord_Howe';

/** What the wall shows, as an ISO string that says UTC. */
const wall = (at: Date, zone: string): string =>
  new Date(at.getTime() + offsetAt(zone, at.getTime())).toISOString().slice(0, 16);

describe('so long after arrival', () => {
  it.each([
    // months end on the same day of the month, or on its last
    ['2026-01-31T05:00:00.000Z', 1, 'months', XIAN, '2026-02-28T05:00:00.000Z'],
    ['2028-01-31T05:00:00.000Z', 1, 'months', XIAN, '2028-02-29T05:00:00.000Z'],
    ['2027-11-30T05:00:00.000Z', 3, 'months', XIAN, '2028-02-29T05:00:00.000Z'],
    ['2026-11-30T05:00:00.000Z', 3, 'months', XIAN, '2027-02-28T05:00:00.000Z'],
    ['2028-02-29T05:00:00.000Z', 12, 'months', XIAN, '2029-02-28T05:00:00.000Z'],
    ['2026-03-31T05:00:00.000Z', 1, 'months', XIAN, '2026-04-30T05:00:00.000Z'],
    ['2026-12-15T05:00:00.000Z', 1, 'months', XIAN, '2027-01-15T05:00:00.000Z'],
    // the day is the station's: 23:30 on January 31 there is still the 31st, 00:30 is February 1
    ['2026-01-31T15:30:00.000Z', 1, 'months', XIAN, '2026-02-28T15:30:00.000Z'],
    ['2026-01-31T16:30:00.000Z', 1, 'months', XIAN, '2026-02-28T16:30:00.000Z'],
    ['2026-01-30T16:30:00.000Z', 1, 'months', XIAN, '2026-02-27T16:30:00.000Z'],
    // days and months keep the time on the wall when clocks are changed, hours do not
    ['2026-03-28T17:00:00.000Z', 1, 'days', BERLIN, '2026-03-29T16:00:00.000Z'],
    ['2026-03-28T17:00:00.000Z', 24, 'hours', BERLIN, '2026-03-29T17:00:00.000Z'],
    ['2026-10-24T16:00:00.000Z', 10, 'days', BERLIN, '2026-11-03T17:00:00.000Z'],
    ['2026-10-24T16:00:00.000Z', 24, 'hours', BERLIN, '2026-10-25T16:00:00.000Z'],
    ['2026-09-25T16:00:00.000Z', 3, 'months', BERLIN, '2026-12-25T17:00:00.000Z'],
    // 02:30 is skipped that night: it falls after the gap
    ['2026-03-28T01:30:00.000Z', 1, 'days', BERLIN, '2026-03-29T01:30:00.000Z'],
    // 02:30 comes twice that night: the first
    ['2026-10-24T00:30:00.000Z', 1, 'days', BERLIN, '2026-10-25T00:30:00.000Z'],
    // arrived in the second of them
    ['2026-10-25T01:30:00.000Z', 1, 'days', BERLIN, '2026-10-26T01:30:00.000Z'],
    ['2026-10-03T10:00:00.000Z', 1, 'days', LORD_HOWE, '2026-10-04T09:30:00.000Z'],
  ] as const)('%s and %d %s in %s is %s', (from, after, unit, zone, expected) => {
    expect(later(new Date(from), after, unit, zone).toISOString()).toBe(expected);
  });

  const zones = fc.constantFrom(XIAN, BERLIN, LORD_HOWE, 'America/New_York', 'Asia/Kathmandu', 'UTC');
  const instants = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });

  it('is the same time on the wall, of the day that a calendar names, anywhere and at any time', () => {
    fc.assert(
      fc.property(instants, zones, fc.integer({ min: 1, max: 365 }), (from, zone, after) => {
        const [start, day] = [wall(from, zone), wall(later(from, after, 'days', zone), zone)];
        const days = (Date.parse(`${day.slice(0, 10)}Z`) - Date.parse(`${start.slice(0, 10)}Z`)) / 86_400_000;
        expect(days).toBe(after);
        // a time that is skipped that night comes after the gap, which is an hour or less
        const off =
          Date.parse(`${day}Z`) - Date.parse(`${start.slice(0, 10)}T${start.slice(11)}Z`) - after * 86_400_000;
        expect([0, 30, 60]).toContain(off / 60_000);
        if (zone === XIAN || zone === 'UTC') expect(off).toBe(0);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(instants, zones, fc.integer({ min: 1, max: 36 }), (from, zone, after) => {
        const [start, end] = [wall(from, zone), wall(later(from, after, 'months', zone), zone)];
        const month = (text: string): number => Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7));
        expect(month(end) - month(start)).toBe(after);
        const lastDay = new Date(Date.UTC(Number(end.slice(0, 4)), Number(end.slice(5, 7)), 0)).getUTCDate();
        expect(Number(end.slice(8, 10))).toBe(Math.min(Number(start.slice(8, 10)), lastDay));
      }),
      { numRuns: 300 },
    );
  });
});

describe('what falls due', () => {
  const rule: Deadline[] = [
    { due: 'max_stay', unidentified: false, after: 10, unit: 'days', warnH: 48 },
    { due: 'notice', unidentified: true, after: 24, unit: 'hours', warnH: 12 },
    { due: 'dna', unidentified: true, after: 1, unit: 'months', warnH: 168 },
    { due: 'settlement', unidentified: true, after: 3, unit: 'months', warnH: 336 },
  ];
  const arrivedAt = new Date('2026-01-15T13:00:00.000Z');
  const times = (stay: { unidentified: boolean }, deadlines = rule): string[] =>
    dueTimes(deadlines, { arrivedAt, ...stay }, XIAN).map(
      ({ kind, warnAt, dueAt }) => `${kind} ${warnAt.toISOString()} ${dueAt.toISOString()}`,
    );

  it('is the end of a stay for everybody, and what somebody without a name needs', () => {
    expect(times({ unidentified: false })).toEqual(['max_stay 2026-01-23T13:00:00.000Z 2026-01-25T13:00:00.000Z']);
    expect(times({ unidentified: true })).toEqual([
      'max_stay 2026-01-23T13:00:00.000Z 2026-01-25T13:00:00.000Z',
      'notice 2026-01-16T01:00:00.000Z 2026-01-16T13:00:00.000Z',
      'dna 2026-02-08T13:00:00.000Z 2026-02-15T13:00:00.000Z',
      'settlement 2026-04-01T13:00:00.000Z 2026-04-15T13:00:00.000Z',
    ]);
  });

  it('is said not before arrival, and of two lines of a kind the earlier counts', () => {
    expect(
      times({ unidentified: true }, [
        { due: 'notice', unidentified: true, after: 24, unit: 'hours', warnH: 72 },
        { due: 'max_stay', unidentified: false, after: 10, unit: 'days', warnH: 0 },
        { due: 'max_stay', unidentified: true, after: 5, unit: 'days', warnH: 0 },
      ]),
    ).toEqual([
      'notice 2026-01-15T13:00:00.000Z 2026-01-16T13:00:00.000Z',
      'max_stay 2026-01-20T13:00:00.000Z 2026-01-20T13:00:00.000Z',
    ]);
    expect(times({ unidentified: true }, [])).toEqual([]);
  });
});
