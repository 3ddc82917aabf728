/** A technician sets the city up in a browser: what is entered is there, what is wrong is said beside it, what is changed can be put back. */
import { randomUUID } from 'node:crypto';
import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Locale } from '../../shared/stations.ts';
import { listAreas, listRules, listStations, removeArea, resetRule } from '../../shared/stations.ts';
import { listUsers } from '../../shared/users.ts';
import { informants } from '../../web/informants/registry.ts';
import { isGrave, violationsOn } from '../kit/axe.ts';
import { eventually, phone, useCity, type Visitor, wide } from './kit.ts';

const city = useCity();
const unique = (): string => randomUUID().slice(0, 8);

async function technician(
  role: 'admin' | 'manager' = 'admin',
  options: Partial<{ locale: Locale }> = {},
): Promise<Visitor> {
  const visitor = await city.visitor({ viewport: wide, ...options });
  await visitor.signIn(role, '/admin');
  await visitor.sees(visitor.page.locator('main h1'));
  return visitor;
}
const part = (visitor: Visitor, name: string): Promise<void> =>
  visitor.page
    .getByRole('navigation', { name: visitor.t('admin.parts') })
    .getByRole('link', { name: visitor.t(`admin.${name}`), exact: true })
    .click();
/** The control of a form's field. */
const field = ({ page }: Visitor, key: string): Locator =>
  page.locator(`[data-field="${key}"] :is(input, select)`).first();
const square = (west: number, south: number): unknown => ({
  type: 'Polygon',
  coordinates: [
    [
      [west, south],
      [west + 0.001, south],
      [west + 0.001, south + 0.001],
      [west, south + 0.001],
      [west, south],
    ],
  ],
});
const geojson = (features: unknown[]): { name: string; mimeType: string; buffer: Buffer } => ({
  name: 'areas.geojson',
  mimeType: 'application/geo+json',
  buffer: Buffer.from(JSON.stringify({ type: 'FeatureCollection', features })),
});
const csv = (...lines: string[]): { name: string; mimeType: string; buffer: Buffer } => ({
  name: 'people.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(`username,name,role,station,password,locale\n${lines.join('\n')}\n`),
});
const rule = ({ page }: Visitor, key: string): Locator => page.locator(`[data-rule="${key}"]`);

