/** What this device keeps of its people: one key each, and what is sealed with it. */
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import type { OutboxItem } from './outbox-rules.ts';
import { newKey, type Sealed, type Vault, vaultOf } from './vault.ts';

/** In clear is only what has to be known without the key: whose it is, in which order, and whether it still goes. */
export interface StoredItem extends Pick<OutboxItem, 'key' | 'userId' | 'state'> {
  /** given by the store */
  n?: number;
  sealed: Sealed;
}
interface Schema extends DBSchema {
  keys: { key: string; value: { userId: string; key: CryptoKey } };
  /** also, until they are read for the first time, items that an earlier edition left in clear */
  items: { key: number; value: StoredItem | OutboxItem };
  /** files of an item, apart, since they are only wanted when it is sent */
  files: { key: number; value: { n: number; sealed: Sealed[] } };
  pictures: { key: string; value: { userId: string; savedAt: number; sealed: Sealed } };
  drafts: { key: [string, string]; value: { userId: string; name: string; sealed: Sealed } };
  /** parts of the track that no server has yet */
  tracks: { key: [string, number]; value: { userId: string; n: number; sealed: Sealed } };
}
export type Device = IDBPDatabase<Schema>;
/** The stores that are one person's, with where to find whose a row is. */
const STORES = ['keys', 'items', 'files', 'pictures', 'drafts', 'tracks'] as const;

/** The name is older than its other stores: what an earlier edition left to be sent must be found. */
const NAME = 'warmpath-outbox';
/** Of an earlier edition, which kept the picture in clear. */
const OLD_PICTURES = 'warmpath-picture';
/** The copy of the page that the crew's worker keeps (web/crew/sw.ts), which names whose it is. */
const PAGE = 'warmpath-page';

let opening: Promise<Device> | null = null;
/** nothing may be written behind the back of whoever has just wiped it */
let wiped = false;
const vaults = new Map<string, Promise<Vault>>();

/** Throws where the browser keeps nothing, or cannot seal it, and after wipeDevice(). */
export function openDevice(): Promise<Device> {
  if (wiped) return Promise.reject(new Error('wiped'));
  opening ??= openDB<Schema>(NAME, 2, {
    upgrade: (db, from) => {
      if (from < 1) db.createObjectStore('items', { keyPath: 'n', autoIncrement: true });
      db.createObjectStore('keys', { keyPath: 'userId' });
      db.createObjectStore('files', { keyPath: 'n' });
      db.createObjectStore('pictures', { keyPath: 'userId' });
      db.createObjectStore('drafts', { keyPath: ['userId', 'name'] });
      db.createObjectStore('tracks', { keyPath: ['userId', 'n'] });
    },
    // a newer edition in another tab wants to change it; what comes later opens it again
    blocking: (_from, _to, event) => {
      (event.target as IDBDatabase).close();
      opening = null;
    },
    terminated: () => {
      opening = null;
    },
  }).then((db) => {
    void deleteDB(OLD_PICTURES).catch(() => undefined);
    return db;
  });
  opening.catch(() => {
    opening = null;
  });
  return opening;
}

/** The vault of a person on this device; their key is made at the first time. Throws as openDevice() does. */
export function vaultFor(userId: string): Promise<Vault> {
  const known = vaults.get(userId);
  if (known) return known;
  const made = (async () => {
    const db = await openDevice();
    const kept = await db.get('keys', userId);
    if (kept) return vaultOf(kept.key);
    const fresh = await newKey();
    // another tab may have been faster: the first key that is kept is the one
    const tx = db.transaction('keys', 'readwrite');
    const first = await tx.store.get(userId);
    if (!first) await tx.store.put({ userId, key: fresh });
    await tx.done;
    return vaultOf(first?.key ?? fresh);
  })();
  vaults.set(userId, made);
  made.catch(() => vaults.delete(userId));
  return made;
}

/** Deletes the worker's copy of the page. */
export async function forgetPage(): Promise<void> {
  // absent where the origin is not secure
  if ('caches' in globalThis) await caches.delete(PAGE).catch(() => false);
}

/**
 * A person leaves this device: picture and page go. What was never sent stays, sealed, until they sign in again, unless
 * `discard` says that it may go; with nothing left, the key goes, too.
 */
export async function leaveDevice(userId: string, { discard = false } = {}): Promise<void> {
  await forgetPage();
  try {
    const db = await openDevice();
    const tx = db.transaction(STORES, 'readwrite');
    await tx.objectStore('pictures').delete(userId);
    const mine = (await tx.objectStore('items').getAll()).filter((item) => item.userId === userId);
    const drafts = (await tx.objectStore('drafts').getAllKeys()).filter(([owner]) => owner === userId);
    if (discard || (mine.length === 0 && drafts.length === 0)) {
      for (const { n } of mine) {
        await tx.objectStore('items').delete(n as number);
        await tx.objectStore('files').delete(n as number);
      }
      for (const key of drafts) await tx.objectStore('drafts').delete(key);
      await tx.objectStore('tracks').delete(IDBKeyRange.bound([userId, 0], [userId, Infinity]));
      await tx.objectStore('keys').delete(userId);
      vaults.delete(userId);
    }
    await tx.done;
  } catch {
    // nothing was kept
  }
}

/**
 * The phone was taken out of service: keys first, then all they had sealed, of everybody who has used it, since nobody knows
 * in whose hands it is. Nothing can be kept afterwards until the page is loaded again.
 */
export async function wipeDevice(): Promise<void> {
  const open = openDevice();
  wiped = true;
  vaults.clear();
  try {
    const db = await open;
    const tx = db.transaction(STORES, 'readwrite');
    await Promise.all(STORES.map((name) => tx.objectStore(name).clear()));
    await tx.done;
    db.close();
    await deleteDB(NAME);
  } catch {
    // nothing was kept
  }
  try {
    localStorage.clear();
    sessionStorage.clear();
  } catch {
    // forbidden: then nothing is in them
  }
  if ('caches' in globalThis)
    for (const name of await caches.keys().catch(() => [])) await caches.delete(name).catch(() => false);
}
