/** Known places on the map: small quiet diamonds under everything else. */
import type * as L from 'leaflet';
import type { SiteRow } from '../../shared/sites.ts';
import type { MarkerLook } from '../map/look.ts';
import { createMarkers } from '../map/markers.ts';

export interface SiteLayer {
  sync: (sites: readonly SiteRow[]) => void;
  remove: () => void;
}
/** The layer; `title` says a known place in words, `onPick` hears a click or Enter. */
export function createSiteLayer(
  map: L.Map,
  { title, onPick }: { title: (row: SiteRow) => string; onPick: (id: string) => void },
): SiteLayer {
  // the box is the target of a finger, the sign in it is smaller
  const markers = createMarkers(map, { size: 24, onPick });
  const lookOf = (row: SiteRow): MarkerLook => ({
    id: row.id,
    position: row.position.coordinates,
    title: () => title(row),
    stamp: row,
    className: 'diamond hollow tone-quiet',
    text: '',
    label: '',
    above: -1000,
    selected: false,
  });
  return {
    sync: (sites) => markers.sync(sites.filter(({ active }) => active).map(lookOf)),
    remove: markers.remove,
  };
}