describe('the administration', () => {
  it('adds a station below the root and changes it, and takes the change back', async () => {
    const admin = await technician();
    const { page, t } = admin;
    const name = `Station ${unique()}`;
    await part(admin, 'stations');
    await page.getByRole('button', { name: /./ }).and(page.locator('main ul > li > .line > button')).first().click();
    await field(admin, 'name').fill(name);
    await admin.press(t('admin.add'));
    await page.getByRole('link', { name }).click();
    await field(admin, 'name').fill(`${name} renamed`);
    await admin.press(t('ui.save'));
    await admin.sees(page.getByRole('link', { name: `${name} renamed` }));
    await admin.press(t('ui.undo'));
    await admin.sees(page.getByRole('link', { name, exact: true }));
    const { items } = await (await city.staff('admin')).does(listStations, { query: { limit: '500' } });
    expect(items.filter((each) => each.name.startsWith(name))).toMatchObject([{ name }]);
  });

  it('says what is wrong beside each field, keeps the rest, and asks before it is lost', async () => {
    const admin = await technician();
    const { page, t } = admin;
    await admin.open('/admin#/vehicles/new');
    await field(admin, 'seats').fill('0');
    await admin.press(t('admin.add'));
    await admin.sees(page.locator('[data-field="name"] .problem'));
    await admin.sees(page.locator('[data-field="seats"] .problem'));
    expect(await page.locator('[data-field="seats"] .problem').textContent()).toContain('100');
    expect(await page.evaluate(() => document.activeElement?.closest('[data-field]')?.getAttribute('data-field'))).toBe(
      'name',
    );
    await part(admin, 'depots');
    const question = page.getByRole('dialog', { name: t('admin.unsaved') });
    await admin.press(t('admin.unsaved.stay'), question);
    expect(await field(admin, 'seats').inputValue()).toBe('0');
    await part(admin, 'depots');
    await admin.press(t('admin.unsaved.leave'), question);
    await admin.sees(page.getByRole('heading', { name: t('admin.depots'), level: 1 }));
  });

  it('keeps what was typed when the session ends, and saves it after signing in beside it', async () => {
    const admin = await technician();
    const { page, t } = admin;
    admin.excuse(/status of 401/);
    const name = `Depot ${unique()}`;
    await admin.open('/admin#/depots/new');
    await field(admin, 'name').fill(name);
    await admin.context.clearCookies();
    await admin.press(t('admin.add'));
    const [beside] = await Promise.all([
      page.waitForEvent('popup'),
      page
        .locator('main .note')
        .getByRole('link', { name: t('session.sign_in') })
        .click(),
    ]);
    await beside.getByLabel(t('session.username')).fill('admin');
    await beside.getByLabel(t('session.password')).fill('demo');
    await beside.getByRole('button', { name: t('session.sign_in'), exact: true }).click();
    // the page of the address comes in place of the sign-in
    await beside.getByRole('navigation', { name: t('admin.parts') }).waitFor();
    await beside.close();
    await admin.press(t('admin.add'));
    await admin.sees(page.getByRole('link', { name, exact: true }));
  });

  it('lays a newer version beside what was typed', async () => {
    const first = await technician();
    const second = await technician();
    const { t } = first;
    const name = `Depot ${unique()}`;
    await first.open('/admin#/depots/new');
    await field(first, 'name').fill(name);
    await first.press(t('admin.add'));
    // it is stored before the form is left, or leaving asks first
    await first.sees(first.page.getByRole('link', { name, exact: true }));
    for (const each of [first, second]) {
      await part(each, 'depots');
      await each.page.getByRole('link', { name, exact: true }).click();
      await each.sees(field(each, 'name'));
    }
    await field(first, 'name').fill(`${name} one`);
    await first.press(t('ui.save'));
    await first.sees(first.page.getByRole('link', { name: `${name} one` }));
    second.excuse(/status of 409/);
    await field(second, 'name').fill(`${name} two`);
    await second.press(t('ui.save'));
    await second.press(t('admin.conflict.mine'));
    await second.press(t('ui.save'));
    await second.sees(second.page.getByRole('link', { name: `${name} two` }));
  });

  it('uploads outlines: the bad one is said beside it, mended, seen on the map, stored, and removed', async () => {
    const admin = await technician();
    const { page, t } = admin;
    const [good, named] = [`Area ${unique()}`, `Area ${unique()}`];
    await part(admin, 'areas');
    await page.getByRole('link', { name: t('admin.areas.upload'), exact: true }).click();
    await page.locator('input[type=file]').setInputFiles(
      geojson([
        { type: 'Feature', properties: { NAME: good }, geometry: square(100, 20) },
        { type: 'Feature', properties: {}, geometry: square(100.01, 20) },
        { type: 'Feature', properties: { NAME: 'point' }, geometry: { type: 'Point', coordinates: [100, 20] } },
      ]),
    );
    const row = (n: number): Locator => page.locator(`.rows > li[data-n="${String(n)}"]`);
    await admin.sees(row(1).locator('.problem'));
    expect(await row(2).locator('.problem').textContent()).toContain('geometry/type');
    expect(await row(0).locator('.problem').count()).toBe(0);
    await admin.sees(page.locator('path.map-preview.wrong'));
    const send = page.locator('.send button');
    expect(await send.isDisabled()).toBe(true);
    await page.getByLabel(t('admin.areas.name_of', { n: 2 })).fill(named);
    await page.keyboard.press('Tab');
    await page.getByLabel(t('admin.areas.take', { n: 3 })).uncheck();
    await admin.sees(t('admin.areas.good', { count: 2, size: '1' }));
    await eventually(() => page.locator('path.map-preview.good').count()).toBe(2);
    await send.click();
    await admin.sees(page.getByRole('heading', { name: t('admin.areas.stored', { count: 2 }) }));
    const asker = await city.staff('admin');
    const stored = (await asker.does(listAreas, { query: { limit: '500' } })).items.filter(({ name }) =>
      [good, named].includes(name),
    );
    expect(stored).toHaveLength(2);
    await page.getByRole('link', { name: t('admin.areas.look') }).click();
    await page.getByRole('link', { name: good, exact: true }).click();
    await admin.hold(t('admin.areas.remove'), page.getByText(t('admin.areas.removed', { name: good })));
    const left = stored.find(({ name }) => name === named);
    if (left) await asker.does(removeArea, { params: { id: left.id } });
    const { items } = await asker.does(listAreas, { query: { limit: '500' } });
    expect(items.filter(({ name }) => [good, named].includes(name))).toEqual([]);
  });

  it("shows the server's own finding at its outline", async () => {
    const admin = await technician();
    const { page, t } = admin;
    admin.excuse(/status of 422/);
    await admin.open('/admin#/areas/new');
    const bow = {
      type: 'Polygon',
      coordinates: [
        [
          [100, 21],
          [100.01, 21.01],
          [100.01, 21],
          [100, 21.01],
          [100, 21],
        ],
      ],
    };
    await page.locator('input[type=file]').setInputFiles(
      geojson([
        { type: 'Feature', properties: { name: 'left out' }, geometry: square(100, 21) },
        { type: 'Feature', properties: { name: 'bow tie' }, geometry: bow },
      ]),
    );
    await page.getByLabel(t('admin.areas.take', { n: 1 })).uncheck();
    await page.locator('.send button').click();
    await admin.sees(page.locator('.rows > li[data-n="1"] .problem'));
    expect(await page.locator('.rows > li[data-n="0"] .problem').count()).toBe(0);
    await eventually(() => page.locator('path.map-preview.wrong.meant').count()).toBe(1);
  });

  it('judges a file of people by line, adds them, and one of them signs in with the password that was made', async () => {
    const admin = await technician();
    const { page, t } = admin;
    admin.excuse(/status of 422/);
    const username = `import-${unique()}`;
    await part(admin, 'people');
    await page.getByRole('link', { name: t('admin.people.import'), exact: true }).click();
    await page
      .locator('input[type=file]')
      .setInputFiles(csv(`${username},Good Person,crew,,,`, `${username}-2,Bad Role,wizard,,,`));
    const line = page.locator('.sheet tbody tr').first();
    await admin.sees(line);
    expect(await line.getByRole('rowheader').textContent()).toBe('3');
    expect(await line.textContent()).toContain('role');
    await page.locator('input[type=file]').setInputFiles(csv(`${username},Good Person,crew,,,`));
    await admin.press(t('admin.import.go', { count: 1 }));
    await admin.sees(page.getByRole('heading', { name: t('admin.import.done', { count: 1 }) }));
    const password = (await page.locator('.sheet td.secret').nth(1).textContent()) ?? '';
    await admin.press(t('admin.secret.kept'));
    const crew = await city.visitor({ viewport: phone });
    await crew.signIn(username, '/crew', password.trim());
    // being let go is what the page will hear of
    crew.excuse(/status of 401|WebSocket connection/);
    // let go again: signed out, and no longer in the list
    await page.getByLabel(t('admin.search')).fill(username);
    await page.getByRole('link', { name: 'Good Person', exact: true }).click();
    await field(admin, 'active').uncheck();
    await admin.press(t('ui.save'));
    await admin.sees(t('admin.saved'));
    const { items } = await (await city.staff('admin')).does(listUsers, { query: { limit: '500' } });
    expect(items.find((each) => each.username === username)).toMatchObject({ role: 'crew', active: false });
  });

  it('registers an informant, with a link of its own and a poster to print', async () => {
    const manager = await technician('manager');
    const { page, t } = manager;
    const label = `Sweeper ${unique()}`;
    const organisation = `Sanitation ${unique()}`;
    await part(manager, 'informants');
    await page.getByRole('link', { name: t('admin.informants.add') }).click();
    await field(manager, 'label').fill(label);
    await field(manager, 'organisation').fill(organisation);
    await manager.press(t('admin.add'));
    await manager.sees(page.getByRole('link', { name: label, exact: true }));
    const [sheet] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('link', { name: `${t('admin.informants.posters')} ${organisation}` }).click(),
    ]);
    await sheet.waitForLoadState();
    expect(sheet.url()).toContain('/admin/posters?organisation=');
    expect(await sheet.locator('body').textContent()).toContain(organisation);
    await page.getByRole('link', { name: label, exact: true }).click();
    await field(manager, 'active').uncheck();
    await manager.press(t('ui.save'));
    await manager.sees(t('admin.saved'));
  });

  it('shows a manager only what a manager may', async () => {
    const manager = await technician('manager');
    const { page, t } = manager;
    const words = await page
      .getByRole('navigation', { name: t('admin.parts') })
      .getByRole('link')
      .allTextContents();
    const may = [
      'start',
      'places',
      'people',
      informants.noun,
      'vehicles',
      'devices',
      'shelters',
      'depots',
      'items',
      'load_lists',
      'stock',
      'account',
    ];
    expect(words.map((each) => each.trim())).toEqual(may.map((name) => t(`admin.${name}`)));
  });

  it('changes an emergency number that the public then sees, and a rule, and puts both back', async () => {
    const admin = await technician();
    const { page, t } = admin;
    const asker = await city.staff('admin');
    const own = async (key: string): Promise<unknown> =>
      (await asker.does(listRules)).items.find((each) => each.key === key && each.stationId === asker.stationId)
        ?.value ?? null;
    await part(admin, 'rules');
    const numbers = rule(admin, 'emergency.numbers');
    await numbers.getByRole('button').first().click();
    await numbers
      .getByLabel(t('admin.rules.cell', { column: t('rule.column.number'), n: 1 }), { exact: true })
      .fill('not a number');
    await admin.press(t('ui.save'), numbers);
    await admin.sees(numbers.getByRole('alert'));
    await numbers
      .getByLabel(t('admin.rules.cell', { column: t('rule.column.number'), n: 1 }), { exact: true })
      .fill('120-99');
    await admin.press(t('ui.save'), numbers);
    await admin.sees(t('admin.rules.saved'));
    const reporter = await city.visitor();
    await reporter.open('/report');
    await reporter.sees(/120-99/);
    await admin.press(t('ui.undo'));
    await eventually(() => own('emergency.numbers')).toBeNull();

    const holds = rule(admin, 'holds.duration');
    await holds.getByRole('button').first().click();
    await holds.getByRole('spinbutton').fill('1');
    await admin.press(t('ui.save'), holds);
    await admin.sees(holds.getByText(t('admin.error.between', { least: '5', most: '720' })).last());
    await holds.getByRole('spinbutton').fill('75');
    await admin.press(t('ui.save'), holds);
    await admin.sees(holds.getByText(t('unit.min.value', { value: '75' })));
    await eventually(() => own('holds.duration')).toBe(75);
    await holds
      .getByRole('button', { name: t('admin.rules.reset', { value: t('unit.min.value', { value: '90' }) }) })
      .click();
    await admin.sees(holds.getByText(t('unit.min.value', { value: '90' })));
    await eventually(() => own('holds.duration')).toBeNull();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(resetRule.who).toContain('admin');
  });

  it('makes a token, shows it once, and revokes it', async () => {
    const admin = await technician();
    const { page, t } = admin;
    const name = `Token ${unique()}`;
    await admin.open('/admin#/tokens/new');
    await field(admin, 'name').fill(name);
    await admin.press(t('admin.add'));
    const secret = (await page.locator('dialog .secret').textContent())?.trim() ?? '';
    const ask = (): Promise<number> =>
      fetch(`${city.origin}/api/stations`, { headers: { authorization: `Bearer ${secret}` } }).then(
        ({ status }) => status,
      );
    expect(await ask()).toBe(200);
    await admin.press(t('admin.secret.kept'));
    const row = page.getByRole('row').filter({ hasText: name });
    const button = row.getByRole('button', { name: t('admin.tokens.revoke') });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await admin.sees(row.getByText(t('admin.tokens.revoked')));
    expect(await ask()).toBe(401);
  });

  it('is gone through by keyboard alone', async () => {
    const admin = await technician();
    const { page, t } = admin;
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent.trim() ?? '');
    await page.locator('body').focus();
    const reach = async (words: string): Promise<void> => {
      for (let n = 0; n < 60 && (await focused()) !== words; n += 1) await page.keyboard.press('Tab');
      expect(await focused()).toBe(words);
    };
    await reach(t('admin.items'));
    await page.keyboard.press('Enter');
    await eventually(focused).toBe(t('admin.items'));
    // the link that was pressed has the same words
    await eventually(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    await reach(t('admin.items.add'));
    await page.keyboard.press('Enter');
    await eventually(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    await admin.sees(field(admin, 'unit'));
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('[data-field]')?.getAttribute('data-field'))).toBe(
      'name',
    );
  });
});

