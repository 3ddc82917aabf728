/** Alarms: nothing that should alarm is silent, and nothing floods. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coldLevel } from '../../shared/cold-clock.ts';
import type { DispatchRow } from '../../shared/dispatches.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import type { PanicRow } from '../../shared/panics.ts';
import type { PatrolRow } from '../../shared/patrols.ts';
import type { SpotCheckRow } from '../../shared/duty.ts';
import type { ActivationRow, PlanStateRow, StepRow } from '../../shared/plans.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import {
  type Alarm,
  alarmKinds,
  type AlarmKind,
  alarmsOf,
  EVERY_S,
  groupsOf,
  keepHeard,
  keepRests,
  ring,
  type Rings,
} from '../../web/desk/alarms.ts';

const NOW = Date.parse('2026-01-10T20:00:00.000Z');
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();
const incident = (more: Partial<IncidentRow> = {}): IncidentRow =>
  ({
    id: 'i1',
    status: 'open',
    priority: 'normal',
    openedAt: ago(30),
    seenAt: ago(10),
    patrolIds: [],
    outcome: null,
    askedAt: null,
    answeredAt: null,
    firstDispatchedAt: null,
    snoozedUntil: null,
    recheck: null,
    ...more,
  }) as IncidentRow;
const dispatch = (more: Partial<DispatchRow> = {}): DispatchRow =>
  ({
    id: 'd1',
    incidentId: 'i1',
    patrolId: 'p1',
    status: 'dispatched',
    dispatchedAt: ago(60),
    acceptedAt: null,
    acceptBy: ago(-120),
    rung: null,
    ...more,
  }) as DispatchRow;
const task = (kind: TaskRow['kind'], subject: TaskRow['subject'] = {}): TaskRow =>
  ({ id: `t-${kind}`, kind, subject, createdAt: ago(20) }) as TaskRow;

const panic = (acknowledgedAt: string | null): PanicRow => ({ id: 'n1', at: ago(5), acknowledgedAt }) as PanicRow;
const patrol = (rollCallRung: PatrolRow['rollCallRung']): PatrolRow =>
  ({ id: 'p1', rollCallDueAt: ago(130), rollCallRung }) as PatrolRow;

const told = (acknowledgedAt: string | null): StepRow =>
  ({ alarm: true, acknowledge: true, acknowledgedAt, state: 'done', to: ['dispatcher'] }) as unknown as StepRow;
const run = (levelS: number, more: Partial<ActivationRow> = {}): ActivationRow =>
  ({
    id: 'a1',
    planId: 'n1',
    level: 'orange',
    levelSince: ago(levelS),
    steps: [],
    endedAt: null,
    ...more,
  }) as ActivationRow;
/** Asks since ten minutes, with `leftS` to go. */
const asking = (leftS: number): PlanStateRow =>
  ({ id: 'n1', proposal: { level: 'orange', askedAt: ago(600), deadline: ago(-leftS) } }) as PlanStateRow;
const check = (leftS: number): SpotCheckRow => ({ id: 'c1', askedAt: ago(60), dueAt: ago(-leftS) }) as SpotCheckRow;

interface Given {
  incidents?: IncidentRow[];
  dispatches?: DispatchRow[];
  tasks?: TaskRow[];
  panics?: PanicRow[];
  patrols?: PatrolRow[];
  plans?: PlanStateRow[];
  activations?: ActivationRow[];
  checks?: SpotCheckRow[];
  lostS?: number;
  minutes?: number;
  heardS?: number | null;
}
const picture = ({
  incidents = [],
  dispatches = [],
  tasks = [],
  panics = [],
  patrols = [],
  plans = [],
  activations = [],
  checks = [],
  lostS,
  minutes = 500,
  heardS = 5,
}: Given): Alarm[] =>
  alarmsOf({
    now: NOW,
    incidents,
    dispatches,
    tasks,
    panics,
    patrols,
    plans,
    activations,
    checks,
    lostAt: lostS === undefined ? null : NOW - lostS * 1000,
    coldOf: () => ({ minutes, level: coldLevel(minutes, { danger: 30, soon: 120 }) }),
    heardAt: () => (heardS === null ? null : NOW - heardS * 1000),
    limits: { seenS: 60, dangerMin: 30, offlineS: 600 },
  });

