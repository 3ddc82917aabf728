/** A warning comes in, and the city is up: from a CAP message to crews, open doors, ticked lists, and back. */
import { randomUUID } from 'node:crypto';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { demoPlan } from '../../server/demo/plans.ts';
import { runSteps } from '../../server/plans/commands-steps.ts';
import { decidePlans } from '../../server/plans/jobs.ts';
import { createLoadList } from '../../shared/loads.ts';
import { createPlan, listActivations } from '../../shared/plans.ts';
import { createShelter, listShelters } from '../../shared/shelters.ts';
import { listStations, updateStation } from '../../shared/stations.ts';
import { createItem } from '../../shared/supplies.ts';
import { addPerson, places, startApp, type TestApp } from '../kit/app.ts';
import { goOut } from '../kit/builders.ts';
import { hours } from '../kit/clock.ts';
import { DATABASE_HOOK_MS, type TestDatabase, testDatabase } from '../kit/database.ts';
import type { Person } from '../kit/people.ts';
import { openVisitor, phone, type Visitor, type VisitorOptions, wide } from './kit.ts';

const NAME = '寒冷天气街面救助应急预案';
const planId = randomUUID();
const houseId = randomUUID();
let browser: Browser;
let stored: TestDatabase;
let app: TestApp;
let stop: () => Promise<void>;
const present: Visitor[] = [];
beforeAll(async () => {
  stored = await testDatabase();
  // a browser's time is the machine's
  ({ app, stop } = await startApp(stored, { start: new Date().toISOString(), webDir: inject('webDir') }));
  browser = await chromium.connect(inject('browser'));
}, DATABASE_HOOK_MS);
afterEach(async ({ task }) => {
  for (const [n, each] of present.entries()) {
    if (task.result?.state === 'fail') await each.picture(`failed orange ${String(n)}`);
    await each.context.close();
  }
  expect(present.splice(0).flatMap(({ complaints }) => complaints)).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await stop();
  await stored.drop();
}, DATABASE_HOOK_MS);

async function arrive(who: Person, address: string, options: VisitorOptions): Promise<Visitor> {
  const visitor = await openVisitor(browser, app.url, options);
  present.push(visitor);
  const [name = '', value = ''] = (who.cookie ?? '').split('=');
  await visitor.context.addCookies([{ name, value, domain: '127.0.0.1', path: '/', secure: true, httpOnly: true }]);
  await visitor.page.goto(app.url + address);
  return visitor;
}

/** What the service does by itself within a second of a fact, and every few. */
async function actByItself(): Promise<void> {
  await decidePlans(app.service);
  await runSteps(app.service);
}

async function post(who: Person, xml: string): Promise<number> {
  const response = await fetch(`${app.url}/api/alerts`, {
    method: 'POST',
    headers: {
      'content-type': 'application/cap+xml',
      'x-requested-with': 'warmpath',
      cookie: who.cookie ?? '',
      origin: app.url,
    },
    body: xml,
  });
  return response.status;
}
const message = (now: Date): string => `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>61010041600000_20260115210000</identifier><sender>weather.test</sender><sent>${now.toISOString().slice(0, 19)}+00:00</sent>
  <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
  <info><language>zh-CN</language><category>Met</category><event>寒潮</event><urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty>
    <expires>${new Date(now.getTime() + hours(24)).toISOString().slice(0, 19)}+00:00</expires>
    <headline>气象台发布寒潮橙色预警信号</headline>
    <area><areaDesc>全市</areaDesc><geocode><valueName>GB/T 2260</valueName><value>610100</value></geocode></area>
  </info>
</alert>`;

