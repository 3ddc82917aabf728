/** What the steps of a plan do, and how each is taken back. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { one, rows } from '../../server/db/rows.ts';
import { deliverCalls } from '../../server/feeds/commands-calls.ts';
import { OutsideFailure } from '../../server/http/outbound.ts';
import { ruleAt } from '../../server/stations/queries.ts';
import { createLoadList, updateLoadList } from '../../shared/loads.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { type StepSpec, updateStep } from '../../shared/plans.ts';
import { updateShelter } from '../../shared/shelters.ts';
import { createSite, listSites, updateSite } from '../../shared/sites.ts';
import { setRule } from '../../shared/stations.ts';
import { checkIn } from '../../shared/stays.ts';
import { createItem } from '../../shared/supplies.ts';
import { places, useApp } from '../kit/app.ts';
import { goOut, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import { expectReplay } from '../kit/replay.ts';
import {
  activationOf,
  doing,
  factsOf,
  house,
  lower,
  ordersOn,
  raise,
  statesOf,
  stepAt,
  switchOff,
  switchOn,
  tasksOf,
  warmPlace,
  work,
} from './steps-kit.ts';

const HOOK = 'https://hooks.example.org/cold';
const app = useApp({ outside: { resolve: () => Promise.resolve([{ address: '93.184.216.34', family: 4 }]) } });
const manager = () => app.east.manager;
/** Those to whom a step is told, each in another form, and one to whom it is not. */
const replayed = (what: () => Promise<unknown>): Promise<unknown> =>
  expectReplay(app, what, [
    ...(['dispatcher', 'crew', 'shelter', 'partner'] as const).map((role) => app.east[role]),
    app.root.manager,
    app.west.dispatcher,
  ]);
const set = (id: string, body: object) =>
  house(manager(), id).then(({ version }) =>
    manager().does(updateShelter, { params: { id }, body: { version, ...body } }),
  );
const enter = (shelterId: string, people: number) =>
  app.east.dispatcher.does(checkIn, { body: { id: randomUUID(), shelterId, people } });
const say = (planId: string, stepId: string, what: 'acknowledge' | 'done' | 'skip' | 'retry', by = manager()) =>
  activationOf(manager(), planId).then(({ id }) =>
    by.call(updateStep, { params: { id, stepId }, body: { do: what, note: 'said by hand' } }),
  );

beforeAll(() =>
  rows(app.database.knex, `update rules set value = '[{"host": "hooks.example.org"}]' where key = 'outside.hosts'`),
);

