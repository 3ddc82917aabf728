/** The first evening of a city: its set-up link, the authenticator, and coming in with a code. */
import { randomUUID } from 'node:crypto';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { offerSetup } from '../../server/users/setup.ts';
import { createUser, type UserRow } from '../../shared/users.ts';
import { type EmptyService, startEmpty } from '../demo/service.ts';
import { DATABASE_HOOK_MS } from '../kit/database.ts';
import { person } from '../kit/people.ts';
import { isGrave, violationsOn } from '../kit/axe.ts';
import { NEW_PASSWORD, phone, useCity, type Visitor, type VisitorOptions, wide } from './kit.ts';

const city = useCity();
const ADMIN = { username: 'li.min', password: 'a long enough one' };

describe('a fresh service', () => {
  let app: EmptyService;
  let link = '';
  let recovery: string[] = [];
  beforeAll(async () => {
    app = await startEmpty(async (service) => {
      link = String(await offerSetup(service));
    });
  }, DATABASE_HOOK_MS);
  afterAll(() => app.stop(), DATABASE_HOOK_MS);

  /** Somebody at this service instead of the city's; what is refused on purpose is no complaint. */
  async function visitor(options: VisitorOptions): Promise<Visitor> {
    const made = await city.visitor(options);
    made.excuse(new RegExp(`^other origin: ${app.origin}/`));
    made.excuse(/status of (401|410|422)/);
    return made;
  }
  const codeOn = async ({ page }: Visitor, offsetS = 0): Promise<string> =>
    codeOf((await page.locator('.key').innerText()).replaceAll(' ', ''), offsetS);
  const codeOf = (key: string, offsetS: number): string =>
    generateSync({ secret: key, epoch: Date.now() / 1000 + offsetS });
  async function graveFindings({ page }: Visitor): Promise<string[]> {
    return (await violationsOn(page)).filter(isGrave).map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`);
  }
  async function fillIn({ page, t }: Visitor, username: string, password: string): Promise<void> {
    await page.getByLabel(t('session.username')).fill(username);
    await page.getByLabel(t('session.password')).fill(password);
    await page.getByRole('button', { name: t('session.sign_in'), exact: true }).click();
  }

  it('is set up in one form, and let into with a code, or without the phone', async () => {
    const admin = await visitor({ locale: 'zh-CN', viewport: phone, colorScheme: 'dark' });
    const { page, t } = admin;
    await page.goto(app.origin + link);
    expect(await graveFindings(admin)).toEqual([]);
    const key = (await page.locator('.key').innerText()).replaceAll(' ', '');
    await page.getByLabel(t('setup.station')).fill('西安市救助管理站');
    await page.getByLabel(t('setup.username')).fill(ADMIN.username);
    await page.getByLabel(t('setup.name'), { exact: true }).fill('李敏');
    await page.getByLabel(t('setup.password'), { exact: true }).fill(ADMIN.password);
    await page.getByLabel(t('setup.again')).fill(ADMIN.password);
    await page.getByLabel(t('setup.totp')).fill(await codeOn(admin, -600));
    await admin.press(t('setup.submit'));

    // what is wrong is said, at its field; what was typed is there still
    await admin.sees(page.locator('.errors').getByText(t('setup.error.totp_wrong')));
    expect(await graveFindings(admin)).toEqual([]);
    expect(await page.getByLabel(t('setup.station')).inputValue()).toBe('西安市救助管理站');
    expect((await page.locator('.key').innerText()).replaceAll(' ', '')).toBe(key);
    await page.getByLabel(t('setup.password'), { exact: true }).fill(ADMIN.password);
    await page.getByLabel(t('setup.again')).fill(ADMIN.password);
    await page.getByLabel(t('setup.totp')).fill(await codeOn(admin));
    await admin.press(t('setup.submit'));

    await admin.sees(t('factor.codes.about'));
    expect(await graveFindings(admin)).toEqual([]);
    recovery = await page.locator('#codes code').allInnerTexts();
    expect(recovery).toHaveLength(10);
    await page.getByRole('link', { name: t('setup.go_on') }).click();
    await page.waitForURL(`${app.origin}/admin`);
    expect((await page.request.get(`${app.origin}/api/session`)).status()).toBe(200);
    await page.goto(app.origin + link);
    await admin.sees(t('setup.used.title'));

    // out, and in again with the next code
    await page.request.delete(`${app.origin}/api/session`, { headers: { 'x-requested-with': 'warmpath' } });
    await page.goto(`${app.origin}/tally`);
    await fillIn(admin, ADMIN.username, ADMIN.password);
    const box = page.getByLabel(t('session.code'));
    await box.fill(codeOf(key, -600));
    await box.press('Enter');
    await admin.sees(t('problem.totp_wrong'));
    expect(await graveFindings(admin)).toEqual([]);
    await box.fill(codeOf(key, 30));
    await box.press('Enter');
    await admin.sees(t('tally.by_station'));

    // and once more, without the phone
    await page.request.delete(`${app.origin}/api/session`, { headers: { 'x-requested-with': 'warmpath' } });
    await page.goto(`${app.origin}/tally`);
    await fillIn(admin, ADMIN.username, ADMIN.password);
    await admin.press(t('session.use_recovery'));
    const lost = page.getByLabel(t('session.recovery'), { exact: false });
    await lost.fill(recovery[0]?.toUpperCase().replace('-', ' ') ?? '');
    await lost.press('Enter');
    await admin.sees(t('tally.by_station'));
  });

  it('moves to another phone, and is switched off, by whoever can prove both', async () => {
    const admin = await visitor({ locale: 'en', viewport: phone });
    const { page, t } = admin;
    await page.goto(`${app.origin}/admin#/account`);
    await fillIn(admin, ADMIN.username, ADMIN.password);
    await admin.press(t('session.use_recovery'));
    await page.getByLabel(t('session.recovery')).fill(recovery[2] ?? '');
    await page.keyboard.press('Enter');
    await admin.sees(t('factor.on'));
    expect(await graveFindings(admin)).toEqual([]);
    await admin.picture('second factor on');

    await admin.press(t('factor.renew'));
    await page.getByLabel(t('factor.password')).fill(ADMIN.password);
    await page.getByLabel(t('factor.code_now')).fill(recovery[3] ?? '');
    await admin.press(t('factor.next'));
    await admin.sees(page.locator('.key'));
    await admin.picture('second factor another phone');
    const key = (await page.locator('.key').innerText()).replaceAll(' ', '');
    await page.getByLabel(t('factor.code_new')).fill(codeOf(key, -600));
    await admin.press(t('factor.confirm'));
    await admin.sees(t('problem.totp_wrong'));
    await page.getByLabel(t('factor.code_new')).fill(codeOf(key, 0));
    await admin.press(t('factor.confirm'));
    await admin.sees(t('factor.codes.about'));
    const [fresh = ''] = await page.locator('.codes code').allInnerTexts();
    expect(recovery).not.toContain(fresh);
    recovery = await page.locator('.codes code').allInnerTexts();
    await page.getByLabel(t('factor.kept')).check();
    await admin.press(t('factor.finish'));
    await admin.sees(t('factor.others_ended'));

    await admin.press(t('factor.switch_off'));
    await page.getByLabel(t('factor.password')).fill(ADMIN.password);
    await page.getByLabel(t('factor.code_now')).fill(fresh);
    await admin.picture('second factor switch off');
    await admin.press(t('factor.switch_off'));
    await admin.sees(t('factor.ended'));
    await admin.sees(t('factor.off'));
    expect(await graveFindings(admin)).toEqual([]);
    await admin.picture('second factor off');
  });

  it('asks a dispatcher for a second factor when the station wants one, and then shows the desk', async () => {
    const anyone = person(app.origin, { id: '', role: 'public', stationId: '', cookie: null });
    const entered = await anyone.fetch('/api/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ADMIN),
    });
    const { user: root } = (await entered.json()) as { user: UserRow };
    const cookie = entered.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const body = {
      id: randomUUID(),
      stationId: root.stationId,
      username: 'wang',
      name: 'Wang Fang',
      role: 'dispatcher' as const,
      password: NEW_PASSWORD,
    };
    await person(app.origin, { id: root.id, role: 'admin', stationId: root.stationId, cookie }).does(createUser, {
      body,
    });
    await rows(
      app.service.database.knex,
      `insert into rules (key, station_id, value, unit, source) values ('sign_in.second_factor', cast(:root as uuid), '["dispatcher"]', 'roles', 'test')`,
      { root: root.stationId },
    );

    const wang = await visitor({ locale: 'en', viewport: wide });
    const { page, t } = wang;
    await page.goto(`${app.origin}/desk`);
    await fillIn(wang, body.username, NEW_PASSWORD);
    await wang.sees(page.getByRole('heading', { name: t('enrol.title') }));
    const box = page.getByLabel(t('factor.password'));
    await box.fill('not this one');
    await wang.press(t('factor.next'));
    await wang.sees(t('factor.password_wrong'));
    expect(await graveFindings(wang)).toEqual([]);
    await box.fill(NEW_PASSWORD);
    await wang.press(t('factor.next'));
    await page.getByLabel(t('factor.code_new')).fill(await codeOn(wang));
    expect(await graveFindings(wang)).toEqual([]);
    await wang.press(t('factor.confirm'));
    await wang.sees(t('factor.codes.about'));
    expect(await page.locator('.codes code').count()).toBe(10);
    expect(await graveFindings(wang)).toEqual([]);
    await page.getByLabel(t('factor.kept')).check();
    await wang.press(t('factor.finish'));
    await wang.sees(page.getByRole('region', { name: t('queue.title') }));
  });
});
