/** What the banner says of plans, to whom, and in which words; pure. */
import { describe, expect, it } from 'vitest';
import { translator } from '../../server/http/words.ts';
import type { ActivationRow, PlanStateRow, StepRow } from '../../shared/plans.ts';
import type { State } from '../../shared/state.ts';
import { noticesTo, planLines } from '../../web/plans/banner.ts';
import { bannerWords } from '../../web/plans/banner-words.ts';

const NOW = new Date('2026-01-10T14:00:00.000Z');
const at = (minutes: number): string => new Date(NOW.getTime() + minutes * 60_000).toISOString();
const step = (id: string, more: Partial<StepRow> = {}): StepRow => ({
  id,
  key: id,
  kind: 'task',
  from: 'orange',
  title: { en: id },
  owner: 'dispatcher',
  state: 'waiting',
  acknowledge: false,
  dueAt: null,
  acknowledgedAt: null,
  acknowledgedBy: null,
  doneAt: null,
  escalatedAt: null,
  undoneAt: null,
  attempts: 0,
  fault: null,
  result: {},
  words: null,
  to: [],
  alarm: false,
  note: null,
  ...more,
});
const plan = (id: string, more: Partial<PlanStateRow> = {}): PlanStateRow => ({
  id,
  version: 1,
  stationId: 'city',
  name: id,
  active: true,
  level: 'none',
  since: null,
  wanted: 'none',
  until: null,
  why: [],
  proposal: null,
  advice: 'none',
  order: null,
  activationId: null,
  ...more,
});
const run = (planId: string, steps: StepRow[], more: Partial<ActivationRow> = {}): ActivationRow => ({
  id: `run-${planId}`,
  version: 1,
  planId,
  stationId: 'city',
  name: planId,
  level: 'orange',
  since: at(-60),
  levelSince: at(-30),
  until: null,
  reason: '',
  why: [],
  steps,
  endedAt: null,
  closedAt: null,
  ...more,
});
const byId = <T extends { id: string }>(rows: readonly T[]): Record<string, T> =>
  Object.fromEntries(rows.map((row) => [row.id, row]));
const stations = {
  city: { id: 'city', path: ['city'] },
  east: { id: 'east', path: ['city', 'east'] },
  west: { id: 'west', path: ['city', 'west'] },
} as unknown as State['stations'];
const picture = (plans: PlanStateRow[], activations: ActivationRow[] = []) => ({
  stations,
  plans: byId(plans),
  activations: byId(activations),
});
const floor = {
  id: 'o',
  kind: 'floor',
  level: 'red',
  reason: 'ice',
  at: at(-5),
  until: at(120),
  userId: 'me',
} as const;