describe('houses', () => {
  it('open with their surge beds and hours, and close again; what somebody set since stays', async () => {
    const [closed, open] = [
      await warmPlace(manager(), { surge: 5 }),
      await warmPlace(manager(), { surge: 3, status: 'open' }),
    ];
    const nights = [{ days: [1, 2, 3, 4, 5, 6, 7], from: '18:00', to: '08:00', level: 'none' as const }];
    const before = await house(manager(), closed);
    const plan = await ordersOn(manager(), [
      doing({ kind: 'open_shelters', shelters: 'all', surge: true, opening: nights }),
    ]);
    await replayed(() => work(app));
    expect(await house(manager(), closed)).toMatchObject({
      status: 'open',
      surgeOpen: true,
      opening: nights,
      version: before.version + 1,
      capacity: { total: 15 },
    });
    expect(await house(manager(), open)).toMatchObject({ status: 'open', surgeOpen: true, opening: nights });
    expect(await factsOf(app, 'shelters', closed)).toEqual(['shelter.created', 'shelter.changed']);
    expect(await stepAt(manager(), plan, 'open-shelters')).toMatchObject({
      state: 'done',
      result: { shelters: 2, beds: 15 + 3 },
      fault: null,
    });
    const sheltersAt = (id: string) => house(app.root.manager, id);
    expect((await sheltersAt(app.shelters.east)).version).toBe(1);

    app.clock.advance(minutes(1));
    await set(open, { opening: [] });
    await set(open, { opening: [{ ...nights[0], to: '10:00' }] });
    await set(closed, { status: 'full' });
    await replayed(() => switchOff(app, manager(), plan));
    expect(await house(manager(), closed)).toMatchObject({ status: 'closed', surgeOpen: false, opening: [] });
    expect(await house(manager(), open)).toMatchObject({
      status: 'open',
      surgeOpen: false,
      opening: [{ to: '10:00' }],
    });
    expect(await stepAt(manager(), plan, 'open-shelters')).toMatchObject({ state: 'undone', result: { kept: 1 } });
    expect((await activationOf(manager(), plan)).closedAt).not.toBeNull();
    expect((await manager().snapshot()).activations).toEqual([]);
    const { opened } = await one<{ opened: number }>(
      app.database.knex,
      `select cast(count(*) as integer) as opened from shelter_openings where shelter_id = cast(:closed as uuid) and closed_at is not null`,
      { closed },
    );
    expect(opened).toBe(1);
  });

  it('keep everybody who is in them, and are handed over, one task a house', async () => {
    const full = await warmPlace(manager(), { any: 1, surge: 4 });
    const surge = await warmPlace(manager(), { any: 1, surge: 4, status: 'open' });
    const roomy = await warmPlace(manager(), { any: 9, surge: 4, status: 'open' });
    const plan = await switchOn(app, manager(), [
      doing({ kind: 'open_shelters', shelters: [full, surge, roomy], surge: true }),
    ]);
    await enter(full, 3);
    await enter(surge, 3);
    await enter(roomy, 3);
    await switchOff(app, manager(), plan);
    expect(await house(manager(), full)).toMatchObject({ status: 'open', surgeOpen: true });
    expect(await house(manager(), surge)).toMatchObject({ status: 'open', surgeOpen: true });
    expect(await house(manager(), roomy)).toMatchObject({ status: 'open', surgeOpen: false });
    const left = await tasksOf(manager(), 'plan_left');
    const { id } = await activationOf(manager(), plan);
    expect(
      left.map(({ subject }) => [subject['activationId'], subject['shelterId'], subject['people']]).sort(),
    ).toEqual(
      [
        [id, full, 3],
        [id, surge, 2],
      ].sort(),
    );
    expect(await stepAt(manager(), plan, 'open-shelters')).toMatchObject({ result: { left: 2, people: 5 } });
  });

  it('stay open as long as another plan wants them, whichever ends first', async () => {
    const place = await warmPlace(manager(), { surge: 2 });
    const opens = doing({ kind: 'open_shelters', shelters: [place], surge: true });
    const first = await switchOn(app, manager(), [opens]);
    const second = await switchOn(app, app.root.manager, [opens]);
    await switchOff(app, manager(), first);
    expect(await house(manager(), place)).toMatchObject({ status: 'open', surgeOpen: true });
    await switchOff(app, app.root.manager, second);
    expect(await house(manager(), place)).toMatchObject({ status: 'closed', surgeOpen: false });
  });
});

it('lays rules in layers and takes them out in any order; what the administrator set since stays', async () => {
  const east = app.stations.east;
  const at = (key: string) => ruleAt(app.database.knex, key, east);
  const own = () =>
    rows<{ key: string; value: unknown; version: number; source: string }>(
      app.database.knex,
      `select key, value, version, source from rules where station_id = cast(:east as uuid) order by key`,
      { east },
    );
  await app.east.admin.does(setRule, { params: { key: 'targets.accept' }, body: { version: 0, value: 300 } });
  const [before, accept, window] = [await own(), await at('targets.accept'), await at('duplicates.window')];
  const rules = (values: Record<string, unknown>, over: Partial<StepSpec> = {}) =>
    doing({ kind: 'set_rules', values }, over);
  const plan = await switchOn(
    app,
    manager(),
    [
      rules({ 'targets.accept': 120, 'duplicates.window': 3, 'positions.fresh': 100, 'positions.stale': 9_000 }),
      rules({ 'targets.accept': 60 }, { key: 'harder', from: 'orange' }),
    ],
    'orange',
  );
  expect([await at('targets.accept'), await at('duplicates.window')]).toEqual([60, 3]);
  // the lower layer goes first, by an edit of the plan's station: another plan has laid over it
  const other = await switchOn(app, manager(), [rules({ 'duplicates.window': 5 })]);
  await raise(manager(), plan, 'blue');
  await work(app);
  expect([await at('targets.accept'), await at('duplicates.window')]).toEqual([120, 5]);
  await switchOff(app, manager(), plan);
  expect([await at('targets.accept'), await at('duplicates.window')]).toEqual([accept, 5]);
  await switchOff(app, manager(), other);
  expect(await at('duplicates.window')).toBe(window);
  expect(await own()).toEqual(before);

  const again = await switchOn(app, manager(), [rules({ 'targets.accept': 90 })]);
  const [laid] = await own();
  await app.east.admin.does(setRule, {
    params: { key: 'targets.accept' },
    body: { version: laid?.version ?? 0, value: 90 },
  });
  await switchOff(app, manager(), again);
  expect(await at('targets.accept')).toBe(90);
  expect(await stepAt(manager(), again, 'set-rules')).toMatchObject({ state: 'undone', result: { rules: 1, kept: 1 } });
});