describe('what alarms', () => {
  const unseen = incident({ priority: 'life_risk', seenAt: null, openedAt: ago(61) });
  it.each<[string, Given, [AlarmKind, number][]]>([
    ['a crew that calls for help', { panics: [panic(null)] }, [['panic', 3]]],
    ['the same, taken on', { panics: [panic(ago(1))] }, []],
    ['a roll call missed, only the crew alarmed', { patrols: [patrol('crew_alarm')] }, []],
    ['a roll call missed, the desk alarmed', { patrols: [patrol('desk_alarm')] }, [['roll_call', 1]]],
    [
      'a roll call missed, the duty officer, whose task is the same trouble',
      { patrols: [patrol('duty_officer')], tasks: [task('roll_call', { patrolId: 'p1' })] },
      [['roll_call', 2]],
    ],
    ['a quiet night', { incidents: [incident()], dispatches: [dispatch()] }, []],
    ['danger to life, not seen in time', { incidents: [unseen] }, [['unseen', 1]]],
    ['the same, long not seen', { incidents: [{ ...unseen, openedAt: ago(301) }] }, [['unseen', 2]]],
    ['danger to life, seen', { incidents: [{ ...unseen, seenAt: ago(1) }] }, []],
    ['danger to life, still within its time', { incidents: [{ ...unseen, openedAt: ago(59) }] }, []],
    ['urgent, not seen', { incidents: [{ ...unseen, priority: 'urgent' }] }, []],
    ['the cold clock below danger', { incidents: [incident()], minutes: 29 }, [['cold', 1]]],
    ['the cold clock half way', { incidents: [incident()], minutes: 14 }, [['cold', 2]]],
    ['the cold clock run out', { incidents: [incident()], minutes: 0 }, [['cold', 3]]],
    ['the same with somebody sent', { incidents: [incident({ patrolIds: ['p1'] })], minutes: 0 }, []],
    ['the same, only to be closed', { incidents: [incident({ outcome: 'found' })], minutes: 0 }, []],
    ['not accepted, only the crew alarmed', { dispatches: [dispatch({ rung: 'crew_alarm' })] }, []],
    ['not accepted, the desk alarmed', { dispatches: [dispatch({ rung: 'desk_alarm' })] }, [['not_accepted', 1]]],
    ['not accepted, the duty officer', { dispatches: [dispatch({ rung: 'duty_officer' })] }, [['not_accepted', 3]]],
    ['accepted after all', { dispatches: [dispatch({ rung: 'desk_alarm', status: 'accepted' })] }, []],
    [
      'the ladder and its task are one trouble',
      { dispatches: [dispatch({ rung: 'desk_alarm' })], tasks: [task('not_accepted', { dispatchId: 'd1' })] },
      [['not_accepted', 1]],
    ],
    ['a task whose dispatch is gone', { tasks: [task('not_accepted', { dispatchId: 'd9' })] }, [['not_accepted', 1]]],
    [
      'no bed, stock short',
      { tasks: [task('no_bed'), task('stock_short')] },
      [
        ['no_bed', 1],
        ['stock_short', 1],
      ],
    ],
    ['a plan that was switched on', { activations: [run(60)] }, [['plan_on', 3]]],
    [
      'the same, with all that its steps tell',
      { activations: [run(60, { steps: [told(null), told(null)] })] },
      [['plan_on', 3]],
    ],
    ['a plan that is no news', { activations: [run(16 * 60)] }, []],
    ['the same, not acknowledged', { activations: [run(16 * 60, { steps: [told(null)] })] }, [['plan_on', 3]]],
    ['the same, acknowledged', { activations: [run(16 * 60, { steps: [told(ago(5))] })] }, []],
    ['a plan that has stood down', { activations: [run(60, { level: 'none', endedAt: ago(1) })] }, []],
    ['a plan that asks', { plans: [asking(900)], tasks: [task('plan_asks', { planId: 'n1' })] }, [['plan_asks', 1]]],
    [
      'the same, its time nearly up',
      { plans: [asking(60)], tasks: [task('plan_asks', { planId: 'n1' })] },
      [['plan_asks', 2]],
    ],
    ['a question that is over', { tasks: [task('plan_asks', { planId: 'n1' })] }, []],
    [
      'a late step, a desk without people, a missed check, a warning nobody knows',
      {
        activations: [run(3600)],
        tasks: [
          task('plan_step_late', { activationId: 'a1' }),
          task('desk_uncovered'),
          task('check_missed'),
          task('alert_unknown'),
        ],
      },
      [
        ['plan_step_late', 1],
        ['desk_uncovered', 1],
        ['check_missed', 1],
        ['alert_unknown', 1],
      ],
    ],
    [
      'what can wait in its list',
      { tasks: [task('feed_stale'), task('plan_held_down'), task('plan_left'), task('duty_gap')] },
      [],
    ],
    ['a spot check', { checks: [check(100)] }, [['check', 1]]],
    ['the same, its time nearly up', { checks: [check(10)] }, [['check', 2]]],
    ['an answer', { incidents: [incident({ askedAt: ago(90), answeredAt: ago(5) })] }, [['answered', 1]]],
    ['an answer before a new question', { incidents: [incident({ askedAt: ago(3), answeredAt: ago(5) })] }, []],
    [
      'an answer, somebody sent since',
      { incidents: [incident({ answeredAt: ago(5), firstDispatchedAt: ago(2) })] },
      [],
    ],
    [
      'a crew under way, position old',
      { dispatches: [dispatch({ status: 'en_route' })], heardS: 700 },
      [['stale_crew', 1]],
    ],
    ['the same, very old', { dispatches: [dispatch({ status: 'en_route' })], heardS: 2500 }, [['stale_crew', 2]]],
    ['a crew on scene, position old', { dispatches: [dispatch({ status: 'on_scene' })], heardS: 700 }, []],
    [
      'a crew under way that never had a position',
      { dispatches: [dispatch({ status: 'accepted', acceptedAt: ago(601) })], heardS: null },
      [['stale_crew', 1]],
    ],
    ['a line just lost', { lostS: 5 }, []],
    ['a lost line', { lostS: 11 }, [['connection', 1]]],
  ])('%s', (_, given, expected) => {
    expect(picture(given).map(({ kind, level }) => [kind, level])).toEqual(expected);
  });
});

