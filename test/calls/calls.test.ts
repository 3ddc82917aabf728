/** The hotline's calls: whose they are, when they were, and what they brought. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { judgeCall, listCalls, listHotlines, recordCall } from '../../shared/calls.ts';
import { createInformant, updateInformant } from '../../shared/informants.ts';
import { places, useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';

const app = useApp();
const desk = () => app.east.dispatcher;
const at = (s: number): string => new Date(app.clock.now().getTime() + s * 1000).toISOString();
const ended = (more: object = {}) => ({
  id: randomUUID(),
  rangAt: at(-70),
  answeredAt: at(-62),
  endedAt: at(0),
  outcome: 'advice' as const,
  ...more,
});

beforeAll(async () => {
  for (const [code, by] of [
    ['LINE-ROOT', app.root.admin],
    ['LINE-EAST', app.east.admin],
    ['LINE-WEST', app.west.admin],
  ] as const)
    await by.does(createInformant, {
      body: { id: randomUUID(), code, organisation: '12345', source: 'hotline', label: code },
    });
  await app.east.admin.does(createInformant, {
    body: { id: randomUUID(), code: 'TAXI-EAST', organisation: 'Taxis', source: 'taxi', label: 'a driver' },
  });
});

describe('hotlines', () => {
  it('are those of the own station, above and below it, and in use', async () => {
    const codes = async (who = desk()): Promise<string[]> =>
      (await who.does(listHotlines)).items.map(({ code }) => code).sort();
    expect(await codes()).toEqual(['LINE-EAST', 'LINE-ROOT']);
    expect(await codes(app.root.dispatcher)).toEqual(['LINE-EAST', 'LINE-ROOT', 'LINE-WEST']);
    const old = { id: randomUUID(), code: 'LINE-OLD', organisation: '12345', source: 'hotline' as const, label: 'old' };
    const { version } = await app.east.admin.does(createInformant, { body: old });
    await app.east.admin.does(updateInformant, { params: { id: old.id }, body: { version, active: false } });
    expect(await codes()).toEqual(['LINE-EAST', 'LINE-ROOT']);
    // a call that was answered before, sent when the network was back
    expect((await desk().does(recordCall, { body: ended({ hotline: 'LINE-OLD' }) })).hotline).toBe('LINE-OLD');
  });
});

describe('a call', () => {
  it('is kept with its times and its report, once', async () => {
    const id = randomUUID();
    await report(app, { id, source: 'hotline', informantCode: 'LINE-EAST' });
    const body = ended({ hotline: 'line-east', outcome: 'report', sightingId: id });
    const kept = await desk().call(recordCall, { body });
    expect(kept).toMatchObject({
      status: 201,
      body: { ...body, hotline: 'LINE-EAST', stationId: app.stations.east, takenBy: desk().id },
    });
    const again = await desk().call(recordCall, { body });
    expect([again.status, again.body]).toEqual([200, kept.body]);
    expect((await desk().call(recordCall, { body: { ...body, outcome: 'advice' } })).body).toMatchObject({
      code: 'key_reuse',
    });
    expect((await desk().does(listCalls)).items.filter((call) => call.id === body.id)).toEqual([kept.body]);
    expect((await app.west.dispatcher.does(listCalls)).items).toEqual([]);
  });

  it('may bring what has no place, or lies in the area next door', async () => {
    const [unplaced, nextDoor] = [randomUUID(), randomUUID()];
    await report(app, { id: unplaced, source: 'hotline', position: undefined as never, placeText: 'the old bridge' });
    const away = { type: 'Point' as const, coordinates: places.west };
    await report(app, { id: nextDoor, source: 'hotline', informantCode: 'LINE-ROOT', position: away });
    const brought = (sightingId: string) => ended({ outcome: 'report', hotline: 'LINE-ROOT', sightingId });
    for (const sightingId of [unplaced, nextDoor])
      expect((await desk().does(recordCall, { body: brought(sightingId) })).sightingId).toBe(sightingId);
  });

  it('is refused with the field that is wrong', async () => {
    const [walkedBy, next, elsewhere] = [randomUUID(), randomUUID(), randomUUID()];
    await report(app, { id: walkedBy });
    const away = { type: 'Point' as const, coordinates: places.west };
    await report(app, { id: elsewhere, source: 'hotline', informantCode: 'LINE-WEST', position: away });
    const wrong: [path: string, code: string, body: object][] = [
      ['/answeredAt', 'order', { rangAt: at(-61) }],
      ['/endedAt', 'order', { endedAt: at(-63) }],
      ['/answeredAt', 'future', { answeredAt: at(121), endedAt: at(121) }],
      ['/endedAt', 'future', { endedAt: at(121) }],
      ['/rangAt', 'range', { rangAt: at(-13 * 3600) }],
      ['/hotline', 'unknown', { hotline: 'LINE-WEST' }],
      ['/hotline', 'unknown', { hotline: 'TAXI-EAST' }],
      ['/hotline', 'unknown', { hotline: 'NOBODY' }],
      ['/sightingId', 'unknown', { sightingId: walkedBy }],
      ['/sightingId', 'unknown', { sightingId: next }],
      ['/sightingId', 'unknown', { sightingId: elsewhere }],
    ];
    for (const [path, code, more] of wrong) {
      const { status, body } = await desk().call(recordCall, { body: ended(more) });
      expect([path, status, body]).toMatchObject([path, 422, { errors: [{ path, code }] }]);
    }
  });

  it('comes newest first, page by page, and may be sent later', async () => {
    app.clock.advance(minutes(1));
    const late = ended();
    app.clock.advance(minutes(90));
    await desk().does(recordCall, { body: ended() });
    await desk().does(recordCall, { body: late });
    const all = (await desk().does(listCalls)).items.map(({ id }) => id);
    expect(all.indexOf(late.id)).toBe(1);
    const first = await desk().does(listCalls, { query: { limit: '1' } });
    const rest = await desk().does(listCalls, { query: { cursor: first.nextCursor ?? '' } });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(all);
  });
});

const noon = new Date('2026-11-22T12:00:00.000Z');
const clock = (time: string): string => `2026-11-22T${time}.000Z`;
test.each([
  [null, '11:58:00', '12:00:00', null],
  ['11:58:00', '11:58:00', '11:58:00', null],
  [null, '12:02:00', '12:02:00', null],
  [null, '12:02:01', '12:03:00', 'answeredAt'],
  [null, '12:00:00', '12:02:01', 'endedAt'],
  ['11:00:00', '10:59:59', '11:59:00', 'answeredAt'],
  [null, '11:00:00', '10:59:59', 'endedAt'],
  [null, '00:00:00', '12:00:01', 'endedAt'],
])('times of a call: rang %s, answered %s, ended %s', (rang, answered, end, field) => {
  const times = { rangAt: rang && clock(rang), answeredAt: clock(answered), endedAt: clock(end) };
  expect(judgeCall(times, noon)?.field ?? null).toBe(field);
});
