/** Every page by day and by night, in both languages and in every size: nothing runs over, nothing is cut off, the focus is seen. */
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { closeIncident } from '../../shared/incidents.ts';
import { point } from '../../shared/geo.ts';
import { takePositions } from '../../shared/positions.ts';
import { createStation } from '../../shared/stations.ts';
import { createUser } from '../../shared/users.ts';
import { goOut, newcomer, NEW_PASSWORD, phone, report, useCity, type Visitor, wide } from './kit.ts';

const city = useCity();
/** The last is a wide screen at 200 % zoom. */
const sizes = [wide, { width: 1024, height: 768 }, phone, { width: 720, height: 450 }];
const noAnswer = /net::ERR_|WebSocket connection/;

/** What is wrong with the page as it stands, in words. */
const faults = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth)
      found.push(`runs over: ${String(root.scrollWidth)} > ${String(root.clientWidth)}`);
    for (const button of document.querySelectorAll<HTMLElement>('.button, .chip, .main, .second'))
      if (button.getClientRects().length > 0 && button.scrollWidth > button.clientWidth + 1)
        found.push(`cut off: ${button.textContent.trim()}`);
    return found;
  });

/** What has the focus, when it cannot be seen there. */
const hiddenFocus = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const focused = document.activeElement;
    if (!(focused instanceof HTMLElement) || focused === document.body) return ['the focus is nowhere'];
    const found: string[] = [];
    const { outlineStyle, outlineWidth } = getComputedStyle(focused);
    if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2)
      found.push(`no ring: ${focused.outerHTML.slice(0, 80)}`);
    const { left, top, width, height } = focused.getBoundingClientRect();
    const seen = document.elementFromPoint(left + width / 2, top + height / 2);
    if (seen === null || !(focused.contains(seen) || seen.contains(focused)))
      found.push(`hidden: ${focused.outerHTML.slice(0, 80)}`);
    return found;
  });

async function lookFromAllSides(visitor: Visitor, name: string): Promise<string[]> {
  const { page } = visitor;
  const found: string[] = [];
  for (const size of sizes) {
    await page.setViewportSize(size);
    // the layout follows in the next frame
    await page.evaluate(() => new Promise(requestAnimationFrame));
    const said = `${name} ${String(size.width)}`;
    found.push(...(await faults(page)).map((fault) => `${said}: ${fault}`));
    await page.evaluate(() => {
      (document.activeElement as HTMLElement | null)?.blur();
      window.scrollTo(0, 0);
    });
    await page.keyboard.press('Tab');
    found.push(...(await hiddenFocus(page)).map((fault) => `${said}: ${fault}`));
  }
  return found;
}

describe.each([
  { locale: 'en', colorScheme: 'light' },
  { locale: 'zh-CN', colorScheme: 'dark' },
] as const)('in $locale, $colorScheme', ({ locale, colorScheme }) => {
  it('the public pages', async () => {
    const visitor = await city.visitor({ locale, colorScheme });
    const found: string[] = [];
    for (const address of ['/report', '/shelters', '/desk']) {
      await visitor.open(address);
      await visitor.page.locator('main').waitFor();
      found.push(...(await lookFromAllSides(visitor, address)));
    }
    expect(found).toEqual([]);
  });

  it.each([
    { username: 'dispatcher', address: '/desk', seen: 'queue.filter.all' },
    { username: 'shelter', address: '/shelter', seen: 'house.coming' },
    { username: 'inspector', address: '/tally', seen: 'tally.by_station' },
    { username: 'crew', address: '/crew', seen: 'crew.near.title' },
  ])('the page of $username', async ({ username, address, seen }) => {
    const visitor = await city.visitor({ locale, colorScheme, viewport: wide });
    await visitor.signIn(username, address);
    await visitor.sees(new RegExp(visitor.t(seen)));
    const found = await lookFromAllSides(visitor, address);
    // what controls of the browser's own look like
    const scheme = await visitor.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    expect({ found, scheme }).toEqual({ found: [], scheme: colorScheme });
    await visitor.picture(`${address.slice(1)} ${locale}`);
  });
});

describe('day and night by hand', () => {
  it('stay on the device, from the first paint of the next page', async () => {
    const keeper = await city.visitor({ viewport: wide });
    const { page, t } = keeper;
    await keeper.signIn('shelter', '/shelter');
    await keeper.press(t('ui.theme.night'));
    const ground = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body.parentElement!).backgroundColor);
    const night = await ground();
    expect(night).not.toBe('rgb(243, 241, 236)');
    await page.reload();
    expect(await page.request.get(`${city.origin}/shelter`).then((answer) => answer.text())).toContain(
      'data-theme="night"',
    );
    expect(await ground()).toBe(night);
  });
});

describe('while there is no picture', () => {
  it.each([
    { role: 'dispatcher', address: '/desk' },
    { role: 'shelter', address: '/shelter' },
    { role: 'crew', address: '/crew' },
  ])('$address says so, keeps trying, and then shows it', async ({ role, address }) => {
    const visitor = await city.visitor({ viewport: wide });
    const { page, t } = visitor;
    visitor.excuse(noAnswer);
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/snapshot', async (route) => {
      await held;
      await route.abort();
    });
    await visitor.signIn(role, address);
    await visitor.sees(t('picture.loading'));
    expect(await faults(page)).toEqual([]);
    answer();
    await visitor.sees(t('picture.unreachable'));
    // nothing is called empty that is only unknown
    for (const key of ['patrol.none', 'queue.empty.all', 'crew.near.empty', 'house.guests.empty'])
      expect(await page.getByText(t(key)).count()).toBe(0);
    await page.unroute('**/api/snapshot');
    await page.getByText(t('picture.unreachable')).waitFor({ state: 'detached' });
  });

  it('the tally says what failed and tries again when asked', async () => {
    const inspector = await city.visitor({ viewport: wide });
    const { page, t } = inspector;
    inspector.excuse(noAnswer);
    await page.route('**/api/reports/**', (route) => route.abort());
    await inspector.signIn('inspector', '/tally');
    await inspector.sees(page.getByRole('alert').getByText(t('problem.offline')));
    await page.unroute('**/api/reports/**');
    await inspector.press(t('tally.retry'));
    await inspector.sees(t('tally.by_station'));
  });
});

