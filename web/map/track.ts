/** The way that something has gone: a line with the times along it. */
import * as L from 'leaflet';
import { latLng } from './kit.ts';
import { type TrackPoint, trackParts, trackTimes } from './track-parts.ts';

/** Draws it; `timeOf` says a time. Answers its extent and how to take it away. */
export function drawTrack(
  map: L.Map,
  points: readonly TrackPoint[],
  timeOf: (at: number) => string,
): { extent: L.LatLngBounds | null; remove: () => void } {
  const group = L.featureGroup();
  for (const part of trackParts(points))
    group.addLayer(
      L.polyline(
        part.map(({ position }) => latLng(position)),
        { className: 'map-track', interactive: false, weight: 4 },
      ),
    );
  for (const { position, at } of trackTimes(points)) {
    const words = document.createElement('span');
    words.textContent = timeOf(at);
    group.addLayer(L.circleMarker(latLng(position), { className: 'map-track-stop', interactive: false, radius: 4 }));
    group.addLayer(
      L.marker(latLng(position), {
        icon: L.divIcon({ html: words, className: 'map-track-time', iconSize: [0, 0] }),
        interactive: false,
        keyboard: false,
      }),
    );
  }
  group.addTo(map);
  return { extent: points.length > 0 ? group.getBounds() : null, remove: () => group.remove() };
}
