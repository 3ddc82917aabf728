/** What a reporter hears back: how far it has come, and never a word of a person or a place. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { stepDispatch } from '../../shared/dispatches.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { closeIncident, markSeen, mergeIncident, noteIncident, unmergeIncident } from '../../shared/incidents.ts';
import { listPublicShelters } from '../../shared/shelters.ts';
import { type FollowStatus, readFollow } from '../../shared/sightings.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { dispatch, goOut, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';

const app = useApp();
type Told = Awaited<ReturnType<typeof report>>;
const follow = (told: Told) => app.anyone.does(readFollow, { params: { token: told.followUpUrl.slice(8) } });
const statusOf = async (told: Told): Promise<FollowStatus> => (await follow(told)).status;
const at = { type: 'Point' as const, coordinates: places.east };

describe('the progress of a report', () => {
  it('goes from received to closed, with the time of each step', async () => {
    const told = await report(app);
    const crew = await addPerson(app, 'crew', app.stations.east);
    const patrol = await goOut(app, [crew]);
    const expected: { status: FollowStatus; at: string }[] = [];
    const reaches = async (status: FollowStatus): Promise<void> => {
      expected.push({ status, at: app.clock.now().toISOString() });
      expect(await follow(told)).toEqual({
        code: told.code,
        status,
        updates: expected,
        question: null,
        questionId: null,
      });
      app.clock.advance(minutes(1));
    };
    await reaches('received');
    await app.east.dispatcher.does(markSeen, { params: { id: told.incidentId }, body: {} });
    await reaches('seen');
    const dispatchId = await dispatch(app, told.incidentId, patrol);
    await crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'accepted' } });
    expect(await statusOf(told)).toBe('seen');
    await crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'en_route' } });
    await reaches('on_the_way');
    await crew.does(recordEncounter, {
      body: { id: randomUUID(), dispatchId, position: at, people: [], notFoundReason: 'gone' },
    });
    await reaches('not_found');
    await crew.does(recordEncounter, {
      body: { id: randomUUID(), dispatchId, position: at, people: [{ outcome: 'took_items' }] },
    });
    // Somebody met is the answer, even when they had looked in vain before.
    expected.pop();
    await reaches('found');
    await crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'done' } });
    await app.east.dispatcher.does(closeIncident, {
      params: { id: told.incidentId },
      body: { reason: 'has gone home' },
    });
    await reaches('closed');
  });

  it('answers every reporter of a merged incident, keeps what was told, and comes back with an unmerge', async () => {
    const [first, second, third] = [await report(app), await report(app), await report(app)];
    const desk = app.east.dispatcher;
    const crew = await addPerson(app, 'crew', app.stations.east);
    const patrol = await goOut(app, [crew]);
    // Somebody was met for the first before anybody saw that the reports are one.
    await desk.does(recordEncounter, {
      body: { id: randomUUID(), incidentId: first.incidentId, position: at, people: [{ outcome: 'took_items' }] },
    });
    await desk.does(markSeen, { params: { id: first.incidentId }, body: {} });
    expect(await Promise.all([first, second, third].map(statusOf))).toEqual(['found', 'received', 'received']);
    await desk.does(mergeIncident, { params: { id: first.incidentId }, body: { intoId: second.incidentId } });
    expect(await Promise.all([first, second, third].map(statusOf))).toEqual(['found', 'seen', 'received']);
    await desk.does(mergeIncident, { params: { id: second.incidentId }, body: { intoId: third.incidentId } });
    const dispatchId = await dispatch(app, third.incidentId, patrol);
    for (const status of ['en_route', 'on_scene'] as const)
      await crew.does(stepDispatch, { params: { id: dispatchId }, body: { status } });
    expect(await Promise.all([first, second, third].map(statusOf))).toEqual(['found', 'on_the_way', 'on_the_way']);
    await crew.does(recordEncounter, {
      body: { id: randomUUID(), dispatchId, position: at, people: [{ outcome: 'guided' }] },
    });
    await crew.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'done' } });
    await desk.does(closeIncident, { params: { id: third.incidentId }, body: { reason: 'guided home' } });
    expect(await Promise.all([first, second, third].map(statusOf))).toEqual(['closed', 'closed', 'closed']);
    await desk.does(unmergeIncident, { params: { id: second.incidentId }, body: {} });
    expect(await Promise.all([first, second, third].map(statusOf))).toEqual(['found', 'seen', 'closed']);
  });

  it('is nobody’s who has another link', async () => {
    const told = await report(app);
    const token = told.followUpUrl.slice(8);
    const others = [
      token.slice(0, -1),
      `${token}A`,
      `${token.slice(0, 20)}${token[20] === 'A' ? 'B' : 'A'}${token.slice(21)}`,
      Buffer.alloc(32).toString('base64url'),
      token.toLowerCase() === token ? token.toUpperCase() : token.toLowerCase(),
      '..%2f..%2fetc',
    ];
    for (const other of others) {
      expect((await app.anyone.fetch(`/api/follow/${other}`)).status, other).toBe(404);
      expect((await app.anyone.fetch(`/follow/${other}`)).status, other).toBe(404);
    }
    expect((await app.anyone.fetch(`/api/follow/${token}`)).status).toBe(200);
  });
});

describe('what a report says', () => {
  it('stays with those it is for: not on the follow-up page, not in public answers, logs, metrics or the audit', async () => {
    const canary = (name: string): string => `canary-${name}-${randomUUID().slice(0, 8)}`;
    const said = {
      description: canary('words'),
      placeText: canary('place'),
      placeCode: canary('code'),
      contact: canary('phone'),
    };
    const [lon, lat] = [108.987612, 34.251743];
    const told = await report(app, {
      ...said,
      position: { type: 'Point', coordinates: [lon, lat] },
      signs: ['child', 'injured'],
    });
    const note = canary('note');
    await app.east.dispatcher.does(noteIncident, { params: { id: told.incidentId }, body: { text: note } });
    const refusal = canary('refusal');
    await app.east.dispatcher.does(recordEncounter, {
      body: {
        id: randomUUID(),
        incidentId: told.incidentId,
        position: { type: 'Point', coordinates: [lon, lat] },
        people: [{ outcome: 'refused', refusal, needs: [canary('need')], groups: [canary('group')] }],
      },
    });
    const text = async (path: string): Promise<string> =>
      (await app.anyone.fetch(path, { headers: { accept: '*/*' } })).text();
    const places_ = {
      'GET /api/follow': await text(`/api${told.followUpUrl}`),
      'GET /follow': await text(told.followUpUrl),
      'GET /follow, new': await text(`${told.followUpUrl}?new=1`),
      'GET /shelters': await text('/shelters'),
      'GET /report': await text('/report'),
      'GET /api/public/shelters': JSON.stringify(await app.anyone.does(listPublicShelters)),
      'GET /api/health': await text('/api/health'),
      'GET /metrics': await text('/metrics'),
      'the log': app.logged.join('\n'),
      'the audit': JSON.stringify(await rows(app.database.knex, `select * from audit`)),
      'idempotency keys of the public': JSON.stringify(
        await rows(app.database.knex, `select k.reply from idempotency_keys k where k.reply is null`),
      ),
    };
    const secrets = ['canary-', '108.9876', '34.2517', told.incidentId, 'injured'];
    for (const [where, found] of Object.entries(places_)) {
      expect(found.length, where).toBeGreaterThan(1);
      for (const secret of secrets)
        if (
          !(where === 'the audit' && secret === told.incidentId) &&
          !(where === 'GET /report' && secret === 'injured')
        )
          expect(found.includes(secret), `${secret} in ${where}`).toBe(false);
    }
    expect(Object.keys(await follow(told)).sort()).toEqual(['code', 'question', 'questionId', 'status', 'updates']);
  });

  it('is no part of the URL that is logged', async () => {
    const told = await report(app);
    await app.anyone.fetch(told.followUpUrl);
    await follow(told);
    expect(app.logged.some((line) => line.includes(told.followUpUrl.slice(8)))).toBe(false);
    expect(app.logged.some((line) => line.includes('/api/follow/:token'))).toBe(true);
  });
});
