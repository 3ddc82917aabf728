/** Spot checks: nobody can know them before, each is asked once and answered in time or missed; and the sample of incidents that can be drawn again. */
import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkTimes } from '../../server/duty/check-times.ts';
import { askChecks, missChecks } from '../../server/duty/commands-checks.ts';
import { dutyKeyOf } from '../../server/duty/queries-checks.ts';
import { one, row, rows } from '../../server/db/rows.ts';
import { runCommand, type Service } from '../../server/realtime/command.ts';
import {
  answerSpotCheck,
  createShift,
  createSpotCheck,
  listSpotChecks,
  readSpotChecks,
  sampleIncidents,
  type ShiftRow,
  signIn,
  type SpotCheckRow,
  updateShift,
} from '../../shared/duty.ts';
import { readIncident } from '../../shared/incidents.ts';
import { listTasks, type TaskRow } from '../../shared/tasks.ts';
import { places, useApp } from '../kit/app.ts';
import { goOut, report } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
import { testKind } from '../kit/database.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const SECOND = 1_000;
const at = (ms: number): string => new Date(app.clock.now().getTime() + ms).toISOString();
const boss = (): Person => app.east.manager;
const node = (service: Service, run: typeof askChecks): Promise<number> =>
  runCommand(service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, run);
const pulse = async (service = app.service): Promise<void> => {
  await node(service, askChecks);
  await node(service, missChecks);
};
const replayed = <T>(command: () => Promise<T>): Promise<T> =>
  expectReplay(app, command, [app.east.crew, app.east.dispatcher, boss(), app.west.manager, app.root.inspector]);
let shifts = 0;
/** Always the same ids, and so with the key of the test always the same times. */
const running = async (length = hours(12)): Promise<ShiftRow> => {
  shifts += 1;
  const id = `7f0d0a52-6e5f-4f58-9d4d-${String(shifts).padStart(12, '0')}`;
  return boss().does(createShift, { body: { id, startsAt: at(0), endsAt: at(length) } });
};
const checks = async (by: Person = boss()): Promise<SpotCheckRow[]> => (await by.does(listSpotChecks)).items;
const missed = async (): Promise<TaskRow[]> =>
  (await boss().does(listTasks)).items.filter(({ kind }) => kind === 'check_missed');
const ask = (body: { target: 'desk' | 'patrol'; patrolId?: string }, by = boss()): Promise<SpotCheckRow> =>
  by.does(createSpotCheck, { body: { id: randomUUID(), ...body } });
const answer = (who: Person, id: string): ReturnType<typeof who.call> =>
  who.call(answerSpotCheck, { params: { id }, body: {} });
const codeOf = async (reply: ReturnType<typeof answer>): Promise<unknown[]> => {
  const { status, body } = await reply;
  return [status, (body as { code: string }).code];
};

beforeAll(async () => {
  const db = app.database.knex;
  await rows(db, `update sessions set expires_at = '2030-01-01T00:00:00Z'`);
  await rows(db, `insert into secrets (name, value) values ('duty.key', :value)`, { value: Buffer.alloc(32, 'tests') });
});
beforeEach(async () => {
  const db = app.database.knex;
  await rows(db, `delete from spot_checks`);
  await rows(db, `update duty_shifts set ended_at = ends_at where ended_at is null`);
  await rows(db, `update tasks set done_at = created_at where done_at is null`);
  app.clock.advance(hours(30));
});

