import { chromium } from 'playwright-core';
const origin = 'http://127.0.0.1:4777';
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
const wanted = process.argv.slice(2);
for (const size of ['wide', 'phone'] as const)
  for (const locale of ['en', 'zh-CN'] as const) {
    const tag = `${size}-${locale}`;
    if (wanted[0] && !wanted[0].split(',').includes(tag)) continue;
    const context = await browser.newContext({ viewport: sizes[size], locale, reducedMotion: 'reduce', colorScheme: size === 'phone' && locale === 'zh-CN' ? 'dark' : 'light' });
    const page = await context.newPage();
    page.on('console', (m) => { if (m.type() === 'error') console.log(tag, 'console', m.text()); });
    page.on('pageerror', (e) => console.log(tag, 'error', e.message, e.stack?.slice(0, 300)));
    await page.goto(origin + '/plans');
    await page.locator('input[type=password]').waitFor();
    await page.locator('input').first().fill('manager');
    await page.locator('input[type=password]').fill('demo');
    await page.locator('button[type=submit]').click();
    await page.locator('nav.parts').waitFor();
    await page.waitForTimeout(1500);
    const shot = (n: string, full = false) => page.screenshot({ path: `/tmp/g-shots/${n}-${tag}.png`, fullPage: full });
    await shot('now', true);
    await page.goto(origin + '/plans#/rules'); await page.waitForTimeout(600); await shot('list', true);
    const href = await page.locator('article.card h3 a').first().getAttribute('href');
    await page.goto(origin + '/plans#/rules/new'); await page.waitForTimeout(800); await shot('new', true);
    await page.goto(origin + '/plans' + href); await page.waitForTimeout(2500);
    console.log(tag, 'scroll', await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]));
    await page.locator('[data-step] .toggle').nth(5).click().catch(() => {});
    await shot('edit', true);
    await page.goto(origin + '/plans#/rehearsal'); await page.waitForTimeout(800);
    await page.locator('input[type=date]').nth(1).fill('2012-03-31');
    await page.locator('button[type=submit]').click();
    await page.locator('[data-results]').waitFor({ timeout: 60000 }).catch(() => console.log('no results'));
    await page.waitForTimeout(1500);
    await shot('rehearsal', true);
    console.log(tag, 'scroll', await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]));
    await context.close();
  }
await browser.close();
