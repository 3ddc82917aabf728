/** Where nobody has looked: a round is drawn at the desk and walked with a phone; squares and a list say where to look next. */
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { listRuns } from '../../shared/rounds.ts';
import { createSite } from '../../shared/sites.ts';
import { point } from '../../shared/geo.ts';
import { violationsOn } from '../kit/axe.ts';
import { eventually, goOut, newcomer, NEW_PASSWORD, phone, useCity, wide } from './kit.ts';

const city = useCity();
const complaintsIn = async (page: Page, part: string): Promise<string[]> =>
  (await violationsOn(page, part)).map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`);

it('is drawn by clicks, words and known places, walked by position and by hand, and seen at the desk', async () => {
  const dispatcher = await city.staff('dispatcher');
  const bridge = `钟鼓桥洞 ${randomUUID().slice(0, 4)}`;
  await dispatcher.does(createSite, {
    body: { id: randomUUID(), name: bridge, position: point(108.9481, 34.2655), visitEveryH: 12 },
  });
  const crew = await newcomer(city, 'crew');
  const patrolId = await goOut(city, crew, 'Round team');
  const name = `River round ${randomUUID().slice(0, 4)}`;

  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  await desk.signIn('dispatcher', '/desk?layers=incidents,patrols,shelters,sites,areas,coverage');
  await desk.sees(t('connection.live'));

  // the squares: on by the address, explained in words, and off again by a key
  const legend = page.locator('section.legend');
  await desk.sees(legend.getByText(t('coverage.step.never')));
  await page.keyboard.press('v');
  await legend.waitFor({ state: 'detached' });
  await eventually(() => Promise.resolve(page.url())).not.toContain('coverage');
  await page.keyboard.press('v');
  await desk.sees(legend);

  // the list names what is due, and a round can be made of it
  await page.keyboard.press('f');
  const due = page.getByRole('tabpanel').locator('li', { hasText: bridge });
  await desk.sees(due.getByText(t('coverage.look.due')));
  await desk.picture('look here next');
  expect(await complaintsIn(page, '.lists')).toEqual([]);
  await due.getByRole('checkbox').check();
  await desk.press(t('coverage.round_of', { count: 1 }));

  const board = page.getByRole('dialog', { name: t('round.new') });
  const rows = board.locator('.rows li');
  await eventually(() => rows.count()).toBe(1);
  await board.getByLabel(t('round.name'), { exact: true }).fill(name);
  await board.getByLabel(t('round.add_place')).fill('34.26110, 108.94220');
  await board.getByRole('listbox').getByRole('option').first().click();
  await eventually(() => rows.count()).toBe(2);
  const map = board.locator('.leaflet-container');
  await map.click({ position: { x: 400, y: 120 } });
  await eventually(() => rows.count()).toBe(3);
  await board.getByLabel(t('round.stop.name', { number: 2 })).fill('South gate');
  await board.getByLabel(t('round.stop.name', { number: 3 })).fill('North gate');
  // what was found by words comes first, by a button
  await board.getByRole('button', { name: t('round.stop.earlier', { name: 'South gate' }) }).click();
  await eventually(() => rows.locator('.name').first().inputValue()).toBe('South gate');
  await desk.picture('round drawn');
  expect(await complaintsIn(page, 'dialog[open]')).toEqual([]);
  await desk.press(t('ui.save'), board);
  await desk.sees(t('round.said.created', { name }));
  await page.getByRole('tab', { name: new RegExp(t('round.title')) }).click();
  await desk.press(t('round.start_one', { name }));
  await page.locator('.who select').selectOption(patrolId);
  await desk.press(t('round.start_now'));
  const card = page.locator('.run', { hasText: name });
  await desk.sees(card.getByText(t('round.visited_of', { done: 0, all: 3 })));

  // on the street: the first stop by position, the second skipped with a reason
  const team = await city.visitor({ viewport: phone, at: [108.93, 34.25] });
  await team.signIn(crew.username, '/crew', NEW_PASSWORD);
  const next = team.page.getByRole('region', { name: team.t('crew.round.next') });
  await team.sees(next.getByText('South gate'));
  await team.sees(next.getByText(team.t('crew.round.auto')));
  await team.picture('round on the phone');
  expect(await complaintsIn(team.page, 'main')).toEqual([]);
  for (const longitude of [108.94221, 108.94223]) {
    await team.context.setGeolocation({ longitude, latitude: 34.26111, accuracy: 10 });
    await team.sees(next.getByText(longitude === 108.94221 ? team.t('crew.round.within') : bridge));
  }
  await team.press(team.t('crew.round.skip'));
  const why = team.page.getByRole('dialog', { name: team.t('crew.round.skip_title', { name: bridge }) });
  await why.getByRole('button', { name: team.t('crew.round.skip.closed') }).click();
  await team.press(team.t('crew.round.skip_send'), why);
  await team.sees(next.getByText('North gate'));
  await team.sees(team.page.getByText(team.t('round.skipped', { count: 1 })));
  await team.page.emulateMedia({ colorScheme: 'dark' });
  await team.picture('round by night');
  await team.press(team.t('crew.round.there'));
  await team.sees(team.t('crew.round.all_done'));

  await desk.sees(card.getByText(t('round.visited_of', { done: 2, all: 3 })));
  await card.locator('summary').click();
  await desk.sees(card.getByText(t('crew.round.skip.closed')));
  await desk.sees(card.getByText(t('round.how.geofence')));
  await desk.picture('round at the desk');
  expect(await complaintsIn(page, '.lists')).toEqual([]);
  const { items } = await dispatcher.does(listRuns, { query: { status: 'running' } });
  expect(items.find((run) => run.patrolId === patrolId)?.stops.map(({ state, how }) => [state, how])).toEqual([
    ['visited', 'geofence'],
    ['skipped', null],
    ['visited', 'hand'],
  ]);
});
