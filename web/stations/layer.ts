/** Areas of the stations on the map. */
import type * as L from 'leaflet';
import type { AreaRow } from '../../shared/stations.ts';
import { drawOutlines } from '../map/outlines.ts';

/** Draws the areas; tells their extent and how to take them away. */
export function drawAreas(
  map: L.Map,
  areas: readonly AreaRow[],
): { extent: L.LatLngBounds | null; remove: () => void } {
  return drawOutlines(
    map,
    areas.map(({ id, name, outline }) => ({ id, name, geometry: outline })),
  );
}
