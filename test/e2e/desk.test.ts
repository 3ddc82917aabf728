/** The console with hands on the keys: palette, claims between two desks, alarms, and what the address remembers. */
import { expect, it } from 'vitest';
import { point } from '../../shared/geo.ts';
import { takePositions } from '../../shared/positions.ts';
import { eventually, goOut, incidentWith, newcomer, NEW_PASSWORD, report, useCity, type Visitor, wide } from './kit.ts';

const city = useCity();
const focused = ({ page }: Visitor): Promise<string> => page.evaluate(() => document.activeElement?.id ?? '');
const bar = ({ page, t }: Visitor) => page.getByRole('region', { name: t('claim.title') });

/** Does something by its name. */
async function tell({ page, t, sees }: Visitor, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await sees(page.getByRole('combobox', { name: t('palette.title') }));
  await page.keyboard.type(words);
  await sees(page.getByRole('option', { selected: true }).filter({ hasText: words }));
  await page.keyboard.press('Enter');
  await page.getByRole('combobox', { name: t('palette.title') }).waitFor({ state: 'detached' });
}

it('sends, merges, takes back and closes by keys and names alone', async () => {
  const description = 'found through the palette';
  const member = await newcomer(city, 'crew');
  const patrolId = await goOut(city, member, 'Palette patrol');
  // far from all others, so that theirs is the first suggestion however well others fit
  const place = point(108.8, 34.0);
  await member.does(takePositions, { body: [{ patrolId, position: place, at: new Date().toISOString() }] });
  const { id, code } = await report(city, description, { position: place });
  const twin = await report(city, `${description} again`, { position: point(108.8002, 34.0002) });

  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  await desk.signIn('dispatcher', '/desk');
  await desk.sees(page.locator(`[id="queue-${id}"]`));
  await tell(desk, code);
  await desk.sees(page.getByRole('heading', { name: new RegExp(code) }));
  // what is asked for twice is the first to be offered, with its key beside it
  await desk.sees(desk.button(`${t('send.do')} Palette patrol`));
  await page.keyboard.press('s');
  await desk.sees(t('desk.sent', { patrol: 'Palette patrol', code }));
  await eventually(async () => (await incidentWith(city, description)).patrolIds).toEqual([patrolId]);
  // working on it took it in hand
  await desk.sees(bar(desk).getByText(t('claim.mine')));

  await desk.sees(
    page
      .getByRole('region', { name: t('duplicate.title') })
      .getByText(twin.code)
      .first(),
  );
  await page.keyboard.press('m');
  await desk.sees(t('desk.merged', { from: twin.code, into: code }));
  await page.keyboard.press('u');
  await desk.sees(t('desk.unmerged'));
  await desk.sees(page.locator(`[id="queue-${twin.id}"]`));

  await tell(desk, twin.code);
  await desk.sees(page.getByRole('heading', { name: new RegExp(twin.code) }));
  await tell(desk, t('command.close'));
  await desk.sees(page.getByRole('dialog', { name: t('close.title', { code: twin.code }) }));
  await page.keyboard.press('Enter');
  await desk.sees(t('desk.closed', { code: twin.code }));
  await expect.poll(() => focused(desk)).toMatch(/^queue-/);
});

