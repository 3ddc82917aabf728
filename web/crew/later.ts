/**
 * Screens that nobody sees first: fetched as soon as the first one stands, so that they are on the phone before the line is
 * gone (and in the worker's store, for a start without one).
 */
import { type Component, defineAsyncComponent } from 'vue';

const AGAIN_MS = 3000;
const parts: (() => Promise<unknown>)[] = [];

function later<C extends Component>(load: () => Promise<{ default: C }>): C {
  parts.push(load);
  return defineAsyncComponent<C>({
    loader: async () => (await load()).default,
    delay: 0,
    // the line was gone just then
    onError: (_error, retry) => {
      setTimeout(retry, AGAIN_MS);
    },
  });
}

export const BedScreen = later(() => import('./BedScreen.vue'));
export const EncounterScreen = later(() => import('./EncounterScreen.vue'));
export const FoundScreen = later(() => import('./FoundScreen.vue'));
export const LoadDialog = later(() => import('../supplies/LoadDialog.vue'));
export const LockScreen = later(() => import('./LockScreen.vue'));
export const OutboxDialog = later(() => import('./OutboxDialog.vue'));
export const RoundScreen = later(() => import('./RoundScreen.vue'));
export const SettingsDialog = later(() => import('./SettingsDialog.vue'));
export const SignOutDialog = later(() => import('./SignOutDialog.vue'));
export const UnloadDialog = later(() => import('../supplies/UnloadDialog.vue'));

/** Call it when the first screen stands. */
export function fetchLater(): void {
  const fetchAll = (): void => {
    for (const load of parts) void load().catch(() => undefined);
  };
  if ('requestIdleCallback' in window) requestIdleCallback(fetchAll, { timeout: AGAIN_MS });
  else setTimeout(fetchAll, AGAIN_MS);
}
