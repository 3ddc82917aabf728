/** A real browser with the built desk in it. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findChromium } from '../kit/chromium.ts';

export interface BenchBrowser {
  /** the built pages */
  webDir: string;
  context: BrowserContext;
  /** the browser itself, for pages that are not ours */
  browser: Browser;
  close(): Promise<void>;
}
export const view = { width: 1440, height: 900 };

/** tsx names the functions that a page is handed by a helper which is not there. */
export const NAMES = 'globalThis.__name ??= (named) => named';

/** Builds the pages if they are stale, and starts Chromium, which paints by software. */
export async function useBrowser(): Promise<BenchBrowser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium: CHROMIUM_PATH does not name one');
  const root = fileURLToPath(new URL('../../', import.meta.url));
  execFileSync(process.execPath, ['server/run.mjs', 'build'], { cwd: root, stdio: 'ignore' });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const context = await browser.newContext({ viewport: view, locale: 'en', serviceWorkers: 'block' });
  return { webDir: `${root}dist/web`, context, browser, close: () => browser.close() };
}

/** Opens the desk of a signed-in dispatcher; `firstPictureMs` is from asking for the page to the first incident in the queue being drawn. */
export async function openDesk(
  { context }: BenchBrowser,
  url: string,
  cookie: string,
): Promise<{ page: Page; firstPictureMs: number; close(): Promise<void> }> {
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([
    { name, value, url: url.replace('http:', 'https:'), secure: true, httpOnly: true, sameSite: 'Lax' },
  ]);
  const page = await context.newPage();
  await page.addInitScript(NAMES);
  // seen from inside, so that the driver's own way to the browser is not counted
  await page.addInitScript(() => {
    const look = (): void => {
      if (document.querySelector('[id^="queue-"]')) Object.assign(window, { firstPicture: performance.now() });
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(`${url}/desk`);
  await page.waitForFunction(() => 'firstPicture' in window, undefined, { timeout: 60_000 });
  const firstPictureMs = await page.evaluate(() => (window as unknown as { firstPicture: number }).firstPicture);
  return { page, firstPictureMs, close: () => page.close() };
}
