/** The live picture of a page, for parts of it that come from nouns: they know no page. */
import { inject, type InjectionKey, provide } from 'vue';
import type { Store } from './store.ts';

const KEY: InjectionKey<Store> = Symbol('store');
/** Called once, by the page. */
export const provideStore = (store: Store): void => provide(KEY, store);
export function useStore(): Store {
  const store = inject(KEY);
  if (!store) throw new Error('no page above');
  return store;
}
