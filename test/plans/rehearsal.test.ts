/** A plan played through a real winter, in one go and in parts; and what the forecast would make of it. */
import { describe, expect, it } from 'vitest';
import { statements } from '../../migrations/202611220029_plan_rules.ts';
import type { Condition } from '../../shared/plan-conditions.ts';
import type { PlanAlert } from '../../shared/plan-engine.ts';
import { type PlanSpec, planSpec } from '../../shared/plans.ts';
import { joinRehearsals, previewOf, rehearse, rehearsalMemory } from '../../shared/rehearsal.ts';
import { daily, DAY, HOUR, known, level, montreal, reading, rulesOf, STALE_H } from './skies.ts';

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);
const year = { from: day('2012-01-01'), to: day('2013-01-01') };
const frost: Condition = { weather: { basis: 'either', days: 2, tests: [{ measure: 'minimum', atMost: 0, keep: 1 }] } };
const blue: Condition = {
  weather: {
    basis: 'either',
    days: 1,
    tests: [
      { measure: 'fall2', atLeast: 8 },
      { measure: 'minimum', atMost: 4 },
    ],
  },
};
const orange: Condition = {
  weather: {
    basis: 'either',
    days: 1,
    tests: [
      { measure: 'fall1', atLeast: 12 },
      { measure: 'minimum', atMost: 0 },
    ],
  },
};
const loose = { minimumOnH: 0, confirmH: 0, bridgeH: 0 };
const play = (rules: ReturnType<typeof rulesOf>, more: Partial<Parameters<typeof rehearse>[0]> = {}) =>
  rehearse({ rules, staleH: STALE_H, readings: montreal, alerts: [], ...year, forecastH: 48, ...more });

describe('a year in Montreal', () => {
  it('has 17 blue days and 2 orange ones by the fall of the daily minimum', () => {
    const told = play(rulesOf([level('blue', blue), level('orange', orange)], loose));
    const of = (name: string): string[] => told.days.filter((one) => one.level === name).map((one) => one.day);
    expect(of('orange')).toEqual(['2012-01-14', '2012-02-11']);
    // the two orange days fall by more than 8 in two days, too
    expect([...of('blue'), ...of('orange')]).toHaveLength(17);
    expect(told.hoursAt['orange']).toBe(48);
    expect(told.hoursRead).toBe(8_784);
    expect(told.days).toHaveLength(366);
    expect([told.days[13]?.minimumC, told.days[13]?.feltC]).toEqual([-20.3, -20.3]);
  });
  it('flaps on a bare rule, and does not when it is made steady', () => {
    const spring = { to: day('2012-05-01') };
    const bare = play(rulesOf([level('yellow', frost)], loose), spring);
    const rules = rulesOf([level('yellow', frost)], { minimumOnH: 24, confirmH: 24, bridgeH: 48 });
    const steady = play(rules, spring);
    expect(steady.changes.length).toBeLessThan(bare.changes.length);
    expect(steady.flaps).toBe(0);
    const nights = (told: typeof bare): number => told.nightsOn['yellow'] ?? 0;
    expect(nights(steady)).toBeGreaterThan(nights(bare));
    expect(Object.values(steady.hoursAt).reduce((sum, hours) => sum + hours, 0)).toBe(121 * 24);
    // without a forecast it comes later, and still does
    const blind = play(rules, { ...spring, forecastH: 0 });
    expect(blind.changes.length).toBeGreaterThan(2);
    expect(nights(blind)).toBeLessThan(nights(steady));
  });
  it('in parts, the memory handed on, is the same as in one go', () => {
    const rules = rulesOf(
      [level('blue', blue), level('yellow', frost, { mode: 'ask', askMin: 90 }), level('orange', orange)],
      { minimumOnH: 12, confirmH: 6, bridgeH: 12 },
    );
    const alerts: PlanAlert[] = [
      { id: 'a', type: 'cold', level: 'orange', from: day('2012-02-01') + 7 * HOUR, until: day('2012-02-02') },
    ];
    const whole = play(rulesOf([...rules.levels, level('red', { alert: { level: 'orange' } })], rules.steady), {
      alerts,
      to: day('2012-05-01'),
    });
    // at midnight, at noon, and in the middle of the night
    const cuts = [
      year.from,
      day('2012-01-14'),
      day('2012-02-01') + 12 * HOUR,
      day('2012-03-03') + 3 * HOUR,
      day('2012-05-01'),
    ];
    const parts = cuts.slice(1).reduce<ReturnType<typeof play> | null>((before, to, n) => {
      const part = play(rulesOf([...rules.levels, level('red', { alert: { level: 'orange' } })], rules.steady), {
        alerts,
        from: cuts[n] ?? 0,
        to,
        // over the wire and back
        ...(before ? { memory: rehearsalMemory.parse(JSON.parse(JSON.stringify(before.memory))) } : {}),
      });
      return before ? joinRehearsals(before, part) : part;
    }, null);
    expect(parts).toEqual(whole);
    expect(whole.changes.some(({ to }) => to === 'red')).toBe(true);
  });
});

