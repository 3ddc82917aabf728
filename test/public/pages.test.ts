/** The public pages without JavaScript: what a browser without it, or an old one, can do. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { parseCoordinates } from '../../shared/coordinates.ts';
import { followSteps } from '../../shared/follow.ts';
import { places, useApp } from '../kit/app.ts';

const app = useApp();

interface Form {
  fields: [string, string][];
  step: string;
  html: string;
  status: number;
  location: string | null;
}

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** All that a browser would send of the form as it stands. */
function fieldsOf(html: string): [string, string][] {
  const fields: [string, string][] = [];
  for (const [tag] of html.matchAll(/<input[^>]*>/g)) {
    const name = /\bname="([^"]*)"/.exec(tag)?.[1];
    const ticked = !/type="(checkbox|radio)"/.test(tag) || tag.includes(' checked');
    if (name !== undefined && ticked) fields.push([name, unescaped(/\bvalue="([^"]*)"/.exec(tag)?.[1] ?? '')]);
  }
  for (const [, name = '', text = ''] of html.matchAll(/<textarea id="\w+" name="(\w+)"[^>]*>\n([^<]*)<\/textarea>/g))
    fields.push([name, unescaped(text)]);
  const crs = /<option value="(\w+)"\s+selected/.exec(html)?.[1];
  if (crs !== undefined) fields.push(['crs', crs]);
  return fields;
}
async function read(response: Response): Promise<Form> {
  const html = await response.text();
  return {
    html,
    status: response.status,
    location: response.headers.get('location'),
    fields: fieldsOf(html),
    step: /name="step" value="(\w+)"/.exec(html)?.[1] ?? '',
  };
}
const open = async (path: string, headers: Record<string, string> = {}): Promise<Form> =>
  read(await app.anyone.fetch(path, { headers }));
async function press(
  form: Form,
  go: string,
  answers: Record<string, string | string[]> = {},
  path = '/report',
): Promise<Form> {
  const body = new URLSearchParams(form.fields.filter(([name]) => !(name in answers)));
  for (const [name, value] of Object.entries(answers)) for (const each of [value].flat()) body.append(name, each);
  body.append('go', go);
  return read(
    await app.anyone.fetch(path, {
      method: 'POST',
      body,
      headers: { origin: app.url, 'sec-fetch-site': 'same-origin' },
    }),
  );
}

async function informant(code: string, place: boolean, active = true): Promise<void> {
  await rows(
    app.database.knex,
    `insert into informants (id, station_id, code, organisation, source, label, position, place_text, active, created_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :code, 'Street cleaning', 'sanitation', 'Corner', case when cast(:place as boolean) then st_setsrid(st_makepoint(:lon, :lat), 4326)::geography end, :placeText, :active, :now)`,
    {
      id: randomUUID(),
      stationId: app.stations.east,
      code,
      place,
      lon: places.east[0],
      lat: places.east[1],
      placeText: place ? 'Metro exit C' : null,
      active,
      now: app.clock.now(),
    },
  );
}

