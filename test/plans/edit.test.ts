/** Plans as they are written: what they may say, their versions, and what an edit does to a plan that is on. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import {
  activatePlan,
  createPlan,
  listActivations,
  listDecisions,
  listPlans,
  listPlanTemplates,
  listPlanVersions,
  type PlanSpec,
  planSpec,
  updatePlan,
} from '../../shared/plans.ts';
import type { FieldError } from '../../shared/problems.ts';
import { createLoadList } from '../../shared/loads.ts';
import { createSite } from '../../shared/sites.ts';
import { createItem } from '../../shared/supplies.ts';
import { places, useApp } from '../kit/app.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';
import { addPlan, always, minute, never, planOf, spec, step, stepsOf, wantedKeys } from './kit.ts';

const app = useApp();
const viewers = (): Person[] => [
  app.east.manager,
  app.east.crew,
  app.east.inspector,
  app.west.manager,
  app.root.manager,
];

describe('what a plan may say', () => {
  const level = (when: PlanSpec['levels'][number]['when']): PlanSpec =>
    spec({ levels: [{ level: 'blue', mode: 'automatic', askMin: 30, when }] });
  const deed = (...deeds: PlanSpec['steps'][number]['deed'][]): PlanSpec =>
    spec({ steps: deeds.map((each, n) => step(`s${String(n)}`, { deed: each })) });
  const when = '/spec/levels/0/when';
  const first = '/spec/steps/0/deed';
  const minimum = { measure: 'minimum', atMost: 0 } as const;
  const wrong: readonly [string, () => PlanSpec, string, string][] = [
    [
      'a season with a day there is none of',
      () => level({ any: [never, { season: { from: '11-01', to: '02-30' } }] }),
      `${when}/any/1/season/to`,
      'range',
    ],
    ['a date there is none of', () => level({ dates: ['2026-02-28', '2026-02-29'] }), `${when}/dates/1`, 'range'],
    [
      'a kind of warning nobody sends',
      () => level({ alert: { types: ['cold_wave', 'locusts'], level: 'blue' } }),
      `${when}/alert/types/1`,
      'unknown_type',
    ],
    [
      'a fall over hours',
      () => level({ weather: { basis: 'either', hours: 6, tests: [{ measure: 'fall1', atLeast: 8 }] } }),
      `${when}/weather/tests/0/measure`,
      'range',
    ],
    [
      'a run of hours',
      () => level({ weather: { basis: 'either', hours: 6, run: 2, tests: [minimum] } }),
      `${when}/weather/run`,
      'range',
    ],
    [
      'a bound to keep it that is harder',
      () => level({ weather: { basis: 'either', days: 1, tests: [minimum, { ...minimum, keep: -1 }] } }),
      `${when}/weather/tests/1/keep`,
      'range',
    ],
    [
      'a house of another station',
      () => deed({ kind: 'open_shelters', shelters: [app.shelters.east, app.shelters.west], surge: true }),
      `${first}/shelters/1`,
      'not_found',
    ],
    [
      'a place that is none',
      () => deed({ kind: 'visit_sites', sites: [app.shelters.east], everyH: 4 }),
      `${first}/sites/0`,
      'not_found',
    ],
    ['a load list that is none', () => deed({ kind: 'load', listId: randomUUID() }), `${first}/listId`, 'not_found'],
    [
      'a rule there is not',
      () => deed({ kind: 'set_rules', values: { 'no.such': 1 } }),
      `${first}/values/no.such`,
      'unknown_field',
    ],
    [
      'a rule of the whole service',
      () => deed({ kind: 'set_rules', values: { 'events.kept': 20 } }),
      `${first}/values/events.kept`,
      'root_only',
    ],
    [
      'a value out of range',
      () => deed({ kind: 'set_rules', values: { 'duplicates.window': 0.1 } }),
      `${first}/values/duplicates.window`,
      'range',
    ],
    [
      'a part of a value',
      () => deed({ kind: 'set_rules', values: { 'recheck.after': [{ level: 'red', priority: null, minutes: 1 }] } }),
      `${first}/values/recheck.after/0/minutes`,
      'range',
    ],
    ['no value at all', () => deed({ kind: 'set_rules', values: {} }), `${first}/values`, 'required'],
    [
      'a pair that would cross',
      () =>
        deed(
          { kind: 'set_rules', values: { 'cold.danger': 720 } },
          { kind: 'set_rules', values: { 'cold.soon': 700 } },
        ),
      '/spec/steps/1/deed/values/cold.soon',
      'not_above',
    ],
  ];
  it.each(wrong)('%s is 422 with its path', async (_name, of, path, code) => {
    const { status, body } = await app.east.manager.call(createPlan, {
      body: { id: randomUUID(), name: 'Wrong', spec: of() },
    });
    const { errors } = body as unknown as { errors: FieldError[] };
    expect([status, errors.map((each) => [each.path, each.code])]).toEqual([
      422,
      expect.arrayContaining([[path, code]]),
    ]);
  });

  it('an address the service must never call is refused, too', async () => {
    const hook = deed({ kind: 'task' }, { kind: 'webhook', url: 'https://10.0.0.1/hook' });
    const { status, body } = await app.east.manager.call(createPlan, {
      body: { id: randomUUID(), name: 'Hook', spec: hook },
    });
    expect([status, body]).toMatchObject([
      422,
      { code: 'url_not_allowed', errors: [{ path: '/spec/steps/1/deed/url' }] },
    ]);
  });

  it('things of its own station, its rules in form, and every template', async () => {
    const { manager, dispatcher } = app.east;
    const site = randomUUID();
    await dispatcher.does(createSite, {
      body: { id: site, name: 'bridge', position: { type: 'Point', coordinates: places.east } },
    });
    const item = randomUUID();
    await app.root.manager.does(createItem, { body: { id: item, name: 'Blanket', unit: 'piece', kind: 'bedding' } });
    const list = randomUUID();
    await app.root.manager.does(createLoadList, {
      body: { id: list, name: 'Cold', lines: [{ itemId: item, quantity: 5 }] },
    });
    const good = deed(
      { kind: 'open_shelters', shelters: [app.shelters.east], surge: true },
      { kind: 'visit_sites', sites: [site], everyH: 2 },
      { kind: 'load', listId: list },
      { kind: 'set_rules', values: { 'targets.seen': 60, 'cold.danger': 20 } },
    );
    const made = await expectReplay(app, () => addPlan(manager, good, { active: false }), viewers());
    expect(made).toMatchObject({
      version: 1,
      active: false,
      level: 'none',
      spec: good,
      lookedAt: app.clock.now().toISOString(),
    });
    const { items } = await manager.does(listPlanTemplates);
    expect(items.map(({ key }) => key)).toEqual(['cma-cold-wave', 'london-swep', 'new-york-code-blue']);
    for (const template of items) {
      expect(planSpec.parse(template.spec), template.key).toEqual(template.spec);
      await addPlan(manager, template.spec, { active: false, name: template.key });
    }
  });
});

describe('an edit', () => {
  it('keeps every version, refuses a stale one, and brings a plan that is on to what it says now', async () => {
    const { manager } = app.east;
    const levels: PlanSpec['levels'] = [{ level: 'blue', mode: 'automatic', askMin: 30, when: always }];
    const notice = (en: string) => ({ kind: 'notify' as const, to: ['crew' as const], words: { en }, alarm: false });
    const { id } = await addPlan(
      manager,
      spec({
        levels,
        steps: [step('stays'), step('goes'), step('says', { deed: notice('old') }), step('hurries', { dueMin: 60 })],
      }),
    );
    const params = { id };
    const before = await stepsOf(app, id);
    const of = (key: string) => before.find((each) => each.key === key);
    expect(before.map(({ key }) => key)).toEqual(['goes', 'hurries', 'says', 'stays']);
    await rows(
      app.database.knex,
      `update activation_steps set state = 'done', next_at = null where activation_id in (select id from activations where plan_id = cast(:id as uuid))`,
      params,
    );

    app.clock.advance(60_000);
    const changed = spec({
      levels,
      steps: [
        step('stays', { title: { en: 'better said' } }),
        step('comes'),
        step('says', { deed: notice('new') }),
        step('hurries', { dueMin: 5 }),
      ],
    });
    const renamed = await expectReplay(
      app,
      () => manager.does(updatePlan, { params, body: { version: 1, name: 'Cold nights 2', spec: changed } }),
      viewers(),
    );
    expect(renamed).toMatchObject({ version: 2, name: 'Cold nights 2', level: 'blue' });
    expect((await manager.does(listActivations)).items[0]).toMatchObject({ planId: id, name: 'Cold nights 2' });
    expect(await wantedKeys(app, id)).toEqual(['comes', 'hurries', 'says', 'stays']);
    const after = await stepsOf(app, id);
    const now = app.clock.now();
    const at = (step: string) => after.find((each) => each.id === of(step)?.id);
    expect(at('stays')).toMatchObject({ key: 'stays', state: 'done', wanted: true, next: null });
    expect(at('goes')).toMatchObject({ key: 'goes', wanted: false, next: now });
    // what was said stays what it was, and is taken back; what is to be said is new
    expect(at('says')).toMatchObject({ wanted: false, next: now });
    expect(after.find(({ key }) => key === 'says')).toMatchObject({ state: 'waiting', wanted: true, next: now });
    // counted from its beginning, not from the edit
    expect(at('hurries')?.due?.getTime()).toBe(now.getTime() - 60_000 + 300_000);

    // again and again nothing more happens
    for (let again = 0; again < 2; again += 1) await minute(app);
    expect(await stepsOf(app, id)).toEqual(after);

    // what was taken back and is wanted again begins anew; what was not taken back yet goes on
    await rows(
      app.database.knex,
      `update activation_steps set state = 'undone', next_at = null where id = cast(:goes as uuid)`,
      { goes: of('goes')?.id },
    );
    const back = spec({ levels, steps: [...changed.steps.filter(({ key }) => key !== 'comes'), step('goes')] });
    await manager.does(updatePlan, { params, body: { version: 2, spec: back } });
    await manager.does(updatePlan, {
      params,
      body: { version: 3, spec: { ...back, steps: [...back.steps, step('comes')] } },
    });
    const third = await stepsOf(app, id);
    expect(third.filter(({ wanted }) => wanted).map(({ key }) => key)).toEqual([
      'comes',
      'goes',
      'hurries',
      'says',
      'stays',
    ]);
    expect(third.find(({ id: each }) => each === of('goes')?.id)).toMatchObject({ state: 'undone', wanted: false });
    expect(third.filter(({ key }) => key === 'comes').map((each) => each.id)).toEqual([
      after.find(({ key }) => key === 'comes')?.id,
    ]);

    const stale = await manager.call(updatePlan, { params, body: { version: 3, active: false } });
    expect([stale.status, stale.body]).toMatchObject([409, { code: 'version_conflict', current: { id, version: 4 } }]);
    expect((await app.west.manager.call(updatePlan, { params, body: { version: 4, active: false } })).status).toBe(404);

    const page = await manager.does(listPlanVersions, { params, query: { limit: '3' } });
    expect(page.items.map(({ version, name }) => [version, name])).toEqual([
      [4, 'Cold nights 2'],
      [3, 'Cold nights 2'],
      [2, 'Cold nights 2'],
    ]);
    const rest = await manager.does(listPlanVersions, { params, query: { limit: '3', cursor: page.nextCursor ?? '' } });
    expect(rest).toMatchObject({
      items: [{ version: 1, name: 'Cold nights', changedBy: manager.id, spec: { levels } }],
      nextCursor: null,
    });

    const off = await expectReplay(
      app,
      () => manager.does(updatePlan, { params, body: { version: 4, active: false } }),
      viewers(),
    );
    expect(off).toMatchObject({ active: false, level: 'none', why: [], activationId: null });
    expect(await wantedKeys(app, id)).toEqual([]);
    expect((await manager.snapshot()).plans.map((each) => each.id)).not.toContain(id);
  });

  it('lists are read page by page, each with one query, from the station and from those below it', async () => {
    const { manager } = app.east;
    const { id } = await addPlan(app.root.manager, spec(), { name: 'A city plan' });
    for (let n = 0; n < 6; n += 1) {
      const [endpoint, body] =
        n % 2 === 0
          ? ([activatePlan, { level: 'blue', reason: 'on' }] as const)
          : ([activatePlan, { level: 'red', reason: 'up' }] as const);
      app.clock.advance(1_000);
      await app.root.manager.does(endpoint, { params: { id }, body });
    }
    const every: number[] = [];
    let cursor: string | null = '';
    for (; cursor !== null;) {
      const page: { items: { id: number }[]; nextCursor: string | null } = await manager.does(listDecisions, {
        params: { id },
        query: { limit: '2', ...(cursor === '' ? {} : { cursor }) },
      });
      every.push(...page.items.map((each) => each.id));
      cursor = page.nextCursor;
    }
    // that it is off is the first of them
    expect(every).toHaveLength(7);
    expect(every).toEqual([...every].sort((a, b) => b - a));
    expect((await manager.call(listDecisions, { params: { id }, query: { cursor: 'bm9uZQ' } })).status).toBe(422);
    expect((await manager.does(listPlans)).items.map((plan) => plan.id)).toContain(id);
    const { items, nextCursor } = await manager.does(listPlans, { query: { limit: '1' } });
    expect([items.map((plan) => plan.id), nextCursor !== null]).toEqual([[id], true]);
    expect((await planOf(manager, id)).level).toBe('red');
  });
});
