/** The field's rules, each at, below and above its threshold. */
import { describe, expect, it } from 'vitest';
import type { Condition, WeatherTest } from '../../shared/plan-conditions.ts';
import type { PlanAlert, PlanReading } from '../../shared/plan-engine.ts';
import { outlookDays, outlookHours } from '../../shared/weather-days.ts';
import { daily, DAY, HOUR, holdsAt, hourly, montreal, reading } from './skies.ts';

const noon = Date.parse('2026-01-15T12:00:00Z');
const on = (tests: WeatherTest[], more: object = { days: 1 }): Condition => ({
  weather: { tests, basis: 'either', ...more },
});
/** Force 5 begins at 8.0 m/s, force 6 at 10.8 m/s. */
const FORCE_5 = 28.8;
const FORCE_6 = 38.88;

describe('cold-wave signals of the China Meteorological Administration', () => {
  const levels = [
    { name: 'blue', back: 2, fall: 8, minimum: 4, wind: FORCE_5 },
    { name: 'yellow', back: 1, fall: 10, minimum: 4, wind: FORCE_6 },
    { name: 'orange', back: 1, fall: 12, minimum: 0, wind: FORCE_6 },
    { name: 'red', back: 1, fall: 16, minimum: 0, wind: FORCE_6 },
  ] as const;
  it.each(levels)('$name: all three must hold, each at its threshold', ({ back, fall, minimum, wind }) => {
    const when = on([
      { measure: back === 2 ? 'fall2' : 'fall1', atLeast: fall },
      { measure: 'minimum', atMost: minimum },
      { measure: 'wind', atLeast: wind },
    ]);
    const at = (by: number, low: number, kmh: number) => {
      // over two days, or in one
      const before = low + by;
      const minima = back === 2 ? [before, before, before - 1, low] : [before, before, before, low];
      return holdsAt(when, daily('2026-01-12', minima, noon, { windKmh: kmh }), noon);
    };
    expect(at(fall, minimum, wind)).toBe(true);
    expect(at(fall + 0.1, minimum - 0.1, wind + 0.1)).toBe(true);
    expect(at(fall - 0.1, minimum, wind)).toBe(false);
    expect(at(fall, minimum + 0.1, wind)).toBe(false);
    expect(at(fall, minimum, wind - 0.1)).toBe(false);
  });
});

