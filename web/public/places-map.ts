/** Warm places on a map; loaded only when the reader asks for it. */
import type { LonLat } from '../../shared/geo.ts';
import type { BaseMap } from '../../shared/tiles.ts';
import { createMap, latLng, type MapWords } from '../map/kit.ts';
import { createMarkers } from '../map/markers.ts';
import { drawOutlines, type Outline } from '../map/outlines.ts';

export interface WarmPlace {
  id: string;
  name: string;
  position: LonLat;
}

/** Draws the places in `el`; `onPick` hears which one was chosen. */
export function showPlaces(
  el: HTMLElement,
  {
    places,
    outlines,
    tiles,
    words,
    onPick,
  }: {
    places: readonly WarmPlace[];
    outlines: readonly Outline[];
    tiles: BaseMap | null;
    words: MapWords;
    onPick: (id: string) => void;
  },
): void {
  const kit = createMap(el, { tiles, words });
  drawOutlines(kit.leaflet, outlines);
  const [first, ...others] = places.map(({ position }) => latLng(position));
  if (first) kit.setExtent(others.reduce((extent, spot) => extent.extend(spot), first.toBounds(1_000)));
  createMarkers(kit.leaflet, { size: 44, onPick }).sync(
    places.map(({ id, name, position }) => ({
      id,
      position,
      title: name,
      className: 'warm-sign tone-ok',
      text: '',
      label: name,
      above: 0,
      selected: false,
    })),
  );
}
