/** Loads the map only when it is asked for: it is the largest part of a page. */
import { allowKnownStrings } from '../ui/trusted.ts';
import type { PinMap, PinMapOptions } from './pin.ts';

/** Shows a map with one pin in `el`; see pin.ts. */
export async function loadPinMap(el: HTMLElement, options: PinMapOptions): Promise<PinMap> {
  allowKnownStrings();
  const { createPinMap } = await import('./pin.ts');
  return createPinMap(el, options);
}
