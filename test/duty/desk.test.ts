/** A desk round the clock: the roster, who is there, the hand-over, and what happens when nobody is. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { callIn, callOff } from '../../server/duty/commands-called.ts';
import { flagGaps, moveShifts } from '../../server/duty/jobs.ts';
import { dutyOfficerOf } from '../../server/duty/queries-roster.ts';
import { rows } from '../../server/db/rows.ts';
import { runCommand } from '../../server/realtime/command.ts';
import {
  answerCall,
  copyRoster,
  createShift,
  handOverShift,
  listGaps,
  listShifts,
  readHandOver,
  removeShift,
  type ShiftRow,
  signIn,
  signOut,
  updateShift,
} from '../../shared/duty.ts';
import { listTasks, type TaskRow, updateTask } from '../../shared/tasks.ts';
import { updateUser } from '../../shared/users.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const at = (ms: number): string => new Date(app.clock.now().getTime() + ms).toISOString();
const boss = (): Person => app.east.manager;
const refused = async (reply: Promise<{ status: number; body: unknown }>): Promise<unknown[]> => {
  const { status, body } = await reply;
  const { code, errors } = body as { code: string; errors: { path: string }[] };
  return [status, code, ...errors.map(({ path }) => path)];
};
const plan = (from: number, to: number, people: readonly Person[] = [], more: object = {}): Promise<ShiftRow> =>
  boss().does(createShift, {
    body: {
      id: randomUUID(),
      startsAt: at(from),
      endsAt: at(to),
      people: people.map(({ id }) => ({ userId: id })),
      ...more,
    },
  });
const tasks = async (kind: TaskRow['kind'], by = boss()): Promise<TaskRow[]> =>
  (await by.does(listTasks)).items.filter((task) => task.kind === kind);
/** Each that sees another part of a desk; all others are asked by the tests of all commands. */
const replayed = <T>(command: () => Promise<T>): Promise<T> =>
  expectReplay(app, command, [app.east.crew, app.east.dispatcher, app.west.manager, app.root.inspector]);
const move = (): Promise<void> => moveShifts(app.service);
const live = async (by = boss()): Promise<ShiftRow[]> => (await by.snapshot()).shifts;
const liveOne = async (id: string): Promise<ShiftRow | undefined> => (await live()).find((shift) => shift.id === id);
const come = (who: Person, id: string, officer?: boolean): Promise<ShiftRow> =>
  who.does(signIn, { params: { id }, body: officer === undefined ? {} : { officer } });
const go = (who: Person, id: string, reason = 'the test is over'): Promise<ShiftRow> =>
  who.does(signOut, { params: { id }, body: { reason } });

beforeEach(async () => {
  const db = app.database.knex;
  for (const table of ['spot_checks', 'duty_handovers', 'duty_calls', 'duty_people', 'duty_shifts'])
    await rows(db, `delete from ${asTable(table)}`);
  await rows(db, `update tasks set done_at = created_at where done_at is null`);
  // the tests go through many nights
  await rows(db, `update sessions set expires_at = cast(:now as timestamptz) + interval '1 year'`, {
    now: app.clock.now(),
  });
  app.clock.advance(hours(30));
});
const asTable = (name: string): string => name;

