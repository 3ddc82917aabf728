/** What has no place gets one: by keys, by dragging its row, and on the large map; and each can be taken back. */
import { expect, it } from 'vitest';
import { eventually, incidentWith, report, useCity, wide } from './kit.ts';

const city = useCity();

it('places an unplaced report by keys, by dragging, and by the crosshair', async () => {
  const description = 'has no place yet';
  const { id, code } = await report(city, description, { placeText: 'behind the old mill' });
  const where = async () => {
    const { lane, position, accuracyM } = await incidentWith(city, description);
    return { lane, lat: position?.coordinates[1] ?? null, accuracyM };
  };
  const unplaced = { lane: 'unplaced', lat: null, accuracyM: null };
  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  const { keyboard, mouse } = page;
  await desk.signIn('dispatcher', '/desk');
  const row = page.locator(`[id="queue-${id}"]`);
  await desk.sees(row);
  await desk.sees(page.locator('.leaflet-marker-icon'));
  const undo = async (): Promise<void> => {
    // the newest
    await desk.button(t('ui.undo'), page.locator('.toasts')).last().click();
    await eventually(where).toEqual(unplaced);
  };

  // by dragging its row: nothing while it is beside the map, or when Escape lets go of it
  const drag = async (): Promise<void> => {
    // measured each time: an alarm that comes in moves everything below it
    const map = await page.locator('.desk-map').boundingBox();
    await row.scrollIntoViewIfNeeded();
    const from = await row.boundingBox();
    if (!map || !from) throw new Error('nothing to drag');
    await mouse.move(from.x + 80, from.y + 20);
    await mouse.down();
    await mouse.move(from.x + 110, from.y + 30);
    await mouse.move(map.x + map.width / 2, map.y + map.height / 2);
    await desk.sees(page.locator('.ghost'));
  };
  await drag();
  await keyboard.press('Escape');
  await page.locator('.ghost').waitFor({ state: 'detached' });
  await mouse.up();
  expect(await where()).toEqual(unplaced);
  await drag();
  await desk.sees(t('placing.let_go'));
  await mouse.up();
  await eventually(where).toMatchObject({ lane: null, lat: expect.any(Number) as number });
  await desk.sees(t('desk.placed', { code }));
  await undo();

  // by keys: its words, coordinates, and the list
  await row.focus();
  await keyboard.press('Enter');
  const correct = desk.button(t('incident.place'));
  await desk.sees(correct);
  await correct.focus();
  await keyboard.press('Enter');
  const search = page.getByRole('dialog').getByRole('combobox');
  await desk.sees(search);
  await search.focus();
  await keyboard.press('Control+A');
  await keyboard.type('108.9422, 34.2611');
  await desk.sees(page.getByRole('option'));
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await desk.sees(page.locator('dialog .pin-circle'));
  const saves = page.getByRole('dialog').getByRole('button', { name: t('ui.save'), exact: true });
  await saves.focus();
  await keyboard.press('Enter');
  await eventually(where).toMatchObject({ lane: null, lat: expect.closeTo(34.2611, 2) as number });
  expect((await where()).accuracyM).toBeGreaterThan(0);
  await undo();

  // on the large map: Escape leaves, Enter takes its middle
  for (const key of ['Escape', 'Enter']) {
    await correct.focus();
    await keyboard.press('Enter');
    await desk.sees(search);
    await desk.button(t('placing.start')).focus();
    await keyboard.press('Enter');
    await desk.sees(t('placing.how'));
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.className ?? ''))
      .toContain('leaflet-container');
    await keyboard.press(key);
    await page.getByText(t('placing.how')).waitFor({ state: 'detached' });
    await expect.poll(() => correct.evaluate((button) => button === document.activeElement)).toBe(true);
    if (key === 'Escape') expect(await where()).toEqual(unplaced);
  }
  await eventually(where).toMatchObject({ lane: null, accuracyM: null });
  await desk.sees(t('desk.placed', { code }));
});
