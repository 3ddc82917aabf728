/** Which day of a stay it is and what is due, at the times where the answer turns. */
import { describe, expect, it } from 'vitest';
import type { StayDue } from '../../shared/stays.ts';
import { dayOf, duesNow, dueState } from '../../web/shelter/dues.ts';

const arrivedAt = '2026-01-10T13:40:00.000Z';
const after = (days: number, ms = 0): Date => new Date(Date.parse(arrivedAt) + days * 86_400_000 + ms);
const due = (kind: StayDue['kind'], days: number, warnDays: number, doneAt: string | null = null): StayDue => ({
  kind,
  warnAt: after(days - warnDays).toISOString(),
  dueAt: after(days).toISOString(),
  doneAt,
  note: null,
});

describe('the day of a stay', () => {
  const stay = { arrivedAt, dues: [due('notice', 1, 0.5), due('max_stay', 10, 2)] };
  it.each([
    [after(0), 1],
    [after(1, -1), 1],
    [after(1), 2],
    [after(7.5), 8],
    [after(10, -1), 10],
    [after(10), 11],
    [after(12.2), 13],
    // a clock that is behind the service's
    [after(0, -5000), 1],
  ])('at %s is day %i of 10', (now, day) => expect(dayOf(stay, now)).toEqual({ day, days: 10 }));

  it('counts to the new end once it is extended, and to none where none is set', () => {
    expect(dayOf({ arrivedAt, dues: [due('max_stay', 15, 2)] }, after(11))).toEqual({ day: 12, days: 15 });
    expect(dayOf({ arrivedAt, dues: [due('notice', 1, 0.5)] }, after(0))).toBeNull();
  });

  it('is right over the night on which the clock is changed', () => {
    const shorter = { ...due('max_stay', 10, 2), dueAt: after(10, -3_600_000).toISOString() };
    expect(dayOf({ arrivedAt, dues: [shorter] }, after(10, -3_600_001))).toEqual({ day: 10, days: 10 });
    expect(dayOf({ arrivedAt, dues: [shorter] }, after(10, -3_600_000))).toEqual({ day: 11, days: 10 });
  });
});

it('is due soon from its warning on, overdue from its time on, and not once it is done', () => {
  const notice = due('notice', 1, 0.5);
  expect([after(0.5, -1), after(0.5), after(1, -1), after(1)].map((now) => dueState(notice, now))).toEqual([
    'later',
    'soon',
    'soon',
    'overdue',
  ]);
  const done = due('dna', 1, 0.5, arrivedAt);
  expect(dueState(done, after(2))).toBe('done');
  const dues = [due('settlement', 3, 2), done, notice, due('max_stay', 10, 2)];
  expect(duesNow({ dues }, after(2)).map(({ kind }) => kind)).toEqual(['notice', 'settlement']);
});
