/** One round on the map: its stops in their order, the reach of each, and the way between them. */
import * as L from 'leaflet';
import type { RoundStop, RunStop } from '../../shared/rounds.ts';
import '../map/draw.css';
import { latLng } from '../map/kit.ts';

export interface WayLayer {
  /** Draws these stops in place of those before; `bring` moves the view to them. */
  draw: (stops: readonly (RoundStop | RunStop)[], bring: boolean) => void;
  remove: () => void;
}
/** The layer; `title` says a stop in words, `onPick` hears a click or Enter on one. */
export function createWayLayer(
  map: L.Map,
  { title, onPick }: { title: (stop: RoundStop | RunStop, at: number) => string; onPick: (stop: RoundStop) => void },
): WayLayer {
  // above the areas, which are drawn anew whenever they are switched on
  const pane = map.getPane('way') ?? map.createPane('way');
  pane.style.zIndex = '415';
  const group = L.featureGroup().addTo(map);
  return {
    draw: (stops, bring) => {
      group.clearLayers();
      const next = stops.find((stop) => 'state' in stop && stop.state === 'todo')?.id;
      group.addLayer(
        L.polyline(
          stops.map(({ position }) => latLng(position.coordinates)),
          { pane: 'way', className: 'map-drawn', interactive: false },
        ),
      );
      for (const [at, stop] of stops.entries()) {
        const place = latLng(stop.position.coordinates);
        group.addLayer(
          L.circle(place, { pane: 'way', radius: stop.radiusM, className: 'map-reach', interactive: false }),
        );
        const sign = document.createElement('span');
        sign.className = ['map-stop', 'state' in stop ? stop.state : '', stop.id === next ? 'next' : ''].join(' ');
        sign.textContent = String(at + 1);
        const words = title(stop, at);
        const marker = L.marker(place, {
          // beside its place: whatever stands there, such as a patrol, stays in sight
          icon: L.divIcon({ html: sign, className: 'map-drawn-sign', iconSize: [30, 30], iconAnchor: [34, 34] }),
          title: words,
          zIndexOffset: 3_000,
        });
        marker.on('add', () => {
          const box = marker.getElement();
          box?.setAttribute('aria-label', words);
          box?.addEventListener('keydown', (event) => {
            if (event.key !== 'Enter' && event.key !== ' ') return;
            event.preventDefault();
            event.stopPropagation();
            onPick(stop);
          });
        });
        marker.on('click', () => onPick(stop));
        group.addLayer(marker);
      }
      const bounds = L.latLngBounds(stops.map(({ position }) => latLng(position.coordinates)));
      if (bring && bounds.isValid()) map.fitBounds(bounds, { padding: [60, 60], maxZoom: 16, animate: false });
    },
    remove: () => group.remove(),
  };
}
