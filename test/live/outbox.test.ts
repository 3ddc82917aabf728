/** What the outbox does with answers, clocks and files, without a browser. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addEncounterPhoto, recordEncounter } from '../../shared/encounters.ts';
import { outgoing } from '../../web/live/call.ts';
import { restartClock } from '../../web/live/clock.ts';
import { createOutbox, type Outbox, type Posting } from '../../web/live/outbox.ts';
import {
  corrected,
  heads,
  judge,
  type OutboxItem,
  type OutboxState,
  usualTimes,
  withDefaults,
} from '../../web/live/outbox-rules.ts';
import { pageStore } from '../../web/live/outbox-store.ts';
import { photoPosting } from '../../web/live/photo.ts';

const item = (n: number, lane: string, state: OutboxState = 'waiting', over: Partial<OutboxItem> = {}): OutboxItem =>
  withDefaults({
    n,
    key: `key-${n}`,
    userId: 'me',
    endpointName: 'stepDispatch',
    method: 'PATCH',
    url: '/api/dispatches/1',
    body: {},
    expectId: null,
    label: 'step',
    lane,
    state,
    tries: 0,
    madeAt: 0,
    problem: null,
    ...over,
  });

test.each([
  [401, 'unauthorized', 'signed_out'],
  [401, 'session_revoked', 'signed_out'],
  [403, 'second_factor_needed', 'signed_out'],
  [403, 'forbidden', 'refused'],
  [408, '', 'again'],
  [409, 'dispatch_ended', 'conflict'],
  [422, 'invalid', 'refused'],
  [404, 'not_found', 'refused'],
  [429, 'too_many', 'again'],
  [500, 'internal', 'again'],
  [503, 'unavailable', 'again'],
])('%i %s means %s', (status, code, verdict) => {
  expect(judge(status, code)).toBe(verdict);
});

test('each lane sends its oldest waiting item, and goes on past what was refused', () => {
  const items = [item(3, 'a'), item(1, 'a', 'refused'), item(2, 'a'), item(4, 'b')];
  expect(heads(items, 'me').map(({ n }) => n)).toEqual([2, 4]);
  expect(heads(items, 'somebody else')).toEqual([]);
});

test('what comes after another waits as long as that is here, in whatever state', () => {
  for (const state of ['waiting', 'conflict', 'refused'] as const) {
    const items = [item(1, 'a', state), item(2, 'photos', 'waiting', { after: 'key-1' })];
    expect(heads(items, 'me').map(({ n }) => n)).toEqual(state === 'waiting' ? [1] : []);
    expect(heads(items.slice(1), 'me').map(({ n }) => n)).toEqual([2]);
  }
});

const stamped = (times: readonly string[], body: unknown, over: Partial<OutboxItem> = {}): OutboxItem =>
  item(1, 'a', 'waiting', { times, body, clock: { offsetMs: 0, certain: false }, ...over });
const HOUR = 3_600_000;
const at = '2026-01-15T13:00:00.000Z';
const later = '2026-01-15T15:00:00.000Z';

test.each([
  ['one field', ['at'], { at, note: at }, { at: later, note: at }],
  [
    'each member of a list',
    ['people.*.handover.calledAt'],
    { people: [{ id: 1 }, { handover: { calledAt: at } }, { handover: null }] },
    { people: [{ id: 1 }, { handover: { calledAt: later } }, { handover: null }] },
  ],
  ['what is not there', ['at', 'x.y', 'x.*.z'], { x: 'no list' }, { x: 'no list' }],
  ['no time', ['at'], { at: 'soon' }, { at: 'soon' }],
  ['no body', ['at'], undefined, undefined],
])('times are moved to the measured clock: %s', (_, times, before, after) => {
  const measured = { offsetMs: 2 * HOUR, certain: true };
  const right = corrected(stamped(times, before), measured);
  expect(right.body).toEqual(after);
  expect(corrected(right, { offsetMs: 5 * HOUR, certain: true })).toBe(right);
});

test('times are left alone when they were right, are not known better, or may have been sent', () => {
  const measured = { offsetMs: 2 * HOUR, certain: true };
  for (const same of [
    stamped(['at'], { at }, { clock: { offsetMs: 0, certain: true } }),
    stamped(['at'], { at }, { tries: 1 }),
  ])
    expect(corrected(same, measured)).toBe(same);
  const doubtful = stamped(['at'], { at });
  expect(corrected(doubtful, { offsetMs: 2 * HOUR, certain: false })).toBe(doubtful);
  expect(corrected(doubtful, { offsetMs: 900, certain: true }).body).toEqual({ at });
  // the kept offset of the last night was used meanwhile: only the difference is put right
  const kept = stamped(['at'], { at }, { clock: { offsetMs: HOUR, certain: false } });
  expect(corrected(kept, { offsetMs: 3 * HOUR, certain: true }).body).toEqual({ at: later });
});

/** A server that answers from a list; what it was asked is kept. */
const asked: { url: string; body: unknown; headers: Record<string, string> }[] = [];
let answers: ((url: string, body: unknown) => Response)[] = [];
const json = (status: number, content: unknown, date = new Date()): Response =>
  new Response(JSON.stringify(content), {
    status,
    headers: {
      'content-type': status < 400 ? 'application/json' : 'application/problem+json',
      date: date.toUTCString(),
    },
  });