describe('a check by the clock', () => {
  it('is nowhere before its time, then asked once, answered by who is there and nobody else', async () => {
    const shift = await running();
    await boss().does(signIn, { params: { id: shift.id }, body: {} });
    await pulse();
    const key = await dutyKeyOf(app.database.knex);
    const times = checkTimes(
      key,
      {
        id: shift.id,
        startsAt: new Date(shift.startsAt),
        endsAt: new Date(shift.endsAt),
        drawnFrom: new Date(shift.startsAt),
      },
      2,
    ).sort((a, b) => a.at.getTime() - b.at.getTime());
    const first = times[0];
    if (!first) throw new Error('no check in twelve hours');
    app.clock.advance(first.at.getTime() - app.clock.now().getTime() - 1);
    await pulse();
    expect(await one(app.database.knex, `select count(*)::integer as n from spot_checks`)).toEqual({ n: 0 });
    expect((await boss().snapshot()).checks).toEqual([]);
    const said = await Promise.all(
      [
        '/api/snapshot',
        '/api/changes?since=0',
        '/api/duty/shifts',
        '/api/duty/spot-checks',
        '/api/tasks',
        '/api/rules',
        '/api/openapi.json',
      ].map(async (path) => (await boss().fetch(path)).text()),
    );
    for (const text of said) for (const { at: time } of times) expect(text).not.toContain(time.toISOString());
    app.clock.advance(1);
    await replayed(() => pulse());
    for (let n = 0; n < 3; n += 1) await pulse();
    const [check, ...more] = await checks(app.east.dispatcher);
    expect([more, check]).toEqual([
      [],
      expect.objectContaining({
        target: 'desk',
        shiftId: shift.id,
        askedBy: null,
        askedAt: at(0),
        dueAt: at(180 * SECOND),
      }),
    ]);
    expect((await app.east.dispatcher.snapshot()).checks).toEqual([check]);
    expect([(await app.east.crew.snapshot()).checks, (await app.west.manager.snapshot()).checks]).toEqual([[], []]);
    const id = check?.id ?? '';
    expect(await codeOf(answer(app.east.dispatcher, id))).toEqual([409, 'not_on_duty']);
    expect(await codeOf(answer(app.east.crew, id))).toEqual([404, 'not_found']);
    expect(await codeOf(answer(app.west.manager, id))).toEqual([404, 'not_found']);
    app.clock.advance(180 * SECOND);
    const answered = await replayed(() => answer(boss(), id));
    expect(answered).toMatchObject({ status: 200, body: { answeredAt: at(0), answeredBy: boss().id, missedAt: null } });
    expect(await codeOf(answer(boss(), id))).toEqual([409, 'check_over']);
    await pulse();
    expect(await missed()).toEqual([]);
    // the next one comes in its own time
    const second = times[1];
    app.clock.advance((second?.at.getTime() ?? 0) - app.clock.now().getTime());
    await pulse();
    expect(await checks()).toHaveLength(2);
  });

  it('that nobody answers is missed, once, with a task; a late answer keeps its time and stays missed', async () => {
    const shift = await running();
    await boss().does(signIn, { params: { id: shift.id }, body: {} });
    const quick = await ask({ target: 'desk' }, app.east.inspector);
    const slow = await ask({ target: 'desk' });
    app.clock.advance(180 * SECOND);
    await pulse();
    expect(await missed()).toEqual([]);
    app.clock.advance(1);
    // the answer is there before the pulse
    expect((await replayed(() => answer(boss(), quick.id))).body).toMatchObject({
      missedAt: quick.dueAt,
      answeredAt: at(0),
    });
    await replayed(() => pulse());
    await pulse();
    expect((await missed()).map(({ subject }) => subject['checkId']).sort()).toEqual([quick.id, slow.id].sort());
    expect((await boss().snapshot()).checks).toEqual([]);
    app.clock.advance(minutes(2));
    expect((await replayed(() => answer(boss(), slow.id))).body).toMatchObject({
      missedAt: slow.dueAt,
      answeredAt: at(0),
    });
    expect(await missed()).toHaveLength(2);
  });

  it('is not made up for after the service was down, nor in the last minutes', async () => {
    const shift = await running(minutes(30));
    const key = await dutyKeyOf(app.database.knex);
    const times = checkTimes(
      key,
      {
        id: shift.id,
        startsAt: new Date(shift.startsAt),
        endsAt: new Date(shift.endsAt),
        drawnFrom: new Date(shift.startsAt),
      },
      2,
    );
    app.clock.advance(minutes(29));
    await pulse();
    const late = times.filter(({ at: time }) => app.clock.now().getTime() - time.getTime() <= minutes(10));
    expect(await checks()).toHaveLength(late.length);
  });

  it('does not become less likely by changing the times of a shift that runs', async () => {
    const shift = await running();
    app.clock.advance(hours(6));
    // six hours in which nobody was asked; both are still to come
    const changed = await boss().does(updateShift, {
      params: { id: shift.id },
      body: { version: shift.version, endsAt: at(hours(6) + minutes(1)) },
    });
    const times = checkTimes(
      await dutyKeyOf(app.database.knex),
      {
        id: shift.id,
        startsAt: new Date(shift.startsAt),
        endsAt: new Date(changed.endsAt),
        drawnFrom: new Date(at(0)),
      },
      2,
    );
    for (const { at: time } of times.toSorted((a, b) => a.at.getTime() - b.at.getTime())) {
      expect(time.toISOString() >= at(0)).toBe(true);
      app.clock.advance(time.getTime() - app.clock.now().getTime());
      await pulse();
    }
    expect(await checks()).toHaveLength(2);
  });

  it.skipIf(testKind === 'embedded')(
    'is asked and missed once by three nodes at the same moment (not for this database: it has one connection)',
    async () => {
      const nodes = [app.service, { ...app.service }, { ...app.service }];
      for (let n = 0; n < 4; n += 1) {
        const startsAt = at(n * SECOND);
        await boss().does(createShift, { body: { id: randomUUID(), startsAt, endsAt: at(hours(8) + n * SECOND) } });
      }
      app.clock.advance(minutes(5));
      await rows(app.database.knex, `update duty_shifts set started_at = starts_at where started_at is null`);
      // every ten minutes to the last five, from all three at once
      for (let n = 0; n < 47; n += 1) {
        app.clock.advance(minutes(10));
        await Promise.all(nodes.map((service) => pulse(service)));
      }
      // those that were asked only then have their time to answer
      app.clock.advance(minutes(4));
      await Promise.all(nodes.map((service) => pulse(service)));
      const found = await rows<{ shift: string; n: number; slots: number; missed: number; tasks: number }>(
        app.database.knex,
        `select shift_id as shift, count(*)::integer as n, count(distinct slot)::integer as slots, count(missed_at)::integer as missed, count(distinct task_id)::integer as tasks from spot_checks group by shift_id`,
      );
      expect(found.map(({ n, slots, missed: gone, tasks }) => [n, slots, gone, tasks])).toEqual(
        Array.from({ length: 4 }, () => [2, 2, 2, 2]),
      );
      expect(await missed()).toHaveLength(8);
    },
  );

  it('would come at other times with another key; the first who needs one makes it for all', async () => {
    const now = new Date(at(0));
    const shift = { id: randomUUID(), startsAt: now, endsAt: new Date(at(hours(12))), drawnFrom: now };
    const times = (key: Buffer): string =>
      checkTimes(key, shift, 6)
        .map(({ at: time }) => time.toISOString())
        .join();
    const before = await dutyKeyOf(app.database.knex);
    await rows(app.database.knex, `delete from secrets where name = 'duty.key'`);
    const made = await Promise.all([1, 2, 3].map(() => dutyKeyOf(app.database.knex)));
    expect(new Set(made.map((key) => key.toString('hex'))).size).toBe(1);
    expect(made[0]).toHaveLength(32);
    expect(made.map(times)).not.toContain(times(before));
  });
});

