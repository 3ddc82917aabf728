/** The duty page: a shift is taken up, handed over with two signatures, planned ahead, checked, and its work sampled. */
import { expect, it } from 'vitest';
import { answerSpotCheck, listShifts, listSpotChecks } from '../../shared/duty.ts';
import { isGrave, violationsOn } from '../kit/axe.ts';
import { phone, useCity, type Visitor, wide } from './kit.ts';

const city = useCity();
async function flaws({ page }: Visitor): Promise<string[]> {
  return (await violationsOn(page)).filter(isGrave).map(({ id }) => id);
}
const part = ({ page, t }: Visitor, word: string): Promise<void> =>
  page
    .getByRole('navigation')
    .getByRole('link', { name: t(word), exact: true })
    .click();

it('is taken up, handed over, planned and checked', async () => {
  const [manager, dispatcher] = await Promise.all([
    city.visitor({ viewport: wide, colorScheme: 'light' }),
    city.visitor({ viewport: phone, locale: 'zh-CN', colorScheme: 'dark' }),
  ]);
  await Promise.all([manager.signIn('manager', '/duty'), dispatcher.signIn('dispatcher', '/duty')]);
  const { t, page } = manager;
  await manager.sees(t('duty.covered'));
  await manager.press(t('duty.sign_in_officer'));
  await manager.sees(t('duty.sign_out'));
  expect(await flaws(manager)).toEqual([]);
  await manager.picture('duty-shift');

  // one signs, another takes over
  await dispatcher.page.getByText(dispatcher.t('duty.hand_over'), { exact: true }).click();
  await dispatcher.page.getByLabel(dispatcher.t('duty.note')).fill('钥匙在抽屉里');
  await dispatcher.picture('duty-hand-over');
  expect(await flaws(dispatcher)).toEqual([]);
  await dispatcher.press(dispatcher.t('duty.give'));
  await dispatcher.sees('钥匙在抽屉里');
  await manager.press(t('duty.take'));
  await manager.sees(/taken over by/);
  const me = await city.staff('manager');
  const running = (await me.does(listShifts)).items.find(({ handOver }) => handOver?.note === '钥匙在抽屉里');
  expect(running?.handOver).toMatchObject({ takenBy: me.id });

  // the roster: a week on, one more shift, then the week after from it
  await part(manager, 'duty.part.roster');
  await manager.press(t('duty.week_after'));
  await manager.press(t('duty.week_after'));
  await manager.sees(t('duty.no_shift'));
  await page
    .getByRole('button', { name: /^Add a shift on/ })
    .first()
    .click();
  const form = page.getByRole('dialog', { name: t('duty.new_shift') });
  await form.getByRole('checkbox').first().check();
  await manager.press(t('ui.save'), form);
  await form.waitFor({ state: 'detached' });
  await manager.sees(/20:00/);
  expect(await flaws(manager)).toEqual([]);
  await manager.picture('duty-roster');
  await manager.press(t('duty.copy_week'));
  await manager.sees(t('duty.copied'));
  await manager.sees(/20:00/);

  // a check by hand is asked at once, and waits
  await part(manager, 'duty.part.checks');
  await manager.press(t('duty.check.ask_now'));
  await manager.sees(t('duty.check.open'));
  expect(await flaws(manager)).toEqual([]);
  await manager.picture('duty-checks');
  const [check] = (await me.does(listSpotChecks)).items;
  expect(check).toMatchObject({ target: 'desk', askedBy: me.id });
  await (await city.staff('dispatcher')).does(answerSpotCheck, { params: { id: check?.id ?? '' }, body: {} });
  await manager.sees(t('duty.check.passed'));

  await part(manager, 'duty.part.sample');
  await manager.press(t('duty.sample.draw'));
  await page.locator('details summary').first().click();
  await manager.sees(t('timeline.reported'));
  expect(await flaws(manager)).toEqual([]);
  await manager.picture('duty-sample');
  expect(await dispatcher.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});