it('has known places visited more often, never less', async () => {
  const add = async (visitEveryH?: number): Promise<string> => {
    const id = randomUUID();
    const position = { type: 'Point', coordinates: places.east } as const;
    await app.east.dispatcher.does(createSite, {
      body: { id, name: 'Bridge', position, ...(visitEveryH === undefined ? {} : { visitEveryH }) },
    });
    return id;
  };
  const every = async (id: string) =>
    (await manager().does(listSites)).items.find((each) => each.id === id)?.visitEveryH;
  const [seldom, often, edited, never] = [await add(24), await add(2), await add(48), await add()];
  const plan = await ordersOn(manager(), [
    doing({ kind: 'visit_sites', sites: 'all', everyH: 6 }),
    doing({ kind: 'visit_sites', sites: [never], everyH: 6 }, { key: 'one' }),
  ]);
  await work(app);
  expect(await Promise.all([seldom, often, edited, never].map(every))).toEqual([6, 2, 6, 6]);
  await manager().does(updateSite, { params: { id: edited }, body: { version: 2, visitEveryH: 3 } });
  await switchOff(app, manager(), plan);
  expect(await Promise.all([seldom, often, edited, never].map(every))).toEqual([24, 2, 3, null]);
  expect(await stepAt(manager(), plan, 'visit-sites')).toMatchObject({ result: { sites: 2, kept: 1 } });
});

