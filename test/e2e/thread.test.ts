/** From a sighting to a bed, on the screens of a reporter, a desk, a crew and a house; every one of them learns by itself. */
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import type { LonLat } from '../../shared/geo.ts';
import { incidentWith, useCity, type Visitor, wide } from './kit.ts';

const city = useCity();

/** Zhuque Gate: nothing else is open there, and the patrol of the account `crew` is the nearest free one. */
const there: LonLat = [108.937, 34.2475];
const near: LonLat = [108.9372, 34.2483];
const patrol = '城中一组';
const house = '市救助管理站';
const placeWords = '朱雀门外公交站，候车亭长椅';
const description = '一位大爷盖着纸板睡在候车亭里，冻得发抖';

const queueOf = ({ page, t }: Visitor): Locator => page.getByRole('region', { name: t('queue.title') }).first();
const sendPanel = ({ page, t }: Visitor): Locator => page.getByRole('region', { name: t('send.title') });

async function figureOf({ page, t }: Visitor, name: string): Promise<number> {
  const figure = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: t(name), exact: true }) });
  return Number((await figure.locator('.number').textContent())?.replaceAll(/\D/g, ''));
}

it('goes from a sighting to a bed, and everybody sees it happen', { timeout: 150_000 }, async () => {
  const desk = await city.visitor({ viewport: wide, locale: 'en' });
  const crew = await city.visitor({ locale: 'zh-CN', at: near });
  const keeper = await city.visitor({ viewport: { width: 1024, height: 768 }, locale: 'zh-CN' });
  const inspector = await city.visitor({ viewport: wide, locale: 'en' });
  const reporter = await city.visitor({ locale: 'zh-CN', at: there });

  // all are there before it begins
  const socket = desk.page.waitForEvent('websocket');
  await desk.signIn('dispatcher', '/desk');
  await desk.sees(desk.t('connection.live'));
  expect((await socket).url()).toContain('/socket.io/');
  await desk.page.evaluate(() => {
    (window as unknown as { opened: string }).opened = 'once';
  });
  await crew.signIn('crew', '/crew');
  await crew.sees(crew.page.getByRole('heading', { name: patrol }));
  await crew.sees(crew.t('crew.ready'));
  await crew.sees(crew.t('crew.tracking.on'));
  await keeper.signIn('shelter', '/shelter');
  await keeper.sees(keeper.page.getByRole('heading', { name: house }));
  await inspector.signIn('inspector', '/tally');
  await inspector.sees(inspector.t('tally.peopleHelped'));
  const before = {
    helped: await figureOf(inspector, 'tally.peopleHelped'),
    items: await figureOf(inspector, 'tally.itemsHandedOut'),
  };
  const newBefore = Number(/^\((\d+)\)/.exec(await desk.page.title())?.[1] ?? 0);

  // the reporter: place by the phone and in words, what was seen, and a receipt
  await reporter.page.clock.install();
  await reporter.open('/report');
  await reporter.press(reporter.t('report.locate'));
  await reporter.sees(reporter.t('report.located.about', { metres: 12 }));
  await reporter.page.getByLabel(reporter.t('report.placeText')).fill(placeWords);
  await reporter.press(reporter.t('report.next'));
  await reporter.page.getByLabel(reporter.t('sign.no_blanket')).check();
  await reporter.press(reporter.t('report.next'));
  await reporter.page.getByLabel(reporter.t('report.description')).fill(description);
  await reporter.press(reporter.t('report.to_check'));
  await reporter.sees(reporter.page.locator('[data-of="where"]').filter({ hasText: placeWords }));
  await reporter.press(reporter.t('report.send'));
  await reporter.page.waitForURL(/\/follow\/[\w-]{43}/);
  await reporter.sees(reporter.t('follow.thanks'));
  const code = (await reporter.page.locator('h1 .code').textContent()) ?? '';
  expect(code).toMatch(/^[\dA-Z]{4}-[\dA-Z]{4}$/);
  /** The reporter waits; the page looks by itself. */
  const reporterLearns = async (status: string): Promise<void> => {
    await reporter.page.clock.fastForward(61_000);
    await reporter.sees(
      reporter.page.locator('.steps [aria-current="step"]').filter({ hasText: reporter.t(`follow.status.${status}`) }),
    );
  };
  await reporter.sees(
    reporter.page.locator('.steps [aria-current="step"]').filter({ hasText: reporter.t('follow.status.received') }),
  );

  // the desk: in the queue, on the map and in the title, without a reload
  const item = queueOf(desk).getByRole('button', { name: code });
  await desk.sees(item.filter({ hasText: placeWords }).filter({ hasText: desk.t('queue.new') }));
  await desk.sees(item.filter({ hasText: desk.t('sign.no_blanket') }));
  await desk.sees(
    desk.page.getByRole('region', { name: desk.t('map.short') }).getByRole('button', { name: new RegExp(code) }),
  );
  // an alarm may stand between the two
  await expect
    .poll(() => desk.page.title())
    .toMatch(new RegExp(`^\\(${String(newBefore + 1)}\\).* ${desk.t('app.name')}$`));
  await item.click();
  await desk.sees(desk.page.getByRole('heading', { name: new RegExp(code) }));
  await desk.sees(description);
  await expect.poll(() => desk.page.title()).not.toContain(`(${String(newBefore + 1)})`);
  await reporterLearns('seen');

  // one click sends
  await desk.press(`${desk.t('send.do')} ${patrol}`);
  await desk.sees(desk.t('desk.sent', { patrol, code }));
  await desk.sees(sendPanel(desk).getByText(desk.t('dispatch.status.dispatched'), { exact: true }));
  /** The crew's next step; the desk sees it come. */
  const deskLearns = (status: string): Promise<void> =>
    desk.sees(
      sendPanel(desk)
        .locator('.badge')
        .filter({ hasText: desk.t(`dispatch.status.${status}`) }),
    );

  // the crew: the job is there by itself
  await crew.sees(crew.t('job.new'));
  await crew.sees(crew.page.getByRole('heading', { name: placeWords }));
  await crew.sees(description);
  await crew.picture('crew new job');
  await crew.press(crew.t('job.step.accepted'));
  await deskLearns('accepted');
  await crew.press(crew.t('job.step.en_route'));
  await deskLearns('en_route');
  await reporterLearns('on_the_way');
  await crew.press(crew.t('job.step.on_scene'));
  await deskLearns('on_scene');

  // whom they met, what they gave from the vehicle, and where to
  await crew.press(crew.t('job.step.record'));
  await crew.press(crew.t('outcome.brought_in'));
  const blankets = crew.page.getByRole('listitem').filter({ hasText: '毛毯' });
  const left = Number(/\d+/.exec((await blankets.locator('.left').textContent()) ?? '')?.[0]);
  for (const _ of [1, 2]) await crew.press(`毛毯: ${crew.t('crew.one_more')}`);
  await crew.sees(blankets.locator('output').filter({ hasText: '2' }));
  await crew.picture('crew meeting');
  await crew.press(crew.t('encounter.next_bed'));
  await crew.picture('crew beds');
  await crew.press(crew.t('beds.choose'), crew.page.getByRole('listitem').filter({ hasText: house }));
  await crew.sees(crew.t('encounter.saved'));
  await crew.sees(crew.t('job.recorded', { count: 1 }));
  await crew.sees(crew.page.getByText(house, { exact: true }));
  await desk.sees(
    desk.page
      .getByRole('region', { name: desk.t('incident.encounters') })
      .getByText(desk.t('outcome.brought_in'), { exact: true }),
  );
  await reporterLearns('found');

  // the house: a bed is kept, somebody is on the way
  const coming = keeper.page
    .locator('section')
    .filter({ has: keeper.page.getByRole('heading', { name: keeper.t('house.coming'), exact: true }) })
    .getByRole('listitem')
    .filter({ hasText: patrol });
  await keeper.sees(
    coming.filter({ hasText: keeper.t('house.coming.people', { count: 1, kind: keeper.t('bed.any') }) }),
  );
  const sum = keeper.page.locator('tfoot td');
  const [, inBeds, kept] = await sum.allTextContents();
  await crew.press(crew.t('job.step.transporting'));
  await deskLearns('transporting');
  await keeper.press(keeper.t('house.coming.arrive'), coming);
  await keeper.press(keeper.t('house.walkin.save'), keeper.page.getByRole('dialog'));
  await keeper.sees(keeper.t('house.coming.in', { count: 1 }));
  await coming.waitFor({ state: 'detached' });
  await expect
    .poll(async () => (await sum.allTextContents()).slice(1, 3).map(Number))
    .toEqual([Number(inBeds) + 1, Number(kept) - 1]);
  await keeper.picture('shelter after the thread');

  // handed over: the crew is free, and two blankets are gone from the vehicle
  await crew.hold(crew.t('job.step.delivered'), crew.page.getByText(crew.t('crew.ready'), { exact: true }));
  await crew.sees(
    crew.page
      .getByRole('row')
      .filter({ hasText: '毛毯' })
      .getByRole('cell', { name: new RegExp(`^${String(left - 2)}\\b`) }),
  );
  await crew.picture('crew after the thread');

  // the desk closes; the reporter reads the end of it
  await desk.sees(item.filter({ hasText: desk.t('queue.ready') }));
  await desk.press(desk.t('incident.close'));
  await desk.press(desk.t('close.helped'));
  await desk.sees(desk.t('desk.closed', { code }));
  await item.waitFor({ state: 'detached' });
  await desk.picture('desk after the thread');
  await reporterLearns('closed');
  await reporter.sees(reporter.page.locator('.steps .done').filter({ hasText: reporter.t('follow.status.found') }));
  await reporter.picture('follow after the thread');
  expect(await desk.page.evaluate(() => (window as unknown as { opened?: string }).opened)).toBe('once');

  // it counts
  await inspector.page.reload();
  await inspector.sees(inspector.t('tally.peopleHelped'));
  await expect.poll(() => figureOf(inspector, 'tally.peopleHelped')).toBe(before.helped + 1);
  expect(await figureOf(inspector, 'tally.itemsHandedOut')).toBe(before.items + 2);
  await inspector.picture('tally after the thread');
  const told = await incidentWith(city, description);
  expect(told.timeline.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining([
      'reported',
      'seen',
      'dispatched',
      'accepted',
      'en_route',
      'on_scene',
      'encounter',
      'transporting',
      'done',
      'closed',
    ]),
  );
});
