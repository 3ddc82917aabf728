/** A crew that does not answer, and a desk that acts for it. */
import { expect, it } from 'vitest';
import { rungs } from '../../shared/dispatches.ts';
import { point } from '../../shared/geo.ts';
import { priorities } from '../../shared/incidents.ts';
import { takePositions } from '../../shared/positions.ts';
import { resetRule, setRule } from '../../shared/stations.ts';
import {
  dispatchOf,
  eventually,
  goOut,
  incidentWith,
  NEW_PASSWORD,
  newcomer,
  report,
  send,
  useCity,
  wide,
} from './kit.ts';

const city = useCity();

it('is alarmed again, and another patrol goes instead, with one press and one press back', async () => {
  const description = 'nobody answers for this one';
  const admin = await city.staff('admin');
  // everything ten seconds after sending
  const value = priorities.flatMap((priority) => rungs.map((rung) => ({ priority, rung, afterS: 10 })));
  await admin.does(setRule, { params: { key: 'dispatch.ladder' }, body: { version: 0, value } });
  try {
    const member = await newcomer(city, 'crew');
    const patrolId = await goOut(city, member, 'Silent patrol');
    const place = point(108.9, 34.23);
    await member.does(takePositions, { body: [{ patrolId, position: place, at: new Date().toISOString() }] });
    const { id, code } = await report(city, description, { position: place, signs: ['wet'] });

    const phone = await city.visitor();
    await phone.signIn(member.username, '/crew', NEW_PASSWORD);
    const desk = await city.visitor({ viewport: wide });
    await desk.signIn('dispatcher', `/desk`);
    const { page, t } = desk;
    await page.locator(`[id="queue-${id}"]`).click();
    const dispatchId = await send(city, id, patrolId);
    await phone.press(phone.t('job.silence'));
    await desk.sees(desk.button(t('dispatch.recall')));

    // while it is silent: the desk sends out a crew that has no phone, and says what the crew should bring
    await page.keyboard.press('Escape');
    await desk.press(t('outing.start_short'));
    const outing = page.getByRole('dialog', { name: t('outing.start') });
    await outing.getByLabel(t('outing.name')).fill('Radio only');
    await desk.press(t('outing.go'), outing);
    await desk.sees(t('desk.outing_started', { patrol: 'Radio only' }));
    const row = page.getByRole('row').filter({ hasText: 'Radio only' });
    await row.getByRole('button', { name: t('patrol.set_break', { name: 'Radio only' }) }).click();
    await desk.sees(row.getByText(t('patrol.set_by_desk')));
    await page.locator(`[id="queue-${id}"]`).click();
    await page.getByText(t('wants.title')).click();
    await desk.press(t('skill.woman'));
    await desk.sees(t('desk.wants', { code }));

    // nobody accepted: shape and word at the desk, and the phone rings again although it had been silenced
    await desk.sees(page.locator('.ladder').getByText(t('ladder.duty_officer')));
    await phone.sees(phone.button(phone.t('job.silence')));
    await phone.sees(phone.t('job.accept_overdue'));
    await eventually(async () => (await dispatchOf(city, dispatchId)).suggestedPatrolId).not.toBeNull();
    await page.locator('.instead').click();
    await eventually(async () => (await incidentWith(city, description)).patrolIds).not.toContain(patrolId);
    await phone.sees(new RegExp(phone.t('crew.given.title', { name: '' })));
    await desk.press(t('ui.undo'), page.locator('.toast').filter({ hasText: code }).last());
    await eventually(async () => (await incidentWith(city, description)).patrolIds).toEqual([patrolId]);

    // the crew says no by radio
    await desk.sees(page.getByText('Silent patrol').first());
    await page.getByLabel(t('dispatch.set', { patrol: 'Silent patrol' })).selectOption('declined');
    await desk.press(t('job.decline.vehicle'), page.getByRole('dialog'));
    await eventually(async () => (await incidentWith(city, description)).timeline.at(-1)).toMatchObject({
      kind: 'declined',
      detail: { setByDesk: true, reason: t('job.decline.vehicle') },
    });
    expect((await incidentWith(city, description)).timeline.map(({ kind }) => kind)).toContain('escalated');
  } finally {
    await admin.does(resetRule, { params: { key: 'dispatch.ladder' } });
  }
});