describe('telling and calling', () => {
  it('shows notices while it is on, calls people in, and asks crews to load a list', async () => {
    const [itemId, listId] = [randomUUID(), randomUUID()];
    await manager().does(createItem, { body: { id: itemId, name: 'Blanket', unit: 'piece', kind: 'bedding' } });
    await manager().does(createLoadList, {
      body: { id: listId, name: 'Bitter nights', lines: [{ itemId, quantity: 9 }] },
    });
    await goOut(app, [app.east.crew]);
    const words = { en: 'Nobody sleeps outside tonight.', 'zh-CN': '今夜无人露宿街头。' };
    const plan = await switchOn(app, manager(), [
      doing({ kind: 'notify', to: ['crew'], words, alarm: true }),
      doing({ kind: 'public_notice', words }),
      doing({ kind: 'call_roster', roles: ['dispatcher', 'crew'], minimum: 2 }),
      doing({ kind: 'load', listId }, { owner: 'crew' }),
      doing({ kind: 'task' }, { owner: 'shelter' }),
    ]);
    expect(await statesOf(manager(), plan)).toEqual({
      notify: 'done',
      'public-notice': 'done',
      'call-roster': 'done',
      load: 'waiting',
      task: 'waiting',
    });
    const seen = (await app.east.crew.snapshot()).activations.find(({ planId }) => planId === plan)?.steps ?? [];
    expect(seen.map(({ key }) => key).sort()).toEqual(['load', 'notify']);
    expect(seen.find(({ key }) => key === 'load')).toMatchObject({
      words: { en: 'Bitter nights' },
      result: { patrols: 1 },
    });
    expect(await (await app.anyone.fetch('/shelters', { headers: { 'accept-language': 'en' } })).text()).toContain(
      words.en,
    );
    expect((await stepAt(manager(), plan, 'call-roster')).result).toMatchObject({ called: 2 });
    // done by the crew; the other part of the list is for the house
    const load = await stepAt(manager(), plan, 'load');
    expect((await say(plan, load.id, 'done', app.east.crew)).status).toBe(200);
    await switchOff(app, manager(), plan);
    expect(new Set(Object.values(await statesOf(manager(), plan)))).toEqual(new Set(['undone']));
    expect(await stepAt(manager(), plan, 'load')).toMatchObject({ note: 'said by hand' });
    expect(await (await app.anyone.fetch('/shelters')).text()).not.toContain(words.en);
    expect((await activationOf(manager(), plan)).closedAt).not.toBeNull();
  });

  it('tells other systems once each way, shows when they do not take it, and begins anew when somebody says so', async () => {
    const heard: { key: string; body: Record<string, string> }[] = [];
    let answers = false;
    const outside = {
      judge: () => Promise.resolve(),
      ask: (_db: unknown, _url: string, call?: { headers?: Readonly<Record<string, string>>; body?: string }) => {
        if (!answers) return Promise.reject(new OutsideFailure('status'));
        heard.push({
          key: call?.headers?.['idempotency-key'] ?? '',
          body: JSON.parse(call?.body ?? '{}') as Record<string, string>,
        });
        return Promise.resolve({ status: 200, etag: null, body: Buffer.alloc(0) });
      },
    };
    const deliver = async (after: number): Promise<void> => {
      app.clock.advance(after);
      await deliverCalls({ ...app.service, outside });
      app.clock.advance(minutes(0.5));
      await work(app);
    };
    const plan = await switchOn(app, manager(), [doing({ kind: 'webhook', url: HOOK })]);
    expect(await statesOf(manager(), plan)).toEqual({ webhook: 'waiting' });
    await deliver(0);
    expect(await stepAt(manager(), plan, 'webhook')).toMatchObject({ state: 'failed', fault: 'status' });
    answers = true;
    await deliver(minutes(2));
    expect(await stepAt(manager(), plan, 'webhook')).toMatchObject({ state: 'done', fault: null });
    await switchOff(app, manager(), plan);
    expect((await activationOf(manager(), plan)).closedAt).toBeNull();
    await deliver(0);
    expect((await activationOf(manager(), plan)).closedAt).not.toBeNull();
    expect(heard.map(({ body }) => body['event'])).toEqual(['on', 'off']);
    expect(new Set(heard.map(({ key }) => key)).size).toBe(2);
    expect(heard[0]?.body).toMatchObject({
      plan: 'Cold nights',
      station: 'east',
      level: 'blue',
      stationId: app.stations.east,
    });
    expect(JSON.stringify(heard)).not.toContain('address');

    // off and on again before the first word of it went out: the other side ends with what holds
    const flips = await switchOn(app, manager(), [doing({ kind: 'webhook', url: HOOK }, { from: 'orange' })], 'orange');
    await deliver(0);
    await raise(manager(), flips, 'blue');
    await work(app);
    await raise(manager(), flips, 'orange');
    await work(app);
    await deliver(0);
    expect(heard.slice(2).map(({ body }) => body['event'])).toEqual(['on', 'off', 'on']);
    expect(await statesOf(manager(), flips)).toEqual({ webhook: 'done' });
    await switchOff(app, manager(), flips);
    await deliver(0);
  });
});

