/** One city and one browser for all browser tests: the demo's, on a database of its own, with the built pages. */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { createApp, followKeyOf } from '../../server/app.ts';
import { allRoles } from '../../server/config.ts';
import type { Log } from '../../server/context.ts';
import { openDatabase } from '../../server/db/open.ts';
import { openDemo } from '../../server/demo/seed.ts';
import { createDemoAccounts } from '../../server/users/demo.ts';
import { findChromium } from '../kit/chromium.ts';
import { quiet, testDatabase } from '../kit/database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** where the service answers, without a slash at the end */
    origin: string;
    /** the built pages, in a copy of their own */
    webDir: string;
    /** where the browser is driven from */
    browser: string;
  }
}

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fields, message) => {
    console.error(message, fields);
  },
};

let end: (() => Promise<void>) | undefined;
/** Ends what setup() began. */
export const teardown = (): Promise<void> | undefined => end?.();

/** Starts the city and the browser before the first file. */
export async function setup(project: TestProject): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium: CHROMIUM_PATH does not name one');
  const built = fileURLToPath(new URL('../../dist/web', import.meta.url));
  if (!existsSync(built)) throw new Error('the pages are not built: node server/run.mjs build');
  // a build meanwhile must not take the pages away
  const webDir = await mkdtemp(join(tmpdir(), 'warmpath-web-'));
  await cp(built, webDir, { recursive: true });
  const stored = await testDatabase();
  const database = await openDatabase({ ...stored.options, log: quiet });
  const now = (): Date => new Date();
  await createDemoAccounts({ database, now, log: silent, followKey: await followKeyOf(database) });
  const app = await createApp({
    database,
    config: {
      port: 0,
      host: '127.0.0.1',
      dataDir: '',
      databaseUrl: null,
      publicOrigin: null,
      trustProxy: null,
      tiles: null,
      routerUrl: null,
      roles: allRoles,
      demo: 'still',
      limits: false,
      production: false,
      version: 'test',
    },
    log: silent,
    now,
    webDir,
  });
  await new Promise<void>((resolve) => app.http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((app.http.address() as AddressInfo).port)}`;
  const city = await openDemo({ origin, seed: 1, fresh: true, say: () => undefined });
  city.run(origin);
  const browser = await chromium.launchServer({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--no-first-run'],
  });
  project.provide('origin', origin);
  project.provide('webDir', webDir);
  project.provide('browser', browser.wsEndpoint());
  end = async () => {
    city.stop();
    await browser.close();
    await app.drain();
    await database.close();
    await stored.drop();
    await rm(webDir, { recursive: true });
  };
}
