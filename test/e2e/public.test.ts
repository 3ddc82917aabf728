/** Reporting as it must work for anybody: without a script, from a code on a wall, and without a place. */
import { expect, it } from 'vitest';
import { incidentWith, sightingsWith, useCity, wide } from './kit.ts';

const city = useCity();

it('is reported and followed with JavaScript off', async () => {
  const description = 'reported without a script';
  const reporter = await city.visitor({ locale: 'zh-CN', javaScriptEnabled: false });
  const { page, t } = reporter;
  await reporter.open('/report');
  await reporter.press(t('report.next'));
  // an empty place is told, not lost
  await reporter.sees(page.locator('.errors').getByText(t('report.error.place_missing')));
  await page.getByLabel(t('report.placeText')).fill('南门外地下通道东口');
  await page.getByLabel(t('report.placeCode')).fill('灯杆 1207');
  await reporter.press(t('report.next'));
  await reporter.sees(page.getByRole('heading', { name: t('report.saw.title') }));
  await reporter.press(t('report.people.more'));
  expect(await page.getByLabel(t('report.people'), { exact: true }).inputValue()).toBe('2');
  await page.getByLabel(t('sign.elderly')).check();
  await reporter.press(t('report.next'));
  await page.getByLabel(t('report.description')).fill(description);
  await reporter.press(t('report.to_check'));
  await reporter.sees(page.getByText('南门外地下通道东口').last());
  await reporter.press(t('report.send'));
  await page.waitForURL(/\/follow\/[\w-]{43}/);
  await reporter.sees(t('follow.thanks'));
  const now = page.locator('.steps [aria-current="step"]');
  await reporter.sees(now.filter({ hasText: t('follow.status.received') }));
  const [row, ...others] = await sightingsWith(city, description);
  expect(others).toEqual([]);
  expect(row).toMatchObject({ people: 2, signs: ['elderly'], placeText: '南门外地下通道东口', placeCode: '灯杆 1207' });

  // the desk looks at it; the reporter asks again
  const desk = await city.visitor({ viewport: wide });
  await desk.signIn('dispatcher', '/desk');
  const item = desk.page
    .getByRole('region', { name: desk.t('queue.title') })
    .first()
    .getByRole('button', { name: row?.code ?? '' });
  // no point on the map: it stands in its own lane, above the others
  await desk.sees(item.filter({ hasText: desk.t('lane.unplaced') }));
  const lane = desk.page.locator('h3').filter({ hasText: /^Needs a place or a station: \d+$/ });
  await desk.sees(lane);
  expect(
    await item.evaluate(
      (element, heading) => heading !== null && element.compareDocumentPosition(heading),
      await lane.elementHandle(),
    ),
  ).toBe(2);
  await item.click();
  await desk.sees(desk.page.getByRole('heading', { name: new RegExp(row?.code ?? 'no code') }));
  await expect.poll(async () => (await incidentWith(city, description)).seenAt).not.toBeNull();
  await page.getByRole('link', { name: t('follow.refresh') }).click();
  await reporter.sees(now.filter({ hasText: t('follow.status.seen') }));
});

it("takes at most four presses from an informant's code to a receipt", async () => {
  const phone = await city.visitor({ locale: 'zh-CN', at: [108.9555, 34.2655] });
  const { page, t } = phone;
  let presses = 0;
  await page.exposeFunction('pressed', () => {
    presses += 1;
  });
  await phone.context.addInitScript(() => {
    document.addEventListener('click', () => (window as unknown as { pressed: () => void }).pressed(), true);
  });
  // a code with a standing place
  await phone.open('/r/XA-HW-01');
  await phone.press(t('report.to_check'));
  await phone.press(t('report.send'));
  await page.waitForURL(/\/follow\/[\w-]{43}/);
  await phone.sees(t('follow.thanks'));
  expect(presses).toBeLessThanOrEqual(4);
  expect(presses).toBe(2);
  // a code of somebody who moves about: the phone says where
  presses = 0;
  await phone.open('/r/XA-CZ-01');
  await phone.press(t('report.locate'));
  await phone.sees(t('report.located.about', { metres: 12 }));
  await phone.press(t('report.next'));
  await phone.press(t('report.to_check'));
  await phone.press(t('report.send'));
  await page.waitForURL(/\/follow\/[\w-]{43}/);
  expect(presses).toBe(4);
});
