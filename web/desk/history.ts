/** Keeps the browser's history and what the desk shows the same. */
import { onScopeDispose, watch } from 'vue';
import { type Address, formatAddress, parseAddress } from './address.ts';

/**
 * Opening another incident or view is a step that "back" takes back; all else only changes the present address.
 * `read` says what is shown, `show` shows another address.
 */
export function useHistory(read: () => Address, show: (address: Address) => void): void {
  show(parseAddress(location.search));
  watch(read, (now, before) => {
    const query = formatAddress(now);
    if (query === formatAddress(parseAddress(location.search))) return;
    const step = now.incidentId !== before.incidentId ? now.incidentId !== null : now.view !== before.view;
    history[step ? 'pushState' : 'replaceState'](null, '', `${location.pathname}${query}`);
  });
  const onBack = (): void => show(parseAddress(location.search));
  window.addEventListener('popstate', onBack);
  onScopeDispose(() => window.removeEventListener('popstate', onBack));
}
