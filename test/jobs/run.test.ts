/** Timed work: each slot once in the cluster, whatever happened meanwhile. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { pruningJobs } from '../../server/jobs/pruning.ts';
import { beat, type Job, pulse, startFollowing } from '../../server/jobs/run.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { record } from '../../server/realtime/record.ts';
import { expireHolds } from '../../server/shelters/jobs.ts';
import type { EventType } from '../../shared/events.ts';
import { updatePatrol } from '../../shared/patrols.ts';
import { readTrack } from '../../shared/positions.ts';
import { holdBed, listShelters } from '../../shared/shelters.ts';
import { useApp } from '../kit/app.ts';
import { goOut, report } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const ZONE = 'Asia/Shanghai';
const counting = (name: string, schedule: Job['schedule'] = { everyMinutes: 1 }): Job & { ran: Date[] } => {
  const ran: Date[] = [];
  return { name, schedule, ran, run: (ctx) => (ran.push(ctx.now()), Promise.resolve(0)) };
};
const runs = (name: string) =>
  rows<{ dueAt: Date; finishedAt: Date | null }>(
    app.database.knex,
    `select due_at as "dueAt", finished_at as "finishedAt" from job_runs where name = :name order by due_at`,
    { name },
  );

beforeEach(() => rows(app.database.knex, `delete from job_runs`));

describe('a beat', () => {
  it('runs each slot once, however many nodes beat', async () => {
    const job = counting('count');
    const nodes = [app.service, { ...app.service }, { ...app.service }];
    for (let minute = 0; minute < 5; minute += 1) {
      await Promise.all([...nodes, ...nodes].map((node) => beat(node, [job], ZONE)));
      app.clock.advance(minutes(1));
    }
    expect(job.ran).toHaveLength(5);
    const done = await runs('count');
    expect(new Set(done.map(({ dueAt }) => dueAt.getTime())).size).toBe(5);
    expect(done.every(({ finishedAt }) => finishedAt !== null)).toBe(true);
  });

  it('after a long sleep runs what is due once, and each job at its own time', async () => {
    const [often, daily] = [counting('often'), counting('daily', { dailyAt: '13:10' })];
    await beat(app.service, [often, daily], ZONE);
    expect([often.ran.length, daily.ran.length]).toEqual([1, 1]);
    app.clock.advance(hours(10));
    await beat(app.service, [often, daily], ZONE);
    expect([often.ran.length, daily.ran.length]).toEqual([2, 1]);
    app.clock.advance(hours(24 * 20));
    for (let again = 0; again < 3; again += 1) await beat(app.service, [often, daily], ZONE);
    expect([often.ran.length, daily.ran.length]).toEqual([3, 2]);
  });

  it('goes on with the next job when one fails, and says so without what failed', async () => {
    const bad: Job = {
      name: 'bad',
      schedule: { everyMinutes: 1 },
      run: () => Promise.reject(new Error('secret words')),
    };
    const after = counting('after');
    app.logged.length = 0;
    await beat(app.service, [bad, after], ZONE);
    expect(after.ran).toHaveLength(1);
    expect(app.logged.filter((line) => line.includes('bad'))).toHaveLength(1);
    expect(app.logged.join()).not.toContain('secret words');
    app.clock.advance(minutes(1));
    await beat(app.service, [bad, after], ZONE);
    expect(await runs('bad')).toHaveLength(2);
  });

  it('repeats a job until it says that nothing is left', async () => {
    let left = 3;
    const job: Job = {
      name: 'batches',
      schedule: { everyMinutes: 1 },
      run: () => Promise.resolve(left > 0 ? left-- : 0),
    };
    await beat(app.service, [job], ZONE);
    expect(left).toBe(0);
  });

  it('leaves nothing of a batch that failed', async () => {
    const id = randomUUID();
    const job: Job = {
      name: 'half',
      schedule: { everyMinutes: 1 },
      run: async (ctx) => {
        await rows(ctx.db, `insert into secrets (name, value) values (:id, '')`, { id });
        throw new Error('no');
      },
    };
    await beat(app.service, [job], ZONE);
    expect(await row(app.database.knex, `select 1 from secrets where name = :id`, { id })).toBeUndefined();
  });
});

describe('a pulse', () => {
  it('runs on every node each time, keeps no row, and leaves the beat its own', async () => {
    const [often, minute] = [counting('often', 'pulse'), counting('minute')];
    await Promise.all([pulse(app.service, [often, minute]), pulse({ ...app.service }, [often, minute])]);
    await pulse(app.service, [often, minute]);
    expect([often.ran.length, minute.ran.length]).toEqual([3, 0]);
    await beat(app.service, [often, minute], ZONE);
    expect([often.ran.length, minute.ran.length]).toEqual([3, 1]);
    expect(await runs('often')).toEqual([]);
  });

  it('outlives a job that fails', async () => {
    const after = counting('after', 'pulse');
    await pulse(app.service, [{ name: 'bad', schedule: 'pulse', run: () => Promise.reject(new Error('no')) }, after]);
    expect(after.ran).toHaveLength(1);
  });
});

describe('news', () => {
  it('are followed once for all that came, by what goes after them and by nothing else, also when one of them fails', async () => {
    const ran: string[] = [];
    const after = (name: string, ...types: EventType[]): Job => ({
      name,
      schedule: { after: types },
      tour: () => {
        ran.push(name);
        return name === 'fails' ? Promise.reject(new Error('no')) : Promise.resolve();
      },
    });
    const jobs = [after('fails', 'item.created'), after('items', 'item.created', 'item.changed'), counting('minute')];
    const commit = (...types: EventType[]): Promise<void> =>
      runCommand(app.service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, (ctx) => {
        for (const type of types) record(ctx, { type, stationId: app.stations.root, rows: {} });
        return Promise.resolve();
      });
    await commit('item.created');
    const following = await startFollowing(app.service, jobs);
    await following.caughtUp();
    expect(ran.splice(0).sort(), 'what happened before is followed too').toEqual(['fails', 'items']);
    await commit('station.changed', 'task.done');
    await following.caughtUp();
    expect(ran.splice(0)).toEqual([]);
    await commit('item.changed');
    await commit('task.done');
    await following.caughtUp();
    expect(ran.splice(0)).toEqual(['items']);
    await commit('item.created', 'item.changed', 'item.created');
    // nobody asks it to look: the commit wakes it
    await expect.poll(() => [...ran].sort()).toEqual(['fails', 'items']);
    await following.stop();
    await commit('item.created');
    expect(ran).toHaveLength(2);
    // neither the beat nor the pulse runs what follows facts
    await beat(app.service, jobs, ZONE);
    await pulse(app.service, jobs);
    expect(ran).toHaveLength(2);
  });
});

describe('held beds', () => {
  it('are given free at their time, and everybody is told once', async () => {
    // signed-in people of this file are long gone by its clock
    await rows(app.database.knex, `update sessions set expires_at = :late`, {
      late: new Date(app.clock.now().getTime() + hours(24 * 365)),
    });
    const expire: Job = { name: 'expire-holds', schedule: { everyMinutes: 1 }, run: expireHolds };
    const hold = await app.east.dispatcher.does(holdBed, {
      params: { id: app.shelters.east },
      body: { id: randomUUID(), people: 2, for: 'two' },
    });
    const heldNow = async (): Promise<number | undefined> =>
      (await app.east.dispatcher.does(listShelters)).items[0]?.held;
    app.clock.advance(minutes(90) - 1);
    await beat(app.service, [expire], ZONE);
    expect([
      await heldNow(),
      (
        await row<{ status: string }>(app.database.knex, `select status from holds where id = cast(:id as uuid)`, {
          id: hold.id,
        })
      )?.status,
    ]).toEqual([2, 'held']);
    app.clock.advance(minutes(1));
    expect(await heldNow()).toBe(0);
    await expectReplay(app, () => beat(app.service, [expire], ZONE));
    await Promise.all([beat(app.service, [expire], ZONE), beat({ ...app.service }, [expire], ZONE)]);
    expect(await rows(app.database.knex, `select 1 from events where type = 'hold.expired'`)).toHaveLength(1);
    expect((await app.east.dispatcher.snapshot()).holds).toEqual([]);
  });
});

describe('pruning', () => {
  it('throws away facts after 14 days but the newest, keys after 30, and runs but the last of each job', async () => {
    await rows(app.database.knex, `delete from events`);
    for (let n = 0; n < 3; n += 1) await report(app);
    const job = counting('old');
    await beat(app.service, [job], ZONE);
    app.clock.advance(minutes(1));
    await beat(app.service, [job], ZONE);
    const before = (await row<{ last: number }>(app.database.knex, `select max(seq) as last from events`))?.last;
    const due = async (): Promise<void> => {
      for (const each of pruningJobs) await beat(app.service, [{ ...each, schedule: { everyMinutes: 1 } }], ZONE);
    };
    app.clock.advance(hours(24 * 14) - minutes(1));
    const count = async (table: 'events' | 'idempotency_keys'): Promise<number> =>
      (await rows(app.database.knex, `select 1 from ${table}`)).length;
    const kept = await count('events');
    await due();
    expect(await count('events')).toBe(kept);
    app.clock.advance(minutes(2));
    await due();
    expect([
      await count('events'),
      (await row<{ last: number }>(app.database.knex, `select max(seq) as last from events`))?.last,
    ]).toEqual([1, before]);
    expect(await count('idempotency_keys')).toBeGreaterThan(0);
    app.clock.advance(hours(24 * 17));
    await due();
    expect(await count('idempotency_keys')).toBe(0);
    expect(await runs('old')).toHaveLength(1);
  });

  it('forgets the last fix of an outing an hour after it ended, and keeps its track', async () => {
    const prune = pruningJobs.find(({ name }) => name === 'prune-positions');
    if (!prune) throw new Error('no such job');
    const [over, out] = [await goOut(app, []), await goOut(app, [])];
    await app.east.dispatcher.does(updatePatrol, { params: { id: over }, body: { status: 'ended' } });
    const latest = async (): Promise<string[]> =>
      (
        await rows<{ id: string }>(
          app.database.knex,
          `select patrol_id as id from patrol_positions where patrol_id = any (cast(:ids as uuid[]))`,
          { ids: [over, out] },
        )
      ).map(({ id }) => id);
    await beat(app.service, [{ ...prune, schedule: { everyMinutes: 1 } }], ZONE);
    expect((await latest()).sort()).toEqual([over, out].sort());
    app.clock.advance(hours(1) + minutes(1));
    await beat(app.service, [{ ...prune, schedule: { everyMinutes: 1 } }], ZONE);
    expect(await latest()).toEqual([out]);
    expect((await app.east.dispatcher.does(readTrack, { params: { id: over } })).items).toHaveLength(1);
  });
});