it('goes on when a step fails, tries it again later and later, and when somebody says so', async () => {
  const [itemId, listId] = [randomUUID(), randomUUID()];
  await manager().does(createItem, { body: { id: itemId, name: 'Tea', unit: 'litre', kind: 'food' } });
  await manager().does(createLoadList, { body: { id: listId, name: 'Tea', lines: [{ itemId, quantity: 1 }] } });
  const words = { en: 'Cold.' };
  const plan = await ordersOn(manager(), [
    doing({ kind: 'load', listId }),
    doing({ kind: 'notify', to: ['crew'], words, alarm: false }, { key: 'zz' }),
  ]);
  await manager().does(updateLoadList, { params: { id: listId }, body: { version: 1, active: false } });
  await work(app);
  expect(await stepAt(manager(), plan, 'load')).toMatchObject({ state: 'failed', fault: 'not_found', attempts: 1 });
  expect(await stepAt(manager(), plan, 'zz')).toMatchObject({ state: 'done' });
  // 1, 2, 4 ... minutes: tried four times in the first 8 minutes
  for (let minute = 0; minute < 8; minute += 1) {
    app.clock.advance(minutes(1));
    await work(app);
  }
  expect(await stepAt(manager(), plan, 'load')).toMatchObject({ state: 'failed', attempts: 4 });
  await manager().does(updateLoadList, { params: { id: listId }, body: { version: 2, active: true } });
  const { id } = await stepAt(manager(), plan, 'load');
  expect((await say(plan, id, 'retry')).status).toBe(200);
  await work(app);
  expect(await stepAt(manager(), plan, 'load')).toMatchObject({ state: 'waiting', fault: null, attempts: 0 });
  await switchOff(app, manager(), plan);
});

it('does nothing by half: what could not be marked has not happened', async () => {
  const place = await warmPlace(manager());
  const plan = await ordersOn(manager(), [
    doing({ kind: 'open_shelters', shelters: [place], surge: false }),
    doing({ kind: 'public_notice', words: { en: 'Cold.' } }),
  ]);
  const db = app.database.knex;
  await rows(
    db,
    `create function breaks() returns trigger language plpgsql as $$ begin raise exception 'the node died here'; end $$`,
  );
  await rows(
    db,
    `create trigger breaks before update on activation_steps for each row when (new.state = 'done' and new.key = 'open-shelters') execute function breaks()`,
  );
  await work(app);
  expect(await house(manager(), place)).toMatchObject({ status: 'closed', version: 1 });
  expect(await factsOf(app, 'shelters', place)).toEqual(['shelter.created']);
  expect(await stepAt(manager(), plan, 'open-shelters')).toMatchObject({ state: 'failed', fault: 'other', result: {} });
  expect(await stepAt(manager(), plan, 'public-notice')).toMatchObject({ state: 'done' });
  await rows(db, `drop function breaks() cascade`);
  app.clock.advance(minutes(1));
  await work(app);
  expect(await house(manager(), place)).toMatchObject({ status: 'open', version: 2 });
  expect(await stepAt(manager(), plan, 'open-shelters')).toMatchObject({ state: 'done', fault: null });
  await switchOff(app, manager(), plan);
});

it('reminds the desk once of what is late, until it is seen to', async () => {
  const plan = await switchOn(app, manager(), [
    doing({ kind: 'task' }, { dueMin: 10, owner: 'dispatcher' }),
    doing(
      { kind: 'notify', to: ['dispatcher'], words: { en: 'Cold.' }, alarm: true },
      { dueMin: 10, acknowledge: true },
    ),
    doing({ kind: 'public_notice', words: { en: 'Cold.' } }, { dueMin: 10 }),
  ]);
  const late = async (): Promise<string[]> =>
    (await tasksOf(app.east.dispatcher, 'plan_step_late')).map(({ subject }) => String(subject['stepId'])).sort();
  // 10 min to do it, then 15 by the rule
  app.clock.advance(minutes(24.9));
  await work(app);
  expect(await late()).toEqual([]);
  app.clock.advance(minutes(0.2));
  const [task, notify] = [await stepAt(manager(), plan, 'task'), await stepAt(manager(), plan, 'notify')];
  await replayed(() => work(app));
  await work(app);
  expect(await late()).toEqual([task.id, notify.id].sort());
  expect((await stepAt(manager(), plan, 'task')).escalatedAt).not.toBeNull();
  await say(plan, task.id, 'acknowledge', app.east.dispatcher);
  await say(plan, notify.id, 'acknowledge');
  expect(await late()).toEqual([task.id]);
  await say(plan, task.id, 'done', app.east.dispatcher);
  expect(await late()).toEqual([]);
  expect(await stepAt(manager(), plan, 'task')).toMatchObject({ state: 'done', note: 'said by hand' });
  expect((await stepAt(manager(), plan, 'task')).acknowledgedBy).toBe(app.east.dispatcher.id);
  await switchOff(app, manager(), plan);
});

