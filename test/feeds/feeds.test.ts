/** Feeds: asked when they are due, once for all nodes, given rest when they fail, missed when they are silent. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { pollFeeds } from '../../server/feeds/poll.ts';
import { pulse } from '../../server/jobs/run.ts';
import { feedJobs } from '../../server/feeds/jobs.ts';
import { listAlerts } from '../../shared/alerts.ts';
import { askFeed, createFeed, type FeedRow, listFeeds, updateFeed } from '../../shared/feeds.ts';
import { setRule } from '../../shared/stations.ts';
import { listTasks, updateTask } from '../../shared/tasks.ts';
import { listReadings } from '../../shared/weather.ts';
import { places, useApp } from '../kit/app.ts';
import { hours, minutes } from '../kit/clock.ts';
import { expectReplay } from '../kit/replay.ts';
import { type Asked, fakeOutside, type FakeOutside } from './outside.ts';

let fake: FakeOutside;
const app = useApp({
  outside: {
    resolve: (host) => fake.parts.resolve?.(host) ?? Promise.resolve([]),
    request: (...args) => {
      if (!fake.parts.request) throw new Error('not there yet');
      return fake.parts.request(...args);
    },
  },
});
beforeAll(async () => {
  fake = await fakeOutside();
  const value = ['api.open-meteo.com', 'alerts.example'].map((host) => ({ host }));
  await app.root.admin.does(setRule, { params: { key: 'outside.hosts' }, body: { version: 0, value } });
});
afterAll(() => fake.close());
beforeEach(async () => {
  fake.asked = [];
  await rows(app.database.knex, `update feeds set active = false, next_at = null`);
});

const poll = (): Promise<void> => pollFeeds(app.service);
const feedNow = async (id: string): Promise<FeedRow> => {
  const { items } = await app.east.admin.does(listFeeds, {});
  const found = items.find((feed) => feed.id === id);
  if (!found) throw new Error('no such feed');
  return found;
};
const forecastFeed = async (more: object = {}): Promise<FeedRow> =>
  app.east.admin.does(createFeed, {
    body: {
      id: randomUUID(),
      name: 'Forecast',
      kind: 'open_meteo',
      url: 'https://api.open-meteo.com/v1/forecast?apikey=k',
      position: { type: 'Point', coordinates: places.east },
      ...more,
    },
  });
const warningFeed = (): Promise<FeedRow> =>
  app.east.admin.does(createFeed, {
    body: { id: randomUUID(), name: 'Warnings', kind: 'cap', url: 'https://alerts.example/index.xml' },
  });

const units = {
  time: 'unixtime',
  temperature_2m: '°C',
  wind_speed_10m: 'km/h',
  relative_humidity_2m: '%',
  precipitation: 'mm',
  rain: 'mm',
  showers: 'mm',
  snowfall: 'cm',
  weather_code: 'wmo code',
};
/** Hours from `first` before now on, as Open-Meteo says them. */
function forecast(temperatures: readonly (number | null)[], more: Record<string, unknown> = {}, first = -1): object {
  const now = Math.floor(app.clock.now().getTime() / 1000);
  const all = (value: number): number[] => temperatures.map(() => value);
  return {
    utc_offset_seconds: 0,
    hourly_units: units,
    hourly: {
      time: temperatures.map((_, n) => now + (first + n) * 3600),
      temperature_2m: temperatures,
      wind_speed_10m: all(12),
      relative_humidity_2m: all(70),
      precipitation: all(0),
      rain: all(0),
      showers: all(0),
      snowfall: all(0),
      weather_code: all(3),
      ...more,
    },
  };
}
/** made when it is asked for */
const json = (body: () => object) => (_asked: Asked, res: ServerResponse) => {
  res.setHeader('etag', '"1"').end(JSON.stringify(body()));
};
const kept = async (): Promise<[string, number, string, number | null][]> =>
  (await app.east.admin.does(listReadings, { query: { kind: 'forecast' } })).items
    .filter(({ source }) => source === 'Forecast')
    .map(({ at, temperatureC, precipitation, precipitationMm }) => [at, temperatureC, precipitation, precipitationMm]);
