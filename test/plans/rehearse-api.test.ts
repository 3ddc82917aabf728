/** Rehearsal and look ahead over HTTP: the worker, the built-in year, what is stored, and what a caller may get wrong. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { row } from '../../server/db/rows.ts';
import type { Condition } from '../../shared/plan-conditions.ts';
import { type PlanSpec, previewPlan, rehearsePlan } from '../../shared/plans.ts';
import { joinRehearsals } from '../../shared/rehearsal.ts';
import { createShelter } from '../../shared/shelters.ts';
import { postReading } from '../../shared/weather.ts';
import { useApp } from '../kit/app.ts';
import { addPlan, spec, step, warn } from './kit.ts';

const app = useApp();
const fall = (measure: 'fall1' | 'fall2', atLeast: number, atMost: number): Condition => ({
  weather: {
    basis: 'either',
    days: 1,
    tests: [
      { measure, atLeast },
      { measure: 'minimum', atMost },
    ],
  },
});
const cold: PlanSpec = spec({
  levels: [
    { level: 'blue', mode: 'automatic', askMin: 30, when: fall('fall2', 8, 4) },
    { level: 'orange', mode: 'automatic', askMin: 30, when: fall('fall1', 12, 0) },
  ],
  steps: [
    step('open', { from: 'orange', deed: { kind: 'open_shelters', shelters: 'all', surge: true } }),
    step('call', { deed: { kind: 'call_roster', roles: ['crew', 'manager'], minimum: 7 } }),
    step('red', { from: 'red', deed: { kind: 'call_roster', roles: ['crew'], minimum: 90 } }),
  ],
});
const frost: PlanSpec = spec({
  levels: [
    {
      level: 'blue',
      mode: 'automatic',
      askMin: 30,
      when: { weather: { basis: 'either', hours: 12, tests: [{ measure: 'minimum', atMost: 0 }] } },
    },
  ],
});
/** On the wall of the stations, which is Shanghai's. */
const wall = (text: string): string => new Date(`${text}+08:00`).toISOString();
const refusal = async (ask: Promise<{ status: number; body: unknown }>) => {
  const { status, body } = await ask;
  return [status, (body as { errors?: { path: string }[] }).errors?.[0]?.path];
};

