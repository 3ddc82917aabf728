/** The crew's page as an app on the phone: it opens without a network, forgets at sign-out, and changes only when asked. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { point } from '../../shared/geo.ts';
import { eventually, goOut, newcomer, NEW_PASSWORD, report, send, useCity, type Visitor } from './kit.ts';

const city = useCity();
const noAnswer = /net::ERR_|WebSocket connection/;
const locales = [
  ['en', 'Warmpath patrol'],
  ['zh-CN', '暖途巡查'],
] as const;

/** A crew at its page, with the worker in control of it and the page kept. */
async function installed(description: string): Promise<Visitor & { dispatchId: string; username: string }> {
  const member = await newcomer(city, 'crew');
  const patrolId = await goOut(city, member, description);
  const { id } = await report(city, description, { position: point(108.9, 34.19), placeText: description });
  const dispatchId = await send(city, id, patrolId);
  const crew = await city.visitor({ serviceWorkers: 'allow' });
  crew.excuse(noAnswer);
  await crew.signIn(member.username, '/crew', NEW_PASSWORD);
  await crew.sees(crew.page.getByRole('heading', { name: description }));
  await crew.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await eventually(() => keptPage(crew.page)).toContain('id="boot"');
  await eventually(() => keptPicture(crew.page)).toBe(1);
  return { ...crew, dispatchId, username: member.username };
}
const keptPage = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    for (const name of await caches.keys()) {
      const found = await (await caches.open(name)).match('/crew');
      if (found) return found.text();
    }
    return '';
  });
/** How many pictures of the night lie on the phone. */
const keptPicture = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    // opening what is not there would make it
    if (!(await indexedDB.databases()).some(({ name }) => name === 'warmpath-outbox')) return 0;
    return new Promise<number>((resolve) => {
      const opening = indexedDB.open('warmpath-outbox');
      opening.onsuccess = () => {
        const db = opening.result;
        const counting = db.transaction('pictures').objectStore('pictures').count();
        counting.onsuccess = () => {
          db.close();
          resolve(counting.result);
        };
      };
    });
  });
/** What the worker has ever kept of the service's answers. */
const keptAnswers = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const urls = [];
    for (const name of await caches.keys())
      for (const { url } of await (await caches.open(name)).keys()) urls.push(new URL(url).pathname);
    return urls.filter((path) => path !== '/crew' && !path.startsWith('/assets/'));
  });