describe('rest', () => {
  const resting = incident({ snoozedUntil: ago(-600) });
  const cold = (minutes: number, row = resting): Alarm[] => picture({ incidents: [row], minutes });
  const rests = keepRests(new Map(), cold(20), [resting], NOW);

  it('quiets what was there, and nothing that grows worse or is new', () => {
    expect(groupsOf(cold(20), rests, new Map())).toEqual([]);
    expect(groupsOf(cold(10), rests, new Map()).map(({ kind }) => kind)).toEqual(['cold']);
    const answered = { ...resting, askedAt: ago(90), answeredAt: ago(1) };
    expect(groupsOf(cold(20, answered), rests, new Map()).map(({ kind }) => kind)).toEqual(['answered']);
    // another incident does not rest
    const other = picture({ incidents: [resting, incident({ id: 'i2' })], minutes: 20 });
    expect(groupsOf(other, rests, new Map())[0]?.alarms.map(({ incidentId }) => incidentId)).toEqual(['i2']);
  });

  it('ends by itself, and a longer rest begins anew', () => {
    expect(keepRests(rests, cold(20), [resting], NOW + 601_000).size).toBe(0);
    const longer = { ...resting, snoozedUntil: ago(-1200) };
    const again = keepRests(rests, cold(10), [longer], NOW);
    expect(groupsOf(cold(10), again, new Map())).toEqual([]);
  });

  it('keeps what it knew while the picture changes', () => {
    const kept = keepRests(rests, cold(1), [{ ...resting }], NOW + 1000);
    expect(groupsOf(cold(0), kept, new Map())).toHaveLength(1);
  });
});

describe('heard', () => {
  const alarms = picture({ incidents: [incident(), incident({ id: 'i2' })], minutes: 20 });
  const heard = new Map(alarms.map(({ id, level }) => [id, level]));

  it('stays in sight and is quiet until it grows worse or another comes', () => {
    expect(groupsOf(alarms, new Map(), heard)).toMatchObject([{ kind: 'cold', loud: false, alarms: [{}, {}] }]);
    const worse = picture({ incidents: [incident()], minutes: 5 });
    expect(groupsOf(worse, new Map(), heard)[0]?.loud).toBe(true);
    const third = picture({ incidents: [incident({ id: 'i3' })], minutes: 20 });
    expect(groupsOf([...alarms, ...third], new Map(), heard)[0]?.loud).toBe(true);
  });
  it('is forgotten when it is over', () => {
    expect(keepHeard(heard, [])).toEqual(new Map());
    expect(groupsOf(alarms, new Map(), keepHeard(heard, []))[0]?.loud).toBe(true);
  });
  it('of an answer takes it away: it was news', () => {
    const news = picture({ incidents: [incident({ answeredAt: ago(5) })] });
    expect(groupsOf(news, new Map(), new Map(news.map(({ id, level }) => [id, level])))).toEqual([]);
  });
});

