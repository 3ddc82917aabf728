/** Reports that wait for a connection. One leaves only when the server has said so with the report's own id: a captive portal answers 200 too. */
import { openStore, type Store, type Waiting } from './outbox-store.ts';

const REPORT_MS = 20_000;
const PHOTO_MS = 120_000;
/** How long the number of a report that was sent is shown. */
const KEPT_MS = 24 * 3_600_000;

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** One try; null when no answer came that is our server's. */
async function post(
  url: string,
  body: string | FormData,
  headers: Record<string, string>,
  ms: number,
): Promise<Answer | null> {
  const abort = new AbortController();
  const timer = setTimeout(() => {
    abort.abort();
  }, ms);
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { accept: 'application/json', 'x-requested-with': 'warmpath', ...headers },
      signal: abort.signal,
    });
    const said: unknown = await response.json();
    return typeof said === 'object' && said !== null
      ? { status: response.status, body: said as Record<string, unknown> }
      : null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

const taken = ({ status, body }: Answer): boolean =>
  (status === 200 || status === 201) && typeof body['id'] === 'string';
/** It will not be taken as it is, however often it is sent. */
const refused = ({ status, body }: Answer): boolean =>
  [400, 404, 409, 413, 415, 422].includes(status) && typeof body['code'] === 'string';

const wrongIn = (body: Record<string, unknown>): string[] => {
  const errors = Array.isArray(body['errors']) ? (body['errors'] as { path?: string; code?: string }[]) : [];
  return errors.map(({ path, code }) => (code === 'place_missing' ? 'placeText' : (path?.split('/')[1] ?? '')));
};

export interface Outbox {
  items: () => readonly Waiting[];
  /** id of what is being sent now, or null */
  sending: () => string | null;
  durable: () => boolean;
  add: (report: {
    id: string;
    body: unknown;
    fields: Record<string, string[]>;
    photos: readonly Blob[];
  }) => Promise<void>;
  remove: (id: string) => Promise<void>;
  /** Tries everything that waits. */
  flush: () => Promise<void>;
  /** Begins nothing more: the next page goes on where this one leaves off. */
  leave: () => void;
}

/** Opens the outbox and keeps sending: at once, when the connection or the reader comes back, and from time to time. */
export async function openOutbox(changed: () => void): Promise<Outbox> {
  const store: Store = await openStore();
  let items = await store.read();
  let sending: string | null = null;
  let flushing: Promise<void> | null = null;
  let failures = 0;
  let leaving = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const put = async (item: Waiting): Promise<void> => {
    items = [...items.filter(({ id }) => id !== item.id), item].sort((a, b) => a.at - b.at);
    changed();
    try {
      await store.put(item);
    } catch {
      // full: it is still sent from this page
    }
  };
  const remove = async (id: string): Promise<void> => {
    items = items.filter((item) => item.id !== id);
    changed();
    await store.remove(id);
  };

  /** True when the server has the report, or will never take it. */
  const sendReport = async (item: Waiting): Promise<boolean> => {
    const answer = await post(
      '/api/sightings',
      JSON.stringify(item.body),
      { 'content-type': 'application/json' },
      REPORT_MS,
    );
    if (answer && taken(answer) && answer.body['id'] === item.id) {
      const { code, followUpUrl } = answer.body;
      await put({
        ...item,
        state: 'sent',
        body: null,
        fields: {},
        code: String(code),
        followUpUrl: String(followUpUrl),
      });
      return true;
    }
    if (!answer || !refused(answer)) return false;
    const wrong = wrongIn(answer.body);
    // a phone whose clock is years off: the server's own time will do
    if (wrong.includes('observedAt')) {
      await put({ ...item, body: { ...(item.body as object), observedAt: undefined } });
      return sendReport({ ...item, body: { ...(item.body as object), observedAt: undefined } });
    }
    await put({ ...item, state: 'refused', wrong });
    return true;
  };
  const sendPhoto = async (item: Waiting): Promise<boolean> => {
    const [photo, ...rest] = item.photos;
    if (!photo) return true;
    const form = new FormData();
    form.append('photo', new Blob([photo]), 'photo');
    const token = item.followUpUrl.split('/').pop() ?? '';
    const answer = await post(`/api/sightings/${item.id}/photos`, form, { 'x-follow-token': token }, PHOTO_MS);
    if (!answer || (!taken(answer) && !refused(answer))) return false;
    await put({ ...item, photos: rest, lostPhotos: item.lostPhotos + (taken(answer) ? 0 : 1) });
    return true;
  };

  const isOpen = (item: Waiting): boolean =>
    item.state === 'waiting' || (item.state === 'sent' && item.photos.length > 0);
  const flushAll = async (): Promise<void> => {
    const tried = new Set<string>();
    const nextOpen = (): Waiting | undefined => items.find((item) => isOpen(item) && !tried.has(item.id));
    for (let next = nextOpen(); next && !leaving; next = nextOpen()) {
      sending = next.id;
      changed();
      const went = await (next.state === 'waiting' ? sendReport(next) : sendPhoto(next));
      sending = null;
      changed();
      if (went) failures = 0;
      else tried.add(next.id);
    }
    clearTimeout(timer);
    if (!items.some(isOpen)) return;
    failures += 1;
    const waitMs = Math.min(60_000, 5_000 * 2 ** (failures - 1));
    timer = setTimeout(() => void flush(), waitMs * (0.8 + Math.random() * 0.4));
  };
  const flush = (): Promise<void> => {
    flushing ??= flushAll().finally(() => {
      flushing = null;
    });
    return flushing;
  };

  for (const item of items)
    if (item.state === 'sent' && item.photos.length === 0 && Date.now() - item.at > KEPT_MS) void remove(item.id);
  // back from the browser's memory
  window.addEventListener('pageshow', () => {
    leaving = false;
  });
  window.addEventListener('online', () => void flush());
  window.addEventListener('focus', () => void flush());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void flush();
  });

  return {
    items: () => items,
    sending: () => sending,
    durable: () => store.durable,
    add: async ({ photos, ...report }) => {
      const kept = await Promise.all(photos.map((photo) => new Response(photo).arrayBuffer()));
      await put({
        ...report,
        photos: kept,
        at: Date.now(),
        state: 'waiting',
        lostPhotos: 0,
        code: '',
        followUpUrl: '',
        wrong: [],
      });
    },
    remove,
    flush,
    leave: () => {
      leaving = true;
    },
  };
}