beforeEach(() => {
  asked.length = 0;
  answers = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : init.body;
    asked.push({ url, body, headers: init.headers as Record<string, string> });
    const answer = answers.shift();
    if (!answer) throw new TypeError('failed to fetch');
    return answer(url, body);
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
const id = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;
const me = { session: true };
/** An outbox in a page that has just begun: nothing is known of the clock. */
function freshOutbox(): Outbox {
  restartClock();
  return createOutbox({ userId: 'me', open: async () => pageStore() });
}
const meeting = (n: number): Posting => ({
  ...outgoing(recordEncounter, { body: { id: id(n), at, people: [] } }),
  endpointName: recordEncounter.name,
  label: 'meeting',
  lane: 'incident',
});

test('an item leaves only when the answer has its id; its photo goes after it, as a form with its own id', async () => {
  const outbox = freshOutbox();
  const sent: string[] = [];
  outbox.onSent(({ key }) => sent.push(key));
  answers = [];
  await outbox.enqueue(meeting(1));
  const photo = new Blob([new Uint8Array([255, 216, 255])], { type: 'image/jpeg' });
  await outbox.enqueue({
    ...photoPosting(addEncounterPhoto, { ofId: id(1), photoId: id(2), photo, showsFace: true }),
    label: 'photo',
    lane: 'incident:photos',
    after: id(1),
  });
  await outbox.flush();
  expect(sent).toEqual([]);
  // a captive portal knows no id of ours, then the answer of our server comes
  answers = [() => json(200, me), () => json(200, { ok: true })];
  await outbox.flush();
  expect([outbox.pending.value, sent]).toEqual([2, []]);
  answers = [() => json(201, { id: id(1), version: 1 }), () => json(201, { id: id(2), width: 1 })];
  await outbox.flush();
  expect([outbox.pending.value, sent]).toEqual([0, [id(1), id(2)]]);
  const last = asked.at(-1);
  expect(last?.url).toBe(`/api/encounters/${id(1)}/photos`);
  expect(last?.headers).toMatchObject({ 'x-photo-id': id(2), 'x-shows-face': 'yes', 'x-requested-with': 'warmpath' });
  expect(last?.headers).not.toHaveProperty('content-type');
  const file = (last?.body as FormData).get('photo') as File;
  expect(await file.bytes()).toEqual(await photo.bytes());
});

test('a conflict keeps what the server has, and the lane goes on', async () => {
  const outbox = freshOutbox();
  const current = { id: id(9), status: 'recalled', reason: 'another patrol is nearer' };
  await outbox.enqueue(meeting(1));
  await outbox.enqueue(meeting(2));
  await outbox.flush();
  answers = [() => json(200, me), () => json(409, { code: 'dispatch_ended', current }), () => json(201, { id: id(2) })];
  await outbox.flush();
  expect(outbox.stuck.value).toMatchObject([{ key: id(1), state: 'conflict', problem: 'dispatch_ended', current }]);
  expect(outbox.pending.value).toBe(0);
  answers = [() => json(201, { id: id(1) })];
  await outbox.retry(id(1));
  await outbox.flush();
  expect(outbox.items.value).toEqual([]);
});

test('before the first try of a doubtful time the clock is measured, and the time put right; afterwards never', async () => {
  const outbox = freshOutbox();
  await outbox.enqueue({ ...meeting(1), times: usualTimes });
  await outbox.flush();
  // only the clock was asked for: the item has never been on its way
  expect(asked.map(({ url }) => url)).toEqual(expect.arrayContaining(['/api/session']));
  expect(outbox.items.value[0]).toMatchObject({ tries: 0, body: { at } });
  const twoHours = new Date(Date.now() + 2 * HOUR);
  answers = [() => json(200, me, twoHours), () => json(503, { code: 'unavailable' }, twoHours)];
  await outbox.flush();
  const [tried] = outbox.items.value;
  const moved = Date.parse((tried?.body as { at: string }).at) - Date.parse(at);
  expect(Math.abs(moved - 2 * HOUR)).toBeLessThanOrEqual(2_000);
  expect(tried?.tries).toBe(1);
  const body = asked.at(-1)?.body;
  answers = [() => json(201, { id: id(1) }, new Date(Date.now() + 9 * HOUR))];
  await outbox.flush();
  expect(asked.at(-1)?.body).toEqual(body);
  expect(outbox.items.value).toEqual([]);
});

test('a photo that the line is too weak for holds nothing else back', async () => {
  const outbox = freshOutbox();
  const photo = new Blob(['x'], { type: 'image/jpeg' });
  const posting = photoPosting(addEncounterPhoto, { ofId: id(1), photoId: id(2), photo });
  await outbox.enqueue({ ...posting, label: 'photo', lane: 'photos' });
  await outbox.enqueue({ ...posting, key: id(3), expectId: id(3), label: 'photo', lane: 'other photos' });
  await outbox.enqueue(meeting(1));
  await outbox.flush();
  const lost = (): Response => {
    throw new TypeError('failed to fetch');
  };
  answers = [() => json(200, me), () => json(201, { id: id(1) }), lost, () => json(201, { id: id(3) })];
  await outbox.flush();
  expect(outbox.items.value.map(({ key, state }) => [key, state])).toEqual([[id(2), 'waiting']]);
});

test('a session that ended stops the sending and loses nothing', async () => {
  const outbox = freshOutbox();
  await outbox.enqueue(meeting(1));
  await outbox.flush();
  answers = [() => json(401, { code: 'unauthorized' })];
  await outbox.flush();
  expect(outbox.items.value).toMatchObject([{ state: 'waiting', problem: null }]);
});
