/** Single keys of the desk; they can be switched off for people whose tools type by themselves. */
import { onScopeDispose, type ShallowRef, shallowRef } from 'vue';
import { type Commands, commands } from './commands.ts';

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

/** Listens while the component lives. Enter stays the browser's own: it presses the button that has the focus. Ctrl+K (⌘K) opens the palette from anywhere. */
export function useKeys(actions: Commands): void {
  const commandOf = (event: KeyboardEvent): Commands[keyof Commands] | null => {
    if (event.defaultPrevented || event.altKey || event.isComposing) return null;
    if (document.querySelector('dialog[open]')) return null;
    if (event.ctrlKey || event.metaKey) return event.key.toLowerCase() === 'k' ? actions.palette : null;
    if (isTyping(event.target)) return null;
    const id = commands.find(({ key }) => key !== '' && key === event.key)?.id;
    if (id === undefined || id === 'open' || (!on.value && id !== 'leave')) return null;
    return actions[id];
  };
  const onKey = (event: KeyboardEvent): void => {
    const command = commandOf(event);
    if (!command || command.when?.() === false) return;
    event.preventDefault();
    command.run();
  };
  window.addEventListener('keydown', onKey);
  onScopeDispose(() => window.removeEventListener('keydown', onKey));
}
