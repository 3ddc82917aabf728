/**
 * The crew's worker: the page opens without a network. It keeps the page's own files and the last page that was the crew's;
 * it never answers for the service (/api), so what is shown as sent has been sent.
 * It stands alone, importing nothing but types: the server puts `precache` before it and serves both as /crew/sw.js.
 */

import type { Fetching, Precache, WorkerScope } from '../ui/worker.ts';

declare const precache: Precache;
const scope = self as unknown as WorkerScope;

const PATH = '/crew';
/** One name for all editions: a new one must find what is kept, and signing out deletes it (web/live/kept.ts says it too). */
const PAGE = 'warmpath-page';
const FILES_OF_ALL = 'warmpath-crew-';
const FILES = `${FILES_OF_ALL}${precache.edition}`;
/** The page has its picture on the phone anyway: no crew looks at a white screen longer than this. */
const PATIENCE_MS = 4000;
/** As long as the picture it opens is kept: a shift. */
const MAX_AGE_MS = 16 * 3_600_000;

/** The copy that may still be shown; an older one is deleted. */
async function keptPage(): Promise<Response | undefined> {
  const cache = await caches.open(PAGE);
  const kept = await cache.match(PATH);
  const age = Date.now() - Date.parse(kept?.headers.get('date') ?? '');
  if (age < MAX_AGE_MS) return kept;
  await cache.delete(PATH);
  return undefined;
}

/** Keeps the page when it is the crew's own. The sign-in page in its place says that nobody is signed in: then nothing stays. */
async function judged(response: Response): Promise<Response> {
  const shown = response.headers.get('x-app');
  if (response.ok && shown === PATH) await (await caches.open(PAGE)).put(PATH, response.clone());
  else if (shown !== null) await caches.delete(PAGE);
  return response;
}

async function page(event: Fetching): Promise<Response> {
  const fresh = fetch(event.request).then(judged);
  // an answer that comes too late for this time is kept for the next
  event.waitUntil(fresh.catch(() => undefined));
  const kept = await keptPage();
  if (!kept) return fresh;
  const tooLong = new Promise<never>((_, reject) => {
    setTimeout(() => {
      reject(new Error('no answer in time'));
    }, PATIENCE_MS);
  });
  try {
    const response = await Promise.race([fresh, tooLong]);
    return response.status >= 500 ? kept : response;
  } catch {
    return kept;
  }
}

/** Names carry a hash: what is kept is right for ever. What a newer page asks for is kept as it passes. */
async function file(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await (await caches.open(FILES)).put(request, response.clone());
  return response;
}

async function install(): Promise<void> {
  await (await caches.open(FILES)).addAll([...precache.files]);
  try {
    // the page that registered this worker has not come through it
    await judged(await fetch(PATH, { redirect: 'error' }));
  } catch {
    // the next visit brings it
  }
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(FILES_OF_ALL) && name !== FILES);
  await Promise.all(old.map((name) => caches.delete(name)));
  await scope.clients.claim();
}

scope.addEventListener('install', (event) => {
  event.waitUntil(install());
});
scope.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});
// only ever said by a person's tap: see edition.ts
scope.addEventListener('message', (event) => {
  if (event.data === 'take over') event.waitUntil(scope.skipWaiting());
});
scope.addEventListener('fetch', (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== 'GET' || origin !== location.origin) return;
  if (mode === 'navigate' && pathname === PATH) event.respondWith(page(event));
  else if (pathname.startsWith('/assets/')) event.respondWith(file(event.request));
});
