/** Up at once, down only when it is sure: what keeps a plan from flapping, and what orders and answers make of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertLevels } from '../../shared/alerts.ts';
import type { Condition } from '../../shared/plan-conditions.ts';
import { decide } from '../../shared/plan-decide.ts';
import {
  type PlanAlert,
  type PlanInputs,
  type PlanOrder,
  type PlanReading,
  startMemory,
} from '../../shared/plan-engine.ts';
import { planLevels } from '../../shared/plan-levels.ts';
import { daily, DAY, everyHour, HOUR, known, level, reading, rulesOf, run } from './skies.ts';

const start = Date.parse('2026-01-15T12:00:00Z');
const frost: Condition = { weather: { basis: 'either', days: 1, tests: [{ measure: 'minimum', atMost: 0, keep: 1 }] } };
const alerted = (name: (typeof alertLevels)[number]): Condition => ({ alert: { level: name } });
const alert = (name: PlanAlert['level'], from: number, until: number | null): PlanAlert => ({
  id: `${name} ${from}`,
  type: 'cold',
  level: name,
  from,
  until,
});
const codes = (decision: { why: { code: string }[] }): string[] => decision.why.map(({ code }) => code);
/** What is known at a time of a course: observed up to then, forecast for two days. */
const seen = (course: readonly PlanReading[], at: number): PlanReading[] =>
  course.flatMap((one) => {
    const time = Date.parse(one.at);
    return time > at + 2 * DAY
      ? []
      : [{ ...one, receivedAt: at, kind: time > at ? ('forecast' as const) : ('observed' as const) }];
  });
/** Times at which the level changes, by the hour, with the new level. */
const story = (times: number[], decisions: { level: string }[]): string[] =>
  decisions.flatMap(({ level: name }, n) =>
    name === (decisions[n - 1]?.level ?? 'none')
      ? []
      : [`${new Date(times[n] ?? 0).toISOString().slice(5, 13)} ${name}`],
  );

describe('a cold run', () => {
  const rules = rulesOf([level('yellow', frost)], { minimumOnH: 24, confirmH: 12, bridgeH: 48 });
  const times = everyHour(start, start + 8 * DAY);
  it('with an isolated mild night is bridged; two mild nights are not; and without bridging it flaps', () => {
    // the 15th is mild, the 16th to 18th cold but for the 17th
    const one = daily('2026-01-12', [5, 5, 5, 5, -2, 4, -2, 6, 6, 6, 6, 6, 6, 6], start);
    expect(
      story(
        times,
        run(rules, times, (at) => known({ readings: seen(one, at) })),
      ),
    ).toEqual(['01-16T00 yellow', '01-19T12 none']);
    const two = daily('2026-01-12', [5, 5, 5, 5, -2, 4, 4, 4, -2, 6, 6, 6, 6, 6], start);
    expect(
      story(
        times,
        run(rules, times, (at) => known({ readings: seen(two, at) })),
      ),
    ).toEqual(['01-16T00 yellow', '01-17T12 none', '01-20T00 yellow', '01-21T12 none']);
    const hasty = rulesOf([level('yellow', frost)], { minimumOnH: 0, confirmH: 0, bridgeH: 0 });
    expect(
      story(
        times,
        run(hasty, times, (at) => known({ readings: seen(one, at) })),
      ),
    ).toHaveLength(4);
  });
  it('is answered for: why it is on, why it still is, and until when at the earliest', () => {
    const course = daily('2026-01-12', [5, 5, 5, -2, 4, 4, 4, 4, 4, 4], start);
    const at = (hours: number) => start + hours * HOUR;
    const decisions = run(rules, [at(0), at(13), at(24)], (now) => known({ readings: seen(course, now) }));
    expect(decisions[0]).toMatchObject({
      level: 'yellow',
      wanted: 'yellow',
      until: at(24),
      why: [
        {
          code: 'weather',
          level: 'yellow',
          facts: {
            measure: 'minimum',
            sense: 'atMost',
            value: -2,
            bound: 0,
            basis: 'observed',
            at: '2026-01-15T03:00:00.000Z',
          },
        },
      ],
    });
    expect(decisions[1]).toMatchObject({
      level: 'yellow',
      wanted: 'none',
      until: at(25),
      why: [{ code: 'minimum_on' }, { code: 'confirming' }],
    });
    expect(decisions[2]).toMatchObject({
      level: 'yellow',
      until: at(25),
      why: [{ code: 'confirming', facts: { until: new Date(at(25)).toISOString() } }],
    });
    const returning = daily('2026-01-12', [5, 5, 5, -2, 4, -2, 4, 4], start);
    const held = run(rules, [at(0), at(12), at(25)], (now) => known({ readings: seen(returning, now) }));
    expect(held[2]).toMatchObject({
      level: 'yellow',
      why: [{ code: 'returning', facts: { at: '2026-01-17T00:00:00.000Z' } }],
    });
    expect(
      codes(
        decide(
          startMemory,
          known({ readings: seen(daily('2026-01-12', [5, 5, 5, 5, 5, 5], start), start) }),
          rules,
          start,
        ),
      ),
    ).toEqual(['mild']);
    expect(codes(decide(startMemory, known(), rules, start))).toEqual(['unknown']);
  });
  it('is not given up by silence, and an outage breaks the time that it must be mild for', () => {
    const course = daily('2026-01-12', [5, 5, 5, -2, 4, 4, 4, 4, 4, 4], start);
    const silent = (at: number): boolean => at >= start + 20 * HOUR && at < start + 60 * HOUR;
    const decisions = run(rules, times, (at) => known({ readings: silent(at) ? [] : seen(course, at) }));
    expect(story(times, decisions)).toEqual(['01-15T12 yellow', '01-18T12 none']);
    expect(codes(decisions[40] ?? { why: [] })).toEqual(['unknown']);
  });
  it('a late observation changes what is decided later, and nothing before', () => {
    const course = daily('2026-01-12', [5, 5, 5, 5, 5, 5], start);
    const late = reading(start - 9 * HOUR, { temperatureC: -3, receivedAt: start + 2 * HOUR });
    const decisions = run(rules, everyHour(start, start + 3 * HOUR), (at) =>
      known({ readings: [...seen(course, at), ...(at >= start + 2 * HOUR ? [late] : [])] }),
    );
    expect(decisions.map((one) => one.level)).toEqual(['none', 'none', 'yellow', 'yellow']);
  });
});

