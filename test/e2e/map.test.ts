/** The base map: a file on the operator's own disk with no other network, and pictures from an address of the operator's. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { readTiles, type TileSource } from '../../server/tiles.ts';
import type { Locale } from '../../shared/stations.ts';
import { places, startApp, type TestApp } from '../kit/app.ts';
import { DATABASE_HOOK_MS, testDatabase, type TestDatabase } from '../kit/database.ts';
import type { Person } from '../kit/people.ts';
import { pmtiles, smallCity } from '../kit/pmtiles.ts';
import { eventually, openVisitor, type Visitor, type VisitorOptions, wide } from './kit.ts';

const ATTRIBUTION = '© OpenStreetMap contributors · GS(2026)0000';
/** Colours of land and water in the two palettes of the Protomaps basemap. */
const day = { land: '#e2dfda', water: '#80deea' };
const night = { land: '#1f1f1f', water: '#31353f' };

let browser: Browser;
const visitors: Visitor[] = [];
beforeAll(async () => {
  browser = await chromium.connect(inject('browser'));
});
afterEach(async () => {
  const present = visitors.splice(0);
  for (const { context } of present) await context.close();
  expect(present.flatMap(({ complaints }) => complaints)).toEqual([]);
});
afterAll(() => browser.close());

/** A service with this base map, for the tests of a block. */
function useMap(tilesOf: () => Promise<TileSource>): {
  app: () => TestApp;
  visitor(options?: VisitorOptions, who?: Person): Promise<Visitor>;
} {
  let stored: TestDatabase;
  let started: Awaited<ReturnType<typeof startApp>>;
  beforeAll(async () => {
    stored = await testDatabase();
    started = await startApp(stored, { config: { tiles: await tilesOf() }, webDir: inject('webDir') });
  }, DATABASE_HOOK_MS);
  afterAll(async () => {
    await started.stop();
    await stored.drop();
  }, DATABASE_HOOK_MS);
  return {
    app: () => started.app,
    async visitor(options = {}, who) {
      const { url } = started.app;
      const visitor = await openVisitor(browser, url, options);
      visitors.push(visitor);
      const [name, value] = who?.cookie?.split('=') ?? [];
      if (name !== undefined && value !== undefined)
        await visitor.context.addCookies([
          // `__Host-` wants an address of https to be set by; on loopback it is sent over http too
          { name, value, url: url.replace('http:', 'https:'), secure: true, httpOnly: true, sameSite: 'Lax' },
        ]);
      return visitor;
    },
  };
}

/** Colours of the painted base map that cover more than one pixel in fifty of some tile. */
const paintedOn = ({ page }: Visitor): Promise<string[]> =>
  page.evaluate(() => {
    const found = new Set<string>();
    for (const canvas of document.querySelectorAll<HTMLCanvasElement>('.leaflet-tile-pane canvas')) {
      if (canvas.width === 0) continue;
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
      const seen = new Map<string, number>();
      for (let at = 0; at < data.length; at += 4) {
        const hex = [0, 1, 2].map((n) => (data[at + n] ?? 0).toString(16).padStart(2, '0')).join('');
        seen.set(hex, (seen.get(hex) ?? 0) + 1);
      }
      for (const [hex, count] of seen) if (count > data.length / 4 / 50) found.add(`#${hex}`);
    }
    return [...found];
  });

/** Remembers the words that are painted, which nobody can read from a canvas. */
async function hearLabels({ page }: Visitor): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const labels = new Set<string>();
    Object.assign(window, { paintedLabels: labels });
    const paint = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
      labels.add(text);
      paint.call(this, text, ...where);
    };
  });
  return () => page.evaluate(() => [...(window as unknown as { paintedLabels: Set<string> }).paintedLabels]);
}

