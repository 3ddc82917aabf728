/** Reports find together and apart again; whatever the desk does, each is in one incident and its reporter gets that one's answer. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import {
  closeIncident,
  type IncidentRow,
  markSeen,
  mergeIncident,
  readIncident,
  unmergeIncident,
  updateIncident,
} from '../../shared/incidents.ts';
import { moveSightingOut, readFollow } from '../../shared/sightings.ts';
import { places, useApp } from '../kit/app.ts';
import { incidentOf, report } from '../kit/builders.ts';
import { expectReplay } from '../kit/replay.ts';

type Reported = Awaited<ReturnType<typeof report>>;
const app = useApp();
const desk = () => app.east.dispatcher;
const merge = (id: string, intoId: string) => desk().call(mergeIncident, { params: { id }, body: { intoId } });
const unmerge = (id: string) => desk().call(unmergeIncident, { params: { id }, body: {} });
const moveOut = (id: string, incidentId: string, by = desk()) =>
  by.call(moveSightingOut, { params: { id }, body: { incidentId } });
const read = (id: string) => incidentOf(app.root.dispatcher, id);
const follow = (of: Pick<Reported, 'followUpUrl'>) =>
  app.anyone.does(readFollow, { params: { token: of.followUpUrl.split('/').pop() ?? '' } });
const somebodyMet = (incidentId: string) =>
  desk().does(recordEncounter, {
    body: {
      id: randomUUID(),
      incidentId,
      position: { type: 'Point', coordinates: places.east },
      people: [{ outcome: 'guided' }],
    },
  });
/** Two reports on the incident of the first. */
async function pair(first: Parameters<typeof report>[1], second: Parameters<typeof report>[1]): Promise<Reported[]> {
  const both = [await report(app, first), await report(app, second)];
  const [stays, goes] = both as [Reported, Reported];
  expect((await merge(goes.incidentId, stays.incidentId)).status).toBe(200);
  return both;
}

