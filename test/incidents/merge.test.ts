/** Merging is the desk's alone, and it can always be taken back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import {
  closeIncident,
  type IncidentRow,
  mergeIncident,
  reopenIncident,
  unmergeIncident,
  updateIncident,
} from '../../shared/incidents.ts';
import type { SightingBody } from '../../shared/sightings.ts';
import { places, useApp } from '../kit/app.ts';
import { dispatch, goOut, incidentOf, report } from '../kit/builders.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const merge = (id: string, intoId: string, by = app.east.dispatcher) =>
  by.call(mergeIncident, { params: { id }, body: { intoId } });
const unmerge = (id: string, by = app.east.dispatcher) => by.call(unmergeIncident, { params: { id }, body: {} });
const read = (id: string) => incidentOf(app.root.dispatcher, id);

describe('a merge', () => {
  it('gathers the reports, the signs and the most pressing priority, and is told to everybody', async () => {
    const [a, b] = [
      await report(app, { signs: ['wet'], people: 2 }),
      await report(app, { signs: ['confused'], people: 1 }),
    ];
    const { body } = await expectReplay(app, () => merge(b.incidentId, a.incidentId));
    expect(body).toMatchObject({ id: b.incidentId, status: 'closed', mergedInto: a.incidentId, sightingIds: [] });
    const into = await read(a.incidentId);
    expect(into).toMatchObject({ status: 'open', people: 2, priority: 'life_risk', version: 2 });
    expect([into.sightingIds.sort(), [...into.signs].sort()]).toEqual([[a.id, b.id].sort(), ['confused', 'wet']]);
    expect(into.timeline.at(-1)).toMatchObject({ kind: 'absorbed', detail: { fromId: b.incidentId } });
    const back = await expectReplay(app, () => unmerge(b.incidentId));
    expect(back.body).toMatchObject({
      status: 'open',
      mergedInto: null,
      sightingIds: [b.id],
      priority: 'life_risk',
      signs: ['confused'],
    });
    expect(await read(a.incidentId)).toMatchObject({ sightingIds: [a.id], priority: 'urgent', signs: ['wet'] });
  });

  it("keeps the desk's own word on priority and head count, of either", async () => {
    const [a, b] = [await report(app), await report(app)];
    await app.east.dispatcher.does(updateIncident, { params: { id: a.incidentId }, body: { version: 1, people: 5 } });
    await app.east.dispatcher.does(updateIncident, {
      params: { id: b.incidentId },
      body: { version: 1, priority: 'life_risk' },
    });
    await merge(b.incidentId, a.incidentId);
    expect(await read(a.incidentId)).toMatchObject({ people: 5, priority: 'life_risk' });
    await unmerge(b.incidentId);
    expect(await read(a.incidentId)).toMatchObject({ people: 5, priority: 'normal' });
    expect(await read(b.incidentId)).toMatchObject({ people: 1, priority: 'life_risk' });
  });

  it('is refused with itself, twice, with a closed, a busy or a foreign one', async () => {
    const [a, b, c] = [await report(app), await report(app), await report(app)];
    expect(await merge(a.incidentId, a.incidentId)).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/intoId', code: 'same' }] },
    });
    await merge(b.incidentId, a.incidentId);
    expect(await merge(b.incidentId, c.incidentId)).toMatchObject({ status: 409, body: { code: 'already_merged' } });
    expect(await merge(c.incidentId, b.incidentId)).toMatchObject({ status: 409, body: { code: 'incident_closed' } });
    expect(
      (await app.east.dispatcher.call(reopenIncident, { params: { id: b.incidentId }, body: {} })).body,
    ).toMatchObject({ code: 'already_merged' });
    expect(await unmerge(c.incidentId)).toMatchObject({ status: 409, body: { code: 'not_merged' } });
    const foreign = await report(app, { position: { type: 'Point', coordinates: places.west } });
    expect((await merge(c.incidentId, foreign.incidentId)).status).toBe(404);
    expect((await merge(foreign.incidentId, c.incidentId)).status).toBe(404);
    await dispatch(app, c.incidentId, await goOut(app, []));
    expect(await merge(c.incidentId, a.incidentId)).toMatchObject({ status: 409, body: { code: 'open_obligations' } });
    expect(
      (
        await app.east.dispatcher.call(mergeIncident, {
          params: { id: a.incidentId },
          body: { intoId: c.incidentId, version: 99 },
        })
      ).body,
    ).toMatchObject({ code: 'version_conflict' });
  });

  it('over the border moves the report with it, and each desk keeps a true picture', async () => {
    const [a, b] = [await report(app), await report(app, { position: { type: 'Point', coordinates: places.west } })];
    await expectReplay(app, () => merge(b.incidentId, a.incidentId, app.root.dispatcher));
    expect((await read(a.incidentId)).sightingIds.sort()).toEqual([a.id, b.id].sort());
    expect((await unmerge(b.incidentId)).status).toBe(404);
    expect((await expectReplay(app, () => unmerge(b.incidentId, app.root.dispatcher))).status).toBe(200);
  });

  it('comes back when the one that took it has closed since', async () => {
    const [a, b] = [await report(app), await report(app)];
    await merge(b.incidentId, a.incidentId);
    await app.east.dispatcher.does(closeIncident, { params: { id: a.incidentId }, body: { reason: 'x' } });
    expect((await unmerge(b.incidentId)).body).toMatchObject({ status: 'open', sightingIds: [b.id] });
    expect(await read(a.incidentId)).toMatchObject({ status: 'closed', sightingIds: [a.id] });
  });
});

describe('any order of merges and unmerges', () => {
  const SIZE = 5;
  type Step = ['merge', number, number] | ['unmerge', number];
  const steps = fc.array(
    fc.oneof(
      fc.tuple(fc.constant('merge' as const), fc.nat(SIZE - 1), fc.nat(SIZE - 1)),
      fc.tuple(fc.constant('unmerge' as const), fc.nat(SIZE - 1)),
    ),
    { minLength: 1, maxLength: 12 },
  ) as fc.Arbitrary<Step[]>;
  const picture = ({ version: _version, seenAt: _seen, signs, ...rest }: IncidentRow): object => ({
    ...rest,
    signs: [...signs].sort(),
  });
  const given: Partial<SightingBody>[] = [
    { signs: ['wet'] },
    { signs: ['injured', 'child'], people: 4 },
    {},
    { people: 7 },
    { signs: ['no_shoes', 'wet'] },
  ];

  it('keeps every report on exactly one incident that is not merged, and taking all back restores the first picture', async () => {
    const reports: Awaited<ReturnType<typeof report>>[] = [];
    for (const over of given) reports.push(await report(app, over));
    const ids = reports.map(({ incidentId }) => incidentId);
    const id = (n: number): string => ids[n] ?? '';
    const all = async (): Promise<IncidentRow[]> =>
      Promise.all(
        ids.map(async (each) => {
          const { timeline: _t, sightings: _s, encounters: _e, ...incident } = await read(each);
          return incident;
        }),
      );
    const first = (await all()).map(picture);
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        for (const [kind, a, b] of list) {
          const { status } = kind === 'merge' ? await merge(id(a), id(b)) : await unmerge(id(a));
          expect([200, 409, 422]).toContain(status);
        }
        const now = await all();
        const held = now.filter(({ mergedInto }) => mergedInto === null).flatMap(({ sightingIds }) => sightingIds);
        expect([...held].sort()).toEqual(reports.map((each) => each.id).sort());
        expect(now.filter(({ mergedInto }) => mergedInto !== null).flatMap(({ sightingIds }) => sightingIds)).toEqual(
          [],
        );
        for (let round = 0; round < SIZE; round += 1) for (const each of ids) await unmerge(each);
        expect((await all()).map(picture)).toEqual(first);
      }),
      { numRuns: 15 },
    );
    expect(
      await rows(
        app.database.knex,
        `select 1 from sightings where incident_id <> first_incident_id and id = any (cast(:ids as uuid[]))`,
        { ids: reports.map((each) => each.id) },
      ),
    ).toEqual([]);
  });
});
