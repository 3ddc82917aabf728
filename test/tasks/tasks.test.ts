import { describe, expect, it } from 'vitest';
import { runCommand } from '../../server/realtime/command.ts';
import { raiseTask } from '../../server/tasks/commands.ts';
import { listTasks, type TaskRow, updateTask } from '../../shared/tasks.ts';
import { useApp } from '../kit/app.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const raise = (): Promise<TaskRow> =>
  runCommand(app.service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, (ctx) =>
    raiseTask(ctx, { stationId: app.stations.east, kind: 'no_bed', subject: { people: 2 } }),
  );

describe('a task', () => {
  it('is listed oldest first to the desk of its station and above, until it is done', async () => {
    const first = await raise();
    app.clock.advance(1000);
    const second = await raise();
    expect((await app.east.dispatcher.does(listTasks)).items).toEqual([first, second]);
    expect((await app.root.dispatcher.does(listTasks, { query: { limit: '1' } })).items).toEqual([first]);
    expect((await app.west.dispatcher.does(listTasks)).items).toEqual([]);
    expect((await app.east.crew.call(listTasks)).status).toBe(403);
    const done = await expectReplay(app, () =>
      app.east.dispatcher.does(updateTask, { params: { id: first.id }, body: { version: 1, done: true } }),
    );
    expect(done).toEqual({ ...first, version: 2, doneAt: app.clock.now().toISOString() });
    expect((await app.east.dispatcher.does(listTasks)).items).toEqual([second]);
  });

  it('is done by one of two who look at it', async () => {
    const { id } = await raise();
    const both = await Promise.all(
      [app.east.dispatcher, app.east.manager].map((person) =>
        person.call(updateTask, { params: { id }, body: { version: 1, done: true } }),
      ),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(both.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'version_conflict',
      current: { id, version: 2 },
    });
    expect(
      (await app.west.dispatcher.call(updateTask, { params: { id }, body: { version: 2, done: true } })).status,
    ).toBe(404);
  });
});
