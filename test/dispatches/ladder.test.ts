/** What happens while a crew does not answer: each rung at its time, once, and not after the answer. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { rows } from '../../server/db/rows.ts';
import { climbRungs } from '../../server/dispatches/commands-ladder.ts';
import { ladderFor, type LadderStep } from '../../server/dispatches/ladder.ts';
import { type Job, pulse } from '../../server/jobs/run.ts';
import { type DispatchStatus, listDispatches, stepDispatch } from '../../shared/dispatches.ts';
import { mergeIncident, type Priority, readIncident, updateIncident } from '../../shared/incidents.ts';
import { updatePatrol } from '../../shared/patrols.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { dispatch, goOut, report } from '../kit/builders.ts';
import { testKind } from '../kit/database.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const desk = (): Person => app.east.dispatcher;
const jobs: readonly Job[] = [{ name: 'climb-rungs', schedule: 'pulse', run: climbRungs }];
const climb = (): Promise<void> => pulse(app.service, jobs);
const seconds = (count: number): number => count * 1000;

interface Sent {
  id: string;
  incidentId: string;
  patrolId: string;
  crew: Person;
  sentAt: number;
}
async function sent(priority: Priority = 'life_risk'): Promise<Sent> {
  const crew = await addPerson(app, 'crew', app.stations.east);
  const patrolId = await goOut(app, [crew]);
  const { incidentId } = await report(app, { signs: priority === 'life_risk' ? ['unresponsive'] : [] });
  return {
    crew,
    patrolId,
    incidentId,
    sentAt: app.clock.now().getTime(),
    id: await dispatch(app, incidentId, patrolId),
  };
}
const rowOf = async (job: Sent) =>
  (await desk().does(listDispatches, { query: { incidentId: job.incidentId } })).items.find(({ id }) => id === job.id);
const storyOf = async (job: Sent): Promise<unknown[]> =>
  (await desk().does(readIncident, { params: { id: job.incidentId } })).timeline
    .filter(({ kind }) => kind === 'escalated')
    .map(({ detail }) => detail['rung']);
const tasksOf = async (job: Sent) =>
  (await desk().snapshot()).tasks.filter(({ subject }) => subject['dispatchId'] === job.id);
const step = (by: Person, job: Sent, status: DispatchStatus, at?: string) =>
  by.does(stepDispatch, { params: { id: job.id }, body: { status, ...(at === undefined ? {} : { at }) } });
const iso = (job: Sent, afterS: number): string => new Date(job.sentAt + seconds(afterS)).toISOString();

// each test has the night to itself
beforeEach(async () => {
  await rows(app.database.knex, `delete from dispatch_rungs where climbed_at is null`);
  await rows(app.database.knex, `update dispatches set status = 'done', ended_at = :now where ended_at is null`, {
    now: app.clock.now(),
  });
  await rows(app.database.knex, `update patrols set status = 'break'`);
});

describe('the rule', () => {
  const step = (priority: Priority, rung: LadderStep['rung'], afterS: number): LadderStep => ({
    priority,
    rung,
    afterS,
  });
  it.each<[string, LadderStep[], Priority, [string, number][]]>([
    [
      'gives the rungs of the priority, the soonest first',
      [step('normal', 'crew_alarm', 9), step('urgent', 'duty_officer', 40), step('urgent', 'desk_alarm', 20)],
      'urgent',
      [
        ['desk_alarm', 20],
        ['duty_officer', 40],
      ],
    ],
    [
      'climbs a rung given twice at its first time',
      [step('normal', 'crew_alarm', 90), step('normal', 'crew_alarm', 30)],
      'normal',
      [['crew_alarm', 30]],
    ],
    [
      'without rows for a priority takes every rung at its latest time of any',
      [step('urgent', 'crew_alarm', 30), step('normal', 'crew_alarm', 90), step('urgent', 'duty_officer', 60)],
      'life_risk',
      [
        ['duty_officer', 60],
        ['crew_alarm', 90],
      ],
    ],
    [
      'keeps the order of growing alarm for rungs of the same time',
      [step('normal', 'desk_alarm', 30), step('normal', 'crew_alarm', 30)],
      'normal',
      [
        ['crew_alarm', 30],
        ['desk_alarm', 30],
      ],
    ],
  ])('%s', (_name, rule, priority, planned) => {
    expect(ladderFor(rule, priority).map(({ rung, afterS }) => [rung, afterS])).toEqual(planned);
  });
});

describe('the ladder of a dispatch', () => {
  it.each([
    ['life_risk', [60, 90, 120, 180]],
    ['normal', [180, 300, 420, 900]],
  ] as const)('of an incident %s is climbed at its times, each rung once', async (priority, times) => {
    const job = await sent(priority);
    const other = await goOut(app, []);
    expect(await rowOf(job)).toMatchObject({ acceptBy: iso(job, times[0]), rung: null, alarmedAt: null, version: 1 });
    const states: unknown[] = [];
    for (const at of times) {
      app.clock.advance(job.sentAt + seconds(at) - 1 - app.clock.now().getTime());
      await climb();
      const before = await storyOf(job);
      app.clock.advance(1);
      await expectReplay(app, climb, [...Object.values(app.east), app.root.dispatcher, app.west.dispatcher, job.crew]);
      await climb();
      const row = await rowOf(job);
      states.push([before.length, row?.rung, row?.alarmedAt, row?.suggestedPatrolId, (await tasksOf(job)).length]);
    }
    const alarmedAt = iso(job, times[0]);
    expect(states).toEqual([
      [0, 'crew_alarm', alarmedAt, null, 0],
      [1, 'desk_alarm', alarmedAt, null, 0],
      [2, 'next_patrol', alarmedAt, other, 0],
      [3, 'duty_officer', alarmedAt, other, 1],
    ]);
    expect((await tasksOf(job))[0]).toMatchObject({
      kind: 'not_accepted',
      subject: { dispatchId: job.id, incidentId: job.incidentId, patrolId: job.patrolId },
    });
    // named, never sent
    expect((await desk().snapshot()).patrols.find(({ id }) => id === other)?.status).toBe('free');
    expect(await storyOf(job)).toEqual(['crew_alarm', 'desk_alarm', 'next_patrol', 'duty_officer']);
  });

  it.each([
    ['accepted by the crew', 'accepted', 'crew'],
    ['declined by the crew', 'declined', 'crew'],
    ['skipped over by the crew', 'on_scene', 'crew'],
    ['recalled', 'recalled', 'desk'],
    ['set by the desk', 'en_route', 'desk'],
  ] as const)('ends when the job is %s', async (_name, status, by) => {
    const job = await sent();
    app.clock.advance(seconds(95));
    await climb();
    await expectReplay(app, () => step(by === 'crew' ? job.crew : desk(), job, status));
    app.clock.advance(seconds(3600));
    await climb();
    expect(await storyOf(job)).toEqual(['crew_alarm', 'desk_alarm']);
    expect(await rows(app.database.knex, `select 1 from dispatch_rungs where climbed_at is null`)).toEqual([]);
  });

  it("takes the duty officer's task back with the answer, also with one that was on its way before the deadline", async () => {
    const job = await sent();
    app.clock.advance(seconds(200));
    await climb();
    expect(await tasksOf(job)).toHaveLength(1);
    const answered = await expectReplay(app, () => step(job.crew, job, 'accepted', iso(job, 50)));
    expect(answered).toMatchObject({ acceptedAt: iso(job, 50), rung: 'duty_officer' });
    expect(await tasksOf(job)).toEqual([]);
    expect(await storyOf(job)).toHaveLength(4);
    expect(await desk().does(readIncident, { params: { id: job.incidentId } })).toMatchObject({
      acceptedAt: iso(job, 50),
    });
  });

  it('after a pause climbs all that is due, in order, once', async () => {
    const job = await sent();
    app.clock.advance(seconds(8 * 3600));
    await rows(app.database.knex, `update sessions set expires_at = :late`, {
      late: new Date(app.clock.now().getTime() + seconds(864_000)),
    });
    for (let again = 0; again < 3; again += 1) await climb();
    expect(await storyOf(job)).toEqual(['crew_alarm', 'desk_alarm', 'next_patrol', 'duty_officer']);
    expect(await tasksOf(job)).toHaveLength(1);
  });

  it('goes on where the desk sets the job back, from where it stood', async () => {
    const job = await sent();
    app.clock.advance(seconds(70));
    await climb();
    await step(desk(), job, 'accepted');
    app.clock.advance(seconds(5));
    await step(desk(), job, 'dispatched');
    expect(await rowOf(job)).toMatchObject({ status: 'dispatched', rung: 'crew_alarm', acceptBy: iso(job, 60) });
    app.clock.advance(seconds(14));
    await climb();
    expect(await storyOf(job)).toEqual(['crew_alarm']);
    app.clock.advance(seconds(1));
    await climb();
    expect(await storyOf(job)).toEqual(['crew_alarm', 'desk_alarm']);
  });

  it('is planned anew for a higher priority, never later', async () => {
    const job = await sent('normal');
    const { version } = await desk().does(readIncident, { params: { id: job.incidentId } });
    const set = (priority: Priority, at: number) =>
      desk().does(updateIncident, { params: { id: job.incidentId }, body: { priority, version: at } });
    await set('life_risk', version);
    await expectReplay(app, climb);
    expect(await rowOf(job)).toMatchObject({ acceptBy: iso(job, 60), rung: null });
    await set('normal', version + 2);
    await climb();
    app.clock.advance(seconds(60));
    await climb();
    expect(await rowOf(job)).toMatchObject({ acceptBy: iso(job, 60), rung: 'crew_alarm' });
  });

  it('is planned anew when something worse is merged into the incident', async () => {
    const job = await sent('normal');
    const worse = await report(app, { signs: ['unresponsive'] });
    await desk().does(mergeIncident, { params: { id: worse.incidentId }, body: { intoId: job.incidentId } });
    app.clock.advance(seconds(91));
    await climb();
    expect(await storyOf(job)).toEqual(['crew_alarm', 'desk_alarm']);
  });

  it('suggests nobody when nobody else is free', async () => {
    const job = await sent();
    const resting = await goOut(app, []);
    await desk().does(updatePatrol, { params: { id: resting }, body: { status: 'break' } });
    app.clock.advance(seconds(121));
    await climb();
    expect(await rowOf(job)).toMatchObject({ rung: 'next_patrol', suggestedPatrolId: null });
  });
});

describe('the climbing', () => {
  it('goes on in the next process, with what was due while there was none', async () => {
    const job = await sent();
    app.clock.advance(seconds(61));
    await climb();
    app.clock.advance(seconds(60));
    const next = await createApp({
      database: app.database,
      config: { ...readConfig({}), roles: ['jobs'] },
      log: app.service.log,
      now: app.clock.now,
      webDir: 'dist/web',
    });
    await next.jobs?.stop();
    expect(await storyOf(job)).toEqual(['crew_alarm', 'desk_alarm', 'next_patrol']);
    await next.realtime.close();
  });

  it.skipIf(testKind === 'embedded')(
    'is done once by two nodes at the same moment, and never waits for a command (not for this database: it has one connection)',
    async () => {
      const sends: Sent[] = [];
      for (let n = 0; n < 4; n += 1) sends.push(await sent());
      app.clock.advance(seconds(200));
      const nodes = [app.service, { ...app.service }, { ...app.service }];
      const accepts = sends.slice(0, 2).map((job) => step(job.crew, job, 'accepted'));
      await Promise.all([...nodes.map((node) => pulse(node, jobs)), ...accepts]);
      await climb();
      for (const job of sends) {
        const story = await storyOf(job);
        expect(story.length === 0 || story.length === 4).toBe(true);
        expect(new Set(story).size).toBe(story.length);
        expect((await rowOf(job))?.rung).toBe(story.length === 0 ? null : 'duty_officer');
      }
      for (const job of sends.slice(2)) expect(await storyOf(job)).toHaveLength(4);
    },
  );

  it('tells nothing when nothing is due', async () => {
    await sent();
    const seq = (await desk().snapshot()).seq;
    await climb();
    expect((await desk().snapshot()).seq).toBe(seq);
  });
});
