/** A place somebody wants to see on the large map; lists say it, the map goes there. */
import { type ShallowRef, shallowRef } from 'vue';
import type { LonLat } from '../../shared/geo.ts';

export interface LookedAt {
  position: LonLat;
  /** a heading and lines of text */
  lines: readonly string[];
}
const at = shallowRef<LookedAt | null>(null);
export const lookedAt: Readonly<ShallowRef<LookedAt | null>> = at;
/** Each call is a new wish, also for the same place. */
export function lookAt(place: LookedAt): void {
  at.value = { ...place };
}
