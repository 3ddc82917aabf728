/** The main job through the API: a sighting becomes a person in a warm bed, and every viewer's picture keeps up. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sendPatrol, stepDispatch } from '../../shared/dispatches.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { closeIncident, listIncidents, markSeen } from '../../shared/incidents.ts';
import { startPatrol, updatePatrol } from '../../shared/patrols.ts';
import { takePositions } from '../../shared/positions.ts';
import { holdBed, listShelters } from '../../shared/shelters.ts';
import { checkIn, updateStay } from '../../shared/stays.ts';
import { type FollowStatus, readFollow, reportSighting } from '../../shared/sightings.ts';
import { createDepot, createItem, listStock, moveSupplies } from '../../shared/supplies.ts';
import { readTally } from '../../shared/tally.ts';
import { places, useApp } from '../kit/app.ts';
import { incidentOf, sighting } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import { expectReplay } from '../kit/replay.ts';

describe('from a sighting to a warm bed', () => {
  const app = useApp();

  it('joins the whole chain', async () => {
    const { dispatcher, manager, crew, shelter } = app.east;
    const follow = async (url: string): Promise<FollowStatus> =>
      (await app.anyone.does(readFollow, { params: { token: url.split('/').pop() ?? '' } })).status;

    // Supplies: a depot receives blankets, the patrol loads some.
    const [item, depot, patrolId] = [randomUUID(), randomUUID(), randomUUID()];
    await expectReplay(app, () =>
      manager.does(createItem, { body: { id: item, name: 'Blanket', nameZh: '毛毯', unit: 'piece', kind: 'bedding' } }),
    );
    await manager.does(createDepot, { body: { id: depot, name: 'Depot' } });
    await expectReplay(app, () =>
      manager.does(moveSupplies, {
        body: {
          id: randomUUID(),
          itemId: item,
          quantity: 10,
          from: { kind: 'supplier' },
          to: { kind: 'depot', id: depot },
          reason: 'receive',
        },
      }),
    );
    await expectReplay(app, () =>
      dispatcher.does(startPatrol, { body: { id: patrolId, name: 'Patrol 1', crew: [crew.id], crewCount: 2 } }),
    );
    await expectReplay(app, () =>
      manager.does(moveSupplies, {
        body: {
          id: randomUUID(),
          itemId: item,
          quantity: 2,
          from: { kind: 'depot', id: depot },
          to: { kind: 'patrol', id: patrolId },
          reason: 'move',
        },
      }),
    );
    await crew.does(takePositions, {
      body: [
        { patrolId, position: { type: 'Point', coordinates: places.eastNear }, at: app.clock.now().toISOString() },
      ],
    });

    // Somebody reports.
    const body = sighting({
      signs: ['elderly', 'wet'],
      description: 'under the bridge',
      placeText: 'bridge, east side',
    });
    const receipt = await expectReplay(app, () => app.anyone.does(reportSighting, { body }));
    expect(receipt).toMatchObject({ id: body.id, nearby: false });
    expect(await follow(receipt.followUpUrl)).toBe('received');

    // The desk sees it.
    const { items } = await dispatcher.does(listIncidents);
    const incident = items.find((row) => row.sightingIds.includes(body.id));
    expect(incident).toMatchObject({ status: 'open', priority: 'urgent', stationId: app.stations.east, lane: null });
    const incidentId = incident?.id ?? '';
    await expectReplay(app, () => dispatcher.does(markSeen, { params: { id: incidentId }, body: {} }));
    expect(await follow(receipt.followUpUrl)).toBe('seen');

    // A patrol is sent and works its steps.
    const dispatchId = randomUUID();
    await expectReplay(app, () => dispatcher.does(sendPatrol, { body: { id: dispatchId, incidentId, patrolId } }));
    for (const status of ['accepted', 'en_route', 'on_scene'] as const) {
      app.clock.advance(minutes(3));
      await expectReplay(app, () => crew.does(stepDispatch, { params: { id: dispatchId }, body: { status } }));
    }
    expect(await follow(receipt.followUpUrl)).toBe('on_the_way');
    expect(await incidentOf(crew, incidentId)).toMatchObject({ status: 'on_scene', signs: ['elderly', 'wet'] });

    // A person is met, takes blankets (more than the book says are aboard) and comes along.
    const hold = await expectReplay(app, () =>
      crew.does(holdBed, {
        params: { id: app.shelters.east },
        body: { id: randomUUID(), people: 1, for: 'an elderly man', dispatchId },
      }),
    );
    const encounterId = randomUUID();
    const encounter = await expectReplay(app, () =>
      crew.does(recordEncounter, {
        body: {
          id: encounterId,
          dispatchId,
          position: { type: 'Point', coordinates: places.east },
          people: [{ outcome: 'brought_in', groups: ['elderly'] }],
          handouts: [{ itemId: item, quantity: 3 }],
          shelterId: app.shelters.east,
        },
      }),
    );
    expect(encounter.handouts).toEqual([{ itemId: item, quantity: 3, short: true }]);
    expect(await follow(receipt.followUpUrl)).toBe('found');
    await expectReplay(app, () =>
      crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'transporting' } }),
    );

    // The bed was held, and is used.
    const held = await shelter.does(listShelters);
    expect(held.items[0]).toMatchObject({ held: 1, occupied: 0, available: { any: 9 } });
    const stay = await expectReplay(app, () =>
      shelter.does(checkIn, { body: { id: randomUUID(), shelterId: app.shelters.east, holdId: hold.id } }),
    );
    expect((await shelter.does(listShelters)).items[0]).toMatchObject({ held: 0, occupied: 1, available: { any: 9 } });
    await expectReplay(app, () => crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'done' } }));

    // The incident closes, the reporter hears, the tally counts.
    const closed = await expectReplay(app, () =>
      dispatcher.does(closeIncident, { params: { id: incidentId }, body: { reason: 'in a warm bed' } }),
    );
    expect(closed.status).toBe('closed');
    expect(await follow(receipt.followUpUrl)).toBe('closed');
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(app.clock.now());
    const tally = await manager.does(readTally, { query: { from: today, to: today } });
    expect(tally).toMatchObject({
      peopleHelped: 1,
      refused: 0,
      notFound: 0,
      patrolPersonTimes: 2,
      itemsHandedOut: 3,
      placesOpened: 1,
    });

    // What is over leaves the picture.
    await expectReplay(app, () =>
      shelter.does(updateStay, {
        params: { id: stay.id },
        body: { version: stay.version, left: true, goingTo: 'home' },
      }),
    );
    await expectReplay(app, () => crew.does(updatePatrol, { params: { id: patrolId }, body: { status: 'ended' } }));
    const stock = await manager.does(listStock);
    expect(stock.items.find((row) => row.place.id === depot)?.quantity).toBe(8);
    // the embedded database beside the browser tests takes its time
  });

  it('tells the whole story in order', async () => {
    const { items } = await app.east.manager.does(listIncidents, { query: { status: 'closed' } });
    const { timeline } = await incidentOf(app.east.manager, items[0]?.id ?? '');
    expect(timeline.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'reported',
        'seen',
        'dispatched',
        'accepted',
        'en_route',
        'on_scene',
        'bed_held',
        'encounter',
        'transporting',
        'done',
        'closed',
      ]),
    );
    expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).sort());
    expect(timeline[0]?.kind).toBe('reported');
    expect(timeline.at(-1)?.kind).toBe('closed');
  });
});
