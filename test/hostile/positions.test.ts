/** Fixes: the malformed are refused, the implausible kept and marked, the foreign not found. */
import { describe, expect, it } from 'vitest';
import { row } from '../../server/db/rows.ts';
import { takePositions } from '../../shared/positions.ts';
import { places, useApp } from '../kit/app.ts';
import { goOut } from '../kit/builders.ts';
import { json, refused } from './wire.ts';

describe('P1 positions', () => {
  const app = useApp();
  const fix = (patrolId: string, over: object = {}, secondsAgo = 0): Record<string, unknown> => ({
    patrolId,
    position: { type: 'Point', coordinates: places.eastNear },
    at: new Date(app.clock.now().getTime() - secondsAgo * 1000).toISOString(),
    ...over,
  });
  let patrolId = '';

  it('refuses what is malformed, the whole batch of it', async () => {
    patrolId = await goOut(app, [app.east.crew], null);
    const bad: [string, string, number][] = [
      ['NaN', JSON.stringify([fix(patrolId)]).replace(/\[108[^\]]*\]/, '[NaN,34]'), 400],
      ['infinite', JSON.stringify([fix(patrolId)]).replace(/\[108[^\]]*\]/, '[1e999,34]'), 422],
      [
        'out of range',
        JSON.stringify([fix(patrolId, { position: { type: 'Point', coordinates: [34.2, 108.9] } })]),
        422,
      ],
      ['speed below zero', JSON.stringify([fix(patrolId, { speedMps: -1 })]), 422],
      ['heading 361', JSON.stringify([fix(patrolId, { headingDeg: 361 })]), 422],
      ['battery 101', JSON.stringify([fix(patrolId, { battery: 101 })]), 422],
      ['no time', JSON.stringify([fix(patrolId, { at: 'now' })]), 422],
      ['unknown field', JSON.stringify([fix(patrolId, { stationId: app.stations.west })]), 422],
      ['one bad among good', JSON.stringify([fix(patrolId), fix(patrolId, { position: null })]), 422],
      ['nothing', '[]', 422],
      ['an object', JSON.stringify(fix(patrolId)), 422],
      ['too many', JSON.stringify(Array.from({ length: 2_001 }, () => fix(patrolId))), 422],
      ['too long', `[${' '.repeat(1_000_001)}]`, 413],
    ];
    for (const [name, body, status] of bad) {
      await refused(app, { path: '/api/positions', headers: json, as: app.east.crew, body }, { status }).catch(
        (error: unknown) => {
          throw new Error(name, { cause: error });
        },
      );
    }
  });

  it('takes and marks what is implausible, and moves nobody on the map for it', async () => {
    const send = (...fixes: Record<string, unknown>[]): Promise<unknown> =>
      app.east.crew.call(takePositions, { body: fixes as never }).then(({ status, body }) => [status, body]);
    expect(await send(fix(patrolId, {}, 60))).toEqual([202, { accepted: 1, marked: 0 }]);
    expect(await send(fix(patrolId, {}, -86_400))).toEqual([202, { accepted: 1, marked: 1 }]);
    expect(await send(fix(patrolId, {}, 3_600))).toEqual([202, { accepted: 1, marked: 1 }]);
    // 400 km/h: some 3.3 km in half a minute
    expect(
      await send(
        fix(
          patrolId,
          { position: { type: 'Point', coordinates: [places.eastNear[0] + 0.036, places.eastNear[1]] } },
          30,
        ),
      ),
    ).toEqual([202, { accepted: 1, marked: 1 }]);
    expect(await send(fix(patrolId, { position: { type: 'Point', coordinates: [0, 0] } }, 20))).toEqual([
      202,
      { accepted: 1, marked: 1 },
    ]);
    const latest = await row(
      app.database.knex,
      `select round(st_x(position)::numeric, 3)::float8 as lon from patrol_positions where patrol_id = cast(:patrolId as uuid)`,
      { patrolId },
    );
    expect(latest).toEqual({ lon: places.eastNear[0] });
    const { patrols } = await app.east.dispatcher.snapshot();
    expect(patrols.map(({ id }) => id)).toContain(patrolId);
  });

  it('finds no patrol of another station, nor one of another crew', async () => {
    const body = JSON.stringify([fix(patrolId)]);
    for (const as of [app.west.crew, app.west.dispatcher])
      await refused(app, { path: '/api/positions', headers: json, as, body }, { status: 404, code: 'not_found' });
    await refused(
      app,
      {
        path: '/api/positions',
        headers: json,
        as: app.east.crew,
        body: JSON.stringify([fix(patrolId), fix('6f1c1d2e-0000-4000-8000-000000000000')]),
      },
      { status: 404, code: 'not_found' },
    );
    await refused(app, { path: '/api/positions', headers: json, body }, { status: 401, code: 'unauthorized' });
  });
});
