/** What somebody is writing down and has not handed over: sealed on the device at every change, so that a killed app finds it again. */
import { computed, type ComputedRef, type Ref, ref, type ShallowRef, shallowRef, watch } from 'vue';
import { openDevice, vaultFor } from './device.ts';

/** Where drafts lie; what comes out was put in as plain data. */
export interface DraftStore {
  names: () => Promise<string[]>;
  get: (name: string) => Promise<unknown>;
  put: (name: string, value: unknown) => Promise<void>;
  delete: (name: string) => Promise<void>;
}
export interface Drafts {
  /** A copy of the draft of this name, or null. */
  load: <T>(name: string) => Promise<T | null>;
  /** Keeps a copy as it is now; later calls win. */
  keep: (name: string, value: unknown) => void;
  drop: (name: string) => Promise<void>;
  /** Whether there is a draft of this name; reactive, and true from the first keep(). */
  has: (name: string) => boolean;
  /** Whether anything at all is written down and not handed over. */
  hasDrafts: ComputedRef<boolean>;
  names: Readonly<ShallowRef<ReadonlySet<string>>>;
  /** Resolves when all that was said until now is on the device. */
  settled: () => Promise<void>;
}

/** Sealed with the person's key. */
export const sealedDrafts = (userId: string): DraftStore => ({
  names: async () =>
    (await (await openDevice()).getAllKeys('drafts')).flatMap(([owner, name]) => (owner === userId ? [name] : [])),
  get: async (name) => {
    const kept = await (await openDevice()).get('drafts', [userId, name]);
    return kept ? (await vaultFor(userId)).open(`draft ${name}`, kept.sealed) : null;
  },
  put: async (name, value) => {
    const sealed = await (await vaultFor(userId)).seal(`draft ${name}`, value);
    await (await openDevice()).put('drafts', { userId, name, sealed });
  },
  delete: async (name) => {
    await (await openDevice()).delete('drafts', [userId, name]);
  },
});

/** The drafts of one person on this device. A browser that keeps nothing has them as long as the page lives. */
export function createDrafts({ userId, store = sealedDrafts(userId) }: { userId: string; store?: DraftStore }): Drafts {
  const names = shallowRef<ReadonlySet<string>>(new Set());
  /** the newest value of each, also of what is not yet written; the page's own when the device keeps nothing */
  const newest = new Map<string, unknown>();
  const pending = new Set<string>();
  let writing: Promise<void> | null = null;

  const note = (name: string, there: boolean): void => {
    if (names.value.has(name) === there) return;
    const next = new Set(names.value);
    if (there) next.add(name);
    else next.delete(name);
    names.value = next;
  };
  const write = async (): Promise<void> => {
    for (const name of pending) {
      pending.delete(name);
      try {
        if (newest.has(name)) {
          await store.put(name, newest.get(name));
          // it is on the device: no need to have it in clear, too
          if (!pending.has(name)) newest.delete(name);
        } else await store.delete(name);
      } catch {
        // private mode or full: it lives as long as the page
      }
    }
    writing = null;
  };
  /** One write at a time, or an older one could come last. */
  const mark = (name: string): Promise<void> => {
    pending.add(name);
    writing ??= write();
    return writing;
  };
  const known = store.names().then(
    (kept) => {
      for (const name of kept) note(name, true);
    },
    () => undefined,
  );

  return {
    load: async <T>(name: string) => {
      await known;
      if (!names.value.has(name)) return null;
      try {
        const value = newest.has(name) ? newest.get(name) : await store.get(name);
        return value === null ? null : (structuredClone(value) as T);
      } catch {
        // sealed with a key that is gone: nobody will ever read it
        note(name, false);
        void mark(name);
        return null;
      }
    },
    keep: (name, value) => {
      // a plain copy: what is kept cannot be one of Vue's proxies
      newest.set(name, JSON.parse(JSON.stringify(value)));
      note(name, true);
      void mark(name);
    },
    drop: async (name) => {
      // what lies on the device from before must not come back
      await known;
      newest.delete(name);
      note(name, false);
      await mark(name);
    },
    has: (name) => names.value.has(name),
    hasDrafts: computed(() => names.value.size > 0),
    names,
    settled: async () => {
      await known;
      await writing;
    },
  };
}

/**
 * A draft to be bound to a form: `fresh()` until the kept one is here (`ready`), kept at every change from then on.
 * drop() ends it, once it has been handed over.
 */
export function useDraft<T extends object>(
  drafts: Drafts,
  name: string,
  fresh: () => T,
): { draft: Ref<T>; ready: Readonly<Ref<boolean>>; drop: () => Promise<void> } {
  const draft = ref(fresh()) as Ref<T>;
  const ready = ref(false);
  let over = false;
  void drafts.load<T>(name).then((kept) => {
    if (kept !== null) draft.value = { ...draft.value, ...kept };
    ready.value = true;
  });
  watch(
    draft,
    (value) => {
      if (ready.value && !over) drafts.keep(name, value);
    },
    // at once: a phone that kills the page asks nobody
    { deep: true, flush: 'sync' },
  );
  return {
    draft,
    ready,
    drop: () => {
      over = true;
      return drafts.drop(name);
    },
  };
}
