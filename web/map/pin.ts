/** A map with one pin to say where: click, drag, arrow keys on the pin, or Enter on the map for its middle. */
import * as L from 'leaflet';
import type { LonLat } from '../../shared/geo.ts';
import type { BaseMap } from '../../shared/tiles.ts';
import './pin.css';
import { createMap, latLng, lonLat, type MapWords } from './kit.ts';
import { drawOutlines, type Outline } from './outlines.ts';

export interface PinMapOptions {
  position: LonLat | null;
  /** radius of the circle around it, in metres; none without */
  accuracyM?: number | null;
  outlines: readonly Outline[];
  tiles: BaseMap | null;
  words: MapWords & { pin: string };
  onMove: (position: LonLat) => void;
}
export interface PinMap {
  /** Puts the pin there, e.g. from typed coordinates or the phone's position, and shows it. */
  setPosition: (position: LonLat, accuracyM?: number | null) => void;
  /** Takes the pin away. */
  clear: () => void;
  destroy: () => void;
}

const STEP_PX = 5;
const STEPS: Record<string, readonly [number, number]> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};
const CLOSE_ZOOM = 16;

/** Makes the map in `el`, which must have a height; `onMove` hears every place the person chooses. */
export function createPinMap(
  el: HTMLElement,
  { position, accuracyM = null, outlines, tiles, words, onMove }: PinMapOptions,
): PinMap {
  const kit = createMap(el, { tiles, words });
  const map = kit.leaflet;
  const drawn = drawOutlines(map, outlines);
  const sign = document.createElement('div');
  sign.className = 'pin';
  let marker: L.Marker | null = null;
  let circle: L.Circle | null = null;

  const around = (at: L.LatLng, radius: number | null): void => {
    circle?.remove();
    circle = radius === null ? null : L.circle(at, { radius, interactive: false, className: 'pin-circle' }).addTo(map);
  };
  const show = (at: L.LatLng, radius: number | null): void => {
    place(at);
    around(at, radius);
    // the whole circle, so that one sees how far off it may be
    if (radius !== null && radius > 100)
      map.fitBounds(at.toBounds(radius * 2), { padding: [12, 12], maxZoom: CLOSE_ZOOM, animate: false });
    else map.setView(at, Math.max(map.getZoom(), CLOSE_ZOOM), { animate: false });
  };
  const chosen = (at: L.LatLng): void => {
    place(at);
    around(at, null);
    onMove(lonLat(at));
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (!step || !marker) return;
    event.preventDefault();
    event.stopPropagation();
    const far = event.shiftKey ? 8 : 1;
    const from = map.latLngToContainerPoint(marker.getLatLng());
    chosen(map.containerPointToLatLng(from.add([step[0] * STEP_PX * far, step[1] * STEP_PX * far])));
  };
  const place = (at: L.LatLng): void => {
    if (marker) {
      marker.setLatLng(at);
      return;
    }
    const made = L.marker(at, {
      icon: L.divIcon({ html: sign, className: 'pin-box', iconSize: [44, 44], iconAnchor: [22, 44] }),
      draggable: true,
      keyboard: true,
      autoPan: true,
    });
    made.on('add', () => {
      const box = made.getElement();
      box?.setAttribute('aria-label', words.pin);
      box?.addEventListener('keydown', onKey);
    });
    made.on('dragend', () => chosen(made.getLatLng()));
    made.addTo(map);
    marker = made;
  };

  kit.setExtent(drawn.extent);
  if (position) show(latLng(position), accuracyM);
  map.on('click', (event) => chosen(event.latlng));
  el.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.target !== el) return;
    event.preventDefault();
    chosen(map.getCenter());
  });

  return {
    setPosition: (next, radius = null) => show(latLng(next), radius),
    clear: () => {
      marker?.remove();
      marker = null;
      around(map.getCenter(), null);
    },
    destroy: () => {
      drawn.remove();
      kit.destroy();
    },
  };
}