const inHours = (n: number): string => new Date(app.clock.now().getTime() + hours(n)).toISOString();

describe('a forecast', () => {
  it('is asked for in our units, and what lies ahead is kept, each change of it as a new row', async () => {
    const { id } = await forecastFeed();
    fake.answer = json(() =>
      forecast([9, 8, -1, null, -3, -4, -5], {
        precipitation: [0, 0, 1.2, 0, 0.7, 0.4, 0.2],
        rain: [0, 0, 1.2, 0, 0, 0.3, 0],
        snowfall: [0, 0, 0, 0, 0.5, 0.1, 0],
        weather_code: [3, 3, 61, 3, 73, 3, 66],
      }),
    );
    await expectReplay(app, poll);
    const [asked] = fake.asked;
    const url = new URL(asked?.url ?? '');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      apikey: 'k',
      latitude: '34.26',
      longitude: '108.97',
      timeformat: 'unixtime',
      timezone: 'GMT',
      wind_speed_unit: 'kmh',
    });
    const first = [
      [inHours(5), -5, 'sleet', 0.2],
      [inHours(4), -4, 'sleet', 0.4],
      [inHours(3), -3, 'snow', 0.7],
      [inHours(1), -1, 'rain', 1.2],
    ];
    expect(await kept()).toEqual(first);
    expect(await feedNow(id)).toMatchObject({
      heardAt: app.clock.now().toISOString(),
      failures: 0,
      fault: null,
      nextAt: inHours(1),
    });
    // asked again it has not changed; then one hour of it has
    app.clock.advance(minutes(60));
    fake.answer = (_asked, res) => {
      res.writeHead(304).end();
    };
    await poll();
    expect(fake.asked.at(-1)?.headers['if-none-match']).toBe('"1"');
    expect(await feedNow(id)).toMatchObject({ heardAt: app.clock.now().toISOString(), fault: null });
    app.clock.advance(minutes(60));
    fake.answer = json(() =>
      forecast(
        [-3, -4.5, -5],
        { precipitation: [0.7, 0.4, 0.2], rain: [0, 0.3, 0], snowfall: [0.5, 0.1, 0], weather_code: [73, 3, 66] },
        1,
      ),
    );
    await poll();
    expect((await kept()).map(([at, temperatureC]) => `${at} ${String(temperatureC)}`).sort()).toEqual(
      [
        [-1, -1],
        [1, -3],
        [2, -4],
        [2, -4.5],
        [3, -5],
      ].map(([ahead = 0, temperatureC]) => `${inHours(ahead)} ${String(temperatureC)}`),
    );
  });

  it.each([
    ['no JSON', '<html>'],
    ['Fahrenheit', { hourly_units: { ...units, temperature_2m: '°F' } }],
    ['metres a second', { hourly_units: { ...units, wind_speed_10m: 'm/s' } }],
    ['kelvin', { temperatures: [273.15, 273.15, 273.15] }],
    ['columns of another length', { hourly: { temperature_2m: [1] } }],
    ['nothing but gaps', { temperatures: [null, null] }],
    ['an error', { error: true, reason: 'x' }],
  ])('of %s is unreadable, and nothing is kept', async (_name, wrong) => {
    const { id } = await forecastFeed();
    const before = await kept();
    const given = wrong as { temperatures?: (number | null)[]; hourly?: object; error?: true };
    const usual = forecast(given.temperatures ?? [1, 2, 3], given.hourly as Record<string, unknown> | undefined);
    const said =
      typeof wrong === 'string'
        ? wrong
        : JSON.stringify(given.error ? wrong : { ...usual, ...wrong, hourly: (usual as { hourly: object }).hourly });
    fake.answer = (_asked, res) => {
      res.end(said);
    };
    await poll();
    expect(await feedNow(id)).toMatchObject({ fault: 'unreadable', failures: 1, heardAt: null });
    expect(await kept()).toEqual(before);
  });

  it('is for a place, and looked for more often than it is missed', async () => {
    const { position: _position, ...body } = {
      id: randomUUID(),
      name: 'x',
      kind: 'open_meteo' as const,
      url: 'https://api.open-meteo.com/v1/forecast',
      position: null,
    };
    expect(await app.east.admin.call(createFeed, { body })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/position' }] },
    });
    const said = { ...body, id: randomUUID(), url: `${body.url}?latitude=1&longitude=2`, everyMin: 60, staleMin: 60 };
    expect(await app.east.admin.call(createFeed, { body: said })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/staleMin' }] },
    });
    expect((await app.east.admin.call(createFeed, { body: { ...said, staleMin: 61 } })).status).toBe(201);
  });
});

