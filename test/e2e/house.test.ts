/** A house's own phone: room in one tap, who comes, who is in, heads in the night, and the end of a temporary place. */
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { createShelter, holdBed, listShelters, type ShelterView } from '../../shared/shelters.ts';
import { listStays, type StayRow, updateStay } from '../../shared/stays.ts';
import { createUser } from '../../shared/users.ts';
import { violationsOn } from '../kit/axe.ts';
import { type City, eventually, NEW_PASSWORD, phone, useCity, wide } from './kit.ts';

const city = useCity();
const complaintsIn = async (page: Page): Promise<string[]> =>
  (await violationsOn(page)).map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);

/** A temporary house of two beds, two more for a cold night and a seat, and somebody who keeps it. */
async function newHouse({ staff }: City): Promise<{ id: string; name: string; username: string }> {
  const admin = await staff('admin');
  const id = randomUUID();
  const name = `Warm hall ${id.slice(0, 4)}`;
  await admin.does(createShelter, {
    body: {
      id,
      name,
      kind: 'warm_place',
      address: 'Hall street 1',
      capacity: { any: 2 },
      surge: { any: 2 },
      seats: { any: 1 },
    },
  });
  const username = `keeper-${id.slice(0, 8)}`;
  const user = { id: randomUUID(), stationId: admin.stationId, username, name: username, role: 'shelter' as const };
  await admin.does(createUser, { body: { ...user, shelterId: id, password: NEW_PASSWORD } });
  return { id, name, username };
}
const staysOf = async (shelterId: string, status: 'in' | 'all'): Promise<StayRow[]> =>
  (await (await city.staff('dispatcher')).does(listStays, { query: { shelterId, status } })).items;
const houseOf = async (id: string): Promise<ShelterView | undefined> =>
  (await (await city.staff('admin')).does(listShelters, { query: { limit: '500' } })).items.find(
    (row) => row.id === id,
  );

