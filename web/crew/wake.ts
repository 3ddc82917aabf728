/** Keeps the screen on while wished; the browser drops the lock whenever the page is hidden. */
import { onScopeDispose, shallowRef, watch } from 'vue';

const KEY = 'crew.wake';

export function useWakeLock() {
  const wished = shallowRef(localStorage.getItem(KEY) === 'on');
  const failed = shallowRef(false);
  let lock: WakeLockSentinel | null = null;

  const update = async (): Promise<void> => {
    if (!wished.value) {
      await lock?.release();
      lock = null;
      return;
    }
    if (document.visibilityState !== 'visible') return;
    try {
      if (!('wakeLock' in navigator)) throw new Error('no wake lock');
      lock = await navigator.wakeLock.request('screen');
      failed.value = false;
    } catch {
      failed.value = true;
    }
  };
  const onVisible = (): void => void update();
  watch(
    wished,
    (on) => {
      localStorage.setItem(KEY, on ? 'on' : 'off');
      void update();
    },
    { immediate: true },
  );
  document.addEventListener('visibilitychange', onVisible);
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', onVisible);
    void lock?.release();
  });
  return { wished, failed };
}