describe('the manifest', () => {
  it.each(locales)('in %s names the app and its icons, which load in the size they say', async (locale, name) => {
    const visitor = await city.visitor({ locale });
    const { page } = visitor;
    await visitor.open('/crew');
    const address = await page.locator('link[rel="manifest"]').getAttribute('href');
    const response = await page.request.get(`${city.origin}${address ?? ''}`);
    expect(response.headers()).toMatchObject({
      'content-type': expect.stringContaining('application/manifest+json') as string,
      'cache-control': 'no-cache',
    });
    const manifest = (await response.json()) as { icons: { src: string; sizes: string; purpose: string }[] };
    expect(manifest).toMatchObject({
      name,
      lang: locale,
      id: '/crew',
      start_url: '/crew',
      scope: '/crew',
      display: 'standalone',
    });
    expect(manifest.icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`)).toEqual([
      '192x192 any',
      '512x512 any',
      '512x512 maskable',
    ]);
    const apple = await page.locator('link[rel="apple-touch-icon"]').getAttribute('href');
    const icons = [...manifest.icons, { src: apple ?? '', sizes: '180x180' }];
    for (const { src, sizes } of icons) {
      const size = await page.evaluate(async (address) => {
        const image = new Image();
        image.src = address;
        await image.decode();
        return `${String(image.naturalWidth)}x${String(image.naturalHeight)}`;
      }, src);
      expect(size).toBe(sizes);
    }
    // what the browser itself finds wrong with it
    const devtools = await visitor.context.newCDPSession(page);
    const { errors } = await devtools.send('Page.getAppManifest');
    expect(errors).toEqual([]);
  });
});

describe('without a network', () => {
  it('the page opens with the last picture and says that it is old', async () => {
    const description = 'a page kept on the phone';
    const crew = await installed(description);
    const { page, t } = crew;
    await crew.context.setOffline(true);
    await page.reload();
    await crew.sees(page.getByRole('heading', { name: description }));
    await crew.sees(crew.button(t('job.step.accepted')));
    await crew.sees(new RegExp(`^${t('connection.offline')}`));
    // the service is never answered for
    expect(await keptAnswers(page)).toEqual([]);
    await expect(page.evaluate(() => fetch('/api/snapshot'))).rejects.toThrow();
    await crew.context.setOffline(false);
    await crew.sees(t('connection.live'));
  });

  it('nothing of the night opens after signing out', async () => {
    const description = 'signed out, then offline';
    const crew = await installed(description);
    const { page, t } = crew;
    // the service hangs up before it answers, and the page may have asked why
    crew.excuse(/status of 401/);
    await crew.press(t('crew.settings'));
    await crew.press(t('crew.sign_out'));
    await crew.sees(page.getByLabel(t('session.password')));
    expect(await keptPage(page)).toBe('');
    await eventually(() => keptPicture(page)).toBe(0);
    await crew.context.setOffline(true);
    await expect(page.reload()).rejects.toThrow(/ERR_/);
    expect(await page.getByText(description).count()).toBe(0);
    // the sign-in page was not kept as the app, either
    await crew.context.setOffline(false);
    await page.goto(`${city.origin}/crew`);
    await crew.sees(page.getByLabel(t('session.password')));
    expect(await keptPage(page)).toBe('');
  });

  it('nothing of the night stays when the session is ended elsewhere', async () => {
    const crew = await installed('a phone that was lost');
    const { page, t } = crew;
    // the cookie is gone, as when the desk has ended the session
    await crew.context.clearCookies();
    crew.excuse(/status of 401/);
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await crew.context.setOffline(true);
    await crew.context.setOffline(false);
    await crew.sees(page.getByRole('heading', { name: t('crew.lock.ended.title') }));
    await eventually(() => keptPage(page)).toBe('');
    await eventually(() => keptPicture(page)).toBe(0);
  });
});

describe('a new version', () => {
  it('says that it is there, waits for what is not finished, and comes in when asked', async () => {
    const crew = await installed('a version in the night');
    const { page, t } = crew;
    await page.evaluate(() => {
      (window as { sameDocument?: boolean }).sameDocument = true;
    });
    const same = (): Promise<boolean> =>
      page.evaluate(() => (window as { sameDocument?: boolean }).sameDocument === true);
    // a step that cannot be sent yet
    await page.route('**/api/dispatches/*', (route) => route.abort());
    await crew.press(t('job.step.accepted'));
    await crew.sees(crew.button(t('crew.waiting_badge', { count: 1 })));
    // as after a new build: what the browser fetches as the worker is another one
    await crew.context.route(/crew.sw[.]js/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace(/"edition":"\w+"/, '"edition":"next"') });
    });
    await page.addInitScript(() => {
      const real = navigator.serviceWorker.register.bind(navigator.serviceWorker);
      navigator.serviceWorker.register = (_, options) => real('/crew/sw.js?next', options);
    });
    await page.evaluate(() => navigator.serviceWorker.register('/crew/sw.js?next', { scope: '/crew' }));
    await crew.sees(t('crew.update.ready'));
    await crew.sees(t('crew.update.waits'));
    expect(await crew.button(t('crew.update.take')).count()).toBe(0);
    await page.unroute('**/api/dispatches/*');
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    // all is sent: now it may, and still does nothing by itself
    await crew.sees(crew.button(t('crew.update.take')));
    expect(await same()).toBe(true);
    await Promise.all([page.waitForEvent('load'), crew.press(t('crew.update.take'))]);
    expect(await same()).toBe(false);
    await crew.sees(crew.button(t('job.step.en_route')));
    expect(await page.getByText(t('crew.update.ready')).count()).toBe(0);
    // the old edition's files are gone
    await eventually(() =>
      page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('warmpath-crew-'))),
    ).toEqual(['warmpath-crew-next']);
  });
});
