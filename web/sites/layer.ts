/** Known places on the map: small quiet diamonds under everything else, key areas with their outline; what is overdue stands out. */
import * as L from 'leaflet';
import type { SiteRow } from '../../shared/sites.ts';
import '../map/draw.css';
import type { MarkerLook } from '../map/look.ts';
import { createMarkers } from '../map/markers.ts';
import { visitState } from './visits.ts';

export interface SiteLayer {
  sync: (sites: readonly SiteRow[], now: Date) => void;
  remove: () => void;
}
interface Drawn {
  site: SiteRow;
  overdue: boolean;
  shape: L.GeoJSON;
}
/** The layer; `title` says a known place in words, `onPick` hears a click or Enter. */
export function createSiteLayer(
  map: L.Map,
  { title, onPick }: { title: (row: SiteRow) => string; onPick: (id: string) => void },
): SiteLayer {
  // the box is the target of a finger, the sign in it is smaller
  const markers = createMarkers(map, { size: 24, onPick });
  // above the areas, which are drawn anew whenever they are switched on
  const pane = map.getPane('keyAreas') ?? map.createPane('keyAreas');
  pane.style.zIndex = '410';
  const shapes = new Map<string, Drawn>();
  const lookOf = (row: SiteRow, overdue: boolean): MarkerLook => ({
    id: row.id,
    position: row.position.coordinates,
    title: () => title(row),
    stamp: `${String(row.version)} ${String(overdue)}`,
    className: overdue ? 'triangle tone-danger' : 'diamond hollow tone-quiet',
    text: overdue ? '!' : '',
    label: '',
    above: overdue ? -900 : -1000,
    selected: false,
  });
  const outline = (site: SiteRow, overdue: boolean): void => {
    const known = shapes.get(site.id);
    if (known?.site === site && known.overdue === overdue) return;
    known?.shape.remove();
    shapes.delete(site.id);
    if (site.outline === null) return;
    const shape = L.geoJSON(site.outline, {
      pane: 'keyAreas',
      interactive: false,
      style: { className: overdue ? 'map-key-area overdue' : 'map-key-area' },
    }).addTo(map);
    shapes.set(site.id, { site, overdue, shape });
  };
  return {
    sync: (sites, now) => {
      const shown = sites.filter(({ active }) => active);
      const overdue = new Set(shown.filter((site) => visitState(site, now) === 'overdue').map(({ id }) => id));
      markers.sync(shown.map((site) => lookOf(site, overdue.has(site.id))));
      for (const site of shown) outline(site, overdue.has(site.id));
      const wanted = new Set(shown.map(({ id }) => id));
      for (const [id, { shape }] of shapes) {
        if (wanted.has(id)) continue;
        shape.remove();
        shapes.delete(id);
      }
    },
    remove: () => {
      markers.remove();
      for (const { shape } of shapes.values()) shape.remove();
    },
  };
}
