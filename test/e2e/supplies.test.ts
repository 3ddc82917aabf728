/** A delivery from the depot's shelf to somebody's hand and back again: nothing on its way is unaccounted for. */
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { createLoadList } from '../../shared/loads.ts';
import { point } from '../../shared/geo.ts';
import { stepDispatch } from '../../shared/dispatches.ts';
import { listStocktakes } from '../../shared/stocktakes.ts';
import { createDepot, createItem, listStock } from '../../shared/supplies.ts';
import { isGrave, violationsOn } from '../kit/axe.ts';
import { eventually, goOut, newcomer, NEW_PASSWORD, report, send, useCity, wide } from './kit.ts';

const city = useCity();
const DAY_MS = 86_400_000;

async function graveIn(page: Page): Promise<string[]> {
  return (await violationsOn(page)).filter(isGrave).map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`);
}

it('is received with its date, loaded from a list, handed out at a tap, counted, and brought back', async () => {
  const manager = await city.staff('manager');
  const mark = randomUUID().slice(0, 8);
  const named = { name: `Soup ${mark}`, unit: 'tin', kind: 'food' as const };
  const item = await manager.does(createItem, { body: { id: randomUUID(), ...named } });
  const depot = await manager.does(createDepot, { body: { id: randomUUID(), name: `Depot ${mark}` } });
  const list = { id: randomUUID(), name: `Kit ${mark}`, lines: [{ itemId: item.id, quantity: 6 }] };
  await manager.does(createLoadList, { body: list });
  const lies = async (placeId: string): Promise<number> =>
    (await manager.does(listStock, { query: { limit: '500' } })).items.find(
      (row) => row.place.id === placeId && row.itemId === item.id,
    )?.quantity ?? 0;

  // received, with the day until which it is good
  const office = await city.visitor({ viewport: wide });
  const { t } = office;
  await office.signIn('manager', `/admin#/stock/depot:${depot.id}`);
  await office.sees(t('supplies.nothing_here'));
  await office.press(t('supplies.receive'));
  const dialog = office.page.locator('dialog[open]');
  await dialog.getByRole('combobox').first().selectOption({ label: item.name });
  await dialog.getByLabel(t('supplies.quantity')).fill('5');
  await dialog.getByLabel(t('supplies.batch_code')).fill('S-24');
  const lastDay = new Date(Date.now() + 3 * DAY_MS).toISOString().slice(0, 10);
  await dialog.getByLabel(t('supplies.expires_on')).fill(lastDay);
  await office.press(t('ui.save'), dialog);
  const books = office.page.getByRole('table');
  await office.sees(books.getByText(t('supplies.batch_of', { code: 'S-24' })));
  await office.sees(books.getByText(/[234] days left/));
  expect(await graveIn(office.page)).toEqual([]);

  // loaded from the list, as far as the depot has it
  const member = await newcomer(city, 'crew');
  const patrolId = await goOut(city, member, `Stock ${mark}`);
  const crew = await city.visitor({ at: [108.9, 34.19] });
  // what it may see changes whole when an outing ends
  crew.excuse(/status of 410/);
  await crew.signIn(member.username, '/crew', NEW_PASSWORD);
  await crew.press(t('load.open'));
  const load = crew.page.locator('dialog[open]');
  await load.getByLabel(t('load.list')).selectOption({ label: list.name });
  await load.getByLabel(t('supplies.from')).selectOption({ label: depot.name });
  await crew.sees(load.getByText(t('load.depot_short', { count: 6, there: '5' })));
  expect(await graveIn(crew.page)).toEqual([]);
  await crew.press(t('load.fill', { count: 5 }), load);
  await eventually(() => lies(patrolId)).toBe(5);
  const aboard = crew.page.getByRole('row', { name: new RegExp(item.name) });
  await crew.sees(aboard.getByText('5 tin', { exact: true }).first());

  // handed out at a tap
  const { id: incidentId } = await report(city, `stock ${mark}`, { position: point(108.9, 34.19), placeText: mark });
  const dispatchId = await send(city, incidentId, patrolId);
  for (const status of ['accepted', 'en_route', 'on_scene'] as const)
    await member.does(stepDispatch, { params: { id: dispatchId }, body: { status } });
  await crew.press(t('job.step.record'));
  await crew.press(t('outcome.took_items'));
  await crew.page.getByRole('button', { name: `${item.name}: ${t('crew.one_more')}` }).click();
  await crew.press(t('encounter.save'));
  await eventually(() => lies(patrolId)).toBe(4);
  await crew.hold(t('job.step.done'), crew.button(t('stocktake.begin')));

  // one is lost: the count says so, and why
  await crew.press(t('stocktake.begin'));
  const count = crew.page.locator('dialog[open]');
  await count.getByRole('spinbutton', { name: item.name }).fill('3');
  await crew.sees(count.getByText(t('stocktake.fewer', { count: 1 })));
  await crew.press(t('stocktake.reason.lost'), count);
  expect(await graveIn(crew.page)).toEqual([]);
  await crew.press(t('stocktake.save', { count: 1 }), count);
  await eventually(() => lies(patrolId)).toBe(3);
  const taken = (await manager.does(listStocktakes)).items.find(({ place }) => place.id === patrolId);
  expect(taken).toMatchObject({ reason: 'lost', lines: [{ itemId: item.id, counted: 3, booked: 4 }] });

  // home, with things left: the desk is told, and the phone brings them back
  await crew.hold(t('crew.end.hold'), crew.page.getByText(t('left.title')));
  const desk = await city.visitor({ viewport: wide });
  await desk.signIn('dispatcher', '/desk');
  await desk.page.getByRole('tab', { name: t('task.title') }).click();
  const task = desk.page
    .getByRole('listitem')
    .filter({ hasText: t('task.stock_left') })
    .filter({ hasText: mark });
  await task.getByRole('button', { name: t('task.to_stock') }).click();
  await desk.sees(desk.page.locator('dialog[open]').getByText(item.name));
  expect(await graveIn(desk.page)).toEqual([]);
  await desk.page.keyboard.press('Escape');
  await crew.press(t('unload.open'));
  const unload = crew.page.locator('dialog[open]');
  await unload.getByLabel(t('unload.to')).selectOption({ label: depot.name });
  await crew.press(t('unload.do'), unload);
  await eventually(() => lies(depot.id)).toBe(3);
  await task.waitFor({ state: 'detached' });
  expect(await lies(patrolId)).toBe(0);

  // all of it is on record
  await office.page.goto(`${city.origin}/admin#/stock/movements`);
  await office.sees(t('supplies.reason.return'));
  await office.page.goto(`${city.origin}/admin#/stock/counts`);
  await office.sees(t('stocktake.change', { item: item.name, from: '4', to: '3' }));
});
