/** Every page, in what it can look like, in both languages, by day and by night: axe finds nothing serious. */
import { describe, expect, it } from 'vitest';
import { stepDispatch } from '../../shared/dispatches.ts';
import { point } from '../../shared/geo.ts';
import { isGrave, violationsOn } from '../kit/axe.ts';
import { goOut, newcomer, NEW_PASSWORD, phone, report, send, useCity, type Visitor, wide } from './kit.ts';

const city = useCity();

/** Collects what axe finds as one looks at one thing after the other. */
function inspect({ page }: Visitor): { look: (name: string) => Promise<void>; found: string[] } {
  const found: string[] = [];
  return {
    found,
    look: async (name) => {
      for (const { id, nodes } of (await violationsOn(page)).filter(isGrave))
        found.push(`${name}: ${id} ×${String(nodes.length)} ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);
    },
  };
}

// what a palette does to contrast is the same in both languages
describe.each([
  { locale: 'en', colorScheme: 'light' },
  { locale: 'zh-CN', colorScheme: 'dark' },
] as const)('in $locale, $colorScheme', ({ locale, colorScheme }) => {
  it('the public pages', async () => {
    const reporter = await city.visitor({ locale, colorScheme, viewport: phone });
    const { page, t } = reporter;
    const { look, found } = inspect(reporter);
    await reporter.open('/report');
    await look('where');
    await reporter.press(t('report.next'));
    await reporter.sees(page.locator('.errors'));
    await look('where, with an error');
    await page.getByLabel(t('report.placeText')).fill('axe');
    await reporter.press(t('report.next'));
    await page.getByLabel(t('sign.injured')).check();
    await page.getByLabel(t('report.people'), { exact: true }).fill('0');
    await reporter.press(t('report.next'));
    await reporter.sees(page.locator('.errors'));
    await look('saw, with danger and an error');
    await page.getByLabel(t('report.people'), { exact: true }).fill('2');
    await reporter.press(t('report.next'));
    await look('more');
    await reporter.press(t('report.to_check'));
    await look('check');
    await reporter.press(t('report.send'));
    await page.waitForURL(/\/follow\//);
    await look('receipt');
    reporter.excuse(/status of 404/);
    await reporter.open(`/follow/${'x'.repeat(43)}`);
    await reporter.sees(t('missing.follow.title'));
    await look('unknown follow page');
    await reporter.open('/r/XA-HW-01');
    await look('informant');
    await reporter.open('/shelters');
    await reporter.sees(page.locator('.warm'));
    await look('warm places');
    expect(found).toEqual([]);
  });

  it('the desk, from signing in', async () => {
    await report(city, `axe ${locale}`, { position: point(108.99, 34.23), signs: ['confused', 'wet'], people: 2 });
    const desk = await city.visitor({ locale, colorScheme, viewport: wide });
    const { page, t } = desk;
    const { look, found } = inspect(desk);
    await desk.open('/desk');
    await desk.sees(page.getByLabel(t('session.username')));
    await look('sign-in');
    desk.excuse(/status of 4(01|22)/);
    await page.getByLabel(t('session.username')).fill('dispatcher');
    await page.getByLabel(t('session.password')).fill('wrong');
    await desk.press(t('session.sign_in'));
    await desk.sees(t('problem.bad_credentials'));
    await look('sign-in refused');
    await page.getByLabel(t('session.password')).fill('demo');
    await desk.press(t('session.sign_in'));
    const queue = page.getByRole('region', { name: t('queue.title') }).first();
    await desk.sees(page.locator('.leaflet-marker-icon'));
    await look('nothing chosen');
    await queue
      .getByRole('listitem')
      .getByRole('button')
      .filter({ hasText: t('sign.confused') })
      .first()
      .click();
    await desk.sees(t('timeline.reported'));
    await desk.sees(desk.button(t('incident.close')));
    await look('an incident');
    await desk.press(t('incident.close'));
    await desk.sees(page.getByRole('dialog'));
    await look('closing');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await desk.sees(page.getByRole('dialog', { name: t('keys.title') }));
    await look('keys');
    await desk.press(t('tour.start'));
    await desk.press(t('tour.next'), page.locator('.tour-card'));
    await look('the tour');
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: t('shelter.title') }).click();
    await page.getByLabel(t('queue.search')).fill('nowhere at all');
    await desk.sees(t('queue.empty.search'));
    await look('empty queue and shelters');
    await page.getByLabel(t('queue.search')).fill('');
    await desk.press(t('queue.filter.closed'));
    await queue.getByRole('listitem').getByRole('button').first().click();
    // one that was merged offers to take that back instead
    await desk.sees(
      page.getByRole('button', { name: new RegExp(`^(${t('incident.reopen')}|${t('incident.unmerge')})$`) }),
    );
    await page.getByRole('tab', { name: t('task.title') }).click();
    await look('a closed incident and tasks');
    await desk.open('/shelter');
    await desk.sees(t('house.choose'));
    await look('choosing a house');
    expect(found).toEqual([]);
  });

  it('a call of the hotline, and placing a report', async () => {
    const desk = await city.visitor({ locale, colorScheme, viewport: wide });
    const { page, t } = desk;
    const { look, found } = inspect(desk);
    await desk.signIn('dispatcher', '/desk/call');
    await desk.sees(t('call.ready'));
    await look('ready for a call');
    await page.keyboard.press('Enter');
    await page.keyboard.type(`axe calls ${locale}`);
    await page.keyboard.press('Tab');
    await page.keyboard.type('34.2299, 108.9901');
    await desk.sees(page.getByRole('option'));
    await page.keyboard.press('ArrowDown');
    await look('places that fit');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.keyboard.press('1');
    await desk.sees(t('call.danger'));
    await desk.sees(page.locator('.pin-circle'));
    await look('a call');
    await page.keyboard.press('Control+Enter');
    await desk.sees(t('call.tell_code'));
    await look('a saved call');
    const { id } = await report(city, `axe unplaced ${locale}`, { placeText: 'somewhere' });
    await desk.open(`/desk?incident=${id}`);
    // by keys: an alarm that comes in moves everything below it
    await desk.button(t('incident.place')).focus();
    await page.keyboard.press('Enter');
    await desk.sees(page.getByRole('dialog').getByRole('combobox'));
    await look('correcting a place');
    await desk.button(t('placing.start')).focus();
    await page.keyboard.press('Enter');
    await desk.sees(t('placing.how'));
    await look('placing on the map');
    expect(found).toEqual([]);
  });

  it('the crew, from no outing to a bed', async () => {
    const member = await newcomer(city, 'crew');
    const crew = await city.visitor({ locale, colorScheme, viewport: phone, at: [108.99, 34.231] });
    const { t } = crew;
    const { look, found } = inspect(crew);
    await crew.signIn(member.username, '/crew', NEW_PASSWORD);
    await crew.sees(t('crew.start.on_foot'));
    await look('no outing');
    await crew.press(t('crew.settings'));
    await crew.sees(t('crew.install'));
    await look('settings');
    await crew.page.keyboard.press('Escape');
    const patrolId = await goOut(city, member, `axe ${locale}`);
    await crew.sees(t('crew.ready'));
    await crew.sees(t('supplies.vehicle'));
    await look('waiting');
    const { id } = await report(city, `axe crew ${locale}`, { position: point(108.991, 34.2311), signs: ['elderly'] });
    const dispatchId = await send(city, id, patrolId);
    await crew.sees(t('job.new'));
    await look('a job');
    for (const status of ['accepted', 'en_route', 'on_scene'] as const)
      await member.does(stepDispatch, { params: { id: dispatchId }, body: { status } });
    await crew.press(t('job.step.record'));
    await crew.press(t('outcome.brought_in'));
    await look('a meeting');
    await crew.press(t('encounter.next_bed'));
    await crew.sees(crew.button(t('beds.choose')));
    await look('beds');
    await crew.press(t('encounter.back'));
    await crew.press(t('outcome.refused'));
    await look('a refusal');
    await crew.press(t('encounter.nobody'));
    await look('nobody');
    expect(found).toEqual([]);
  });

  it('the crew on its round, and in the dark', async () => {
    const member = await newcomer(city, 'crew');
    await goOut(city, member, `axe round ${locale}`);
    const crew = await city.visitor({ locale, colorScheme, viewport: phone, at: [108.99, 34.231] });
    const { page, t } = crew;
    const { look, found } = inspect(crew);
    await crew.signIn(member.username, '/crew', NEW_PASSWORD);
    await crew.press(t('crew.report'));
    await crew.sees(crew.button(t('crew.sighting.with_them')));
    await look('somebody found on the way');
    await crew.press(t('encounter.back'));
    await page.getByText(t('coverage.crew_title')).click();
    await crew.sees(page.locator('details[open] li'));
    await look('where to look next');
    await page.getByText(t('crew.round.begin'), { exact: true }).click();
    await page
      .getByRole('button', { name: new RegExp(`^${t('crew.round.begin_one', { name: '' }).trim()}`) })
      .last()
      .click();
    await crew.sees(t('crew.round.stops'));
    await look('a round');
    await crew.press(t('crew.round.skip'));
    await crew.sees(crew.button(t('crew.round.skip_send')));
    await look('skipping a stop');
    await page.keyboard.press('Escape');
    await crew.press(t('patrol_mode.open'));
    await crew.sees(t('patrol_mode.no_job'));
    await look('patrol mode');
    expect(found).toEqual([]);
  });

  it('the posters of informants', async () => {
    const admin = await city.visitor({ locale, colorScheme, viewport: wide });
    const { look, found } = inspect(admin);
    await admin.signIn('admin', '/admin');
    await admin.open('/admin/posters');
    await admin.sees(admin.page.getByText('XA-HW-01').first());
    await look('posters');
    await admin.page.emulateMedia({ media: 'print' });
    await look('posters on paper');
    expect(found).toEqual([]);
  });

  it('the house and the tally', async () => {
    const keeper = await city.visitor({ locale, colorScheme, viewport: { width: 1024, height: 768 } });
    const house = inspect(keeper);
    await keeper.signIn('shelter', '/shelter');
    await keeper.sees(keeper.t('house.coming'));
    await house.look('the house');
    await keeper.press(keeper.t('house.walkin'));
    await keeper.sees(keeper.page.getByRole('dialog'));
    await house.look('somebody at the door');
    const inspector = await city.visitor({ locale, colorScheme, viewport: wide });
    const tally = inspect(inspector);
    await inspector.signIn('inspector', '/tally');
    await inspector.sees(inspector.t('tally.by_station'));
    await tally.look('the tally');
    await inspector.page.getByLabel(inspector.t('tally.from')).fill('2030-01-01');
    await inspector.sees(inspector.t('tally.wrong_range'));
    await tally.look('a wrong range');
    expect([...house.found, ...tally.found]).toEqual([]);
  });
});
