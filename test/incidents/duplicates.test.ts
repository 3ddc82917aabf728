/** Which open incidents the desk is shown beside one: by place and time, and by words where a place is missing. */
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { type DuplicateRow, listDuplicates, mergeIncident } from '../../shared/incidents.ts';
import type { SightingBody } from '../../shared/sightings.ts';
import { listRules, setRule } from '../../shared/stations.ts';
import { places, useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';

const app = useApp();
const duplicates = async (id: string, by = app.east.dispatcher): Promise<DuplicateRow[]> =>
  (await by.does(listDuplicates, { params: { id } })).items;
const ids = async (id: string, by = app.east.dispatcher): Promise<string[]> =>
  (await duplicates(id, by)).map((row) => row.id);
/** Each test stands at a place and with words of its own. */
let stands = 0;
const stand = (): { at: (eastM: number) => Partial<SightingBody>; words: string } => {
  stands += 1;
  const lat = 34.21 + stands * 0.01;
  return {
    at: (eastM) => ({
      position: { type: 'Point', coordinates: [108.97 + eastM / (111_320 * Math.cos((lat * Math.PI) / 180)), lat] },
    }),
    words: ['老城巷口银行门厅', '南湖公园北侧长椅', '汽车西站候车室外墙角', '咸宁路地下通道扶梯旁'][stands % 4] ?? '',
  };
};
const unplaced = ({ position: _position, ...rest }: Partial<SightingBody>): Partial<SightingBody> => ({
  ...rest,
  position: undefined,
});

describe('duplicates', () => {
  it('are the placed ones within the radius and the window, the likeliest first', async () => {
    const { at } = stand();
    const me = await report(app, { ...at(0), description: 'an old man under the bridge' });
    const near = await report(app, at(40));
    const alike = await report(app, { ...at(120), description: 'old man under the bridge, alone' });
    const edge = await report(app, at(248));
    const far = await report(app, at(253));
    const found = await duplicates(me.incidentId);
    expect(found.map((row) => row.id)).toEqual([alike.incidentId, near.incidentId, edge.incidentId]);
    expect(found[0]).toMatchObject({ distanceM: 120, minutesApart: 0, likeness: expect.any(Number) as number });
    expect(found[0]?.likeness).toBeGreaterThan(0.7);
    expect(found[1]).toMatchObject({ distanceM: 40, likeness: 0 });
    const older = async (id: string, ms: number): Promise<unknown> =>
      rows(
        app.database.knex,
        `update incidents set opened_at = (select opened_at from incidents where id = cast(:me as uuid)) - :ms * interval '1 ms' where id = cast(:id as uuid)`,
        { id, me: me.incidentId, ms },
      );
    await older(near.incidentId, 12 * 3_600_000);
    expect((await duplicates(me.incidentId)).at(-1)).toMatchObject({ id: edge.incidentId });
    expect((await duplicates(me.incidentId))[1]).toMatchObject({ id: near.incidentId, minutesApart: 720 });
    await older(near.incidentId, 12 * 3_600_000 + 1);
    expect(await ids(me.incidentId)).toEqual([alike.incidentId, edge.incidentId]);
    await older(near.incidentId, -12 * 3_600_000 - 1);
    expect(await ids(me.incidentId)).toEqual([alike.incidentId, edge.incidentId]);
    expect(await ids(far.incidentId)).not.toContain(me.incidentId);
  });

  it('are those alike in words, or at the same code, where one has no place', async () => {
    const { at, words } = stand();
    const root = app.root.dispatcher;
    const me = await report(app, unplaced({ placeText: words, description: '一位老人没有被子' }));
    const placed = await report(app, { ...at(0), description: `${words}，老人` });
    const other = await report(app, { ...at(0), description: 'two people beside the canal' });
    const coded = await report(app, unplaced({ placeCode: 'ＤＫ-0417', description: 'somebody' }));
    const post = await report(app, { ...at(0), placeCode: 'dk 0417' });
    const found = await duplicates(me.incidentId, root);
    expect(found.map((row) => row.id)).toEqual([placed.incidentId]);
    expect(found[0]).toMatchObject({ distanceM: null });
    expect(found[0]?.likeness).toBeGreaterThanOrEqual(0.3);
    expect(await ids(coded.incidentId, root)).toEqual([post.incidentId]);
    // the other way round, and beside those that are near
    expect(new Set(await ids(placed.incidentId, root))).toEqual(
      new Set([me.incidentId, other.incidentId, post.incidentId]),
    );
    expect(await ids(post.incidentId, root)).toContain(coded.incidentId);
    // the station without the unplaced one in its subtree learns nothing of it
    expect(await ids(placed.incidentId)).not.toContain(me.incidentId);
    expect((await app.west.dispatcher.call(listDuplicates, { params: { id: placed.incidentId } })).status).toBe(404);
  });

  it('follow the rules of the station', async () => {
    const { words } = stand();
    const root = app.root.dispatcher;
    const one = await report(app, unplaced({ placeText: `${words}东侧` }));
    const two = await report(app, unplaced({ placeText: `${words}西边` }));
    const like = (await duplicates(one.incidentId, root)).find((row) => row.id === two.incidentId)?.likeness ?? 0;
    expect(like).toBeGreaterThan(0.3);
    const version = async (): Promise<number> =>
      (await app.root.admin.does(listRules)).items.find(
        ({ key, stationId }) => key === 'duplicates.likeness' && stationId === app.stations.root,
      )?.version ?? 0;
    const set = async (value: number): Promise<unknown> =>
      app.root.admin.does(setRule, {
        params: { key: 'duplicates.likeness' },
        body: { stationId: app.stations.root, value, version: await version() },
      });
    await set(Math.min(1, like + 0.02));
    expect(await ids(one.incidentId, root)).toEqual([]);
    await set(like - 0.02);
    expect(await ids(one.incidentId, root)).toEqual([two.incidentId]);
    await set(0.3);
  });

  it('know the words of every report that was merged into one', async () => {
    const { at, words } = stand();
    const root = app.root.dispatcher;
    const stays = await report(app, { ...at(0), description: 'nothing to go by' });
    const goes = await report(app, { ...at(20), description: words });
    await root.does(mergeIncident, { params: { id: goes.incidentId }, body: { intoId: stays.incidentId } });
    const asked = await report(app, unplaced({ placeText: words }));
    expect(await duplicates(asked.incidentId, root)).toMatchObject([{ id: stays.incidentId, likeness: 1 }]);
  });

  it('of one station are not shown to another', async () => {
    const border = 108.95;
    const east = await report(app, { position: { type: 'Point', coordinates: [border + 0.0001, places.east[1]] } });
    const west = await report(app, { position: { type: 'Point', coordinates: [border - 0.0001, places.east[1]] } });
    expect(await ids(east.incidentId, app.root.dispatcher)).toContain(west.incidentId);
    expect(await ids(east.incidentId)).not.toContain(west.incidentId);
  });
});
