/** Warm places for anyone: read, asked and printed without JavaScript; with it, opened again without a network. */
import { gzipSync } from 'node:zlib';
import type { Response } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { violationsOn } from '../kit/axe.ts';
import { eventually, useCity, type Visitor, wide } from './kit.ts';

const city = useCity();

/** What a page has wrong for those who cannot see or tap it well. */
async function faults({ page }: Visitor): Promise<string[]> {
  const violations = await violationsOn(page);
  const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return [
    ...violations.map(({ id, nodes }) => `${page.url()}: ${id} ${nodes[0]?.html ?? ''}`),
    ...(width > 0 ? [`${page.url()}: wider than the screen by ${String(width)}`] : []),
  ];
}
const nameOfFirst = async ({ page }: Visitor): Promise<string> =>
  (await page.locator('.warm h2 a').first().innerText()).trim();

describe('warm places', () => {
  it.each([
    { locale: 'en', colorScheme: 'light' },
    { locale: 'zh-CN', colorScheme: 'dark' },
  ] as const)(
    'without JavaScript, $locale: the list, the nearest to a district, one place and its poster, on paper too',
    async (options) => {
      const visitor = await city.visitor({ ...options, javaScriptEnabled: false });
      const { page, t } = visitor;
      await visitor.open('/shelters');
      await visitor.sees(t('warm.title'));
      await visitor.sees(page.locator('.warm'));
      expect(await page.locator('[data-script]').first().isVisible()).toBe(false);
      await visitor.picture(`shelters-${options.locale}`);
      expect(await visitor.page.locator('.printed').first().isVisible()).toBe(false);
      await page.emulateMedia({ media: 'print' });
      await visitor.sees(page.getByRole('img', { name: /\/shelters( |$)/ }));
      expect(await page.locator('.ways:visible, .ask:visible').count()).toBe(0);
      await visitor.picture(`shelters-print-${options.locale}`);
      await page.emulateMedia({ media: 'screen' });

      await page.getByText(t('warm.ask.title')).first().click();
      await page.getByLabel(t('warm.ask.area')).selectOption({ label: '雁塔区' });
      await visitor.press(t('warm.ask.do'));
      await visitor.sees(t('warm.ask.near_is', { place: '雁塔区' }));
      const far = await page.locator('.warm h2 ~ .tags .distance').allInnerTexts();
      const metres = far
        .filter((text) => text !== '')
        .map((text) => Number.parseFloat(text) * (/km|公里/.test(text) ? 1000 : 1));
      expect(metres.length).toBeGreaterThan(2);
      expect(metres).toEqual(metres.toSorted((a, b) => a - b));
      await visitor.picture(`shelters-near-${options.locale}`);
      const name = await nameOfFirst(visitor);
      await page.getByRole('link', { name, exact: true }).first().click();
      await visitor.sees(page.getByRole('heading', { level: 1, name }));
      await visitor.picture(`shelter-${options.locale}`);
      await page.getByRole('link', { name: t('warm.poster') }).click();
      await visitor.sees(page.getByRole('img', { name: /\/shelters\/[\w-]{36}$/ }));
      await page.setViewportSize(wide);
      await visitor.picture(`shelter-poster-${options.locale}`);
      const sheet = await page
        .locator('.sheet')
        .evaluate((element) => [
          element.scrollHeight - element.clientHeight,
          element.scrollWidth - element.clientWidth,
        ]);
      expect(sheet).toEqual([0, 0]);
      await page.emulateMedia({ media: null });
      const paper = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
      expect(paper.match(/\/Type \/Page\b/g)).toHaveLength(1);
    },
  );

  it('with it: small, usable by everyone, and there again without a network, with the time it was so', async () => {
    const visitor = await city.visitor({ serviceWorkers: 'allow', locale: 'zh-CN' });
    visitor.excuse(/net::ERR_|status of 404/);
    const { page, context, t } = visitor;
    const loaded: Promise<{ url: string; zipped: number }>[] = [];
    const weigh = (response: Response): void => {
      loaded.push(response.body().then((body) => ({ url: response.url(), zipped: gzipSync(body).length })));
    };
    page.on('response', weigh);
    await visitor.open('/shelters');
    await page.waitForLoadState('networkidle');
    page.off('response', weigh);
    const parts = await Promise.all(loaded);
    const sum = (some: typeof parts): number => some.reduce((all, { zipped }) => all + zipped, 0);
    expect(sum(parts.filter(({ url }) => url.endsWith('.js')))).toBeLessThan(20_480);
    expect(sum(parts)).toBeLessThan(61_440);
    expect(await faults(visitor)).toEqual([]);

    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    const name = await nameOfFirst(visitor);
    await page.getByRole('link', { name, exact: true }).first().click();
    await visitor.sees(page.getByRole('heading', { level: 1, name }));
    expect(await faults(visitor)).toEqual([]);
    const place = new URL(page.url()).pathname;
    expect(await page.locator('.kept').isVisible()).toBe(false);
    // what was typed, a poster, a report and what is not there are asked for, and none of them is kept
    for (const address of [
      '/shelters?near=XA-0001',
      `${place}/poster`,
      `/shelters/${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`,
      '/report',
      '/follow/x',
      '/shelters',
    ])
      await visitor.open(address);
    const kept = (): Promise<string[]> =>
      page.evaluate(async () => {
        const urls = [];
        for (const cache of await caches.keys())
          for (const { url } of await (await caches.open(cache)).keys()) urls.push(url);
        return urls
          .map((url) => url.slice(location.origin.length))
          .filter((url) => !url.startsWith('/assets/'))
          .sort();
      });
    await eventually(kept).toEqual(['/shelters', place]);
    expect(
      await page.evaluate(async () =>
        (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => new URL(scope).pathname),
      ),
    ).toEqual(['/shelters']);

    await context.setOffline(true);
    await visitor.open('/shelters?near=XA-0001');
    await visitor.sees(page.locator('.kept'));
    expect(await page.locator('.kept').innerText()).toMatch(/\d\d:\d\d/);
    await visitor.sees(page.locator('.warm'));
    // its script is there too
    await visitor.sees(visitor.button(t('warm.near.do')));
    expect(await faults(visitor)).toEqual([]);
    await visitor.picture('shelters-kept');
    await visitor.open(place);
    await visitor.sees(page.getByRole('heading', { level: 1, name }));
    await visitor.sees(page.locator('.kept'));
    await expect(visitor.open('/report')).rejects.toThrow(/ERR_INTERNET_DISCONNECTED/);
    await context.setOffline(false);
    await visitor.open('/shelters');
    expect(await page.locator('.kept').isVisible()).toBe(false);
  });
});
