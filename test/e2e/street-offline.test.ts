/** A crew without a signal works on: everything it did arrives once, in order, when there is one again. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { listDispatches, reassignDispatch, stepDispatch } from '../../shared/dispatches.ts';
import { listEncounters, recordEncounter } from '../../shared/encounters.ts';
import { point } from '../../shared/geo.ts';
import { readSnapshot } from '../../shared/live.ts';
import {
  eventually,
  goOut,
  incidentWith,
  newcomer,
  NEW_PASSWORD,
  report,
  send,
  sightingsWith,
  useCity,
} from './kit.ts';

const city = useCity();
/** A picture of 8 x 8 pixels. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGNobGnBihiGlgQAO3VzgXUFcNcAAAAASUVORK5CYII=',
  'base64',
);

it('somebody is found, a break is taken, a re-check becomes the job and a bed is wished, all without a signal', async () => {
  const member = await newcomer(city, 'crew');
  const patrolId = await goOut(city, member, 'Street crew');
  const refusal = 'did not want to come before';
  const incident = await report(city, refusal, { position: point(108.93, 34.2), placeText: 'North gate' });
  const dispatchId = await send(city, incident.id, patrolId);
  // they met six hours ago, so that it is time to look again
  const then = new Date(Date.now() - 6 * 3_600_000).toISOString();
  await member.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'on_scene', at: then } });
  await member.does(recordEncounter, {
    body: {
      id: randomUUID(),
      dispatchId,
      position: point(108.93, 34.2),
      at: then,
      people: [{ outcome: 'refused', refusal: 'waits for a friend', mightChange: 'a bed for two' }],
    },
  });
  await member.does(stepDispatch, { params: { id: dispatchId }, body: { status: 'done' } });

  const crew = await city.visitor({ at: [108.931, 34.201] });
  const { page, t } = crew;
  await crew.signIn(member.username, '/crew', NEW_PASSWORD);
  const again = page.getByRole('region', { name: t('recheck.title'), exact: true });
  await crew.sees(again.getByText('North gate'));
  await crew.sees(again.getByText('a bed for two'));
  await crew.sees(t('crew.tracking.on'));
  // the line is down, and the step of a job that was given away is refused
  crew.excuse(/net::ERR_|409/);
  await crew.context.setOffline(true);
  const waiting = (count: number): Promise<void> => crew.sees(crew.button(t('crew.waiting_badge', { count })));

  // somebody is seen on the way
  const seen = 'sits behind the kiosk';
  await crew.press(t('crew.report'));
  await crew.sees(new RegExp(t('crew.sighting.marked', { time: '.+', metres: 12 })));
  await page.getByLabel(t('report.description')).fill(seen);
  await crew.press(t('sign.wet'));
  await page.locator('input[type=file]').setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer: PNG });
  await crew.sees(page.getByAltText(t('encounter.photo', { number: 1 })));
  await crew.picture('street report');
  await crew.press(t('crew.sighting.send'));
  await crew.sees(t('crew.reported.title'));
  await waiting(2);

  // a break, and back
  await crew.press(t('crew.break.start'));
  await crew.sees(t('crew.on_break'));
  await crew.press(t('crew.break.end'));
  await crew.sees(t('crew.ready'));
  await waiting(4);
  await crew.picture('street waiting');

  // looking again is the job at once
  await crew.press(t('recheck.go'));
  await crew.sees(page.getByRole('heading', { name: 'North gate' }));
  await crew.press(t('job.step.en_route'));
  await crew.press(t('job.step.on_scene'));
  await crew.press(t('job.step.record'));
  await crew.press(t('outcome.brought_in'));
  await crew.press(t('encounter.next_bed'));
  await crew.sees(t('beds.offline'));
  await crew.picture('street beds');
  await page
    .getByRole('button', { name: t('beds.choose') })
    .first()
    .click();
  await crew.sees(t('encounter.saved'));
  await crew.sees(/not yet confirmed/);
  await crew.picture('street wish');
  await waiting(9);
  expect(await sightingsWith(city, seen)).toHaveLength(0);

  await crew.context.setOffline(false);
  await page.getByRole('button', { name: /waiting$/ }).waitFor({ state: 'detached' });
  await crew.sees(page.getByText(/kept until/));
  const [sighting, ...more] = await sightingsWith(city, seen);
  expect(more).toEqual([]);
  expect(sighting).toMatchObject({ source: 'crew', signs: ['wet'], stillThere: true });
  expect(sighting?.photos).toHaveLength(1);
  const dispatcher = await city.staff('dispatcher');
  const jobs = (await dispatcher.does(listDispatches, { query: { patrolId, status: 'active' } })).items;
  expect(jobs).toMatchObject([{ status: 'on_scene', incidentId: incident.id }]);
  const met = (await dispatcher.does(listEncounters, { query: { limit: '50' } })).items.filter(
    (row) => row.dispatchId === jobs[0]?.id,
  );
  expect(met).toMatchObject([{ people: [{ outcome: 'brought_in' }] }]);
  const { holds } = await dispatcher.does(readSnapshot);
  expect((holds as { dispatchId: string | null }[]).filter((hold) => hold.dispatchId === jobs[0]?.id)).toHaveLength(1);
  const kinds = (await incidentWith(city, refusal)).timeline.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'bed_held')).toHaveLength(1);
  expect(kinds.filter((kind) => kind === 'on_scene')).toHaveLength(2);

  // given to somebody else while the line is down: both sides are told
  const other = await newcomer(city, 'crew');
  const theirs = await goOut(city, other, 'Relief crew');
  await crew.context.setOffline(true);
  await crew.press(t('job.step.transporting'));
  await waiting(1);
  await dispatcher.does(reassignDispatch, {
    params: { id: jobs[0]?.id ?? '' },
    body: { id: randomUUID(), patrolId: theirs, reason: 'they are closer' },
  });
  await crew.context.setOffline(false);
  const notice = page.getByRole('alert').filter({ hasText: t('crew.given.title', { name: 'Relief crew' }) });
  await crew.sees(notice.getByText('they are closer'));
  await crew.sees(notice.getByText(t('crew.side.not_taken')));
  await crew.sees(notice.getByText(t('job.recorded', { count: 1 })));
  await crew.picture('street both sides');
  await crew.press(t('crew.ok'), notice);
  await notice.waitFor({ state: 'detached' });
  await crew.sees(t('crew.ready'));
  await eventually(async () => (await incidentWith(city, refusal)).patrolIds).toEqual([theirs]);
});
