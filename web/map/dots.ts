/** Many signs on one canvas: a document cannot move thousands of elements at 50 pictures a second, a canvas can. */
import * as L from 'leaflet';
import type { MarkerLook } from './look.ts';
import { latLng } from './kit.ts';
import { spriteOf } from './sprites.ts';

export interface Dots {
  /** Draws these and nothing else, at the next frame. */
  draw: (looks: readonly MarkerLook[]) => void;
  remove: () => void;
}
interface Layer {
  /** the topmost sign at a point of the map's container */
  hit: (at: L.Point) => MarkerLook | null;
  pick: (id: string) => void;
}
/** All canvases of a map answer one click together: only the topmost sign is meant. */
const layersOf = new WeakMap<L.Map, Set<Layer>>();
/** How much more than the view is drawn on each side, so that a drag shows no bare edge. */
const PAD = 0.25;

function listen(map: L.Map): Set<Layer> {
  const known = layersOf.get(map);
  if (known) return known;
  const layers = new Set<Layer>();
  const best = (at: L.Point): { layer: Layer; look: MarkerLook } | null => {
    let top: { layer: Layer; look: MarkerLook } | null = null;
    for (const layer of layers) {
      const look = layer.hit(at);
      if (look && (!top || look.above > top.look.above)) top = { layer, look };
    }
    return top;
  };
  map.on('click', (event) => {
    const found = best(event.containerPoint);
    if (found) found.layer.pick(found.look.id);
  });
  map.on('mousemove', (event) => {
    const found = best(event.containerPoint);
    const container = map.getContainer();
    container.style.cursor = found ? 'pointer' : '';
    const title = found ? wordsOf(found.look) : '';
    if (container.title !== title) container.title = title;
  });
  layersOf.set(map, layers);
  return layers;
}
const wordsOf = ({ title }: MarkerLook): string => (typeof title === 'string' ? title : title());

/** A canvas under the map's markers. */
export function createDots(map: L.Map, { size, onPick }: { size: number; onPick: (id: string) => void }): Dots {
  const pane = map.getPane('dots') ?? map.createPane('dots');
  pane.style.zIndex = '590';
  pane.style.pointerEvents = 'none';
  const canvas = document.createElement('canvas');
  canvas.className = 'map-dots leaflet-zoom-animated';
  canvas.setAttribute('aria-hidden', 'true');
  pane.append(canvas);
  const pen = canvas.getContext('2d');
  let looks: readonly MarkerLook[] = [];
  let origin = L.point(0, 0);
  let frame = 0;

  const paint = (): void => {
    frame = 0;
    if (!pen) return;
    const view = map.getSize();
    const scale = Math.min(2, window.devicePixelRatio);
    const width = Math.round(view.x * (1 + 2 * PAD));
    const height = Math.round(view.y * (1 + 2 * PAD));
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    origin = map.containerPointToLayerPoint(view.multiplyBy(-PAD)).round();
    L.DomUtil.setPosition(canvas, origin);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const half = (size + 6) / 2;
    for (const look of looks) {
      const at = map.latLngToLayerPoint(latLng(look.position));
      const x = at.x - origin.x;
      const y = at.y - origin.y;
      if (x < -half || y < -half || x > width + half || y > height + half) continue;
      pen.drawImage(spriteOf(look.className, look.text, size, scale), x - half, y - half, size + 6, size + 6);
    }
  };
  const later = (): void => {
    frame ||= requestAnimationFrame(paint);
  };
  /** While a zoom is under way the picture is stretched; the end paints it sharp. */
  const stretch = (event: L.ZoomAnimEvent): void => {
    const corner = map.layerPointToLatLng(origin);
    const shift = L.DomUtil.getPosition(map.getPane('mapPane') ?? pane);
    const newOrigin = map.project(event.center, event.zoom).subtract(map.getSize().divideBy(2)).add(shift).round();
    L.DomUtil.setTransform(canvas, map.project(corner, event.zoom).subtract(newOrigin), map.getZoomScale(event.zoom));
  };
  map.on('moveend zoomend viewreset resize', later);
  map.on('zoomanim', stretch);

  const layers = listen(map);
  const layer: Layer = {
    hit: (at) => {
      let top: MarkerLook | null = null;
      for (const look of looks) {
        const there = map.latLngToContainerPoint(latLng(look.position));
        if (
          Math.abs(there.x - at.x) <= size / 2 &&
          Math.abs(there.y - at.y) <= size / 2 &&
          (!top || look.above >= top.above)
        )
          top = look;
      }
      return top;
    },
    pick: onPick,
  };
  layers.add(layer);

  return {
    draw: (next) => {
      if (next.length === 0 && looks.length === 0) return;
      looks = [...next].sort((a, b) => a.above - b.above);
      later();
    },
    remove: () => {
      cancelAnimationFrame(frame);
      map.off('moveend zoomend viewreset resize', later);
      map.off('zoomanim', stretch);
      layers.delete(layer);
      canvas.remove();
    },
  };
}
