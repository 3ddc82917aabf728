/** The address within a page of parts: `#/part`, `#/part/new`, `#/part/<id>`; what is unsaved asks before it is left. */
import { onScopeDispose, type ShallowRef, shallowRef } from 'vue';

export interface Route {
  part: string;
  /** an id, 'new', or '' for the part itself */
  id: string;
}
export const addressOf = (part: string, id = ''): string => `#/${part}${id === '' ? '' : `/${id}`}`;
const read = (hash: string): Route => {
  const [part = '', id = ''] = hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  return { part, id };
};

const current = shallowRef<Route>(read(location.hash));
export const route: Readonly<ShallowRef<Route>> = current;
/** where somebody wants to go although something is unsaved; null when nobody is to be asked */
const wanted = shallowRef<string | null>(null);
export const leavingTo: Readonly<ShallowRef<string | null>> = wanted;
let shown = location.hash;
const guards = new Set<() => boolean>();
const dirty = (): boolean => [...guards].some((unsaved) => unsaved());

addEventListener('hashchange', () => {
  if (location.hash === shown) return;
  if (dirty()) {
    wanted.value = location.hash;
    history.replaceState(null, '', shown === '' ? location.pathname : shown);
    return;
  }
  shown = location.hash;
  current.value = read(shown);
});
addEventListener('beforeunload', (event) => {
  if (dirty()) event.preventDefault();
});

export function go(part: string, id = ''): void {
  location.hash = addressOf(part, id);
}
export function stay(): void {
  wanted.value = null;
}
/** Goes where somebody wanted to, and forgets what was unsaved. */
export function leave(): void {
  const target = wanted.value;
  wanted.value = null;
  guards.clear();
  if (target !== null) location.hash = target;
}
/** Asks before the page is left as long as `unsaved` says so; ends with the component. */
export function guardWhile(unsaved: () => boolean): void {
  guards.add(unsaved);
  onScopeDispose(() => guards.delete(unsaved));
}