describe('moving a report out', () => {
  it('gives it an incident as intake would have, gathers both anew, and every desk keeps a true picture', async () => {
    const [a, b] = (await pair(
      { signs: ['wet'], people: 2, spoken: true },
      {
        position: { type: 'Point', coordinates: places.eastNear },
        signs: ['confused'],
        people: 3,
        placeText: 'bank lobby',
        placeCode: 'dk-1',
        description: 'behind the door',
        wantsHelp: true,
        source: 'taxi',
      },
    )) as [Reported, Reported];
    const id = randomUUID();
    const { status, body } = await expectReplay(app, () => moveOut(b.id, id));
    expect([status, body]).toMatchObject([200, { id: b.id, incidentId: id }]);
    expect(await read(id)).toMatchObject({
      status: 'open',
      stationId: app.stations.east,
      areaId: app.areas.east,
      lane: null,
      position: { coordinates: places.eastNear },
      priority: 'life_risk',
      signs: ['confused'],
      people: 3,
      placeText: 'bank lobby',
      placeCode: 'dk-1',
      description: 'behind the door',
      source: 'taxi',
      wantsHelp: true,
      spoken: null,
      sightingIds: [b.id],
      seenAt: expect.any(String) as string,
    });
    const left = await read(a.incidentId);
    expect(left).toMatchObject({
      sightingIds: [a.id],
      signs: ['wet'],
      people: 2,
      priority: 'urgent',
      spoken: true,
      wantsHelp: null,
    });
    expect(left.timeline.at(-1)).toMatchObject({ kind: 'moved_out', detail: { sightingId: b.id, toId: id } });
    const told = (await read(id)).timeline.map(({ kind, detail }) => ({ kind, detail }));
    expect(told).toEqual([{ kind: 'moved_in', detail: { sightingId: b.id, fromId: a.incidentId, code: left.code } }]);
    // undone by an ordinary merge, which can be taken back as any other
    expect((await expectReplay(app, () => merge(id, a.incidentId))).status).toBe(200);
    expect(await read(a.incidentId)).toMatchObject({ people: 3, priority: 'life_risk', wantsHelp: true });
    expect((await expectReplay(app, () => unmerge(id))).body).toMatchObject({ id, sightingIds: [b.id] });
  });

  it('of the one that opened the incident leaves it the words and place of the next, unless the desk gave it its own', async () => {
    const next = {
      position: { type: 'Point' as const, coordinates: places.eastNear },
      placeText: 'underpass',
      description: 'two of them',
      source: 'bus' as const,
    };
    const [a, b] = (await pair({ placeText: 'bridge' }, next)) as [Reported, Reported];
    await moveOut(a.id, randomUUID());
    expect(await read(a.incidentId)).toMatchObject({
      sightingIds: [b.id],
      placeText: 'underpass',
      description: 'two of them',
      source: 'bus',
      position: { coordinates: places.eastNear },
    });
    const [c] = (await pair({ placeText: 'bridge' }, next)) as [Reported, Reported];
    await desk().does(updateIncident, {
      params: { id: c.incidentId },
      body: { version: (await read(c.incidentId)).version, placeText: 'north side', people: 6 },
    });
    await moveOut(c.id, randomUUID());
    expect(await read(c.incidentId)).toMatchObject({
      placeText: 'north side',
      description: 'two of them',
      people: 6,
      position: { coordinates: places.east },
    });
  });

  it('is refused for the only one, on a closed incident, under a used id and from another station; again it changes nothing', async () => {
    const alone = await report(app);
    expect(await moveOut(alone.id, randomUUID())).toMatchObject({ status: 409, body: { code: 'only_sighting' } });
    const [a, b] = (await pair({}, {})) as [Reported, Reported];
    expect(await moveOut(b.id, alone.incidentId)).toMatchObject({ status: 409, body: { code: 'key_reuse' } });
    expect((await moveOut(b.id, randomUUID(), app.west.dispatcher)).status).toBe(404);
    expect((await moveOut(randomUUID(), randomUUID())).status).toBe(404);
    const id = randomUUID();
    expect((await moveOut(b.id, id)).status).toBe(200);
    const { version } = await read(id);
    expect((await moveOut(b.id, id)).status).toBe(200);
    expect((await read(id)).version).toBe(version);
    // the merge it came by has nothing left to bring back
    expect(await unmerge(b.incidentId)).toMatchObject({ status: 409, body: { code: 'only_sighting' } });
    await merge(id, a.incidentId);
    await desk().does(closeIncident, { params: { id: a.incidentId }, body: { reason: 'x' } });
    expect(await moveOut(a.id, randomUUID())).toMatchObject({ status: 409, body: { code: 'incident_closed' } });
  });

  it('answers each reporter from the incident the report is now in', async () => {
    const [a, b] = (await pair({}, {})) as [Reported, Reported];
    const status = async (): Promise<string[]> => [(await follow(a)).status, (await follow(b)).status];
    // whoever merged has looked at both
    expect(await status()).toEqual(['seen', 'seen']);
    const id = randomUUID();
    await moveOut(b.id, id);
    await somebodyMet(a.incidentId);
    expect(await status()).toEqual(['found', 'seen']);
    await merge(id, a.incidentId);
    expect(await status()).toEqual(['found', 'found']);
    await unmerge(id);
    expect(await status()).toEqual(['found', 'seen']);
    await desk().does(closeIncident, { params: { id }, body: { reason: 'x' } });
    expect(await status()).toEqual(['found', 'closed']);
    await desk().does(closeIncident, { params: { id: a.incidentId }, body: { reason: 'x' } });
    expect(await status()).toEqual(['closed', 'closed']);
  });
});

