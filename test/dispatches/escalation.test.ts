/** A dispatcher's page while nobody accepts: alarms come when they are due, also when the service was restarted in between. */
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { climbRungs } from '../../server/dispatches/commands-ladder.ts';
import { pulse } from '../../server/jobs/run.ts';
import { startApp, type TestApp } from '../kit/app.ts';
import { goOut, report } from '../kit/builders.ts';
import { findChromium } from '../kit/chromium.ts';
import { DATABASE_HOOK_MS, quiet, type TestDatabase, testDatabase } from '../kit/database.ts';

const executablePath = findChromium();
/** Nobody listens there. */
const routerUrl = new URL('http://127.0.0.1:9').href;
const jobs = [{ name: 'climb-rungs', schedule: 'pulse' as const, run: climbRungs }];
const seconds = (count: number): number => count * 1000;

describe.skipIf(executablePath === undefined)('the ladder in a browser', () => {
  let browser: Browser;
  let stored: TestDatabase;
  let app: TestApp;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    stored = await testDatabase();
    ({ app, stop } = await startApp(stored, { config: { routerUrl } }));
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
  }, DATABASE_HOOK_MS);
  afterAll(async () => {
    await browser.close();
    await stop();
    await stored.drop();
  }, DATABASE_HOOK_MS);

  it('sounds at the desk, and goes on after a restart; a dead router is told and holds nobody up', async () => {
    await goOut(app, [], null);
    await goOut(app, []);
    const { code } = await report(app, { signs: ['unresponsive'] });
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en' });
    const [name = '', value = ''] = (app.east.dispatcher.cookie ?? '').split('=');
    await context.addCookies([{ name, value, domain: '127.0.0.1', path: '/', secure: true, httpOnly: true }]);
    const page = await context.newPage();
    await page.goto(`${app.url}/desk`);
    await page
      .getByRole('button', { name: new RegExp(code) })
      .first()
      .click();
    const panel = page.getByRole('region', { name: 'Send a patrol' });
    await panel.getByText('the router does not answer').waitFor();
    await panel
      .getByRole('button', { name: /^Send / })
      .first()
      .click();
    await panel.getByRole('button', { name: 'Recall' }).waitFor();

    app.clock.advance(seconds(91));
    await pulse(app.service, jobs);
    const alarms = page.getByRole('region', { name: 'Alarms' });
    await alarms.getByText('1 not accepted').first().waitFor();
    await panel.getByText('call the crew').first().waitFor();

    // the process ends; while there is none the next rungs become due
    const { port } = app.running.http.address() as AddressInfo;
    await stop();
    app.clock.advance(seconds(100));
    const database = await openDatabase({ ...stored.options, log: quiet });
    const next = await createApp({
      database,
      config: { ...readConfig({}), limits: false, roles: ['http', 'relay', 'jobs'] },
      log: app.service.log,
      now: app.clock.now,
      webDir: 'dist/web',
    });
    stop = async () => {
      await next.drain();
      await database.close();
    };
    await new Promise<void>((resolve) => next.http.listen(port, '127.0.0.1', resolve));
    await panel.getByText('duty officer called in').first().waitFor({ timeout: 40_000 });
    expect(await rows(database.knex, `select rung from dispatch_rungs where climbed_at is null`)).toEqual([]);
    expect(await rows(database.knex, `select kind from tasks where done_at is null`)).toEqual([
      { kind: 'not_accepted' },
    ]);
  });
});
