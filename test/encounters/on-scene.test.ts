/** What a crew brings from the street, however late: everything that was done, pictures, and nothing about a person for those whom it does not concern. */
import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { one, rows } from '../../server/db/rows.ts';
import { stepDispatch } from '../../shared/dispatches.ts';
import { listEncounters, recordEncounter } from '../../shared/encounters.ts';
import { noteIncident, readIncident } from '../../shared/incidents.ts';
import { updatePatrol } from '../../shared/patrols.ts';
import { askReporter } from '../../shared/questions.ts';
import { createItem, listStock } from '../../shared/supplies.ts';
import { readTally } from '../../shared/tally.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { dispatch, goOut, incidentOf, report } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const position = { type: 'Point' as const, coordinates: places.east };
const meet = (by: Person, over: object = {}) =>
  by.call(recordEncounter, { body: { id: randomUUID(), position, people: [{ outcome: 'guided' }], ...over } as never });
const ago = (ms: number): string => new Date(app.clock.now().getTime() - ms).toISOString();
interface Job {
  crew: Person;
  patrolId: string;
  incidentId: string;
  dispatchId: string;
  sightingId: string;
  follow: string;
}
async function job(): Promise<Job> {
  const crew = await addPerson(app, 'crew', app.stations.east);
  const patrolId = await goOut(app, [crew]);
  const { incidentId, id: sightingId, followUpUrl } = await report(app);
  const dispatchId = await dispatch(app, incidentId, patrolId);
  return { crew, patrolId, incidentId, dispatchId, sightingId, follow: followUpUrl };
}
const recall = (dispatchId: string) =>
  app.east.dispatcher.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'recalled' } });
const end = (patrolId: string, by = app.east.dispatcher) =>
  by.does(updatePatrol, { params: { id: patrolId }, body: { status: 'ended' } });

describe('what was done without a line', () => {
  it('counts when the job was recalled and the outing is over: met, given, noted and asked; only a step finds the job gone', async () => {
    const { crew, patrolId, incidentId, dispatchId } = await job();
    const item = await app.east.manager.does(createItem, {
      body: { id: randomUUID(), name: `Coat ${randomUUID()}`, unit: 'piece', kind: 'clothing' },
    });
    app.clock.advance(minutes(30));
    await recall(dispatchId);
    await end(patrolId);
    app.clock.advance(minutes(30));

    const late = { at: ago(minutes(50)), handouts: [{ itemId: item.id, quantity: 2 }] };
    const met = await expectReplay(app, () => meet(crew, { dispatchId, ...late }), [
      app.east.dispatcher,
      app.east.crew,
    ]);
    expect([met.status, met.body]).toMatchObject([201, { patrolId, incidentId, dispatchId, at: late.at }]);
    const { items } = await app.east.dispatcher.does(listStock, { query: { limit: '500' } });
    expect(items.find(({ itemId }) => itemId === item.id)).toMatchObject({ place: { id: patrolId }, quantity: -2 });

    const stepped = await crew.call(stepDispatch, {
      params: { id: dispatchId },
      body: { status: 'on_scene', at: late.at },
    });
    expect([stepped.status, stepped.body]).toMatchObject([
      409,
      { code: 'dispatch_ended', current: { status: 'recalled' } },
    ]);
    const noted = await crew.call(noteIncident, { params: { id: incidentId }, body: { text: 'two dogs' } });
    expect([noted.status, noted.body]).toMatchObject([201, { id: incidentId, signs: [] }]);
    const asked = await crew.call(askReporter, {
      params: { id: incidentId },
      body: { id: randomUUID(), kind: 'where_exactly' },
    });
    expect(asked.status).toBe(201);
    const seen = await incidentOf(app.east.dispatcher, incidentId);
    expect([seen.encounters.map(({ id }) => id), seen.outcome, seen.arrivedAt]).toEqual([
      [met.body.id],
      'found',
      late.at,
    ]);

    // whoever was never there is told nothing of it
    for (const stranger of [app.east.crew, app.west.crew]) {
      expect((await meet(stranger, { dispatchId, at: late.at })).status).toBe(404);
      expect((await stranger.call(noteIncident, { params: { id: incidentId }, body: { text: 'x' } })).status).toBe(404);
      const question = { id: randomUUID(), kind: 'still_there' as const };
      expect((await stranger.call(askReporter, { params: { id: incidentId }, body: question })).status).toBe(404);
      const step = await stranger.call(stepDispatch, { params: { id: dispatchId }, body: { status: 'done' } });
      expect(step.status).toBe(404);
    }
  });

  it('is a step too, while the job runs, of whoever has left that patrol since', async () => {
    const { crew, patrolId, dispatchId } = await job();
    const mate = await addPerson(app, 'crew', app.stations.east);
    await app.east.dispatcher.does(updatePatrol, { params: { id: patrolId }, body: { crew: [mate.id] } });
    expect(await crew.call(stepDispatch, { params: { id: dispatchId }, body: { status: 'on_scene' } })).toMatchObject({
      status: 200,
      body: { status: 'on_scene' },
    });
  });

  it('belongs to the outing that they were on then', async () => {
    const crew = await addPerson(app, 'crew', app.stations.east);
    const first = await goOut(app, [crew]);
    app.clock.advance(hours(1));
    await end(first);
    app.clock.advance(hours(1));
    const second = await goOut(app, [crew]);
    const of = async (at?: string) => (await meet(crew, at === undefined ? {} : { at })).body.patrolId;
    expect(await of()).toBe(second);
    expect(await of(ago(minutes(90)))).toBe(first);
    // after the desk had ended it: they were at work still
    expect(await of(ago(minutes(10)))).toBe(first);
    // a clock that is wrong: whatever outing there is
    expect(await of(ago(hours(30)))).toBe(second);
    await end(second);
    app.clock.advance(minutes(5));
    expect(await of(ago(minutes(1)))).toBe(second);
    // now, and not out: nobody meets anybody
    expect(await meet(crew)).toMatchObject({ status: 409, body: { code: 'patrol_off' } });
    const { incidentId } = await report(app);
    expect((await meet(crew, { incidentId, at: ago(0) })).body).toMatchObject({ incidentId, patrolId: second });
    // none holds a bed for who was brought in hours ago
    const body = { at: ago(hours(2)), shelterId: app.shelters.east, people: [{ outcome: 'brought_in' }] };
    expect((await meet(crew, body)).status).toBe(201);
    expect(await rows(app.database.knex, `select id from holds`)).toEqual([]);
  });
});

