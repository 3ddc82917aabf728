/** Putting the page on the phone's home screen: with a button where the browser lends one, else with words. */
import { computed, shallowRef } from 'vue';

interface InstallEvent extends Event {
  prompt: () => Promise<{ outcome: 'accepted' | 'dismissed' }>;
}
const offered = shallowRef<InstallEvent | null>(null);
const done = shallowRef(
  matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true,
);

/** iPhones and iPads have no such button; an iPad says that it is a Mac, with fingers. */
const isApple =
  /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.userAgent.includes('Mac') && navigator.maxTouchPoints > 1);

/** How this browser does it; `done` when the page runs from the home screen already. */
export const installWay = computed((): 'done' | 'button' | 'apple' | 'menu' =>
  done.value ? 'done' : offered.value ? 'button' : isApple ? 'apple' : 'menu',
);

/** Call it before anything is mounted: the browser offers once, early. */
export function listenForInstall(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    // its own banner would cover the next step
    event.preventDefault();
    offered.value = event as InstallEvent;
  });
  window.addEventListener('appinstalled', () => {
    offered.value = null;
    done.value = true;
  });
}

/** Asks the browser; an offer can be used once. */
export async function install(): Promise<void> {
  const offer = offered.value;
  offered.value = null;
  await offer?.prompt();
}