describe('the roster', () => {
  it('takes shifts across midnight of people who may answer the desk, and refuses what cannot be', async () => {
    const shift = await plan(hours(1), hours(13), [app.east.dispatcher, app.root.manager].slice(0, 1));
    expect(shift).toMatchObject({
      version: 1,
      minimum: 1,
      startedAt: null,
      people: [{ userId: app.east.dispatcher.id }],
    });
    expect(await live()).toEqual([]);
    const create = (body: object): Promise<unknown[]> =>
      refused(
        boss().call(createShift, { body: { id: randomUUID(), startsAt: at(hours(1)), endsAt: at(hours(2)), ...body } }),
      );
    expect(await create({ endsAt: at(0) })).toEqual([422, 'invalid', '/endsAt']);
    expect(await create({ endsAt: at(hours(25) + 1) })).toEqual([422, 'invalid', '/endsAt']);
    expect(await create({ startsAt: at(-hours(3)), endsAt: at(-hours(1)) })).toEqual([422, 'invalid', '/endsAt']);
    expect(await create({ endsAt: shift.endsAt })).toEqual([409, 'shift_overlaps', '/startsAt']);
    const nobody = [app.east.crew, app.west.dispatcher, app.root.dispatcher, app.east.manager].map(({ id }) => ({
      userId: id,
    }));
    expect(await create({ people: nobody })).toEqual([
      422,
      'invalid',
      '/people/0/userId',
      '/people/1/userId',
      '/people/2/userId',
    ]);
    // who is above sees the desk below, so the manager above may put them there
    const above = {
      id: randomUUID(),
      stationId: app.stations.east,
      startsAt: at(hours(2)),
      endsAt: at(hours(20)),
      people: [{ userId: app.root.dispatcher.id }],
    };
    expect(await app.root.manager.does(createShift, { body: above })).toMatchObject({ stationId: app.stations.east });
    expect((await boss().does(listShifts)).items.map(({ id }) => id)).toEqual([shift.id, above.id]);
    expect((await app.west.manager.does(listShifts)).items).toEqual([]);
    expect(
      (await boss().does(listShifts, { query: { from: at(hours(14)), to: at(hours(15)) } })).items.map(({ id }) => id),
    ).toEqual([above.id]);
  });

  it('is changed with a version until it ends, keeps who has signed in, and lets go what has not begun', async () => {
    const shift = await plan(hours(1), hours(5), [app.east.dispatcher]);
    const change = (body: object): Promise<{ status: number; body: ShiftRow }> =>
      boss().call(updateShift, { params: { id: shift.id }, body: { version: shift.version, ...body } });
    expect(await change({ endsAt: at(hours(6)), minimum: 2 })).toMatchObject({
      status: 200,
      body: { version: 2, minimum: 2 },
    });
    expect(await refused(change({ minimum: 3 }))).toEqual([409, 'version_conflict']);
    const other = await plan(hours(2), hours(6));
    expect(await refused(change({ version: 2, startsAt: other.startsAt }))).toEqual([
      409,
      'shift_overlaps',
      '/startsAt',
    ]);
    app.clock.advance(hours(1));
    const here = await come(app.east.dispatcher, shift.id);
    expect(await refused(change({ version: here.version, startsAt: at(minutes(5)) }))).toEqual([
      409,
      'shift_running',
      '/startsAt',
    ]);
    const put = await change({ version: here.version, people: [{ userId: boss().id, officer: true }] });
    expect(put.body.people.map(({ userId, officer }) => [userId, officer])).toEqual([
      [boss().id, true],
      [app.east.dispatcher.id, false],
    ]);
    expect(await refused(boss().call(removeShift, { params: { id: shift.id } }))).toEqual([409, 'shift_running']);
    await boss().does(removeShift, { params: { id: other.id } });
    expect((await boss().call(removeShift, { params: { id: other.id } })).status).toBe(404);
    expect((await boss().does(listShifts)).items.map(({ id }) => id)).toEqual([shift.id]);
  });

  it('is repeated by the wall clock, where nothing is yet, with those who may still come', async () => {
    const leaver = await addPerson(app, 'dispatcher', app.stations.east);
    const night = await plan(hours(1), hours(13), [app.east.dispatcher, leaver]);
    const day = (plus: number): string =>
      new Date(Date.parse(night.startsAt) + hours(8 + 24 * plus)).toISOString().slice(0, 10);
    await plan(hours(50), hours(51));
    await app.east.admin.does(updateUser, { params: { id: leaver.id }, body: { version: 1, active: false } });
    const copy = (body: object): Promise<{ created: number; left: number }> =>
      boss().does(copyRoster, { body: { from: day(0), to: day(0), onto: day(1), times: 3, ...body } });
    expect(await copy({})).toEqual({ created: 2, left: 1 });
    expect(await copy({})).toEqual({ created: 0, left: 3 });
    const { items } = await boss().does(listShifts, { query: { from: at(0), to: at(hours(200)) } });
    expect(
      items.map(({ startsAt, people }) => [
        (Date.parse(startsAt) - Date.parse(night.startsAt)) / hours(1),
        people.map(({ userId }) => userId).length,
      ]),
    ).toEqual([
      [0, 2],
      [24, 1],
      [49, 0],
      [72, 1],
    ]);
    expect(await refused(boss().call(copyRoster, { body: { from: day(1), to: day(0), onto: day(2) } }))).toEqual([
      422,
      'invalid',
      '/to',
    ]);
    expect(
      await refused(boss().call(copyRoster, { body: { from: '2026-02-30', to: '2026-03-02', onto: day(2) } })),
    ).toEqual([422, 'invalid', '/from']);
  });
});

