/** The public pages in a real browser: without a network, with a portal in the way, and in both languages for those who cannot see them. */
import { gzipSync } from 'node:zlib';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { askReporter } from '../../shared/questions.ts';
import { violationsOn } from '../kit/axe.ts';
import { useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';
import { findChromium } from '../kit/chromium.ts';

const app = useApp();
const executablePath = findChromium();

describe.skipIf(executablePath === undefined)('in a browser', () => {
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser.close();
  });
  /** A phone; what its scripts complain of fails the test at `complaints`. */
  async function phone(
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; context: BrowserContext; complaints: string[] }> {
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      locale: 'en',
      reducedMotion: 'reduce',
      ...options,
    });
    contexts.push(context);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(app.url))
        complaints.push(`foreign request: ${request.url()}`);
    });
    return { page, context, complaints };
  }
  const press = (page: Page, go: string): Promise<void> =>
    page.locator(`button[name="go"][value="${go}"]:visible`).last().click();
  const stepOf = (page: Page): Promise<string | null> =>
    page.locator('[data-step]:not([hidden])').getAttribute('data-step');
  const online = (page: Page): Promise<boolean> => page.evaluate(() => window.dispatchEvent(new Event('online')));
  const countOf = async (): Promise<number> =>
    (await row<{ n: number }>(app.database.knex, `select count(*)::integer as n from sightings`))?.n ?? 0;

  it('keeps a draft over a reload, waits for the network, and sends report and photo once', async () => {
    const { page, context, complaints } = await phone();
    const before = await countOf();
    await page.goto(`${app.url}/report`);
    await page.fill('#placeText', 'under the bridge');
    await press(page, 'next');
    await page.reload();
    expect(await stepOf(page)).toBe('saw');
    await page.goBack();
    expect(await page.inputValue('#placeText')).toBe('under the bridge');
    await press(page, 'next');
    await page.locator('input[value="confused"]').check();
    expect(await page.locator('[data-step="saw"] .danger').isVisible()).toBe(true);
    await press(page, 'next');
    const large = await sharp({ create: { width: 2400, height: 1200, channels: 3, background: '#345' } })
      .png()
      .toBuffer();
    await page.setInputFiles('#photo', { name: 'p.png', mimeType: 'image/png', buffer: large });
    await page.locator('.photos img').waitFor();
    await press(page, 'next');
    await context.setOffline(true);
    await press(page, 'send');
    await page.locator('.card.waiting').waitFor();
    expect(await page.evaluate(() => localStorage.getItem('warmpath.draft'))).toBeNull();
    expect(await countOf()).toBe(before);
    await context.setOffline(false);
    const uploaded = page.waitForResponse((response) => response.url().endsWith('/photos'));
    await online(page);
    await page.waitForURL(/\/follow\/[\w-]{43}\?new=1/);
    expect((await uploaded).status()).toBe(201);
    await page.locator('.photos-status').waitFor({ state: 'hidden' });
    expect(await countOf()).toBe(before + 1);
    expect(
      await row(
        app.database.knex,
        `select p.width, p.height, g.place_text from photos p join sightings g on g.id = p.sighting_id`,
      ),
    ).toEqual({ width: 1600, height: 800, place_text: 'under the bridge' });
    expect(complaints).toEqual([]);
  });

  it("believes only the server: a portal's page with status 200 sends nothing", async () => {
    const { page, context } = await phone();
    const before = await countOf();
    await page.goto(`${app.url}/report`);
    await page.fill('#placeText', 'portal');
    for (const go of ['next', 'next', 'next']) await press(page, go);
    for (const body of [
      '<html>sign in to the wifi</html>',
      '{"id":"00000000-0000-4000-8000-000000000000","code":"X","followUpUrl":"/x"}',
    ]) {
      await context.route('**/api/sightings', (route) =>
        route.fulfill({ status: 200, contentType: 'application/json', body }),
      );
      if (await page.locator('#report').isVisible()) await press(page, 'send');
      else await online(page);
      await page.locator('.card.waiting').waitFor();
      await context.unroute('**/api/sightings');
    }
    expect(await countOf()).toBe(before);
    await page.reload();
    await page.locator('.card.sent').waitFor();
    expect(await countOf()).toBe(before + 1);
  });

  it('brings back a report that was refused, with the field that is wrong', async () => {
    const { page, context } = await phone();
    await page.goto(`${app.url}/report`);
    await page.fill('#placeText', 'refused');
    for (const go of ['next', 'next', 'next']) await press(page, go);
    const problem = JSON.stringify({ code: 'invalid', errors: [{ path: '/people', code: 'range', message: '' }] });
    await context.route('**/api/sightings', (route) =>
      route.fulfill({ status: 422, contentType: 'application/problem+json', body: problem }),
    );
    await press(page, 'send');
    await page.locator('.errors:visible').waitFor();
    expect(await stepOf(page)).toBe('saw');
    expect(await page.inputValue('#placeText')).toBe('refused');
  });

  it("is sent from an informant's code with two presses, and with the phone's place when asked", async () => {
    await rows(
      app.database.knex,
      `insert into informants (id, station_id, code, organisation, source, label, place_text, created_at) values
         (gen_random_uuid(), cast(:stationId as uuid), 'BUS-0001', 'Buses', 'bus', 'Stop', 'Stop 5', :now), (gen_random_uuid(), cast(:stationId as uuid), 'TAXI-0001', 'Taxis', 'taxi', 'Car', null, :now)`,
      { stationId: app.stations.east, now: app.clock.now() },
    );
    const { page } = await phone({
      permissions: ['geolocation'],
      geolocation: { longitude: 108.97, latitude: 34.26, accuracy: 18 },
    });
    await page.goto(`${app.url}/r/BUS-0001`);
    await press(page, 'next');
    await press(page, 'send');
    await page.waitForURL(/\/follow\//);
    await page.goto(`${app.url}/r/TAXI-0001`);
    await page.click('[data-do="locate"]');
    await page.getByText('18 m').waitFor();
    await press(page, 'next');
    await press(page, 'next');
    await press(page, 'send');
    await page.waitForURL(/\/follow\//);
    const found = await row(
      app.database.knex,
      `select verified, station_id as station, accuracy_m as accuracy from sightings where source = 'taxi'`,
    );
    expect(found).toEqual({ verified: true, station: app.stations.east, accuracy: 18 });
  });

  it('shows the map only when asked, and warm places nearest first without telling anyone where', async () => {
    const { page, complaints } = await phone({
      permissions: ['geolocation'],
      geolocation: { longitude: 108.92, latitude: 34.26 },
    });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${app.url}/shelters`);
    expect(await page.locator('.warm h2').first().textContent()).toBe('east shelter');
    const first = asked.length;
    await page.click('[data-do="near"]');
    await page.locator('.distance:not(:empty)').first().waitFor();
    expect(await page.locator('.warm h2').first().textContent()).toBe('west shelter');
    expect(asked.length).toBe(first);
    await page.click('[data-do="map"]');
    await page.locator('.warm-sign').first().waitFor();
    await page.goto(`${app.url}/report`);
    await page.click('[data-do="map"]');
    await page.locator('.map.leaflet-container').waitFor();
    expect(complaints).toEqual([]);
  });

  it.each([
    { locale: 'en', javaScriptEnabled: true, colorScheme: 'light' },
    { locale: 'zh-CN', javaScriptEnabled: true, colorScheme: 'dark' },
  ] as const)('can be used by everyone: $locale, $colorScheme', async (options) => {
    const { page } = await phone(options);
    const serious = async (name: string): Promise<string[]> => {
      return (await violationsOn(page)).map(({ id, nodes }) => `${name}: ${id} ${nodes[0]?.html ?? ''}`);
    };
    const found: string[] = [];
    await page.goto(`${app.url}/report`);
    found.push(...(await serious('where')));
    await press(page, 'next');
    found.push(...(await serious('error')));
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('errors');
    await page.fill('#placeText', 'x');
    await press(page, 'next');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    await page.locator('input[value="injured"]').check();
    found.push(...(await serious('saw')));
    await press(page, 'next');
    found.push(...(await serious('more')));
    await press(page, 'next');
    found.push(...(await serious('check')));
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('a, button, input:not([type=hidden]), label:has(input)')]
        .filter((element) => !element.matches('p > a, .skip, label input') && element.getClientRects().length > 0)
        .map((element) => ({ html: element.outerHTML.slice(0, 80), height: element.getBoundingClientRect().height }))
        .filter(({ height }) => height < 44),
    );
    expect(small).toEqual([]);
    await press(page, 'send');
    await page.waitForURL(/\/follow\//);
    found.push(...(await serious('follow')));
    await page.goto(`${app.url}/shelters`);
    found.push(...(await serious('shelters')));
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    expect(found).toEqual([]);
  });

  it('takes an answer without a network, sends it once there is one, and asks what is still open', async () => {
    const { dispatcher } = app.east;
    const told = await report(app);
    const ask = (kind: 'where_exactly' | 'still_there') =>
      dispatcher.does(askReporter, {
        params: { id: told.incidentId },
        body: { id: crypto.randomUUID(), kind },
      });
    const { page, context, complaints } = await phone();
    await page.goto(app.url + told.followUpUrl);
    expect(await page.locator('.question').isVisible()).toBe(false);
    await ask('where_exactly');
    app.clock.advance(60_000);
    await ask('still_there');
    // whoever comes back to the page sees what is new
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByText('Is the person still there?').waitFor();
    expect((await violationsOn(page)).map(({ id }) => id)).toEqual([]);
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await page.getByText('Choose an answer or write a few words').waitFor();
    await context.setOffline(true);
    await page.getByText('Yes', { exact: true }).click();
    await page.fill('#answer', 'behind the kiosk');
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await page.getByText('No connection. Your answer is still here').waitFor();
    expect(await page.inputValue('#answer')).toBe('behind the kiosk');
    await context.setOffline(false);
    await page.getByText('Thank you. The desk has your answer.').waitFor();
    await page.getByText('Where exactly?').waitFor();
    expect(await page.inputValue('#answer')).toBe('');
    expect(await rows(app.database.knex, `select text, still_there as "stillThere" from answers`)).toEqual([
      { text: 'behind the kiosk', stillThere: true },
    ]);
    expect(complaints).toEqual([]);
  });

  it('is small: 20 kB of script, 60 kB in all before the map', async () => {
    const { page } = await phone();
    const sizes: Promise<{ url: string; zipped: number; whole: number }>[] = [];
    page.on('response', (response) => {
      sizes.push(
        response.body().then((body) => ({ url: response.url(), zipped: gzipSync(body).length, whole: body.length })),
      );
    });
    await page.goto(`${app.url}/report`, { waitUntil: 'networkidle' });
    const loaded = await Promise.all(sizes.filter(Boolean));
    const scripts = loaded.filter(({ url }) => url.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.reduce((sum, { zipped }) => sum + zipped, 0)).toBeLessThan(20_480);
    expect(loaded.reduce((sum, { whole }) => sum + whole, 0)).toBeLessThan(61_440);
  });
});
