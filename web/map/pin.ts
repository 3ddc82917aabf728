/** A map with one pin to say where: click, drag, or arrow keys on the pin. */
import * as L from 'leaflet';
import type { LonLat } from '../../shared/geo.ts';
import type { BaseMap } from '../../shared/tiles.ts';
import { createMap, latLng, lonLat, type MapWords } from './kit.ts';
import { drawOutlines, type Outline } from './outlines.ts';

export interface PinMapOptions {
  position: LonLat | null;
  outlines: readonly Outline[];
  tiles: BaseMap | null;
  words: MapWords & { pin: string };
  onMove: (position: LonLat) => void;
}
export interface PinMap {
  /** Puts the pin there, e.g. from typed coordinates or the phone's position, and shows it. */
  setPosition: (position: LonLat) => void;
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
export function createPinMap(el: HTMLElement, { position, outlines, tiles, words, onMove }: PinMapOptions): PinMap {
  const kit = createMap(el, { tiles, words });
  const map = kit.leaflet;
  const drawn = drawOutlines(map, outlines);
  const sign = document.createElement('div');
  sign.className = 'pin';
  let marker: L.Marker | null = null;

  const chosen = (at: L.LatLng): void => {
    place(at);
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
    made.on('dragend', () => onMove(lonLat(made.getLatLng())));
    made.addTo(map);
    marker = made;
  };

  kit.setExtent(drawn.extent);
  if (position) {
    place(latLng(position));
    map.setView(latLng(position), CLOSE_ZOOM, { animate: false });
  }
  map.on('click', (event) => chosen(event.latlng));

  return {
    setPosition: (next) => {
      place(latLng(next));
      map.setView(latLng(next), Math.max(map.getZoom(), CLOSE_ZOOM), { animate: false });
    },
    destroy: () => {
      drawn.remove();
      kit.destroy();
    },
  };
}