describe('a line that goes away', () => {
  it.each([
    { role: 'dispatcher', address: '/desk' },
    { role: 'shelter', address: '/shelter' },
    { role: 'crew', address: '/crew' },
  ])('is said on $address, and what was there stays', async ({ role, address }) => {
    const visitor = await city.visitor({ viewport: phone });
    const { page, t } = visitor;
    visitor.excuse(noAnswer);
    await visitor.signIn(role, address);
    await visitor.sees(t('connection.live'));
    await visitor.context.setOffline(true);
    await visitor.sees(new RegExp(`^${t('connection.offline')}`));
    expect(await faults(page)).toEqual([]);
    expect(await page.getByText(t('picture.unreachable')).count()).toBe(0);
    await visitor.context.setOffline(false);
    await visitor.sees(t('connection.live'));
  });
});

it('a station where nothing happens has empty lists with words in them', async () => {
  const admin = await city.staff('admin');
  const id = randomUUID();
  await admin.does(createStation, {
    body: { id, name: 'A quiet station', parentId: admin.stationId, timeZone: 'Asia/Shanghai', locale: 'en' },
  });
  const username = `quiet-${id.slice(0, 8)}`;
  const account = { id: randomUUID(), stationId: id, username, name: username, password: NEW_PASSWORD };
  await admin.does(createUser, { body: { ...account, role: 'dispatcher' } });
  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  await desk.signIn(username, '/desk', NEW_PASSWORD);
  await desk.sees(t('queue.empty.all'));
  await desk.sees(t('patrol.none'));
  await desk.open('/shelter');
  await desk.sees(t('house.choose.empty'));
  expect(await faults(page)).toEqual([]);
});

describe('the keyboard at the desk', () => {
  it('leaves the note box by Escape and keeps the words; an undo goes with its incident', async () => {
    const description = 'left by Escape';
    const member = await newcomer(city, 'crew');
    const patrol = `Patrol of ${member.username}`;
    const patrolId = await goOut(city, member, patrol);
    const place = point(108.87, 34.2);
    await member.does(takePositions, { body: [{ patrolId, position: place, at: new Date().toISOString() }] });
    const { id, code } = await report(city, description, { position: place });
    const desk = await city.visitor({ viewport: wide });
    const { page, t } = desk;
    await desk.signIn('dispatcher', '/desk');
    await page.locator(`[id="queue-${id}"]`).click();
    await desk.sees(description);
    await page.keyboard.press('n');
    await page.keyboard.type('half a note');
    await page.keyboard.press('Escape');
    const heading = page.getByRole('heading', { name: new RegExp(code) });
    await expect.poll(() => heading.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await page.getByLabel(t('note.title')).last().inputValue()).toBe('half a note');
    // the dialog of the keys gives the focus back
    await page.keyboard.press('?');
    await desk.sees(page.getByRole('dialog', { name: t('keys.title') }));
    await page.keyboard.press('Escape');
    await expect.poll(() => heading.evaluate((element) => element === document.activeElement)).toBe(true);
    await desk.press(`${t('send.do')} ${patrol}`);
    const undo = page.locator('.toast').getByText(t('desk.sent', { patrol, code }));
    await desk.sees(undo);
    await desk.press(t('dispatch.recall'));
    await desk.sees(t('desk.recalled', { patrol }));
    // closed by somebody else
    await (await city.staff('dispatcher')).does(closeIncident, { params: { id }, body: { reason: 'moved on' } });
    await undo.waitFor({ state: 'detached' });
    await page.locator('.toast').getByText(t('desk.recalled', { patrol })).waitFor({ state: 'detached' });
  });
});

describe('on paper', () => {
  it('an incident is a sheet in black on white, and nothing else', async () => {
    const description = 'sits under the printed bridge';
    const { id, code } = await report(city, description, {
      position: point(108.86, 34.2),
      placeText: 'the printed bridge',
      signs: ['wet'],
      contact: '13800138000',
    });
    const desk = await city.visitor({ viewport: wide, colorScheme: 'dark' });
    const { page, t } = desk;
    await desk.signIn('dispatcher', '/desk');
    await page.locator(`[id="queue-${id}"]`).click();
    await desk.sees(description);
    await page.emulateMedia({ media: 'print' });
    const sheet = page.locator('.sheet');
    for (const words of [code, 'the printed bridge', t('sign.wet'), description, '34.20000, 108.86000'])
      await desk.sees(sheet.getByText(words));
    expect(await sheet.evaluate((element) => getComputedStyle(element).color)).toBe('rgb(0, 0, 0)');
    expect(await sheet.textContent()).not.toContain('13800138000');
    expect(await page.getByRole('button').filter({ visible: true }).count()).toBe(0);
    await desk.picture('incident on paper');
  });

  it("a shelter's night is a list of beds and guests", async () => {
    const keeper = await city.visitor({ viewport: wide });
    const { page, t } = keeper;
    await keeper.signIn('shelter', '/shelter');
    await keeper.sees(t('house.guests'));
    await page.emulateMedia({ media: 'print' });
    await keeper.sees(page.locator('.list').getByText(t('house.beds.sum')));
    expect(await page.getByRole('button').filter({ visible: true }).count()).toBe(0);
    await keeper.picture('night list on paper');
  });
});
