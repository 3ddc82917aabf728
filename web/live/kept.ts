/** The last picture on this device, sealed, so that a phone without signal can start with tonight's work. */
import type { State } from '../../shared/state.ts';
import { forgetPage, openDevice, vaultFor } from './device.ts';

/** Older than a shift is of no use and only a risk on a lost phone. */
const MAX_AGE_MS = 16 * 3_600_000;
const ABOUT = 'picture';

/** The picture kept for this person, or null when there is none, it is too old, or the browser keeps nothing. */
export async function loadPicture(userId: string): Promise<State | null> {
  try {
    const kept = await (await openDevice()).get('pictures', userId);
    if (!kept || Date.now() - kept.savedAt >= MAX_AGE_MS) return null;
    return (await (await vaultFor(userId)).open(ABOUT, kept.sealed)) as State;
  } catch {
    return null;
  }
}

/** Keeps the picture; other people's are deleted, since a phone has one holder. A browser that keeps nothing is no error. */
export async function savePicture(userId: string, state: State): Promise<void> {
  try {
    const sealed = await (await vaultFor(userId)).seal(ABOUT, state);
    const tx = (await openDevice()).transaction('pictures', 'readwrite');
    await tx.store.clear();
    await tx.store.put({ userId, savedAt: Date.now(), sealed });
    await tx.done;
  } catch {
    // private mode or full: the phone then needs the network to start
  }
}

/** Deletes what is kept to look at, the page included: when the session has ended, and while the phone is locked. */
export async function forgetPictures({ page = true } = {}): Promise<void> {
  if (page) await forgetPage();
  try {
    await (await openDevice()).clear('pictures');
  } catch {
    // nothing was kept
  }
}
