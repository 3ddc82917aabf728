/** Warm places for anyone: which are on the list, how they are asked for, and what their pages and posters say. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { one, rows } from '../../server/db/rows.ts';
import { openSql } from '../../server/shelters/queries-public.ts';
import { openAt, type OpeningWindow } from '../../shared/opening.ts';
import { planLevels } from '../../shared/plan-levels.ts';
import { createShelter, holdBed, listPublicShelters, type ShelterView, updateShelter } from '../../shared/shelters.ts';
import { createSite } from '../../shared/sites.ts';
import { places, useApp } from '../kit/app.ts';

// 20:00 on a Monday in Xi'an
const app = useApp({ start: '2026-01-12T12:00:00.000Z' });
const every = [1, 2, 3, 4, 5, 6, 7];
const window = (from: string, to: string, over: Partial<OpeningWindow> = {}): OpeningWindow => ({
  days: every,
  from,
  to,
  level: 'none',
  ...over,
});
type Body = Parameters<typeof app.east.manager.does<never, never, typeof createShelter.body, never>>[1];
const add = (name: string, over: Partial<NonNullable<NonNullable<Body>['body']>> = {}): Promise<ShelterView> =>
  app.east.manager.does(createShelter, {
    body: {
      id: randomUUID(),
      name,
      kind: 'warm_place',
      status: 'open',
      address: `${name} Road 1`,
      position: { type: 'Point', coordinates: places.eastNear },
      capacity: { any: 10 },
      ...over,
    },
  });
async function open(path: string, headers: Record<string, string> = {}): Promise<{ status: number; html: string }> {
  const response = await app.anyone.fetch(path, { headers });
  return { status: response.status, html: await response.text() };
}
/** Names in the order of the page. */
const names = (html: string): string[] =>
  [...html.matchAll(/href="\/shelters\/[\w-]+"\s*>([^<]+)<\/a/g)].map(([, name]) => name ?? '');
const ids = { full: '', later: '', closed: '', temporary: '', rich: '' };

beforeAll(async () => {
  const full = await add('Full house', { status: 'full' });
  const later = await add('Later house', { opening: [window('22:00', '06:00')] });
  const closed = await add('Closed house', { status: 'closed' });
  const rich = await add('Rich <b>house', {
    position: { type: 'Point', coordinates: places.west },
    opening: [window('18:00', '08:00'), window('08:00', '18:00', { days: [6, 7], level: 'orange' })],
    hours: 'nights',
    features: ['pets', 'no_id'],
    about: 'Ring twice\nat the gate',
    phone: '029-1234 5678',
    contact: 'Director Zhao',
    operator: 'Street office',
  });
  Object.assign(ids, { full: full.id, later: later.id, closed: closed.id, rich: rich.id });
});

describe('opening hours', () => {
  it('are the same in SQL as on the clock, also on the nights when it is changed', async () => {
    const zones = ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
    // the nights of 2026 on which one of these clocks is changed, and any other time
    const changes = ['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04'];
    const moment = fc.oneof(
      fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -1440, max: 2160 })),
      fc.tuple(fc.constant('2026-01-01'), fc.integer({ min: 0, max: 525_600 })),
    );
    const time = fc.integer({ min: 0, max: 95 }).map((quarter) => {
      const [hour, minute] = [Math.floor(quarter / 4), (quarter % 4) * 15];
      return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
    });
    const level = fc.constantFrom(...planLevels);
    const opening = fc.record({
      days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      from: time,
      to: fc.oneof(time, fc.constant('24:00')),
      level,
    });
    const cases = fc.sample(
      fc.record({ opening: fc.array(opening, { maxLength: 3 }), zone: fc.constantFrom(...zones), level, moment }),
      { numRuns: 1500, seed: 7 },
    );
    const asked = cases.map(({ moment: [day, minutes], ...rest }, n) => ({
      n,
      ...rest,
      at: new Date(Date.parse(day) + minutes * 60_000).toISOString(),
    }));
    const found = await rows<{ n: number; open: boolean }>(
      app.database.knex,
      `select c.n, ${openSql('c.opening', 'c.zone', 'c.level', 'c.at')} as open
       from jsonb_to_recordset(cast(:asked as jsonb)) c (n integer, opening jsonb, zone text, level text, at timestamptz)`,
      { asked: JSON.stringify(asked) },
    );
    const said = new Map(found.map(({ n, open: isOpen }) => [n, isOpen]));
    const wrong = asked.filter(
      (each) => openAt(each.opening, Date.parse(each.at), each.zone, each.level).open !== said.get(each.n),
    );
    expect(wrong).toEqual([]);
    expect(new Set(said.values()).size).toBe(2);
  });
});

