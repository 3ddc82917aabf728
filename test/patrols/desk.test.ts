/** What the desk does for a crew: its outing, its status, its shift's end; and what the crew brings. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { stepDispatch } from '../../shared/dispatches.ts';
import { updateIncident } from '../../shared/incidents.ts';
import { listPatrols, startPatrol, updatePatrol } from '../../shared/patrols.ts';
import { createUser, listUsers, updateUser } from '../../shared/users.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { dispatch, goOut, incidentOf, report } from '../kit/builders.ts';
import { hours } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const desk = (): Person => app.east.dispatcher;
const member = (): Promise<Person> => addPerson(app, 'crew', app.stations.east);
const patrolOf = async (id: string) =>
  (await desk().does(listPatrols, { query: { limit: '500' } })).items.find((each) => each.id === id);
const iso = (ms: number): string => new Date(app.clock.now().getTime() + ms).toISOString();

describe('a status set by the desk', () => {
  it('is marked, by hand or through a job, until the crew says where it stands', async () => {
    const crew = await member();
    const id = await goOut(app, [crew]);
    const setByDesk = async (): Promise<boolean | undefined> => (await patrolOf(id))?.setByDesk;
    const set = (by: Person, status: 'free' | 'break') => by.does(updatePatrol, { params: { id }, body: { status } });
    expect(await setByDesk()).toBe(false);
    await expectReplay(app, () => set(desk(), 'break'), [desk(), crew]);
    expect(await setByDesk()).toBe(true);
    // not the status: the mark stays
    await crew.does(updatePatrol, { params: { id }, body: { crewCount: 3 } });
    expect(await setByDesk()).toBe(true);
    await set(crew, 'free');
    expect(await setByDesk()).toBe(false);
    const { incidentId } = await report(app);
    const dispatchId = await dispatch(app, incidentId, id);
    expect(await setByDesk()).toBe(false);
    const step = (by: Person, status: 'accepted' | 'en_route' | 'recalled') =>
      by.does(stepDispatch, { params: { id: dispatchId }, body: { status } });
    await step(desk(), 'accepted');
    expect(await setByDesk()).toBe(true);
    await step(crew, 'en_route');
    expect(await setByDesk()).toBe(false);
    await step(desk(), 'recalled');
    expect(await patrolOf(id)).toMatchObject({ status: 'free', setByDesk: true });
  });

  it('may be that a crew declined, with its reason', async () => {
    const id = await goOut(app, []);
    const { incidentId } = await report(app);
    const dispatchId = await dispatch(app, incidentId, id);
    const body = { status: 'declined', reason: 'flat tyre, said on the radio' } as const;
    expect(await desk().does(stepDispatch, { params: { id: dispatchId }, body })).toMatchObject({
      ...body,
      setByDesk: true,
    });
    expect((await incidentOf(desk(), incidentId)).timeline.at(-1)).toMatchObject({
      kind: 'declined',
      detail: { setByDesk: true, reason: body.reason },
    });
  });
});

describe('the end of a shift', () => {
  it('is kept, changed and taken away, and lies ahead', async () => {
    const id = randomUUID();
    const crew = await member();
    const start = { id, crew: [crew.id], crewCount: 2 };
    const shiftEndsAt = iso(hours(8));
    expect(await crew.call(startPatrol, { body: { ...start, shiftEndsAt: iso(0) } })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/shiftEndsAt', code: 'range' }] },
    });
    expect(await crew.does(startPatrol, { body: { ...start, shiftEndsAt } })).toMatchObject({ shiftEndsAt });
    const change = (shiftEndsAt: string | null) => desk().call(updatePatrol, { params: { id }, body: { shiftEndsAt } });
    const later = iso(hours(9));
    expect((await expectReplay(app, () => change(later), [desk(), crew])).body).toMatchObject({
      shiftEndsAt: later,
      setByDesk: false,
    });
    expect(await change(iso(-1))).toMatchObject({ status: 422 });
    expect(await desk().does(updatePatrol, { params: { id }, body: { name: 'Two' } })).toMatchObject({
      shiftEndsAt: later,
    });
    expect((await change(null)).body).toMatchObject({ shiftEndsAt: null });
  });
});

describe('what a crew brings', () => {
  it('is of its people, and told anew when one of them changes while out', async () => {
    const id = randomUUID();
    const admin = app.east.admin;
    const made = await admin.does(createUser, {
      body: {
        id,
        stationId: app.stations.east,
        username: `medic-${id}`,
        name: 'A medic',
        role: 'crew',
        password: 'long enough to do',
        skills: ['medical', 'medical', 'lang:ug'],
      },
    });
    expect(made.skills).toEqual(['medical', 'lang:ug']);
    const patrolId = randomUUID();
    await desk().does(startPatrol, { body: { id: patrolId, crew: [id], crewCount: 1 } });
    const before = await patrolOf(patrolId);
    expect(before).toMatchObject({ skills: ['lang:ug', 'medical'], version: 1 });
    await expectReplay(app, () =>
      admin.does(updateUser, { params: { id }, body: { version: made.version, skills: ['woman'] } }),
    );
    expect(await patrolOf(patrolId)).toMatchObject({ skills: ['woman'], version: 2 });
    // anything else of theirs is not the patrol's
    await admin.does(updateUser, { params: { id }, body: { version: made.version + 1, name: 'The medic' } });
    expect((await patrolOf(patrolId))?.version).toBe(2);
    expect((await admin.does(listUsers)).items.find((user) => user.id === id)?.skills).toEqual(['woman']);
    expect(
      await admin.call(updateUser, { params: { id }, body: { version: made.version + 2, skills: ['juggling'] } }),
    ).toMatchObject({ status: 422 });
  });

  it('may be wanted by an incident', async () => {
    const { incidentId: id } = await report(app);
    const { version } = await incidentOf(desk(), id);
    const body = { version, wants: ['woman', 'lang:bo'] };
    await expectReplay(app, () => desk().does(updateIncident, { params: { id }, body }), [desk(), app.east.crew]);
    const { wants, timeline } = await incidentOf(desk(), id);
    expect([wants, timeline.at(-1)]).toMatchObject([body.wants, { kind: 'changed', detail: { fields: ['wants'] } }]);
  });
});
