/** Commands made without a network: kept in order on the device, sent when there is one, gone only when the server has them. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { computed, type ComputedRef, type ShallowRef, shallowRef } from 'vue';
import { CallProblem, Offline, send } from './call.ts';
import { backOffMs } from './feed.ts';
import { heads, judge, type OutboxItem } from './outbox-rules.ts';

interface Schema extends DBSchema {
  items: { key: number; value: OutboxItem };
}
/** What is to be sent; `key` is the body's id or a UUID of its own. Make it with outgoing() of call.ts and add label and lane. */
export interface Posting {
  endpointName: string;
  method: string;
  url: string;
  body: unknown;
  key?: string | null;
  /** the id in a true answer; the body's own id unless said */
  expectId?: string | null;
  label: string;
  lane: string;
}
export interface Outbox {
  items: Readonly<ShallowRef<readonly OutboxItem[]>>;
  /** key of the item under way, or null */
  sending: Readonly<ShallowRef<string | null>>;
  /** not yet with the server and still trying */
  pending: ComputedRef<number>;
  /** conflict or refused: a person must look */
  stuck: ComputedRef<readonly OutboxItem[]>;
  /** false when the browser keeps nothing (private mode): items live only as long as the page */
  durable: Readonly<ShallowRef<boolean>>;
  enqueue: (posting: Posting) => Promise<OutboxItem>;
  /** Tries a stuck item again. */
  retry: (key: string) => Promise<void>;
  discard: (key: string) => Promise<void>;
  flush: () => Promise<void>;
  /** Tells of each item the server has taken, with its answer. Returns how to stop. */
  onSent: (listener: (item: OutboxItem, reply: unknown) => void) => () => void;
  start: () => void;
  stop: () => void;
}

const LOCK = 'warmpath-outbox';

/** The outbox of one person on this device; another person's items stay until they sign in again. */
export function createOutbox({ userId }: { userId: string }): Outbox {
  const items = shallowRef<readonly OutboxItem[]>([]);
  const sending = shallowRef<string | null>(null);
  const durable = shallowRef(true);
  const listeners = new Set<(item: OutboxItem, reply: unknown) => void>();
  let db: IDBPDatabase<Schema> | null = null;
  let opening: Promise<void> | null = null;
  let flushing: Promise<void> | null = null;
  let askedAgain = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let running = false;

  const open = (): Promise<void> => {
    opening ??= (async () => {
      try {
        db = await openDB<Schema>('warmpath-outbox', 1, {
          upgrade: (fresh) => {
            fresh.createObjectStore('items', { keyPath: 'n', autoIncrement: true });
          },
          blocking: () => db?.close(),
        });
      } catch {
        durable.value = false;
      }
      await read();
    })();
    return opening;
  };
  const read = async (): Promise<void> => {
    if (db) items.value = (await db.getAll('items')).filter((item) => item.userId === userId);
  };
  const put = async (item: OutboxItem): Promise<void> => {
    // discarded while it was under way
    if (!items.value.some(({ n }) => n === item.n)) return;
    if (db) await db.put('items', item);
    items.value = items.value.map((other) => (other.n === item.n ? item : other));
  };
  const remove = async (item: OutboxItem): Promise<void> => {
    if (db) await db.delete('items', item.n);
    items.value = items.value.filter(({ n }) => n !== item.n);
  };

  /** Sends one; true when its lane may go on. */
  const deliver = async (item: OutboxItem): Promise<'on' | 'wait' | 'stop'> => {
    sending.value = item.key;
    try {
      const answer = await send({
        method: item.method,
        url: item.url,
        body: item.body,
        key: item.key,
        expectId: item.expectId,
      });
      await remove(item);
      failures = 0;
      for (const listener of [...listeners]) listener(item, answer.body);
      return 'on';
    } catch (error) {
      if (error instanceof Offline) {
        await put({ ...item, tries: item.tries + 1 });
        return 'stop';
      }
      if (!(error instanceof CallProblem)) throw error;
      const verdict = judge(error.status, error.code);
      if (verdict === 'again') {
        await put({ ...item, tries: item.tries + 1, problem: error.code });
        return 'wait';
      }
      if (verdict === 'signed_out') return 'stop';
      await put({ ...item, tries: item.tries + 1, state: verdict, problem: error.code });
      return 'on';
    } finally {
      sending.value = null;
    }
  };

  const flushAll = async (): Promise<void> => {
    await open();
    await read();
    const paused = new Set<string>();
    for (;;) {
      const next = heads(items.value, userId).find(({ lane }) => !paused.has(lane));
      if (!next) break;
      const outcome = await deliver(next);
      if (outcome === 'wait') paused.add(next.lane);
      if (outcome === 'stop') break;
    }
    clearTimeout(timer);
    if (running && heads(items.value, userId).length > 0) {
      timer = setTimeout(() => void flush(), backOffMs(failures, Math.random()));
      failures += 1;
    }
  };
  /** Two tabs share the store: only one may send, or the order is lost. */
  const locked = async (work: () => Promise<void>): Promise<void> => {
    if ('locks' in navigator) await navigator.locks.request(LOCK, work);
    else await work();
  };
  const flush = (): Promise<void> => {
    if (flushing) {
      askedAgain = true;
      return flushing;
    }
    flushing = locked(flushAll).finally(() => {
      flushing = null;
      if (!askedAgain) return;
      askedAgain = false;
      void flush();
    });
    return flushing;
  };

  const nudge = (): void => {
    failures = 0;
    void flush();
  };
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') nudge();
  };

  return {
    items,
    sending,
    durable,
    pending: computed(() => items.value.filter(({ state }) => state === 'waiting').length),
    stuck: computed(() => items.value.filter(({ state }) => state !== 'waiting')),
    enqueue: async (posting) => {
      await open();
      const bodyId = (posting.body as { id?: unknown } | undefined)?.id;
      const ownId = typeof bodyId === 'string' ? bodyId : null;
      const made: Omit<OutboxItem, 'n'> = {
        key: posting.key ?? ownId ?? crypto.randomUUID(),
        userId,
        endpointName: posting.endpointName,
        method: posting.method,
        url: posting.url,
        // a plain copy: IndexedDB cannot keep Vue's proxies
        body: posting.body === undefined ? undefined : (JSON.parse(JSON.stringify(posting.body)) as unknown),
        expectId: posting.expectId === undefined ? (posting.method === 'POST' ? ownId : null) : posting.expectId,
        label: posting.label,
        lane: posting.lane,
        state: 'waiting',
        tries: 0,
        madeAt: Date.now(),
        problem: null,
      };
      const n = db ? await db.add('items', made as OutboxItem) : Math.max(0, ...items.value.map((item) => item.n)) + 1;
      const item = { ...made, n };
      items.value = [...items.value, item];
      nudge();
      return item;
    },
    retry: async (key) => {
      const item = items.value.find((other) => other.key === key);
      if (!item) return;
      await put({ ...item, state: 'waiting', problem: null });
      nudge();
    },
    discard: async (key) => {
      const item = items.value.find((other) => other.key === key);
      if (item) await remove(item);
    },
    flush,
    onSent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start: () => {
      running = true;
      window.addEventListener('online', nudge);
      window.addEventListener('focus', nudge);
      document.addEventListener('visibilitychange', onVisible);
      nudge();
    },
    stop: () => {
      running = false;
      clearTimeout(timer);
      window.removeEventListener('online', nudge);
      window.removeEventListener('focus', nudge);
      document.removeEventListener('visibilitychange', onVisible);
    },
  };
}
