/** One situation, many reports: compared side by side, merged, taken apart, and the place remembered. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { point } from '../../shared/geo.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { violationsOn } from '../kit/axe.ts';
import { eventually, incidentWith, report, useCity, wide } from './kit.ts';

const city = useCity();
const complaintsIn = async (page: Page, part: string): Promise<string[]> =>
  (await violationsOn(page, part)).map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`);

it('is told by two reporters, merged by keys, taken apart again, and its place is known from then on', async () => {
  const place = point(108.871, 34.305);
  const old = await report(city, '桥洞北侧有位老人，没有被子', {
    position: place,
    placeText: '幸福路桥洞',
    signs: ['no_blanket'],
  });
  const young = await report(city, '幸福路桥洞里的老人冻着了', { position: point(108.8714, 34.305), people: 2 });
  const third = await report(city, 'two boys at the bus stop', { position: point(108.8702, 34.305) });

  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  await desk.signIn('dispatcher', '/desk');
  await desk.sees(t('connection.live'));
  await page.locator(`[id="queue-${old.id}"]`).click();
  const panel = page.locator('article.panel');
  await desk.sees(panel.getByText(t('duplicate.title')));
  // the one that is alike stands before the one that is nearer
  await eventually(() => panel.locator('.duplicates .link').allTextContents()).toEqual([young.code, third.code]);

  await desk.press(`${t('duplicate.compare')} ${young.code}`, panel);
  const dialog = page.getByRole('dialog', { name: t('duplicate.compare_title') });
  await desk.sees(dialog.getByText(t('duplicate.this')));
  await eventually(() => dialog.locator('mark').allTextContents()).toEqual([
    '桥洞',
    '老人',
    '幸福路桥洞',
    '老人',
    '幸福路桥洞',
  ]);
  await desk.picture('compared');
  expect(await complaintsIn(page, 'dialog[open]')).toEqual([]);
  // forth to the other one, which is not the same; the first is what is left
  await page.keyboard.press('ArrowRight');
  await desk.sees(dialog.getByText('two boys at the bus stop'));
  await page.keyboard.press('x');
  await desk.sees(dialog.getByText('幸福路桥洞里的老人冻着了'));
  await page.keyboard.press('m');
  await desk.sees(t('desk.merged', { from: young.code, into: old.code }));
  await dialog.waitFor({ state: 'hidden' });
  await desk.sees(panel.getByText(t('duplicate.set_aside', { count: 1 })));
  await eventually(async () => (await incidentWith(city, old.description ?? '')).sightingIds.length).toBe(2);

  // the second report is about somebody else: out, and back by undo
  const reports = panel.locator('.sighting');
  await eventually(() => reports.count()).toBe(2);
  const second = reports.filter({ hasText: '冻着了' });
  await second.getByRole('button').click();
  await desk.sees(page.getByText(new RegExp(t('desk.moved_out', { code: '' }).trim())));
  await eventually(() => reports.count()).toBe(1);
  // alone it cannot be moved out
  expect(await reports.getByRole('button').count()).toBe(0);
  await page
    .locator('.toast', { hasText: t('desk.moved_out', { code: '' }).trim() })
    .getByRole('button', { name: t('ui.undo') })
    .click();
  await desk.sees(t('desk.moved_back', { code: old.code }));
  await eventually(() => reports.count()).toBe(2);

  // the story of the one that stays can take it out as well
  const story = panel.locator('.timeline');
  await story.getByRole('button').first().click();
  await desk.sees(t('desk.unmerged'));
  await eventually(() => reports.count()).toBe(1);

  // a place to remember
  await page.locator(`[id="queue-${old.id}"]`).click();
  await desk.press(t('site.add'), panel);
  const form = page.getByRole('dialog', { name: t('site.add') });
  expect(await form.getByLabel(t('site.name')).inputValue()).toBe('幸福路桥洞');
  await form.getByLabel(t('site.note')).fill('stairs on the north side');
  await desk.press(t('ui.save'), form);
  await desk.sees(panel.getByText(t('site.known', { name: '幸福路桥洞' })));
  await (
    await city.staff('dispatcher')
  ).does(recordEncounter, { body: { id: crypto.randomUUID(), position: place, people: [{ outcome: 'refused' }] } });
  await page.locator(`[id="queue-${third.id}"]`).click();
  const known = panel.locator('.known details');
  await desk.sees(known.getByText(t('site.count.refusals', { count: 1 })));
  await known.locator('summary').click();
  await desk.sees(known.getByText(t('outcome.refused')));
  await desk.picture('known place');
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await complaintsIn(page, '.panel')).toEqual([]);
  await known.getByRole('button').click();
  await desk.press(t('site.retire'), page.getByRole('dialog', { name: t('site.edit_title') }));
  await desk.sees(t('desk.site_retired', { name: '幸福路桥洞' }));
  await known.waitFor({ state: 'detached' });
  await page
    .locator('.toast', { hasText: t('desk.site_retired', { name: '幸福路桥洞' }) })
    .getByRole('button', { name: t('ui.undo') })
    .click();
  await desk.sees(known);
});
