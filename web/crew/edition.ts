/** The page's side of its worker: registers it, and puts a newer edition in place when somebody asks for it. */
import { type ShallowRef, shallowRef } from 'vue';
import { allowKnownStrings } from '../ui/trusted.ts';

const LOOK_AGAIN_MS = 3_600_000;
const waiting = shallowRef<ServiceWorker | null>(null);
/** A newer edition is on the phone and waits; it never takes over by itself while the page is open. */
export const newerEdition: Readonly<ShallowRef<ServiceWorker | null>> = waiting;

function watch(registration: ServiceWorkerRegistration): void {
  const look = (): void => {
    // without a controller this is the first edition, which has nobody to wait for
    waiting.value = navigator.serviceWorker.controller === null ? null : registration.waiting;
  };
  look();
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', look);
  });
  // a page that stays open all night is never navigated, which is when browsers look
  let lookedAt = Date.now();
  const lookAgain = (): void => {
    if (document.visibilityState !== 'visible' || Date.now() - lookedAt < LOOK_AGAIN_MS) return;
    lookedAt = Date.now();
    registration.update().catch(() => undefined);
  };
  document.addEventListener('visibilitychange', lookAgain);
  window.addEventListener('online', lookAgain);
}

/** Registers the worker. A browser that has none, or refuses it, has the page as it is. */
export async function startWorker(): Promise<void> {
  try {
    if (!('serviceWorker' in navigator)) return;
    allowKnownStrings();
    watch(await navigator.serviceWorker.register('/crew/sw.js', { scope: '/crew' }));
  } catch {
    // private mode, or a policy of the phone's owner: then a start needs the network
  }
}

/** Puts the newer edition in place and loads the page again with it; another page of it that is open goes on as it is. */
export function takeNewerEdition(): void {
  const next = waiting.value;
  if (!next) return;
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  next.postMessage('take over');
}
