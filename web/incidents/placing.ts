/** The incident that is being put on the large map; the place editor starts it, the map ends it. */
import { type ShallowRef, shallowRef } from 'vue';
import type { Point } from '../../shared/geo.ts';
import type { IncidentRow } from '../../shared/incidents.ts';

/** A new place, new words for it, or both; `position` null takes the place away. */
export interface PlaceChange {
  position?: Point | null;
  accuracyM?: number;
  placeText?: string;
  placeCode?: string;
}

const id = shallowRef<string | null>(null);
/** Its id, or null when nothing is. */
export const placing: Readonly<ShallowRef<string | null>> = id;
export function startPlacing(row: Pick<IncidentRow, 'id'>): void {
  id.value = row.id;
}
export function endPlacing(): void {
  id.value = null;
}