describe('gaps', () => {
  it('are on the list ahead of time, each once, follow what becomes of them, and end when they are filled', async () => {
    await flagGaps(app.service);
    expect([await tasks('duty_gap'), (await boss().does(listGaps)).items]).toEqual([[], []]);
    // no roster below minimum: the whole of the time ahead is planned but for two holes
    const away = await addPerson(app, 'dispatcher', app.stations.east);
    for (let day = 0; day < 5; day += 1)
      await plan(hours(24 * day), hours(24 * (day + 1)), [day === 1 ? away : app.east.dispatcher]);
    expect(await tasks('duty_gap')).toEqual([]);
    await app.east.admin.does(updateUser, { params: { id: away.id }, body: { version: 1, active: false } });
    for (let n = 0; n < 3; n += 1) await replayed(() => flagGaps(app.service));
    const [gap, ...more] = await tasks('duty_gap');
    expect([gap?.subject, more]).toEqual([{ from: at(hours(24)), to: at(hours(48)), have: 0, minimum: 1 }, []]);
    expect((await boss().does(listGaps)).items).toEqual([gap?.subject]);
    app.clock.advance(hours(30));
    await flagGaps(app.service);
    expect((await tasks('duty_gap')).map(({ id, subject }) => [id, subject['from']])).toEqual([
      [gap?.id, at(-hours(6))],
    ]);
    // half of it is filled: the same task tells of the other half
    const second = (await boss().does(listShifts)).items.find(({ startsAt }) => startsAt === at(-hours(6)));
    await boss().does(createShift, {
      body: { id: randomUUID(), startsAt: at(-hours(1)), endsAt: at(hours(10)), people: [{ userId: boss().id }] },
    });
    expect((await tasks('duty_gap')).map(({ id, subject }) => [id, subject['from'], subject['to']])).toEqual([
      [gap?.id, at(hours(10)), at(hours(18))],
    ]);
    await boss().does(updateShift, {
      params: { id: second?.id ?? '' },
      body: { version: second?.version ?? 0, people: [{ userId: app.east.dispatcher.id }] },
    });
    expect(await tasks('duty_gap')).toEqual([]);
  });

  it('that somebody has put away are not raised again', async () => {
    await plan(0, hours(2), [app.east.dispatcher]);
    const [gap] = await tasks('duty_gap');
    expect(gap).toMatchObject({ subject: { from: at(hours(2)), have: 0 } });
    await boss().does(updateTask, { params: { id: gap?.id ?? '' }, body: { version: gap?.version ?? 0, done: true } });
    app.clock.advance(hours(3));
    await flagGaps(app.service);
    expect(await tasks('duty_gap')).toEqual([]);
  });
});