it('two who take the same one: one has it, the other is told and may take over', async () => {
  const description = 'wanted by two desks';
  const { id } = await report(city, description, { position: point(108.87, 34.206) });
  const colleague = await newcomer(city, 'dispatcher');
  const first = await city.visitor({ viewport: wide });
  const second = await city.visitor({ viewport: wide, locale: 'zh-CN' });
  // the one who comes second is refused by the service, on purpose
  for (const each of [first, second]) each.excuse(/409/);
  await first.signIn('dispatcher', '/desk');
  await second.signIn(colleague.username, '/desk', NEW_PASSWORD);
  for (const { page } of [first, second]) await page.locator(`[id="queue-${id}"]`).click();
  // looking is not taking
  await first.sees(bar(first).getByText(first.t('claim.looking', { name: colleague.username })));
  for (const each of [first, second]) await each.sees(bar(each).getByText(each.t('claim.nobody')));
  await Promise.all([first.page.keyboard.press('a'), second.page.keyboard.press('a')]);
  // each page may say for a moment that it has it, until the service has said who does
  const holder = async (): Promise<string | null> => (await incidentWith(city, description)).claimedBy;
  await eventually(holder).not.toBeNull();
  const [has, wants] = (await holder()) === colleague.id ? [second, first] : [first, second];
  await has.sees(bar(has).getByText(has.t('claim.mine')));
  await wants.sees(wants.button(wants.t('claim.take'), bar(wants)));
  await wants.sees(wants.page.locator(`[id="queue-${id}"] .who.claimed`));
  // the first press has only said whose it is; the next one takes it over
  await wants.sees(wants.button(wants.t('claim.take'), wants.page.locator('.toast')));
  expect((await holder()) === colleague.id).toBe(has === second);
  await wants.page.keyboard.press('a');
  await wants.sees(bar(wants).getByText(wants.t('claim.mine')));
  await has.sees(has.button(has.t('claim.take'), bar(has)));
});

it('an alarm is seen, reached by a key, and rests for a reason that all can read', async () => {
  const { id, code } = await report(city, 'alarms until somebody looks', {
    position: point(108.869, 34.207),
    signs: ['unresponsive'],
  });
  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  await desk.signIn('dispatcher', '/desk');
  const alarms = page.getByRole('region', { name: t('alarm.title') });
  await desk.sees(alarms.getByText(/nobody sent/));
  await expect.poll(() => page.title()).toContain('⚠');
  await page.locator(`[id="queue-${id}"]`).click();
  const cold = async (): Promise<number> =>
    parseInt((await alarms.getByText(/nobody sent/).allTextContents())[0] ?? '0', 10);
  const before = await cold();
  await page.keyboard.press('x');
  await expect.poll(() => alarms.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  await page.keyboard.press('h');
  await expect.poll(() => page.title()).not.toContain('⚠');
  await page.keyboard.press('z');
  await desk.sees(page.getByRole('dialog', { name: t('snooze.title', { code }) }));
  await page.keyboard.press('Enter');
  await desk.sees(page.locator('.timeline').getByText(t('snooze.reason.crew_near')));
  await expect.poll(cold).toBe(before - 1);
});

it('reload and back show what was shown', async () => {
  const { id, code } = await report(city, 'kept in the address', { position: point(108.868, 34.208) });
  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  await desk.signIn('dispatcher', '/desk');
  await page.getByRole('button', { name: new RegExp(`^${t('queue.filter.waiting')}`) }).click();
  await page.keyboard.press('l');
  await page.getByRole('checkbox', { name: t('map.layer.patrols') }).uncheck();
  await page.keyboard.press('Escape');
  await page.locator(`[id="queue-${id}"]`).click();
  await desk.sees(page.getByRole('heading', { name: new RegExp(code) }));
  await expect.poll(() => page.url()).toMatch(new RegExp(`filter=waiting.*incident=${id}.*layers=`));
  expect(page.url()).not.toContain('kept');
  await page.reload();
  await desk.sees(page.getByRole('heading', { name: new RegExp(code) }));
  expect(
    await page.getByRole('button', { name: new RegExp(`^${t('queue.filter.waiting')}`) }).getAttribute('aria-pressed'),
  ).toBe('true');
  await page.goBack();
  await page.getByRole('heading', { name: new RegExp(code) }).waitFor({ state: 'detached' });
  await page.keyboard.press('w');
  const side = page.getByRole('complementary', { name: t('wall.title') });
  await desk.sees(side.locator('li'));
  // a wall is seen by visitors: nothing that a reporter wrote stands on it
  expect(await page.locator('.desk').innerText()).not.toContain('kept in the address');
  await page.goBack();
  await desk.sees(page.locator(`[id="queue-${id}"]`));
});