describe('levels', () => {
  const four = alertLevels.map((name) => level(name, alerted(name)));
  it('rise at once to the highest, and each is given up by its own time', () => {
    const rules = rulesOf(four, { minimumOnH: 2, confirmH: 6, bridgeH: 0 });
    const alerts = [alert('red', start + HOUR, start + 4 * HOUR), alert('yellow', start, start + 8 * HOUR)];
    const times = everyHour(start, start + 20 * HOUR);
    expect(
      story(
        times,
        run(rules, times, () => known({ alerts })),
      ),
    ).toEqual(['01-15T12 yellow', '01-15T13 red', '01-15T22 yellow', '01-16T02 none']);
  });
  it('that the calendar shuts go at once, but never within the time they stay on at least', () => {
    const night: Condition = { all: [{ hours: { from: '16:00', to: '08:00' } }, alerted('blue')] };
    const times = everyHour(start, start + DAY);
    const alerts = [alert('blue', start, null)];
    const of = (minimumOnH: number) =>
      story(
        times,
        run(rulesOf([level('blue', night)], { minimumOnH, confirmH: 12, bridgeH: 24 }), times, () => known({ alerts })),
      );
    expect(of(4)).toEqual(['01-15T16 blue', '01-16T08 none']);
    expect(of(18)).toEqual(['01-15T16 blue', '01-16T10 none']);
  });
  it('that the rules no longer have go like those the calendar shuts', () => {
    const rules = rulesOf(four, { minimumOnH: 2, confirmH: 6 });
    const alerts = [alert('red', start, null)];
    const { memory } = decide(startMemory, known({ alerts }), rules, start);
    const less = rulesOf(four.slice(0, 2), { minimumOnH: 2, confirmH: 6 });
    expect(decide(memory, known({ alerts }), less, start + HOUR).level).toBe('red');
    expect(decide(memory, known({ alerts }), less, start + 2 * HOUR).level).toBe('yellow');
  });
  it('that ask go on at the deadline unless refused; a refusal holds until they are not wanted any more', () => {
    const rules = rulesOf(
      [level('blue', alerted('blue')), level('orange', alerted('orange'), { mode: 'ask', askMin: 90 })],
      { minimumOnH: 0, confirmH: 0, bridgeH: 0 },
    );
    const until = start + 6 * HOUR;
    const alerts = [alert('orange', start, until), alert('orange', until + 2 * HOUR, null)];
    const times = everyHour(start, start + 12 * HOUR);
    const told = (accept: boolean | null) =>
      run(rules, times, () =>
        known({ alerts, answers: accept === null ? [] : [{ level: 'orange', accept, at: start + HOUR }] }),
      );
    const asked = told(null);
    expect(asked[0]).toMatchObject({
      level: 'blue',
      wanted: 'orange',
      proposal: { level: 'orange', askedAt: start, deadline: start + 90 * 60_000 },
    });
    expect(codes(asked[0] ?? { why: [] })).toEqual(['alert', 'asking']);
    expect(story(times, asked)).toEqual([
      '01-15T12 blue',
      '01-15T14 orange',
      '01-15T18 none',
      '01-15T20 blue',
      '01-15T22 orange',
    ]);
    expect(story(times, told(true)).slice(0, 2)).toEqual(['01-15T12 blue', '01-15T13 orange']);
    const refused = told(false);
    // refused once, and asked anew when it is wanted anew
    expect(story(times, refused)).toEqual(['01-15T12 blue', '01-15T18 none', '01-15T20 blue', '01-15T22 orange']);
    expect(refused[3]).toMatchObject({ proposal: null, wanted: 'orange' });
    expect(codes(refused[3] ?? { why: [] })).toContain('refused');
  });
  it('that are only advised are never on', () => {
    const rules = rulesOf([level('red', alerted('red'), { mode: 'advise' })]);
    expect(decide(startMemory, known({ alerts: [alert('red', start, null)] }), rules, start)).toMatchObject({
      level: 'none',
      advice: 'red',
      wanted: 'none',
      why: [{ code: 'advised' }, { code: 'alert' }],
    });
  });
});

