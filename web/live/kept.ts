/** The last picture on this device, so that a phone without signal can start with tonight's work. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { State } from '../../shared/state.ts';

interface Schema extends DBSchema {
  pictures: { key: string; value: { userId: string; savedAt: number; state: State } };
}
/** Older than a shift is of no use and only a risk on a lost phone. */
const MAX_AGE_MS = 16 * 3_600_000;

const open = (): Promise<IDBPDatabase<Schema>> =>
  openDB<Schema>('warmpath-picture', 1, {
    upgrade: (db) => {
      db.createObjectStore('pictures', { keyPath: 'userId' });
    },
  });

/** The picture kept for this person, or null when there is none, it is too old, or the browser keeps nothing. */
export async function loadPicture(userId: string): Promise<State | null> {
  try {
    const db = await open();
    const kept = await db.get('pictures', userId);
    db.close();
    return kept && Date.now() - kept.savedAt < MAX_AGE_MS ? kept.state : null;
  } catch {
    return null;
  }
}

/** Keeps the picture; other people's are deleted, since a phone has one holder. A browser that keeps nothing is no error. */
export async function savePicture(userId: string, state: State): Promise<void> {
  try {
    const db = await open();
    const tx = db.transaction('pictures', 'readwrite');
    await tx.store.clear();
    await tx.store.put({ userId, savedAt: Date.now(), state });
    await tx.done;
    db.close();
  } catch {
    // private mode or full: the phone then needs the network to start
  }
}

/** The copy of the page that the crew's worker keeps (web/crew/sw.ts), which names whose it is. */
const PAGE = 'warmpath-page';

/** Deletes what is kept, the page included: at sign-out, and when the session has ended in another way. */
export async function forgetPictures(): Promise<void> {
  // absent where the origin is not secure
  if ('caches' in window) await caches.delete(PAGE).catch(() => false);
  try {
    const db = await open();
    await db.clear('pictures');
    db.close();
  } catch {
    // nothing was kept
  }
}
