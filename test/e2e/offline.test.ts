/** The network goes away while something is being sent; afterwards there is exactly one of it. */
import type { Route } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { point } from '../../shared/geo.ts';
import {
  dispatchOf,
  eventually,
  goOut,
  incidentWith,
  newcomer,
  NEW_PASSWORD,
  report,
  send,
  sightingsWith,
  useCity,
  type Visitor,
} from './kit.ts';

const city = useCity();
const noAnswer = /net::ERR_/;

/** The request arrives and is done; its answer is lost on the way back. */
async function loseAnswer(route: Route): Promise<void> {
  await route.fetch();
  await route.abort('connectionreset');
}
const portal = (route: Route): Promise<void> =>
  route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Welcome to the free wifi</h1>' });

describe('a report', () => {
  async function write(description: string): Promise<Visitor> {
    const reporter = await city.visitor();
    const { page, t } = reporter;
    await reporter.open('/report');
    await page.getByLabel(t('report.placeText')).fill('under the bridge');
    await reporter.press(t('report.next'));
    await reporter.press(t('report.next'));
    await page.getByLabel(t('report.description')).fill(description);
    await reporter.press(t('report.to_check'));
    return reporter;
  }
  const saysItWaits = ({ page, t, sees }: Visitor): Promise<void> =>
    sees(page.locator('.outbox').getByText(t('report.outbox.waiting')));
  async function arrives({ page, sees, t }: Visitor): Promise<void> {
    await page.waitForURL(/\/follow\/[\w-]{43}/);
    await sees(t('follow.thanks'));
  }

  it('whose answer was lost is there once, and the receipt comes when the line is back', async () => {
    const description = 'the answer was lost';
    const reporter = await write(description);
    reporter.excuse(noAnswer);
    await reporter.page.route('**/api/sightings', loseAnswer);
    await reporter.press(reporter.t('report.send'));
    await saysItWaits(reporter);
    // the service has it already
    expect(await sightingsWith(city, description)).toHaveLength(1);
    await reporter.context.setOffline(true);
    await reporter.page.unroute('**/api/sightings');
    await reporter.context.setOffline(false);
    await arrives(reporter);
    const rows = await sightingsWith(city, description);
    expect(rows).toHaveLength(1);
    await reporter.sees(reporter.page.getByRole('heading', { name: new RegExp(rows[0]?.code ?? 'no code') }));
  });

  it('written without a network waits on the phone and goes by itself', async () => {
    const description = 'no network at all';
    const reporter = await write(description);
    reporter.excuse(noAnswer);
    await reporter.context.setOffline(true);
    await reporter.press(reporter.t('report.send'));
    await saysItWaits(reporter);
    expect(await sightingsWith(city, description)).toHaveLength(0);
    await reporter.context.setOffline(false);
    await arrives(reporter);
    expect(await sightingsWith(city, description)).toHaveLength(1);
  });

  it('is not given to a portal that answers in place of the service', async () => {
    const description = 'a portal in between';
    const reporter = await write(description);
    await reporter.page.route('**/api/sightings', portal);
    await reporter.press(reporter.t('report.send'));
    await saysItWaits(reporter);
    expect(await sightingsWith(city, description)).toHaveLength(0);
    await reporter.page.unroute('**/api/sightings');
    await reporter.open('/report');
    await reporter.sees(reporter.page.locator('.card.sent'));
    expect(await sightingsWith(city, description)).toHaveLength(1);
  });
});