describe('a running shift', () => {
  it('that nobody comes to is on the list once the rule says so, until somebody is there', async () => {
    const shift = await plan(minutes(10), hours(8), [app.east.dispatcher]);
    await replayed(move);
    expect(await live()).toEqual([]);
    app.clock.advance(minutes(12));
    for (let n = 0; n < 2; n += 1) await replayed(move);
    expect(await liveOne(shift.id)).toMatchObject({ startedAt: shift.startsAt, uncoveredSince: shift.startsAt });
    expect(await tasks('desk_uncovered')).toEqual([]);
    app.clock.advance(minutes(3));
    for (let n = 0; n < 3; n += 1) await replayed(move);
    const raised = await tasks('desk_uncovered', app.root.manager);
    expect(raised.map(({ subject }) => subject)).toEqual([{ shiftId: shift.id, have: 0, minimum: 1 }]);
    expect(await replayed(() => come(app.east.dispatcher, shift.id))).toMatchObject({ uncoveredSince: null });
    expect(await tasks('desk_uncovered')).toEqual([]);
    app.clock.advance(minutes(5));
    expect(await go(app.east.dispatcher, shift.id)).toMatchObject({ uncoveredSince: at(0) });
    app.clock.advance(minutes(5));
    await move();
    expect((await tasks('desk_uncovered')).map(({ id }) => id)).not.toEqual(raised.map(({ id }) => id));
    app.clock.advance(hours(8));
    await replayed(move);
    expect([await live(), await tasks('desk_uncovered')]).toEqual([[], []]);
  });

  it('knows who decides: the officer, else the longest signed-in manager, else dispatcher, else the desk above', async () => {
    const officer = async (): Promise<string | undefined> =>
      (await dutyOfficerOf(app.database.knex, app.stations.east, app.clock.now()))?.userId;
    const shift = await plan(0, hours(8));
    const above = { id: randomUUID(), startsAt: at(0), endsAt: at(hours(8)) };
    await app.root.manager.does(createShift, { body: above });
    expect(await officer()).toBeUndefined();
    await come(app.root.dispatcher, above.id);
    expect(await officer()).toBe(app.root.dispatcher.id);
    await come(app.east.dispatcher, shift.id);
    expect(await officer()).toBe(app.east.dispatcher.id);
    app.clock.advance(minutes(1));
    await come(boss(), shift.id);
    expect(await officer()).toBe(boss().id);
    await come(app.east.dispatcher, shift.id, true);
    expect(await officer()).toBe(app.east.dispatcher.id);
    await go(app.east.dispatcher, shift.id);
    expect(await officer()).toBe(boss().id);
  });

  it('is handed over with both signatures and what was open then, and then is over', async () => {
    const night = await plan(0, hours(8), [app.east.dispatcher]);
    const morning = await plan(hours(8), hours(16), [boss()]);
    const { incidentId } = await report(app);
    expect(
      await refused(app.east.dispatcher.call(handOverShift, { params: { id: night.id }, body: { sign: 'give' } })),
    ).toEqual([409, 'not_on_duty']);
    expect(await refused(boss().call(signIn, { params: { id: morning.id }, body: {} }))).toEqual([
      409,
      'not_on_duty',
      '',
    ]);
    await come(app.east.dispatcher, night.id);
    app.clock.advance(hours(7) + minutes(50));
    await come(boss(), morning.id);
    const sign = (who: Person, body: { sign: 'give' | 'take'; note?: string }): ReturnType<typeof who.call> =>
      who.call(handOverShift, { params: { id: night.id }, body });
    expect(await refused(sign(boss(), { sign: 'take' }))).toEqual([409, 'conflict', '/sign']);
    expect((await boss().does(readHandOver, { params: { id: night.id } })).handOver).toBeNull();
    await replayed(() => sign(app.east.dispatcher, { sign: 'give', note: 'the lift is broken' }));
    expect(await refused(sign(app.east.dispatcher, { sign: 'take' }))).toEqual([409, 'conflict', '/sign']);
    const later = await report(app, { position: { type: 'Point', coordinates: [108.99, 34.28] } });
    app.clock.advance(minutes(15));
    // past its end, and somebody is still there: the day's desk is covered by both
    await replayed(move);
    expect((await live()).map(({ id, uncoveredSince }) => [id, uncoveredSince])).toEqual(
      expect.arrayContaining([
        [night.id, null],
        [morning.id, null],
      ]),
    );
    expect((await boss().does(readHandOver, { params: { id: night.id } })).open.incidents.map(({ id }) => id)).toEqual(
      expect.arrayContaining([incidentId, later.incidentId]),
    );
    const taken = (await replayed(() => sign(boss(), { sign: 'take' }))).body as ShiftRow;
    expect(taken).toMatchObject({
      endedAt: at(0),
      handOver: {
        note: 'the lift is broken',
        givenBy: app.east.dispatcher.id,
        givenAt: at(-minutes(15)),
        takenBy: boss().id,
        takenAt: at(0),
      },
      people: [{ userId: app.east.dispatcher.id, signedOutAt: at(0) }],
    });
    const kept = await boss().does(readHandOver, { params: { id: night.id } });
    expect(kept.open).toEqual(taken.handOver?.open);
    expect(kept.open.incidents.map(({ id }) => id)).toContain(incidentId);
    expect(kept.open.incidents.map(({ id }) => id)).not.toContain(later.incidentId);
    expect(await refused(sign(boss(), { sign: 'take' }))).toEqual([409, 'handed_over']);
    expect((await live()).map(({ id }) => id)).toEqual([morning.id]);
    expect(await refused(app.east.dispatcher.call(signIn, { params: { id: night.id }, body: {} }))).toEqual([
      409,
      'shift_ended',
    ]);
  });

  it('asks the last one to leave without a note why, and is forgotten an hour after its end', async () => {
    const shift = await plan(0, hours(1), [app.east.dispatcher]);
    await come(app.east.dispatcher, shift.id);
    await come(boss(), shift.id);
    await boss().does(signOut, { params: { id: shift.id }, body: {} });
    expect(await refused(app.east.dispatcher.call(signOut, { params: { id: shift.id }, body: {} }))).toEqual([
      422,
      'invalid',
      '/reason',
    ]);
    expect(await refused(boss().call(signOut, { params: { id: shift.id }, body: {} }))).toEqual([409, 'not_on_duty']);
    app.clock.advance(hours(1) + minutes(59));
    await move();
    expect(await liveOne(shift.id)).toMatchObject({ endedAt: null });
    app.clock.advance(minutes(1));
    await replayed(move);
    const [ended] = (await boss().does(listShifts, { query: { from: at(-hours(3)), to: at(0) } })).items;
    expect(ended).toMatchObject({
      endedAt: at(0),
      people: expect.arrayContaining([expect.objectContaining({ signedOutAt: at(0) })]) as unknown,
    });
  });
});

