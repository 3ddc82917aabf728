/** Registered reporters. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createInformant, listInformants, updateInformant } from '../../shared/informants.ts';
import { places, useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const register = (over: object = {}, by = app.east.manager) =>
  by.call(createInformant, {
    body: { id: randomUUID(), organisation: 'Bus company', source: 'bus', label: 'Line 5', ...over } as never,
  });

describe('an informant', () => {
  it('gets a code that is read over a phone without a slip, or the one given', async () => {
    const { status, body } = await expectReplay(app, () => register());
    expect([status, body]).toMatchObject([
      201,
      { version: 1, stationId: app.stations.east, active: true, place: null, placeText: null },
    ]);
    expect(body.code).toMatch(/^[2-9A-HJKMNP-TV-Z]{8}$/);
    expect((await register({ code: ' line-5 ' })).body.code).toBe('LINE-5');
    expect(await register({ code: 'LINE-5' })).toMatchObject({
      status: 409,
      body: { code: 'taken', errors: [{ path: '/code' }] },
    });
    for (const code of ['abc', 'x'.repeat(33), 'a b c d', 'ä1234'])
      expect(await register({ code })).toMatchObject({ status: 422, body: { errors: [{ path: '/code' }] } });
  });

  it('may stand somewhere, and move', async () => {
    const place = { type: 'Point' as const, coordinates: places.east };
    const { body } = await register({ place, placeText: 'gate 3' });
    expect(body).toMatchObject({ place, placeText: 'gate 3' });
    const kept = await app.east.manager.does(updateInformant, {
      params: { id: body.id },
      body: { version: 1, label: 'Line 6' },
    });
    expect(kept).toMatchObject({ place, placeText: 'gate 3', label: 'Line 6', version: 2 });
    const moving = await app.east.manager.does(updateInformant, {
      params: { id: body.id },
      body: { version: 2, place: null, placeText: null },
    });
    expect(moving).toMatchObject({ place: null, placeText: null, version: 3, active: true });
    const stale = await app.east.manager.call(updateInformant, {
      params: { id: body.id },
      body: { version: 1, active: false },
    });
    expect([stale.status, stale.body]).toMatchObject([409, { code: 'version_conflict', current: { version: 3 } }]);
  });

  it('belongs to a station and its managers', async () => {
    const { body } = await register();
    expect(
      (await app.west.manager.call(updateInformant, { params: { id: body.id }, body: { version: 1, active: false } }))
        .status,
    ).toBe(404);
    expect(await register({ stationId: app.stations.west })).toMatchObject({
      status: 404,
      body: { errors: [{ path: '/stationId' }] },
    });
    expect((await register({ stationId: app.stations.west }, app.root.admin)).body.stationId).toBe(app.stations.west);
    expect(
      (await app.west.manager.does(listInformants)).items.every(({ stationId }) => stationId === app.stations.west),
    ).toBe(true);
    const all = (await app.root.admin.does(listInformants, { query: { limit: '500' } })).items;
    const first = await app.root.admin.does(listInformants, { query: { limit: '2' } });
    const rest = await app.root.admin.does(listInformants, { query: { limit: '500', cursor: first.nextCursor ?? '' } });
    expect([...first.items, ...rest.items]).toEqual(all);
    expect((await report(app, { informantCode: body.code })).id).toBeTypeOf('string');
  });
});
