/** The queue by the cold clock: a reading entered by hand moves it, and what is under the hand stays where it is. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { point } from '../../shared/geo.ts';
import { postReading } from '../../shared/weather.ts';
import { isGrave, violationsOn } from '../kit/axe.ts';
import { eventually, phone, report, useCity, wide } from './kit.ts';

const city = useCity();

it('goes by a reading entered by hand, says why, and does not jump', async () => {
  const placeText = 'behind the cold clock';
  const calm = await report(city, 'a calm one', { placeText, position: point(108.9, 34.24) });
  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  await desk.signIn('dispatcher', '/desk');
  await desk.sees(t('connection.live'));

  await desk.press(t('weather.enter'));
  const dialog = page.getByRole('dialog', { name: t('weather.enter') });
  await dialog.getByLabel(t('weather.temperature')).fill('-10');
  await dialog.getByLabel(t('weather.wind')).fill('30');
  await desk.sees(dialog.getByText(t('weather.felt', { feltC: -20 })));
  await desk.press(t('precipitation.snow'), dialog);
  await desk.picture('cold-reading-en-day');
  await desk.press(t('ui.save'), dialog);
  const line = page.locator('.situation .weather');
  await desk.sees(line.getByText(t('weather.felt', { feltC: -20 })));
  await desk.sees(line.getByText(t('precipitation.snow')));

  // why, in words
  const item = page.locator(`[id="queue-${calm.id}"]`);
  await item.click();
  const panel = page.getByRole('region', { name: t('cold.title') });
  await desk.sees(panel.getByText(t('cold.reason.felt', { feltC: -20 })));
  await desk.sees(panel.getByText(t('cold.reason.precipitation', { kind: 'snow' })));
  await desk.sees(panel.getByText(t('cold.basis.weather')));
  await desk.picture('cold-panel-en-day');

  // the row with the focus keeps its place while a graver one comes in above it
  await item.focus();
  const place = async (): Promise<[number, number]> => [
    (await page.locator('[id^="queue-"]').evaluateAll((items) => items.map(({ id }) => id))).indexOf(
      `queue-${calm.id}`,
    ),
    Math.round((await item.boundingBox())?.y ?? 0),
  ];
  const before = await place();
  await page.mouse.move(700, 400);
  const grave = await report(city, 'a grave one', {
    placeText,
    position: point(108.91, 34.24),
    signs: ['confused', 'wet'],
  });
  const graver = page.locator(`[id="queue-${grave.id}"]`);
  await desk.sees(graver);
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe(`queue-${calm.id}`);
  const [index, y] = await place();
  expect(index).toBe(before[0]);
  // half a pixel either way is rounding
  expect(Math.abs(y - before[1])).toBeLessThanOrEqual(1);
  await desk.sees(graver.getByText(new RegExp(`^${t('cold.level.danger')}`)));
  // with nothing under the hand the next change sorts it in, and says that it moved
  await page.getByRole('searchbox').focus();
  const dispatcher = await city.staff('dispatcher');
  await dispatcher.does(postReading, {
    body: { id: randomUUID(), at: new Date().toISOString(), temperatureC: -11, windKmh: 30 },
  });
  const places = (): Promise<string[]> =>
    page.locator('[id^="queue-"]').evaluateAll((items) => items.map(({ id }) => id));
  await eventually(async () => {
    const order = await places();
    return order.indexOf(`queue-${grave.id}`) < order.indexOf(`queue-${calm.id}`);
  }).toBe(true);
  await desk.picture('cold-queue-en-day');

  const other = await city.visitor({ viewport: wide, locale: 'zh-CN', colorScheme: 'dark' });
  await other.signIn('dispatcher', '/desk');
  await other.sees(other.page.locator(`[id="queue-${grave.id}"]`));
  await other.page.locator(`[id="queue-${grave.id}"]`).click();
  await other.sees(other.page.getByRole('region', { name: other.t('cold.title') }).getByRole('listitem'));
  await other.picture('cold-panel-zh-night');
  for (const each of [desk, other]) {
    const violations = await violationsOn(each.page, '.pane.queue', '.cold');
    expect(violations.filter(isGrave)).toEqual([]);
  }
  await other.page.setViewportSize(phone);
  await other.picture('cold-panel-zh-night-phone');
});
