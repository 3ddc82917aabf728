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

/** --surface of tokens.css, for the bar that the browser itself paints */
const surfaces = { day: '#ffffff', night: '#161d26' } as const;

function show(): void {
  const chosen = current.value;
  if (chosen === 'system') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.setAttribute('data-theme', chosen);
  for (const bar of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]'))
    bar.content = surfaces[chosen === 'system' ? (bar.media.includes('dark') ? 'night' : 'day') : chosen];
  // the server writes it into the next page, so that the first paint is right already
  document.cookie = `theme=${chosen}; path=/; max-age=${chosen === 'system' ? '0' : '31536000'}; samesite=lax`;
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
/** The other one of day and night. */
export const turnTheme = (): void => setTheme(isNight() ? 'day' : 'night');
