/** A crew that is not heard of, calls for help, or is no longer seen: its phone and the desk say the same. */
import { type Browser, chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { pulse } from '../../server/jobs/run.ts';
import { climbRollCalls } from '../../server/patrols/commands-roll-call.ts';
import { addPerson, places, startApp, type TestApp } from '../kit/app.ts';
import { goOut } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import { DATABASE_HOOK_MS, type TestDatabase, testDatabase } from '../kit/database.ts';
import type { Person } from '../kit/people.ts';
import { isGrave, violationsOn } from '../kit/axe.ts';
import { openVisitor, phone, type Visitor, type VisitorOptions, wide } from './kit.ts';

const jobs = [{ name: 'climb-roll-calls', schedule: 'pulse' as const, run: climbRollCalls }];
let browser: Browser;
let stored: TestDatabase;
let app: TestApp;
let stop: () => Promise<void>;
const present: Visitor[] = [];
// a browser's time is the machine's: the outing begins before it, and then the service has caught up
const LATE = minutes(23);
beforeAll(async () => {
  stored = await testDatabase();
  const start = new Date(Date.now() - LATE).toISOString();
  ({ app, stop } = await startApp(stored, { start, webDir: inject('webDir') }));
  browser = await chromium.connect(inject('browser'));
}, DATABASE_HOOK_MS);
afterEach(async ({ task }) => {
  for (const [n, each] of present.entries()) {
    if (task.result?.state === 'fail') await each.picture(`failed safety ${String(n)}`);
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
  // what a phone does by itself, at a word of the test: its screen goes dark, its positioning is forbidden
  await visitor.page.addInitScript(() => {
    let dark = false;
    Object.defineProperty(document, 'visibilityState', { get: () => (dark ? 'hidden' : 'visible') });
    const watches: PositionErrorCallback[] = [];
    const { geolocation } = navigator;
    const watch = geolocation.watchPosition.bind(geolocation);
    geolocation.watchPosition = (found, failed, how) => {
      if (failed) watches.push(failed);
      return watch(found, failed, how);
    };
    Object.assign(window, {
      setDark: (on: boolean) => {
        dark = on;
        document.dispatchEvent(new Event('visibilitychange'));
      },
      forbid: () => {
        const error = { code: 1, PERMISSION_DENIED: 1, POSITION_UNAVAILABLE: 2, TIMEOUT: 3, message: '' } as const;
        for (const failed of watches) failed(error);
      },
    });
  });
  await visitor.page.goto(app.url + address);
  return visitor;
}
async function tell({ page }: Visitor, what: 'setDark' | 'forbid', on = true): Promise<void> {
  // the service's clock stands still, the phone's does not
  app.clock.advance(Date.now() - app.clock.now().getTime());
  await page.evaluate(([name, value]) => (window as unknown as Record<string, (on: boolean) => void>)[name]?.(value), [
    what,
    on,
  ] as const);
}
async function serious({ page }: Visitor): Promise<string[]> {
  return (await violationsOn(page)).filter(isGrave).map(({ id }) => id);
}

it('a missed roll call, a call for help and a dark screen', async () => {
  const member = await addPerson(app, 'crew', app.stations.east);
  await goOut(app, [member]);
  await goOut(app, []);
  app.clock.advance(LATE);
  await pulse(app.service, jobs);
  const [crew, desk] = await Promise.all([
    arrive(member, '/crew', { viewport: phone, at: places.east, colorScheme: 'dark' }),
    arrive(app.east.dispatcher, '/desk', { viewport: wide, colorScheme: 'dark' }),
  ]);
  const { t } = desk;

  // two roll calls were due three minutes ago
  const alarms = desk.page.getByRole('region', { name: t('alarm.title') });
  const rollCall = (count: number) => alarms.locator('strong', { hasText: t('alarm.roll_call', { count }) });
  const due = crew.page.getByRole('dialog', { name: t('roll_call.title') });
  await due.getByText(t('roll_call.desk_knows')).waitFor();
  await rollCall(2).waitFor();
  await desk.sees(/Roll call overdue/);
  await crew.picture('roll-call-crew');
  await desk.picture('roll-call-desk');
  expect(await serious(crew)).toEqual([]);
  await crew.press(t('roll_call.well'), due);
  await due.waitFor({ state: 'hidden' });
  await rollCall(1).waitFor();
  // the other one has no phone: the desk has rung it up
  await desk.page.getByRole('button', { name: t('roll_call.spoken_about', { name: 'Patrol' }) }).click();
  await rollCall(1).waitFor({ state: 'detached' });

  // in the patrol mode three presses are enough
  await crew.press(t('patrol_mode.open'));
  const mode = crew.page.getByRole('dialog', { name: t('patrol_mode.title') });
  await mode.getByText(t('crew.tracking.on')).waitFor();
  await crew.picture('patrol-mode');
  expect(await serious(crew)).toEqual([]);
  const help = mode.getByRole('button', { name: t('panic.button_about') });
  await help.click();
  await help.click();
  await help.click();
  await mode.getByText(t('panic.stage.sent')).waitFor();
  const call = mode.getByRole('link', { name: t('panic.call', { number: '110' }) });
  expect(await call.getAttribute('href')).toBe('tel:110');
  await alarms.locator('strong', { hasText: t('alarm.panic', { count: 1 }) }).waitFor();
  const panel = desk.page.getByRole('complementary', { name: t('panic.desk_title') });
  await desk.press(t('panic.show'), panel);
  await desk.picture('panic-desk');
  expect(await serious(desk)).toEqual([]);
  await desk.press(t('panic.take'), panel);
  await panel.getByText(t('panic.near')).waitFor();
  await mode.getByText(t('panic.stage.seen')).waitFor();
  await crew.picture('panic-crew');
  await desk.picture('panic-taken-desk');
  // help is sent as to any other incident
  await panel.getByRole('button', { name: new RegExp(`^${t('send.do')}`) }).click();
  await panel.getByText(t('panic.goes')).waitFor();
  await crew.hold(t('panic.safe'), mode.getByRole('button', { name: t('panic.button_about') }));
  await panel.waitFor({ state: 'detached' });

  // the screen goes dark: its last word reaches the desk
  const row = desk.page.getByRole('row').filter({ hasText: 'Patrol' });
  await tell(crew, 'setDark');
  await row.getByText(/screen dark since/).waitFor();
  await desk.picture('dark-desk');
  await tell(crew, 'setDark', false);
  await row.getByText(/screen dark since/).waitFor({ state: 'detached' });
  // and when the phone forbids it, both say so
  await tell(crew, 'forbid');
  await mode.getByText(t('crew.tracking.stopped')).waitFor();
  await crew.picture('stopped-crew');
  await row.getByText(t('signal.why.denied')).waitFor();
  await crew.press(t('patrol_mode.leave'));
  await mode.waitFor({ state: 'detached' });
});
