/** The pure parts of duty: gaps, copies across changes of the clock, which shifts run, when checks are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTimes } from '../../server/duty/check-times.ts';
import { deskAt, GRACE_MS, type OpenShift } from '../../server/duty/desk-state.ts';
import { copies, DAY_MS, dayOf, gaps, HOUR_MS, nextChange, type Stretch, wallLength } from '../../shared/roster.ts';

const START = Date.parse('2026-01-15T00:00:00.000Z');
const iso = (hours: number): string => new Date(START + hours * HOUR_MS).toISOString();
const stretch = fc
  .record({
    at: fc.integer({ min: -10, max: 40 }),
    hours: fc.integer({ min: 1, max: 24 }),
    minimum: fc.integer({ min: 0, max: 3 }),
    people: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 }),
  })
  .map(({ at, hours, minimum, people }): Stretch => ({ startsAt: iso(at), endsAt: iso(at + hours), minimum, people }));

describe('gaps', () => {
  it('are those of every single hour, joined where nothing differs', () => {
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 6 }), fc.integer({ min: 0, max: 2 }), (shifts, minimum) => {
        const found = gaps(shifts, minimum, iso(0), iso(36));
        const hourly = Array.from({ length: 36 }, (_each, hour) => {
          const here = shifts.filter(({ startsAt, endsAt }) => startsAt <= iso(hour) && endsAt > iso(hour));
          const have = new Set(here.flatMap(({ people }) => people)).size;
          const wanted = here.length === 0 ? minimum : Math.max(...here.map((shift) => shift.minimum));
          return have < wanted ? `${String(have)} of ${String(wanted)}` : '';
        });
        const told = Array.from({ length: 36 }, (_each, hour) => {
          const gap = found.find(({ from, to }) => from <= iso(hour) && to > iso(hour));
          return gap ? `${String(gap.have)} of ${String(gap.minimum)}` : '';
        });
        expect(told).toEqual(hourly);
        for (const [n, gap] of found.entries()) {
          const next = found[n + 1];
          expect(gap.from < gap.to && (next === undefined || next.from >= gap.to)).toBe(true);
          if (next?.from === gap.to) expect([next.have, next.minimum]).not.toEqual([gap.have, gap.minimum]);
        }
      }),
    );
  });

  it('of an empty range are none', () => {
    expect(gaps([], 1, iso(3), iso(3))).toEqual([]);
  });
});

describe('a roster repeated', () => {
  const night = (day: string, zone: '+01:00' | '+02:00', until: string): { startsAt: string; endsAt: string } => ({
    startsAt: new Date(`${day}T20:00:00${zone}`).toISOString(),
    endsAt: new Date(until).toISOString(),
  });
  const hoursOf = ({ startsAt, endsAt }: { startsAt: string; endsAt: string }): number =>
    (Date.parse(endsAt) - Date.parse(startsAt)) / HOUR_MS;

  it('keeps the wall clock on the nights it is changed: one hour shorter in spring, longer in autumn', () => {
    const spring = copies([night('2026-03-26', '+01:00', '2026-03-27T08:00:00+01:00')], {
      zone: 'Europe/Berlin',
      from: '2026-03-26',
      to: '2026-03-26',
      onto: '2026-03-27',
      times: 3,
    });
    expect(spring.map(hoursOf)).toEqual([12, 11, 12]);
    expect(spring.map(({ startsAt }) => startsAt.slice(11, 16))).toEqual(['19:00', '19:00', '18:00']);
    const whole = { startsAt: '2026-10-23T06:00:00.000Z', endsAt: '2026-10-24T06:00:00.000Z' };
    const autumn = copies([whole], {
      zone: 'Europe/Berlin',
      from: '2026-10-23',
      to: '2026-10-23',
      onto: '2026-10-24',
      times: 2,
    });
    expect(autumn.map(hoursOf)).toEqual([25, 24]);
    expect(autumn.map(({ startsAt, endsAt }) => wallLength('Europe/Berlin', startsAt, endsAt))).toEqual([
      DAY_MS,
      DAY_MS,
    ]);
  });

  it('leaves out what vanishes in the hour that is left out', () => {
    const short = { startsAt: '2026-03-28T01:15:00.000Z', endsAt: '2026-03-28T01:45:00.000Z' };
    const asked = { zone: 'Europe/Berlin', from: '2026-03-28', to: '2026-03-28', onto: '2026-03-29', times: 2 };
    for (const copy of copies([short], asked)) expect(copy.endsAt > copy.startsAt).toBe(true);
  });

  it('is the same week again in every zone, block behind block', () => {
    const zones = ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
    const shift = fc.record({ at: fc.integer({ min: 0, max: 7 * 48 - 1 }), halves: fc.integer({ min: 2, max: 48 }) });
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.array(shift, { maxLength: 5 }),
        fc.integer({ min: 1, max: 3 }),
        (zone, list, times) => {
          const local = (half: number): string => new Date(dayOf('2026-06-01') + half * 1_800_000).toISOString();
          // no zone changes its clock in this month, so that the wall clock's hours are plain ones
          const plain = list.map(({ at, halves }) => ({ startsAt: local(at + 48), endsAt: local(at + 48 + halves) }));
          const made = copies(plain, { zone: 'UTC', from: '2026-06-02', to: '2026-06-08', onto: '2026-06-09', times });
          expect(made.map(({ startsAt, endsAt }) => [startsAt, endsAt])).toEqual(
            Array.from({ length: times }, (_each, n) => (n + 1) * 7 * DAY_MS).flatMap((by) =>
              plain.map(({ startsAt, endsAt }) =>
                [startsAt, endsAt].map((at) => new Date(Date.parse(at) + by).toISOString()),
              ),
            ),
          );
          // over a whole year of any zone each copy is as long on the wall as what it is of
          for (const { of, startsAt, endsAt } of copies(plain, {
            zone,
            from: '2026-06-01',
            to: '2026-06-09',
            onto: '2026-10-01',
            times: 12,
          })) {
            const differs = wallLength(zone, startsAt, endsAt) - wallLength(zone, of.startsAt, of.endsAt);
            expect(Math.abs(differs)).toBeLessThanOrEqual(HOUR_MS);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('knows days that are none', () => {
    expect([dayOf('2026-02-28'), dayOf('2026-02-30'), dayOf('2026-13-01')].map(Number.isNaN)).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('knows the next change of shift, also on the day of 23 hours', () => {
    const after = (at: string): string =>
      new Date(nextChange(['08:00', '20:00'], 'Europe/Berlin', Date.parse(at))).toISOString();
    expect(after('2026-03-28T19:00:00Z')).toBe('2026-03-29T06:00:00.000Z');
    expect(after('2026-03-28T18:59:59Z')).toBe('2026-03-28T19:00:00.000Z');
  });
});

describe('the desk at a time', () => {
  const at = (minutes: number): Date => new Date(START + minutes * 60_000);
  const shift = (over: Partial<OpenShift> = {}): OpenShift => {
    const here = over.here ?? [];
    return {
      id: 'night',
      startsAt: at(0),
      endsAt: at(720),
      createdAt: at(-60),
      minimum: 1,
      startedAt: at(0),
      uncoveredSince: null,
      takenAt: null,
      leftAt: null,
      fit: here,
      ...over,
      here,
    };
  };
  const day = (over: Partial<OpenShift> = {}): OpenShift =>
    shift({ id: 'day', startsAt: at(720), endsAt: at(1440), startedAt: null, ...over });

  it.each([
    ['begins when it is time, uncovered from its start', [shift({ startedAt: null })], 3, [[0, null, 0]]],
    [
      'put there while it should run, it begins with that',
      [shift({ startedAt: null, createdAt: at(2) })],
      2,
      [[2, null, 2]],
    ],
    ['is covered by whoever is there', [shift({ here: ['a'] })], 3, [[0, null, null]]],
    ['is not, by people who may not answer it any more', [shift({ here: ['a'], fit: [] })], 3, [[0, null, 3]]],
    ['remembers since when', [shift({ uncoveredSince: at(2) })], 9, [[0, null, 2]]],
    ['wants as many as it says', [shift({ here: ['a'], minimum: 2 })], 9, [[0, null, 9]]],
    ['a minimum of nobody is always there', [shift({ minimum: 0 })], 9, [[0, null, null]]],
    ['came early: nothing is missing before it begins', [day({ startedAt: at(700) })], 710, [[700, null, null]]],
    ['ends with its time when nobody is there', [shift()], 725, [[0, 720, null]]],
    ['ends when the last one left late', [shift({ leftAt: at(723) })], 725, [[0, 723, null]]],
    [
      'goes on while somebody is there, who covers the next too',
      [shift({ here: ['a'] }), day()],
      725,
      [
        [0, null, null],
        [720, null, null],
      ],
    ],
    [
      'is over with the second signature',
      [shift({ here: ['a'], takenAt: at(722) }), day({ here: ['b'] })],
      725,
      [
        [0, 722, null],
        [720, null, null],
      ],
    ],
    ['signed before its end it lasts to its end', [shift({ here: ['a'], takenAt: at(700) })], 710, [[0, null, null]]],
    [
      'forgotten, it ends after the grace; the next is uncovered from then',
      [shift({ here: ['a'] }), day({ startedAt: at(720) })],
      785,
      [
        [0, 780, null],
        [720, null, 780],
      ],
    ],
    [
      'slept through by the service, it is over and troubles nobody',
      [shift({ startedAt: null })],
      900,
      [[0, 720, null]],
    ],
  ] as [string, OpenShift[], number, [number, number | null, number | null][]][])(
    '%s',
    (_name, shifts, now, expected) => {
      const minutes = (time: Date | null): number | null => (time === null ? null : (time.getTime() - START) / 60_000);
      expect(
        deskAt(shifts, at(now)).shifts.map((each) => [
          minutes(each.startedAt),
          minutes(each.endedAt),
          minutes(each.uncoveredSince),
        ]),
      ).toEqual(expected);
    },
  );

  it('has an hour of grace', () => {
    expect(GRACE_MS).toBe(HOUR_MS);
  });
});

describe('the times of spot checks', () => {
  const shift = {
    id: '7f0d0a52-6e5f-4f58-9d4d-3c1a6f4b8a11',
    startsAt: new Date(START),
    endsAt: new Date(START + 12 * HOUR_MS),
    drawnFrom: new Date(START - DAY_MS),
  };
  const minutesOf = (key: Buffer, count: number, of = shift): number[] =>
    checkTimes(key, of, count).map(({ at }) => (at.getTime() - of.startsAt.getTime()) / 60_000);

  it('lie within the margins, none twice, and are the same for whoever has the key', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uuid(),
        fc.integer({ min: 0, max: 24 }),
        fc.integer({ min: 1, max: 1_440 }),
        (bytes, id, count, length) => {
          const key = Buffer.from(bytes);
          const of = {
            id,
            startsAt: new Date(START),
            endsAt: new Date(START + length * 60_000),
            drawnFrom: new Date(START - DAY_MS),
          };
          const later = { ...of, drawnFrom: new Date(START + length * 30_000) };
          for (const minute of minutesOf(key, count, later))
            expect(minute >= length / 2 && minute < length - 5).toBe(true);
          const times = minutesOf(key, count, of);
          expect(times).toHaveLength(Math.min(count, Math.max(0, length - 10)));
          expect(new Set(times).size).toBe(times.length);
          for (const minute of times) expect(minute >= 5 && minute < length - 5 && Number.isInteger(minute)).toBe(true);
          expect(minutesOf(key, count, of)).toEqual(times);
          // one more of them leaves those before as they are
          expect(minutesOf(key, count + 1, of).slice(0, times.length)).toEqual(times);
        },
      ),
    );
  });

  it('are others with another key or for another shift, and spread over all of it', () => {
    const keys = Array.from({ length: 400 }, (_each, n) => Buffer.alloc(32, `key ${String(n)}`));
    const all = keys.flatMap((key) => minutesOf(key, 2));
    expect(new Set(keys.map((key) => minutesOf(key, 2).join())).size).toBeGreaterThan(390);
    expect(minutesOf(Buffer.alloc(32, 'key 0'), 2)).not.toEqual(
      minutesOf(Buffer.alloc(32, 'key 0'), 2, { ...shift, id: '7f0d0a52-6e5f-4f58-9d4d-3c1a6f4b8a12' }),
    );
    // each twelfth of the shift has its share: 800 drawn, 67 expected, six standard deviations to either side
    for (let part = 0; part < 12; part += 1) {
      const inside = all.filter((minute) => Math.floor(((minute - 5) * 12) / 710) === part).length;
      expect(inside).toBeGreaterThan(20);
      expect(inside).toBeLessThan(114);
    }
    // whether the first has been says nothing about the second: it is before it as often as behind it
    const behind = keys.filter((key) => {
      const [first = 0, second = 0] = minutesOf(key, 2);
      return second > first;
    }).length;
    expect(Math.abs(behind - 200)).toBeLessThan(60);
  });
});