describe("a crew's step", () => {
  /** Somebody on the way to a place of their own. */
  async function onTheWay(description: string): Promise<Visitor & { dispatchId: string }> {
    const member = await newcomer(city, 'crew');
    const patrolId = await goOut(city, member, description);
    const { id } = await report(city, description, { position: point(108.9, 34.19) });
    const dispatchId = await send(city, id, patrolId);
    const crew = await city.visitor({ at: [108.901, 34.191] });
    await crew.signIn(member.username, '/crew', NEW_PASSWORD);
    await crew.press(crew.t('job.step.accepted'));
    await crew.sees(crew.button(crew.t('job.step.en_route')));
    await eventually(async () => (await dispatchOf(city, dispatchId)).status).toBe('accepted');
    return { ...crew, dispatchId };
  }
  const badge = ({ t }: Visitor): string => t('crew.waiting_badge', { count: 1 });
  async function kindsOf(description: string): Promise<string[]> {
    return (await incidentWith(city, description)).timeline.map(({ kind }) => kind);
  }
  const times = (kinds: readonly string[], kind: string): number => kinds.filter((each) => each === kind).length;

  it('whose answer was lost is taken once', async () => {
    const description = "a step's answer was lost";
    const crew = await onTheWay(description);
    crew.excuse(noAnswer);
    await crew.page.route('**/api/dispatches/*', loseAnswer);
    await crew.press(crew.t('job.step.en_route'));
    await crew.sees(crew.button(badge(crew)));
    await eventually(async () => times(await kindsOf(description), 'en_route')).toBe(1);
    await crew.context.setOffline(true);
    await crew.page.unroute('**/api/dispatches/*');
    await crew.context.setOffline(false);
    await crew.button(badge(crew)).waitFor({ state: 'detached' });
    expect(times(await kindsOf(description), 'en_route')).toBe(1);
    expect((await dispatchOf(city, crew.dispatchId)).status).toBe('en_route');
    await crew.sees(crew.button(crew.t('job.step.on_scene')));
  });

  it('made without a network shows at once, says that it waits, outlives a closed page and is taken once', async () => {
    const description = 'a step without a network';
    const crew = await onTheWay(description);
    crew.excuse(noAnswer);
    await crew.context.setOffline(true);
    await crew.press(crew.t('job.step.en_route'));
    // the next step is offered: work goes on
    await crew.sees(crew.button(crew.t('job.step.on_scene')));
    await crew.sees(crew.page.locator('.job').getByText(crew.t('job.waiting')));
    await crew.press(badge(crew));
    await crew.sees(
      crew.page
        .getByRole('dialog')
        .getByText(crew.t('crew.outbox.step', { status: crew.t('dispatch.status.en_route') })),
    );
    await crew.page.keyboard.press('Escape');
    expect(times(await kindsOf(description), 'en_route')).toBe(0);
    // the phone kills the page; the step is still on it, and is shown although the desk has not heard of it
    await crew.page.route('**/api/dispatches/*', (route) => route.abort());
    await crew.context.setOffline(false);
    await crew.page.reload();
    await crew.sees(crew.button(crew.t('job.step.on_scene')));
    await crew.sees(crew.button(badge(crew)));
    expect(times(await kindsOf(description), 'en_route')).toBe(0);
    await crew.page.unroute('**/api/dispatches/*');
    await crew.page.evaluate(() => window.dispatchEvent(new Event('online')));
    await eventually(async () => times(await kindsOf(description), 'en_route')).toBe(1);
    await crew.button(badge(crew)).waitFor({ state: 'detached' });
    expect((await dispatchOf(city, crew.dispatchId)).status).toBe('en_route');
  });

  it('is kept from a portal that answers in place of the service', async () => {
    const description = 'a portal between crew and desk';
    const crew = await onTheWay(description);
    await crew.page.route('**/api/dispatches/*', portal);
    await crew.press(crew.t('job.step.en_route'));
    await crew.sees(crew.button(badge(crew)));
    await crew.sees(crew.button(crew.t('job.step.on_scene')));
    expect(times(await kindsOf(description), 'en_route')).toBe(0);
    await crew.page.unroute('**/api/dispatches/*');
    await crew.page.evaluate(() => window.dispatchEvent(new Event('online')));
    await crew.button(badge(crew)).waitFor({ state: 'detached' });
    await eventually(async () => times(await kindsOf(description), 'en_route')).toBe(1);
  });
});
