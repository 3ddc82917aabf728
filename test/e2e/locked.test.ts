/** What a phone gives away, and what it never loses: locked, signed out, taken out of service. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { point } from '../../shared/geo.ts';
import { resetRule, setRule } from '../../shared/stations.ts';
import { listSessions, revokeSession } from '../../shared/users.ts';
import { isGrave, violationsOn } from '../kit/axe.ts';
import { dispatchOf, eventually, goOut, newcomer, NEW_PASSWORD, report, send, useCity, type Visitor } from './kit.ts';

const city = useCity();
const expected = /net::ERR_|WebSocket connection|status of 401/;

interface Crew extends Visitor {
  id: string;
  username: string;
  dispatchId: string;
}
/** A crew with a job at `place`, whose phone has kept the picture. */
async function onJob(
  place: string,
  prepare?: (visitor: Visitor, userId: string) => Promise<void>,
  worker = false,
): Promise<Crew> {
  const member = await newcomer(city, 'crew');
  const patrolId = await goOut(city, member, place);
  const { id } = await report(city, place, { position: point(108.9, 34.19), placeText: place });
  const dispatchId = await send(city, id, patrolId);
  const crew = await city.visitor(worker ? { serviceWorkers: 'allow' } : {});
  crew.excuse(expected);
  await prepare?.(crew, member.id);
  await crew.signIn(member.username, '/crew', NEW_PASSWORD);
  await crew.sees(crew.page.getByRole('heading', { name: place }));
  await eventually(async () => (await kept(crew.page))['pictures']).toBe(1);
  return { ...crew, id: member.id, username: member.username, dispatchId };
}
/** How many rows of each kind lie on the phone. */
const kept = (page: Page): Promise<Record<string, number>> => page.evaluate(read).then(({ counts }) => counts);
/** Everything that lies on the phone and can be read without the key, as text. */
const inClear = (page: Page): Promise<string> => page.evaluate(read).then(({ text }) => text);
async function read(): Promise<{ counts: Record<string, number>; text: string }> {
  const counts: Record<string, number> = {};
  const parts: string[] = [];
  const wait = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error('not read'));
    });
  const say = (value: unknown): void => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value))
      parts.push(new TextDecoder().decode(value instanceof ArrayBuffer ? value : value.buffer));
    else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) say(inner);
    else parts.push(String(value));
  };
  for (const { name } of await indexedDB.databases()) {
    const db = await wait(indexedDB.open(name ?? ''));
    for (const store of db.objectStoreNames) {
      const rows = await wait(db.transaction(store).objectStore(store).getAll());
      counts[store] = rows.length;
      rows.forEach(say);
    }
    db.close();
  }
  for (const storage of [localStorage, sessionStorage]) parts.push(JSON.stringify(storage));
  return { counts, text: parts.join('\n') };
}
/** As an edition before the seal left it: in clear. */
async function plantOld({ page, open }: Visitor, userId: string): Promise<void> {
  await open('/shelters');
  await page.evaluate(async (owner) => {
    const opening = indexedDB.open('warmpath-outbox', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('items', { keyPath: 'n', autoIncrement: true });
    await new Promise((resolve) => (opening.onsuccess = resolve));
    const tx = opening.result.transaction('items', 'readwrite');
    tx.objectStore('items').add({
      key: 'old',
      userId: owner,
      state: 'refused',
      label: 'an old canary',
      lane: 'old',
      body: {},
    });
    await new Promise((resolve) => (tx.oncomplete = resolve));
    opening.result.close();
  }, userId);
}
const STEPS = '**/api/dispatches/*';
const NOTES = '**/api/incidents/*/notes';
/** Steps and notes do not get through. */
const block = async ({ page }: Visitor): Promise<void> => {
  for (const calls of [STEPS, NOTES]) await page.route(calls, (route) => route.abort());
};
const unblock = async ({ page }: Visitor): Promise<void> => {
  for (const calls of [STEPS, NOTES]) await page.unroute(calls);
};
const statusOf = async ({ dispatchId }: Crew): Promise<string> => (await dispatchOf(city, dispatchId)).status;
async function proves({ page, t, press }: Visitor): Promise<void> {
  await page.getByLabel(t('session.password')).fill(NEW_PASSWORD);
  await press(t('session.sign_in'));
}

describe('what was written down', () => {
  it('lies sealed on the phone, holds back the sign-out, and goes out after the same person has signed in again', async () => {
    const place = 'under the seventh canary bridge';
    const words = 'the canary speaks of somebody';
    const crew = await onJob(place);
    const { page, t } = crew;
    await block(crew);
    await crew.press(t('job.step.accepted'));
    await crew.press(t('job.note'));
    await page.getByRole('dialog').getByRole('textbox').fill(words);
    await crew.press(t('job.note.send'));
    await crew.sees(crew.button(t('crew.waiting_badge', { count: 2 })));
    expect(await kept(page)).toMatchObject({ keys: 1, items: 2, pictures: 1 });
    const clear = await inClear(page);
    // whose it is has to be known without the key
    expect(clear).toContain(crew.id);
    for (const canary of ['canary', 'accepted', crew.username]) expect(clear).not.toContain(canary);

    await crew.press(t('crew.settings'));
    await crew.press(t('crew.sign_out'));
    await crew.sees(t('crew.leave.items', { count: 2 }));
    await crew.press(t('crew.leave.send'));
    await crew.sees(t('crew.leave.not_sent'));
    await crew.picture('sign-out refused');
    await crew.press(t('crew.leave.stay'));
    expect(await page.evaluate(async () => (await fetch('/api/session')).status)).toBe(200);

    // the session has run out
    await crew.context.clearCookies();
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await crew.context.setOffline(true);
    await crew.context.setOffline(false);
    await crew.sees(page.getByRole('heading', { name: t('crew.lock.ended.title') }));
    await crew.sees(t('crew.lock.kept', { count: 2 }));
    expect(await page.getByText(place).count()).toBe(0);
    await eventually(() => kept(page)).toMatchObject({ keys: 1, items: 2, pictures: 0 });
    await crew.picture('session ended');
    await unblock(crew);
    await proves(crew);
    await crew.sees(page.getByRole('heading', { name: place }));
    await eventually(() => statusOf(crew)).toBe('accepted');
    await eventually(() => kept(page)).toMatchObject({ items: 0 });
  });
});

describe('a phone that nobody touches', () => {
  it('shows and keeps nothing of the night, goes on sending, and waits for its owner while somebody else uses it', async () => {
    const place = 'a phone of two people';
    const admin = await city.staff('admin');
    const params = { key: 'crew.idle_lock' } as const;
    await admin.does(setRule, { params, body: { version: 0, value: 5 } });
    const crew = await onJob(place, ({ page }) => page.clock.install());
    await admin.does(resetRule, { params });
    const { page, t } = crew;
    await block(crew);
    await crew.press(t('job.step.accepted'));
    await crew.press(t('job.note'));
    await crew.press(t('job.note.delay'));
    await crew.sees(crew.button(t('crew.waiting_badge', { count: 2 })));
    await page.clock.fastForward('05:10');
    await crew.sees(page.getByRole('heading', { name: t('crew.lock.idle.title') }));
    await crew.sees(t('crew.lock.going', { count: 2 }));
    expect(await page.getByText(place).count()).toBe(0);
    await eventually(() => kept(page)).toMatchObject({ keys: 1, items: 2, pictures: 0 });
    const grave = (await violationsOn(page)).filter(isGrave);
    expect(grave.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    await crew.picture('locked');
    // the step gets through, the note not yet
    await page.unroute(STEPS);
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await crew.sees(t('crew.lock.going', { count: 1 }));
    expect(await statusOf(crew)).toBe('accepted');
    // it stays locked over a restart
    await page.reload();
    await crew.sees(page.getByRole('heading', { name: t('crew.lock.idle.title') }));
    expect(await page.getByText(place).count()).toBe(0);

    await crew.press(t('session.other_user'));
    const mate = await newcomer(city, 'crew');
    await page.getByLabel(t('session.username')).fill(mate.username);
    await page.unroute(NOTES);
    await proves(crew);
    await crew.sees(t('crew.others_waiting', { count: 1 }));
    expect(await kept(page)).toMatchObject({ items: 1 });
    await crew.press(t('crew.settings'));
    await crew.press(t('crew.sign_out'));
    await page.getByLabel(t('session.username')).fill(crew.username);
    await proves(crew);
    await crew.sees(page.getByRole('heading', { name: place }));
    await eventually(() => kept(page)).toMatchObject({ items: 0 });
  });
});

describe('a phone that was taken out of service', () => {
  it('is told within five seconds, keeps nothing and says so', async () => {
    const place = 'a lost phone';
    const crew = await onJob(place, plantOld, true);
    const { page, t } = crew;
    await page.waitForFunction(async () => (await caches.keys()).includes('warmpath-page'));
    await block(crew);
    await crew.press(t('job.step.accepted'));
    await crew.sees(crew.button(t('crew.waiting_badge', { count: 1 })));
    // what an earlier edition had left is still there, and sealed like the rest
    await crew.sees(t('crew.conflict_badge', { count: 1 }));
    expect(await kept(page)).toMatchObject({ items: 2 });
    expect(await inClear(page)).not.toContain('canary');
    const manager = await city.staff('manager');
    const { items } = await manager.does(listSessions, { params: { id: crew.id } });
    const phone = items.find(({ device }) => device?.startsWith('Chrome') === true);
    await manager.does(revokeSession, { params: { id: phone?.id ?? '' } });
    const alert = page.getByRole('alert').getByText(t('problem.session_revoked'));
    await alert.waitFor();
    await crew.picture('revoked');
    expect(await page.getByText(place).count()).toBe(0);
    await eventually(() => page.evaluate(() => indexedDB.databases())).toEqual([]);
    expect(await page.evaluate(async () => [await caches.keys(), localStorage.length, sessionStorage.length])).toEqual([
      [],
      0,
      0,
    ]);
    expect(await statusOf(crew)).toBe('dispatched');
    await page.reload();
    await crew.sees(alert);
    await crew.sees(page.getByLabel(t('session.password')));
    await crew.picture('revoked, signed out');
  });
});