describe('the list of the API', () => {
  it('has full pages while there are more, of places open now by staff and hours alone, in at most two questions', async () => {
    for (let n = 0; n < 30; n += 1)
      await add(`Paged ${String(n % 7)}`, {
        position: { type: 'Point', coordinates: [108.9 + n / 1000, 34.25] },
        ...(n % 3 === 0 ? { opening: [window('08:00', '18:00')] } : {}),
        ...(n % 5 === 0 ? { opening: [window('00:00', '24:00', { level: 'red' })] } : {}),
      });
    for (const near of [{}, { lon: '108.91', lat: '34.25' }]) {
      const ask = (query: Record<string, string>) =>
        app.anyone.does(listPublicShelters, { query: { ...near, ...query } });
      const all = await ask({ limit: '500' });
      expect(all.nextCursor).toBeNull();
      expect(all.items.filter(({ name }) => name.startsWith('Paged'))).toHaveLength(16);
      expect(all.items.map(({ id }) => id)).not.toEqual(expect.arrayContaining([ids.later]));
      const sorted = [...all.items].sort((a, b) => (a.distanceM ?? 0) - (b.distanceM ?? 0));
      if ('lon' in near)
        expect(all.items.map(({ distanceM }) => distanceM)).toEqual(sorted.map(({ distanceM }) => distanceM));
      const seen: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const asked = countQuestions();
        const page: Awaited<ReturnType<typeof ask>> = await ask({ limit: '5', ...(cursor === '' ? {} : { cursor }) });
        expect(asked()).toBeLessThanOrEqual(2);
        if (page.nextCursor !== null) expect(page.items).toHaveLength(5);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(all.items.map(({ id }) => id));
    }
  });

  it('says until when a place is open', async () => {
    const { items } = await app.anyone.does(listPublicShelters, { query: { limit: '500' } });
    expect(items.find(({ id }) => id === ids.rich)).toMatchObject({
      openUntil: '2026-01-13T00:00:00.000Z',
      room: 'yes',
    });
    expect(Object.keys(items[0] ?? {})).not.toContain('contact');
  });

  /** How many questions the database is asked from now on, but for who is asking. */
  function countQuestions(): () => number {
    let asked = 0;
    const count = ({ sql }: { sql: string }): void => {
      if (!sql.includes('sessions')) asked += 1;
    };
    app.database.knex.on('query', count);
    return () => {
      app.database.knex.off('query', count);
      return asked;
    };
  }
});

