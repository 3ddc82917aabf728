/** A meeting with people: what happened is a fact, and accepted. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { row } from '../../server/db/rows.ts';
import { stepDispatch } from '../../shared/dispatches.ts';
import { personOutcomes, recordEncounter } from '../../shared/encounters.ts';
import { convert } from '../../shared/geo.ts';
import { updateIncident } from '../../shared/incidents.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { dispatch, goOut, incidentOf, report } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const position = { type: 'Point' as const, coordinates: places.east };
const meet = (
  by: Person,
  over: Partial<{
    id: string;
    dispatchId: string;
    incidentId: string;
    sightingId: string;
    at: string;
    people: object[];
    notFoundReason: string;
    handouts: object[];
    shelterId: string;
    position: object;
    crs: string;
  }>,
) =>
  by.call(recordEncounter, { body: { id: randomUUID(), position, people: [{ outcome: 'guided' }], ...over } as never });
async function job(): Promise<{ crew: Person; patrolId: string; incidentId: string; dispatchId: string }> {
  const crew = await addPerson(app, 'crew', app.stations.east);
  const patrolId = await goOut(app, [crew]);
  const { incidentId } = await report(app);
  return { crew, patrolId, incidentId, dispatchId: await dispatch(app, incidentId, patrolId) };
}

describe('a meeting', () => {
  it('with somebody found on the way belongs to the incident that the own report opened; without one it counts all the same', async () => {
    const crew = await addPerson(app, 'crew', app.stations.east);
    const patrolId = await goOut(app, [crew]);
    const { id: sightingId, incidentId } = await report(app);
    expect(await meet(crew, { sightingId })).toMatchObject({
      status: 201,
      body: { incidentId, dispatchId: null, patrolId },
    });
    expect((await incidentOf(app.east.dispatcher, incidentId)).outcome).toBe('found');
    const elsewhere = randomUUID();
    expect(await meet(crew, { sightingId: elsewhere })).toMatchObject({
      status: 201,
      body: { incidentId: null, patrolId },
    });
  });

  it('keeps each outcome, is told to everybody, and again when resent', async () => {
    const { crew, dispatchId, incidentId, patrolId } = await job();
    const people = personOutcomes.map((outcome) => ({
      outcome,
      ...(outcome === 'refused' ? { refusal: 'afraid', needs: ['socks'], groups: ['elderly'] } : {}),
    }));
    const id = randomUUID();
    const first = await expectReplay(app, () => meet(crew, { id, dispatchId, people }));
    expect([first.status, first.body]).toMatchObject([
      201,
      {
        id,
        version: 1,
        dispatchId,
        incidentId,
        patrolId,
        setByDesk: false,
        notFoundReason: null,
        at: app.clock.now().toISOString(),
        position,
      },
    ]);
    expect(first.body.people.map(({ outcome }) => outcome).sort()).toEqual([...personOutcomes].sort());
    expect(first.body.people.find(({ outcome }) => outcome === 'refused')).toMatchObject({
      refusal: 'afraid',
      needs: ['socks'],
      groups: ['elderly'],
    });
    expect(await meet(crew, { id, dispatchId, people })).toMatchObject({ status: 200, body: first.body });
    const { outcome, timeline, encounters } = await incidentOf(app.east.dispatcher, incidentId);
    expect([outcome, encounters.length]).toEqual(['found', 1]);
    expect(timeline.find(({ kind }) => kind === 'encounter')).toMatchObject({
      detail: { outcomes: Object.fromEntries(personOutcomes.map((each) => [each, 1])) },
    });
  });

  it.each(['gone', 'place_unclear', 'no_access'] as const)('with nobody says why: %s', async (notFoundReason) => {
    const { crew, dispatchId, incidentId } = await job();
    const { body } = await expectReplay(app, () => meet(crew, { dispatchId, people: [], notFoundReason }), [
      app.east.dispatcher,
      crew,
    ]);
    expect(body).toMatchObject({ notFoundReason, people: [] });
    expect(await incidentOf(app.east.dispatcher, incidentId)).toMatchObject({ outcome: 'not_found' });
    await meet(crew, { dispatchId });
    await meet(crew, { dispatchId, people: [], notFoundReason });
    expect(await incidentOf(app.east.dispatcher, incidentId)).toMatchObject({ outcome: 'found' });
  });

  it.each([
    ['nobody and no reason', { people: [] }, '/notFoundReason', 'required'],
    ['somebody and a reason', { notFoundReason: 'gone' }, '/notFoundReason', 'unknown_field'],
    ['an outcome of its own', { people: [{ outcome: 'vanished' }] }, '/people/0/outcome', 'enum'],
    [
      'a place on no earth',
      { position: { type: 'Point', coordinates: [34, 108] } },
      '/position/coordinates/1',
      'lat_range',
    ],
    ['a hundred people', { people: Array.from({ length: 100 }, () => ({ outcome: 'guided' })) }, '/people', 'range'],
  ])('is refused with %s', async (_name, over, path, code) => {
    const { crew, dispatchId } = await job();
    expect(await meet(crew, { dispatchId, ...over })).toMatchObject({
      status: 422,
      body: { errors: [{ path, code }] },
    });
  });

  it('keeps WGS 84 and where it came from', async () => {
    const { crew, dispatchId } = await job();
    const given = convert(places.east, 'wgs84', 'gcj02');
    const { body } = await meet(crew, { dispatchId, crs: 'gcj02', position: { type: 'Point', coordinates: given } });
    expect(body.position.coordinates[0]).toBeCloseTo(places.east[0], 4);
    expect(
      await row(app.database.knex, `select origin from encounters where id = cast(:id as uuid)`, { id: body.id }),
    ).toEqual({ origin: { crs: 'gcj02', coordinates: given } });
  });

  it('counts by when it happened, unless that cannot be', async () => {
    const { crew, dispatchId } = await job();
    const now = app.clock.now();
    const at = (ms: number): string => new Date(now.getTime() + ms).toISOString();
    for (const [ms, wanted] of [
      [-hours(5), -hours(5)],
      [-hours(71), -hours(71)],
      [-hours(73), 0],
      [minutes(5), 0],
    ] as const)
      expect((await meet(crew, { dispatchId, at: at(ms) })).body.at).toBe(at(wanted));
  });
});

describe('who records', () => {
  it('is the crew of the job, also after it was recalled', async () => {
    const { crew, dispatchId, incidentId } = await job();
    await app.east.dispatcher.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'recalled' } });
    // and its incident has gone over the border since
    const { version } = await incidentOf(app.east.dispatcher, incidentId);
    await app.east.dispatcher.does(updateIncident, {
      params: { id: incidentId },
      body: { version, position: { type: 'Point', coordinates: places.west } },
    });
    expect((await expectReplay(app, () => meet(crew, { dispatchId }))).status).toBe(201);
    expect(await incidentOf(app.west.dispatcher, incidentId)).toMatchObject({ outcome: 'found' });
  });

  it('is the desk for a crew, and it is marked', async () => {
    const { dispatchId, patrolId, incidentId } = await job();
    expect((await expectReplay(app, () => meet(app.east.dispatcher, { dispatchId }))).body).toMatchObject({
      setByDesk: true,
      patrolId,
    });
    expect((await meet(app.east.manager, { incidentId })).body).toMatchObject({
      setByDesk: true,
      patrolId: null,
      dispatchId: null,
      incidentId,
    });
  });

  it('is a crew on the way that meets somebody by chance', async () => {
    const { crew, patrolId } = await job();
    expect((await expectReplay(app, () => meet(crew, {}))).body).toMatchObject({
      dispatchId: null,
      incidentId: null,
      patrolId,
      stationId: app.stations.east,
    });
  });

  it('is no crew that is not out, no other crew and no other station', async () => {
    const { dispatchId, incidentId, crew } = await job();
    expect(await meet(app.east.crew, {})).toMatchObject({ status: 409, body: { code: 'patrol_off' } });
    const other = await job();
    expect(await meet(other.crew, { dispatchId })).toMatchObject({
      status: 404,
      body: { errors: [{ path: '/dispatchId' }] },
    });
    expect(await meet(app.west.dispatcher, { dispatchId })).toMatchObject({ status: 404 });
    expect(await meet(app.west.dispatcher, { incidentId })).toMatchObject({
      status: 404,
      body: { errors: [{ path: '/incidentId' }] },
    });
    expect(await meet(crew, { dispatchId, incidentId: other.incidentId })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/incidentId', code: 'mismatch' }] },
    });
  });
});