describe('a report without JavaScript', () => {
  it('goes from question to question to a receipt, and keeps every answer', async () => {
    let form = await open('/report');
    expect([form.status, form.step]).toEqual([200, 'where']);
    form = await press(form, 'next', { placeText: 'Under the bridge <b>&"', placeCode: 'L-17' });
    expect(form.step).toBe('saw');
    form = await press(form, 'people+');
    form = await press(form, 'people+');
    form = await press(form, 'next', { signs: ['elderly', 'wet'], spoken: 'no', wantsHelp: 'yes' });
    expect(form.step).toBe('more');
    form = await press(form, 'next', { description: 'blue coat\r\na dog', contact: '138' });
    expect(form.step).toBe('check');
    expect(form.html).toContain('Under the bridge &lt;b&gt;&amp;&quot;');
    expect(form.html).not.toContain('<b>&"');
    form = await press(form, 'back');
    expect(form.step).toBe('more');
    form = await press(form, 'edit:where');
    form = await press(form, 'next');
    form = await press(form, 'next');
    form = await press(form, 'next');
    const sent = await press(form, 'send');
    expect(sent.status).toBe(303);
    expect(sent.location).toMatch(/^\/follow\/[\w-]{43}\?new=1$/);
    const id = form.fields.find(([name]) => name === 'id')?.[1];
    const stored = await row(
      app.database.knex,
      `select people, place_text, place_code, description, contact, signs, spoken, wants_help, still_there, source from sightings where id = cast(:id as uuid)`,
      { id },
    );
    expect(stored).toEqual({
      people: 3,
      place_text: 'Under the bridge <b>&"',
      place_code: 'L-17',
      description: 'blue coat\na dog',
      contact: '138',
      signs: ['elderly', 'wet'],
      spoken: false,
      wants_help: true,
      still_there: null,
      source: 'public',
    });

    // pressed twice, or sent again by the browser
    const again = await press(form, 'send');
    expect(again.location).toBe(sent.location);
    // the browser's way back, another answer: asked, not doubled
    const other = await press(form, 'send', { people: '9' });
    expect([other.status, other.step]).toEqual([409, 'check']);
    const otherId = other.fields.find(([name]) => name === 'id')?.[1];
    expect(otherId).not.toBe(id);
    expect((await press(other, 'send')).status).toBe(303);
  });

  it('says at the field what is wrong, and loses nothing', async () => {
    const form = await open('/report');
    const empty = await press(form, 'next');
    expect(empty.step).toBe('where');
    expect(empty.html).toMatch(/id="placeText-error"\s*>[^<]+</);
    expect(empty.html).toMatch(/<a href="#placeText">/);
    expect(empty.html).toContain('aria-invalid="true"');
    const odd = await press(form, 'next', { coords: 'somewhere' });
    expect(odd.html).toMatch(/id="coords-error"\s*>[^<]+</);
    expect(odd.html).toMatch(/name="coords"\s+value="somewhere"/);
    const many = await press(form, 'send', { placeText: 'x', people: '100' });
    expect([many.status, many.step]).toEqual([422, 'saw']);
    const foul = await press(form, 'send', {
      placeText: 'a\u0000b',
      signs: ['wet', 'made up'],
      id: 'nonsense',
      step: '__proto__',
    });
    expect(foul.status).toBe(422);
  });

  it('takes pasted coordinates of the map they came from', async () => {
    const form = await press(await open('/report'), 'send', { coords: '108.94686,34.25951', crs: 'gcj02' });
    expect(form.status).toBe(303);
    const found = await row<{ lon: number; lat: number }>(
      app.database.knex,
      `select st_x(position::geometry) as lon, st_y(position::geometry) as lat from sightings where position is not null order by received_at desc, id limit 1`,
    );
    expect(found?.lon).toBeCloseTo(108.9422, 3);
    expect(found?.lat).toBeCloseTo(34.2611, 3);
  });

  it('shows the numbers on every page, and more of them at a sign of danger', async () => {
    for (const path of ['/report', '/shelters', '/follow/nothing', '/r/NOBODY'])
      expect((await open(path)).html).toContain('href="tel:120"');
    const { html } = await press(await open('/report'), 'next', { placeText: 'x' });
    for (const sign of ['unresponsive', 'confused', 'injured'])
      expect(html).toMatch(new RegExp(`value="${sign}"\\s+class="dangerous"`));
    expect(html).not.toMatch(/value="wet"\s+class="dangerous"/);
  });

  it('is the same form in the other language, with the answers in it', async () => {
    const form = await press(await open('/report'), 'stay', { placeText: 'keep me' }, '/report?lang=zh-CN');
    expect(form.html).toContain('<html lang="zh-CN">');
    expect(form.html).toContain('keep me');
  });

  it('is not taken from another site', async () => {
    const body = new URLSearchParams({ go: 'send', placeText: 'x', people: '1' });
    const foreign = await app.anyone.fetch('/report', {
      method: 'POST',
      body,
      headers: { origin: 'https://evil.example' },
    });
    expect(foreign.status).toBe(403);
  });
});

