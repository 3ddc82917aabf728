/** Markers that are moved and changed, never made anew, and stand in the document only where one looks. */
import * as L from 'leaflet';
import type { LonLat } from '../../shared/geo.ts';
import { latLng } from './kit.ts';
import { keepOneStop, moveFocus } from './roving.ts';

export interface MarkerLook {
  id: string;
  position: LonLat;
  /** what a screen reader says and a pointer shows */
  title: string;
  /** classes of the sign: shape and tone */
  className: string;
  /** short text on it, or '' */
  text: string;
  /** a line beside it when there is room, or '' */
  label: string;
  /** higher stands above */
  above: number;
  selected: boolean;
}
export interface MarkerOptions {
  /** size of the sign in pixels; at least 24, the smallest target */
  size: number;
  onPick: (id: string) => void;
}
interface Placed {
  look: MarkerLook;
  marker: L.Marker;
  element: HTMLElement;
  text: HTMLElement;
  label: HTMLElement;
  shown: boolean;
}
export interface MarkerSet {
  /** Makes the markers what the looks say; what is not named goes. */
  sync: (looks: readonly MarkerLook[]) => void;
  positionOf: (id: string) => LonLat | null;
  remove: () => void;
}

/** How far outside the view a marker is still kept, as a part of the view. */
const MARGIN = 0.25;

function make(look: MarkerLook, { size, onPick }: MarkerOptions, pane: HTMLElement): Placed {
  const element = document.createElement('div');
  const text = document.createElement('span');
  const label = document.createElement('span');
  text.className = 'sign-text';
  label.className = 'sign-label';
  element.append(text, label);
  const icon = L.divIcon({ html: element, className: 'sign-box', iconSize: [size, size] });
  const marker = L.marker(latLng(look.position), { icon, keyboard: false, riseOnHover: true });
  const placed: Placed = { look, marker, element, text, label, shown: false };
  marker.on('click', () => onPick(look.id));
  marker.on('add', () => {
    const box = marker.getElement();
    if (!box) return;
    box.setAttribute('role', 'button');
    box.tabIndex = -1;
    box.addEventListener('focus', () => keepOneStop(pane, box));
    box.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') onPick(look.id);
      else if (!moveFocus(pane, box, event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    name(placed);
  });
  dress(placed, look);
  return placed;
}
function name({ marker, look }: Placed): void {
  const box = marker.getElement();
  box?.setAttribute('aria-label', look.title);
  box?.setAttribute('title', look.title);
  if (look.selected) box?.setAttribute('aria-current', 'true');
  else box?.removeAttribute('aria-current');
}
function dress(placed: Placed, look: MarkerLook): void {
  placed.look = look;
  placed.element.className = `sign ${look.className}${look.selected ? ' selected' : ''}`;
  placed.text.textContent = look.text;
  placed.label.textContent = look.label;
  placed.marker.setZIndexOffset(look.above + (look.selected ? 5000 : 0));
  name(placed);
}
const same = (a: MarkerLook, b: MarkerLook): boolean =>
  a.title === b.title &&
  a.className === b.className &&
  a.text === b.text &&
  a.label === b.label &&
  a.above === b.above &&
  a.selected === b.selected;

/** A set of markers on `map`; remove() takes away all it has added. */
export function createMarkers(map: L.Map, options: MarkerOptions): MarkerSet {
  const placed = new Map<string, Placed>();
  const pane = map.getPane('markerPane') ?? map.getContainer();
  const cull = (): void => {
    const view = map.getBounds().pad(MARGIN);
    for (const one of placed.values()) {
      // what has the focus stays, or the keyboard would be thrown out of the map
      const wanted = view.contains(one.marker.getLatLng()) || one.marker.getElement() === document.activeElement;
      if (wanted === one.shown) continue;
      one.shown = wanted;
      if (wanted) one.marker.addTo(map);
      else one.marker.remove();
    }
    keepOneStop(pane);
  };
  map.on('moveend zoomend resize', cull);
  return {
    sync: (looks) => {
      const wanted = new Set<string>();
      for (const look of looks) {
        wanted.add(look.id);
        const known = placed.get(look.id);
        if (!known) {
          placed.set(look.id, make(look, options, pane));
          continue;
        }
        const [lon, lat] = known.look.position;
        if (lon !== look.position[0] || lat !== look.position[1]) known.marker.setLatLng(latLng(look.position));
        if (same(known.look, look)) known.look = look;
        else dress(known, look);
      }
      for (const [id, one] of placed) {
        if (wanted.has(id)) continue;
        one.marker.remove();
        placed.delete(id);
      }
      cull();
    },
    positionOf: (id) => placed.get(id)?.look.position ?? null,
    remove: () => {
      map.off('moveend zoomend resize', cull);
      for (const { marker } of placed.values()) marker.remove();
      placed.clear();
    },
  };
}
