/** Day or night as the page shows it, for what is painted and cannot be styled. */

/** Whether the page is dark now: the palettes of tokens.css say so themselves. */
export const isNight = (): boolean => getComputedStyle(document.documentElement).colorScheme === 'dark';

/** Calls when the page turns to the other palette, by hand or with the system; answers how to stop that. */
export function onPalette(turned: () => void): () => void {
  let night = isNight();
  const judge = (): void => {
    if (isNight() === night) return;
    night = !night;
    turned();
  };
  const system = matchMedia('(prefers-color-scheme: dark)');
  const byHand = new MutationObserver(judge);
  byHand.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  system.addEventListener('change', judge);
  return () => {
    byHand.disconnect();
    system.removeEventListener('change', judge);
  };
}
