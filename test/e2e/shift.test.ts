/** A whole shift without a network: what a crew did is on the phone however often it dies, and arrives complete, once, in order. */
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { listEncounters } from '../../shared/encounters.ts';
import { point } from '../../shared/geo.ts';
import { readIncident } from '../../shared/incidents.ts';
import { dispatchOf, eventually, goOut, newcomer, NEW_PASSWORD, report, send, useCity } from './kit.ts';

const city = useCity();
const MEETINGS = 20;
const PHOTOS = 10;
/** How far this phone's clock is ahead. */
const AHEAD_MS = 2 * 3_600_000;
const HERE = point(108.9, 34.19);

/** Every page of the context lives two hours in the future, as a phone whose clock was set by hand. */
function setClockAhead(ms: number): void {
  const True = Date;
  class Ahead extends True {
    constructor(...given: unknown[]) {
      if (given.length === 0) super(True.now() + ms);
      else super(...(given as [number]));
    }
    static override now(): number {
      return True.now() + ms;
    }
  }
  window.Date = Ahead as DateConstructor;
}

/** How many rows lie in one of the phone's stores. */
const kept = (page: Page, store: string): Promise<number> =>
  page.evaluate(
    (name) =>
      new Promise<number>((resolve) => {
        const opening = indexedDB.open('warmpath-outbox');
        opening.onsuccess = () => {
          const counting = opening.result.transaction(name).objectStore(name).count();
          counting.onsuccess = () => {
            opening.result.close();
            resolve(counting.result);
          };
        };
      }),
    store,
  );

const photo = (n: number): Promise<Buffer> =>
  sharp({ create: { width: 320, height: 240, channels: 3, background: { r: 20 * n, g: 90, b: 160 } } })
    .jpeg()
    .toBuffer();

it('of twenty meetings and ten photos, two deaths of the app, a new version and a wrong clock, arrives as it happened', async () => {
  const description = 'a shift alone';
  const member = await newcomer(city, 'crew');
  const patrolId = await goOut(city, member, description);
  const { id: incidentId } = await report(city, description, { position: HERE, placeText: description });
  const dispatchId = await send(city, incidentId, patrolId);
  const crew = await city.visitor({ serviceWorkers: 'allow', at: [108.9, 34.19] });
  const { context, t } = crew;
  crew.excuse(/net::ERR_|WebSocket connection|ServiceWorker/);
  await context.addInitScript(setClockAhead, AHEAD_MS);
  await crew.signIn(member.username, '/crew', NEW_PASSWORD);
  let { page } = crew;
  const button = (words: string): ReturnType<Page['getByRole']> =>
    page.getByRole('button', { name: words, exact: true });
  const press = (words: string): Promise<void> => button(words).click();
  await page.getByRole('main').getByRole('heading', { name: description }).waitFor();
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await eventually(() =>
    page.evaluate(async () => (await (await caches.open('warmpath-page')).match('/crew'))?.text() ?? ''),
  ).toContain('id="boot"');
  await eventually(() => kept(page, 'pictures')).toBe(1);
  expect((await page.evaluate(() => Date.now())) - Date.now()).toBeGreaterThan(AHEAD_MS - 60_000);

  /** The phone kills the app: whatever was only in its memory is gone. */
  const die = async (): Promise<void> => {
    await page.close();
    page = await context.newPage();
    await page.goto(`${city.origin}/crew`);
  };
  const began = Date.now();
  await context.setOffline(true);
  for (const step of ['accepted', 'en_route', 'on_scene'] as const) await press(t(`job.step.${step}`));

  const openForm = async (n: number): Promise<void> => {
    await press(t(n === 0 ? 'job.step.record' : 'job.record_more'));
    await press(t(n % 5 === 4 ? 'outcome.refused' : 'outcome.took_items'));
    if (n >= PHOTOS) return;
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: `${String(n)}.jpg`, mimeType: 'image/jpeg', buffer: await photo(n) });
    await page.locator('.photos img').first().waitFor();
  };
  for (let n = 0; n < MEETINGS; n += 1) {
    await openForm(n);
    if (n === 6) {
      // in the middle of writing: the draft and its photo are there again
      await eventually(() => kept(page, 'drafts')).toBe(2);
      await die();
      await press(t('job.record_more'));
      await page.locator('.photos img').first().waitFor();
    }
    await press(t('encounter.save'));
    await button(t('job.record_more')).waitFor();
    if (n === 13) await die();
  }
  const waiting = 3 + MEETINGS + PHOTOS;
  await button(t('crew.waiting_badge', { count: waiting })).waitFor();
  const ended = Date.now();

  // a line that lets the new version through and nothing else
  await context.route('**/api/**', (route) => route.abort());
  await context.route(/crew.sw[.]js/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace(/"edition":"\w+"/, '"edition":"next"') });
  });
  await context.setOffline(false);
  await page.evaluate(() => navigator.serviceWorker.register('/crew/sw.js?next', { scope: '/crew' }));
  await page.getByText(t('crew.update.waits')).waitFor();
  expect(await button(t('crew.update.take')).count()).toBe(0);
  await button(t('crew.waiting_badge', { count: waiting })).waitFor();

  await context.unroute('**/api/**');
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await button(t('crew.update.take')).waitFor({ timeout: 60_000 });

  const desk = await city.staff('dispatcher');
  const { items } = await member.does(listEncounters, { query: { limit: '500' } });
  const met = items.filter((each) => each.dispatchId === dispatchId);
  expect(met).toHaveLength(MEETINGS);
  // the newest first: in the order in which they were written down, and when they were, by the true clock
  const inOrder = met.reverse();
  expect(inOrder.map(({ people }) => people[0]?.outcome)).toEqual(
    Array.from({ length: MEETINGS }, (_, n) => (n % 5 === 4 ? 'refused' : 'took_items')),
  );
  expect(inOrder.map(({ photos }) => photos.length)).toEqual(
    Array.from({ length: MEETINGS }, (_, n) => (n < PHOTOS ? 1 : 0)),
  );
  for (const { at } of inOrder) {
    expect(Date.parse(at)).toBeGreaterThan(began - 5_000);
    expect(Date.parse(at)).toBeLessThan(ended + 5_000);
  }
  const job = await dispatchOf(city, dispatchId);
  const steps = [job.acceptedAt, job.enRouteAt, job.onSceneAt].map((at) => Date.parse(at ?? ''));
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  expect(job.status).toBe('on_scene');
  const { timeline } = await desk.does(readIncident, { params: { id: incidentId } });
  const kinds = timeline.map(({ kind }) => kind);
  for (const step of ['accepted', 'en_route', 'on_scene'])
    expect(
      kinds.filter((kind) => kind === step),
      step,
    ).toHaveLength(1);
  expect(kinds.filter((kind) => kind === 'encounter')).toHaveLength(MEETINGS);

  await Promise.all([page.waitForEvent('load'), press(t('crew.update.take'))]);
  await button(t('job.record_more')).waitFor();
  expect(await page.getByText(t('crew.update.ready')).count()).toBe(0);
});