describe('what a rehearsal counts', () => {
  const start = day('2026-01-10');
  const course = (...minima: number[]) => daily('2026-01-08', minima, start + 99 * DAY);
  const stretch = { from: start, to: start + 9 * DAY, forecastH: 0, staleH: STALE_H };
  it('flaps: given up, and raised again within the time that it stays on at least', () => {
    const readings = course(5, 5, 5, -2, 5, -2, 5, 5, 5, 5, -2, 5, 5, 5);
    const today: Condition = { weather: { basis: 'observed', days: 1, tests: [{ measure: 'minimum', atMost: 0 }] } };
    const told = rehearse({
      ...stretch,
      readings,
      alerts: [],
      rules: rulesOf([level('blue', today)], { minimumOnH: 36, confirmH: 0, bridgeH: 0 }),
    });
    expect(told.changes.map(({ at, to }) => `${at.slice(5, 13)} ${to}`)).toEqual([
      '01-11T03 blue',
      '01-12T15 none',
      '01-13T03 blue',
      '01-14T15 none',
      '01-18T03 blue',
    ]);
    expect(told.flaps).toBe(1);
    expect(told.falseStarts).toBe(0);
    expect(told.nightsOn).toEqual({ blue: 7 });
  });
  it('false starts: raised and given up without the cold having come; a warning was no false start', () => {
    // by the forecast of the day after a cold night would come; it is not in the stretch that was observed by then
    const tonight: Condition = {
      weather: { basis: 'forecast', hours: 12, tests: [{ measure: 'minimum', atMost: 0 }] },
    };
    const gone: Condition = { all: [tonight, { hours: { from: '18:00', to: '02:00' } }] };
    const readings = course(5, 5, 5, -2, 5, 5, 5, 5, 5, 5, 5, 5);
    const rules = (when: Condition) => rulesOf([level('blue', when)], loose);
    const shut = rehearse({ ...stretch, forecastH: 12, readings, alerts: [], rules: rules(gone) });
    expect([shut.changes.length, shut.falseStarts]).toEqual([2, 1]);
    const came = rehearse({
      ...stretch,
      forecastH: 12,
      readings,
      alerts: [],
      rules: rulesOf([level('blue', tonight)], { ...loose, confirmH: 6 }),
    });
    expect([came.changes.length, came.falseStarts]).toEqual([2, 0]);
    const alerts: PlanAlert[] = [{ id: 'a', type: null, level: 'blue', from: start + HOUR, until: start + 5 * HOUR }];
    expect(rehearse({ ...stretch, readings, alerts, rules: rules({ alert: { level: 'blue' } }) })).toMatchObject({
      falseStarts: 0,
      hoursAt: { blue: 4, none: 212 },
    });
  });
});

describe('the look ahead', () => {
  it('says when it would switch on and off by the forecast as it is now', () => {
    const now = day('2026-01-15') + 12 * HOUR;
    const night: Condition = {
      all: [
        { hours: { from: '21:00', to: '08:00' } },
        { weather: { basis: 'either', hours: 16, tests: [{ measure: 'minimum', atMost: 0 }] } },
      ],
    };
    const readings = daily('2026-01-12', [5, 5, 5, 5, 5, -4, 5, 5], now);
    const rules = rulesOf([level('blue', night)], { minimumOnH: 4, confirmH: 2, bridgeH: 0 });
    const told = previewOf(known({ readings }), rules, now);
    expect(told).toMatchObject({ now: 'none', until: day('2026-01-20') - HOUR });
    expect(told.why.map(({ code }) => code)).toEqual(['closed', 'mild']);
    expect(told.changes.map(({ at, from, to }) => [at, from, to])).toEqual([
      ['2026-01-16T21:00:00.000Z', 'none', 'blue'],
      ['2026-01-17T08:00:00.000Z', 'blue', 'none'],
    ]);
    expect(told.changes[0]?.why.map(({ code }) => code)).toEqual(['schedule', 'weather']);
    expect(previewOf(known({ readings: [reading(now)] }), rules, now)).toMatchObject({ changes: [], until: null });
  });
});

describe('rule sets to begin with', () => {
  const specOf = (key: string): PlanSpec => {
    const sql = statements.find((one) => one.includes(`values ('${key}',`)) ?? '';
    const found = /'(\{"levels":.*\})', '/.exec(sql)?.[1]?.replaceAll("''", "'") ?? '';
    return planSpec.parse(JSON.parse(found));
  };
  const winter = (spec: PlanSpec, zone = 'UTC') =>
    rehearse({
      rules: { levels: spec.levels, steady: spec.steady, zone },
      staleH: STALE_H,
      readings: montreal.map((one, n) => ({ ...one, windKmh: n % 24 === 3 ? 42 : 12 })),
      alerts: [{ id: 'a', type: 'cold_wave', level: 'orange', from: day('2012-03-20'), until: day('2012-03-21') }],
      ...year,
      forecastH: 48,
    });
  it.each(['cma-cold-wave', 'london-swep', 'new-york-code-blue'])('%s parses, and is steady over a year', (key) => {
    const told = winter(specOf(key));
    expect(told.changes.length).toBeGreaterThan(4);
    // New York looks ahead from the small hours into an evening that lies beyond its own closing time
    expect(told.falseStarts).toBeLessThanOrEqual(key === 'new-york-code-blue' ? 5 : 0);
    expect(told.days.filter((one) => one.level !== 'none' && one.day.slice(5, 7) === '07')).toEqual([]);
    if (key === 'cma-cold-wave') {
      // the two orange days, from the day before on; the warning in March; nothing out of season
      const orangeDays = told.days.filter((one) => one.level === 'orange').map((one) => one.day);
      expect(orangeDays).toEqual(expect.arrayContaining(['2012-01-14', '2012-02-11', '2012-03-20']));
      expect(
        told.days.filter((one) => one.level !== 'none' && one.day > '2012-04-01' && one.day < '2012-11-01'),
      ).toEqual([]);
    }
    if (key === 'london-swep') expect(told.flaps).toBe(0);
    // it begins between 16:00 and 08:00 only
    if (key === 'new-york-code-blue')
      for (const { at, from } of told.changes)
        if (from === 'none') expect((Number(at.slice(11, 13)) + 8) % 24).toBeLessThan(16);
  });
});
