/**
 * A map to draw on: a way with its stops in order, or an outline. Click adds, drag or arrow keys move, Delete takes away,
 * Enter on the map adds its middle. What is drawn belongs to whoever asked: the map tells of each wish and shows what it is given.
 */
import * as L from 'leaflet';
import type { LonLat } from '../../shared/geo.ts';
import type { BaseMap } from '../../shared/tiles.ts';
import './draw.css';
import { createMap, latLng, lonLat, type MapWords } from './kit.ts';
import { drawOutlines, type Outline } from './outlines.ts';

export interface DrawnPoint {
  id: string;
  position: LonLat;
  /** what a screen reader says and a pointer shows */
  title: string;
  /** metres around it that are drawn, too */
  radiusM?: number;
}
/** A place that can be taken over by a click, such as a known one. */
export interface DrawMark {
  id: string;
  position: LonLat;
  title: string;
}
export interface DrawMapOptions {
  /** an outline and no way */
  closed: boolean;
  outlines: readonly Outline[];
  marks: readonly DrawMark[];
  tiles: BaseMap | null;
  words: MapWords;
  onAdd: (position: LonLat) => void;
  onMove: (id: string, position: LonLat) => void;
  onRemove: (id: string) => void;
  onMark: (id: string) => void;
}
export interface DrawMap {
  /** Shows these points and no others; the view stays. */
  draw: (points: readonly DrawnPoint[]) => void;
  /** Brings all points into view, or what there is to begin with. */
  showAll: () => void;
  /** Brings one place into view. */
  show: (position: LonLat) => void;
  destroy: () => void;
}
interface Sign {
  point: DrawnPoint;
  marker: L.Marker;
  text: HTMLElement;
  circle: L.Circle | null;
}

const STEP_PX = 4;
const STEPS: Record<string, readonly [number, number]> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};
const SIZE = 30;

/** Makes the map in `el`, which must have a height. */
export function createDrawMap(
  el: HTMLElement,
  { closed, outlines, marks, tiles, words, onAdd, onMove, onRemove, onMark }: DrawMapOptions,
): DrawMap {
  const kit = createMap(el, { tiles, words });
  const map = kit.leaflet;
  const areas = drawOutlines(map, outlines);
  const shape = closed
    ? L.polygon([], { className: 'map-drawn closed', interactive: false })
    : L.polyline([], { className: 'map-drawn', interactive: false });
  shape.addTo(map);
  const signs = new Map<string, Sign>();
  let points: readonly DrawnPoint[] = [];

  const bend = (moved?: Sign): void => {
    shape.setLatLngs(
      points.map(({ id, position }) => (moved?.point.id === id ? moved.marker.getLatLng() : latLng(position))),
    );
  };
  const onKey = (sign: Sign, event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step) {
      const far = event.shiftKey ? 8 : 1;
      const from = map.latLngToContainerPoint(sign.marker.getLatLng());
      const to = map.containerPointToLatLng(from.add([step[0] * STEP_PX * far, step[1] * STEP_PX * far]));
      onMove(sign.point.id, lonLat(to));
    } else if (event.key === 'Delete' || event.key === 'Backspace') onRemove(sign.point.id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const make = (point: DrawnPoint): Sign => {
    const text = document.createElement('span');
    text.className = closed ? 'map-corner' : 'map-stop';
    const marker = L.marker(latLng(point.position), {
      icon: L.divIcon({ html: text, className: 'map-drawn-sign', iconSize: [SIZE, SIZE] }),
      draggable: true,
      autoPan: true,
      keyboard: true,
      zIndexOffset: 2_000,
    });
    const sign: Sign = { point, marker, text, circle: null };
    marker.on('drag', () => {
      sign.circle?.setLatLng(marker.getLatLng());
      bend(sign);
    });
    marker.on('dragend', () => onMove(sign.point.id, lonLat(marker.getLatLng())));
    marker.on('add', () => marker.getElement()?.addEventListener('keydown', (event) => onKey(sign, event)));
    marker.addTo(map);
    return sign;
  };
  const dress = (sign: Sign, point: DrawnPoint, at: number): void => {
    sign.point = point;
    sign.marker.setLatLng(latLng(point.position));
    sign.text.textContent = closed ? '' : String(at + 1);
    const box = sign.marker.getElement();
    box?.setAttribute('aria-label', point.title);
    if (box) box.title = point.title;
    if (point.radiusM === undefined) return;
    sign.circle ??= L.circle(latLng(point.position), { className: 'map-reach', interactive: false, radius: 1 }).addTo(
      map,
    );
    sign.circle.setLatLng(latLng(point.position)).setRadius(point.radiusM);
  };

  kit.setExtent(areas.extent);
  for (const mark of marks) {
    const sign = document.createElement('div');
    sign.className = 'sign diamond hollow tone-quiet';
    const marker = L.marker(latLng(mark.position), {
      icon: L.divIcon({ html: sign, className: 'sign-box', iconSize: [24, 24] }),
      keyboard: true,
      title: mark.title,
    });
    marker.on('click', () => onMark(mark.id));
    marker.on('add', () => {
      const box = marker.getElement();
      box?.setAttribute('aria-label', mark.title);
      box?.addEventListener('keydown', (event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        event.stopPropagation();
        onMark(mark.id);
      });
    });
    marker.addTo(map);
  }
  map.on('click', (event) => onAdd(lonLat(event.latlng)));
  el.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.target !== el) return;
    event.preventDefault();
    onAdd(lonLat(map.getCenter()));
  });

  return {
    draw: (next) => {
      points = next;
      const wanted = new Set(next.map(({ id }) => id));
      for (const [id, { marker, circle }] of signs) {
        if (wanted.has(id)) continue;
        marker.remove();
        circle?.remove();
        signs.delete(id);
      }
      for (const [at, point] of next.entries()) {
        const sign = signs.get(point.id) ?? make(point);
        signs.set(point.id, sign);
        dress(sign, point, at);
      }
      bend();
    },
    showAll: () => {
      // nothing drawn yet: what it may go through or around
      const shown = points.length > 0 ? points : marks;
      const bounds = L.latLngBounds(shown.map(({ position }) => latLng(position)));
      if (bounds.isValid()) map.fitBounds(bounds, { padding: [40, 40], maxZoom: 16, animate: false });
    },
    show: kit.show,
    destroy: () => {
      areas.remove();
      kit.destroy();
    },
  };
}
