/** Readings of the weather: what is taken, who reads them, what the picture shows, and the list that sorts by it. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { closeIncident, type IncidentRow, listIncidents } from '../../shared/incidents.ts';
import { setRule } from '../../shared/stations.ts';
import { listReadings, postReading, type WeatherRow } from '../../shared/weather.ts';
import { useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const at = (ms: number): string => new Date(app.clock.now().getTime() + ms).toISOString();
const body = (more: object = {}) => ({ id: randomUUID(), at: at(0), temperatureC: -4, ...more });
const weatherOf = async (who: Person): Promise<Record<string, WeatherRow>> =>
  Object.fromEntries((await who.snapshot()).weather.map((row) => [row.stationId, row]));
const DAY = hours(24);

describe('a reading', () => {
  it('is kept as it came, once, and heard by desks below the station as well as above it', async () => {
    const sent = body({ windKmh: 18, humidity: 80, precipitation: 'snow', precipitationMm: 1.5, source: 'airport' });
    const kept = await expectReplay(app, () => app.root.manager.does(postReading, { body: sent }));
    expect(kept).toMatchObject({ ...sent, kind: 'observed', stationId: app.stations.root, version: 1 });
    const again = await app.root.manager.call(postReading, { body: sent });
    expect([again.status, again.body]).toEqual([200, kept]);
    const mine = await expectReplay(app, () => app.east.dispatcher.does(postReading, { body: body() }));
    expect(mine).toMatchObject({ precipitation: 'none', windKmh: null, humidity: null, source: 'desk' });
    expect(Object.keys(await weatherOf(app.east.dispatcher)).sort()).toEqual(
      [app.stations.root, app.stations.east].sort(),
    );
    expect(Object.keys(await weatherOf(app.west.crew))).toEqual([app.stations.root]);
  });

  it.each([
    ['observed', minutes(10), 201],
    ['observed', minutes(10) + 1, 422],
    ['observed', -10 * DAY, 201],
    ['observed', -10 * DAY - 1, 422],
    ['forecast', 16 * DAY, 201],
    ['forecast', 16 * DAY + 1, 422],
    ['forecast', -10 * DAY - 1, 422],
  ] as const)('%s, %d ms from now: %d', async (kind, away, status) => {
    const answer = await app.west.manager.call(postReading, { body: body({ kind, at: at(away) }) });
    expect(answer.status).toBe(status);
    if (status === 422) expect(answer.body).toMatchObject({ errors: [{ path: '/at', code: 'range' }] });
  });

  it.each([
    [{ temperatureC: -91 }, '/temperatureC'],
    [{ temperatureC: '-4' }, '/temperatureC'],
    [{ windKmh: 401 }, '/windKmh'],
    [{ precipitation: 'hail' }, '/precipitation'],
    [{ at: 'now' }, '/at'],
    [{ feltC: -3 }, '/feltC'],
  ])('%j is none', async (wrong, path) => {
    const answer = await app.west.manager.call(postReading, { body: body(wrong) });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });

  it('of a station out of reach is not taken', async () => {
    const answer = await app.west.manager.call(postReading, { body: body({ stationId: app.stations.east }) });
    expect(answer).toMatchObject({ status: 404, body: { errors: [{ path: '/stationId' }] } });
  });

  it('is read with those of the stations above, the latest first, page by page', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: { at: string; stationId: string }[]; nextCursor: string | null } =
        await app.east.inspector.does(listReadings, { query: { limit: '1', ...(cursor === null ? {} : { cursor }) } });
      seen.push(...page.items.map(({ stationId }) => stationId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen.sort()).toEqual([app.stations.east, app.stations.root].sort());
    const forecasts = await app.west.inspector.does(listReadings, { query: { kind: 'forecast' } });
    expect(forecasts.items.map(({ stationId }) => stationId)).toEqual([app.stations.west]);
  });
});

describe('the picture', () => {
  it('has the last half day of observations and the next two days of forecast, the last word on each hour', async () => {
    await rows(app.database.knex, `delete from readings`);
    const post = (more: object) => app.west.manager.does(postReading, { body: body(more) });
    const west = async (): Promise<WeatherRow['readings']> =>
      (await weatherOf(app.west.dispatcher))[app.stations.west]?.readings ?? [];
    await post({ at: at(-hours(13)), temperatureC: 9 });
    await post({ at: at(-hours(2)), temperatureC: 1 });
    for (const [ahead, temperatureC] of [
      [1, -1],
      [1, -2],
      [48, -3],
      [49, -4],
    ] as const) {
      app.clock.advance(1);
      await post({ kind: 'forecast', at: at(hours(ahead) - 1), temperatureC });
    }
    await post({ temperatureC: 0 });
    await expectReplay(app, () => post({ at: at(1), temperatureC: 0.5, precipitation: 'rain' }));
    expect((await west()).map(({ kind, temperatureC }) => [kind, temperatureC])).toEqual([
      ['observed', 1],
      ['observed', 0.5],
      ['forecast', -2],
      ['forecast', -3],
    ]);
    // the hour has come, and what was seen takes the place of what was foretold
    app.clock.advance(hours(2));
    await expectReplay(app, () => post({ temperatureC: -6 }));
    expect((await west()).map(({ temperatureC }) => temperatureC)).toEqual([1, 0.5, -6, -3, -4]);
  });
});

describe('the list by the cold clock', () => {
  const list = async (query: Record<string, string> = {}): Promise<string[]> => {
    const seen: IncidentRow[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: IncidentRow[]; nextCursor: string | null } = await app.root.dispatcher.does(listIncidents, {
        query: { sort: 'cold', limit: '2', ...query, ...(cursor === null ? {} : { cursor }) },
      });
      seen.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return seen.map(({ id }) => id);
  };

  it('sorts each by the weather and the rules of its own station; closed ones after, the newest first', async () => {
    const in_ = async (side: 'east' | 'west', more: object = {}): Promise<string> =>
      (
        await report(app, {
          position: { type: 'Point', coordinates: [side === 'east' ? 108.97 : 108.92, 34.26] },
          ...more,
        })
      ).incidentId;
    const elderly = await in_('east', { signs: ['elderly'] });
    const first = await in_('west');
    const second = await in_('west');
    const closed = await in_('west');
    const newer = await in_('east');
    for (const id of [closed, newer])
      await app.root.dispatcher.does(closeIncident, { params: { id }, body: { reason: 'over' } });

    // 60 minutes at -20 in the west; in the east 12 degrees and, for the elderly, by far longer
    await app.west.manager.does(postReading, { body: body({ temperatureC: -20 }) });
    await app.east.manager.does(postReading, { body: body({ temperatureC: 12 }) });
    const west = [first, second].sort();
    expect(await list()).toEqual([...west, elderly]);
    // in the east rain comes at -30
    app.clock.advance(1);
    await app.east.manager.does(postReading, { body: body({ temperatureC: -30, precipitation: 'rain' }) });
    expect(await list()).toEqual([elderly, ...west]);
    expect(await list({ status: 'open' })).toEqual([elderly, ...west]);
    const over = [closed, newer].sort().reverse();
    expect(await list({ status: 'all' })).toEqual([elderly, ...west, ...over]);
    expect(await list({ status: 'closed' })).toEqual(over);
    expect(await list({ bbox: '108.9,34.2,108.95,34.3' })).toEqual(west);
    // the west judges its cold otherwise
    const endurance = [
      { feltC: -50, minutes: 1 },
      { feltC: 40, minutes: 1 },
    ];
    await app.west.admin.does(setRule, {
      params: { key: 'cold.endurance' },
      body: { version: 0, value: endurance, stationId: app.stations.west },
    });
    expect(await list()).toEqual([...west, elderly]);
  });

  it('a page after one that was closed meanwhile skips none', async () => {
    const all = await list();
    const page = await app.root.dispatcher.does(listIncidents, { query: { sort: 'cold', limit: '1' } });
    await app.root.dispatcher.does(closeIncident, { params: { id: all[0] ?? '' }, body: { reason: 'over' } });
    const rest = await list({ cursor: page.nextCursor ?? '' });
    expect(rest).toEqual(all.slice(1));
    for (const cursor of ['bm8', Buffer.from(randomUUID()).toString('base64url')]) {
      const answer = await app.root.dispatcher.call(listIncidents, { query: { sort: 'cold', cursor } });
      expect([answer.status, (answer.body as { items?: unknown[] }).items?.length]).toEqual(
        cursor === 'bm8' ? [422, undefined] : [200, 0],
      );
    }
  });
});
