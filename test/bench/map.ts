/** P7, live part: 2,000 incidents and 500 patrols that move each second, while a hand drags and zooms; against Leaflet's own markers. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { openDatabase } from '../../server/db/open.ts';
import { type BenchBrowser, NAMES, openDesk, useBrowser, view } from './desk.ts';
import { benchDatabase, child, median, percentile } from './kit.ts';
import { cookieOf, fillCity, shape } from './winter.ts';

const INCIDENTS = 2_000;
const PATROLS = 500;
const ROUNDS = 3;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface Frames {
  fps: number;
  p99: number;
}

/** Pictures a second and the slowest hundredth while the hand works for some seconds. */
async function watched(page: Page, hand: () => Promise<void>): Promise<Frames> {
  await page.evaluate(() => {
    const times: number[] = [];
    let on = true;
    const next = (at: number): void => {
      times.push(at);
      if (on) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    Object.assign(window, {
      endFrames: () => {
        on = false;
        return times;
      },
    });
  });
  await hand();
  const times = await page.evaluate(() => (window as unknown as { endFrames: () => number[] }).endFrames());
  const gaps = times.slice(1).map((at, n) => at - (times[n] ?? at));
  const whole = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return { fps: (gaps.length * 1000) / whole, p99: percentile(gaps, 0.99) };
}

/** Drags to and fro, then zooms in and out, as one who looks around. */
async function look(page: Page, x: number, y: number, seconds: number): Promise<void> {
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until) {
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let n = 1; n <= 12; n += 1) {
      await page.mouse.move(x - n * 10, y - n * 5);
      await page.waitForTimeout(16);
    }
    await page.mouse.up();
    for (const way of [-120, 120]) {
      await page.mouse.wheel(0, way);
      await page.waitForTimeout(450);
    }
    await page.mouse.move(x - 120, y - 60);
    await page.mouse.down();
    await page.mouse.move(x, y, { steps: 12 });
    await page.mouse.up();
  }
}

/** What one writes first: a marker of the document for each place, moved each second. */
async function naivePage({ browser }: BenchBrowser): Promise<Page> {
  const leaflet = createRequire(import.meta.url).resolve('leaflet/dist/leaflet.js');
  const page = await browser.newPage({ viewport: view });
  await page.setContent(`<div id="map"></div>`);
  await page.evaluate(NAMES);
  await page.addStyleTag({ content: readFileSync(leaflet.replace('.js', '.css'), 'utf8') });
  await page.addStyleTag({
    content:
      '#map{position:fixed;left:360px;top:90px;width:660px;height:480px}.s{border-radius:50%;background:#a04d00}',
  });
  await page.addScriptTag({ content: readFileSync(leaflet, 'utf8') });
  await page.evaluate(
    ({ incidents, patrols }) => {
      interface Naive {
        map: (id: string) => { setView: (at: [number, number], zoom: number) => unknown };
        divIcon: (options: object) => unknown;
        marker: (
          at: [number, number],
          options: object,
        ) => { addTo: (map: unknown) => { setLatLng: (at: [number, number]) => void } };
      }
      const { L } = window as unknown as { L: Naive };
      const map = L.map('map').setView([34.26, 108.94], 12);
      const icon = L.divIcon({ className: 's', iconSize: [26, 26] });
      const around = (): [number, number] => [
        34.26 + (Math.random() - 0.5) * 0.2,
        108.94 + (Math.random() - 0.5) * 0.3,
      ];
      const markers = Array.from({ length: incidents + patrols }, () => L.marker(around(), { icon }).addTo(map));
      setInterval(() => {
        for (const marker of markers.slice(0, patrols)) marker.setLatLng(around());
      }, 1000);
    },
    { incidents: INCIDENTS, patrols: PATROLS },
  );
  return page;
}

export async function benchMap(cluster: string): Promise<void> {
  const browser = await useBrowser();
  const stored = await benchDatabase(cluster);
  const service = await child<{ url: string; root: string }>('./service.ts', {
    DATABASE_URL: stored.url,
    WEB_DIR: browser.webDir,
  });
  const database = await openDatabase({ databaseUrl: stored.url, log: silent, allowUnsafe: true });
  const seconds = Number(process.env['BENCH_SECONDS'] ?? '8');
  try {
    const { url, root } = service.ready;
    await fillCity(database.knex, root, { patrols: PATROLS, incidents: INCIDENTS, freeShare: 0.5, now: new Date() });
    const desk = await openDesk(browser, url, await cookieOf(url));
    const naive = await naivePage(browser);
    let moving = true;
    const night = (async () => {
      while (moving) {
        const from = Date.now();
        await service.ask({ second: true });
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1000 - (Date.now() - from))));
      }
    })();
    const found = { ours: [] as Frames[], still: [] as Frames[], naive: [] as Frames[] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      await naive.bringToFront();
      const baseline = await watched(naive, () => look(naive, 690, 330, seconds));
      await desk.page.bringToFront();
      const ours = await watched(desk.page, () => look(desk.page, 690, 330, seconds));
      const still = await watched(desk.page, () => desk.page.waitForTimeout(seconds * 500));
      // the first round warms up
      if (round > 0) {
        found.ours.push(ours);
        found.still.push(still);
        found.naive.push(baseline);
      }
    }
    moving = false;
    await night;
    const line = (name: string, ours: Frames[], pick: (frames: Frames) => number, unit: string, goal: string): void =>
      console.log(
        `P7 ${name}, ${shape(PATROLS, INCIDENTS)} | ${median(ours.map(pick)).toFixed(1)} ${unit} | ${median(found.naive.map(pick)).toFixed(1)} ${unit} (Leaflet's markers, dragged and zoomed) | ${(median(ours.map(pick)) / median(found.naive.map(pick))).toFixed(2)} | ${goal}`,
      );
    line('map, dragged and zoomed', found.ours, ({ fps }) => fps, 'fps', '>= 50 fps');
    line('the same, slowest hundredth', found.ours, ({ p99 }) => p99, 'ms', '<= 40 ms');
    line('map, only looked at', found.still, ({ fps }) => fps, 'fps', '>= 50 fps');
    line('the same, slowest hundredth', found.still, ({ p99 }) => p99, 'ms', '<= 40 ms');
  } finally {
    await database.close();
    await service.stop();
    await stored.drop();
    await browser.close();
  }
}