describe('orders', () => {
  const rules = rulesOf([level('blue', alerted('blue')), level('orange', alerted('orange'))], {
    minimumOnH: 0,
    confirmH: 0,
    bridgeH: 0,
  });
  const order = (
    kind: PlanOrder['kind'],
    name: PlanOrder['level'],
    at: number,
    until: number | null = null,
  ): PlanOrder => ({ id: `${at}`, kind, level: name, at, until });
  const at = (orders: PlanOrder[], alerts: PlanAlert[] = [], now = start + 5 * HOUR) =>
    decide(startMemory, known({ orders, alerts }), rules, now);
  it('are a floor or a ceiling, the latest in force wins, and the rules remember themselves', () => {
    const blue = [alert('blue', start, null)];
    expect(at([order('floor', 'yellow', start)])).toMatchObject({
      level: 'yellow',
      orderId: `${start}`,
      memory: { rules: 'none' },
      why: [{ code: 'order_floor' }],
      until: null,
    });
    expect(at([order('floor', 'yellow', start)], [alert('orange', start, null)]).level).toBe('orange');
    expect(at([order('ceiling', 'none', start)], blue)).toMatchObject({
      level: 'none',
      wanted: 'blue',
      memory: { rules: 'blue' },
    });
    expect(at([order('ceiling', 'none', start), order('floor', 'red', start + HOUR)], blue).level).toBe('red');
    expect(at([order('floor', 'red', start + HOUR), order('ceiling', 'none', start)], blue).level).toBe('red');
    expect(at([order('floor', 'red', start, start + 9 * HOUR)])).toMatchObject({
      level: 'red',
      until: start + 9 * HOUR,
    });
    // over, or not given yet
    expect(at([order('floor', 'red', start, start + 5 * HOUR)]).level).toBe('none');
    expect(at([order('floor', 'red', start + 6 * HOUR)]).level).toBe('none');
    // the earlier one holds again once the later is over
    expect(at([order('floor', 'yellow', start), order('ceiling', 'none', start + HOUR, start + 2 * HOUR)]).level).toBe(
      'yellow',
    );
  });
});