interface Case {
  name: string;
  when: Condition;
  /** what holds, and what just does not */
  yes: Partial<Parameters<typeof reading>[1] & object>;
  no: Partial<Parameters<typeof reading>[1] & object>;
}
const cases: Case[] = [
  ...(
    [
      ['Henan blue', -10],
      ['Henan yellow', -15],
      ['Changzhou', 0],
      ['London', 0],
    ] as const
  ).map(([name, most]): Case => ({
    name,
    when: on([{ measure: 'minimum', atMost: most }]),
    yes: { temperatureC: most },
    no: { temperatureC: most + 0.1 },
  })),
  {
    name: 'New York: 0 °C with the wind',
    when: on([{ measure: 'felt', atMost: 0 }], { hours: 16 }),
    yes: { temperatureC: 3, windKmh: 20 },
    no: { temperatureC: 3, windKmh: 4.8 },
  },
  {
    name: 'New York enhanced: snow of 3 in, as water',
    when: on([{ measure: 'snow', atLeast: 7.6 }], { hours: 20, basis: 'forecast' }),
    yes: { precipitation: 'snow', precipitationMm: 0.4 },
    no: { precipitation: 'snow', precipitationMm: 0.39 },
  },
  {
    name: 'New York enhanced: wind of 40 mph',
    when: on([{ measure: 'wind', atLeast: 64.4 }], { hours: 16 }),
    yes: { windKmh: 64.4 },
    no: { windKmh: 64.3 },
  },
  {
    name: 'New York enhanced: below -5 °F',
    when: on([{ measure: 'felt', atMost: -20.6 }], { hours: 16 }),
    yes: { temperatureC: -20.6, windKmh: 0 },
    no: { temperatureC: -20.5, windKmh: 0 },
  },
  ...(
    [
      ['rain', 'rain'],
      ['rain', 'sleet'],
      ['snow', 'snow'],
      ['precipitation', 'sleet'],
    ] as const
  ).map(([measure, precipitation]): Case => ({
    name: `${measure} by ${precipitation}`,
    when: on([{ measure, atLeast: 24 }]),
    yes: { precipitation, precipitationMm: 1 },
    no: { precipitation, precipitationMm: 0.99 },
  })),
];
describe('rules of cities', () => {
  it.each(cases)('$name', ({ when, yes, no }) => {
    const sky = (told: object) => hourly(noon - 3 * DAY, noon + 3 * DAY, noon, () => told);
    expect(holdsAt(when, sky(yes), noon)).toBe(true);
    expect(holdsAt(when, sky(no), noon)).toBe(false);
  });

  it('France: three felt days in a row, and not two; a row that has begun counts to its end', () => {
    const when = on([{ measure: 'felt', atMost: -5 }], { days: 1, run: 3 });
    const course = (...minima: number[]) => daily('2026-01-12', minima, noon);
    //                    12  13  14 15  16  17 18
    expect(holdsAt(when, course(0, 0, 0, -5, -5, -5, 0), noon)).toBe(true);
    expect(holdsAt(when, course(0, 0, -6, -6, -6, 0, 0), noon)).toBe(true);
    expect(holdsAt(when, course(0, -6, -6, -6, 0, 0, 0), noon)).toBe(true);
    expect(holdsAt(when, course(0, 0, -6, -6, 0, -6, 0), noon)).toBe(false);
    expect(holdsAt(when, course(0, -6, -6, 0, -6, -6, -6), noon)).toBe(false);
    expect(holdsAt(when, course(0, 0, 0, -5, -4.9, -5, 0), noon)).toBe(false);
  });

  it('a milder bound keeps a level on that is on already', () => {
    const when = on([{ measure: 'minimum', atMost: 0, keep: 1 }]);
    const at = (low: number, keep: boolean) => holdsAt(when, daily('2026-01-14', [9, low, 9], noon), noon, { keep });
    expect([at(1, false), at(1, true), at(1.1, true), at(0, false)]).toEqual([false, true, false, true]);
  });

  it('observed up to now, forecast from now on, and either', () => {
    // cold this morning, mild tonight
    const morning = daily('2026-01-14', [9, -2, 9], noon);
    const basis = (name: string, readings = morning) =>
      holdsAt(on([{ measure: 'minimum', atMost: 0 }], { days: 1, basis: name }), readings, noon);
    expect([basis('observed'), basis('forecast'), basis('either')]).toEqual([true, false, true]);
    const tonight = hourly(noon - 2 * DAY, noon + DAY, noon, (at) => ({ temperatureC: at > noon ? -2 : 6 }));
    expect([basis('observed', tonight), basis('forecast', tonight), basis('either', tonight)]).toEqual([
      false,
      true,
      true,
    ]);
    // what was forecast for the morning is no observation
    const told = morning.map((one) => ({ ...one, kind: 'forecast' as const }));
    expect([basis('observed', told), basis('either', told)]).toEqual([null, true]);
  });

  it('warnings: at the colour and above, of the kinds named; one nobody has classified is not known', () => {
    const when: Condition = { alert: { types: ['cold_wave'], level: 'orange' } };
    const alert = (more: Partial<PlanAlert>): PlanAlert => ({
      id: 'a',
      type: 'cold_wave',
      level: 'orange',
      from: noon,
      until: noon + HOUR,
      ...more,
    });
    const at = (more: Partial<PlanAlert>, time = noon) => holdsAt(when, [], time, { alerts: [alert(more)] });
    expect(at({})).toBe(true);
    expect(at({ level: 'red' })).toBe(true);
    expect(at({ level: 'yellow' })).toBe(false);
    expect(at({ type: 'fog' })).toBe(false);
    expect(at({}, noon - 1)).toBe(false);
    expect(at({}, noon + HOUR)).toBe(false);
    expect(at({ until: null }, noon + 99 * DAY)).toBe(true);
    expect(at({ type: null })).toBe(null);
    expect(at({ level: null })).toBe(null);
    expect(at({ type: null, level: 'yellow' })).toBe(false);
    expect(holdsAt({ alert: { level: 'blue' } }, [], noon, { alerts: [alert({ type: null })] })).toBe(true);
  });
});