it('an orange warning opens doors, calls crews, is seen to and is stood down', async () => {
  const { root, east } = app;
  const member = await addPerson(app, 'crew', app.stations.east);
  await goOut(app, [member]);
  const [city] = (await root.admin.does(listStations)).items;
  await root.admin.does(updateStation, {
    params: { id: app.stations.root },
    body: { version: city?.version ?? 1, areaCode: '610100' },
  });
  const itemId = randomUUID();
  await root.manager.does(createItem, { body: { id: itemId, name: 'Blanket', unit: 'piece', kind: 'bedding' } });
  const listId = randomUUID();
  await root.manager.does(createLoadList, { body: { id: listId, name: 'Night', lines: [{ itemId, quantity: 5 }] } });
  await root.manager.does(createShelter, {
    body: {
      id: houseId,
      stationId: app.stations.east,
      name: 'Hall by the station',
      kind: 'warm_place',
      status: 'closed',
      position: { type: 'Point', coordinates: places.eastNear },
      address: 'an address',
      hours: '18:00–08:00',
      features: [],
      capacity: { any: 6 },
      surge: { any: 3 },
    },
  });
  await root.manager.does(createPlan, { body: { id: planId, name: NAME, spec: demoPlan(listId), active: true } });
  await actByItself();
  expect((await root.manager.does(listActivations)).items).toEqual([]);

  const [desk, crew] = await Promise.all([
    arrive(east.dispatcher, '/desk', { viewport: wide, colorScheme: 'dark' }),
    arrive(member, '/crew', { viewport: phone, locale: 'zh-CN', at: places.east, colorScheme: 'dark' }),
  ]);
  const banner = desk.page.getByRole('region', { name: desk.t('plan.banner.title') });
  await banner.getByText(desk.t('plan.banner.none')).waitFor();

  expect(await post(root.manager, message(app.clock.now()))).toBe(201);
  await actByItself();
  // the desk: which, and why
  await banner.getByText(NAME).waitFor();
  await desk.sees(desk.t('alarm.plan_on', { count: 1 }));
  await banner.getByText(desk.t('plan.level.orange'), { exact: true }).first().waitFor();
  await desk.picture('orange-desk');
  // the crew: an alarm in its own language, read and acknowledged
  const alarm = crew.page.getByRole('dialog').filter({ hasText: '橙色响应' });
  await alarm.waitFor();
  await crew.picture('orange-crew');
  await crew.press(crew.t('plan.notice.acknowledge'), alarm);
  await alarm.waitFor({ state: 'hidden' });
  // the door is open, with its extra beds
  const house = (await root.manager.does(listShelters)).items.find(({ id }) => id === houseId);
  expect(house).toMatchObject({ status: 'open', surgeOpen: true, available: { total: 9 } });
  // the public is told, in either language
  const passer = await openVisitor(browser, app.url, { viewport: phone, locale: 'zh-CN' });
  present.push(passer);
  await passer.open('/report');
  await passer.sees(/今夜严寒/);

  // the list is ticked where it is read
  await banner.getByRole('button', { name: desk.t('plan.banner.details') }).click();
  const line = banner.getByRole('listitem').filter({ hasText: 'Call police, urban management' });
  await line.getByRole('button', { name: desk.t('plan.step.done') }).click();
  await line.waitFor({ state: 'detached' });
  await expect
    .poll(async () => {
      const [on] = (await root.manager.does(listActivations)).items;
      return on?.steps
        .filter(({ key }) => key === 'partners' || key === 'alarm')
        .map(({ key, state, acknowledgedAt }) => [key, state, acknowledgedAt !== null]);
    })
    .toEqual(
      expect.arrayContaining([
        ['partners', 'done', expect.any(Boolean)],
        ['alarm', 'done', true],
      ]) as never,
    );

  // stood down on the page of plans
  const lead = await arrive(root.manager, '/plans', { viewport: wide, locale: 'zh-CN', colorScheme: 'light' });
  await lead.sees(NAME);
  await lead.picture('orange-plans');
  await lead.press(lead.t('plans.stand_down'));
  const dialog = lead.page.getByRole('dialog', { name: lead.t('plans.stand_down.title', { name: NAME }) });
  await dialog.getByLabel(lead.t('plans.reason'), { exact: true }).fill('预警已解除');
  await lead.picture('orange-stand-down');
  await lead.press(lead.t('plans.stand_down.do', { level: lead.t('plan.level.none') }), dialog);
  await dialog.waitFor({ state: 'hidden' });
  await actByItself();
  await expect.poll(async () => (await root.manager.does(listActivations)).items).toEqual([]);
  const after = (await root.manager.does(listShelters)).items.find(({ id }) => id === houseId);
  expect(after).toMatchObject({ status: 'closed', surgeOpen: false });
  await passer.page.reload();
  expect(await passer.page.getByText(/今夜严寒/).count()).toBe(0);
});
