/** Commands made without a network: kept in order on the device, sent when there is one, gone only when the server has them. */
import { computed, type ComputedRef, type ShallowRef, shallowRef } from 'vue';
import { whoAmI } from '../../shared/users.ts';
import { CallProblem, type FilePart, Offline, outgoing, send, whenSignedOut } from './call.ts';
import { clockState } from './clock.ts';
import { backOffMs } from './feed.ts';
import { corrected, heads, judge, type OutboxItem, usualTimes } from './outbox-rules.ts';
import { type OutboxStore, pageStore, sealedStore } from './outbox-store.ts';

/** What is to be sent; `key` is the body's id or a UUID of its own. Make it with outgoing() of call.ts, or photoPosting() of photo.ts, and add label and lane. */
export interface Posting {
  endpointName: string;
  method: string;
  url: string;
  body: unknown;
  key?: string | null;
  /** the id in a true answer; the body's own id unless said */
  expectId?: string | null;
  headers?: Readonly<Record<string, string>>;
  files?: readonly FilePart[];
  label: string;
  lane: string;
  /** key of an item of another lane that must have gone before */
  after?: string | null;
  /** paths of times in the body that were read off the own clock; all known ones unless said */
  times?: readonly string[];
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
  /** items of other people that wait on this device until those sign in again */
  others: Readonly<ShallowRef<number>>;
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
interface Options {
  userId: string;
  /** where items lie; sealed on the device unless said */
  open?: () => Promise<OutboxStore>;
}

const LOCK = 'warmpath-outbox';

/** The outbox of one person on this device; another person's items stay until they sign in again. */
export function createOutbox({ userId, open = () => sealedStore(userId) }: Options): Outbox {
  const items = shallowRef<readonly OutboxItem[]>([]);
  const sending = shallowRef<string | null>(null);
  const durable = shallowRef(true);
  const others = shallowRef(0);
  const listeners = new Set<(item: OutboxItem, reply: unknown) => void>();
  let opening: Promise<OutboxStore> | null = null;
  let flushing: Promise<void> | null = null;
  let askedAgain = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let running = false;
  let revoked = false;
  let stopListening: (() => void) | null = null;

  const opened = (): Promise<OutboxStore> => {
    opening ??= open().catch(() => {
      durable.value = false;
      return pageStore();
    });
    return opening;
  };
  const read = async (): Promise<void> => {
    const store = await opened();
    items.value = await store.all();
    others.value = await store.others();
  };
  const put = async (item: OutboxItem): Promise<void> => {
    // discarded while it was under way
    if (revoked || !items.value.some(({ n }) => n === item.n)) return;
    await (await opened()).put(item);
    items.value = items.value.map((other) => (other.n === item.n ? item : other));
  };
  const remove = async (item: OutboxItem): Promise<void> => {
    if (revoked) return;
    await (await opened()).delete(item.n);
    items.value = items.value.filter(({ n }) => n !== item.n);
  };

  const filesOf = async (item: OutboxItem): Promise<FilePart[]> => {
    if (item.files.length === 0) return [];
    const blobs = await (await opened()).files(item);
    return item.files.flatMap(({ name, filename }, at) => {
      const blob = blobs[at];
      return blob ? [{ name, filename, blob }] : [];
    });
  };
  /** Before the first item whose times are doubtful, the clock is measured; throws Offline or CallProblem. */
  const readied = async (item: OutboxItem): Promise<OutboxItem> => {
    if (item.clock.certain || item.tries > 0) return item;
    if (!clockState().certain) await send(outgoing(whoAmI));
    const right = corrected(item, clockState());
    if (right !== item) await put(right);
    return right;
  };

  /** Sends one: the lane goes 'on', has to 'wait' for the next flush, or all of them do ('stop'). */
  const deliver = async (made: OutboxItem): Promise<'on' | 'wait' | 'stop'> => {
    let item = made;
    sending.value = item.key;
    let asked = false;
    try {
      item = await readied(item);
      const { method, url, body, key, expectId, headers } = item;
      const files = await filesOf(item);
      asked = true;
      const answer = await send({ method, url, body, key, expectId, headers, files });
      await remove(item);
      failures = 0;
      for (const listener of [...listeners]) listener(item, answer.body);
      return 'on';
    } catch (error) {
      if (revoked) return 'stop';
      if (error instanceof Offline) {
        if (asked) await put({ ...item, tries: item.tries + 1 });
        // a line may be too weak for a photo and good enough for everything else
        return asked && item.files.length > 0 ? 'wait' : 'stop';
      }
      if (!(error instanceof CallProblem)) throw error;
      const verdict = judge(error.status, error.code);
      if (verdict === 'again') {
        if (asked) await put({ ...item, tries: item.tries + 1, problem: error.code });
        return asked ? 'wait' : 'stop';
      }
      if (verdict === 'signed_out' || !asked) return 'stop';
      const current = error.current ?? null;
      await put({ ...item, tries: item.tries + 1, state: verdict, problem: error.code, current });
      return 'on';
    } finally {
      sending.value = null;
    }
  };

  const flushAll = async (): Promise<void> => {
    if (revoked) return;
    await read();
    const paused = new Set<string>();
    for (;;) {
      const ready = heads(items.value, userId).filter(({ lane }) => !paused.has(lane));
      // words first: what somebody waits for must not stand behind photos
      const next = ready.find(({ files }) => files.length === 0) ?? ready[0];
      if (!next) break;
      const outcome = await deliver(next);
      if (outcome === 'wait') paused.add(next.lane);
      if (outcome === 'stop') break;
    }
    clearTimeout(timer);
    if (running && !revoked && heads(items.value, userId).length > 0) {
      timer = setTimeout(() => void flush(), backOffMs(failures, Math.random()));
      failures += 1;
    }
  };
  /** Two tabs share the store: only one may send, or the order is lost. */
  const locked = async (work: () => Promise<void>): Promise<void> => {
    if ('navigator' in globalThis && 'locks' in navigator) await navigator.locks.request(LOCK, work);
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
    others,
    enqueue: async (posting) => {
      const store = await opened();
      const bodyId = (posting.body as { id?: unknown } | undefined)?.id;
      const ownId = typeof bodyId === 'string' ? bodyId : null;
      const files = posting.files ?? [];
      const made: OutboxItem = {
        n: 0,
        key: posting.key ?? ownId ?? crypto.randomUUID(),
        userId,
        endpointName: posting.endpointName,
        method: posting.method,
        url: posting.url,
        // a plain copy of what may be one of Vue's proxies
        body: posting.body === undefined ? undefined : (JSON.parse(JSON.stringify(posting.body)) as unknown),
        headers: posting.headers ?? {},
        files: files.map(({ name, filename, blob }) => ({ name, filename, type: blob.type, bytes: blob.size })),
        expectId: posting.expectId === undefined ? (posting.method === 'POST' ? ownId : null) : posting.expectId,
        label: posting.label,
        lane: posting.lane,
        after: posting.after ?? null,
        times: posting.times ?? usualTimes,
        clock: clockState(),
        state: 'waiting',
        tries: 0,
        madeAt: Date.now(),
        problem: null,
        current: null,
      };
      const n = await store.add(
        made,
        files.map(({ blob }) => blob),
      );
      const item = { ...made, n };
      // a flush that began meanwhile may have read it already
      items.value = [...items.value.filter((other) => other.n !== n), item];
      nudge();
      return item;
    },
    retry: async (key) => {
      const item = items.value.find((other) => other.key === key);
      if (!item) return;
      await put({ ...item, state: 'waiting', problem: null, current: null });
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
      stopListening = whenSignedOut((how) => {
        if (how !== 'revoked') return;
        revoked = true;
        items.value = [];
      });
      window.addEventListener('online', nudge);
      window.addEventListener('focus', nudge);
      document.addEventListener('visibilitychange', onVisible);
      nudge();
    },
    stop: () => {
      running = false;
      clearTimeout(timer);
      stopListening?.();
      window.removeEventListener('online', nudge);
      window.removeEventListener('focus', nudge);
      document.removeEventListener('visibilitychange', onVisible);
    },
  };
}