describe('a PMTiles file', () => {
  let folder: string;
  const city = useMap(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'warmpath-map-'));
    const file = path.join(folder, 'city.pmtiles');
    await writeFile(file, pmtiles({ layers: smallCity, center: places.east, minZoom: 3, maxZoom: 13, around: 6 }));
    return readTiles(file, ATTRIBUTION);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Nothing but the service can be reached; answers the ranges that were asked for. */
  async function cutOff(visitor: Visitor): Promise<{ range: string | undefined; status: number }[]> {
    const { url } = city.app();
    await visitor.context.route(
      ({ origin }) => origin !== url,
      (route) => route.abort('internetdisconnected'),
    );
    const ranges: { range: string | undefined; status: number }[] = [];
    visitor.page.on('response', (response) => {
      if (new URL(response.url()).pathname.startsWith('/tiles/'))
        ranges.push({ range: response.request().headers()['range'], status: response.status() });
    });
    return ranges;
  }

  it.each<[Locale, string, string]>([
    ['en', 'Long Peace', '长安'],
    ['zh-CN', '长安', 'Long Peace'],
  ])('is drawn on the desk in %s, by day and by night, with no other network', async (locale, label, other) => {
    const desk = await city.visitor({ locale, viewport: wide, colorScheme: 'light' }, city.app().east.dispatcher);
    const ranges = await cutOff(desk);
    const labels = await hearLabels(desk);
    await desk.open('/desk');
    await eventually(() => paintedOn(desk)).toEqual(expect.arrayContaining(Object.values(day)));
    await desk.sees(ATTRIBUTION);
    await desk.picture(`map desk day ${locale}`);
    expect(ranges.length).toBeGreaterThan(1);
    expect(ranges.filter(({ range, status }) => status !== 206 || !/^bytes=\d+-\d+$/.test(range ?? ''))).toEqual([]);

    await desk.page.emulateMedia({ colorScheme: 'dark' });
    await eventually(() => paintedOn(desk)).toEqual(expect.arrayContaining(Object.values(night)));
    expect(await paintedOn(desk)).not.toContain(day.water);
    await desk.picture(`map desk night ${locale}`);
    await desk.page.emulateMedia({ colorScheme: 'light' });
    await eventually(() => paintedOn(desk)).toEqual(expect.arrayContaining(Object.values(day)));
    await desk.page.getByRole('button', { name: desk.t('ui.theme.night') }).click();
    await eventually(() => paintedOn(desk)).toEqual(expect.arrayContaining(Object.values(night)));

    expect(await labels()).toContain(label);
    expect(await labels()).not.toContain(other);
    expect(await desk.page.getByText(desk.t('page.map.away')).count()).toBe(0);
  });

  it('is drawn where a reporter chooses a place, and stays out of the page until then', async () => {
    const reporter = await city.visitor({ colorScheme: 'dark' });
    const ranges = await cutOff(reporter);
    await reporter.open('/report');
    await reporter.page.locator('[data-do="map"]').click();
    await eventually(() => paintedOn(reporter)).toEqual(expect.arrayContaining(Object.values(night)));
    await reporter.sees(ATTRIBUTION);
    await reporter.page.locator('.map').click({ position: { x: 120, y: 120 } });
    await reporter.page.locator('.map .pin').waitFor();
    await reporter.page.locator('.map').scrollIntoViewIfNeeded();
    await reporter.picture('map report night');
    expect(ranges.every(({ status }) => status === 206)).toBe(true);
  });

  it('that cannot be read leaves the outlines, words, and another try', async () => {
    const desk = await city.visitor({ viewport: wide }, city.app().east.dispatcher);
    desk.excuse(/tiles|ERR_FAILED|Failed to fetch|Failed to load/);
    let down = true;
    await desk.context.route('**/tiles/**', (route) => (down ? route.abort() : route.continue()));
    await desk.open('/desk');
    await desk.sees(desk.t('page.map.away'));
    await desk.page.locator('.map-area').first().waitFor();
    await desk.picture('map desk away');
    down = false;
    await desk.page.evaluate(() => window.dispatchEvent(new Event('online')));
    await eventually(() => paintedOn(desk)).toEqual(expect.arrayContaining(Object.values(day)));
    await eventually(() => desk.page.getByText(desk.t('page.map.away')).count()).toBe(0);
  });
});

describe('pictures from an address', () => {
  let server: Server;
  let origin: string;
  let down = false;
  const city = useMap(async () => {
    const picture = await sharp({ create: { width: 256, height: 256, channels: 3, background: '#f2efe9' } })
      .composite([
        { input: { create: { width: 120, height: 90, channels: 3, background: '#aad3df' } }, left: 20, top: 20 },
      ])
      .png()
      .toBuffer();
    server = createServer((_req, res) => {
      if (down) res.writeHead(503).end();
      else res.writeHead(200, { 'content-type': 'image/png', 'cache-control': 'no-store' }).end(picture);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    return readTiles(`${origin}/{z}/{x}/{y}.png`, ATTRIBUTION);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const drawn = ({ page }: Visitor): Promise<number> =>
    page
      .locator('img.leaflet-tile')
      .evaluateAll((all) => all.filter((each) => (each as HTMLImageElement).naturalWidth === 256).length);

  it.each(['light', 'dark'] as const)(
    'are drawn (%s); the policy lets through them and nothing else',
    async (colorScheme) => {
      down = false;
      const desk = await city.visitor({ viewport: wide, colorScheme }, city.app().east.dispatcher);
      desk.excuse(/^other origin: http:\/\/127\.0\.0\.1:\d+\/\d+\/\d+\/\d+\.png$/);
      await desk.open('/desk');
      await eventually(() => drawn(desk)).toBeGreaterThan(3);
      await desk.sees(ATTRIBUTION);
      await desk.picture(`map pictures ${colorScheme}`);
      expect([...desk.complaints]).toEqual([]);
      const refused = await desk.page.evaluate(
        () =>
          new Promise<string>((resolve) => {
            document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => resolve(violatedDirective));
            new Image().src = 'http://127.0.0.1:9/0/0/0.png';
          }),
      );
      expect(refused).toBe('img-src');
      // the one that was tried on purpose
      desk.complaints.splice(0);
    },
  );

  it('that do not come leave the outlines and words, and are asked for again', async () => {
    down = true;
    const desk = await city.visitor({ viewport: wide, locale: 'zh-CN' }, city.app().east.dispatcher);
    desk.excuse(/503|^other origin: /);
    await desk.open('/desk');
    await desk.sees('底图暂不可用');
    await desk.page.locator('.map-area').first().waitFor();
    down = false;
    await desk.page.evaluate(() => window.dispatchEvent(new Event('online')));
    await eventually(() => drawn(desk)).toBeGreaterThan(3);
    await eventually(() => desk.page.getByText('底图暂不可用').count()).toBe(0);
  });
});
