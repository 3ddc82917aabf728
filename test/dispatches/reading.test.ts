/** Which jobs there are, and whom to send. */
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { type DispatchStatus, listDispatches, listSuggestions, stepDispatch } from '../../shared/dispatches.ts';
import type { LonLat } from '../../shared/geo.ts';
import { listPatrols, updatePatrol } from '../../shared/patrols.ts';
import { takePositions } from '../../shared/positions.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { dispatch, goOut, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
const app = useApp();
const desk = (): Person => app.east.dispatcher;
const member = (): Promise<Person> => addPerson(app, 'crew', app.stations.east);
const step = (
  by: Person,
  id: string,
  status: DispatchStatus,
  more: { at?: string; reason?: string; version?: number } = {},
) => by.call(stepDispatch, { params: { id }, body: { status, ...more } });
const iso = (ms = 0): string => new Date(app.clock.now().getTime() + ms).toISOString();
/** A crew on its way to a new incident. */
async function job(): Promise<{ crew: Person; patrolId: string; incidentId: string; id: string }> {
  const crew = await member();
  const patrolId = await goOut(app, [crew]);
  const { incidentId } = await report(app);
  return { crew, patrolId, incidentId, id: await dispatch(app, incidentId, patrolId) };
}

describe('the list', () => {
  it('filters for the desk, and shows a crew its own', async () => {
    const mine = await job();
    const other = await job();
    await step(other.crew, other.id, 'declined');
    const ids = async (by: Person, query: Record<string, string> = {}): Promise<string[]> =>
      (await by.does(listDispatches, { query: { limit: '500', ...query } })).items.map(({ id }) => id);
    expect(await ids(mine.crew)).toEqual([mine.id]);
    expect(await ids(mine.crew, { patrolId: other.patrolId })).toEqual([]);
    expect(await ids(app.east.crew)).toEqual([]);
    expect(await ids(desk(), { incidentId: mine.incidentId })).toEqual([mine.id]);
    expect(await ids(desk(), { patrolId: other.patrolId, status: 'active' })).toEqual([]);
    expect(await ids(desk(), { patrolId: other.patrolId, status: 'declined' })).toEqual([other.id]);
    const all = await ids(desk());
    const first = await desk().does(listDispatches, { query: { limit: '1' } });
    const second = await desk().does(listDispatches, { query: { limit: '500', cursor: first.nextCursor ?? '' } });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(all);
    expect(await ids(app.west.dispatcher)).toEqual([]);
  });
});

describe('suggestions', () => {
  it('put the nearest free first, old and unknown positions after, the busy last, each with its reason', async () => {
    // a place of its own: patrols of the other tests are all far away
    for (const { id } of (await desk().does(listPatrols)).items)
      await rows(app.database.knex, `delete from patrol_positions where patrol_id = cast(:id as uuid)`, { id });
    const at = async (lon: number | null, ms = 0): Promise<string> => {
      const id = await goOut(app, [], null);
      if (lon !== null)
        await desk().does(takePositions, {
          body: [{ patrolId: id, position: { type: 'Point', coordinates: [lon, 34.22] as LonLat }, at: iso(ms) }],
        });
      return id;
    };
    const stale = await at(109.0, -minutes(11));
    const [here, far, nowhere, busy, resting] = [
      await at(109.0),
      await at(109.03),
      await at(null),
      await at(109.001),
      await at(109.002),
    ];
    await dispatch(app, (await report(app)).incidentId, busy);
    await desk().does(updatePatrol, { params: { id: resting }, body: { status: 'break' } });
    const { incidentId } = await report(app, { position: { type: 'Point', coordinates: [109.0, 34.22] } });
    const { items } = await desk().does(listSuggestions, { params: { id: incidentId } });
    const of = (id: string) => items.find(({ patrolId }) => patrolId === id);
    expect(items.slice(0, 3).map(({ patrolId }) => patrolId)).toEqual([here, far, stale]);
    expect(of(here)).toMatchObject({ etaS: 1, distanceM: 0, reasons: ['nearest', 'on_foot'], excluded: null });
    // straight distance x 1.4 at 4.5 km/h, on foot
    const metres = of(far)?.distanceM ?? 0;
    expect(Math.abs((of(far)?.etaS ?? 0) - (metres * 1.4) / (4.5 / 3.6))).toBeLessThan(2);
    expect(of(far)).toMatchObject({ reasons: ['free', 'on_foot'], excluded: null, freeInS: 0 });
    expect(of(stale)).toMatchObject({ reasons: ['free', 'stale_position', 'on_foot'], excluded: null, fixAgeS: 660 });
    expect(of(nowhere)).toMatchObject({
      etaS: null,
      distanceM: null,
      reasons: ['free', 'no_position', 'on_foot'],
      excluded: null,
      fixAgeS: null,
    });
    expect([of(busy)?.excluded, of(resting)?.excluded]).toEqual(['busy', 'break']);
    const firstOut = items.findIndex(({ excluded }) => excluded !== null);
    expect(items.slice(firstOut).every(({ excluded }) => excluded !== null)).toBe(true);
    for (const { etaS } of items) if (etaS !== null) expect(etaS).toBeGreaterThanOrEqual(1);
    await rows(app.database.knex, `update rules set value = '9' where key = 'eta.on_foot'`);
    const faster = (await desk().does(listSuggestions, { params: { id: incidentId } })).items.find(
      ({ patrolId }) => patrolId === far,
    );
    expect(Math.abs((faster?.etaS ?? 0) * 2 - (of(far)?.etaS ?? 0))).toBeLessThanOrEqual(2);
    await rows(app.database.knex, `update rules set value = '4.5' where key = 'eta.on_foot'`);
  });

  it('for one without a place name patrols without a time', async () => {
    const { incidentId } = await report(app, { position: undefined as never, placeText: 'somewhere' });
    const { items } = await app.root.dispatcher.does(listSuggestions, { params: { id: incidentId } });
    expect(items.every(({ etaS, distanceM }) => etaS === null && distanceM === null)).toBe(true);
    expect((await desk().call(listSuggestions, { params: { id: incidentId } })).status).toBe(404);
  });
});
