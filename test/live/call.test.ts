import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sendPatrol, stepDispatch } from '../../shared/dispatches.ts';
import { listIncidents, readIncident } from '../../shared/incidents.ts';
import { call, CallProblem, Offline, outgoing, urlOf, whenSignedOut } from '../../web/live/call.ts';

const id = '3f0f3c0e-6a0b-4a55-9d7a-5a1f2b3c4d5e';
const other = '3f0f3c0e-6a0b-4a55-9d7a-5a1f2b3c4d5f';
const body = { id, incidentId: other, patrolId: other };
const asked: { url: string; init: RequestInit }[] = [];

function answerWith(
  status: number,
  content: unknown,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): void {
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push({ url, init });
    return new Response(typeof content === 'string' ? content : JSON.stringify(content), { status, headers });
  });
}
beforeEach(() => {
  asked.length = 0;
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test('fills the path and leaves out what is not asked', () => {
  expect(urlOf('/api/incidents/:id/notes', { id: 'a/b' })).toBe('/api/incidents/a%2Fb/notes');
  expect(urlOf('/api/incidents', {}, { status: 'all', cursor: undefined })).toBe('/api/incidents?status=all');
});

test('a create carries its own id and no other key; any other command gets a key', () => {
  expect(outgoing(sendPatrol, { body })).toMatchObject({ key: null, expectId: id });
  const step = outgoing(stepDispatch, { params: { id }, body: { status: 'accepted' } });
  expect(step.expectId).toBeNull();
  expect(step.key).toMatch(/^[0-9a-f-]{36}$/);
  expect(outgoing(stepDispatch, { params: { id }, body: {}, key: other }).key).toBe(other);
});

test('unsafe calls send the header the server asks of browsers', async () => {
  answerWith(201, { id, version: 1 });
  await call(sendPatrol, { body });
  expect(asked[0]?.init.headers).toMatchObject({ 'x-requested-with': 'warmpath', 'content-type': 'application/json' });
  answerWith(200, { items: [], nextCursor: null });
  await call(listIncidents);
  expect(asked[1]?.init.headers).not.toHaveProperty('x-requested-with');
});

test('a captive portal is not our server, in HTML or in JSON', async () => {
  answerWith(200, '<html>Welcome to the hotel</html>', { 'content-type': 'text/html' });
  await expect(call(sendPatrol, { body })).rejects.toBeInstanceOf(Offline);
  answerWith(200, { id: other });
  await expect(call(sendPatrol, { body })).rejects.toBeInstanceOf(Offline);
});

test('no network is offline, a problem is a problem', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('failed to fetch');
  });
  await expect(call(readIncident, { params: { id } })).rejects.toBeInstanceOf(Offline);
  answerWith(
    429,
    { code: 'too_many', errors: [] },
    { 'content-type': 'application/problem+json', 'retry-after': '12' },
  );
  const problem = await call(readIncident, { params: { id } }).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(CallProblem);
  expect(problem).toMatchObject({ status: 429, code: 'too_many', retryAfterS: 12 });
});

test('only the end of the session signs out, not a wrong password', async () => {
  const listener = vi.fn();
  const stop = whenSignedOut(listener);
  answerWith(401, { code: 'bad_credentials', errors: [] }, { 'content-type': 'application/problem+json' });
  await call(listIncidents).catch(() => undefined);
  expect(listener).not.toHaveBeenCalled();
  answerWith(401, { code: 'unauthorized', errors: [] }, { 'content-type': 'application/problem+json' });
  await call(listIncidents).catch(() => undefined);
  expect(listener).toHaveBeenCalledOnce();
  answerWith(403, { code: 'second_factor_needed', errors: [] }, { 'content-type': 'application/problem+json' });
  await call(listIncidents).catch(() => undefined);
  expect(listener).toHaveBeenCalledTimes(2);
  stop();
});