describe('a feed that fails', () => {
  it('is given rest that doubles up to an hour, is missed once, and forgiven when it is heard again', async () => {
    const { id } = await forecastFeed({ staleMin: 90 });
    fake.answer = (_asked, res) => {
      res.writeHead(503).end();
    };
    const waits: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      await (n === 7 ? expectReplay(app, poll) : poll());
      const { nextAt } = await feedNow(id);
      const wait = Date.parse(nextAt ?? '') - app.clock.now().getTime();
      waits.push(wait / minutes(1));
      app.clock.advance(wait - 1);
      await poll();
      expect(fake.asked).toHaveLength(n + 1);
      app.clock.advance(1);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(await feedNow(id)).toMatchObject({ fault: 'status', failures: 9, heardAt: null });
    const tasks = async () =>
      (await app.east.dispatcher.does(listTasks, {})).items.filter(({ subject }) => subject['feedId'] === id);
    expect(await tasks()).toMatchObject([{ kind: 'feed_stale', stationId: app.stations.east }]);
    // ticked off, it is not raised anew for the same silence
    const [task] = await tasks();
    await app.east.dispatcher.does(updateTask, {
      params: { id: task?.id ?? '' },
      body: { version: task?.version ?? 0, done: true },
    });
    await poll();
    expect(await tasks()).toEqual([]);
    fake.answer = json(() => forecast([-1, -2, -3]));
    app.clock.advance(minutes(60));
    await poll();
    expect(await feedNow(id)).toMatchObject({ fault: null, failures: 0, heardAt: app.clock.now().toISOString() });
    // a new silence is a new task, and its end ends it
    fake.answer = (_asked, res) => {
      res.destroy();
    };
    for (let n = 0; n < 3; n += 1) {
      app.clock.advance(minutes(60));
      await poll();
    }
    expect(await tasks()).toHaveLength(1);
    fake.answer = json(() => forecast([-1, -2, -3]));
    app.clock.advance(minutes(60));
    await expectReplay(app, poll);
    expect(await tasks()).toEqual([]);
  });

  it('whose task is open is switched off, and nobody misses it any more', async () => {
    const feed = await forecastFeed({ everyMin: 5, staleMin: 6 });
    fake.answer = (_asked, res) => {
      res.writeHead(500).end();
    };
    app.clock.advance(minutes(7));
    await poll();
    const open = async () =>
      (await app.east.dispatcher.does(listTasks, {})).items.filter(({ subject }) => subject['feedId'] === feed.id);
    expect(await open()).toHaveLength(1);
    const off = await expectReplay(app, () =>
      app.east.admin.does(updateFeed, { params: { id: feed.id }, body: { version: 1, active: false } }),
    );
    expect(off).toMatchObject({ active: false, nextAt: null, version: 2 });
    expect(await open()).toEqual([]);
    expect(await app.east.manager.call(askFeed, { params: { id: feed.id } })).toMatchObject({ status: 409 });
    // on again, silence counts from now
    await app.east.admin.does(updateFeed, { params: { id: feed.id }, body: { version: 2, active: true } });
    await poll();
    expect(await open()).toEqual([]);
  });
});

