/** The desk's work on an incident: looking, correcting, placing, noting, closing. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../shared/events.ts';
import { stepDispatch } from '../../shared/dispatches.ts';
import { closeIncident, markSeen, noteIncident, reopenIncident, updateIncident } from '../../shared/incidents.ts';
import { holdBed } from '../../shared/shelters.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { dispatch, goOut, incidentOf, report } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const point = (lon: number, lat: number) => ({ type: 'Point' as const, coordinates: [lon, lat] as [number, number] });
const desk = () => app.east.dispatcher;
const unplaced = { position: undefined as never, placeText: 'the old bridge' };

describe('the first look', () => {
  it('counts once', async () => {
    const { incidentId: id } = await report(app);
    const first = await expectReplay(app, () => desk().does(markSeen, { params: { id }, body: {} }));
    app.clock.advance(minutes(1));
    const second = await app.east.manager.does(markSeen, { params: { id }, body: {} });
    expect(second).toEqual(first);
    expect((await incidentOf(desk(), id)).timeline.filter(({ kind }) => kind === 'seen')).toHaveLength(1);
  });
});

describe('a correction', () => {
  it('changes what is said and refuses a stale version with what there is', async () => {
    const { incidentId: id } = await report(app);
    const changed = await expectReplay(app, () =>
      desk().does(updateIncident, {
        params: { id },
        body: { version: 1, people: 3, priority: 'life_risk', placeText: 'north side', placeCode: 'P-9' },
      }),
    );
    expect(changed).toMatchObject({
      version: 2,
      people: 3,
      priority: 'life_risk',
      placeText: 'north side',
      placeCode: 'P-9',
      stationId: app.stations.east,
    });
    const stale = await desk().call(updateIncident, { params: { id }, body: { version: 1, people: 9 } });
    expect([stale.status, stale.body]).toMatchObject([
      409,
      { code: 'version_conflict', current: { id, version: 2, people: 3 } },
    ]);
    const { timeline } = await incidentOf(desk(), id);
    expect(timeline.at(-1)).toMatchObject({
      kind: 'changed',
      actorName: 'dispatcher of the test',
      detail: { fields: expect.arrayContaining(['people', 'priority', 'placeText', 'placeCode']) as string[] },
    });
    expect(JSON.stringify(timeline)).not.toContain('north side');
  });

  it('is not for another station, nor for a closed one', async () => {
    const { incidentId: id } = await report(app);
    expect(
      (await app.west.dispatcher.call(updateIncident, { params: { id }, body: { version: 1, people: 2 } })).status,
    ).toBe(404);
    await desk().does(closeIncident, { params: { id }, body: { reason: 'x' } });
    const { status, body } = await desk().call(updateIncident, { params: { id }, body: { version: 2, people: 2 } });
    expect([status, body]).toMatchObject([409, { code: 'incident_closed' }]);
  });

  it('takes a place of another coordinate system', async () => {
    const { incidentId: id } = await report(app);
    const { position } = await desk().does(updateIncident, {
      params: { id },
      body: { version: 1, position: point(108.97 + 0.00466, 34.26 - 0.00159), crs: 'gcj02' },
    });
    expect(position?.coordinates[0]).toBeCloseTo(108.97, 3);
  });

  it('places an unplaced one: the right station gets it, in its area', async () => {
    const { incidentId: id } = await report(app, unplaced);
    expect(await incidentOf(app.root.dispatcher, id)).toMatchObject({ lane: 'unplaced', stationId: app.stations.root });
    const before = (await desk().snapshot()).seq;
    const placed = await expectReplay(app, () =>
      app.root.dispatcher.does(updateIncident, {
        params: { id },
        body: { version: 1, position: point(...places.east) },
      }),
    );
    expect(placed).toMatchObject({ lane: null, stationId: app.stations.east, areaId: app.areas.east });
    const heard = (await (await desk().fetch(`/api/changes?since=${String(before)}`)).json()) as Changes;
    expect(heard.changes.at(-1)?.payload.incidents?.[0]).toMatchObject({ id });
  });

  it('keeps the radius of a new place and takes a place back, as an undo does', async () => {
    const { incidentId: id } = await report(app, unplaced);
    const change = (body: object) =>
      app.root.dispatcher.call(updateIncident, { params: { id }, body: body as { version: number } });
    const position = point(...places.east);
    const placed = await expectReplay(app, () => change({ version: 1, position, accuracyM: 25 }));
    expect(placed.body).toMatchObject({ lane: null, accuracyM: 25, stationId: app.stations.east });
    const before = (await desk().snapshot()).seq;
    const back = await expectReplay(app, () => change({ version: 2, position: null }));
    expect(back.body).toMatchObject({
      position: null,
      accuracyM: null,
      areaId: null,
      lane: 'unplaced',
      stationId: app.stations.root,
      placeText: 'the old bridge',
    });
    const heard = (await (await desk().fetch(`/api/changes?since=${String(before)}`)).json()) as Changes;
    expect(heard.changes.at(-1)?.payload).toEqual({ gone: { incidents: [id] } });
    for (const body of [{ accuracyM: 5 }, { accuracyM: 5, position: null }])
      expect(await change({ version: 3, ...body })).toMatchObject({
        status: 422,
        body: { errors: [{ path: '/accuracyM' }] },
      });
    // a click says no radius: the old one is not the new one's
    await change({ version: 3, position, accuracyM: 25 });
    expect((await change({ version: 4, position: point(...places.eastNear) })).body).toMatchObject({ accuracyM: null });
  });

  it('moves one over the border: the others get it, ours is told that it is gone', async () => {
    const { incidentId: id } = await report(app);
    const before = (await desk().snapshot()).seq;
    const moved = await expectReplay(app, () =>
      desk().does(updateIncident, { params: { id }, body: { version: 1, position: point(...places.west) } }),
    );
    expect(moved.stationId).toBe(app.stations.west);
    const heard = (await (await desk().fetch(`/api/changes?since=${String(before)}`)).json()) as Changes;
    expect(heard.changes.at(-1)?.payload).toEqual({ gone: { incidents: [id] } });
    expect((await desk().call(markSeen, { params: { id }, body: {} })).status).toBe(404);
    const outside = await expectReplay(app, () =>
      app.west.dispatcher.does(updateIncident, {
        params: { id },
        body: { version: 2, position: point(...places.outside) },
      }),
    );
    expect(outside).toMatchObject({ lane: 'outside', areaId: null, stationId: app.stations.root });
  });

  it('leaves it with its station while a crew is under way, so that nobody loses the job', async () => {
    const crew = await addPerson(app, 'crew', app.stations.east);
    const patrol = await goOut(app, [crew]);
    const { incidentId: id } = await report(app);
    const dispatchId = await dispatch(app, id, patrol);
    const { version } = await incidentOf(desk(), id);
    const moved = await expectReplay(app, () =>
      desk().does(updateIncident, { params: { id }, body: { version, position: point(...places.west) } }),
    );
    expect(moved).toMatchObject({
      stationId: app.stations.east,
      areaId: app.areas.west,
      position: point(...places.west),
    });
    await crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'done' } });
    expect(
      (
        await desk().does(updateIncident, {
          params: { id },
          body: { version: version + 2, position: point(...places.west) },
        })
      ).stationId,
    ).toBe(app.stations.west);
  });
});

describe('a note', () => {
  it('is written by the desk and by crews on shift', async () => {
    const { incidentId: id } = await report(app);
    expect((await app.east.crew.call(noteIncident, { params: { id }, body: { text: 'x' } })).status).toBe(404);
    const crew = await addPerson(app, 'crew', app.stations.east);
    await goOut(app, [crew]);
    const noted = await expectReplay(app, () =>
      crew.call(noteIncident, { params: { id }, body: { text: '  behind the kiosk  ' } }),
    );
    expect([noted.status, noted.body]).toMatchObject([201, { id, version: 2, signs: [] }]);
    await desk().does(noteIncident, { params: { id }, body: { text: 'second' } });
    expect(
      (await incidentOf(desk(), id)).timeline.filter(({ kind }) => kind === 'noted').map(({ detail }) => detail),
    ).toEqual([{ text: 'behind the kiosk' }, { text: 'second' }]);
    expect((await desk().call(noteIncident, { params: { id }, body: { text: '   ' } })).status).toBe(422);
    expect((await app.west.dispatcher.call(noteIncident, { params: { id }, body: { text: 'x' } })).status).toBe(404);
  });
});

describe('closing', () => {
  it('waits for a running job and a held bed, not for one that expired', async () => {
    const crew = await addPerson(app, 'crew', app.stations.east);
    const patrol = await goOut(app, [crew]);
    const { incidentId: id } = await report(app);
    const dispatchId = await dispatch(app, id, patrol);
    const close = () => desk().call(closeIncident, { params: { id }, body: { reason: 'done' } });
    expect(await close()).toMatchObject({
      status: 409,
      body: { code: 'open_obligations', errors: [{ code: 'dispatch', message: dispatchId }] },
    });
    const hold = await crew.does(holdBed, {
      params: { id: app.shelters.east },
      body: { id: randomUUID(), people: 1, for: 'one', dispatchId },
    });
    await crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'done' } });
    expect(await close()).toMatchObject({
      status: 409,
      body: { code: 'open_obligations', errors: [{ code: 'hold', message: hold.id }] },
    });
    app.clock.advance(hours(1.5));
    const closed = await expectReplay(app, close);
    expect(closed.body).toMatchObject({
      status: 'closed',
      closeReason: 'done',
      closedAt: app.clock.now().toISOString(),
    });
    expect(await close()).toMatchObject({ status: 409, body: { code: 'incident_closed' } });
  });

  it('can be taken back', async () => {
    const { incidentId: id } = await report(app);
    await desk().does(closeIncident, { params: { id }, body: { reason: 'gone', version: 1 } });
    expect((await desk().call(reopenIncident, { params: { id }, body: { version: 1 } })).body).toMatchObject({
      code: 'version_conflict',
    });
    const open = await expectReplay(app, () => desk().does(reopenIncident, { params: { id }, body: { version: 2 } }));
    expect(open).toMatchObject({ status: 'open', closedAt: null, closeReason: null, version: 3 });
    expect(await desk().does(reopenIncident, { params: { id }, body: {} })).toMatchObject({ version: 3 });
    expect((await incidentOf(desk(), id)).timeline.map(({ kind }) => kind)).toEqual(['reported', 'closed', 'reopened']);
  });
});
