/** On scene: what a crew writes down of two people, from the cold aid to a photo, and what the desk reads of it. */
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { stepDispatch } from '../../shared/dispatches.ts';
import { point } from '../../shared/geo.ts';
import { readIncident } from '../../shared/incidents.ts';
import { violationsOn } from '../kit/axe.ts';
import { eventually, goOut, NEW_PASSWORD, newcomer, report, send, useCity, wide } from './kit.ts';

const city = useCity();
const complaintsIn = async (page: Page, part: string): Promise<string[]> =>
  (await violationsOn(page, part)).map(
    ({ id, nodes }) => `${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );

it('takes a crew from the four questions to a hand-over, a photo and a refusal, and the desk reads it', async () => {
  const member = await newcomer(city, 'crew');
  const patrolId = await goOut(city, member, 'scene');
  const { id } = await report(city, 'on scene', { position: point(108.9312, 34.2251) });
  const dispatchId = await send(city, id, patrolId);
  for (const status of ['accepted', 'en_route', 'on_scene'] as const)
    await member.does(stepDispatch, { params: { id: dispatchId }, body: { status } });
  const crew = await city.visitor({ colorScheme: 'dark', at: [108.931, 34.225] });
  const { t, page } = crew;
  await crew.signIn(member.username, '/crew', NEW_PASSWORD);
  await crew.press(t('job.step.record'));

  // two taps to a stage; the ambulance is one away throughout
  await crew.press(t('aid.open'));
  const aid = page.getByRole('dialog', { name: t('aid.title') });
  const ambulance = aid.getByRole('link', { name: t('encounter.call', { number: '120' }) });
  expect(await ambulance.getAttribute('href')).toBe('tel:120');
  await crew.sees(aid.getByText(t('aid.question.awake')));
  await crew.picture('aid question');
  await crew.press(t('aid.answer.yes'), aid);
  await crew.sees(aid.getByText(t('aid.question.confused')));
  await crew.press(t('aid.answer.unknown'), aid);
  await crew.sees(aid.getByText(t('aid.stage.ht2')));
  await crew.sees(aid.getByText(t('aid.advice.nothing_by_mouth')));
  await crew.sees(ambulance);
  await crew.picture('aid advice');
  expect(await complaintsIn(page, 'dialog[open]')).toEqual([]);
  await crew.press(t('aid.done'), aid);

  // medical care is chosen, and whom to call stands there; a tap stamps
  const first = page.locator('.person').first();
  expect(await crew.button(t('outcome.medical'), first).getAttribute('aria-pressed')).toBe('true');
  expect(await first.getByRole('link', { name: /^120/ }).getAttribute('href')).toBe('tel:120');
  await crew.press(t('handover.called'), first);
  await crew.press(t('handover.taken_over'), first);
  await first.getByLabel(t('handover.reference')).fill('car 7');

  // the second one says no, agrees to a name and a photo, and is a child: then the child's numbers are there, too
  await crew.press(t('encounter.add'));
  const second = page.locator('.person').nth(1);
  await crew.press(t('outcome.refused'), second);
  await crew.press(t('encounter.refusal.belongings'), second);
  await second
    .getByLabel(new RegExp(t('encounter.change')))
    .last()
    .fill('a locker');
  await crew.sees(second.getByText(/4 hr/));
  await second.locator('summary').click();
  await crew.press(t('encounter.group.minor'), second);
  expect(await second.getByRole('link', { name: /^110/ }).getAttribute('href')).toBe('tel:110');
  await crew.press(t('encounter.group.minor'), second);
  await crew.press(t('encounter.need.injury'), second);
  await crew.sees(second.getByText(t('encounter.doctor_first')));
  await crew.press(t('encounter.language.ug'), second);
  expect(await second.getByLabel(t('encounter.name')).count()).toBe(0);

  // no face without an agreement; made small before it is kept
  const photos = page.getByRole('region', { name: t('encounter.photos') });
  const large = { create: { width: 2400, height: 1200, channels: 3, background: '#345' } } as const;
  const picture = await sharp(large)
    .jpeg()
    .withExif({ IFD0: { Copyright: 'canary' } })
    .toBuffer();
  await photos.locator('input[type=file]').setInputFiles({ name: 'p.jpg', mimeType: 'image/jpeg', buffer: picture });
  await crew.sees(photos.getByRole('img', { name: t('encounter.photo', { number: 1 }) }));
  const face = photos.getByRole('switch', { name: t('encounter.photo.face') });
  expect(await face.isDisabled()).toBe(true);
  await crew.press(t('encounter.consent.given'), second);
  await crew.press(t('encounter.scope.photo'), second);
  expect(await face.isEnabled()).toBe(true);
  await crew.press(t('encounter.scope.name'), second);
  await second.getByLabel(t('encounter.name')).fill('Gulnar');
  expect(await complaintsIn(page, 'main')).toEqual([]);
  await page
    .getByRole('button', { name: new RegExp(`: ${t('crew.one_more')}$`) })
    .first()
    .click();

  // a killed app has it all
  await page.reload();
  await crew.press(t('job.step.record'));
  await second.locator('summary').click();
  expect(await second.getByLabel(t('encounter.name')).inputValue()).toBe('Gulnar');
  await crew.sees(photos.getByRole('img', { name: t('encounter.photo', { number: 1 }) }));
  await crew.press(t('encounter.save'));
  await crew.sees(t('encounter.saved'));

  const met = async () => (await member.does(readIncident, { params: { id } })).encounters;
  await eventually(async () => (await met()).flatMap((row) => row.photos).length).toBe(1);
  const [row] = await met();
  const [taken, said] = ['medical', 'refused'].map((outcome) => row?.people.find((each) => each.outcome === outcome));
  expect(taken).toMatchObject({ coldStage: 'ht2', consent: 'not_asked', name: null });
  expect(taken?.handover).toMatchObject({ to: 'ambulance', reference: 'car 7' });
  expect(taken?.handover?.takenOverAt).not.toBeNull();
  expect(said).toMatchObject({
    refusal: t('encounter.refusal.belongings'),
    mightChange: 'a locker',
    needs: ['injury'],
    groups: [],
    language: 'ug',
    name: 'Gulnar',
    consent: 'given',
    consentScope: ['name', 'photo'],
    handover: null,
  });
  expect(row?.photos).toMatchObject([{ width: 1600, height: 800, showsFace: false }]);
  expect(row?.handouts).toMatchObject([{ quantity: 1, short: false }]);

  // the crew reads its own, the desk all of it
  await page.getByText(t('crew.records'), { exact: true }).click();
  await crew.sees('Gulnar');
  await crew.picture('own records');
  const desk = await city.visitor({ viewport: wide });
  await desk.signIn('dispatcher', `/desk?incident=${id}`);
  const story = desk.page.getByRole('region', { name: t('incident.encounters') });
  await desk.sees(story.getByText('Gulnar'));
  await desk.sees(story.getByText(/car 7/));
  await desk.sees(story.getByText(t('encounter.language.ug')));
  await story.getByRole('button', { name: t('encounter.photo', { number: 1 }) }).click();
  const shown = desk.page.getByRole('dialog').getByRole('img');
  await eventually(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1600);
  await desk.page.keyboard.press('Escape');
  await desk.picture('story');
  expect(await complaintsIn(desk.page, '.panel')).toEqual([]);
});