describe('people called in', () => {
  const call = (roles: string[], minimum: number, activationId: string): Promise<{ called: number }> =>
    runCommand(app.service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, (ctx) =>
      callIn(ctx, { stationId: app.stations.east, roles, minimum, activationId }),
    );
  const off = (activationId: string): Promise<void> =>
    runCommand(app.service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, (ctx) =>
      callOff(ctx, { stationId: app.stations.east, activationId }),
    );

  it('stand on the running shift, which needs more until it is taken back; who answered stays', async () => {
    const shift = await plan(0, hours(8), [app.east.dispatcher, boss()]);
    await come(app.east.dispatcher, shift.id);
    const [first, second] = [randomUUID(), randomUUID()];
    const called = await replayed(() => call(['dispatcher', 'manager', 'crew'], 3, first));
    const active = await rows(
      app.database.knex,
      `select id from users where station_id = cast(:east as uuid) and active and role in ('dispatcher', 'manager', 'crew') and id <> cast(:here as uuid)`,
      { east: app.stations.east, here: app.east.dispatcher.id },
    );
    expect(called).toEqual({ called: active.length });
    expect(await call(['dispatcher', 'manager', 'crew'], 3, first)).toEqual(called);
    expect(await liveOne(shift.id)).toMatchObject({ minimum: 3, uncoveredSince: at(0) });
    expect(
      (await app.east.crew.snapshot()).shifts.map(({ people, handOver }) => [
        people.every(({ calledAt }) => calledAt !== null),
        handOver,
      ]),
    ).toEqual([[true, null]]);
    expect((await app.west.crew.snapshot()).shifts).toEqual([]);
    await replayed(() => app.east.crew.does(answerCall, { params: { id: shift.id }, body: { coming: true } }));
    expect(
      await refused(app.east.dispatcher.call(answerCall, { params: { id: shift.id }, body: { coming: true } })),
    ).toEqual([409, 'nothing_asked']);
    await call(['manager'], 2, second);
    await replayed(() => off(first));
    expect(await liveOne(shift.id)).toMatchObject({ minimum: 2 });
    await replayed(() => off(second));
    const left = await liveOne(shift.id);
    expect([
      left?.minimum,
      left?.uncoveredSince,
      left?.people.map(({ userId, calledAt }) => [userId, calledAt !== null]).sort(),
    ]).toEqual([
      1,
      null,
      [
        [app.east.crew.id, true],
        [app.east.dispatcher.id, false],
        [boss().id, false],
      ].sort(),
    ]);
  });

  it('have a shift made for them where none runs, to the next change of shift', async () => {
    await call(['manager'], 1, randomUUID());
    const [made, ...more] = await live();
    expect([
      more,
      made?.startsAt,
      made?.uncoveredSince,
      made?.people.map(({ coming }) => coming).includes(null),
    ]).toEqual([[], at(0), at(0), true]);
    const ends = new Date(made?.endsAt ?? '');
    expect([0, 12]).toContain(ends.getUTCHours());
    expect(ends.getTime() - app.clock.now().getTime()).toBeGreaterThanOrEqual(hours(1));
    await replayed(() => come(boss(), made?.id ?? ''));
    expect((await liveOne(made?.id ?? ''))?.people.find(({ userId }) => userId === boss().id)).toMatchObject({
      coming: true,
    });
  });
});
