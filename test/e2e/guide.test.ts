/** The guides as they are read: on a phone, at a desk, enlarged, on paper, with no script. */
import { describe, expect, it } from 'vitest';
import { violationsOn } from '../kit/axe.ts';
import { phone, useCity, wide } from './kit.ts';

const city = useCity();
const pages = ['administrators', 'integrators', 'api'] as const;

/** Whether any part of the page must be reached by scrolling to the side. */
const tooWide = (): number => document.documentElement.scrollWidth - document.documentElement.clientWidth;

describe.each([
  { locale: 'en', colorScheme: 'light', judged: phone },
  { locale: 'zh-CN', colorScheme: 'dark', judged: wide },
] as const)('in $locale, $colorScheme', ({ locale, colorScheme, judged }) => {
  it.each(pages)('%s: axe finds nothing, nothing leaves the page to the side', async (name) => {
    for (const viewport of [phone, wide]) {
      const reader = await city.visitor({ locale, colorScheme, viewport });
      await reader.open(`/guide/${name}`);
      expect(await reader.page.evaluate(tooWide), `at ${String(viewport.width)}`).toBeLessThanOrEqual(0);
      await reader.picture(`guide ${name} ${locale} ${String(viewport.width)}`);
      // axe is slow on a long page: one width in each language
      if (viewport === judged) {
        // hundreds of the same: one call of each chapter and one shared form stand for them; axe goes through all there is
        await reader.page.evaluate(() => {
          for (const same of document.querySelectorAll('.endpoint ~ .endpoint, h3 ~ .wide ~ .wide')) same.remove();
        });
        const violations = await violationsOn(reader.page);
        expect(
          violations.map(({ id, nodes }) => `${id} ×${String(nodes.length)} ${nodes[0]?.html.slice(0, 300) ?? ''}`),
          `${name} at ${String(viewport.width)}`,
        ).toEqual([]);
      }
      await reader.context.close();
    }
  });

  it('enlarged until 320 px are left it still has no scrolling to the side', async () => {
    // 640 px seen at 200 %, or 1280 at 400 %: the page lays itself out in 320
    const reader = await city.visitor({ locale, colorScheme, viewport: { width: 320, height: 600 } });
    for (const name of pages) {
      await reader.open(`/guide/${name}`);
      expect(await reader.page.evaluate(tooWide), name).toBeLessThanOrEqual(0);
    }
    await reader.picture(`guide 320 ${locale}`);
  });
});

it('needs no script, is reached by keyboard, and has its chapters by link', async () => {
  const reader = await city.visitor({ javaScriptEnabled: false, viewport: wide });
  const { page, t } = reader;
  await reader.open('/guide');
  await reader.sees(page.getByRole('heading', { level: 1 }));
  await page.keyboard.press('Tab');
  await reader.sees(page.getByRole('link', { name: t('page.skip') }));
  await page.keyboard.press('Enter');
  expect(new URL(page.url()).hash).toBe('#main');
  await page
    .getByRole('navigation', { name: t('guide.nav') })
    .getByRole('link', { name: t('guide.api') })
    .click();
  await page.getByRole('link', { name: 'POST /api/sightings', exact: true }).first().click();
  await page.waitForURL(/#reportSighting$/);
  await reader.sees(page.locator('#reportSighting'));
  await page.locator('#reportSighting').getByRole('link', { name: 'Point' }).first().click();
  await page.waitForURL(/#schema-Point$/);
  await page.getByRole('link', { name: '中文' }).click();
  await page.waitForURL(/lang=zh-CN/);
  expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
});

it('prints whole: no frame, nothing cut off', async () => {
  const reader = await city.visitor({ viewport: wide });
  await reader.page.emulateMedia({ media: 'print' });
  for (const name of pages) {
    await reader.open(`/guide/${name}`);
    for (const hidden of ['.emergency', '.guides', '.bottom'])
      expect(await reader.page.locator(hidden).first().isVisible(), hidden).toBe(false);
    const cut = await reader.page.evaluate(
      () =>
        [...document.querySelectorAll('.wide, pre')].filter((box) => getComputedStyle(box).overflowX !== 'visible')
          .length,
    );
    expect(cut, name).toBe(0);
  }
});
