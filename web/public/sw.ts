/**
 * The worker of the pages of warm places: what was opened once opens without a network, and says from when it is.
 * It keeps the whole list and the pages of places that were looked at; never an answer to what somebody asked for, because that
 * says where they were. It stands before /shelters alone, so a report and the way it is followed never pass through it.
 * It stands alone, importing nothing but types: the server puts `precache` before it and serves both as /shelters/sw.js.
 */
import type { Fetching, Precache, WorkerScope } from '../ui/worker.ts';

declare const precache: Precache;
const scope = self as unknown as WorkerScope;

const LIST = '/shelters';
const ONE = /^\/shelters\/[0-9a-f-]{36}$/;
const PAGES = 'warmpath-public-pages';
const FILES_OF_ALL = 'warmpath-public-files-';
const FILES = `${FILES_OF_ALL}${precache.edition}`;
/** Nobody in the cold looks at a white page longer than this while there is a copy. */
const PATIENCE_MS = 4000;
/** Addresses and hours hold for some nights; after that a copy misleads more than it helps. */
const MAX_AGE_MS = 3 * 86_400_000;
const MOST_PLACES = 30;
/** What stations told everybody may be over by then; a copy that is older does not show it. */
const NOTICE_AGE_MS = 3_600_000;

/** The path under which a page is kept, or null: a list that answers a question is not. */
function keyOf(address: string): string | null {
  const { pathname, searchParams } = new URL(address);
  const asked = [...searchParams.keys()].some((key) => key !== 'lang');
  return !asked && (pathname === LIST || ONE.test(pathname)) ? pathname : null;
}

async function keep(key: string, response: Response): Promise<void> {
  const cache = await caches.open(PAGES);
  // a place that is no longer told of is no longer kept
  if (response.status === 404) await cache.delete(key);
  if (!response.ok) return;
  // put again, it is the youngest
  await cache.delete(key);
  await cache.put(key, response);
  const places = (await cache.keys()).filter(({ url }) => new URL(url).pathname !== LIST);
  await Promise.all(places.slice(0, -MOST_PLACES).map((old) => cache.delete(old)));
}

/** The copy of this page, or of the list, as a page that says it is a copy; one that is too old is deleted. */
async function keptPage(address: string): Promise<Response | undefined> {
  const cache = await caches.open(PAGES);
  const { pathname } = new URL(address);
  for (const key of new Set([pathname, LIST])) {
    const kept = await cache.match(key);
    if (!kept) continue;
    const ageMs = Date.now() - Date.parse(kept.headers.get('date') ?? '');
    if (!(ageMs < MAX_AGE_MS)) {
      await cache.delete(key);
      continue;
    }
    const { status, headers } = kept;
    const marks = ageMs < NOTICE_AGE_MS ? 'data-kept=""' : 'data-kept="" data-old=""';
    return new Response((await kept.text()).replace('<html ', `<html ${marks} `), { status, headers });
  }
  return undefined;
}

async function page(event: Fetching): Promise<Response> {
  const { url } = event.request;
  const fresh = fetch(event.request);
  const key = keyOf(url);
  if (key !== null)
    event.waitUntil(
      fresh.then(
        (response) => keep(key, response.clone()),
        () => undefined,
      ),
    );
  const tooLong = new Promise<undefined>((resolve) => {
    setTimeout(() => {
      resolve(undefined);
    }, PATIENCE_MS);
  });
  const response = await Promise.race([fresh.catch(() => undefined), tooLong]);
  if (response && response.status < 500) return response;
  return (await keptPage(url)) ?? fresh;
}

/** Names carry a hash: what is kept is right for ever. */
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
    await keep(LIST, await fetch(LIST, { redirect: 'error' }));
  } catch {
    // the next visit brings it
  }
  // pages come whole from the server, so a newer worker does not disturb one that is open
  await scope.skipWaiting();
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
scope.addEventListener('fetch', (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== 'GET' || origin !== location.origin) return;
  if (mode === 'navigate' && (pathname === LIST || ONE.test(pathname))) event.respondWith(page(event));
  else if (pathname.startsWith('/assets/')) event.respondWith(file(event.request));
});
