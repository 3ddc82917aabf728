/** A plan switches on: what the desk, a crew's phone and the public see of it, and that all of it is gone afterwards. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { createSpotCheck, listSpotChecks } from '../../shared/duty.ts';
import {
  activatePlan,
  createPlan,
  liftOrder,
  listActivations,
  type PlanSpec,
  standDownPlan,
  type StepSpec,
  updatePlan,
} from '../../shared/plans.ts';
import { violationsOn } from '../kit/axe.ts';
import { eventually, newcomer, NEW_PASSWORD, phone, useCity, wide } from './kit.ts';

const city = useCity();
const complaintsIn = async (page: Page, part: string): Promise<string[]> =>
  (await violationsOn(page, part)).map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`);
const step = (key: string, deed: StepSpec['deed'], more: Partial<StepSpec> = {}): StepSpec => ({
  key,
  from: 'orange',
  title: { en: `Step ${key}`, 'zh-CN': `措施 ${key}` },
  owner: 'dispatcher',
  dueMin: 30,
  acknowledge: false,
  deed,
  ...more,
});
/** Never on by itself. */
const spec: PlanSpec = {
  levels: [{ level: 'orange', mode: 'automatic', askMin: 10, when: { dates: ['2000-01-01'] } }],
  steady: { minimumOnH: 0, confirmH: 0, bridgeH: 0 },
  steps: [
    step('look', { kind: 'task' }),
    step(
      'alarm',
      {
        kind: 'notify',
        to: ['crew', 'dispatcher'],
        alarm: true,
        words: { en: 'Everybody out tonight.', 'zh-CN': '今夜全员出动。' },
      },
      { owner: 'crew', acknowledge: true },
    ),
    step('public', {
      kind: 'public_notice',
      words: { en: 'Warm places stay open all night.', 'zh-CN': '避寒点今夜通宵开放。' },
    }),
  ],
};

it('is told on the desk, on the phone and to the public, is acknowledged, and is gone once it stood down', async () => {
  const manager = await city.staff('manager');
  const member = await newcomer(city, 'crew');
  const name = 'Plan of the test';
  const made = await manager.does(createPlan, { body: { id: crypto.randomUUID(), name, spec, active: true } });
  const at = { params: { id: made.id } };
  const notice = async (path: string, language: string): Promise<string> =>
    (await fetch(city.origin + path, { headers: { 'accept-language': language } })).text();

  const desk = await city.visitor({ viewport: wide });
  const crew = await city.visitor({ viewport: phone, locale: 'zh-CN', colorScheme: 'dark' });
  await desk.signIn('dispatcher', '/desk');
  await crew.signIn(member.username, '/crew', NEW_PASSWORD);
  const banner = desk.page.getByRole('region', { name: desk.t('plan.banner.title') });
  await desk.sees(banner);
  expect(await banner.getByText(name).count()).toBe(0);
  await crew.sees(crew.t('crew.start.on_foot'));
  expect(await notice('/report', 'en')).not.toContain('Warm places stay open all night.');

  await manager.does(activatePlan, { ...at, body: { level: 'orange', reason: 'ice on the roads' } });
  await desk.sees(banner.getByText(name));
  await desk.sees(banner.getByText(desk.t('plan.level.orange')).first());
  await desk.sees(desk.page.getByRole('button', { name: new RegExp(desk.t('alarm.plan_on', { count: 1 })) }));
  const alarm = crew.page.getByRole('dialog');
  await crew.sees(alarm.getByText('今夜全员出动。'));
  await crew.picture('crew alarm');
  expect(await complaintsIn(crew.page, 'dialog[open]')).toEqual([]);
  await crew.press(crew.t('plan.notice.acknowledge'), alarm);
  await alarm.waitFor({ state: 'hidden' });
  const steps = async (): Promise<Record<string, string>> => {
    const { items } = await manager.does(listActivations);
    const run = items.find(({ planId }) => planId === made.id);
    return Object.fromEntries(
      run?.steps.map(({ key, state, acknowledgedAt }) => [key, acknowledgedAt === null ? state : `${state}, read`]) ??
        [],
    );
  };
  await eventually(steps).toMatchObject({ alarm: 'done, read', public: 'done', look: 'waiting' });
  // what was read is not shown again, also when the page comes anew
  await crew.page.reload();
  const bar = crew.page.getByRole('region', { name: crew.t('plan.banner.title') });
  await bar.getByText(name).click();
  await crew.sees(bar.getByText('今夜全员出动。'));
  expect(await alarm.isVisible()).toBe(false);
  await crew.picture('crew bar');

  for (const [language, words] of [
    ['en', 'Warm places stay open all night.'],
    ['zh-CN', '避寒点今夜通宵开放。'],
  ] as const)
    for (const path of ['/report', '/shelters']) expect(await notice(path, language)).toContain(words);

  await desk.press(desk.t('plan.banner.details'), banner);
  await desk.sees(banner.getByText('ice on the roads'));
  await desk.picture('desk banner');
  expect(await complaintsIn(desk.page, '.situation')).toEqual([]);
  await banner.getByRole('button', { name: /Step look/ }).click();
  await eventually(steps).toMatchObject({ look: 'done, read' });
  await desk.page.keyboard.press('Escape');

  const check = await manager.does(createSpotCheck, { body: { id: crypto.randomUUID(), target: 'desk' } });
  const prompt = desk.page.getByRole('region', { name: desk.t('prompt.check') });
  await desk.sees(prompt);
  await desk.picture('desk check');
  expect(await complaintsIn(desk.page, '.checks')).toEqual([]);
  await desk.press(desk.t('prompt.check.answer'), prompt);
  await prompt.waitFor({ state: 'detached' });
  const { items } = await manager.does(listSpotChecks);
  expect(items.find(({ id }) => id === check.id)?.answeredAt).not.toBeNull();

  await manager.does(standDownPlan, { ...at, body: { reason: 'it thaws' } });
  await banner.getByText(name).waitFor({ state: 'detached' });
  await bar.waitFor({ state: 'detached' });
  await eventually(() => notice('/report', 'en')).not.toContain('Warm places stay open all night.');
  const lifted = await manager.does(liftOrder, { ...at, body: { reason: 'the test is over' } });
  await manager.does(updatePlan, { ...at, body: { version: lifted.version, active: false } });
});
