/** Shelters on the map with what is free, and those that have more people than places. */
import type * as L from 'leaflet';
import type { PlaceUnit, ShelterRow } from '../../shared/shelters.ts';
import type { MarkerLook } from '../map/look.ts';
import { createMarkers } from '../map/markers.ts';

const tones: Record<ShelterRow['status'], string> = { open: 'tone-ok', full: 'tone-warn', closed: 'tone-quiet' };

export interface ShelterOnMap {
  row: ShelterRow;
  /** beds free now; seats where a house has no bed */
  free: number;
  unit: PlaceUnit;
  /** people beyond the places there are */
  over: number;
  /** by its hours */
  openNow: boolean;
}
export interface ShelterLayer {
  sync: (shelters: readonly ShelterOnMap[]) => void;
  remove: () => void;
}

/** What stands in the mark, so that its colour is never the only cue. */
const sign = ({ row, free, over, openNow }: ShelterOnMap): string => {
  if (over > 0) return `+${String(over)}`;
  if (row.status === 'full') return '0';
  return row.status === 'open' && openNow ? String(free) : '×';
};
const tone = ({ row, over, openNow }: ShelterOnMap): string => {
  if (over > 0) return 'tone-danger';
  return row.status === 'open' && !openNow ? tones.closed : tones[row.status];
};

export function createShelterLayer(
  map: L.Map,
  { title, onPick }: { title: (shelter: ShelterOnMap) => string; onPick: (id: string) => void },
): ShelterLayer {
  const markers = createMarkers(map, { size: 26, onPick });
  const lookOf = (shelter: ShelterOnMap): MarkerLook | null => {
    const { row } = shelter;
    if (!row.position) return null;
    return {
      id: row.id,
      position: row.position.coordinates,
      title: () => title(shelter),
      stamp: `${String(row.version)} ${String(shelter.free)} ${tone(shelter)}`,
      className: `house hollow ${tone(shelter)}`,
      text: sign(shelter),
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
