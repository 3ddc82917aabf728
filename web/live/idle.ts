/** Nobody has touched the phone for so long: then it shows nothing any more until the same person signs in. */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';

const TOUCHED = 'crew.touched';
const LOCKED = 'crew.locked';
/** The note of the last touch is that fresh, in ms: written at every touch it would wear the store out. */
const NOTE_EVERY_MS = 15_000;
const LOOK_EVERY_MS = 5_000;

const read = (key: string): string | null => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};
const write = (key: string, value: string | null): void => {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // forbidden: then a new page starts unlocked
  }
};

/** Nobody is signed in any more: whoever comes next begins anew. */
export function forgetIdle(): void {
  write(TOUCHED, null);
  write(LOCKED, null);
}

export interface Idle {
  locked: Readonly<ShallowRef<boolean>>;
  unlock: () => void;
}
/** Locks after `afterMs` without a touch, also when the page was closed meanwhile. Ends with its scope. */
export function useIdle(afterMs: number): Idle {
  const last = Number(read(TOUCHED) ?? Date.now());
  const locked = shallowRef(read(LOCKED) !== null || Date.now() - last >= afterMs);
  let touchedAt = Date.now();
  // the clock may be set, and this one stands still while some machines sleep: whichever says more
  let touchedMono = performance.now();
  let notedAt = 0;

  const note = (): void => {
    notedAt = Date.now();
    write(TOUCHED, String(notedAt));
  };
  const touch = (): void => {
    if (locked.value) return;
    touchedAt = Date.now();
    touchedMono = performance.now();
    if (Math.abs(touchedAt - notedAt) > NOTE_EVERY_MS) note();
  };
  const lock = (): void => {
    locked.value = true;
    write(LOCKED, 'yes');
  };
  const look = (): void => {
    if (!locked.value && Math.max(Date.now() - touchedAt, performance.now() - touchedMono) >= afterMs) lock();
  };
  if (locked.value) lock();
  else note();
  const timer = setInterval(look, LOOK_EVERY_MS);
  const touches = ['pointerdown', 'keydown', 'wheel'] as const;
  /** looks first: the touch that wakes a phone after hours must not keep it open */
  const onTouch = (): void => {
    look();
    touch();
  };
  for (const kind of touches) window.addEventListener(kind, onTouch, { capture: true, passive: true });
  document.addEventListener('visibilitychange', look);
  onScopeDispose(() => {
    clearInterval(timer);
    for (const kind of touches) window.removeEventListener(kind, onTouch, { capture: true });
    document.removeEventListener('visibilitychange', look);
  });
  return {
    locked,
    unlock: () => {
      locked.value = false;
      write(LOCKED, null);
      touch();
      note();
    },
  };
}
