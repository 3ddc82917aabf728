/** A desk that connects in the middle of a storm of reports ends with the picture that everybody has. */
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { markSeen } from '../../shared/incidents.ts';
import { reportSighting } from '../../shared/sightings.ts';
import { fromSnapshot } from '../../shared/state.ts';
import { places, useApp } from '../kit/app.ts';
import { report, sighting } from '../kit/builders.ts';
import { follow, type Picture, tablesOf } from './picture.ts';

const REPORTS = 200;

describe('a storm of reports', () => {
  const app = useApp();

  it('desks that join before, during and after have every fact once and the same picture', async () => {
    const desk = app.east.dispatcher;
    const start = fromSnapshot(await desk.snapshot());
    const bodies = Array.from({ length: REPORTS }, (_, n) =>
      sighting({ position: { type: 'Point', coordinates: n % 10 === 0 ? places.west : places.east } }),
    );
    const pictures: Picture[] = [await follow(desk, start)];
    const waiting = [...bodies];
    const report = async (): Promise<void> => {
      for (let body = waiting.pop(); body; body = waiting.pop()) {
        const left = waiting.length;
        await app.anyone.does(reportSighting, { body });
        // every so often one more desk joins, from the picture of the beginning
        if (left % 50 === 25) pictures.push(await follow(desk, start));
      }
    };
    await Promise.all(Array.from({ length: 16 }, report));
    pictures.push(await follow(desk, start), await follow(desk));
    const fresh = fromSnapshot(await desk.snapshot());
    const told = await rows<{ seq: number }>(
      app.database.knex,
      `select seq from events where seq > :from and station_id = cast(:east as uuid) order by seq`,
      { from: start.seq, east: app.stations.east },
    );
    expect(told).toHaveLength(REPORTS * 0.9);
    expect(pictures).toHaveLength(7);
    const last = told.at(-1)?.seq ?? 0;
    for (const picture of pictures) {
      await picture.reached(last);
      expect(tablesOf(picture.state)).toEqual(tablesOf(fresh));
    }
    // the last one started from a fresh snapshot and had nothing to learn
    for (const { news } of pictures.slice(0, -1))
      expect(news.map(({ seq }) => seq)).toEqual(told.map(({ seq }) => seq));
  });

  it('a message says from where it is complete, so that silence is no gap', async () => {
    const desk = app.east.dispatcher;
    const picture = await follow(desk);
    for (let n = 0; n < 5; n += 1)
      await app.anyone.does(reportSighting, {
        body: sighting({ position: { type: 'Point', coordinates: places.west } }),
      });
    const { incidentId } = await report(app);
    await desk.does(markSeen, { params: { id: incidentId }, body: {} });
    const { seq } = await desk.snapshot();
    await picture.reached(seq);
    expect(picture.gaps).toBe(0);
    expect(picture.news.map(({ type }) => type)).toEqual(['sighting.reported', 'incident.seen']);
    expect(tablesOf(picture.state)).toEqual(tablesOf(fromSnapshot(await desk.snapshot())));
  });

  it('facts that were pruned cannot be caught up with: 410, and `reset` on the socket', async () => {
    const desk = app.east.dispatcher;
    const { seq } = await desk.snapshot();
    await app.anyone.does(reportSighting, { body: sighting() });
    await rows(app.database.knex, `delete from events where seq <= :seq`, { seq });
    const pruned = await desk.fetch(`/api/changes?since=${String(seq - 1)}`);
    expect([pruned.status, ((await pruned.json()) as { code: string }).code]).toEqual([410, 'changes_pruned']);
    expect((await desk.fetch(`/api/changes?since=${String(seq)}`)).status).toBe(200);
    const ear = await desk.listen(seq - 1);
    await ear.until(({ resets }) => resets > 0);
    expect(ear.heard).toEqual([]);
    const picture = await follow(desk);
    expect(Object.keys(picture.state.incidents).length).toBeGreaterThan(0);
  });
});