describe('a rehearsal', () => {
  it('plays the built-in year on the station’s own clock, touches nothing, and goes in parts', async () => {
    const by = app.east.manager;
    await by.does(createShelter, {
      body: {
        id: randomUUID(),
        name: 'Gym',
        kind: 'warm_place',
        status: 'closed',
        address: 'Gym street 1',
        capacity: { any: 40 },
        surge: { any: 20 },
      },
    });
    const { id } = await addPlan(by, cold, { active: false });
    const counts = () =>
      row(
        app.database.knex,
        `select (select count(*) from plan_decisions) as decisions, (select count(*) from events) as facts, (select memory from plans where id = cast(:id as uuid)) as memory`,
        { id },
      );
    const before = await counts();
    const play = (from: string, to: string, more: object = {}) =>
      by.does(rehearsePlan, {
        params: { id },
        body: { from: wall(from), to: wall(to), weather: 'montreal-2012', ...more },
      });
    const year = await play('2012-01-01T00:00', '2013-01-01T00:00');
    expect(year.hoursRead).toBe(8_784);
    const days = (name: string) => year.days.filter((one) => one.level === name).map((one) => one.day);
    expect(days('orange')).toEqual(['2012-01-14', '2012-02-11']);
    expect(days('blue')).toHaveLength(15);
    expect(year.needs).toMatchObject({
      bedsOpened: expect.any(Number) as number,
      crewsCalled: 7,
      crewsThere: expect.any(Number) as number,
    });
    expect(year.needs.bedsOpened).toBeGreaterThanOrEqual(60);

    const winter = await play('2012-01-01T00:00', '2012-03-01T00:00');
    const first = await play('2012-01-01T00:00', '2012-02-11T12:00');
    const second = await play('2012-02-11T12:00', '2012-03-01T00:00', { memory: first.memory });
    expect(joinRehearsals(first, second)).toEqual(winter);
    expect(await counts()).toEqual(before);
    // a winter without orange opens no house
    const mild = await play('2012-03-01T00:00', '2012-04-30T00:00');
    expect(mild.needs).toMatchObject({ bedsOpened: 0, crewsCalled: 7 });
  });

  it('plays rows and warnings of one’s own, another version, and what the service itself has heard', async () => {
    const by = app.east.manager;
    const { id } = await addPlan(by, cold, { active: false });
    const from = app.clock.now().getTime();
    const at = (hours: number) => new Date(from + hours * 3_600_000).toISOString();
    const rows = Array.from({ length: 48 }, (_, n) => ({ at: at(n), temperatureC: n >= 20 && n < 24 ? -1 : 6 }));
    const body = { from: at(0), to: at(48), weather: rows, spec: frost, forecastH: 0 };
    const own = await by.does(rehearsePlan, { params: { id }, body });
    expect(own.changes.map((change) => [change.at, change.to])).toEqual([
      [at(20), 'blue'],
      [at(36), 'none'],
    ]);
    expect(own.changes[0]?.why[0]).toMatchObject({ code: 'weather', facts: { value: -1, basis: 'observed' } });
    const alerted = await by.does(rehearsePlan, {
      params: { id },
      body: {
        ...body,
        weather: [],
        spec: spec({ levels: [{ level: 'red', mode: 'automatic', askMin: 1, when: { alert: { level: 'red' } } }] }),
        alerts: [{ type: null, level: 'red', from: at(3), until: at(5) }],
      },
    });
    expect(alerted.hoursAt).toEqual({ none: 46, red: 2 });

    for (let n = -6; n <= 6; n += 1)
      await app.root.manager.does(postReading, {
        body: { id: randomUUID(), kind: n > 0 ? 'forecast' : 'observed', at: at(n), temperatureC: n === 4 ? -3 : 5 },
      });
    await warn(by, 'orange');
    const stored = (levels: PlanSpec['levels']) =>
      by.does(rehearsePlan, {
        params: { id },
        body: { from: at(-6), to: at(7), weather: 'stored', forecastH: 0, spec: spec({ levels }) },
      });
    // the weather of the station above, and the warning of this one
    expect((await stored(frost.levels)).changes.map((change) => change.at)).toEqual([at(4)]);
    const warned = await stored([
      { level: 'orange', mode: 'automatic', askMin: 1, when: { alert: { types: ['cold_wave'], level: 'orange' } } },
    ]);
    expect(warned.changes.map((change) => [change.at, change.to])).toEqual([[at(0), 'orange']]);

    const ahead = await by.does(previewPlan, {
      body: {
        spec: spec({
          levels: [
            {
              level: 'blue',
              mode: 'automatic',
              askMin: 30,
              when: { weather: { basis: 'either', hours: 2, tests: [{ measure: 'minimum', atMost: 0 }] } },
            },
          ],
        }),
      },
    });
    expect(ahead).toMatchObject({ now: 'none', until: at(6) });
    // the clock may stand between two quarters
    expect(ahead.changes[0]?.to).toBe('blue');
    expect(Math.abs(Date.parse(ahead.changes[0]?.at ?? '') - Date.parse(at(2)))).toBeLessThanOrEqual(15 * 60_000);
  });

  it('refuses a time that is none, a memory that is none, and a plan that is not seen', async () => {
    const { east, west } = app;
    const { id } = await addPlan(east.manager, cold, { active: false });
    const body = { from: '2012-01-01T00:00:00Z', to: '2012-01-02T00:00:00Z', weather: 'montreal-2012' } as const;
    const ask = (more: object, by = east.dispatcher) =>
      refusal(by.call(rehearsePlan, { params: { id }, body: { ...body, ...more } }));
    expect(await ask({ to: body.from })).toEqual([422, '/to']);
    expect(await ask({ to: '2013-02-05T00:00:00Z' })).toEqual([422, '/to']);
    expect(await ask({ memory: { plan: 'none' } })).toEqual([422, '/memory']);
    expect(await ask({ memory: 7 })).toEqual([422, '/memory']);
    expect(await ask({}, west.dispatcher)).toEqual([404, undefined]);
    expect((await ask({}))[0]).toBe(200);
    expect(
      await refusal(west.manager.call(previewPlan, { body: { spec: frost, stationId: app.stations.east } })),
    ).toEqual([404, '/stationId']);
  });
});
