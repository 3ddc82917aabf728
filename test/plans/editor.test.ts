/** Editing a plan: what comes of it is always what the contract takes, and nothing else is touched. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { condition, type Condition, weatherMeasures } from '../../shared/plan-conditions.ts';
import { planSpec, stepKinds } from '../../shared/plans.ts';
import {
  addTo,
  blankSpec,
  dropMember,
  freeKey,
  homeOf,
  membersOf,
  moveBy,
  moveMember,
  newNode,
  newStep,
  newTest,
  nodeKinds,
  setBound,
  setKeep,
  setLevel,
  setMeasure,
  setMember,
  stepsUpTo,
  turnGroup,
  unwrap,
} from '../../web/plans/edit.ts';
import { CsvProblem, readOwnWeather } from '../../web/plans/own-weather.ts';
import { joined, monthsBetween, type Whole } from '../../web/plans/stretches.ts';

const valid = (node: Condition): boolean => condition.safeParse(node).success;
const DAY = '2026-11-22';

describe('the tree of a condition', () => {
  it.each(nodeKinds)('a new %s is valid as it comes', (kind) => {
    expect(valid(newNode(kind, DAY))).toBe(true);
  });
  it('stays valid, and leaves the old tree alone, whatever is done to it', () => {
    const deed = fc.record({
      what: fc.constantFrom('add', 'drop', 'move', 'turn', 'set', 'unwrap'),
      kind: fc.constantFrom(...nodeKinds),
      at: fc.nat(5),
      by: fc.constantFrom(-1 as const, 1 as const),
    });
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 20 }), (deeds) => {
        let node = newNode('all', DAY);
        for (const { what, kind, at, by } of deeds) {
          const before = JSON.stringify(node);
          const held = node;
          const most = membersOf(node).length - 1;
          if (what === 'add' && most < 11) node = addTo(node, newNode(kind, DAY));
          if (what === 'drop') node = dropMember(node, Math.min(at, Math.max(0, most)));
          if (what === 'move') node = moveMember(node, at, by);
          if (what === 'turn') node = turnGroup(node);
          if (what === 'set' && at <= most) node = setMember(node, at, newNode(kind, DAY));
          if (what === 'unwrap') node = unwrap(node);
          expect(JSON.stringify(held)).toBe(before);
          // what is no group has no members to move or drop: it stays what it was
          expect(valid(node)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
  it('moves within its ends, and keeps the last member of a group', () => {
    expect(moveBy(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c']);
    expect(moveBy(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
    const one: Condition = { any: [{ alert: { level: 'red' } }] };
    expect(dropMember(one, 0)).toEqual(one);
    expect(unwrap(one)).toEqual({ alert: { level: 'red' } });
  });
  it('keeps a weather test to one bound, and turns it round with its measure', () => {
    for (const measure of weatherMeasures)
      for (const side of ['atMost', 'atLeast'] as const) {
        const test = setKeep(setBound(newTest(measure), side, 3), 2);
        expect(test).toEqual({ measure, [side]: 3, keep: 2 });
        expect(setKeep(test, null)).toEqual({ measure, [side]: 3 });
      }
    expect(setMeasure({ measure: 'minimum', atMost: -7 }, 'felt')).toEqual({ measure: 'felt', atMost: -7 });
    expect(setMeasure({ measure: 'minimum', atMost: -7 }, 'wind')).toEqual(newTest('wind'));
  });
});

describe('levels and steps', () => {
  it('keeps levels in their order, and the last one', () => {
    const spec = blankSpec();
    const blue = { level: 'blue', mode: 'automatic', askMin: 30, when: newNode('weather', DAY) } as const;
    const two = setLevel(spec, 'blue', blue);
    expect(two.levels.map(({ level }) => level)).toEqual(['blue', 'orange']);
    expect(setLevel(two, 'orange', null).levels).toEqual([blue]);
    expect(setLevel(spec, 'orange', null)).toBe(spec);
    expect(planSpec.safeParse(two).success).toBe(true);
  });
  it('gives each new step a name of its own; all are what the contract takes but for what must be chosen', () => {
    let spec = blankSpec();
    for (const kind of [...stepKinds, ...stepKinds])
      spec = { ...spec, steps: [...spec.steps, newStep(spec, kind, 'orange', { en: 'do it' })] };
    expect(new Set(spec.steps.map(({ key }) => key)).size).toBe(spec.steps.length);
    expect(freeKey(spec.steps, 'task')).toBe('task-3');
    const unfinished = new Set(['load', 'webhook']);
    const done = { ...spec, steps: spec.steps.filter(({ deed }) => !unfinished.has(deed.kind)) };
    expect(planSpec.safeParse(done).success).toBe(true);
    expect(stepsUpTo(spec, 'yellow')).toEqual([]);
    expect(stepsUpTo(spec, 'red')).toHaveLength(spec.steps.length);
  });
});

it('finds the nearest field that an error belongs to', () => {
  const known = ['/spec/levels/0', '/spec/levels/0/when', '/spec/levels/0/when/all/1', '/name'];
  expect(homeOf('/spec/levels/0/when/all/1/weather/tests/0', known)).toBe('/spec/levels/0/when/all/1');
  expect(homeOf('/spec/levels/0/when/all/10', known)).toBe('/spec/levels/0/when');
  expect(homeOf('/spec/steps/3', known)).toBeNull();
});

describe('a rehearsal in parts', () => {
  it('goes from month to month of the wall clock, over a clock change and the last day with it', () => {
    expect(monthsBetween('2026-03-20', '2026-04-02', 'Europe/Berlin')).toEqual([
      { from: '2026-03-19T23:00:00.000Z', to: '2026-03-31T22:00:00.000Z' },
      { from: '2026-03-31T22:00:00.000Z', to: '2026-04-02T22:00:00.000Z' },
    ]);
    expect(monthsBetween('2012-01-01', '2012-12-31', 'UTC')).toHaveLength(12);
    expect(monthsBetween('2012-12-31', '2012-12-31', 'UTC')).toEqual([
      { from: '2012-12-31T00:00:00.000Z', to: '2013-01-01T00:00:00.000Z' },
    ]);
  });
  it('adds what is counted, and takes the worst of what is needed', () => {
    const part = (from: string, to: string, beds: number): Whole => ({
      from,
      to,
      changes: [],
      hoursAt: { none: 20, orange: 4 },
      nightsOn: { orange: 1 },
      falseStarts: 1,
      flaps: 0,
      days: [],
      needs: { bedsOpened: beds, bedsThere: 10, crewsCalled: 2, crewsThere: 3 },
      hoursRead: 24,
    });
    expect(joined(part('a', 'b', 12), part('b', 'c', 7))).toEqual({
      ...part('a', 'c', 12),
      hoursAt: { none: 40, orange: 8 },
      nightsOn: { orange: 2 },
      falseStarts: 2,
      hoursRead: 48,
    });
  });
});

describe('weather of one’s own', () => {
  it('reads columns by name in any order, and times without a zone as UTC', () => {
    const file =
      '\uFEFFtemperature;Time;precipitation\r\n-3.5;2025-01-02 01:00;snow\r\n1;2025-01-01T00:00:00+08:00;\r\n';
    expect(readOwnWeather(file)).toEqual([
      { at: '2024-12-31T16:00:00.000Z', temperatureC: 1, windKmh: null, precipitation: 'none', precipitationMm: null },
      {
        at: '2025-01-02T01:00:00.000Z',
        temperatureC: -3.5,
        windKmh: null,
        precipitation: 'snow',
        precipitationMm: null,
      },
    ]);
  });
  it.each([
    ['', 'empty', 0],
    ['at,temperatureC\n', 'empty', 0],
    ['when,how cold\n1,2', 'columns', 0],
    ['at,temperatureC\n2025-01-01T00:00Z,1\n2025-01-01T01:00Z,cold', 'line', 3],
    ['at,temperatureC\nsometime,1', 'line', 2],
    ['at,temperatureC\n2025-01-01T00:00Z,', 'line', 2],
    ['at,temperatureC,windKmh\n2025-01-01T00:00Z,1,900', 'line', 2],
    ['at,temperatureC,precipitation\n2025-01-01T00:00Z,1,frogs', 'line', 2],
  ])('says what is wrong with %j', (file, code, line) => {
    let found: unknown;
    try {
      readOwnWeather(file);
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(CsvProblem);
    expect(found).toMatchObject({ code, line });
  });
});
