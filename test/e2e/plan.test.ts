/** The plan for all at the desk: looked at, sent in part, taken back; by keys, in both languages. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { listDispatches, sendPatrol } from '../../shared/dispatches.ts';
import { point } from '../../shared/geo.ts';
import { takePositions } from '../../shared/positions.ts';
import { violationsOn } from '../kit/axe.ts';
import { eventually, goOut, newcomer, phone, report, useCity, wide } from './kit.ts';

const city = useCity();

it('is made, sent as far as the desk wants, and recalled', async () => {
  const member = await newcomer(city, 'crew');
  const patrolId = await goOut(city, member, 'Plan patrol');
  const place = point(108.871, 34.223);
  await member.does(takePositions, { body: [{ patrolId, position: place, at: new Date().toISOString() }] });
  const { id, code } = await report(city, 'somebody for the plan', {
    position: place,
    placeText: 'by the plan shop',
    signs: ['unresponsive'],
  });

  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  await desk.signIn('dispatcher', '/desk');
  await desk.sees(page.locator(`[id="queue-${id}"]`));
  // who could go, with what speaks for and against each
  await page.locator(`[id="queue-${id}"]`).click();
  await desk.sees(desk.button(`${t('send.do')} Plan patrol`));
  await desk.sees(page.locator('.suggestion').getByText(t('suggestion.reason.missing_medical')));
  await desk.picture('send panel');
  await page.keyboard.press('p');
  const dialog = page.getByRole('dialog', { name: t('plan.title') });
  const line = dialog.getByRole('row', { name: new RegExp(code) });
  await desk.sees(line);
  await desk.sees(line.getByText('Plan patrol'));
  await desk.picture('plan wide');
  const violations = await violationsOn(page, 'dialog[open]');
  expect(violations.map(({ id: rule, nodes }) => `${rule}: ${nodes[0]?.html ?? ''}`)).toEqual([]);

  // nothing was sent by looking; all but one are left out, by the keyboard
  const dispatcher = await city.staff('dispatcher');
  const going = async (): Promise<string[]> =>
    (await dispatcher.does(listDispatches, { query: { patrolId, status: 'active' } })).items.map(
      ({ incidentId }) => incidentId,
    );
  expect(await going()).toEqual([]);
  const all = dialog.getByLabel(t('plan.choose_all'));
  await all.focus();
  await page.keyboard.press('Space');
  await desk.sees(desk.button(t('plan.send', { count: 0 }), dialog));
  await line.getByRole('checkbox').focus();
  await page.keyboard.press('Space');
  await desk.press(t('plan.send', { count: 1 }), dialog);
  await desk.sees(dialog.getByText(t('plan.sent', { count: 1 })));
  await eventually(going).toEqual([id]);
  await desk.sees(line.getByText(t('plan.row.sent')));
  await desk.picture('plan sent');
  await desk.press(t('plan.undo'), dialog);
  await desk.sees(line.getByText(t('plan.row.recalled')));
  await eventually(going).toEqual([]);

  // made anew, it is open again
  await desk.press(t('plan.again'), dialog);
  await desk.sees(line.getByRole('checkbox'));
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });

  // somebody else sends the patrol meanwhile, on another line's behalf: the plan says that it is old, and its line fails alone
  await page.keyboard.press('p');
  await desk.sees(line.getByRole('checkbox'));
  const elsewhere = await report(city, 'somebody the plan does not know', { position: place });
  await dispatcher.does(sendPatrol, { body: { id: randomUUID(), incidentId: elsewhere.id, patrolId } });
  await desk.sees(dialog.getByText(t('plan.stale')));
  await all.focus();
  await page.keyboard.press('Space');
  await line.getByRole('checkbox').focus();
  await page.keyboard.press('Space');
  desk.excuse(/409/);
  await desk.press(t('plan.send', { count: 1 }), dialog);
  await desk.sees(line.getByText(t('problem.patrol_busy')));
  await desk.picture('plan failed');

  const other = await city.visitor({ viewport: phone, locale: 'zh-CN', colorScheme: 'dark' });
  await other.signIn('dispatcher', '/desk');
  await other.page.getByTitle(other.t('command.plan')).click();
  await other.sees(other.page.getByRole('dialog').getByRole('row').nth(1));
  await other.picture('plan phone night');
  const inChinese = await violationsOn(other.page, 'dialog[open]');
  expect(inChinese.map(({ id: rule }) => rule)).toEqual([]);
});
