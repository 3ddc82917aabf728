/** When somebody looks again, and who is asked to: whatever happens in whatever order, and however often it is looked at. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priorities } from '../../shared/incidents.ts';
import { planLevels } from '../../shared/plan-levels.ts';
import { minutesUntil } from '../../shared/recheck-clock.ts';
import { type Around, endBy, isOffered, nextStatus, type Standing } from '../../server/rechecks/clock.ts';
import { minutes } from '../kit/clock.ts';

const start = Date.parse('2026-01-15T13:00:00.000Z');
const at = (min: number): Date => new Date(start + minutes(min));
const iso = (min: number): string => at(min).toISOString();
/** Due after two hours, anybody's half an hour later. */
const clock = { startedAt: iso(0), dueAt: iso(120), openToAllAt: iso(150) };
const stand = (
  now: number,
  around: Partial<Around>,
  from: Standing = { status: 'waiting', dispatchId: null },
): Standing => nextStatus({ ...clock, ...from }, at(now), { patrolOut: true, job: null, ...around });

describe('how a re-check stands', () => {
  it.each<[string, number, Partial<Around>, Standing['status']]>([
    ['waits until it is due', 119.99, {}, 'waiting'],
    ['is the same crew’s when it is due', 120, {}, 'same_crew'],
    ['stays theirs for as long as the rule says', 149.99, {}, 'same_crew'],
    ['is anybody’s after that', 150, {}, 'any_crew'],
    ['is anybody’s at once when that crew has gone home', 120, { patrolOut: false }, 'any_crew'],
    ['waits no less because that crew has gone home', 60, { patrolOut: false }, 'waiting'],
    ['is taken while somebody is on the way', 130, { job: 'job' }, 'taken'],
    ['is taken before it is due, when the desk sent somebody', 10, { job: 'job' }, 'taken'],
  ])('%s', (_name, now, around, status) => {
    expect(stand(now, around)).toEqual({ status, dispatchId: status === 'taken' ? 'job' : null });
  });

  it.each<[number, Standing['status']]>([
    [60, 'waiting'],
    [130, 'same_crew'],
    [200, 'any_crew'],
  ])('goes back on offer when the job ended and nobody was met, %i min after the refusal', (now, status) => {
    expect(stand(now, {}, { status: 'taken', dispatchId: 'job' })).toEqual({ status, dispatchId: null });
  });

  it('stays done whatever comes', () => {
    const done = { status: 'done', dispatchId: 'job' } as const;
    expect(stand(500, { job: 'another', patrolOut: false }, done)).toEqual(done);
  });
});

describe('random nights', () => {
  const event = fc.oneof(
    fc.record({ kind: fc.constant('later' as const), min: fc.integer({ min: 0, max: 90 }) }),
    fc.record({ kind: fc.constant('sent' as const), job: fc.constantFrom('one', 'two') }),
    fc.record({ kind: fc.constantFrom('job over' as const, 'crew home' as const) }),
  );
  it('depend on what is so and not on how often it was looked at, so a restart or a second node changes nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.boolean()), { maxLength: 40 }), (night) => {
        let now = 0;
        let around: Around = { patrolOut: true, job: null };
        let watched: Standing = { status: 'waiting', dispatchId: null };
        let seldom: Standing = { status: 'waiting', dispatchId: null };
        for (const [what, seen] of night) {
          if (what.kind === 'later') now += what.min;
          else if (what.kind === 'sent') around = { ...around, job: around.job ?? what.job };
          else if (what.kind === 'job over') around = { ...around, job: null };
          else around = { ...around, patrolOut: false };
          watched = stand(now, around, watched);
          if (seen) seldom = stand(now, around, seldom);
          // looked at twice it stands the same
          expect(stand(now, around, watched)).toEqual(watched);
          expect(watched.status === 'taken').toBe(around.job !== null);
          expect(watched.dispatchId).toBe(around.job);
          // nobody is asked too early, and from then on somebody always is
          const asked = watched.status === 'same_crew' || watched.status === 'any_crew';
          expect(asked).toBe(around.job === null && now >= 120);
          if (watched.status === 'same_crew') expect([around.patrolOut, now < 150]).toEqual([true, true]);
        }
        expect(stand(now, around, seldom)).toEqual(stand(now, around, watched));
      }),
    );
  });
});

describe('the rule', () => {
  const rule = [
    { level: 'none', priority: 'life_risk', minutes: 120 },
    { level: 'none', priority: null, minutes: 240 },
    { level: 'red', priority: null, minutes: 60 },
  ] as const;
  it.each([
    ['none', 'life_risk', 120],
    ['none', 'urgent', 240],
    ['red', 'life_risk', 60],
    // no row for it: the shortest time there is
    ['blue', 'normal', 60],
  ] as const)('at level %s and priority %s is %i min', (level, priority, wanted) => {
    expect(minutesUntil(rule, level, priority)).toBe(wanted);
  });
  it('gives a time for everything, one that a row has', () => {
    const step = fc.record({
      level: fc.constantFrom(...planLevels),
      priority: fc.option(fc.constantFrom(...priorities)),
      minutes: fc.integer({ min: 10, max: 10_080 }),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 20 }),
        fc.constantFrom(...planLevels),
        fc.constantFrom(...priorities),
        (steps, level, priority) => {
          expect(steps.map((each) => each.minutes)).toContain(minutesUntil(steps, level, priority));
        },
      ),
    );
  });
});

describe('who may take it', () => {
  it.each([
    ['waiting', false, false],
    ['same_crew', true, false],
    ['any_crew', true, true],
    ['taken', false, false],
    ['done', false, false],
  ] as const)('%s: the same crew %s, another %s', (status, same, other) => {
    expect([isOffered(status, true), isOffered(status, false)]).toEqual([same, other]);
  });
});

describe('a meeting', () => {
  const running = { startedAt: iso(0), visit: 'first' };
  const meeting = (over: object) => ({ at: at(90), dispatchId: 'second', notFoundReason: null, ...over });
  it.each([
    ['of another visit ends it', {}, 'met'],
    ['on the way ends it', { dispatchId: null }, 'met'],
    ['at the moment of the refusal, of another crew, ends it', { at: at(0) }, 'met'],
    ['of before says nothing of it', { at: at(-1) }, null],
    ['of the same visit is another person', { dispatchId: 'first' }, null],
    ['with nobody there any more ends it', { notFoundReason: 'gone' }, 'gone'],
    ['where nobody got in does not', { notFoundReason: 'no_access' }, null],
    ['at a place that was not found does not', { notFoundReason: 'place_unclear' }, null],
  ])('%s', (_name, over, wanted) => {
    expect(endBy(running, meeting(over))).toBe(wanted);
  });
});
