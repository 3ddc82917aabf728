/** The cold clock: what shortens it, what never lengthens it, and what it says of itself. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { translator } from '../../server/http/words.ts';
import {
  byCold,
  coldClock,
  type ColdClock,
  type ColdFacts,
  coldLevel,
  coldRulesFrom,
  readingsFor,
} from '../../shared/cold-clock.ts';
import { signs } from '../../shared/sightings.ts';
import { precipitations, type PictureReading } from '../../shared/weather.ts';
import { defaultColdRules } from '../kit/rules.ts';

const rules = await defaultColdRules();

const now = new Date('2026-01-15T18:00:00.000Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (minutes: number): string => new Date(now.getTime() + minutes * MINUTE).toISOString();
const later = (minutes: number): Date => new Date(at(minutes));
const facts = (more: Partial<ColdFacts> = {}): ColdFacts => ({
  priority: 'normal',
  signs: [],
  openedAt: at(0),
  lastSeenAt: at(0),
  spoken: null,
  wantsHelp: null,
  stillThere: null,
  refusals: 0,
  sightingIds: ['one'],
  people: 1,
  ...more,
});
const reading = (more: Partial<PictureReading> = {}): PictureReading => ({
  kind: 'observed',
  at: at(0),
  temperatureC: 0,
  windKmh: null,
  precipitation: 'none',
  ...more,
});
const still = (temperatureC: number, more: Partial<PictureReading> = {}): PictureReading[] => [
  reading({ temperatureC, ...more }),
];
const codes = ({ reasons }: ColdClock): string[] => reasons.map(({ code }) => code);

describe('by the weather', () => {
  it.each([
    [20, 1440],
    [15, 1440],
    [10, 720],
    [0, 240],
    // halfway between two rows lies their geometric mean
    [-5, Math.sqrt(240 * 120)],
    [-15, Math.sqrt(120 * 60)],
    [-28, 30],
    [-55, 2],
    [-80, 2],
  ])('%d °C in still air leaves %d minutes', (temperatureC, minutes) => {
    const clock = coldClock(facts(), still(temperatureC), rules, now);
    expect(clock).toMatchObject({ basis: 'weather', feltC: temperatureC });
    expect(clock.minutes).toBeCloseTo(minutes, 6);
  });

  it('feels the wind', () => {
    const clock = coldClock(facts(), still(-10, { windKmh: 30 }), rules, now);
    expect(clock.feltC).toBeCloseTo(-19.52, 2);
    expect(clock.minutes).toBeLessThan(65);
    expect(clock.reasons).toContainEqual({ code: 'felt', values: { feltC: -20 } });
    expect(clock.reasons).toContainEqual({ code: 'wind', values: { windKmh: 30, temperatureC: -10 } });
  });

  it.each([
    ['rain', 120],
    ['sleet', 120],
    ['snow', 192],
  ] as const)('%s', (precipitation, minutes) => {
    const clock = coldClock(facts(), still(0, { precipitation }), rules, now);
    expect(clock.minutes).toBeCloseTo(minutes, 6);
    expect(clock.reasons).toContainEqual({ code: 'precipitation', values: { kind: precipitation } });
  });

  it('nobody is wetter than wet: rain adds nothing to wet clothes', () => {
    const dry = coldClock(facts({ signs: ['wet'] }), still(0), rules, now);
    expect(dry.minutes).toBeCloseTo(72, 6);
    expect(coldClock(facts({ signs: ['wet'] }), still(0, { precipitation: 'rain' }), rules, now).minutes).toBe(
      dry.minutes,
    );
  });

  it('what was used up since they were seen is gone, and each hour counts as it was', () => {
    const night = [
      reading({ at: at(-120), temperatureC: 10 }),
      reading({ at: at(-60), temperatureC: 0 }),
      reading({ kind: 'forecast', at: at(60), temperatureC: -20 }),
    ];
    // an hour of 720 and one of 240 are gone, another of 240 comes: what is left goes at 60
    const left = 1 - 60 / 720 - 60 / 240 - 60 / 240;
    const clock = coldClock(facts({ lastSeenAt: at(-120), openedAt: at(-110) }), night, rules, now);
    expect(clock.minutes).toBeCloseTo(60 + left * 60, 6);
    expect(clock.reasons).toContainEqual({ code: 'colder', values: { feltC: -20, hours: 1 } });
    expect(clock.reasons).toContainEqual({ code: 'last_seen_hours', values: { hours: 2 } });
    expect(coldClock(facts({ lastSeenAt: at(-600) }), night, rules, now).minutes).toBe(0);
  });

  it('tells the rain that comes before the danger, not the one after it', () => {
    const soon = [...still(0), reading({ kind: 'forecast', at: at(60), precipitation: 'rain' })];
    expect(coldClock(facts(), soon, rules, now).reasons).toContainEqual({
      code: 'precipitation_coming',
      values: { kind: 'rain', hours: 1 },
    });
    const after = [...still(0), reading({ kind: 'forecast', at: at(300), precipitation: 'rain' })];
    expect(codes(coldClock(facts(), after, rules, now))).not.toContain('precipitation_coming');
  });

  it('is now for who was seen in the future of the clock, and for who does not respond', () => {
    expect(coldClock(facts({ lastSeenAt: at(5) }), still(0), rules, now).minutes).toBeCloseTo(240, 6);
    const clock = coldClock(facts({ signs: ['unresponsive'] }), still(15), rules, now);
    expect(clock.minutes).toBe(0);
    expect(clock.reasons[0]).toEqual({ code: 'at_most', values: { sign: 'unresponsive', minutes: 0 } });
  });

  it.each([
    [{ signs: ['elderly'] }, 144, 'sign'],
    // the gravest in full, the next by its square root
    [{ signs: ['elderly', 'child'] }, 240 * 0.5 * Math.sqrt(0.6), 'sign'],
    [{ signs: ['confused'] }, 10, 'at_most'],
    [{ signs: ['injured'], lastSeenAt: at(-30) }, 15, 'at_most'],
    [{ spoken: true }, 288, 'spoken'],
    [{ spoken: false }, 240, null],
    [{ wantsHelp: false }, 288, 'declined'],
    [{ stillThere: false }, 480, 'gone'],
    [{ sightingIds: ['1', '2'] }, 216, 'confirmed'],
    [{ sightingIds: ['1', '2', '3', '4', '5', '6', '7'] }, 240 * 0.9 ** 3, 'confirmed'],
    [{ refusals: 1 }, 288, 'refused'],
    [{ refusals: 9 }, 240 * 1.2 ** 3, 'refused'],
  ] as [Partial<ColdFacts>, number, string | null][])('%j at 0 °C: %d minutes', (more, minutes, code) => {
    const clock = coldClock(facts(more), still(0), rules, now);
    expect(clock.minutes).toBeCloseTo(minutes, 6);
    if (code !== null) expect(codes(clock)).toContain(code);
  });

  it('says first what tells most', () => {
    const clock = coldClock(
      facts({ signs: ['elderly', 'wet'], lastSeenAt: at(-3) }),
      still(8, { precipitation: 'snow' }),
      rules,
      now,
    );
    expect(clock.reasons[0]).toEqual({ code: 'sign', values: { sign: 'wet' } });
    expect(codes(clock).slice(0, 4)).toEqual(['sign', 'felt', 'sign', 'last_seen_minutes']);
  });
});

describe('without weather', () => {
  it.each([
    ['life_risk', 15],
    ['urgent', 90],
    ['normal', 240],
  ] as const)('%s counts from the report on', (priority, minutes) => {
    const waiting = facts({ priority, openedAt: at(-5), lastSeenAt: at(-60) });
    for (const readings of [null, []]) {
      const clock = coldClock(waiting, readings, rules, now);
      expect(clock).toMatchObject({ basis: 'signs', feltC: null, minutes: minutes - 5 });
      expect(clock.reasons[0]).toEqual({ code: 'no_weather', values: {} });
      expect(clock.reasons).toContainEqual({ code: 'waiting_minutes', values: { minutes: 5 } });
    }
  });

  it('signs count there too', () => {
    expect(coldClock(facts({ signs: ['wet'] }), null, rules, now).minutes).toBeCloseTo(72, 6);
    expect(coldClock(facts({ signs: ['unresponsive'], priority: 'life_risk' }), null, rules, now).minutes).toBe(0);
  });

  it('old weather is none, and says how old: exactly at the limit it still counts', () => {
    const old = still(15, { at: at(-rules.staleH * 60) });
    expect(coldClock(facts(), old, rules, now).basis).toBe('weather');
    const clock = coldClock(facts(), old, rules, later(1));
    expect(clock).toMatchObject({ basis: 'signs', feltC: null });
    expect(clock.reasons[0]).toEqual({ code: 'stale_weather', values: { hours: 3 } });
  });

  it('a forecast speaks for the hour it is for, one for tomorrow does not speak for now', () => {
    const forecast = (minutes: number) => [reading({ kind: 'forecast', at: at(minutes) })];
    expect(coldClock(facts(), forecast(-30), rules, now).basis).toBe('weather');
    expect(coldClock(facts(), forecast(60), rules, now).basis).toBe('weather');
    expect(coldClock(facts(), forecast(600), rules, now).basis).toBe('signs');
  });
});

describe('whatever is reported', () => {
  const someReading = (kind: 'observed' | 'forecast', hour: number) =>
    fc.record({
      kind: fc.constant(kind),
      at: fc.constant(at(hour * 60)),
      temperatureC: fc.integer({ min: -60, max: 25 }),
      windKmh: fc.option(fc.integer({ min: 0, max: 90 })),
      precipitation: fc.constantFrom(...precipitations),
    });
  /** hour by hour from six hours ago to a day ahead */
  const course = fc.tuple(
    ...Array.from({ length: 31 }, (_, n) => someReading(n <= 6 ? 'observed' : 'forecast', n - 6)),
  );
  const someFacts: fc.Arbitrary<ColdFacts> = fc.record({
    priority: fc.constantFrom('life_risk', 'urgent', 'normal'),
    signs: fc.uniqueArray(fc.constantFrom(...signs)),
    openedAt: fc.integer({ min: 0, max: 400 }).map((ago) => at(-ago)),
    lastSeenAt: fc.integer({ min: 0, max: 400 }).map((ago) => at(-ago)),
    spoken: fc.option(fc.boolean()),
    wantsHelp: fc.option(fc.boolean()),
    stillThere: fc.option(fc.boolean()),
    refusals: fc.integer({ min: 0, max: 6 }),
    sightingIds: fc.integer({ min: 1, max: 6 }).map((count) => Array.from({ length: count }, (_, n) => String(n))),
    people: fc.integer({ min: 1, max: 5 }),
  });
  const minutes = (of: ColdFacts, readings: readonly PictureReading[] | null, when = now): number =>
    coldClock(of, readings, rules, when).minutes;
  /** a hair for what floating point loses */
  const shorter = (after: number, before: number): void => {
    expect(after).toBeLessThanOrEqual(before + 1e-6);
  };

  it('is finite, with reasons that both languages have words for', () => {
    fc.assert(
      fc.property(someFacts, fc.option(course), (of, readings) => {
        const clock = coldClock(of, readings, rules, now);
        expect(Number.isFinite(clock.minutes) && clock.minutes >= 0).toBe(true);
        expect(clock.reasons.length).toBeGreaterThan(0);
        for (const { code, values } of clock.reasons) {
          for (const locale of ['en', 'zh-CN'] as const) {
            const words = translator(locale)(`cold.reason.${code}`, values);
            expect(words).not.toMatch(/cold[.]reason|[{$]|sign[.]|precipitation[.]|safe|clear|安全/i);
          }
          for (const value of Object.values(values)) expect(String(value)).toMatch(/^(\d+|-[1-9]\d*|[a-z_]+)$/);
        }
      }),
    );
  });

  it('colder, windier or wetter never lengthens it', () => {
    fc.assert(
      fc.property(someFacts, course, fc.nat(30), fc.integer({ min: 0, max: 25 }), (of, readings, hour, more) => {
        const before = minutes(of, readings);
        const changed = (change: (one: PictureReading) => PictureReading): PictureReading[] =>
          readings.map((one, n) => (n === hour ? change(one) : one));
        shorter(
          minutes(
            of,
            changed((one) => ({ ...one, temperatureC: one.temperatureC - more })),
          ),
          before,
        );
        shorter(
          minutes(
            of,
            changed((one) => ({ ...one, windKmh: (one.windKmh ?? 0) + more })),
          ),
          before,
        );
        shorter(
          minutes(
            of,
            changed((one) => ({ ...one, precipitation: 'rain' })),
          ),
          before,
        );
        if (readings[hour]?.precipitation === 'none')
          shorter(
            minutes(
              of,
              changed((one) => ({ ...one, precipitation: 'snow' })),
            ),
            before,
          );
      }),
    );
  });

  it('one more sign, or longer out of sight, never lengthens it, with weather or without', () => {
    fc.assert(
      fc.property(
        someFacts,
        fc.option(course),
        fc.constantFrom(...signs),
        fc.nat(600),
        (of, readings, sign, longer) => {
          const before = minutes(of, readings);
          const worse = { ...of, signs: [...new Set([...of.signs, sign])] };
          shorter(minutes(worse, readings), before);
          const seen = new Date(Date.parse(of.lastSeenAt) - longer * MINUTE).toISOString();
          shorter(minutes({ ...of, lastSeenAt: seen }, readings), before);
          const one = { ...of, sightingIds: ['1'], refusals: 0 };
          shorter(minutes({ ...one, sightingIds: ['1', '2'] }, readings), minutes(one, readings));
        },
      ),
    );
  });

  it('never grows while only time passes, also when the weather becomes old', () => {
    const few = course.map((readings) => readings.slice(0, 9));
    fc.assert(
      fc.property(
        someFacts,
        fc.option(few),
        fc.integer({ min: -7 * 60, max: 30 * 60 }),
        fc.nat(600),
        (of, readings, from, more) => {
          const born = Math.max(Date.parse(of.openedAt), Date.parse(of.lastSeenAt), now.getTime() + from * MINUTE);
          const before = minutes(of, readings, new Date(born));
          const after = minutes(of, readings, new Date(born + more * MINUTE));
          shorter(after, before);
          // nor does it fall faster than the time goes, as long as the same is known
          if (born + more * MINUTE <= now.getTime() + 5 * HOUR) shorter(Math.max(0, before - more), after);
        },
      ),
    );
  });

  it('does not mind in which order the readings come', () => {
    fc.assert(
      fc.property(
        someFacts,
        fc
          .array(
            fc
              .integer({ min: -8, max: 8 })
              .chain((hour) =>
                fc.constantFrom('observed' as const, 'forecast' as const).chain((kind) => someReading(kind, hour)),
              ),
            { minLength: 1, maxLength: 12 },
          )
          .chain((readings) =>
            fc.tuple(
              fc.constant(readings),
              fc.shuffledSubarray(readings, { minLength: readings.length, maxLength: readings.length }),
            ),
          ),
        (of, [readings, shuffled]) => {
          expect(coldClock(of, shuffled, rules, now)).toEqual(coldClock(of, readings, rules, now));
        },
      ),
    );
  });

  it('colder is never longer, even where a city mistypes its table', () => {
    const odd = {
      ...rules,
      endurance: [
        { feltC: 0, minutes: 60 },
        { feltC: -10, minutes: 900 },
        { feltC: 10, minutes: 0 },
      ],
    };
    const bears = [20, 10, 5, 0, -5, -10, -30].map((c) => coldClock(facts(), still(c), odd, now).minutes);
    expect(bears).toEqual([...bears].sort((a, b) => b - a));
    expect(Math.min(...bears)).toBeGreaterThan(0);
  });
});