it('lets each see to their own steps, the desk to all of its stations, and nobody to what is settled', async () => {
  const own = (owner: StepSpec['owner'], key: string): StepSpec => doing({ kind: 'task' }, { owner, key });
  const plan = await switchOn(app, manager(), [own('crew', 'salt'), own('shelter', 'beds'), own('manager', 'call')]);
  const above = await switchOn(app, app.root.manager, [own('crew', 'salt'), own('manager', 'call')]);
  const [salt, beds] = [await stepAt(manager(), plan, 'salt'), await stepAt(manager(), plan, 'beds')];
  const status = async (answer: Promise<{ status: number; body: unknown }>): Promise<unknown> => {
    const { status: code, body } = await answer;
    return code === 200 ? code : [code, (body as { code: string }).code];
  };
  expect(await status(say(plan, beds.id, 'done', app.east.crew))).toEqual([403, 'forbidden']);
  expect(await status(say(plan, salt.id, 'done', app.east.partner))).toEqual([403, 'forbidden']);
  expect(await status(say(plan, salt.id, 'done', app.west.dispatcher))).toEqual([404, 'not_found']);
  expect(await status(say(plan, randomUUID(), 'done'))).toEqual([404, 'not_found']);
  const answer = await say(plan, salt.id, 'done', app.east.crew);
  expect(answer.body.steps.map(({ key }) => key)).toEqual(['salt']);
  expect(await status(say(plan, salt.id, 'skip'))).toEqual([409, 'step_settled']);
  expect(await status(say(plan, beds.id, 'retry'))).toEqual([409, 'step_settled']);
  expect(await status(say(plan, beds.id, 'skip', app.east.dispatcher))).toBe(200);
  expect(await status(say(plan, beds.id, 'done', app.east.shelter))).toEqual([409, 'step_settled']);
  // a plan of the city: crews of a district see to what is theirs, its desk does not decide for the city
  const [citySalt, cityCall] = [
    await stepAt(app.root.manager, above, 'salt'),
    await stepAt(app.root.manager, above, 'call'),
  ];
  const city = (stepId: string, by = app.east.dispatcher) =>
    activationOf(app.root.manager, above).then(({ id }) =>
      by.call(updateStep, { params: { id, stepId }, body: { do: 'done' } }),
    );
  expect(await status(city(cityCall.id))).toEqual([403, 'forbidden']);
  expect(await status(city(citySalt.id, app.east.dispatcher))).toEqual([403, 'forbidden']);
  expect(await status(city(citySalt.id, app.east.crew))).toBe(200);
  await switchOff(app, manager(), plan);
  await switchOff(app, app.root.manager, above);
  expect(await statesOf(manager(), plan)).toEqual({ salt: 'undone', beds: 'skipped', call: 'undone' });
  expect(await status(say(plan, salt.id, 'done'))).toEqual([409, 'step_settled']);
});

it('hands the re-checks over that began while it was on', async () => {
  const plan = await switchOn(app, manager(), [
    doing({ kind: 'set_rules', values: { 'recheck.after': [{ level: 'none', priority: null, minutes: 30 }] } }),
  ]);
  const { incidentId } = await report(app);
  await app.east.dispatcher.does(recordEncounter, {
    body: {
      id: randomUUID(),
      incidentId,
      position: { type: 'Point', coordinates: places.east },
      people: [{ outcome: 'refused' }],
    },
  });
  const before = (await manager().snapshot()).rechecks;
  await lower(manager(), plan);
  await replayed(() => work(app));
  expect((await manager().snapshot()).rechecks).toEqual(before);
  const { id } = await activationOf(manager(), plan);
  const left = (await tasksOf(manager(), 'plan_left')).filter(({ subject }) => subject['activationId'] === id);
  expect(left.map(({ subject }) => subject['rechecks'])).toEqual([1]);
  expect(await stepAt(manager(), plan, 'set-rules')).toMatchObject({ result: { rules: 1, rechecks: 1 } });
});
