/** Markers that are moved and changed, never made anew; in the document where one looks, on a canvas when they are many. */
import * as L from 'leaflet';
import { type ClusterLook, type Clusters, createClusters } from './clusters.ts';
import { createDots, type Dots } from './dots.ts';
import { latLng } from './kit.ts';
import type { MarkerLook } from './look.ts';
import { keepOneStop, moveFocus } from './roving.ts';

export interface MarkerOptions {
  /** size of the sign in pixels; at least 24, the smallest target */
  size: number;
  onPick: (id: string) => void;
  /** how many in one look; without it they are never gathered */
  cluster?: ClusterLook;
}
interface Placed {
  look: MarkerLook;
  marker: L.Marker;
  element: HTMLElement;
  text: HTMLElement;
  label: HTMLElement;
}
export interface MarkerSet {
  /** Makes the markers what the looks say; what is not named goes. */
  sync: (looks: readonly MarkerLook[]) => void;
  remove: () => void;
}

/** How far outside the view a marker is still kept, as a part of the view. */
const MARGIN = 0.25;
/** More than these in view are painted: elements of the document are then too slow, and nobody reads their labels. */
const MAX_ELEMENTS = 150;
/** More than these in view are gathered where they lie close together. */
const MAX_SINGLE = 300;

function make(look: MarkerLook, { size, onPick }: MarkerOptions, pane: HTMLElement): Placed {
  const element = document.createElement('div');
  const text = document.createElement('span');
  const label = document.createElement('span');
  text.className = 'sign-text';
  label.className = 'sign-label';
  element.append(text, label);
  const icon = L.divIcon({ html: element, className: 'sign-box', iconSize: [size, size] });
  const marker = L.marker(latLng(look.position), { icon, keyboard: false, riseOnHover: true });
  const placed: Placed = { look, marker, element, text, label };
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
  if (!box) return;
  const title = typeof look.title === 'string' ? look.title : look.title();
  box.setAttribute('aria-label', title);
  box.title = title;
  if (look.selected) box.setAttribute('aria-current', 'true');
  else box.removeAttribute('aria-current');
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
  a.stamp === b.stamp &&
  (typeof a.title === 'function' || a.title === b.title) &&
  a.className === b.className &&
  a.text === b.text &&
  a.label === b.label &&
  a.above === b.above &&
  a.selected === b.selected;

/** A set of markers on `map`; remove() takes away all it has added. */
export function createMarkers(map: L.Map, options: MarkerOptions): MarkerSet {
  const pane = map.getPane('markerPane') ?? map.getContainer();
  const elements = new Map<string, Placed>();
  let looks: readonly MarkerLook[] = [];
  let dots: Dots | null = null;
  let clusters: Clusters | null | undefined;
  let frame = 0;

  const place = (look: MarkerLook): void => {
    const known = elements.get(look.id);
    if (!known) {
      const made = make(look, options, pane);
      elements.set(look.id, made);
      made.marker.addTo(map);
      return;
    }
    if (known.look === look) return;
    const [lon, lat] = known.look.position;
    if (lon !== look.position[0] || lat !== look.position[1]) known.marker.setLatLng(latLng(look.position));
    if (same(known.look, look)) known.look = look;
    else dress(known, look);
  };
  /** What the canvas shows when there are too many for the document. */
  const painted = (near: readonly MarkerLook[], wanted: ReadonlySet<string>): readonly MarkerLook[] => {
    const free = near.filter(({ id }) => !wanted.has(id));
    if (!options.cluster || near.length <= MAX_SINGLE) return free;
    if (clusters === undefined) clusters = createClusters(map, options.cluster, later);
    if (!clusters) return free;
    // those that must be seen stand for themselves; of the others all are gathered, wherever the view goes next
    clusters.load(looks.filter(({ id, alone }) => alone !== true && !wanted.has(id)));
    const signs = clusters.signs();
    return signs ? [...signs, ...free.filter(({ alone }) => alone === true)] : free;
  };
  const show = (): void => {
    cancelAnimationFrame(frame);
    frame = 0;
    const view = map.getBounds().pad(MARGIN);
    const [west, south, east, north] = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
    const near = looks.filter(({ position: [lon, lat] }) => lon >= west && lon <= east && lat >= south && lat <= north);
    const many = near.length > MAX_ELEMENTS;
    const wanted = new Set<string>();
    const focused = [...elements].find(([, { marker }]) => marker.getElement() === document.activeElement)?.[0];
    // what has the focus stays, or the keyboard would be thrown out of the map
    for (const look of looks) if (look.selected || look.id === focused) wanted.add(look.id);
    if (!many) for (const look of near) wanted.add(look.id);
    if (wanted.size > 0) for (const look of looks) if (wanted.has(look.id)) place(look);
    for (const [id, { marker }] of elements) {
      if (wanted.has(id)) continue;
      marker.remove();
      elements.delete(id);
    }
    if (many)
      dots ??= createDots(map, { ...options, onPick: (id) => clusters?.open(id) === true || options.onPick(id) });
    dots?.draw(many ? painted(near, wanted) : []);
    keepOneStop(pane);
  };
  /** Once a frame, however many reasons there are. */
  const later = (): void => {
    frame ||= requestAnimationFrame(show);
  };
  const onMove = (): void => {
    clusters?.ask();
    later();
  };
  map.on('moveend resize', onMove);
  return {
    sync: (next) => {
      looks = next;
      show();
    },
    remove: () => {
      cancelAnimationFrame(frame);
      map.off('moveend resize', onMove);
      for (const { marker } of elements.values()) marker.remove();
      elements.clear();
      dots?.remove();
      clusters?.remove();
    },
  };
}
