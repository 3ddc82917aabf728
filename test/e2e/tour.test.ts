/** The tour of each page: offered while the demonstration plays, never in the way, and over when one wants it to be. */
import { describe, expect, it } from 'vitest';
import { adminTour } from '../../web/admin/tour.ts';
import { crewTour } from '../../web/crew/tour.ts';
import { deskTour } from '../../web/desk/tour.ts';
import { dutyTour } from '../../web/duty/tour.ts';
import { plansTour } from '../../web/plans/tour.ts';
import { shelterTour } from '../../web/shelter/tour.ts';
import { tallyTour } from '../../web/tally/tour.ts';
import { phone, useCity, type Visitor, wide } from './kit.ts';

const city = useCity();
const locales = ['en', 'zh-CN'] as const;

/** The city of the tests is still; what follows is what a playing one would be told. */
const playing = async ({ page }: Visitor, address: string, change: (html: string) => string): Promise<void> => {
  await page.route(`**${address}`, async (route) => {
    if (route.request().resourceType() !== 'document') return route.fallback();
    const response = await route.fetch();
    return route.fulfill({ response, body: change(await response.text()) });
  });
};
const plays = (html: string): string => html.replace('"still":true', '"still":false');
const card = ({ page }: Visitor) => page.locator('.tour-card');
const heading = (visitor: Visitor) => card(visitor).getByRole('heading');
const hasFocus = (visitor: Visitor): Promise<boolean> =>
  card(visitor).evaluate((element) => element.contains(document.activeElement));

describe.each(locales)('in %s', (locale) => {
  it.each([
    { face: 'desk', username: 'dispatcher', steps: deskTour, viewport: wide },
    { face: 'crew', username: 'crew', steps: crewTour, viewport: phone },
    { face: 'shelter', username: 'shelter', steps: shelterTour, viewport: { width: 1024, height: 768 } },
    { face: 'plans', username: 'manager', steps: plansTour, viewport: wide },
    { face: 'duty', username: 'inspector', steps: dutyTour, viewport: phone },
    { face: 'tally', username: 'inspector', steps: tallyTour, viewport: phone },
    { face: 'admin', username: 'admin', steps: adminTour, viewport: wide },
  ])(
    '$face: goes from stop to stop by keys, each in sight and in words',
    async ({ face, username, steps, viewport }) => {
      const visitor = await city.visitor({ locale, viewport });
      const { page, t } = visitor;
      // a browser takes a page that a test has handed it for one from elsewhere
      visitor.excuse(/WebSocket connection/);
      await playing(visitor, `/${face}`, plays);
      await visitor.signIn(username, `/${face}`);
      const offer = page.getByRole('complementary', { name: t('tour.start') });
      await visitor.sees(offer);
      // what the stops point at comes with the picture
      await visitor.sees(page.locator(`[data-tour~="${steps.at(-1)?.at ?? ''}"]`));
      await visitor.press(t('tour.offer.start'));
      await visitor.sees(page.getByRole('dialog', { name: t(`tour.${face}.${face}`) }));
      expect(await hasFocus(visitor)).toBe(true);
      const seen: string[] = [];
      const last = visitor.button(t('tour.done'), card(visitor));
      for (;;) {
        const words = await heading(visitor).innerText();
        seen.push(words);
        const ring = await page.locator('.tour-ring').boundingBox();
        expect(ring?.width, words).toBeGreaterThan(20);
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
        if (await last.isVisible()) break;
        await page.keyboard.press('ArrowRight');
        await expect.poll(() => heading(visitor).innerText()).not.toBe(words);
      }
      const whole = steps.map(({ at }) => t(`tour.${face}.${at}`));
      expect(seen.length).toBeGreaterThanOrEqual(4);
      expect(seen).toEqual(whole.filter((words) => seen.includes(words)));
      expect(whole.every((words) => !words.startsWith('tour.'))).toBe(true);
      await visitor.picture(`tour ${face} ${locale}`);
      await page.keyboard.press('Enter');
      await page.keyboard.press('Escape');
      await card(visitor).waitFor({ state: 'detached' });
      // once is enough on this device
      await page.reload();
      await visitor.sees(page.locator(`[data-tour~="${steps.at(-1)?.at ?? ''}"]`));
      expect(await offer.count()).toBe(0);
    },
  );
});

it('blocks nothing, and Escape gives the focus back to where it was', async () => {
  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  await desk.signIn('dispatcher', '/desk');
  await desk.sees(page.locator('[id^="queue-"]').first());
  // a still city offers nothing by itself
  expect(await page.getByText(t('tour.offer')).count()).toBe(0);
  const help = desk.button(t('keys.title'));
  await help.click();
  await desk.press(t('tour.start'));
  await desk.sees(page.getByRole('dialog', { name: t('tour.desk.desk') }));
  // single keys are not meant for the desk while the card is read
  await page.keyboard.press('c');
  expect(await page.locator('dialog[open]').count()).toBe(0);
  await page.locator('[id^="queue-"]').first().click();
  await desk.sees(desk.button(t('incident.close')));
  await desk.sees(card(desk));
  await card(desk).focus();
  await page.keyboard.press('Escape');
  await card(desk).waitFor({ state: 'detached' });
  await expect.poll(() => help.evaluate((element) => element === document.activeElement)).toBe(true);
  // what is open at the desk is still open
  await desk.sees(desk.button(t('incident.close')));
});

it('brings the part it speaks of to the front where not all fit', async () => {
  const desk = await city.visitor({ viewport: phone });
  const { page, t } = desk;
  await desk.signIn('dispatcher', '/desk');
  await desk.sees(page.locator('[id^="queue-"]').first());
  await desk.press(t('keys.title'));
  await desk.press(t('tour.start'));
  await desk.sees(page.getByRole('dialog', { name: t('tour.desk.desk') }));
  for (const at of ['queue', 'incident', 'map', 'lists']) {
    await desk.press(t('tour.next'), card(desk));
    await expect.poll(() => heading(desk).innerText()).toBe(t(`tour.desk.${at}`));
    await desk.sees(page.locator(`[data-tour="${at}"]`));
  }
});

it('is offered above the report form, whose script stays small', async () => {
  const reporter = await city.visitor({ viewport: phone });
  const { page, t } = reporter;
  const stops = ['emergency', 'where', 'next', 'shelters'];
  const keys = [
    ...['start', 'offer', 'offer.start', 'offer.no', 'next', 'back', 'skip', 'done', 'count'],
    ...stops.flatMap((at) => [`report.${at}`, `report.${at}.text`]),
  ];
  // the holes are filled in the browser
  const raw = (key: string): string => (key === 'tour.count' ? '{{n}} / {{of}}' : t(key));
  const words = Object.fromEntries(keys.map((key) => [`tour.${key}`, raw(`tour.${key}`)]));
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await reporter.open('/report');
  await reporter.sees(t('report.where.title'));
  expect(asked.filter((url) => url.includes('tour'))).toEqual([]);
  await playing(reporter, '/report', (html) => html.replace('"tour":null', `"tour":${JSON.stringify(words)}`));
  await reporter.open('/report');
  await reporter.press(t('tour.offer.start'));
  for (const at of stops) {
    await expect.poll(() => heading(reporter).innerText()).toBe(t(`tour.report.${at}`));
    await page.keyboard.press('ArrowRight');
  }
  await card(reporter).waitFor({ state: 'detached' });
  await reporter.open('/report');
  await reporter.sees(reporter.button(t('tour.start')));
  expect(await page.getByText(t('tour.offer')).count()).toBe(0);
});
