/** Day or night: as the system says, or chosen by hand and remembered on this device. */
import { type ShallowRef, shallowRef } from 'vue';

export type Theme = 'system' | 'day' | 'night';
const KEY = 'warmpath.theme';

function remembered(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'day' || kept === 'night' ? kept : 'system';
  } catch {
    return 'system';
  }
}
const current = shallowRef<Theme>(remembered());
export const theme: Readonly<ShallowRef<Theme>> = current;

function show(): void {
  if (current.value === 'system') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.setAttribute('data-theme', current.value);
}
show();

/** Whether the page is dark now. */
export const isNight = (): boolean =>
  current.value === 'night' || (current.value === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);

export function setTheme(next: Theme): void {
  current.value = next;
  show();
  try {
    if (next === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // not remembered, but shown
  }
}