describe('what nobody knows', () => {
  const cold = on([{ measure: 'minimum', atMost: 0 }], { days: 2 });
  const mild = daily('2026-01-12', [8, 8, 8, 8, 8, 8], noon);
  it('is not mild: no weather, old weather, a hole in it, a forecast that has gone silent', () => {
    expect(holdsAt(cold, mild, noon)).toBe(false);
    expect(holdsAt(cold, [], noon)).toBe(null);
    const upTo = (end: number) => mild.filter(({ at }) => Date.parse(at) < end);
    expect(holdsAt(cold, upTo(noon - 4 * HOUR), noon)).toBe(null);
    expect(
      holdsAt(
        cold,
        mild.filter(({ at }) => Math.abs(Date.parse(at) - noon - 5 * HOUR) > 2 * HOUR),
        noon,
      ),
    ).toBe(null);
    const short = upTo(noon + 6 * HOUR);
    // it reaches so far and is fresh; four hours later nobody has heard more of it
    expect(holdsAt(cold, short, noon)).toBe(false);
    expect(holdsAt(cold, [...short, reading(noon + 4 * HOUR, { temperatureC: 8 })], noon + 4 * HOUR)).toBe(null);
  });
  it('a station without a forecast is judged by what it observed, as long as that is fresh', () => {
    const observed = mild.filter(({ kind }) => kind === 'observed');
    expect(holdsAt(cold, observed, noon + 2 * HOUR)).toBe(false);
    expect(holdsAt(cold, observed, noon + 4 * HOUR)).toBe(null);
    expect(holdsAt(on([{ measure: 'minimum', atMost: 0 }], { days: 2, basis: 'forecast' }), observed, noon)).toBe(null);
  });
  it('still tells what is sure: cold that was observed stays true, and two that cannot both hold are false', () => {
    const old = daily('2026-01-15', [-3], Date.parse('2026-01-15T04:00:00Z')).slice(0, 5);
    expect(holdsAt(cold, old, noon)).toBe(true);
    expect(holdsAt({ all: [cold, { dates: ['2020-01-01'] }] }, [], noon)).toBe(false);
    expect(holdsAt({ any: [cold, { dates: ['2026-01-15'] }] }, [], noon)).toBe(true);
    expect(holdsAt({ any: [cold, { dates: ['2020-01-01'] }] }, [], noon)).toBe(null);
  });
  it('a fall needs the whole night before it; wind and snow that nobody measured are not calm and dry', () => {
    const fall = on([{ measure: 'fall1', atLeast: 8 }]);
    const course = daily('2026-01-14', [9, 1, 9], noon);
    expect(holdsAt(fall, course, noon)).toBe(true);
    expect(holdsAt(fall, course.slice(10), noon)).toBe(null);
    const blind = course.map((one) => ({
      ...one,
      windKmh: null,
      precipitation: 'snow' as const,
      precipitationMm: null,
    }));
    expect(holdsAt(on([{ measure: 'wind', atLeast: 40 }]), blind, noon)).toBe(null);
    expect(holdsAt(on([{ measure: 'snow', atLeast: 1 }]), blind, noon)).toBe(null);
    expect(holdsAt(on([{ measure: 'rain', atLeast: 1 }]), blind, noon)).toBe(false);
  });
});

