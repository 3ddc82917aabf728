/** Leaflet as we use it. Only this folder and the layers of the nouns say [lat, lon]; everywhere else it is [lon, lat]. */
import * as L from 'leaflet';
import 'leaflet/dist/leaflet.css';
import './map.css';
import type { LonLat } from '../../shared/geo.ts';
import type { BaseMap } from '../../shared/tiles.ts';
import { drawTiles } from './tiles.ts';

export interface MapWords {
  map: string;
  zoomIn: string;
  zoomOut: string;
  all: string;
  /** said when the base map does not come */
  noTiles: string;
}
export interface MapKit {
  leaflet: L.Map;
  /** Shows everything there is; the only other ways the map moves are the person's own hand and `show`. */
  showAll: () => void;
  /** Moves only when the place is not well inside the view. */
  show: (position: LonLat) => void;
  /** The place under a point of the window, such as a pointer's; null outside the map. */
  dropPlace: (at: { x: number; y: number }) => LonLat | null;
  /** Opens a note at a place: a heading and lines of text. */
  note: (position: LonLat, lines: readonly string[]) => void;
  /** What `showAll` shows; the first time the view goes to `first`, if there is one, else to all. */
  setExtent: (extent: L.LatLngBounds | null, first?: L.LatLngBounds | null) => void;
  destroy: () => void;
}

/** Our order to Leaflet's. */
export const latLng = ([lon, lat]: LonLat): L.LatLng => L.latLng(lat, lon);
/** Leaflet's order to ours, on the world's own side of the date line. */
export const lonLat = (at: L.LatLng): LonLat => {
  const { lng, lat } = at.wrap();
  return [Math.round(lng * 1e6) / 1e6, Math.round(lat * 1e6) / 1e6];
};

/** The smallest box around places; null for none. */
export const extentOf = (positions: readonly LonLat[]): L.LatLngBounds | null =>
  positions.length === 0 ? null : L.latLngBounds(positions.map(latLng));

const reduced = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
/** Something to show when nothing is known: the middle of China. */
const NOWHERE: L.LatLngExpression = [35, 105];

function controls(map: L.Map, words: MapWords, showAll: () => void): HTMLElement {
  // own buttons: Leaflet's are made from strings of HTML, which the page's policy refuses
  const box = document.createElement('div');
  box.className = 'map-buttons';
  const add = (sign: string, words: string, act: () => void): void => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = sign;
    button.title = words;
    button.setAttribute('aria-label', words);
    button.addEventListener('click', act);
    box.append(button);
  };
  add('+', words.zoomIn, () => map.zoomIn());
  add('−', words.zoomOut, () => map.zoomOut());
  add('⤢', words.all, showAll);
  L.DomEvent.disableClickPropagation(box);
  L.DomEvent.disableScrollPropagation(box);
  return box;
}

/** Makes a map in `el`; tiles only when the operator has set some, since a tile request tells where one looks. */
export function createMap(el: HTMLElement, { tiles, words }: { tiles: BaseMap | null; words: MapWords }): MapKit {
  const map = L.map(el, {
    zoomControl: false,
    attributionControl: false,
    zoomAnimation: !reduced(),
    fadeAnimation: !reduced(),
    markerZoomAnimation: !reduced(),
    inertia: !reduced(),
    minZoom: 3,
    maxZoom: 19,
    zoomSnap: 0.5,
    center: NOWHERE,
    zoom: 4,
  });
  el.setAttribute('role', 'region');
  el.setAttribute('aria-label', words.map);
  const endTiles = tiles && drawTiles(map, tiles, words.noTiles);
  let extent: L.LatLngBounds | null = null;
  const fit = (bounds: L.LatLngBounds | null): void => {
    if (bounds?.isValid() === true) map.fitBounds(bounds, { padding: [30, 30], maxZoom: 15, animate: false });
  };
  const showAll = (): void => fit(extent);
  el.append(controls(map, words, showAll));
  const watcher = new ResizeObserver(() => map.invalidateSize({ pan: false }));
  watcher.observe(el);

  return {
    leaflet: map,
    showAll,
    show: (position) => {
      const at = latLng(position);
      if (!map.getBounds().pad(-0.1).contains(at))
        map.setView(at, Math.max(map.getZoom(), 14), { animate: !reduced() });
    },
    dropPlace: ({ x, y }) => {
      const box = el.getBoundingClientRect();
      const inside = x >= box.left && x < box.right && y >= box.top && y < box.bottom;
      return inside ? lonLat(map.containerPointToLatLng([x - box.left, y - box.top])) : null;
    },
    note: (position, lines) => {
      const node = document.createElement('div');
      for (const [at, words] of lines.entries()) {
        const line = document.createElement(at === 0 ? 'strong' : 'p');
        line.textContent = words;
        node.append(line);
      }
      // no button of Leaflet's (made from a string): Escape or a click beside it closes
      L.popup({ closeButton: false, autoPan: false, offset: [0, -10], maxWidth: 260 })
        .setLatLng(latLng(position))
        .setContent(node)
        .openOn(map);
    },
    setExtent: (next, first = null) => {
      const begins = extent === null;
      extent = next;
      if (begins) fit(first ?? next);
    },
    destroy: () => {
      watcher.disconnect();
      endTiles?.();
      map.remove();
    },
  };
}