describe('whatever the weather, the warnings and the orders', () => {
  const leaf: fc.Arbitrary<Condition> = fc.oneof(
    fc.record({ alert: fc.record({ level: fc.constantFrom(...alertLevels) }) }),
    fc.record({
      weather: fc.record({
        basis: fc.constantFrom('observed', 'forecast', 'either'),
        days: fc.integer({ min: 1, max: 3 }),
        tests: fc.array(
          fc.record({ measure: fc.constantFrom('minimum', 'felt'), atMost: fc.integer({ min: -5, max: 5 }) }),
          { minLength: 1, maxLength: 2 },
        ),
      }),
    }) as fc.Arbitrary<Condition>,
    fc.constantFrom<Condition>(
      { hours: { from: '16:00', to: '08:00' } },
      { hours: { from: '02:00', to: '20:30', days: [1, 3, 5] } },
      { season: { from: '11-01', to: '01-16' } },
    ),
  );
  const tree: fc.Arbitrary<Condition> = fc.oneof(
    leaf,
    fc.record({ all: fc.array(leaf, { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(leaf, { minLength: 1, maxLength: 3 }) }),
  );
  const rulesArb = fc
    .record({
      levels: fc.uniqueArray(
        fc.record({
          level: fc.constantFrom(...alertLevels),
          mode: fc.constantFrom('automatic', 'automatic', 'ask', 'advise'),
          askMin: fc.constantFrom(30, 90),
          when: tree,
        }),
        { selector: (one) => one.level, minLength: 1, maxLength: 4 },
      ),
      steady: fc.record({
        minimumOnH: fc.constantFrom(0, 3, 12),
        confirmH: fc.constantFrom(0, 2, 6),
        bridgeH: fc.constantFrom(0, 12),
      }),
    })
    .map(({ levels, steady }) => rulesOf(levels, steady, 'Europe/London'));
  const hour = fc.integer({ min: -30, max: 40 });
  const inputsArb: fc.Arbitrary<PlanInputs> = fc.record({
    readings: fc
      .array(
        fc.record({
          n: hour,
          c: fc.integer({ min: -8, max: 8 }),
          kind: fc.constantFrom('observed', 'forecast'),
          heard: hour,
        }),
        { maxLength: 60 },
      )
      .map((all) =>
        all.map(({ n, c, kind, heard }) =>
          reading(start + n * HOUR, { temperatureC: c, kind, receivedAt: start + heard * HOUR, windKmh: 10 }),
        ),
      ),
    alerts: fc
      .array(
        fc.record({
          n: hour,
          long: fc.option(fc.integer({ min: 1, max: 20 })),
          name: fc.option(fc.constantFrom(...alertLevels)),
        }),
        { maxLength: 4 },
      )
      .map((all) =>
        all.map(({ n, long, name }, id): PlanAlert => ({
          id: String(id),
          type: 'cold',
          level: name,
          from: start + n * HOUR,
          until: long === null ? null : start + (n + long) * HOUR,
        })),
      ),
    orders: fc
      .array(
        fc.record({
          n: hour,
          long: fc.option(fc.integer({ min: 1, max: 20 })),
          kind: fc.constantFrom('floor', 'ceiling'),
          name: fc.constantFrom(...planLevels),
        }),
        { maxLength: 3 },
      )
      .map((all) =>
        all.map(({ n, long, kind, name }, id): PlanOrder => ({
          id: String(id),
          kind,
          level: name,
          at: start + n * HOUR,
          until: long === null ? null : start + (n + long) * HOUR,
        })),
      ),
    answers: fc.array(
      fc.record({
        level: fc.constantFrom(...alertLevels),
        accept: fc.boolean(),
        at: hour.map((n) => start + n * HOUR),
      }),
      { maxLength: 3 },
    ),
    staleH: fc.constantFrom(3, 12),
  });
  /** What has been heard by a time. */
  const by = (inputs: PlanInputs, at: number): PlanInputs => ({
    ...inputs,
    readings: inputs.readings.filter(({ receivedAt }) => receivedAt <= at),
  });
  const times = everyHour(start - 20 * HOUR, start + 40 * HOUR).filter((_, n) => n % 2 === 0);
  const rank = (name: string): number => planLevels.indexOf(name as never);
  const runs = { numRuns: 25, seed: 20_261_122 };

  it('the order of the inputs does not matter, and deciding again changes nothing', () => {
    fc.assert(
      fc.property(rulesArb, inputsArb, fc.infiniteStream(fc.nat()), (rules, inputs, dice) => {
        const shuffled = <T>(all: readonly T[]): T[] =>
          all
            .map((one) => ({ one, by: dice.next().value ?? 0 }))
            .sort((a, b) => a.by - b.by)
            .map(({ one }) => one);
        let memory = startMemory;
        for (const at of times.filter((_, n) => n % 5 === 0)) {
          const heard = by(inputs, at);
          const first = decide(memory, heard, rules, at);
          const mixed = {
            ...heard,
            readings: shuffled(heard.readings),
            alerts: shuffled(heard.alerts),
            orders: shuffled(heard.orders),
            answers: shuffled(heard.answers),
          };
          expect(decide(memory, mixed, { ...rules, levels: shuffled(rules.levels) }, at)).toEqual(first);
          expect(decide(first.memory, heard, rules, at)).toEqual(first);
          memory = first.memory;
        }
      }),
      runs,
    );
  });
  it('it never goes down within the time it stays on at least; what is ordered holds; an end is never promised too late', () => {
    fc.assert(
      fc.property(rulesArb, inputsArb, (rules, inputs) => {
        const decisions = run(rules, times, (at) => by(inputs, at));
        let raised = -Infinity;
        decisions.forEach((decision, n) => {
          const at = times[n] ?? 0;
          const before = decisions[n - 1]?.memory.rules ?? 'none';
          const { rules: mine } = decision.memory;
          if (rank(mine) > rank(before)) raised = at;
          if (rank(mine) < rank(before)) expect(at - raised).toBeGreaterThanOrEqual(rules.steady.minimumOnH * HOUR);
          const order = inputs.orders
            .filter((one) => one.at <= at && (one.until === null || at < one.until))
            .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
            .at(-1);
          expect(decision.orderId).toBe(order?.id ?? null);
          const want =
            order === undefined
              ? rank(mine)
              : order.kind === 'floor'
                ? Math.max(rank(mine), rank(order.level))
                : Math.min(rank(mine), rank(order.level));
          expect(rank(decision.level)).toBe(want);
          if (decision.until !== null) expect(decision.until).toBeGreaterThan(at);
        });
      }),
      runs,
    );
  });
  it('nothing heard any more lowers nothing but by the calendar', () => {
    const unknowable = tree.filter(
      (when) =>
        !JSON.stringify(when).includes('hours') &&
        !JSON.stringify(when).includes('season') &&
        !JSON.stringify(when).includes('alert'),
    );
    fc.assert(
      fc.property(fc.array(unknowable, { minLength: 4, maxLength: 4 }), inputsArb, (trees, inputs) => {
        const rules = rulesOf(
          trees.map((when, n) => level(alertLevels[n] ?? 'blue', when)),
          { minimumOnH: 0, confirmH: 0, bridgeH: 0 },
        );
        const on = decide(startMemory, by({ ...inputs, orders: [] }, start), rules, start);
        const later = run(
          rules,
          everyHour(start + HOUR, start + 5 * DAY).filter((_, n) => n % 6 === 0),
          () => known(),
          on.memory,
        );
        expect(later.map((one) => one.level)).toEqual(later.map(() => on.level));
      }),
      runs,
    );
  });
  it('an isolated mild night in a cold run never closes it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 0, max: 12 }),
        (nights, mild, confirmH) => {
          const minima = [
            8,
            8,
            8,
            ...Array.from({ length: 2 * nights + 1 }, (_, n) => (n === nights ? mild : -3)),
            -3,
            8,
            8,
            8,
            8,
          ];
          const course = daily('2026-01-12', minima, start);
          const rules = rulesOf([level('blue', frost)], { minimumOnH: 12, confirmH, bridgeH: 36 });
          const hours = everyHour(start - DAY, start + (2 * nights + 1) * DAY).filter((_, n) => n % 3 === 0);
          expect(
            story(
              hours,
              run(rules, hours, (at) => known({ readings: seen(course, at) })),
            ).filter((line) => line.endsWith('none')),
          ).toEqual([]);
        },
      ),
      { ...runs, numRuns: 5 },
    );
  });
});