describe('a check of an outing', () => {
  it('is heard and answered by its crew alone, and not shown to dispatchers, who might warn it', async () => {
    const patrolId = await goOut(app, [app.east.crew]);
    const check = await replayed(() => ask({ target: 'patrol', patrolId }, app.east.inspector));
    expect((await app.east.crew.snapshot()).checks.map(({ id }) => id)).toEqual([check.id]);
    expect([(await app.east.dispatcher.snapshot()).checks, await checks(app.east.dispatcher)]).toEqual([[], []]);
    expect(await codeOf(answer(app.east.dispatcher, check.id))).toEqual([404, 'not_found']);
    expect(await codeOf(answer(boss(), check.id))).toEqual([409, 'not_on_duty']);
    expect(await codeOf(answer(app.west.crew, check.id))).toEqual([404, 'not_found']);
    app.clock.advance(40 * SECOND);
    expect((await replayed(() => answer(app.east.crew, check.id))).body).toMatchObject({
      answeredBy: app.east.crew.id,
      missedAt: null,
    });
    const asked = (body: object): ReturnType<typeof answer> =>
      boss().call(createSpotCheck, { body: { id: randomUUID(), target: 'patrol', ...body } });
    expect(await codeOf(asked({}))).toEqual([422, 'invalid']);
    expect(await codeOf(asked({ patrolId: randomUUID() }))).toEqual([404, 'not_found']);
    expect((await app.east.dispatcher.does(readSpotChecks)).total.asked).toBe(0);
    expect((await boss().does(readSpotChecks)).total).toEqual({ asked: 1, passed: 1, missed: 0, medianS: 40 });
  });
});