const looked = [
  'start',
  'stations',
  'stations/new',
  'areas',
  'areas/new',
  'people',
  'people/new',
  'people/import',
  'informants',
  'informants/new',
  'vehicles',
  'devices/new',
  'shelters',
  'shelters/new',
  'items',
  'load_lists/new',
  'stock',
  'stock/movements',
  'rules',
  'tokens',
  'tokens/new',
  'account',
];

describe.each([
  { locale: 'en', colorScheme: 'light', viewport: wide },
  { locale: 'zh-CN', colorScheme: 'dark', viewport: phone },
] as const)('in $locale, $colorScheme', ({ locale, colorScheme, viewport }) => {
  it('axe finds nothing serious on any part, and nothing scrolls sideways', { timeout: 300_000 }, async () => {
    const admin = await city.visitor({ locale, colorScheme, viewport });
    const { page, t } = admin;
    await admin.signIn('admin', '/admin');
    const found: string[] = [];
    for (const address of looked) {
      await page.evaluate((to) => {
        location.hash = `#/${to}`;
      }, address);
      if (address !== 'start')
        await eventually(() => page.evaluate(() => document.activeElement?.tagName ?? '')).toBe('H1');
      await eventually(() => page.getByText(t('ui.loading'), { exact: true }).count()).toBe(0);
      if (address === 'rules') await rule(admin, 'emergency.numbers').getByRole('button').first().click();
      for (const { id, nodes } of (await violationsOn(page)).filter(isGrave))
        found.push(`${address}: ${id} ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1))
        found.push(`${address}: scrolls sideways`);
      await admin.picture(`admin ${address.replace('/', '-')} ${locale}`);
    }
    expect(found).toEqual([]);
  });
});
