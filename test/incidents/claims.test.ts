/** Who works on an incident, who looks at it, and whose alarms rest. */
import { describe, expect, it } from 'vitest';
import { row } from '../../server/db/rows.ts';
import { sendPatrol } from '../../shared/dispatches.ts';
import {
  claimIncident,
  closeIncident,
  type IncidentRow,
  snoozeIncident,
  unclaimIncident,
} from '../../shared/incidents.ts';
import { presenceBeatS, sayPresence } from '../../shared/presence.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { goOut, incidentOf, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';
import { testKind } from '../kit/database.ts';

const app = useApp();
/** test/rules/replay.test.ts asks every role */
const viewers = (): Person[] => [app.east.manager, app.east.crew, app.west.dispatcher];
const claim = (by: Person, id: string, take?: boolean) =>
  by.call(claimIncident, { params: { id }, body: take === undefined ? {} : { take } });
const unclaim = (by: Person, id: string) => by.call(unclaimIncident, { params: { id } });
const snooze = (id: string, forMinutes: number, reason = 'the crew has called') =>
  app.east.dispatcher.call(snoozeIncident, { params: { id }, body: { minutes: forMinutes, reason } });
const inMinutes = (count: number): string => new Date(app.clock.now().getTime() + minutes(count)).toISOString();
const problem = (reply: { body: unknown }) => reply.body as { code: string; current?: IncidentRow };
const storyOf = async (id: string): Promise<unknown[]> =>
  (await incidentOf(app.east.dispatcher, id)).timeline.map(({ kind, detail }) => [kind, detail]).slice(1);

describe('a claim', () => {
  it('is told to all, prolonged by its own, refused to others with the row, and taken over on purpose', async () => {
    const { dispatcher, manager } = app.east;
    const { incidentId: id } = await report(app);
    const first = await expectReplay(app, () => claim(dispatcher, id), viewers());
    expect([first.status, first.body]).toMatchObject([
      200,
      { claimedBy: dispatcher.id, claimedUntil: inMinutes(10), version: 2 },
    ]);
    app.clock.advance(minutes(4));
    expect((await claim(dispatcher, id)).body).toMatchObject({ claimedUntil: inMinutes(10), version: 3 });
    const refused = await claim(manager, id);
    expect([refused.status, problem(refused).code, problem(refused).current]).toMatchObject([
      409,
      'claimed',
      { id, claimedBy: dispatcher.id, version: 3 },
    ]);
    expect((await expectReplay(app, () => claim(manager, id, true), viewers())).body).toMatchObject({
      claimedBy: manager.id,
    });
    // who has lost it cannot give it back
    expect((await unclaim(dispatcher, id)).body).toMatchObject({ claimedBy: manager.id, version: 4 });
    expect((await expectReplay(app, () => unclaim(manager, id), viewers())).body).toMatchObject({
      claimedBy: null,
      claimedUntil: null,
      version: 5,
    });
    expect((await unclaim(manager, id)).body).toMatchObject({ version: 5 });
    expect(await storyOf(id)).toEqual([
      ['claimed', {}],
      ['claimed', { takenFrom: dispatcher.id }],
      ['unclaimed', {}],
    ]);
  });

  it('runs out by itself, and is never needed to send or to close', async () => {
    const { dispatcher, manager } = app.east;
    const { incidentId: id } = await report(app);
    await claim(dispatcher, id);
    app.clock.advance(minutes(10));
    expect((await claim(manager, id)).body).toMatchObject({ claimedBy: manager.id });
    const patrolId = await goOut(app, [await addPerson(app, 'crew', app.stations.east)]);
    await dispatcher.does(sendPatrol, { body: { id: crypto.randomUUID(), incidentId: id, patrolId } });
    const other = await report(app);
    await claim(manager, other.incidentId);
    await dispatcher.does(closeIncident, { params: { id: other.incidentId }, body: { reason: 'nobody there' } });
    expect(problem(await claim(dispatcher, other.incidentId)).code).toBe('incident_closed');
  });

  it.skipIf(testKind !== 'postgres')(
    'is one desk’s when twenty press at once (not for this database: it has one connection)',
    async () => {
      const desks = await Promise.all(
        Array.from({ length: 20 }, () => addPerson(app, 'dispatcher', app.stations.east)),
      );
      const { incidentId: id } = await report(app);
      const replies = await Promise.all(desks.map((desk) => claim(desk, id)));
      const won = replies.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      for (const reply of replies.filter((each) => each !== won[0]))
        expect([reply.status, problem(reply).code, problem(reply).current?.claimedBy]).toEqual([
          409,
          'claimed',
          won[0]?.body.claimedBy,
        ]);
    },
  );
});

describe('a rest for the alarms', () => {
  it('says why to everybody, is ended with 0 minutes, and keeps to its limits', async () => {
    const { incidentId: id } = await report(app);
    expect((await expectReplay(app, () => snooze(id, 30), viewers())).body).toMatchObject({
      snoozedUntil: inMinutes(30),
    });
    expect((await snooze(id, 0, 'it goes on')).body).toMatchObject({ snoozedUntil: null, version: 3 });
    // nothing rests: nothing to end
    expect((await snooze(id, 0)).body).toMatchObject({ version: 3 });
    expect(await storyOf(id)).toEqual([
      ['snoozed', { minutes: 30, reason: 'the crew has called' }],
      ['snoozed', { minutes: 0, reason: 'it goes on' }],
    ]);
    for (const wrong of [241, -1, 1.5]) expect((await snooze(id, wrong)).status).toBe(422);
    expect((await snooze(id, 5, ' ')).status).toBe(422);
  });
});

describe('presence', () => {
  const say = async (by: Person, incidentId: string | null = null): Promise<[string, string | null][]> =>
    (await by.does(sayPresence, { body: { incidentId } })).items.map((one) => [one.userId, one.incidentId]);

  it('tells each desk of the others in its subtree and above it, where they are, and forgets them', async () => {
    const [east, west, root] = [app.east.dispatcher, app.west.dispatcher, app.root.dispatcher];
    const { incidentId: id } = await report(app);
    expect(await say(east, id)).toEqual([]);
    expect(await say(root, id)).toEqual([[east.id, id]]);
    // the other station sees the desk above, and not what it looks at
    expect(await say(west, id)).toEqual([[root.id, null]]);
    expect(await say(app.east.manager)).toEqual(
      [
        [east.id, id],
        [root.id, id],
      ].sort(),
    );
    app.clock.advance(presenceBeatS * 3000);
    expect(await say(root, null)).toEqual([]);
    expect(
      await row(app.database.knex, `select count(*)::integer as count from audit where command = 'sayPresence'`),
    ).toEqual({ count: 0 });
  });
});
