/**
 * A picture of each face, small enough for a README: every run takes them and judges them, and
 * UPDATE_PICTURES=1 puts them into test/e2e/pictures, where the README finds them.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { stepDispatch } from '../../shared/dispatches.ts';
import { point } from '../../shared/geo.ts';
import { goOut, newcomer, NEW_PASSWORD, phone, report, send, useCity, type Visitor, wide } from './kit.ts';

const city = useCity();
const MOST_BYTES = 80_000;

/** Shrinks what the visitor sees; a page that is blank or nearly so has next to no spread of colours. */
async function keep({ page }: Visitor, name: string, width: number): Promise<void> {
  const { data, info } = await sharp(await page.screenshot({ animations: 'disabled' }))
    .resize({ width })
    .webp({ quality: 70 })
    .toBuffer({ resolveWithObject: true });
  const { channels } = await sharp(data).stats();
  expect(Math.max(...channels.map(({ stdev }) => stdev)), `${name} shows something`).toBeGreaterThan(8);
  expect(info.size, `${name} is small`).toBeLessThan(MOST_BYTES);
  if (process.env['UPDATE_PICTURES'] === '1')
    await writeFile(fileURLToPath(new URL(`./pictures/${name}.webp`, import.meta.url)), data);
}
const WIDE = 1080;
const NARROW = 360;

it('the reporter: a form, a receipt, and warm places', async () => {
  const reporter = await city.visitor({ locale: 'zh-CN', viewport: phone, deviceScaleFactor: 2 });
  const { page, t } = reporter;
  await reporter.open('/report');
  await page.getByLabel(t('report.placeText')).fill('南门外公交站，站牌后面');
  await keep(reporter, 'report', NARROW);
  await reporter.press(t('report.next'));
  await page.getByLabel(t('sign.elderly')).check();
  await reporter.press(t('report.next'));
  await reporter.press(t('report.to_check'));
  await reporter.press(t('report.send'));
  await page.waitForURL(/\/follow\//);
  await reporter.sees(t('follow.thanks'));
  await keep(reporter, 'follow', NARROW);
  await reporter.open('/shelters');
  await reporter.sees(page.locator('.warm'));
  await keep(reporter, 'shelters', NARROW);
});

it('the desk at night, with an incident open', async () => {
  const desk = await city.visitor({ locale: 'en', colorScheme: 'dark', viewport: wide });
  await desk.signIn('dispatcher', '/desk');
  await desk.sees(desk.page.locator('.leaflet-marker-icon'));
  const queue = desk.page.getByRole('region', { name: desk.t('queue.title') }).first();
  await queue
    .getByRole('listitem')
    .getByRole('button')
    .filter({ hasText: desk.t('sign.confused') })
    .first()
    .click();
  await desk.sees(desk.t('timeline.reported'));
  await desk.sees(desk.button(desk.t('incident.close')));
  await keep(desk, 'desk', WIDE);
});

it('the crew, with a job', async () => {
  const member = await newcomer(city, 'crew');
  const crew = await city.visitor({
    locale: 'zh-CN',
    colorScheme: 'dark',
    viewport: phone,
    deviceScaleFactor: 2,
    at: [108.99, 34.231],
  });
  await crew.signIn(member.username, '/crew', NEW_PASSWORD);
  await crew.sees(crew.t('crew.start.on_foot'));
  const patrolId = await goOut(city, member, '城东七组');
  const { id } = await report(city, '站台上有位老人，没有被子。', {
    position: point(108.991, 34.2311),
    placeText: '互助路立交公交站',
    signs: ['elderly', 'no_blanket'],
  });
  const dispatchId = await send(city, id, patrolId);
  await member.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'accepted' } });
  await crew.sees('互助路立交公交站');
  await crew.sees(crew.button(crew.t('job.step.en_route')));
  await keep(crew, 'crew', NARROW);
});

it('the house, the tally and the settings', async () => {
  const keeper = await city.visitor({ locale: 'zh-CN', viewport: { width: 1024, height: 768 } });
  await keeper.signIn('shelter', '/shelter');
  await keeper.sees(keeper.t('house.coming'));
  await keep(keeper, 'shelter', WIDE);
  const inspector = await city.visitor({ locale: 'en', viewport: { width: 1280, height: 800 } });
  await inspector.signIn('inspector', '/tally');
  await inspector.sees(inspector.t('tally.by_station'));
  await keep(inspector, 'tally', WIDE);
  const admin = await city.visitor({ locale: 'en', viewport: { width: 1280, height: 800 } });
  await admin.signIn('admin', '/admin');
  await admin.sees(admin.page.getByRole('heading', { level: 1 }));
  await keep(admin, 'admin', WIDE);
});