describe('the page', () => {
  it('lists what is open with room, then what is full, then what opens soon; never what is closed', async () => {
    const { status, html } = await open('/shelters');
    expect(status).toBe(200);
    const order = names(html);
    const at = (name: string): number => order.indexOf(name);
    expect(at('east shelter')).toBeGreaterThan(-1);
    expect(at('Full house')).toBeGreaterThan(at('west shelter'));
    expect(at('Later house')).toBeGreaterThan(at('Full house'));
    expect(html).not.toContain('Closed house');
    expect(html).toMatch(/Opens 22:00/);
    expect(html).toMatch(/Open until 08:00/);
    expect(html).toContain('Rich &lt;b&gt;house');
    expect(html).not.toMatch(/Director Zhao|Street office/);
    expect(html).toMatch(/href="tel:02912345678"/);
    // AMap's coordinates are shifted by hundreds of metres in China, the phone's own are not
    expect(html).toMatch(/uri\.amap\.com\/navigation\?to=108\.92(?!0000)\d+,34\.2(?!6,)\d+,Rich/);
    expect(html).toMatch(/href="geo:34\.26,108\.92\?q=/);
    expect(html).toMatch(/Pets welcome, No ID needed/);
    expect(html).toMatch(/src="data:image\/svg/);
    expect((await open('/shelters', { 'accept-language': 'zh' })).html).toMatch(/每天 18:00–次日 08:00/);
  });

  it('finds the nearest to a district, a code, words or coordinates without a script, and repeats no more than was typed', async () => {
    const id = randomUUID();
    const sent = await app.root.manager.fetch(
      `/api/places/imports?${new URLSearchParams({ id, kind: 'lamp_post' }).toString()}`,
      {
        method: 'POST',
        body: 'code,name,lon,lat\nXA0417,Drum Tower Canary,108.9201,34.2601\n',
        headers: { 'content-type': 'text/csv' },
      },
    );
    expect(sent.status).toBe(202);
    await expect
      .poll(
        async () =>
          (
            await one<{ status: string }>(
              app.database.knex,
              `select status from place_imports where id = cast(:id as uuid)`,
              { id },
            )
          ).status,
      )
      .toBe('done');
    const west = ['Rich &lt;b&gt;house', 'west shelter'];
    for (const query of [{ near: 'xa-0417' }, { near: '34.2600, 108.9200' }, { lon: '108.92', lat: '34.26' }]) {
      const { html } = await open(`/shelters?${new URLSearchParams(query).toString()}`);
      expect(names(html).slice(0, 2).sort(), JSON.stringify(query)).toEqual(west);
      expect(html).not.toContain('Drum Tower');
      expect(html).toMatch(/class="distance">[\d.]+ k?m</);
    }
    // its middle, which the first of those of the test before is nearest to
    const district = await open(`/shelters?area=${app.areas.west}`);
    expect(names(district.html)[0]).toBe('Paged 1');
    expect(district.html).toContain('Nearest to “west” first');
    const typed = await open(`/shelters?near=${encodeURIComponent('xa-0417')}`);
    expect(typed.html).toMatch(/href="\/shelters\?near=xa-0417&amp;lang=zh-CN"/);
    expect((await open('/shelters?near=Drum+Tower')).html).not.toContain('Canary');
    const nowhere = await open(`/shelters?near=${encodeURIComponent('"><script>x')}`);
    expect(nowhere.html).toContain('“&quot;&gt;&lt;script&gt;x” is not known here');
    expect(nowhere.html).not.toContain('<script>x');
    for (const query of ['lon=181&lat=1', 'lon=x&lat=1', 'lon=1'])
      expect((await open(`/shelters?${query}`)).status).toBe(422);
    for (const query of ['near=a&near=b', `near=${'x'.repeat(5000)}`, 'area=x', 'near=%20'])
      expect((await open(`/shelters?${query}`)).status, query).toBe(200);
    // what was asked for is in no log
    expect(app.logged.join('\n')).not.toMatch(/xa-0417|108\.92|Drum/i);
  });

  it('never looks among the places where people sleep', async () => {
    await app.root.manager.does(createSite, {
      body: { id: randomUUID(), name: 'Siteword Bridge', position: { type: 'Point', coordinates: places.west } },
    });
    const { html } = await open('/shelters?near=Siteword+Bridge');
    expect(html).toContain('“Siteword Bridge” is not known here');
    expect(html).not.toMatch(/class="distance">\d/);
  });

  it('of one place tells everything of it, and its poster says it in both languages', async () => {
    const { status, html } = await open(`/shelters/${ids.rich}`);
    expect(status).toBe(200);
    expect(html).toMatch(/<h1>Rich &lt;b&gt;house<\/h1>/);
    expect(html).toMatch(/Sat, Sun 08:00–18:00, from level Orange/);
    expect(html).toContain('Ring twice\nat the gate');
    expect(html).toContain(`/shelters/${ids.rich}/poster`);
    expect(html).not.toMatch(/Director Zhao|Street office/);
    const poster = await open(`/shelters/${ids.rich}/poster`, { 'accept-language': 'en' });
    expect(poster.status).toBe(200);
    for (const words of [
      '可带宠物',
      'Pets welcome',
      '每天 18:00–次日 08:00',
      'Every day 18:00–08:00 the next day',
      '029-1234 5678',
      '120',
    ])
      expect(poster.html).toContain(words);
    expect(poster.html).toContain(`${new URL(app.url).host}/shelters/${ids.rich}`);
    for (const [id, words] of [
      [ids.full, 'Full now'],
      [ids.closed, 'Closed now'],
      [ids.later, 'Opens 22:00'],
    ] as const)
      expect((await open(`/shelters/${id}`)).html).toContain(words);
  });

  it('counts a place whose last bed is held as full', async () => {
    const { id } = await add('Held house', { capacity: { any: 1 } });
    await app.east.dispatcher.does(holdBed, { params: { id }, body: { id: randomUUID(), people: 1, for: 'x' } });
    const { html } = await open('/shelters');
    expect(names(html).indexOf('Held house')).toBeGreaterThan(names(html).indexOf('west shelter'));
    expect(html).toMatch(/Held house<\/a[\s\S]{0,200}Full/);
  });

  it('when nothing is open, gives numbers to call and the first place to open', async () => {
    const { items } = await app.anyone.does(listPublicShelters, { query: { limit: '500' } });
    for (const { id } of items)
      await rows(app.database.knex, `update shelters set status = 'closed' where id = cast(:id as uuid)`, { id });
    await rows(app.database.knex, `update shelters set status = 'closed' where name like 'Paged%'`, {});
    await app.east.dispatcher.does(updateShelter, { params: { id: ids.full }, body: { version: 1, status: 'closed' } });
    const { html } = await open('/shelters');
    expect(html).toMatch(/class="empty"[\s\S]*href="tel:120"/);
    expect(names(html)).toEqual(['Later house']);
  });
});
