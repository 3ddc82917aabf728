/** Keeps the screen on while wished, or while the patrol mode is open; browsers drop the lock whenever the page is hidden. */
import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue';

const KEY = 'crew.wake';

/** `needed` keeps it on whatever is wished. Ends with its scope. */
export function useWakeLock(needed: Ref<boolean> = shallowRef(false)) {
  const wished = shallowRef(localStorage.getItem(KEY) === 'on');
  const failed = shallowRef(false);
  const on = computed(() => wished.value || needed.value);
  let lock: WakeLockSentinel | null = null;
  let stopped = false;

  const update = async (): Promise<void> => {
    if (!on.value || stopped) {
      const held = lock;
      lock = null;
      failed.value = false;
      await held?.release();
      return;
    }
    if (document.visibilityState !== 'visible' || lock?.released === false) return;
    try {
      if (!('wakeLock' in navigator)) throw new Error('no wake lock');
      const held = await navigator.wakeLock.request('screen');
      // a phone low on power takes it back while the page is in sight
      held.addEventListener('release', () => {
        if (lock === held && document.visibilityState === 'visible') failed.value = true;
      });
      lock = held;
      failed.value = false;
      if (!on.value || stopped) await update();
    } catch {
      failed.value = true;
    }
  };
  const again = (): void => void update();
  watch(wished, (is) => localStorage.setItem(KEY, is ? 'on' : 'off'));
  watch(on, again, { immediate: true });
  document.addEventListener('visibilitychange', again);
  // a press is when browsers grant it best
  document.addEventListener('pointerdown', again);
  onScopeDispose(() => {
    stopped = true;
    document.removeEventListener('visibilitychange', again);
    document.removeEventListener('pointerdown', again);
    void update();
  });
  return { wished, failed };
}