describe('what the reports say', () => {
  it('is the newest word and the latest time seen, through merges and back', async () => {
    const at = (minutes: number): string => new Date(app.clock.now().getTime() - minutes * 60_000).toISOString();
    const [early, late] = [at(20), at(60)];
    const a = await report(app, { observedAt: early, spoken: true, stillThere: true });
    app.clock.advance(60_000);
    const b = await report(app, { observedAt: late, stillThere: false, wantsHelp: false });
    await merge(b.incidentId, a.incidentId);
    const picked = ({ lastSeenAt, spoken, wantsHelp, stillThere }: IncidentRow): object => ({
      lastSeenAt,
      spoken,
      wantsHelp,
      stillThere,
    });
    expect(picked(await read(a.incidentId))).toEqual({
      lastSeenAt: early,
      spoken: true,
      wantsHelp: false,
      stillThere: false,
    });
    await unmerge(b.incidentId);
    expect(picked(await read(a.incidentId))).toEqual({
      lastSeenAt: early,
      spoken: true,
      wantsHelp: null,
      stillThere: true,
    });
    expect(picked(await read(b.incidentId))).toEqual({
      lastSeenAt: late,
      spoken: null,
      wantsHelp: false,
      stillThere: false,
    });
  });
});

describe('any order of merges, unmerges and moves', () => {
  const SIZE = 4;
  type Step = { kind: 'merge' | 'unmerge' | 'move' | 'meet'; a: number; b: number };
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.record({
      kind: fc.constantFrom('merge' as const, 'merge' as const, 'unmerge' as const, 'move' as const, 'meet' as const),
      a: fc.nat(9),
      b: fc.nat(9),
    }),
    { minLength: 3, maxLength: 10 },
  );

  it('keeps each report on exactly one incident that is not merged, each open one with a report, and each reporter answered', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const reports: Reported[] = [];
        for (let n = 0; n < SIZE; n += 1) reports.push(await report(app, { people: n + 1 }));
        const ids = reports.map(({ incidentId }) => incidentId);
        for (const id of ids) await desk().does(markSeen, { params: { id }, body: {} });
        const met = new Set<string>();
        const pick = <T>(from: readonly T[], n: number): T => from[n % from.length] as T;
        for (const { kind, a, b } of list) {
          if (kind === 'merge') expect([200, 409, 422]).toContain((await merge(pick(ids, a), pick(ids, b))).status);
          if (kind === 'unmerge') expect([200, 409]).toContain((await unmerge(pick(ids, a))).status);
          if (kind === 'meet') {
            await somebodyMet(pick(ids, a));
            met.add(pick(ids, a));
          }
          if (kind === 'move') {
            const id = randomUUID();
            const { status } = await moveOut(pick(reports, a).id, id);
            expect([200, 409]).toContain(status);
            if (status === 200) ids.push(id);
          }
        }
        const all = new Map<string, IncidentRow>();
        for (const id of ids) all.set(id, await desk().does(readIncident, { params: { id } }));
        const standing = [...all.values()].filter(({ mergedInto }) => mergedInto === null);
        expect(standing.flatMap(({ sightingIds }) => sightingIds).sort()).toEqual(reports.map(({ id }) => id).sort());
        for (const row of standing) expect(row.sightingIds.length).toBeGreaterThan(0);
        for (const row of all.values()) if (row.mergedInto !== null) expect(row.sightingIds).toEqual([]);
        const first = new Map(
          (
            await rows<{ id: string; first: string }>(
              app.database.knex,
              `select id, first_incident_id as first from sightings where id = any (cast(:ids as uuid[]))`,
              { ids: reports.map(({ id }) => id) },
            )
          ).map((each) => [each.id, each.first]),
        );
        for (const each of reports) {
          const now = standing.find(({ sightingIds }) => sightingIds.includes(each.id));
          const way: string[] = [];
          for (let at = first.get(each.id) ?? null; at !== null; at = all.get(at)?.mergedInto ?? null) way.push(at);
          expect(way.at(-1)).toBe(now?.id);
          expect((await follow(each)).status).toBe(way.some((id) => met.has(id)) ? 'found' : 'seen');
        }
        for (const row of standing)
          expect(row.people).toBe(
            Math.max(...reports.flatMap(({ id }, n) => (row.sightingIds.includes(id) ? [n + 1] : []))),
          );
      }),
      { numRuns: 8 },
    );
  });
});
