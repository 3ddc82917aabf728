/** The page of the plans: one is written, goes on by hand, is seen to and stands down; and what it would have done in a real winter. */
import { expect, it } from 'vitest';
import { listActivations, listPlans, type PlanRow, updatePlan } from '../../shared/plans.ts';
import { violationsOn } from '../kit/axe.ts';
import { eventually, phone, useCity, type Visitor, wide } from './kit.ts';

const city = useCity();
const NAME = 'Plan of the tests';

/** Everything that axe finds wrong on the page as it is. */
async function flaws({ page }: Visitor): Promise<string[]> {
  return (await violationsOn(page)).map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
}
async function stored(): Promise<PlanRow> {
  const { items } = await (await city.staff('manager')).does(listPlans, { query: { limit: '100' } });
  const found = items.find(({ name }) => name === NAME);
  if (!found) throw new Error('the plan is not there');
  return found;
}

it('is written from a template, activated, seen to, stood down and rehearsed', async () => {
  const manager = await city.visitor({ viewport: wide });
  const { page, t } = manager;
  await manager.signIn('manager', '/plans#/rules/new');
  const blank = page.getByRole('listitem').filter({ hasText: t('plans.template.blank.about') });
  await manager.press(t('plans.template.begin_blank'), blank);
  await page.getByLabel(t('plans.name'), { exact: true }).fill(NAME);
  await page.getByRole('checkbox', { name: t('plans.in_use') }).check();
  const orange = page.locator('[data-level="orange"]');
  await orange.getByRole('combobox', { name: t('plans.mode') }).selectOption('automatic');
  await manager.sees(orange.getByText(t('plans.mode.automatic'), { exact: true }));
  // the sentence follows what is chosen
  await orange.getByText(t('plans.level.change')).click();
  await orange.getByRole('checkbox', { name: t('alert.type.cold_wave') }).check();
  await manager.sees(orange.getByText(/in force for Cold wave/).first());
  // what it would do is said before it is saved
  const preview = page.getByRole('region', { name: t('plans.preview') });
  await manager.sees(preview.getByText(t('plans.preview.now')));
  await manager.press(t('plans.step.add'));
  const step = page.locator('li[data-step="task"]');
  await step.getByLabel(t('plans.language.en'), { exact: true }).fill('Call the police station');
  expect(await flaws(manager)).toEqual([]);

  // nothing is lost unasked
  await page.getByRole('link', { name: t('plans.part.now') }).click();
  await manager.press(t('admin.unsaved.stay'));
  await manager.press(t('ui.save'));
  await manager.sees(t('plans.all_saved'));
  const plan = await stored();
  expect(plan).toMatchObject({ active: true, level: 'none', version: 1 });
  expect(plan.spec.levels).toEqual([
    { level: 'orange', mode: 'automatic', askMin: 30, when: { alert: { level: 'orange', types: ['cold_wave'] } } },
  ]);
  expect(plan.spec.steps).toMatchObject([
    { key: 'task', from: 'orange', title: { en: 'Call the police station' }, acknowledge: true, dueMin: 60 },
  ]);

  // by hand, with what will happen said beforehand
  await page.getByRole('link', { name: t('plans.part.now') }).click();
  const card = page.getByRole('article', { name: NAME });
  await manager.press(t('plans.activate'), card);
  const ask = page.getByRole('dialog', { name: t('plans.activate.title', { name: NAME }) });
  await manager.sees(ask.getByText(t('plans.what.runs', { count: 1 })));
  const order = manager.button(t('plans.activate.do', { level: t('plan.level.orange') }), ask);
  await order.click();
  await manager.sees(ask.getByText(t('plans.reason.needed')));
  await ask.getByLabel(t('plans.reason'), { exact: true }).fill('the river freezes');
  expect(await flaws(manager)).toEqual([]);
  await order.click();
  await manager.sees(card.getByText(t('plans.order.reason', { reason: 'the river freezes' })));
  const line = card.locator('[data-step="task"]');
  await line.getByRole('button', { name: t('plans.step.acknowledge') }).click();
  await manager.sees(line.getByText(/^Acknowledged /));
  await line.getByRole('button', { name: t('plans.step.done') }).click();
  await manager.sees(card.getByText(t('plans.checklist.all_done')));
  expect(await flaws(manager)).toEqual([]);

  await manager.press(t('plans.stand_down'), card);
  const down = page.getByRole('dialog', { name: t('plans.stand_down.title', { name: NAME }) });
  await down.getByLabel(t('plans.reason'), { exact: true }).fill('it thaws');
  await manager.press(t('plans.stand_down.do', { level: t('plan.level.none') }), down);
  const ended = page.getByRole('region', { name: t('plans.ended') });
  await manager.sees(ended.getByText(new RegExp(`^\\s*${NAME}`)));
  await eventually(async () => (await stored()).level).toBe('none');
  const { items } = await (await city.staff('manager')).does(listActivations, { query: { status: 'ended' } });
  expect(items.find(({ planId }) => planId === plan.id)?.steps).toMatchObject([
    { key: 'task', doneAt: expect.any(String) as string },
  ]);
  // why it was on, with what was known then
  await card.getByText(t('plans.decisions')).click();
  await manager.sees(card.getByText(t('plans.known')).first());

  // a real January: its numbers, as a picture and as a table
  await page.getByRole('link', { name: t('plans.part.rehearsal') }).click();
  await page.getByRole('combobox', { name: t('plans.rehearsal.plan'), exact: true }).selectOption({ label: NAME });
  await page.getByLabel(t('tally.to'), { exact: true }).fill('2012-01-31');
  await manager.press(t('plans.rehearsal.run'));
  const results = page.locator('[data-results]');
  await manager.sees(results.getByRole('row', { name: `${t('plans.rehearsal.hours_read')} 744` }));
  await manager.sees(results.getByRole('row', { name: `${t('plans.rehearsal.nights')} 0` }));
  await manager.sees(page.getByRole('img', { name: new RegExp(NAME) }));
  await page.getByText(t('plans.rehearsal.days')).click();
  await manager.sees(page.getByRole('rowheader', { name: '2012-01-31' }));
  expect(await flaws(manager)).toEqual([]);
  const { version } = await stored();
  await (await city.staff('manager')).does(updatePlan, { params: { id: plan.id }, body: { version, active: false } });
});

it('is read by an inspector on a phone, in Chinese, and nothing can be ordered there', async () => {
  const inspector = await city.visitor({ viewport: phone, locale: 'zh-CN' });
  const { page, t } = inspector;
  await inspector.signIn('inspector', '/plans');
  await inspector.sees(page.getByRole('article').first());
  expect(await inspector.button(t('plans.activate')).count()).toBe(0);
  expect(await flaws(inspector)).toEqual([]);
  await page
    .getByRole('link', { name: t('plans.rules') })
    .first()
    .click();
  await inspector.sees(page.getByRole('region', { name: t('plans.steady') }));
  expect(await page.getByRole('textbox').count()).toBe(0);
  expect(await flaws(inspector)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});
