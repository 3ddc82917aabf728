/** Plans on the server: decided at once and once, told to each what is theirs, kept with what they went by. */
import { beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { row, rows } from '../../server/db/rows.ts';
import { beat, startFollowing } from '../../server/jobs/run.ts';
import { decidePlans, planJobs } from '../../server/plans/jobs.ts';
import { planLevelAt, planLevels } from '../../server/stations/queries.ts';
import type { AlertLevel } from '../../shared/alerts.ts';
import type { Part } from '../../shared/contract.ts';
import {
  activatePlan,
  answerPlan,
  liftOrder,
  listActivations,
  type PlanSpec,
  standDownPlan,
  updatePlan,
} from '../../shared/plans.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { createShelter, listPublicShelters } from '../../shared/shelters.ts';
import { listTasks } from '../../shared/tasks.ts';
import { postReading } from '../../shared/weather.ts';
import { places, useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';
import {
  addPlan,
  always,
  decidedAgain,
  decisionsOf,
  endWarning,
  minute,
  never,
  planOf,
  spec,
  step,
  stepsOf,
  wantedKeys,
  warn,
  warned,
} from './kit.ts';

const app = useApp();
const facts = async (type = 'plan.decided'): Promise<number> =>
  (
    await row<{ n: number }>(
      app.database.knex,
      `select cast(count(*) as integer) as n from events where type = :type`,
      {
        type,
      },
    )
  )?.n ?? 0;
const tasksAbout = async (planId: string): Promise<string[]> =>
  (await app.east.manager.does(listTasks)).items
    .filter(({ subject }) => subject['planId'] === planId)
    .map(({ kind }) => kind);
/** One of each kind of viewer: those who lead, those with a part of their own, the other station, the city. */
const everyone = (): Person[] => {
  const { manager, crew, shelter, partner, inspector } = app.east;
  return [manager, crew, shelter, partner, inspector, app.west.dispatcher, app.root.admin];
};
/** Every plan of a test is out of use after it, so that it speaks in no other. */
const retire = async (...ids: string[]): Promise<void> => {
  for (const id of ids) {
    const { version, stationId } = await planOf(app.root.manager, id);
    expect(stationId).not.toBe('');
    await app.root.manager.does(updatePlan, { params: { id }, body: { version, active: false } });
  }
};
beforeAll(() => rows(app.database.knex, `update sessions set expires_at = '2030-01-01T00:00:00Z'`));

describe('a warning', () => {
  const orange: PlanSpec = spec({
    levels: [{ level: 'orange', mode: 'automatic', askMin: 30, when: warned('orange') }],
    steady: { minimumOnH: 2, confirmH: 3, bridgeH: 0 },
    steps: [
      step('brief', { dueMin: 30 }),
      step('crews', {
        owner: 'crew',
        deed: { kind: 'notify', to: ['crew'], words: { en: 'Take blankets' }, alarm: true },
      }),
      step('beds', { owner: 'shelter', from: 'orange' }),
      step('more', { from: 'red' }),
    ],
  });

  it('switches a plan on at once, keeps what was known, and its end switches it off when that is sure', async () => {
    const { manager, crew, shelter, dispatcher, partner } = app.east;
    const { id } = await addPlan(manager, orange);
    const before = await facts();
    const following = await startFollowing(app.service, planJobs);
    await following.caughtUp();
    expect(await facts(), 'nothing to tell of a plan that is off').toBe(before);

    const alert = await expectReplay(
      app,
      async () => {
        const heard = await warn(manager, 'orange');
        await following.caughtUp();
        return heard;
      },
      everyone(),
    );
    const on = await planOf(manager, id);
    const at = app.clock.now().toISOString();
    expect(on).toMatchObject({ level: 'orange', since: at, wanted: 'orange', lookedAt: at, version: 1, order: null });
    expect(on.why[0]).toMatchObject({ code: 'alert', level: 'orange', facts: { id: alert.id } });
    const [live] = (await manager.does(listActivations)).items;
    expect(live).toMatchObject({ id: on.activationId, planId: id, level: 'orange', since: at, levelSince: at });
    expect(live?.reason).toMatch(/\p{Script=Han}/u);
    expect(live?.reason).not.toMatch(/\{\{|plan\.|cold_wave/);
    expect(await wantedKeys(app, id)).toEqual(['beds', 'brief', 'crews']);
    const brief = (await stepsOf(app, id)).find(({ key }) => key === 'brief');
    expect(brief).toMatchObject({ state: 'waiting', next: app.clock.now() });
    expect(brief?.due?.getTime()).toBe(app.clock.now().getTime() + minutes(30));

    // to each what is theirs
    const seenBy = async (who: typeof crew): Promise<string[] | undefined> =>
      (await who.snapshot()).activations[0]?.steps.map(({ key }) => key).sort();
    expect(await seenBy(dispatcher)).toEqual(['beds', 'brief', 'crews']);
    expect([await seenBy(crew), await seenBy(shelter), await seenBy(partner)]).toEqual([['crews'], ['beds'], []]);
    expect((await crew.does(listActivations)).items[0]?.steps.map(({ key }) => key)).toEqual(['crews']);
    expect((await app.west.manager.snapshot()).activations).toEqual([]);

    // kept with what it went by: it can be decided again
    const [kept, ...older] = await decisionsOf(manager, id);
    expect(older.map(({ previous, level }) => [previous, level])).toEqual([['none', 'none']]);
    expect(kept).toMatchObject({ previous: 'none', level: 'orange', at, why: on.why });
    expect(kept?.inputs).toMatchObject({ version: 1, alerts: [{ id: alert.id, level: 'orange' }] });
    expect(kept && decidedAgain(kept, orange)).toEqual({ level: 'orange', why: on.why });

    // as often as anybody likes, and whatever else happens
    const told = await facts();
    await Promise.all([minute(app), minute(app), minute(app)]);
    await app.east.dispatcher.does(recordEncounter, {
      body: {
        id: randomUUID(),
        incidentId: (await report(app)).incidentId,
        position: { type: 'Point', coordinates: places.east },
        people: [{ outcome: 'took_items' }],
      },
    });
    await following.caughtUp();
    expect([await facts(), (await decisionsOf(manager, id)).length]).toEqual([told, 2]);

    app.clock.advance(hours(1));
    await endWarning(manager, alert);
    await following.caughtUp();
    expect(await planOf(manager, id)).toMatchObject({ level: 'orange', wanted: 'none' });
    for (const [later, level] of [
      [hours(2) + minutes(59), 'orange'],
      [minutes(1), 'none'],
    ] as const) {
      app.clock.advance(later);
      await expectReplay(app, () => minute(app), everyone());
      expect((await planOf(manager, id)).level, String(later)).toBe(level);
    }
    const [ended] = (await manager.does(listActivations, { query: { status: 'ended' } })).items;
    expect(ended).toMatchObject({
      id: live?.id,
      level: 'none',
      endedAt: app.clock.now().toISOString(),
      closedAt: null,
    });
    expect((await manager.does(listActivations)).items).toEqual([]);
    expect(await wantedKeys(app, id)).toEqual([]);
    expect((await stepsOf(app, id)).every(({ next }) => next?.getTime() === app.clock.now().getTime())).toBe(true);
    expect((await decisionsOf(manager, id)).at(0)).toMatchObject({ previous: 'orange', level: 'none' });
    await following.stop();
    await retire(id);
  });

  it('nobody is kept waiting by a plan that cannot be decided about', async () => {
    const [bad, good] = [await addPlan(app.east.manager, orange), await addPlan(app.east.manager, orange)];
    const damaged = bad.id < good.id ? bad : good;
    const sound = damaged === bad ? good : bad;
    await rows(app.database.knex, `update plans set spec = '{"steps": []}' where id = cast(:id as uuid)`, damaged);
    const alert = await warn(app.east.manager, 'red');
    app.logged.length = 0;
    await minute(app);
    expect((await planOf(app.east.manager, sound.id)).level).toBe('orange');
    expect(app.logged.filter((line) => line.includes(damaged.id))).toHaveLength(1);
    await endWarning(app.east.manager, alert);
    await rows(app.database.knex, `update plans set spec = cast(:spec as jsonb) where id = cast(:id as uuid)`, {
      id: damaged.id,
      spec: JSON.stringify(orange),
    });
    await retire(bad.id, good.id);
  });
});

describe('a level that asks first', () => {
  it('comes on at its deadline unless it is refused; a refusal holds; whoever agrees has it at once', async () => {
    const asking = spec({ levels: [{ level: 'red', mode: 'ask', askMin: 30, when: always }] });
    const { manager, dispatcher, crew } = app.east;
    const [silent, refused, agreed] = [
      await addPlan(manager, asking),
      await addPlan(manager, asking),
      await addPlan(manager, asking),
    ];
    const start = app.clock.now().getTime();
    const proposal = {
      level: 'red',
      askedAt: new Date(start).toISOString(),
      deadline: new Date(start + minutes(30)).toISOString(),
    };
    expect(silent).toMatchObject({ level: 'none', wanted: 'red', proposal });
    expect(await tasksAbout(silent.id)).toEqual(['plan_asks']);
    expect((await dispatcher.snapshot()).plans.find(({ id }) => id === silent.id)?.proposal).toEqual(proposal);
    expect((await crew.snapshot()).plans.find(({ id }) => id === silent.id)?.proposal).toBeNull();

    const answer = (id: string, accept: boolean, level: 'red' | 'orange' = 'red') =>
      manager.call(answerPlan, { params: { id }, body: { level, accept } });
    expect((await answer(agreed.id, true, 'orange')).status, 'it is not what was asked').toBe(409);
    expect(await expectReplay(app, () => answer(agreed.id, true), everyone())).toMatchObject({
      status: 200,
      body: { level: 'red', proposal: null },
    });
    expect((await answer(refused.id, false)).body).toMatchObject({ level: 'none', wanted: 'red', proposal: null });
    expect([await tasksAbout(agreed.id), await tasksAbout(refused.id)]).toEqual([[], []]);
    const twice = await answer(refused.id, true);
    expect([twice.status, (twice.body as unknown as { code: string }).code]).toEqual([409, 'nothing_asked']);

    const levels = async (): Promise<string[]> =>
      Promise.all([silent, refused, agreed].map(async ({ id }) => (await planOf(manager, id)).level));
    app.clock.advance(minutes(30) - 1);
    await minute(app);
    expect(await levels()).toEqual(['none', 'none', 'red']);
    app.clock.advance(1);
    // the answer comes in the very moment of the deadline, before any job: it is too late
    expect((await answer(silent.id, false)).status).toBe(409);
    await minute(app);
    expect(await levels()).toEqual(['red', 'none', 'red']);
    expect(await tasksAbout(silent.id)).toEqual([]);
    app.clock.advance(hours(30));
    await minute(app);
    expect(await levels()).toEqual(['red', 'none', 'red']);
    await retire(silent.id, refused.id, agreed.id);
    expect(await levels()).toEqual(['none', 'none', 'none']);
  });
});

describe('orders', () => {
  it('hold for a node whose clock is a little behind the one they were given on', async () => {
    const { manager } = app.east;
    const { id } = await addPlan(
      manager,
      spec({ levels: [{ level: 'yellow', mode: 'automatic', askMin: 30, when: never }] }),
    );
    const body = { level: 'yellow', reason: 'as ordered' } as const;
    await manager.does(activatePlan, { params: { id }, body });
    const behind = { ...app.service, now: () => new Date(app.clock.now().getTime() - 20_000) };
    await decidePlans(behind);
    expect(await planOf(manager, id)).toMatchObject({ level: 'yellow', order: { level: 'yellow' } });
    await manager.does(liftOrder, { params: { id }, body: { reason: 'over' } });
    await decidePlans(behind);
    expect(await planOf(manager, id)).toMatchObject({ level: 'none', order: null });
  });

  it('are a floor and a ceiling: the latest wins, each ends at its time, and what they hold down is said once', async () => {
    const { manager } = app.east;
    const yellow = spec({
      levels: [{ level: 'yellow', mode: 'automatic', askMin: 30, when: always }],
      steps: [step('all'), step('orange', { from: 'orange' })],
    });
    const { id, level: begins } = await addPlan(manager, yellow);
    expect(begins).toBe('yellow');
    const params = { id };
    const until = (ms: number): string => new Date(app.clock.now().getTime() + ms).toISOString();
    const body = { reason: 'as ordered' };
    const raise = (over: Partial<Part<(typeof activatePlan)['body']>> & { level: AlertLevel }) =>
      expectReplay(app, () => manager.does(activatePlan, { params, body: { ...body, ...over } }), everyone());
    const lower = (over: Part<(typeof standDownPlan)['body']>) =>
      expectReplay(app, () => manager.does(standDownPlan, { params, body: over }), everyone());

    const raised = await raise({ level: 'red', reason: 'many outside', until: until(hours(2)) });
    expect(raised).toMatchObject({ level: 'red', order: { kind: 'floor', level: 'red', reason: 'many outside' } });
    expect(await wantedKeys(app, id)).toEqual(['all', 'orange']);
    // in the same moment of the clock: the later one holds
    const held = await lower({ reason: 'false alarm', until: until(hours(1)) });
    expect(held).toMatchObject({
      level: 'none',
      wanted: 'yellow',
      order: { kind: 'ceiling', level: 'none' },
      activationId: null,
    });
    expect(await tasksAbout(id)).toEqual(['plan_held_down']);
    app.clock.advance(minutes(30));
    expect(await lower({ level: 'yellow', reason: 'a little', until: until(minutes(10)) })).toMatchObject({
      level: 'yellow',
    });
    expect(await tasksAbout(id)).toEqual([]);
    app.clock.advance(minutes(10));
    await minute(app);
    // the one before it holds again until its own time
    expect(await planOf(manager, id)).toMatchObject({ level: 'none', order: { level: 'none', reason: 'false alarm' } });
    expect(await tasksAbout(id)).toEqual(['plan_held_down']);
    app.clock.advance(minutes(5));
    await minute(app);
    expect(await tasksAbout(id), 'once').toEqual(['plan_held_down']);
    app.clock.advance(minutes(15));
    await minute(app);
    expect(await planOf(manager, id)).toMatchObject({ level: 'yellow', order: null });
    await raise({ level: 'orange', reason: 'for the night' });
    const lifted = await manager.does(liftOrder, { params, body: { reason: 'the rules again' } });
    expect(lifted).toMatchObject({ level: 'yellow', order: null });
    // nothing is put in order by an order of yesterday
    const late = await manager.call(activatePlan, { params, body: { level: 'red', reason: 'late', until: until(0) } });
    expect([late.status, (late.body as unknown as { errors: { path: string }[] }).errors[0]?.path]).toEqual([
      422,
      '/until',
    ]);

    // the same plan again and again: one activation at a time, steps that were taken back begin anew
    const ended = (await manager.does(listActivations, { query: { status: 'ended' } })).items.filter(
      (each) => each.planId === id,
    );
    expect(ended.map(({ level: each }) => each)).toEqual(['none', 'none']);
    await raise({ level: 'red', reason: 'stays' });
    await retire(id);
    expect(await planOf(manager, id)).toMatchObject({ level: 'none', active: false, order: null, activationId: null });
    const level = 'red' as const;
    for (const refused of [
      await manager.call(activatePlan, { params, body: { ...body, level } }),
      await manager.call(standDownPlan, { params, body }),
      await manager.call(liftOrder, { params, body }),
      await manager.call(answerPlan, { params, body: { level, accept: true } }),
    ])
      expect([refused.status, refused.body]).toMatchObject([409, { code: 'plan_off' }]);
    const { version } = await planOf(manager, id);
    // its orders are forgotten
    expect(await manager.does(updatePlan, { params, body: { version, active: true } })).toMatchObject({
      level: 'yellow',
    });
    await retire(id);
  });
});

describe('time', () => {
  it('after three days without a service what is right now is on, decided once', async () => {
    const { manager } = app.east;
    const nights = spec({
      levels: [{ level: 'blue', mode: 'automatic', askMin: 30, when: { hours: { from: '20:00', to: '08:00' } } }],
    });
    const at = (local: string): void =>
      app.clock.advance(new Date(`${local}+08:00`).getTime() - app.clock.now().getTime());
    at('2026-01-20T21:00:00');
    const { id, level } = await addPlan(manager, nights);
    expect(level).toBe('blue');
    await beat(app.service, planJobs, 'Asia/Shanghai');
    at('2026-01-23T12:00:30');
    await beat(app.service, planJobs, 'Asia/Shanghai');
    expect((await planOf(manager, id)).level).toBe('none');
    at('2026-01-26T20:00:30');
    await Promise.all([
      beat(app.service, planJobs, 'Asia/Shanghai'),
      beat({ ...app.service }, planJobs, 'Asia/Shanghai'),
    ]);
    expect(await planOf(manager, id)).toMatchObject({ level: 'blue', since: app.clock.now().toISOString() });
    expect((await decisionsOf(manager, id)).map((each) => [each.previous, each.level])).toEqual([
      ['none', 'blue'],
      ['blue', 'none'],
      ['none', 'blue'],
    ]);
    await retire(id);
  });

  it('an observation that comes late changes what is decided later and nothing that was', async () => {
    const { manager } = app.east;
    const frost = spec({
      levels: [
        {
          level: 'blue',
          mode: 'automatic',
          askMin: 30,
          when: { weather: { basis: 'observed', hours: 6, tests: [{ measure: 'minimum', atMost: -5 }] } },
        },
      ],
    });
    const read = (agoH: number, temperatureC: number) =>
      manager.does(postReading, {
        body: { id: randomUUID(), at: new Date(app.clock.now().getTime() - hours(agoH)).toISOString(), temperatureC },
      });
    // a station that is read more than once an hour: the last of each counts
    for (const ago of [0, 1, 1.9, 2, 4, 4.9, 5]) await read(ago, -2);
    const { id, level } = await addPlan(manager, frost);
    expect(level).toBe('none');
    const before = await decisionsOf(manager, id);
    app.clock.advance(minutes(1));
    await read(3, -9);
    await minute(app);
    expect(await planOf(manager, id)).toMatchObject({ level: 'blue', since: app.clock.now().toISOString() });
    const after = await decisionsOf(manager, id);
    expect(after.slice(1)).toEqual(before);
    const last = after[0];
    expect(last?.inputs.readings.map(({ temperatureC }) => temperatureC)).toContain(-9);
    expect(last && decidedAgain(last, frost)).toEqual({ level: 'blue', why: last?.why });
    expect(last?.inputs.readings, 'of two in one clock hour the one that counts').toHaveLength(6);
    await retire(id);
  });
});

describe('several plans', () => {
  it('of a station and of one above it: the highest holds, and what goes by it changes', async () => {
    const house = {
      id: randomUUID(),
      name: 'Red nights only',
      kind: 'warm_place' as const,
      status: 'open' as const,
      position: { type: 'Point' as const, coordinates: places.east },
      address: 'an address',
      capacity: { any: 5 },
      opening: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00', level: 'red' as const }],
    };
    await app.east.manager.does(createShelter, { body: house });
    const isListed = async (): Promise<boolean> =>
      (await app.anyone.does(listPublicShelters)).items.some(({ id }) => id === house.id);
    /** minutes until somebody looks again after a refusal of now */
    const lookAgain = async (): Promise<number> => {
      const { incidentId } = await report(app);
      await app.east.dispatcher.does(recordEncounter, {
        body: {
          id: randomUUID(),
          incidentId,
          position: { type: 'Point', coordinates: places.east },
          people: [{ outcome: 'refused' }],
        },
      });
      const found = await row<{ minutes: number }>(
        app.database.knex,
        `select cast(extract(epoch from due_at - started_at) / 60 as float8) as minutes from rechecks where incident_id = cast(:incidentId as uuid)`,
        { incidentId },
      );
      return found?.minutes ?? NaN;
    };
    const [city, one, two, west] = [
      await addPlan(app.root.manager, spec({ levels: [{ level: 'red', mode: 'automatic', askMin: 1, when: never }] })),
      await addPlan(
        app.east.manager,
        spec({ levels: [{ level: 'yellow', mode: 'automatic', askMin: 1, when: always }] }),
      ),
      await addPlan(
        app.east.manager,
        spec({ levels: [{ level: 'blue', mode: 'automatic', askMin: 1, when: always }] }),
      ),
      await addPlan(
        app.west.manager,
        spec({ levels: [{ level: 'blue', mode: 'automatic', askMin: 1, when: always }] }),
      ),
    ];
    const { root, east, west: other } = app.stations;
    const levelsNow = async (): Promise<unknown> =>
      Object.fromEntries(await planLevels(app.database.knex, [root, east, other]));
    expect(await levelsNow()).toEqual({ [east]: 'yellow', [other]: 'blue' });
    expect(await isListed()).toBe(false);
    const mild = await lookAgain();
    await app.root.manager.does(activatePlan, {
      params: { id: city.id },
      body: { level: 'red', reason: 'the whole city' },
    });
    expect(await levelsNow()).toEqual({ [root]: 'red', [east]: 'red', [other]: 'red' });
    expect(await planLevelAt(app.database.knex, east)).toBe('red');
    expect(await isListed()).toBe(true);
    expect(await lookAgain()).toBeLessThan(mild);
    // a district hears of the city's plan, and cannot touch it
    expect((await app.east.crew.snapshot()).activations.map(({ planId }) => planId)).toContain(city.id);
    expect(
      (await app.east.manager.call(standDownPlan, { params: { id: city.id }, body: { reason: 'not ours' } })).status,
    ).toBe(404);
    await retire(city.id);
    expect(await levelsNow()).toEqual({ [east]: 'yellow', [other]: 'blue' });
    expect(await isListed()).toBe(false);
    await retire(one.id, two.id, west.id);
  });
});