describe('the report', () => {
  it('counts what a naive count of the list does', async () => {
    const shift = await running(hours(20));
    await boss().does(signIn, { params: { id: shift.id }, body: {} });
    for (const [n, took] of [10, 50, 200, null, 35, null, 90].entries()) {
      const check = await ask({ target: 'desk' });
      if (took !== null) {
        app.clock.advance(took * SECOND);
        await answer(boss(), check.id);
      }
      app.clock.advance(hours(n === 3 ? 6 : 1));
      if (n !== 6) await pulse();
    }
    await ask({ target: 'desk' });
    const list = (await checks()).filter(({ askedBy }) => askedBy !== null);
    await rows(app.database.knex, `delete from spot_checks where asked_by is null`);
    const told = await boss().does(readSpotChecks);
    const naive = (of: SpotCheckRow[]): object => {
      const took = of
        .flatMap(({ askedAt, answeredAt }) =>
          answeredAt === null ? [] : [(Date.parse(answeredAt) - Date.parse(askedAt)) / SECOND],
        )
        .sort((a, b) => a - b);
      const half = took.length / 2;
      const middle = [took[Math.ceil(half) - 1] ?? 0, took[Math.floor(half)] ?? 0];
      return {
        asked: of.length,
        passed: of.filter(({ answeredAt, missedAt }) => answeredAt !== null && missedAt === null).length,
        missed: of.filter(({ missedAt }) => missedAt !== null).length,
        medianS: took.length === 0 ? null : ((middle[0] ?? 0) + (middle[1] ?? 0)) / 2,
      };
    };
    expect(told.total).toEqual(naive(list));
    expect(told.total).toMatchObject({ asked: 8, passed: 4, missed: 3, medianS: 50 });
    expect(told.byStation).toEqual([{ stationId: app.stations.east, target: 'desk', ...naive(list) }]);
    const dayOf = ({ askedAt }: SpotCheckRow): string =>
      new Date(Date.parse(askedAt) + hours(8)).toISOString().slice(0, 10);
    const days = [...new Set(list.map(dayOf))].sort();
    expect(told.byDay).toEqual(days.map((day) => ({ day, ...naive(list.filter((check) => dayOf(check) === day)) })));
    expect((await app.west.manager.does(readSpotChecks)).total).toEqual({
      asked: 0,
      passed: 0,
      missed: 0,
      medianS: null,
    });
  });
});

describe('a sample of incidents', () => {
  it('is the same for the same seed, another for another, with the timeline of each and every look written down', async () => {
    const made: string[] = [];
    for (let n = 0; n < 12; n += 1)
      made.push(
        (await report(app, { position: { type: 'Point', coordinates: [places.east[0] + n / 500, places.east[1]] } }))
          .incidentId,
      );
    const draw = (
      seed: string,
      by = app.east.inspector,
      count = '5',
    ): ReturnType<
      typeof by.does<
        typeof sampleIncidents.params,
        typeof sampleIncidents.query,
        typeof sampleIncidents.body,
        typeof sampleIncidents.reply
      >
    > => by.does(sampleIncidents, { query: { seed, count } });
    const first = await draw('a seed');
    expect([first.among, first.items.length, first.seed]).toEqual([12, 5, 'a seed']);
    const idsOf = ({ items }: typeof first): string[] => items.map(({ incident }) => incident.id);
    expect(idsOf(await draw('a seed', boss()))).toEqual(idsOf(first));
    const others = new Set<string>();
    for (const seed of ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']) {
      const ids = idsOf(await draw(seed, boss(), '10'));
      expect(new Set(ids).size).toBe(10);
      for (const id of ids) others.add(id);
    }
    // that one of twelve is in none of ten draws of ten has a chance of 2 in 10 million
    expect([...others].sort()).toEqual([...made].sort());
    const whole = await boss().does(readIncident, { params: { id: idsOf(first)[0] ?? '' } });
    expect(first.items[0]?.timeline).toEqual(whole.timeline);
    const look = await row<{ ids: string[] }>(
      app.database.knex,
      `select subject_ids::text[] as ids from audit where command = 'sampleIncidents' and actor_id = cast(:id as uuid) order by at desc limit 1`,
      { id: app.east.inspector.id },
    );
    expect(look?.ids).toEqual(idsOf(first));
    const drawn = await boss().does(sampleIncidents);
    expect(drawn.items).toHaveLength(10);
    expect(idsOf(await draw(drawn.seed, boss()))).toEqual(idsOf(drawn).slice(0, 5));
    expect((await app.west.inspector.does(sampleIncidents)).among).toBe(0);
  });
});