const NAME = 'CANARY-NAME';
const whole = {
  outcome: 'medical',
  mightChange: 'CANARY-CHANGE',
  name: NAME,
  language: 'CANARY-LANG',
  groups: ['elderly'],
  consent: 'given',
  consentScope: ['photo', 'name', 'photo'],
  coldStage: 'ht2',
  handover: { to: 'ambulance', reference: 'CANARY-CAR', calledAt: '2026-01-15T12:00:00.000Z' },
};
const words = ['CANARY-NAME', 'CANARY-CHANGE', 'CANARY-LANG', 'CANARY-CAR'];
const without = (text: string): void => {
  for (const word of words) expect(text).not.toContain(word);
};

describe('a person', () => {
  it('is kept as they were met, a name only with their agreement', async () => {
    const { crew, dispatchId } = await job();
    const { body } = await meet(crew, { dispatchId, people: [whole, { outcome: 'refused', consentScope: ['photo'] }] });
    expect(body.people.find(({ name }) => name === NAME)).toMatchObject({
      ...whole,
      consentScope: ['photo', 'name'],
      handover: { ...whole.handover, takenOverAt: null },
    });
    expect(body.people.find(({ outcome }) => outcome === 'refused')).toMatchObject({
      name: null,
      language: null,
      consent: 'not_asked',
      consentScope: [],
      coldStage: null,
      handover: null,
      mightChange: null,
    });
    for (const consent of [
      {},
      { consent: 'given', consentScope: ['photo'] },
      { consent: 'refused', consentScope: ['name'] },
    ])
      expect(await meet(crew, { dispatchId, people: [{ outcome: 'guided', name: NAME, ...consent }] })).toMatchObject({
        status: 422,
        body: { errors: [{ path: '/people/0/name', code: 'consent_missing' }] },
      });
    // the second wall
    await expect(
      rows(app.database.knex, `update encounter_people set consent = 'refused' where name is not null`),
    ).rejects.toThrow('encounter_people_name_agreed');
  });

  it('is known to those who handle the case, and to nobody else anywhere', async () => {
    const { crew, incidentId, dispatchId, follow } = await job();
    const other = await job();
    const since = (await app.east.dispatcher.snapshot()).seq;
    await meet(crew, { dispatchId, people: [whole] });
    const tells = async (who: Person): Promise<string> =>
      JSON.stringify(await who.does(readIncident, { params: { id: incidentId } }));
    for (const who of [crew, app.east.dispatcher, app.root.manager, app.east.inspector])
      for (const word of words) expect(await tells(who)).toContain(word);
    const { encounters } = await other.crew.does(readIncident, { params: { id: incidentId } });
    without(JSON.stringify(encounters));
    expect(encounters[0]?.people[0]).toMatchObject({
      outcome: 'medical',
      consent: 'not_asked',
      coldStage: null,
      groups: [],
    });
    without(JSON.stringify(await other.crew.does(listEncounters, {})));
    const looks = await rows(
      app.database.knex,
      `select id from audit where command = 'readIncident' and actor_id = cast(:who as uuid) and subject_ids @> array[cast(:incidentId as uuid)]`,
      { who: app.east.inspector.id, incidentId },
    );
    expect(looks).toHaveLength(4);

    const day = app.clock.now().toISOString().slice(0, 10);
    const { told } = await one<{ told: string }>(
      app.database.knex,
      `select concat((select string_agg(cast(e as text), '') from events e), (select string_agg(cast(a as text), '') from audit a),
         (select string_agg(cast(t as text), '') from incident_entries t), (select string_agg(cast(k as text), '') from tasks k)) as told`,
    );
    without(told);
    without(app.logged.join());
    without(await (await app.anyone.fetch(follow)).text());
    without(JSON.stringify(await app.east.manager.does(readTally, { query: { from: day, to: day } })));
    without(await (await app.east.manager.fetch(`/api/reports/tally.csv?from=${day}&to=${day}`)).text());
    without(await (await app.east.dispatcher.fetch(`/api/changes?since=${String(since)}`)).text());
  });
});