const anyAlarm = fc.record({
  kind: fc.constantFrom(...alarmKinds),
  id: fc.constantFrom('a', 'b', 'c', 'd'),
  since: fc.integer({ min: NOW - 1e6, max: NOW }),
  level: fc.integer({ min: 1, max: 3 }),
  incidentId: fc.constantFrom(null, 'i1', 'i2'),
  planId: fc.constant(null),
  place: fc.constant(null),
});
const levels = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 3 }));

describe('whatever happens', () => {
  it('every alarm that neither rests nor was heard is in a loud group', () => {
    fc.assert(
      fc.property(fc.array(anyAlarm), levels, levels, (alarms, quiet, rest) => {
        const heard = new Map(Object.entries(quiet));
        const rests = new Map([['i1', { until: '', levels: new Map(Object.entries(rest)) }]]);
        const groups = groupsOf(alarms, rests, heard);
        for (const alarm of alarms) {
          const rested = alarm.incidentId === 'i1' && alarm.level <= (rest[alarm.id] ?? -1);
          const known = alarm.level <= (quiet[alarm.id] ?? -1);
          const group = groups.find(({ kind }) => kind === alarm.kind);
          if (!rested && !known) expect(group?.loud).toBe(true);
          if (rested) expect(group?.alarms ?? []).not.toContain(alarm);
        }
        expect(new Set(groups.map(({ kind }) => kind)).size).toBe(groups.length);
      }),
    );
  });

  it('a loud group sounds within the longest interval and never twice within the shortest; others are silent', () => {
    const moments = fc.array(
      fc.record({
        after: fc.integer({ min: 200, max: 4000 }),
        loud: fc.subarray([...alarmKinds]),
      }),
      { minLength: 1, maxLength: 120 },
    );
    fc.assert(
      fc.property(moments, (steps) => {
        let rings: Rings = new Map();
        let now = NOW;
        const last = new Map<AlarmKind, number>();
        const loudSince = new Map<AlarmKind, number>();
        for (const { after, loud } of steps) {
          now += after;
          for (const kind of alarmKinds) if (!loud.includes(kind)) loudSince.delete(kind);
          for (const kind of loud) if (!loudSince.has(kind)) loudSince.set(kind, now);
          const turn = ring(
            loud.map((kind) => ({ kind, alarms: [], loud: true })),
            rings,
            now,
          );
          rings = turn.rings;
          expect(new Set(turn.sounds.map(({ kind }) => kind)).size).toBe(turn.sounds.length);
          for (const { kind, loudness } of turn.sounds) {
            expect(loud).toContain(kind);
            expect(loudness).toBeGreaterThan(0);
            expect(now - (last.get(kind) ?? -Infinity)).toBeGreaterThanOrEqual(Math.min(...EVERY_S) * 1000);
            last.set(kind, now);
          }
          for (const kind of loud) {
            const silentFor = now - Math.max(last.get(kind) ?? -Infinity, loudSince.get(kind) ?? now);
            // one step may lie between the moment it is due and this one
            expect(silentFor).toBeLessThan(Math.max(...EVERY_S) * 1000);
          }
        }
      }),
    );
  });

  it('the longer nobody answers, the louder and the more often', () => {
    let rings: Rings = new Map();
    const at: number[] = [];
    const loudness: number[] = [];
    for (let second = 0; second < 180; second += 1) {
      const turn = ring([{ kind: 'cold', alarms: [], loud: true }], rings, NOW + second * 1000);
      rings = turn.rings;
      for (const sound of turn.sounds) {
        at.push(second);
        loudness.push(sound.loudness);
      }
    }
    const gaps = at.slice(1).map((second, n) => second - (at[n] ?? 0));
    expect(at[0]).toBe(0);
    expect(gaps.slice(0, 5)).toEqual([...EVERY_S, EVERY_S.at(-1)]);
    expect(loudness).toEqual([...loudness].sort((a, b) => a - b));
    expect(loudness.at(-1)).toBe(1);
  });
});
