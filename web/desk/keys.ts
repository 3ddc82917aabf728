/** Single keys of the desk; they can be switched off for people whose tools type by themselves. */
import { onScopeDispose, type ShallowRef, shallowRef } from 'vue';

export const keyNames = ['j', 'k', 'Enter', 's', 'n', 'm', 'c', 'g', '/', '?', 'Escape'] as const;
export type KeyName = (typeof keyNames)[number];
const KEY = 'warmpath.keys';

const on = shallowRef(readWish());
export const keysOn: Readonly<ShallowRef<boolean>> = on;
export function setKeys(wish: boolean): void {
  on.value = wish;
  try {
    localStorage.setItem(KEY, wish ? 'on' : 'off');
  } catch {
    // for this page only, then
  }
}
function readWish(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

/** Listens while the component lives. Enter stays the browser's own: it presses the button that has the focus. */
export function useKeys(actions: Partial<Record<KeyName, () => void>>): void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector('dialog[open]')) return;
    const action = actions[event.key as KeyName];
    if (!action || (!on.value && event.key !== 'Escape')) return;
    event.preventDefault();
    action();
  };
  window.addEventListener('keydown', onKey);
  onScopeDispose(() => window.removeEventListener('keydown', onKey));
}
