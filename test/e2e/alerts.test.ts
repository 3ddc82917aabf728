/** Warnings on the page of the plans: what waits for a person is said by one, one is typed in and lifted, and those who read only read. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { violationsOn } from '../kit/axe.ts';
import { phone, useCity, wide } from './kit.ts';
import { cap } from '../alerts/messages.ts';

const city = useCity();

it('waits for a person, is classified, typed in and lifted', async () => {
  const manager = await city.staff('manager');
  const event = `沙尘暴 ${randomUUID().slice(0, 4)}`;
  const xml = cap({
    identifier: randomUUID(),
    sent: new Date().toISOString(),
    event,
    severity: 'Unknown',
    headline: '市气象台发布沙尘暴预警',
    more: '<description>预计今天夜间有沙尘暴天气。</description><instruction>减少外出。</instruction>',
  });
  const posted = await manager.fetch('/api/alerts', {
    method: 'POST',
    body: xml,
    headers: { 'content-type': 'application/cap+xml' },
  });
  expect(posted.status).toBe(201);

  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  await desk.signIn('manager', '/plans#/warnings');
  const waiting = page.getByRole('region', { name: t('alerts.waiting') });
  const card = waiting.locator('[data-alert]').filter({ hasText: event });
  await desk.sees(card.getByText(t('alert.needs.type')));
  await desk.picture('alerts-en-day');
  await card.getByRole('button', { name: new RegExp(t('alert.classify')) }).click();
  const dialog = page.getByRole('dialog', { name: t('alerts.form.title') });
  await desk.press(t('alerts.form.save'), dialog);
  await desk.sees(dialog.getByText(t('alerts.form.level.needed')));
  await dialog.getByLabel(t('alerts.form.type'), { exact: true }).selectOption({ label: t('alerts.form.type.other') });
  await dialog.getByLabel(t('alerts.form.type.code'), { exact: true }).fill('dust_storm');
  await dialog.getByRole('radio', { name: t('plan.level.yellow') }).check();
  await dialog.getByRole('checkbox').first().check();
  await desk.picture('alerts-classify-en-day');
  expect((await violationsOn(page)).map(({ id }) => id)).toEqual([]);
  await desk.press(t('alerts.form.save'), dialog);
  const inForce = page.getByRole('region', { name: t('alerts.in_force') });
  await desk.sees(inForce.locator('[data-alert]').filter({ hasText: event }).getByText(t('plan.level.yellow')));

  // typed in, in the words of whoever issued it
  const typed = `大雾黄色预警 ${randomUUID().slice(0, 4)}`;
  await desk.press(t('alerts.enter'));
  const entry = page.getByRole('dialog', { name: t('alerts.enter') });
  await entry.getByLabel(t('alerts.form.event')).fill(typed);
  await desk.picture('alerts-enter-en-day');
  await desk.press(t('alerts.form.save'), entry);
  const mine = inForce.locator('[data-alert]').filter({ hasText: typed });
  await desk.sees(mine.getByText(t('alert.from.desk')));
  await desk.sees(mine.getByText(t('plan.level.yellow')));

  // whoever only reads sees the same on a phone, in Chinese, by night
  const reader = await city.visitor({ viewport: phone, locale: 'zh-CN', colorScheme: 'dark' });
  await reader.signIn('inspector', '/plans#/warnings');
  const same = reader.page.locator('[data-alert]').filter({ hasText: typed });
  await reader.sees(same);
  expect(await same.getByRole('button').count()).toBe(0);
  expect(await reader.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect((await violationsOn(reader.page)).map(({ id }) => id)).toEqual([]);
  await reader.picture('alerts-zh-night-phone');

  for (const text of [typed, event]) {
    await inForce
      .locator('[data-alert]')
      .filter({ hasText: text })
      .getByRole('button', { name: new RegExp(`^${t('alert.end')}`) })
      .click();
    const lifting = page.getByRole('dialog', { name: t('alerts.end.title') });
    await lifting.getByLabel(t('alerts.end.reason')).fill('a trial');
    await desk.press(t('alert.end'), lifting);
    const earlier = page.getByRole('region', { name: t('alerts.earlier') });
    await desk.sees(earlier.locator('[data-alert]').filter({ hasText: text }).getByText(t('alert.state.cancelled')));
  }
  await desk.picture('alerts-over-en-day');
  // the other hears of it without asking
  await reader.sees(
    reader.page
      .getByText(reader.t('alerts.in_force.none'))
      .or(reader.page.locator('[data-alert].over').filter({ hasText: typed })),
  );
});
