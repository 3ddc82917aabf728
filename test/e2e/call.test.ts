/** The hotline's page without a pointer: from ringing to a report at every desk, and what a reload and a line that is down leave. */
import { expect, it } from 'vitest';
import { listCalls } from '../../shared/calls.ts';
import { eventually, incidentWith, sightingsWith, useCity, type Visitor, wide } from './kit.ts';

const city = useCity();
/** what has the focus, by its label or its own words */
const focused = ({ page }: Visitor): Promise<string> =>
  page.evaluate(() => {
    const at = document.activeElement;
    const group = at?.closest('fieldset')?.querySelector('legend')?.textContent;
    const label = at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement ? at.labels?.[0] : null;
    return (group ?? label?.querySelector('span')?.textContent ?? at?.textContent ?? '').trim().replace(/\s+/g, ' ');
  });

it('takes a call by keys alone, and every desk has it', async () => {
  const caller = '13899990000';
  const words = 'by keys: an old man in a grey coat, shivers';
  const other = await city.visitor({ viewport: wide });
  await other.signIn('manager', '/desk');
  await other.sees(other.t('connection.live'));

  const desk = await city.visitor({ viewport: wide });
  const { page, t } = desk;
  const { keyboard } = page;
  const rang = new Date(Date.now() - 5000).toISOString();
  const asked: string[] = [];
  page.on('request', (request) => {
    if (!request.isNavigationRequest()) asked.push(request.url());
  });
  await desk.signIn('dispatcher', `/desk/call?hotline=XA-12345&rang=${rang}&caller=${caller}`);
  await desk.sees(t('call.is_ringing'));
  await desk.sees(caller);
  expect(page.url()).toBe(`${city.origin}/desk/call`);

  // the order of the focus is the order of the talk
  await expect.poll(() => focused(desk)).toContain(t('call.answer'));
  await keyboard.press('Enter');
  await expect.poll(() => focused(desk)).toBe(t('call.words'));
  await keyboard.type(words);
  await keyboard.press('Tab');
  await expect.poll(() => focused(desk)).toBe(t('call.place'));
  // a place far from all others of the demo
  await keyboard.type('34.30110, 108.90220');
  await desk.sees(page.getByRole('option'));
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await expect.poll(() => focused(desk)).toBe(t('call.people'));
  await keyboard.type('2');
  await keyboard.press('Enter');
  await keyboard.type('15');
  await desk.sees(t('call.danger'));
  await keyboard.press('5');
  await expect.poll(() => page.locator('[aria-pressed="true"]').allTextContents()).toHaveLength(1);
  await keyboard.press('Tab');
  for (const [key, name] of [
    ['y', 'spoken'],
    ['n', 'wantsHelp'],
    ['u', 'stillThere'],
  ] as const) {
    await expect.poll(() => focused(desk)).toBe(t(`report.${name}`));
    await keyboard.press(key);
  }
  await expect.poll(() => focused(desk)).toBe(t('call.contact'));
  await keyboard.press('Control+Enter');
  await desk.sees(t('call.tell_code'));
  await desk.sees(t('call.danger'));

  const [sighting] = await sightingsWith(city, words);
  await desk.sees(sighting?.code ?? 'no code');
  expect(sighting).toMatchObject({
    source: 'hotline',
    verified: true,
    people: 2,
    signs: ['unresponsive'],
    spoken: true,
    wantsHelp: false,
    stillThere: null,
    contact: caller,
  });
  expect(sighting?.position?.coordinates[1]).toBeCloseTo(34.3, 1);
  expect(sighting?.accuracyM).toBeGreaterThan(0);
  const incident = await incidentWith(city, words);
  await other.sees(other.page.locator(`[id="queue-${incident.id}"]`));
  const dispatcher = await city.staff('dispatcher');
  const callFor = async () =>
    (await dispatcher.does(listCalls)).items.find(({ sightingId }) => sightingId === sighting?.id);
  await eventually(callFor).toMatchObject({ hotline: 'XA-12345', outcome: 'report', rangAt: rang });
  const kept = await callFor();
  expect(Date.parse(kept?.answeredAt ?? '')).toBeGreaterThan(Date.parse(rang));
  expect(kept?.endedAt.localeCompare(kept.answeredAt)).toBe(1);
  expect(asked.filter((url) => url.includes(caller))).toEqual([]);
  await expect.poll(() => focused(desk)).toContain(t('call.next'));
});

it('keeps a call through a reload and a line that is down, and records one that brought nothing by one key', async () => {
  const words = 'kept through a reload';
  const desk = await city.visitor({ viewport: wide });
  const { page, t, context } = desk;
  const { keyboard } = page;
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await desk.signIn('dispatcher', '/desk/call');
  await expect.poll(() => focused(desk)).toContain(t('call.answer'));
  await keyboard.press('Enter');
  await expect.poll(() => focused(desk)).toBe(t('call.words'));
  await keyboard.type(words);
  await page.reload();
  expect(asked).toEqual(['beforeunload']);
  await expect.poll(() => page.getByLabel(t('call.words')).inputValue()).toBe(words);

  // no place, no report: it says so and goes there
  await expect.poll(() => focused(desk)).toBe(t('call.words'));
  await keyboard.press('Control+Enter');
  await desk.sees(t('call.place_missing'));
  await expect.poll(() => focused(desk)).toBe(t('call.place'));
  desk.excuse(/ERR_INTERNET_DISCONNECTED|WebSocket/);
  await context.setOffline(true);
  await keyboard.type('somewhere by the old mill');
  await desk.sees(t('call.unplaced'));
  await keyboard.press('Control+Enter');
  await desk.sees(t('call.waits'));
  await desk.sees(t('call.is_unplaced'));
  await context.setOffline(false);
  await desk.sees(t('call.tell_code'));
  expect((await incidentWith(city, words)).lane).toBe('unplaced');

  // the next one: nothing of it is left over, and it is no report
  await keyboard.press('Enter');
  await expect.poll(() => focused(desk)).toContain(t('call.answer'));
  await keyboard.press('Enter');
  await expect.poll(() => focused(desk)).toBe(t('call.words'));
  expect(await page.getByLabel(t('call.words')).inputValue()).toBe('');
  await keyboard.type('w');
  await keyboard.press('Escape');
  await keyboard.press('w');
  // something was written down: asked first
  await desk.sees(t('call.drop_hint'));
  await keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.getByLabel(t('call.words')).fill('');
  await keyboard.press('Escape');
  await keyboard.press('w');
  await expect.poll(() => focused(desk)).toContain(t('call.answer'));
  const dispatcher = await city.staff('dispatcher');
  await eventually(async () => (await dispatcher.does(listCalls)).items.map(({ outcome }) => outcome)).toContain(
    'wrong_number',
  );
  expect(await sightingsWith(city, 'w')).toEqual([]);
});