describe("an informant's link", () => {
  it('has the place, and is sent with two presses', async () => {
    await informant('CLEAN-01', true);
    const form = await open('/r/clean-01');
    expect([form.status, form.step]).toEqual([200, 'saw']);
    expect(form.html).toContain('Metro exit C');
    const sent = await press(await press(form, 'next'), 'send');
    expect(sent.status).toBe(303);
    const id = form.fields.find(([name]) => name === 'id')?.[1];
    expect(
      await row(
        app.database.knex,
        `select source, verified, place_text, station_id from sightings where id = cast(:id as uuid)`,
        { id },
      ),
    ).toEqual({
      source: 'sanitation',
      verified: true,
      place_text: 'Metro exit C',
      station_id: app.stations.east,
    });
  });

  it('asks where when its holder moves about', async () => {
    await informant('TAXI-07', false);
    const form = await open('/r/TAXI-07');
    expect(form.step).toBe('where');
    expect((await press(form, 'next', { placeText: 'x' })).step).toBe('saw');
  });

  it('leads to the plain form when it is unknown or no longer used', async () => {
    await informant('GONE-01', true, false);
    for (const code of ['GONE-01', 'NOBODY', '..%2f..%2fetc']) {
      const form = await open(`/r/${code}`);
      expect(form.status).toBe(404);
      expect(form.html).toContain('href="/report"');
    }
  });
});

describe('the follow-up page', () => {
  it('shows the number and the way, and nothing that was written', async () => {
    const sent = await press(await open('/report'), 'send', {
      placeText: 'CANARY place',
      description: 'CANARY words',
      contact: 'CANARY contact',
    });
    const response = await app.anyone.fetch(sent.location ?? '');
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).toMatch(/[A-Z0-9]{4}-[A-Z0-9]{4}/);
    expect(html).not.toContain('CANARY');
    expect(
      Object.fromEntries(
        ['cache-control', 'referrer-policy', 'x-robots-tag'].map((name) => [name, response.headers.get(name)]),
      ),
    ).toEqual({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex',
    });
    expect((await open(`/follow/${'A'.repeat(43)}`)).status).toBe(404);
    expect((await open('/follow/..%2f..%2fetc%2fpasswd')).status).toBe(404);
  });

  it('draws what has happened, what is now and what is to come', () => {
    const at = (minute: number): string => `2026-01-01T00:0${String(minute)}:00.000Z`;
    const names = (row: Parameters<typeof followSteps>[0]): string =>
      followSteps(row)
        .map(({ name, state }) => `${name}:${state}`)
        .join(' ');
    expect(names({ status: 'received', updates: [{ status: 'received', at: at(0) }] })).toBe(
      'received:now seen:ahead on_the_way:ahead outcome:ahead',
    );
    expect(
      names({
        status: 'on_the_way',
        updates: [
          { status: 'received', at: at(0) },
          { status: 'on_the_way', at: at(1) },
        ],
      }),
    ).toBe('received:done on_the_way:now outcome:ahead');
    expect(
      names({
        status: 'closed',
        updates: [
          { status: 'received', at: at(0) },
          { status: 'found', at: at(1) },
          { status: 'closed', at: at(2) },
        ],
      }),
    ).toBe('received:done found:done closed:now');
  });
});

describe('warm places', () => {
  it('are those open to anyone; a confidential one is nowhere in the page', async () => {
    await rows(app.database.knex, `update shelters set confidential = true where id = cast(:id as uuid)`, {
      id: app.shelters.west,
    });
    const { html } = await open('/shelters');
    expect(html).toContain('east shelter');
    expect(html).not.toContain('west shelter');
    expect(html).not.toContain(app.shelters.west);
    await rows(app.database.knex, `update shelters set status = 'closed'`);
    expect((await open('/shelters')).html).toMatch(/class="empty"[\s\S]*href="tel:120"/);
  });
});

describe('pasted coordinates', () => {
  it.each([
    ['34.2611, 108.9422', [108.9422, 34.2611]],
    ['108.9422,34.2611', [108.9422, 34.2611]],
    ['(34.2611 108.9422)', [108.9422, 34.2611]],
    ['87.6168, 43.8256', [87.6168, 43.8256]],
    ['43.8256，87.6168', [87.6168, 43.8256]],
    ['51.5, -0.12', [-0.12, 51.5]],
    ['-120.5 45', [-120.5, 45]],
    ['200, 300', null],
    ['somewhere', null],
    ['1', null],
    ['', null],
  ])('%s', (text, expected) => {
    expect(parseCoordinates(text)).toEqual(expected);
  });
});
