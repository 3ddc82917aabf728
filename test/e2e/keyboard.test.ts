/** The desk without a pointer, from signing in to closing. */
import { expect, it } from 'vitest';
import { point } from '../../shared/geo.ts';
import { eventually, goOut, incidentWith, newcomer, report, useCity, wide } from './kit.ts';
import { takePositions } from '../../shared/positions.ts';

const city = useCity();

it('is worked by keys alone', async () => {
  const description = 'worked by keys alone';
  const member = await newcomer(city, 'crew');
  const patrolId = await goOut(city, member, 'Keyboard patrol');
  // far from all others, so that theirs is the first suggestion however well others fit
  const place = point(108.9, 33.98);
  await member.does(takePositions, { body: [{ patrolId, position: place, at: new Date().toISOString() }] });
  const { id, code } = await report(city, description, { position: place, placeText: 'by the keyboard shop' });

  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  const { keyboard } = page;
  await desk.open('/desk');
  // the name has the focus already
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('username');
  await keyboard.type('dispatcher');
  await keyboard.press('Tab');
  await keyboard.type('demo');
  await keyboard.press('Enter');
  await desk.sees(t('connection.live'));

  await keyboard.press('?');
  await desk.sees(page.getByRole('dialog', { name: t('keys.title') }));
  await keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });

  // down to the new one and no further; k goes back up
  const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id ?? '');
  await desk.sees(page.locator(`[id="queue-${id}"]`));
  const order = await page.locator('[id^="queue-"]').evaluateAll((items) => items.map((item) => item.id));
  const at = order.indexOf(`queue-${id}`);
  for (const each of order.slice(0, at + 1)) {
    await keyboard.press('j');
    await expect.poll(focused).toBe(each);
  }
  await keyboard.press('k');
  await expect.poll(focused).toBe(order[Math.max(0, at - 1)]);
  if (at > 0) await keyboard.press('j');
  await expect.poll(focused).toBe(`queue-${id}`);
  await keyboard.press('Enter');
  await desk.sees(page.getByRole('heading', { name: new RegExp(code) }));
  await desk.sees(description);

  // the nearest one is sent
  await desk.sees(desk.button(`${t('send.do')} Keyboard patrol`));
  await keyboard.press('s');
  await desk.sees(t('desk.sent', { patrol: 'Keyboard patrol', code }));
  await eventually(async () => (await incidentWith(city, description)).patrolIds).toEqual([patrolId]);

  // a note
  await keyboard.press('n');
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA');
  // single keys are letters here
  await keyboard.type('sent by keys, j k s n c ?');
  await keyboard.press('Control+Enter');
  await desk.sees(page.locator('.timeline').getByText('sent by keys, j k s n c ?'));

  // back to the queue, and in again
  await keyboard.press('Tab');
  await keyboard.press('Escape');
  await expect.poll(focused).toBe(`queue-${id}`);
  await keyboard.press('Enter');
  await desk.sees(page.getByRole('heading', { name: new RegExp(code) }));

  // recalled by Tab and Enter, then closed with the first usual reason
  const recall = desk.button(t('dispatch.recall'));
  await desk.sees(recall);
  for (let n = 0; n < 40 && !(await recall.evaluate((element) => element === document.activeElement)); n += 1)
    await keyboard.press('Tab');
  await keyboard.press('Enter');
  await desk.sees(t('desk.recalled', { patrol: 'Keyboard patrol' }));
  await keyboard.press('c');
  await desk.sees(page.getByRole('dialog', { name: t('close.title', { code }) }));
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent?.trim())).toBe(t('close.helped'));
  await keyboard.press('Enter');
  await desk.sees(t('desk.closed', { code }));
  await page.locator(`[id="queue-${id}"]`).waitFor({ state: 'detached' });
  expect(await incidentWith(city, description)).toMatchObject({ status: 'closed', closeReason: t('close.helped') });
  // the focus is in the queue again, not lost
  await expect.poll(focused).toMatch(/^queue-/);
  await desk.picture('desk by keys');
});
