/** The demonstration's sign-in page: a click for each account that may use the page, and no other. */
import { expect, it } from 'vitest';
import { useCity } from './kit.ts';

const city = useCity();

it.each(['en', 'zh-CN'] as const)('lets a visitor in with one click, %s', async (locale) => {
  const visitor = await city.visitor({ locale });
  const { page, t } = visitor;
  const entrance = (role: string): string => t('demo.enter_as', { role: t(`role.${role}`) });
  await visitor.open('/desk');
  await visitor.sees(t('demo.invented_still'));
  const offered = await page
    .getByRole('region', { name: t('demo.entrances') })
    .getByRole('button')
    .allInnerTexts();
  expect(offered.map((words) => words.trim())).toEqual([entrance('dispatcher'), entrance('manager')]);
  await visitor.picture(`entrances ${locale}`);
  await visitor.press(entrance('dispatcher'));
  await visitor.sees(t('connection.live'));

  // at a page of somebody else the way in is the same
  await visitor.open('/crew');
  await visitor.press(entrance('crew'));
  await page.getByRole('button', { name: entrance('crew'), exact: true }).waitFor({ state: 'detached' });
  expect(await page.evaluate(async () => (await (await fetch('/api/session')).json()).user.role)).toBe('crew');
});