describe('several nodes', () => {
  it('ask a feed once, and a node that died with it is followed after its lease', async () => {
    const { id } = await forecastFeed();
    fake.answer = json(() => forecast([-1, -2, -3]));
    await Promise.all([poll(), poll(), poll()]);
    expect(fake.asked).toHaveLength(1);
    // this one claims and is never heard of again
    app.clock.advance(minutes(60));
    await rows(app.database.knex, `update feeds set next_at = :lease where id = cast(:id as uuid)`, {
      id,
      lease: new Date(app.clock.now().getTime() + minutes(2)),
    });
    await poll();
    expect(fake.asked).toHaveLength(1);
    app.clock.advance(minutes(2));
    await Promise.all([pulse(app.service, feedJobs), poll()]);
    expect(fake.asked).toHaveLength(2);
  });

  it('a feed that is changed while it is asked keeps nothing of what the old address said', async () => {
    const { id } = await forecastFeed();
    const before = await kept();
    fake.answer = (asked, res) => {
      if (asked.url.includes('other')) {
        res.writeHead(500).end();
        return;
      }
      void app.east.admin
        .does(updateFeed, { params: { id }, body: { version: 1, url: 'https://api.open-meteo.com/other' } })
        .then(() => res.end(JSON.stringify(forecast([-30, -31, -32]))));
    };
    await poll();
    expect(await kept()).toEqual(before);
    expect(await feedNow(id)).toMatchObject({ heardAt: null, fault: 'status' });
  });

  it('tell whoever may not change a feed no key in its address', async () => {
    const { id } = await forecastFeed();
    const seen = (await app.east.dispatcher.does(listFeeds, {})).items.find((feed) => feed.id === id);
    expect(seen?.url).toBe('https://api.open-meteo.com/v1/forecast?…');
    expect((await app.root.inspector.does(listFeeds, {})).items.map((feed) => feed.id)).toContain(id);
    expect((await app.west.admin.does(listFeeds, {})).items.map((feed) => feed.id)).not.toContain(id);
    expect(await app.west.admin.call(updateFeed, { params: { id }, body: { version: 1 } })).toMatchObject({
      status: 404,
    });
    expect((await app.east.manager.does(askFeed, { params: { id } })).url).not.toContain('apikey');
  });
});

const message = (identifier: string, more = ''): string => `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>${identifier}</identifier><sender>cma@example.cn</sender>
<sent>2026-01-15T20:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>zh-CN</language><category>Met</category><event>寒潮</event><urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty>
<headline>${identifier}</headline>${more}<area><areaDesc>all</areaDesc></area></info></alert>`;
const heard = async (): Promise<string[]> =>
  (await app.east.manager.does(listAlerts, { query: { state: 'all' } })).items
    .map(({ identifier }) => identifier)
    .sort();
const newAlerts = async (before: readonly string[]): Promise<string[]> =>
  (await heard()).filter((identifier) => !before.includes(identifier));
const entry = (n: number): string =>
  `<entry><id>urn:${String(n)}</id><title>t</title><updated>2026-01-15T12:00:00Z</updated>
   <link rel="alternate" type="text/html" href="https://elsewhere.example/${String(n)}"/><link type="application/cap+xml" href="/cap/${String(n)}.xml"/></entry>`;
const atom = (entries: string): string =>
  `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>x</id><title>warnings</title>${entries}</feed>`;