describe('which plans have something to say', () => {
  it('is on, asks, advises, is held down or winds up: those that hold here first, then by level', () => {
    const found = planLines(
      picture(
        [
          plan('quiet'),
          plan('on', { level: 'yellow' }),
          plan('higher', { level: 'red' }),
          plan('asks', { proposal: { level: 'orange', askedAt: at(-1), deadline: at(9) } }),
          plan('advises', { level: 'blue', advice: 'orange' }),
          plan('held', { wanted: 'red', order: { ...floor, kind: 'ceiling', level: 'none' } }),
          plan('west', { stationId: 'west', level: 'red' }),
          plan('ended'),
        ],
        [run('ended', [step('beds')], { level: 'none', endedAt: at(-1) })],
      ),
      'east',
      NOW,
    );
    expect(found.map(({ plan: { id } }) => id)).toEqual(['asks', 'higher', 'on', 'advises', 'ended', 'held', 'west']);
    expect(found.filter(({ here }) => !here).map(({ plan: { id } }) => id)).toEqual(['west']);
    expect(found.find(({ plan: { id } }) => id === 'held')?.heldFrom).toBe('red');
    expect(found.find(({ plan: { id } }) => id === 'advises')?.advises).toBe('orange');
  });

  it('counts what somebody has still to see to, the late first', () => {
    const steps = [
      step('done', { state: 'done' }),
      step('to do'),
      step('late', { dueAt: at(-1) }),
      step('in time', { dueAt: at(1) }),
      step('not read', { state: 'done', acknowledge: true }),
      step('read late', { state: 'done', acknowledge: true, acknowledgedAt: at(-1), dueAt: at(-2) }),
      step('failed', { state: 'failed' }),
      step('skipped', { state: 'skipped', dueAt: at(-1) }),
    ];
    const [line] = planLines(picture([plan('p', { level: 'orange' })], [run('p', steps)]), 'city', NOW);
    expect(line?.open.map(({ id }) => id)).toEqual(['late', 'to do', 'in time', 'not read', 'failed']);
    expect([line?.late, line?.steps]).toEqual([1, 8]);
  });

  it('tells a notice to those it goes to while the plan is on', () => {
    const told = [
      step('crew', { to: ['crew'], state: 'done' }),
      step('both', { to: ['crew', 'shelter'], state: 'done' }),
      step('house', { to: ['shelter'], state: 'done' }),
      step('failed', { to: ['crew'], state: 'failed' }),
      step('taken back', { to: ['crew'], state: 'undone' }),
    ];
    const ids = (activation: ActivationRow, station: string): string[] =>
      noticesTo(picture([plan('p')], [activation]), station, 'crew').map((notice) => notice.step.id);
    expect(ids(run('p', told), 'east')).toEqual(['crew', 'both']);
    expect(ids(run('p', told, { endedAt: at(-1) }), 'east')).toEqual([]);
    expect(ids(run('p', told, { stationId: 'west' }), 'east')).toEqual([]);
    // a phone that has no row of its station goes by what it hears
    expect(ids(run('p', told), 'unheard of')).toEqual(['crew', 'both']);
  });
});

describe.each([
  {
    locale: 'en' as const,
    facts: ['since 13:30', 'until 18:00 at the earliest', '2 of 3 steps open'],
    late: '1 late',
    asks: 'Red would switch on at 14:12 unless somebody refuses',
    held: 'the rules want Red, an order holds it down',
    order: 'ice (Li)',
    why: 'weather; alert',
  },
  {
    locale: 'zh-CN' as const,
    facts: ['13:30 启动', '最早 18:00 结束', '3 项措施，2 项未完成'],
    late: '1 项逾期',
    asks: '如无人否决，14:12 启动红色',
    held: '按规则应为红色，被人工指令压低',
    order: 'ice（Li）',
    why: 'weather；alert',
  },
])('in $locale', ({ locale, facts, late, asks, held, order, why }) => {
  const speech = {
    t: translator(locale),
    moment: (iso: string) => iso.slice(11, 16),
    duration: (ms: number) => String(ms / 60_000),
    why: (reasons: readonly { code: string }[]) => reasons.map(({ code }) => code),
    now: NOW,
    nameOf: (userId: string) => (userId === 'me' ? 'Li' : null),
  };
  const said = (row: PlanStateRow, runs: ActivationRow[] = []) => {
    const [line] = planLines(picture([row], runs), 'city', NOW);
    if (!line) throw new Error('nothing is said of it');
    return bannerWords(line, speech);
  };
  it('says since when, why, until when, what is open, who ordered it', () => {
    const reasons = [
      { code: 'weather', level: 'orange', facts: {} },
      { code: 'alert', level: 'orange', facts: {} },
    ] as const;
    const row = plan('p', { level: 'orange', since: at(-30), until: at(240), why: [...reasons], order: floor });
    const steps = [step('done', { state: 'done' }), step('open'), step('late', { dueAt: at(-1) })];
    expect(said(row, [run('p', steps)])).toEqual({ facts, late, why, asks: null, notes: [], order });
  });
  it('says what it asks and how long there is to answer, and what an order holds down', () => {
    const row = plan('p', {
      proposal: { level: 'red', askedAt: at(-3), deadline: at(12) },
      why: [
        { code: 'asking', level: 'red', facts: {} },
        { code: 'alert', level: 'red', facts: {} },
      ],
      wanted: 'red',
      order: { ...floor, kind: 'ceiling', level: 'none', userId: null, until: null },
    });
    expect(said(row)).toMatchObject({
      asks: { words: asks, left: '12' },
      notes: [held],
      facts: [],
      why: 'alert',
      order: 'ice',
    });
  });
});
