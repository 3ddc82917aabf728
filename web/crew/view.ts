/** Screens within a screen that the phone's own back key leaves. */
import { onScopeDispose, shallowRef } from 'vue';

/** Starts at `home`; each open() is one step of history. */
export function useView<V extends string>(home: V) {
  const shown = shallowRef<V>(home);
  let depth = 0;
  const onPop = (event: PopStateEvent): void => {
    depth = Math.max(0, depth - 1);
    const state = event.state as { view?: V } | null;
    shown.value = depth > 0 && state?.view !== undefined ? state.view : home;
    window.scrollTo(0, 0);
  };
  window.addEventListener('popstate', onPop);
  onScopeDispose(() => {
    window.removeEventListener('popstate', onPop);
    // the entry belonged to a screen that is gone
    if (depth > 0) history.go(-depth);
  });
  return {
    shown,
    open: (view: V): void => {
      history.pushState({ view }, '');
      depth += 1;
      shown.value = view;
      window.scrollTo(0, 0);
    },
    back: (): void => {
      if (depth > 0) history.back();
      else shown.value = home;
    },
  };
}