describe('warnings', () => {
  it('of an Atom list are fetched each once; one that is none, or not to be had, does not stop the rest', async () => {
    const before = await heard();
    const { id } = await warningFeed();
    let down = true;
    fake.answer = ({ url }, res) => {
      if (url.endsWith('index.xml')) res.setHeader('etag', '"list"').end(atom([1, 2, 3, 4].map(entry).join('')));
      else if (url.endsWith('2.xml')) res.end('<!DOCTYPE x [<!ENTITY a "b">]><alert>&a;</alert>');
      else if (url.endsWith('3.xml') && down) res.writeHead(503).end();
      else res.end(message(`A${url.slice(-5, -4)}`));
    };
    await expectReplay(app, poll);
    expect(await newAlerts(before)).toEqual(['A1', 'A4']);
    expect(fake.asked.map(({ url }) => url).sort()).toEqual(
      ['index.xml', 'cap/1.xml', 'cap/2.xml', 'cap/3.xml', 'cap/4.xml']
        .map((path) => `https://alerts.example/${path}`)
        .sort(),
    );
    // not wholly heard: again in a minute, only what is missing, and the list itself in full
    expect(await feedNow(id)).toMatchObject({ failures: 1, heardAt: null });
    down = false;
    fake.asked = [];
    app.clock.advance(minutes(1));
    await poll();
    expect(fake.asked.map(({ url, headers }) => [url.slice(-9), headers['if-none-match']])).toEqual([
      ['index.xml', undefined],
      ['cap/3.xml', undefined],
    ]);
    expect(await newAlerts(before)).toEqual(['A1', 'A3', 'A4']);
    expect(await feedNow(id)).toMatchObject({ failures: 0, fault: null, heardAt: app.clock.now().toISOString() });
    fake.asked = [];
    app.clock.advance(minutes(5));
    await poll();
    expect(fake.asked.map(({ headers }) => headers['if-none-match'])).toEqual(['"list"']);
  });

  it('of an RSS list of links, of a list that holds them, and of one message are taken', async () => {
    const before = await heard();
    const { id } = await warningFeed();
    const answers: Record<string, string> = {
      'index.xml': `<?xml version="1.0"?><rss version="2.0"><channel><title>w</title><item><title>1</title><guid isPermaLink="false">g</guid><link>http://alerts.example/cap/B1.xml</link></item></channel></rss>`,
      'B1.xml': message('B1'),
      'inside.xml': `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2"><entry><id>1</id><content type="text/xml">${message(
        'B2',
      )
        .replace(/<\?.*\?>/, '')
        .replaceAll(/<(\/?)(?=\w)/g, '<$1cap:')
        .replace(
          ' xmlns="urn:oasis:names:tc:emergency:cap:1.2"',
          '',
        )}</content></entry><entry><id>2</id><content type="text/xml">${message('B3').replace(/<\?.*\?>/, '')}</content></entry></feed>`,
      'one.xml': message('B4'),
      'empty.xml': '<rss version="2.0"><channel><title>none</title></channel></rss>',
    };
    fake.answer = ({ url }, res) => {
      res.end(answers[url.split('/').at(-1) ?? ''] ?? '');
    };
    let version = 1;
    for (const name of ['index.xml', 'inside.xml', 'one.xml', 'empty.xml']) {
      if (name !== 'index.xml')
        ({ version } = await app.east.admin.does(updateFeed, {
          params: { id },
          body: { version, url: `https://alerts.example/${name}` },
        }));
      await poll();
      expect([name, await feedNow(id)]).toMatchObject([name, { fault: null, failures: 0 }]);
    }
    expect(await newAlerts(before)).toEqual(['B1', 'B2', 'B3', 'B4']);
  });

  it.each(['', 'not XML', '<html><body/></html>', '<!DOCTYPE rss><rss><channel/></rss>', '<feed>'.repeat(100_000)])(
    'of what is no list (%#) are none',
    async (body) => {
      const { id } = await warningFeed();
      fake.answer = (_asked, res) => {
        res.end(body);
      };
      await poll();
      expect(await feedNow(id)).toMatchObject({ fault: 'unreadable', failures: 1 });
    },
  );

  it('of a long list come fifty a turn, and a link to a server that may not be called is passed over', async () => {
    const { id } = await warningFeed();
    const before = await heard();
    const many = Array.from({ length: 60 }, (_, n) => entry(n + 100)).join('');
    const away = '<entry><id>away</id><link href="https://evil.example/1"/></entry>';
    fake.answer = ({ url }, res) => {
      if (url.endsWith('index.xml')) res.setHeader('etag', '"l"').end(atom(away + many));
      else res.end(message(`C${url.slice(-7, -4)}`));
    };
    await poll();
    expect(fake.asked).toHaveLength(50);
    expect(await feedNow(id)).toMatchObject({ fault: 'url_not_allowed', failures: 0 });
    app.clock.advance(minutes(5));
    await poll();
    expect((await newAlerts(before)).length).toBe(60);
    expect(fake.asked).toHaveLength(62);
  });
});