describe('days', () => {
  it('of the year 2012 in Montreal: 17 blue days, and 2 orange ones', () => {
    const days = outlookDays(montreal, 'UTC');
    expect(montreal).toHaveLength(8_784);
    expect(days).toHaveLength(366);
    const blue = days.filter(({ fall2K, minimumC }) => fall2K !== null && fall2K >= 8 && minimumC <= 4);
    const orange = days.filter(({ fall1K, minimumC }) => fall1K !== null && fall1K >= 12 && minimumC <= 0);
    expect(blue).toHaveLength(17);
    expect(orange.map(({ day }) => day)).toEqual(['2012-01-14', '2012-02-11']);
    expect([Math.min(...days.map((one) => one.minimumC)), Math.max(...days.map((one) => one.maximumC))]).toEqual([
      -23.3, 33,
    ]);

    // and the rule says the same as the table
    const judged = (when: Condition) =>
      days.flatMap(({ day }, n) => {
        const at = Date.parse(`${day}T12:00:00Z`);
        const around = montreal.slice(Math.max(0, n - 2) * 24, (n + 2) * 24).map((one): PlanReading => {
          const ahead = Date.parse(one.at) > at;
          return { ...one, receivedAt: at, kind: ahead ? 'forecast' : 'observed' };
        });
        return holdsAt(when, around, at) === true ? [day] : [];
      });
    expect(
      judged(
        on([
          { measure: 'fall2', atLeast: 8 },
          { measure: 'minimum', atMost: 4 },
        ]),
      ),
    ).toEqual(blue.map(({ day }) => day));
    expect(
      judged(
        on([
          { measure: 'fall1', atLeast: 12 },
          { measure: 'minimum', atMost: 0 },
        ]),
      ),
    ).toEqual(orange.map(({ day }) => day));
  });

  it('take what was observed before what was forecast, and of one hour what was received last, in whatever order', () => {
    const told = [
      reading(noon, { temperatureC: 5, receivedAt: noon }),
      reading(noon, { temperatureC: 3, receivedAt: noon + HOUR }),
      reading(noon, { temperatureC: -9, kind: 'forecast', receivedAt: noon + 2 * HOUR }),
      reading(noon + 10 * HOUR, {
        temperatureC: 1,
        kind: 'forecast',
        windKmh: 20,
        precipitation: 'snow',
        precipitationMm: 0.2,
      }),
      reading(noon + 11 * HOUR, {
        temperatureC: 2,
        kind: 'forecast',
        windKmh: null,
        precipitation: 'sleet',
        precipitationMm: 0.1,
      }),
      reading(noon + 12 * HOUR, { temperatureC: -4, kind: 'forecast', precipitation: 'rain', precipitationMm: null }),
    ];
    const days = outlookDays(told, 'UTC');
    expect(days).toEqual([
      {
        day: '2026-01-15',
        minimumC: 1,
        maximumC: 3,
        feltC: expect.closeTo(-4.03, 1) as number,
        fall1K: null,
        fall2K: null,
        windKmh: 20,
        rainMm: 0.1,
        snowMm: 0.2,
        hours: 3,
      },
      {
        day: '2026-01-16',
        minimumC: -4,
        maximumC: -4,
        feltC: -4,
        fall1K: 5,
        fall2K: null,
        windKmh: 0,
        rainMm: 0,
        snowMm: 0,
        hours: 1,
      },
    ]);
    expect(outlookDays([...told].reverse(), 'UTC')).toEqual(days);
    expect(outlookHours(told).map(({ temperatureC }) => temperatureC)).toEqual([3, 1, 2, -4]);
    // the same hours lie in another day elsewhere
    expect(outlookDays(told, 'Asia/Shanghai').map(({ day, hours }) => [day, hours])).toEqual([
      ['2026-01-15', 1],
      ['2026-01-16', 3],
    ]);
  });
});
