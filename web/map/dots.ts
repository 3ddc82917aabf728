/**
 * Many signs on one canvas: a document cannot move thousands of elements at 50 pictures a second, a canvas can. All layers of a
 * map share it: each further canvas is another picture as large as the map that a zoom has to stretch.
 */
import * as L from 'leaflet';
import type { LonLat } from '../../shared/geo.ts';
import type { MarkerLook } from './look.ts';
import { onPalette } from './palette.ts';
import { forgetSprites, spriteOf } from './sprites.ts';

export interface Dots {
  /** Draws these and nothing else, at the next frame. */
  draw: (looks: readonly MarkerLook[]) => void;
  remove: () => void;
}
interface Layer {
  looks: readonly MarkerLook[];
  size: number;
  onPick: (id: string) => void;
}
interface Sheet {
  layers: Set<Layer>;
  later: () => void;
  end: () => void;
}
const sheets = new WeakMap<L.Map, Sheet>();
/** How much more than the view is drawn on each side, so that a drag shows no bare edge. */
const PAD = 0.2;
/** Room around a sign for its outline, in pixels. */
const RIM = 3;

/** Where a place lies on the Mercator square, 0 to 1: worked out once, then each zoom only multiplies. */
const squares = new WeakMap<LonLat, readonly [number, number]>();
export function onSquare(position: LonLat): readonly [number, number] {
  const known = squares.get(position);
  if (known) return known;
  const [lon, lat] = position;
  const sin = Math.sin((Math.max(-85.05, Math.min(85.05, lat)) * Math.PI) / 180);
  const made = [lon / 360 + 0.5, 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)] as const;
  squares.set(position, made);
  return made;
}
/** Pixels of the whole world at a zoom. */
const worldSize = (zoom: number): number => 256 * 2 ** zoom;
const sizeOf = (look: MarkerLook, { size }: Layer): number => look.size ?? size;
const topOf = ({ looks }: Layer): number => looks.at(-1)?.above ?? -Infinity;

/** The topmost sign at a point of the map's container. */
function hit(map: L.Map, layers: Iterable<Layer>, at: L.Point): { layer: Layer; look: MarkerLook } | null {
  const size = worldSize(map.getZoom());
  const corner = map.getPixelBounds().min ?? L.point(0, 0);
  let top: { layer: Layer; look: MarkerLook } | null = null;
  for (const layer of layers)
    for (const look of layer.looks) {
      const [x, y] = onSquare(look.position);
      const half = sizeOf(look, layer) / 2;
      if (Math.abs(x * size - corner.x - at.x) > half || Math.abs(y * size - corner.y - at.y) > half) continue;
      if (!top || look.above >= top.look.above) top = { layer, look };
    }
  return top;
}
const wordsOf = ({ title }: MarkerLook): string => (typeof title === 'string' ? title : title());

function openSheet(map: L.Map): Sheet {
  const pane = map.getPane('dots') ?? map.createPane('dots');
  pane.style.zIndex = '590';
  pane.style.pointerEvents = 'none';
  const canvas = document.createElement('canvas');
  canvas.className = 'map-dots leaflet-zoom-animated';
  canvas.setAttribute('aria-hidden', 'true');
  pane.append(canvas);
  const pen = canvas.getContext('2d');
  const layers = new Set<Layer>();
  let origin = L.point(0, 0);
  let frame = 0;
  let bare = true;

  const paint = (): void => {
    frame = 0;
    if (!pen) return;
    const shown = [...layers].filter(({ looks }) => looks.length > 0).sort((a, b) => topOf(a) - topOf(b));
    if (shown.length === 0 && bare) return;
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
    bare = shown.length === 0;
    const world = worldSize(map.getZoom());
    const zero = map.getPixelOrigin().add(origin);
    for (const layer of shown)
      for (const look of layer.looks) {
        const [east, south] = onSquare(look.position);
        const x = east * world - zero.x;
        const y = south * world - zero.y;
        const size = sizeOf(look, layer);
        const half = size / 2 + RIM;
        if (x < -half || y < -half || x > width + half || y > height + half) continue;
        pen.drawImage(spriteOf(look.className, look.text, size, scale), x - half, y - half, 2 * half, 2 * half);
      }
  };
  const later = (): void => {
    frame ||= requestAnimationFrame(paint);
  };
  /** While a zoom is under way the picture is stretched; the end paints it sharp. */
  const stretch = (event: L.ZoomAnimEvent): void => {
    if (bare) return;
    const corner = map.layerPointToLatLng(origin);
    const shift = L.DomUtil.getPosition(map.getPane('mapPane') ?? pane);
    const newOrigin = map.project(event.center, event.zoom).subtract(map.getSize().divideBy(2)).add(shift).round();
    L.DomUtil.setTransform(canvas, map.project(corner, event.zoom).subtract(newOrigin), map.getZoomScale(event.zoom));
  };
  const onClick = (event: L.LeafletMouseEvent): void => {
    const found = hit(map, layers, event.containerPoint);
    if (found) found.layer.onPick(found.look.id);
  };
  let pointed: L.Point | null = null;
  /** once a frame: a mouse speaks more often than a picture is drawn */
  const onMove = (event: L.LeafletMouseEvent): void => {
    if (pointed === null) requestAnimationFrame(point);
    pointed = event.containerPoint;
  };
  const point = (): void => {
    const found = pointed && hit(map, layers, pointed);
    pointed = null;
    const container = map.getContainer();
    const cursor = found ? 'pointer' : '';
    if (container.style.cursor !== cursor) container.style.cursor = cursor;
    const title = found ? wordsOf(found.look) : '';
    if (container.title !== title) container.title = title;
  };
  map.on('moveend zoomend viewreset resize', later);
  map.on('zoomanim', stretch);
  map.on('click', onClick);
  map.on('mousemove', onMove);
  const stopPalette = onPalette(() => {
    forgetSprites();
    later();
  });
  return {
    layers,
    later,
    end: () => {
      cancelAnimationFrame(frame);
      map.off('moveend zoomend viewreset resize', later);
      map.off('zoomanim', stretch);
      map.off('click', onClick);
      map.off('mousemove', onMove);
      stopPalette();
      canvas.remove();
    },
  };
}

/** A layer of signs on the map's canvas, under its markers. */
export function createDots(map: L.Map, { size, onPick }: { size: number; onPick: (id: string) => void }): Dots {
  const sheet = sheets.get(map) ?? openSheet(map);
  sheets.set(map, sheet);
  const layer: Layer = { looks: [], size, onPick };
  sheet.layers.add(layer);
  return {
    draw: (next) => {
      if (next.length === 0 && layer.looks.length === 0) return;
      layer.looks = [...next].sort((a, b) => a.above - b.above);
      sheet.later();
    },
    remove: () => {
      sheet.layers.delete(layer);
      sheet.later();
      if (sheet.layers.size > 0) return;
      sheet.end();
      sheets.delete(map);
    },
  };
}
