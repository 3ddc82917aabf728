/** The crew's safety timer, and what is heard of a phone that stands still. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { type Job, pulse } from '../../server/jobs/run.ts';
import { climbRollCalls } from '../../server/patrols/commands-roll-call.ts';
import type { PositionsTick } from '../../shared/positions.ts';
import { applyHeard, sendHeartbeat, takePositions } from '../../shared/positions.ts';
import { answerRollCall, type PatrolRow, updatePatrol } from '../../shared/patrols.ts';
import { stepDispatch } from '../../shared/dispatches.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { dispatch, goOut, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const desk = (): Person => app.east.dispatcher;
const jobs: readonly Job[] = [{ name: 'climb-roll-calls', schedule: 'pulse', run: climbRollCalls }];
const climb = (): Promise<void> => pulse(app.service, jobs);
const now = (): number => app.clock.now().getTime();
const iso = (at: number): string => new Date(at).toISOString();
const EVERY = minutes(20);

interface Outing {
  id: string;
  crew: Person;
  startedAt: number;
}
async function outing(): Promise<Outing> {
  const crew = await addPerson(app, 'crew', app.stations.east);
  const startedAt = now();
  return { crew, startedAt, id: await goOut(app, [crew]) };
}
const rowOf = async ({ id }: Outing): Promise<PatrolRow | undefined> =>
  (await desk().snapshot()).patrols.find((row) => row.id === id);
const timerOf = async (out: Outing): Promise<unknown> => {
  const found = await rowOf(out);
  return found && [Date.parse(found.rollCallDueAt ?? '') - out.startedAt, found.rollCallRung];
};
const tasksOf = async ({ id }: Outing): Promise<unknown[]> =>
  (await desk().snapshot()).tasks.filter(({ subject }) => subject['patrolId'] === id).map(({ kind }) => kind);
const goTo = (out: Outing, afterMs: number): void => app.clock.advance(out.startedAt + afterMs - now());
const answer = (by: Person, { id }: Outing, at?: number) =>
  by.does(answerRollCall, { params: { id }, body: at === undefined ? {} : { at: iso(at) } });

// each test has the night to itself
beforeEach(async () => {
  await rows(app.database.knex, `update patrols set roll_call_due_at = null, roll_call_rung = null`);
});

describe('the roll call', () => {
  it('climbs each rung at its time, once on several nodes, and is taken back by the answer', async () => {
    const out = await outing();
    expect(await timerOf(out)).toEqual([EVERY, null]);
    const seen: unknown[] = [];
    for (const after of [-1, 0, minutes(2) - 1, minutes(2), minutes(5)]) {
      goTo(out, EVERY + after);
      const viewers = [...Object.values(app.east), app.root.dispatcher, app.west.dispatcher, out.crew];
      await expectReplay(app, () => Promise.all([climb(), climb()]), viewers);
      seen.push([(await rowOf(out))?.rollCallRung, (await tasksOf(out)).length]);
    }
    expect(seen).toEqual([
      [null, 0],
      ['crew_alarm', 0],
      ['crew_alarm', 0],
      ['desk_alarm', 0],
      ['duty_officer', 1],
    ]);
    const told = await row<{ count: number }>(
      app.database.knex,
      `select cast(count(*) as integer) as count from events where type = 'patrol.roll_call' and payload::text like :id`,
      { id: `%${out.id}%` },
    );
    expect(told?.count).toBe(3);
    const answered = await expectReplay(app, () => answer(out.crew, out), [...Object.values(app.east), out.crew]);
    expect(answered).toMatchObject({ rollCallRung: null, rollCallDueAt: iso(now() + EVERY), version: 1 });
    expect(await tasksOf(out)).toEqual([]);
    await climb();
    expect((await rowOf(out))?.rollCallRung).toBeNull();
  });

  it('what was due while nothing ran is climbed at once, and as far as it had come', async () => {
    const out = await outing();
    goTo(out, EVERY + minutes(6));
    await climb();
    expect([(await rowOf(out))?.rollCallRung, await tasksOf(out)]).toEqual(['duty_officer', ['roll_call']]);
    // the desk has spoken to them
    await answer(desk(), out);
    expect([await timerOf(out), await tasksOf(out)]).toEqual([[2 * EVERY + minutes(6), null], []]);
  });

  it('an answer counts when it was given: late from a dead spot it ends the alarm, long ago or ahead of the clock it proves no more than it says', async () => {
    const out = await outing();
    goTo(out, EVERY + minutes(3));
    await climb();
    await answer(out.crew, out, out.startedAt + EVERY + minutes(1));
    expect(await timerOf(out)).toEqual([2 * EVERY + minutes(1), null]);
    // older than what is known already
    await answer(out.crew, out, out.startedAt + minutes(5));
    expect(await timerOf(out)).toEqual([2 * EVERY + minutes(1), null]);
    // a clock that runs ahead buys no time
    await answer(out.crew, out, out.startedAt + minutes(600));
    expect(await timerOf(out)).toEqual([2 * EVERY + minutes(3), null]);
    // given before the call was due, come when its successor is overdue, too
    goTo(out, 4 * EVERY);
    await answer(out.crew, out, out.startedAt + 2 * EVERY);
    await climb();
    expect(await timerOf(out)).toEqual([3 * EVERY, 'duty_officer']);
  });

  it('starts anew with whatever the crew does, not with what its phone does, and rests on a break and after the end', async () => {
    const out = await outing();
    const { incidentId } = await report(app);
    const job = await dispatch(app, incidentId, out.id);
    goTo(out, minutes(10));
    await expectReplay(app, () => out.crew.does(stepDispatch, { params: { id: job }, body: { status: 'accepted' } }), [
      ...Object.values(app.east),
      out.crew,
    ]);
    expect(await timerOf(out)).toEqual([minutes(30), null]);
    // a step taken offline says when they were well
    goTo(out, minutes(20));
    await out.crew.does(stepDispatch, {
      params: { id: job },
      body: { status: 'on_scene', at: iso(out.startedAt + minutes(15)) },
    });
    expect(await timerOf(out)).toEqual([minutes(35), null]);
    await out.crew.does(sendHeartbeat, { params: { id: out.id }, body: { tracking: 'on' } });
    const fix = { patrolId: out.id, position: { type: 'Point' as const, coordinates: places.east }, at: iso(now()) };
    await out.crew.does(takePositions, { body: [fix] });
    expect(await timerOf(out)).toEqual([minutes(35), null]);
    // the desk's own commands say nothing about the crew
    await desk().does(stepDispatch, { params: { id: job }, body: { status: 'done' } });
    expect(await timerOf(out)).toEqual([minutes(35), null]);
    goTo(out, minutes(41));
    await climb();
    const rest = (status: 'free' | 'break' | 'ended') =>
      expectReplay(app, () => out.crew.does(updatePatrol, { params: { id: out.id }, body: { status } }), [desk()]);
    expect(await rest('break')).toMatchObject({ rollCallDueAt: null, rollCallRung: null });
    expect(await tasksOf(out)).toEqual([]);
    goTo(out, minutes(100));
    await climb();
    expect(await rowOf(out)).toMatchObject({ rollCallDueAt: null, rollCallRung: null });
    expect(await answer(out.crew, out)).toMatchObject({ rollCallDueAt: null });
    expect(await rest('free')).toMatchObject({ rollCallDueAt: iso(now() + EVERY) });
    expect(await rest('ended')).toMatchObject({ rollCallDueAt: null });
    // said before the end, come after it
    expect(await answer(out.crew, out)).toMatchObject({ status: 'ended', rollCallDueAt: null });
  });

  it('is answered by those who are or were with it and their desk, and by nobody else', async () => {
    const out = await outing();
    const stranger = await addPerson(app, 'crew', app.stations.east);
    const tried = [stranger, app.west.crew, app.west.dispatcher].map((who) =>
      who.call(answerRollCall, { params: { id: out.id }, body: {} }),
    );
    expect((await Promise.all(tried)).map(({ status }) => status)).toEqual([404, 404, 404]);
  });
});

describe('heartbeats', () => {
  it('tell the map, leave no fact and no audit row, and a fix counts as one', async () => {
    const [still, silent] = [await outing(), await outing()];
    const count = async (): Promise<unknown> =>
      row(app.database.knex, `select (select count(*) from events) as events, (select count(*) from audit) as audited`);
    app.clock.advance(minutes(4));
    const ear = await desk().listen();
    await app.running.realtime.relay.tickPositions();
    const before = await count();
    const beat = (tracking: 'on' | 'hidden', battery?: number) =>
      still.crew.does(sendHeartbeat, {
        params: { id: still.id },
        body: { tracking, ...(battery === undefined ? {} : { battery }) },
      });
    const num = (await rowOf(still))?.num ?? -1;
    const words: unknown[] = [];
    const tick = async (): Promise<void> => {
      const heard = ear.ticks.length;
      await app.running.realtime.relay.tickPositions();
      await ear.until(() => ear.ticks.length > heard);
      const latest = applyHeard(new Map(), ear.ticks.at(-1) as PositionsTick).get(num);
      words.push(latest && [latest.tracking, latest.battery, Math.round((now() - latest.at) / 1000)]);
    };
    await Promise.all([beat('on', 40), beat('on', 40), beat('on', 40)]);
    await tick();
    // told again only after some seconds, but at once when its tracking changed
    app.clock.advance(2_000);
    await beat('on', 39);
    await app.running.realtime.relay.tickPositions();
    app.clock.advance(1_000);
    await beat('hidden');
    await tick();
    expect(words).toEqual([
      ['on', 40, 0],
      ['hidden', 39, 0],
    ]);
    expect(await count()).toEqual(before);
    const { positions, patrols } = await desk().snapshot();
    const heard = applyHeard(new Map(), positions);
    const numOf = (out: Outing): number => patrols.find(({ id }) => id === out.id)?.num ?? -1;
    expect([heard.get(num)?.tracking, heard.get(num)?.battery]).toEqual(['hidden', 39]);
    // never a heartbeat, but a fix when it went out
    expect(heard.get(numOf(silent))).toMatchObject({ at: silent.startedAt, tracking: null, battery: null });
    expect((await app.west.dispatcher.snapshot()).positions).toMatchObject({ heard: [] });
    ear.close();
    const foreign = await still.crew.call(sendHeartbeat, { params: { id: silent.id }, body: { tracking: 'on' } });
    const bad = await still.crew.call(sendHeartbeat, {
      params: { id: still.id },
      body: { tracking: 'on', battery: 101 },
    });
    const none = await still.crew.call(sendHeartbeat, { params: { id: randomUUID() }, body: { tracking: 'on' } });
    expect([foreign.status, bad.status, none.status]).toEqual([404, 422, 404]);
  });
});
