/** A tracker is registered and set up on the page, and what the page says is what lets it in. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { violationsOn } from '../kit/axe.ts';
import { eventually, phone, useCity, wide } from './kit.ts';

const city = useCity();

describe.each([
  { locale: 'en', colorScheme: 'light', viewport: wide },
  { locale: 'zh-CN', colorScheme: 'dark', viewport: phone },
] as const)('in $locale, $colorScheme', ({ locale, colorScheme, viewport }) => {
  it('a device is added, set up, heard of, and gets a new secret', { timeout: 120_000 }, async () => {
    const keeper = await city.visitor({ locale, colorScheme, viewport });
    const { page, t } = keeper;
    const uniqueId = `box-${randomUUID().slice(0, 8)}`;
    await keeper.signIn('manager', '/admin#/devices/new');
    await page.locator('[data-field="label"] input').fill(`Van ${uniqueId}`);
    await page.locator('[data-field="uniqueId"] input').fill(uniqueId);
    await keeper.press(t('admin.add'));

    const dialog = page.getByRole('dialog');
    await keeper.sees(dialog.getByRole('heading', { name: 'OwnTracks' }));
    const tokenShown = (): Promise<string> => dialog.locator('code').last().innerText();
    const say = async (token: string): Promise<number> => {
      const authorization = `Basic ${Buffer.from(`${uniqueId}:${token}`).toString('base64')}`;
      const body = JSON.stringify({ _type: 'status', batt: 71 });
      return (await fetch(`${city.origin}/owntracks`, { method: 'POST', headers: { authorization }, body })).status;
    };
    const token = await tokenShown();
    expect(await dialog.locator('code').first().innerText()).toBe(`${city.origin}/osmand`);
    for (const picture of await dialog.locator('img').all())
      expect(await picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(20);
    expect(await say(token)).toBe(200);
    expect((await violationsOn(page)).map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`)).toEqual([]);
    expect(await dialog.evaluate((box) => box.scrollWidth > box.clientWidth + 1)).toBe(false);
    await keeper.picture(`device-setup ${locale}`);

    await keeper.hold(t('admin.devices.renew'), page.getByText(t('admin.devices.renewed')));
    await eventually(tokenShown).not.toBe(token);
    expect(await say(token)).toBe(401);
    expect(await say(await tokenShown())).toBe(200);
    await dialog
      .getByRole('button', { name: t('ui.close') })
      .last()
      .click();
    await page.reload();
    const line = page.getByRole('row').filter({ hasText: uniqueId });
    await keeper.sees(line);
    expect(await line.innerText()).toContain(new Intl.NumberFormat(locale, { style: 'percent' }).format(0.71));
    await keeper.picture(`devices ${locale}`);
    expect(keeper.complaints).toEqual([]);
  });
});
