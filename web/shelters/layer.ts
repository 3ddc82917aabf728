/** Shelters on the map with what is free. */
import type * as L from 'leaflet';
import type { ShelterRow } from '../../shared/shelters.ts';
import type { MarkerLook } from '../map/look.ts';
import { createMarkers } from '../map/markers.ts';

const tones: Record<ShelterRow['status'], string> = { open: 'tone-ok', full: 'tone-warn', closed: 'tone-quiet' };

export interface ShelterOnMap {
  row: ShelterRow;
  free: number;
}
export interface ShelterLayer {
  sync: (shelters: readonly ShelterOnMap[]) => void;
  remove: () => void;
}

export function createShelterLayer(
  map: L.Map,
  { title, onPick }: { title: (shelter: ShelterOnMap) => string; onPick: (id: string) => void },
): ShelterLayer {
  const markers = createMarkers(map, { size: 26, onPick });
  const lookOf = (shelter: ShelterOnMap): MarkerLook | null => {
    const { row, free } = shelter;
    if (!row.position) return null;
    return {
      id: row.id,
      position: row.position.coordinates,
      title: () => title(shelter),
      stamp: row,
      className: `house hollow ${tones[row.status]}`,
      text: row.status === 'open' ? String(free) : row.status === 'full' ? '0' : '×',
      label: '',
      above: 0,
      selected: false,
    };
  };
  return {
    sync: (shelters) => markers.sync(shelters.map(lookOf).filter((look) => look !== null)),
    remove: markers.remove,
  };
}