describe('around the clock', () => {
  it('levels begin at their limits', () => {
    const limits = { danger: 30, soon: 120 };
    expect([0, 29.9, 30, 119.9, 120, 9999].map((minutes) => coldLevel(minutes, limits))).toEqual([
      'danger',
      'danger',
      'soon',
      'soon',
      'later',
      'later',
    ]);
  });

  it('a station lives by its own weather, else by that of the nearest above it', () => {
    const row = (id: string, readings = still(0)) => ({ id, version: 1, stationId: id, heardAt: at(0), readings });
    const weather = { city: row('city'), east: row('east'), empty: row('empty', []) };
    expect(readingsFor(['city', 'east', 'street'], weather)).toBe(weather.east.readings);
    expect(readingsFor(['city', 'empty'], weather)).toBe(weather.city.readings);
    expect(readingsFor(['elsewhere'], weather)).toBeNull();
  });

  it('wants every rule', () => {
    expect(() => coldRulesFrom((key) => (key === 'cold.unknown' ? undefined : 1))).toThrow('cold.unknown');
  });

  it('orders by the clock; in danger the gravest, then the longest waiting; awaiting closing last', () => {
    const row = (id: string, minutes: number, more: object = {}) => ({
      id,
      minutes,
      status: 'open' as const,
      outcome: null,
      patrolIds: [],
      recheck: null,
      priority: 'normal' as const,
      openedAt: at(0),
      ...more,
    });
    const rows = [
      row('done', 0, { outcome: 'found', priority: 'life_risk' }),
      row('later', 90),
      row('waits', 0, { openedAt: at(-10) }),
      row('new', 0),
      row('grave', 0, { priority: 'life_risk' }),
      row('soon', 40),
    ];
    expect(rows.sort(byCold(({ minutes }) => minutes)).map(({ id }) => id)).toEqual([
      'grave',
      'waits',
      'new',
      'soon',
      'later',
      'done',
    ]);
  });
});
