/** Outlines of areas, drawn always: the map must serve without any tiles. */
import type { MultiPolygon, Polygon } from 'geojson';
import * as L from 'leaflet';

export interface Outline {
  id: string;
  name: string;
  geometry: unknown;
}

const isGeometry = (value: unknown): value is MultiPolygon | Polygon =>
  typeof value === 'object' &&
  value !== null &&
  'coordinates' in value &&
  ['MultiPolygon', 'Polygon'].includes(String((value as { type?: unknown }).type));

/** Draws outlines with their names; returns their extent and how to take them away. */
export function drawOutlines(
  map: L.Map,
  outlines: readonly Outline[],
): { extent: L.LatLngBounds | null; remove: () => void } {
  const group = L.featureGroup();
  for (const outline of outlines) {
    if (!isGeometry(outline.geometry)) continue;
    const shape = L.geoJSON(outline.geometry, { interactive: false, style: { className: 'map-area', weight: 1.5 } });
    const words = document.createElement('span');
    words.textContent = outline.name;
    group.addLayer(shape);
    const label = L.marker(shape.getBounds().getCenter(), {
      icon: L.divIcon({ html: words, className: 'map-area-name', iconSize: [120, 18] }),
      interactive: false,
      keyboard: false,
      zIndexOffset: -10_000,
    });
    group.addLayer(label);
    // decoration: the names are in the lists too
    label.on('add', () => label.getElement()?.setAttribute('aria-hidden', 'true'));
  }
  group.addTo(map);
  const extent = group.getLayers().length > 0 ? group.getBounds() : null;
  return { extent, remove: () => group.remove() };
}
