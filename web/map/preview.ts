/** A map to look at outlines before they are stored: which are good, which are not, and which one is meant. */
import type { Feature, Geometry } from 'geojson';
import * as L from 'leaflet';
import type { BaseMap } from '../../shared/tiles.ts';
import './preview.css';
import { createMap, type MapWords } from './kit.ts';

export interface Previewed {
  id: string;
  name: string;
  geometry: unknown;
  tone: 'good' | 'wrong' | 'left';
}
export interface PreviewMap {
  /** Draws these outlines in place of those before. */
  draw: (outlines: readonly Previewed[]) => void;
  /** Shows one of them, and only it, as the one that is meant. */
  point: (id: string | null) => void;
  destroy: () => void;
}

/** Makes the map in `el`, which must have a height; `onChoose` hears which outline was clicked. */
export function createPreviewMap(
  el: HTMLElement,
  { tiles, words, onChoose }: { tiles: BaseMap | null; words: MapWords; onChoose: (id: string) => void },
): PreviewMap {
  const kit = createMap(el, { tiles, words });
  const map = kit.leaflet;
  const group = L.featureGroup().addTo(map);
  const shapes = new Map<string, L.GeoJSON>();
  let meant: string | null = null;

  const mark = (id: string, on: boolean): void => {
    shapes.get(id)?.eachLayer((layer) => {
      if (layer instanceof L.Path) layer.getElement()?.classList.toggle('meant', on);
    });
  };
  return {
    draw: (outlines) => {
      group.clearLayers();
      shapes.clear();
      for (const { id, name, geometry, tone } of outlines) {
        const shape = shapeOf(geometry, tone);
        if (!shape) continue;
        const label = document.createElement('span');
        label.textContent = name;
        shape.bindTooltip(label, { sticky: true });
        shape.on('click', () => onChoose(id));
        shapes.set(id, shape);
        group.addLayer(shape);
      }
      kit.setExtent(group.getLayers().length > 0 ? group.getBounds() : null);
      if (meant !== null) mark(meant, true);
    },
    point: (id) => {
      if (meant !== null) mark(meant, false);
      meant = id;
      const shape = id === null ? undefined : shapes.get(id);
      if (id === null || !shape) return;
      mark(id, true);
      shape.bringToFront();
      const bounds = shape.getBounds();
      if (bounds.isValid() && !map.getBounds().contains(bounds))
        map.fitBounds(bounds, { padding: [40, 40], maxZoom: 15, animate: false });
    },
    destroy: () => kit.destroy(),
  };
}

/** Not every geometry of a stranger's file can be drawn. */
function shapeOf(geometry: unknown, tone: Previewed['tone']): L.GeoJSON | null {
  try {
    const feature: Feature = { type: 'Feature', properties: {}, geometry: geometry as Geometry };
    const shape = L.geoJSON(feature, {
      style: { className: `map-area map-preview ${tone}`, weight: 2 },
      pointToLayer: (_, at) => L.circleMarker(at, { radius: 6, className: `map-area map-preview ${tone}` }),
    });
    return shape.getBounds().isValid() ? shape : null;
  } catch {
    return null;
  }
}