const picture = (red: number): Promise<Buffer> =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: { r: 5 * red, g: 9, b: 9 } } })
    .withExif({ IFD0: { Make: 'CANARY-MAKE' } })
    .jpeg()
    .toBuffer();
async function send(path: string, by: Person, file: Buffer, headers: Record<string, string>) {
  const form = new FormData();
  form.append('photo', new Blob([new Uint8Array(file)]), 'photo.jpg');
  const response = await by.fetch(path, { method: 'POST', body: form, headers });
  return {
    status: response.status,
    replay: response.headers.get('idempotent-replay'),
    body: (await response.json()) as { id: string; code?: string; errors?: { path: string; code: string }[] },
  };
}

describe('a photo of a meeting', () => {
  it('is known by the id that the phone gave it, also after the outing, and at most five', async () => {
    const { crew, incidentId, dispatchId, patrolId } = await job();
    const { body: meeting } = await meet(crew, { dispatchId });
    const path = `/api/encounters/${meeting.id}/photos`;
    const upload = (file: Buffer, id: string | null, by = crew, more: Record<string, string> = {}) =>
      send(path, by, file, { ...(id === null ? {} : { 'x-photo-id': id }), ...more });
    const [one, two] = [await picture(1), await picture(2)];
    expect(await upload(one, null)).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/x-photo-id', code: 'required' }] },
    });
    expect(await upload(one, 'mine')).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/x-photo-id', code: 'format' }] },
    });
    const id = randomUUID();
    const first = await expectReplay(app, () => upload(one, id), [app.east.dispatcher, crew]);
    expect(first).toMatchObject({
      status: 201,
      replay: null,
      body: { id, width: 40, height: 30, showsFace: false, version: 1 },
    });
    await recall(dispatchId);
    await end(patrolId);
    expect(await upload(one, id)).toEqual({ status: 200, replay: 'true', body: first.body });
    expect(await upload(two, id)).toMatchObject({ status: 409, body: { code: 'key_reuse' } });
    expect(await upload(one, randomUUID())).toMatchObject({ status: 409, body: { code: 'taken' } });
    // two sends of one photo, and more than there is room for
    const twin = randomUUID();
    expect((await Promise.all([upload(two, twin), upload(two, twin)])).map(({ status }) => status).sort()).toEqual([
      200, 201,
    ]);
    const more = await Promise.all([3, 4, 5, 6].map(async (red) => upload(await picture(red), randomUUID())));
    expect(more.map(({ status }) => status).sort()).toEqual([201, 201, 201, 422]);
    for (const stranger of [app.east.crew, app.west.crew, app.west.dispatcher])
      expect((await upload(one, id, stranger)).status).toBe(404);
    const { encounters, timeline } = await incidentOf(app.east.dispatcher, incidentId);
    expect(encounters[0]).toMatchObject({ version: 6 });
    expect(encounters[0]?.photos).toHaveLength(5);
    expect(timeline.filter(({ kind }) => kind === 'photo')).toHaveLength(5);
    const stored = await rows<{ bytes: Buffer }>(app.database.knex, `select bytes from encounter_photos`);
    expect(stored.some(({ bytes }) => Buffer.from(bytes).includes('CANARY'))).toBe(false);
  });

  it('shows a face only with an agreement to it, and is looked at only by those who handle the case', async () => {
    const { crew, incidentId, dispatchId } = await job();
    const { body: meeting } = await meet(crew, { dispatchId });
    const face = { 'x-photo-id': randomUUID(), 'x-shows-face': 'yes' };
    expect(await send(`/api/encounters/${meeting.id}/photos`, crew, await picture(20), face)).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/x-shows-face', code: 'consent_missing' }] },
    });
    const agreed = await meet(crew, {
      dispatchId,
      people: [{ outcome: 'guided', consent: 'given', consentScope: ['photo'] }],
    });
    const sent = await send(`/api/encounters/${agreed.body.id}/photos`, crew, await picture(20), face);
    expect(sent).toMatchObject({ status: 201, body: { showsFace: true } });
    const look = async (who: Person): Promise<number> => (await who.fetch(`/api/photos/${sent.body.id}`)).status;
    const other = await job();
    expect([await look(crew), await look(app.east.dispatcher), await look(app.east.inspector)]).toEqual([
      200, 200, 200,
    ]);
    expect([await look(other.crew), await look(app.east.crew), await look(app.west.dispatcher)]).toEqual([
      404, 404, 404,
    ]);
    expect([await look(app.anyone), await look(app.east.shelter), await look(app.east.partner)]).toEqual([
      401, 403, 403,
    ]);
    const looked = `select id from audit where command = 'readPhoto' and subject_ids @> array[cast(:id as uuid)]`;
    expect(await rows(app.database.knex, looked, { id: sent.body.id })).toHaveLength(1);
    // whoever is sent there next sees it, for as long as they are
    const next = await dispatch(app, incidentId, await goOut(app, [app.east.crew]));
    expect(await look(app.east.crew)).toBe(200);
    await recall(next);
    expect(await look(app.east.crew)).toBe(404);
    const { encounters } = await other.crew.does(readIncident, { params: { id: incidentId } });
    expect(encounters.flatMap(({ photos }) => photos)).toEqual([]);
  });
});

describe('a photo of a report', () => {
  it('has the id that the phone gave it, also from a crew that has just gone home', async () => {
    const { crew, sightingId, patrolId, dispatchId } = await job();
    const path = `/api/sightings/${sightingId}/photos`;
    await recall(dispatchId);
    await end(patrolId);
    const id = randomUUID();
    const file = await picture(40);
    const first = await send(path, crew, file, { 'x-photo-id': id });
    expect(first).toMatchObject({ status: 201, body: { id } });
    expect(await send(path, crew, file, { 'x-photo-id': id })).toEqual({
      status: 200,
      replay: 'true',
      body: first.body,
    });
    expect(await send(path, crew, file, { 'x-photo-id': randomUUID() })).toMatchObject({
      status: 409,
      body: { code: 'taken', errors: [{ path: '/x-photo-id' }] },
    });
    expect(await send(path, crew, await picture(41), { 'x-photo-id': id })).toMatchObject({
      status: 409,
      body: { code: 'key_reuse' },
    });
    // who was not out is nobody here
    expect((await send(path, app.east.partner, file, { 'x-photo-id': id })).status).toBe(403);
  });
});
