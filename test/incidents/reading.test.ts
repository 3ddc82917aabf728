/** What is read of incidents: lists, possible doubles, one with its story. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { sendPatrol } from '../../shared/dispatches.ts';
import { byUrgency, closeIncident, type IncidentRow, listDuplicates, listIncidents } from '../../shared/incidents.ts';
import { listSightings } from '../../shared/sightings.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { goOut, incidentOf, report } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
const app = useApp();
const point = (lon: number, lat: number) => ({ type: 'Point' as const, coordinates: [lon, lat] as [number, number] });
const desk = () => app.east.dispatcher;
const unplaced = { position: undefined as never, placeText: 'the old bridge' };

describe('the list', () => {
  it('filters, sorts and pages without losing or doubling any', async () => {
    const signs = [['unresponsive'], ['wet'], []] as const;
    for (let n = 0; n < 12; n += 1) {
      await report(app, { signs: [...(signs[n % 3] ?? [])], position: point(109.0 + n / 1000, 34.28) });
      // several at the same moment: the id decides
      if (n % 4 === 3) app.clock.advance(minutes(1));
    }
    const all = (await desk().does(listIncidents, { query: { limit: '500' } })).items;
    expect(all.length).toBeGreaterThanOrEqual(12);
    const closing = all[3] as IncidentRow;
    await desk().does(closeIncident, { params: { id: closing.id }, body: { reason: 'double' } });
    for (const sort of ['newest', 'cold'] as const) {
      const seen: IncidentRow[] = [];
      let cursor: string | null = null;
      do {
        const page: { items: IncidentRow[]; nextCursor: string | null } = await desk().does(listIncidents, {
          query: { sort, limit: '5', ...(cursor === null ? {} : { cursor }) },
        });
        seen.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== null);
      const open = all.filter(({ id }) => id !== closing.id);
      const newest = (a: IncidentRow, b: IncidentRow): number =>
        b.openedAt.localeCompare(a.openedAt) || b.id.localeCompare(a.id);
      expect(seen.map(({ id }) => id)).toEqual(open.sort(sort === 'cold' ? byUrgency : newest).map(({ id }) => id));
    }
    const ids = async (query: Record<string, string>): Promise<string[]> =>
      (await desk().does(listIncidents, { query: { limit: '500', ...query } })).items.map(({ id }) => id);
    expect(await ids({ status: 'closed' })).toEqual([closing.id]);
    expect((await ids({ status: 'all' })).length).toBe(all.length);
    expect(await ids({ status: 'on_scene' })).toEqual([]);
    expect((await ids({ status: 'open' })).length).toBe(all.length - 1);
  });

  it('takes a bounding box, and no other text for one', async () => {
    const { incidentId } = await report(app, { position: point(108.96, 34.21) });
    const inside = await desk().does(listIncidents, { query: { bbox: '108.959,34.209,108.961,34.211' } });
    expect(inside.items.map(({ id }) => id)).toEqual([incidentId]);
    expect(
      (await desk().does(listIncidents, { query: { bbox: '-180,-90,180,90', limit: '1e9' } })).items.length,
    ).toBeLessThanOrEqual(500);
    for (const bbox of ['1,2,3', 'NaN,1,2,3', '1,2,3,4,5', '1,50,2,40', '0,0,181,1', '']) {
      const { status, body } = await desk().call(listIncidents, { query: { bbox } });
      expect([bbox, status, body]).toMatchObject([bbox, 422, { errors: [{ path: '/query/bbox', code: 'bbox' }] }]);
    }
    for (const [name, value] of [
      ['status', 'x'],
      ['sort', 'x'],
      ['limit', '0'],
      ['other', '1'],
    ] as const)
      expect((await desk().call(listIncidents, { query: { [name]: value } })).status).toBe(422);
    expect((await desk().fetch('/api/incidents?status=open&status=closed')).status).toBe(422);
  });

  it('shows nothing to a crew that is not out', async () => {
    await report(app);
    expect((await app.east.crew.does(listIncidents)).items).toEqual([]);
    expect((await app.west.dispatcher.does(listIncidents)).items).toEqual([]);
  });
});

describe('possible duplicates', () => {
  const duplicates = async (id: string): Promise<[string, number | null, number][]> =>
    (await desk().does(listDuplicates, { params: { id } })).items.map((found) => [
      found.id,
      found.distanceM,
      found.minutesApart,
    ]);
  it('are the open ones near in place and time by the rules, nearest first', async () => {
    const at = (lon: number) => report(app, { position: point(lon, 34.205) });
    const [old] = [await at(109.02)];
    app.clock.advance(hours(12) + minutes(1));
    const me = await at(109.02);
    app.clock.advance(minutes(30));
    const [near, nearer, far, shut] = [await at(109.022), await at(109.0205), await at(109.025), await at(109.0201)];
    await desk().does(closeIncident, { params: { id: shut.incidentId }, body: { reason: 'x' } });
    const found = await duplicates(me.incidentId);
    expect(found.map(([id]) => id)).toEqual([nearer.incidentId, near.incidentId]);
    expect(found[0]?.[1]).toBeCloseTo(46, -1);
    expect(found[0]?.[2]).toBe(30);
    await rows(app.database.knex, `update rules set value = '600' where key = 'duplicates.radius'`);
    await rows(app.database.knex, `update rules set value = '24' where key = 'duplicates.window'`);
    expect((await duplicates(me.incidentId)).map(([id]) => id).sort()).toEqual(
      [old.incidentId, near.incidentId, nearer.incidentId, far.incidentId].sort(),
    );
    await rows(app.database.knex, `update rules set value = '250' where key = 'duplicates.radius'`);
    await rows(app.database.knex, `update rules set value = '12' where key = 'duplicates.window'`);
  });
  it('are none for one without a place, and 404 for a foreign one', async () => {
    const { incidentId: id } = await report(app, unplaced);
    expect((await app.root.dispatcher.does(listDuplicates, { params: { id } })).items).toEqual([]);
    expect((await desk().call(listDuplicates, { params: { id } })).status).toBe(404);
  });
});

describe('one incident', () => {
  it('tells all to the desk, and to a crew on shift all but health and the reporter', async () => {
    const { incidentId: id } = await report(app, {
      signs: ['child', 'injured'],
      contact: '13800000000',
      description: 'a boy',
    });
    const crew = await addPerson(app, 'crew', app.stations.east);
    expect((await crew.call({ ...listSightings, path: `/api/incidents/${id}` })).status).toBe(404);
    const patrol = await goOut(app, [crew]);
    const seen = await incidentOf(crew, id);
    expect([seen.signs, seen.sightings[0]?.signs, seen.sightings[0]?.contact, seen.sightings[0]?.description]).toEqual([
      [],
      [],
      null,
      'a boy',
    ]);
    await app.east.dispatcher.does(sendPatrol, { body: { id: randomUUID(), incidentId: id, patrolId: patrol } });
    const mine = await incidentOf(crew, id);
    expect([mine.signs, mine.sightings[0]?.signs, mine.sightings[0]?.contact]).toEqual([
      ['child', 'injured'],
      ['child', 'injured'],
      '13800000000',
    ]);
    expect(await incidentOf(desk(), id)).toMatchObject({ signs: ['child', 'injured'] });
    expect((await app.west.dispatcher.call({ ...listSightings, path: `/api/incidents/${id}` })).status).toBe(404);
  });

  it('is read by an inspector, and every look is written down', async () => {
    const { incidentId: id } = await report(app);
    await incidentOf(app.east.inspector, id);
    const looked = await row(
      app.database.knex,
      `select actor_id from audit where command = 'readIncident' and cast(:id as uuid) = any (subject_ids)`,
      { id },
    );
    expect(looked).toEqual({ actor_id: app.east.inspector.id });
  });
});