it('says at a tap what room there is, takes people in, counts heads and lets them go; two phones agree', async () => {
  const { id, name, username } = await newHouse(city);
  const dispatcher = await city.staff('dispatcher');
  const keeper = await city.visitor({ viewport: phone, colorScheme: 'dark' });
  const other = await city.visitor({ viewport: phone, locale: 'zh-CN', colorScheme: 'light' });
  const { page, t } = keeper;
  // another house's address opens the own house, and nothing else
  const elsewhere = (await dispatcher.does(listShelters)).items.find((row) => row.id !== id);
  if (!elsewhere) throw new Error('the demo has no house');
  await keeper.signIn(username, `/shelter?id=${elsewhere.id}`, NEW_PASSWORD);
  await keeper.sees(page.getByRole('heading', { name, exact: true }));
  expect(await page.locator('body').innerText()).not.toContain(elsewhere.name);
  await other.signIn(username, '/shelter', NEW_PASSWORD);

  // full, and open again by taking it back
  const said = other.page.locator('[data-tour="status"] .badge');
  await keeper.press(t('house.status.full.say'));
  await other.sees(said.getByText(other.t('shelter.status.full'), { exact: true }));
  await keeper.press(t('ui.undo'));
  await other.sees(said.getByText(other.t('shelter.status.open'), { exact: true }));

  // somebody is on the way: kept for longer, then checked in with bed and belongings
  const hold = { id: randomUUID(), people: 1, for: 'Patrol 7, a man from the bridge' };
  await dispatcher.does(holdBed, { params: { id }, body: hold });
  const coming = page.locator('#coming').getByRole('listitem').filter({ hasText: hold.for });
  await keeper.press(t('house.coming.longer'), coming);
  await keeper.sees(new RegExp(`^${t('house.coming.kept_until', { time: '[0-9:]{5}' })}$`));
  await keeper.press(t('house.coming.arrive'), coming);
  const sheet = page.getByRole('dialog');
  await sheet.getByLabel(t('house.in.bed')).fill('12A');
  await sheet.getByLabel(t('house.in.belongings')).fill('one blue bag');
  await sheet.getByRole('checkbox').check();
  await keeper.press(t('house.walkin.save'), sheet);
  await other.sees(other.t('house.guest.bed', { bed: '12A' }));
  // and somebody at the door, without a word
  await keeper.press(t('house.bar.door'));
  await keeper.press(t('house.walkin.save'), sheet);
  await other.sees(other.t('house.bar.guests', { count: 2 }));
  // the wrong one was checked out, and has the bed again
  const guest = t('house.guest.bed', { bed: '12A' });
  await keeper.press(`${t('house.guests.leave')}: ${guest}`);
  await keeper.press(t('house.guests.leave'), sheet);
  await other.sees(other.t('house.bar.guests', { count: 1 }));
  await keeper.press(t('ui.undo'));
  await other.sees(other.t('house.bar.guests', { count: 2 }));
  await keeper.sees(t('house.guests.back', { count: 1 }));
  // with the last bed gone the service says so, and a seat is left
  await keeper.press(t('house.bar.door'));
  await keeper.press(t('unit.bed'), sheet);
  keeper.excuse(/status of 409/);
  await keeper.press(t('house.walkin.save'), sheet);
  await keeper.sees(sheet.getByText(t('problem.no_bed')));
  await page.keyboard.press('Escape');

  // two more beds for a cold night, and two heads that are on no list
  await keeper.press(t('house.surge.open', { count: 2 }));
  await other.sees(other.t('house.surge.on', { count: 2 }));
  await keeper.press(t('house.count.night'));
  await sheet.getByRole('spinbutton').fill('4');
  await keeper.press(t('house.count.save'), sheet);
  await keeper.sees(t('house.count.more', { count: 2 }));
  await keeper.press(t('house.count.check_in', { count: 2 }), sheet);
  await other.sees(other.t('house.bar.guests', { count: 4 }));
  expect((await staysOf(id, 'in')).map(({ people }) => people)).toEqual([1, 1, 1, 1]);
  await keeper.press(t('house.history'));
  await keeper.sees(
    sheet
      .getByRole('row')
      .filter({ hasText: t('count.source.night_count') })
      .getByText('≠ 4'),
  );
  await page.keyboard.press('Escape');
  // put away although people are in them: only by holding, and shown as it is
  await keeper.hold(t('house.surge.close_taken'), page.getByText(t('house.over', { count: 2 })));
  await other.sees(other.t('house.over', { count: 2 }));
  await keeper.picture('a house that is over');
  expect(await complaintsIn(other.page)).toEqual([]);

  // what is due is done, the stay is made longer, and everybody may leave
  await keeper.press(`${t('house.guest.more')}: ${guest}`);
  const notice = sheet.getByRole('listitem').filter({ hasText: t('due.notice') });
  await keeper.press(t('house.due.settle'), notice);
  await notice.getByLabel(t('house.due.settle.note')).fill('posted, officer Li');
  await notice.locator('button[type="submit"]').click();
  await keeper.sees(notice.getByText('posted, officer Li'));
  const stay = sheet.getByRole('listitem').filter({ hasText: t('due.max_stay') });
  await keeper.press(t('house.extend'), stay);
  await stay.getByLabel(t('house.extend.reason')).fill('waits for his daughter');
  await stay.getByLabel(t('house.extend.with')).fill('district civil affairs');
  await stay.locator('button[type="submit"]').click();
  await keeper.sees(sheet.getByText(t('house.guest.day', { day: 1, days: 15 })));
  expect(await complaintsIn(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await keeper.press(`${t('house.guests.leave')}: ${guest}`);
  await keeper.press(t('house.guests.going.hospital'), sheet);
  await keeper.press(t('house.guests.leave'), sheet);
  await other.sees(other.t('house.bar.guests', { count: 3 }));
  const gone = (await staysOf(id, 'all')).find(({ bed }) => bed === '12A');
  expect(gone).toMatchObject({ goingTo: t('house.guests.going.hospital'), belongings: 'one blue bag' });
});

it('has hours by the plan, and is given up when it is empty and its file is taken', async () => {
  const { id, name, username } = await newHouse(city);
  const keeper = await city.visitor({ viewport: phone });
  await keeper.signIn(username, '/shelter', NEW_PASSWORD);
  await keeper.press(keeper.t('house.bar.door'));
  await keeper.press(keeper.t('house.walkin.save'), keeper.page.getByRole('dialog'));
  await keeper.sees(keeper.t('house.bar.guests', { count: 1 }));

  const admin = await city.visitor({ viewport: wide });
  const { page, t } = admin;
  await admin.signIn('admin', `/admin#/shelters/${id}`);
  await admin.press(t('opening.add'));
  await page.getByLabel(t('opening.level')).selectOption('yellow');
  await page.getByLabel(t('feature.pets'), { exact: true }).check();
  expect(await complaintsIn(page)).toEqual([]);
  await admin.press(t('ui.save'));
  await eventually(() => houseOf(id)).toMatchObject({
    features: ['pets'],
    opening: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '18:00', to: '08:00', level: 'yellow' }],
    openNow: false,
  });
  await keeper.sees(keeper.t('house.hours.differs'));

  // not while somebody is in, not without the file
  await page.goto(`${city.origin}/admin#/shelters/${id}`);
  await admin.sees(t('shelter.end.not_empty', { guests: 1, held: 0 }));
  expect(await admin.button(t('shelter.end.close')).isDisabled()).toBe(true);
  const dispatcher = await city.staff('dispatcher');
  for (const { id: stayId, version } of await staysOf(id, 'in'))
    await dispatcher.does(updateStay, { params: { id: stayId }, body: { version, left: true } });
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    admin.press(`${t('house.file')}: ${t('house.file.xlsx')}`),
  ]);
  expect(file.suggestedFilename()).toMatch(/\.xlsx$/);
  await admin.sees(t('shelter.end.empty'));
  await admin.sees(t('shelter.end.file'));
  await admin.hold(t('shelter.end.close'), page.getByText(t('shelter.end.closed', { name })));
  expect(await houseOf(id)).toBeUndefined();
  await keeper.sees(keeper.t('problem.not_found'));
});
