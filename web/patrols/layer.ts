/** Patrols on the map: how sure their place is shows in the shape of the sign, not only in its colour. */
import type * as L from 'leaflet';
import type { PatrolRow, PatrolStatus } from '../../shared/patrols.ts';
import type { Fix } from '../../shared/positions.ts';
import type { MarkerLook } from '../map/look.ts';
import { createMarkers } from '../map/markers.ts';
import type { Signal, SignalState } from './age.ts';

const tones: Record<PatrolStatus, string> = {
  free: 'tone-ok',
  busy: 'tone-info',
  break: 'tone-quiet',
  ended: 'tone-quiet',
};
const shades: Record<SignalState, string> = {
  moving: '',
  still: '',
  untracked: 'hollow',
  silent: 'dashed',
  none: 'dashed',
};
/** what stands on the sign instead of how they travel */
const signs: Partial<Record<SignalState, string>> = { still: '■', untracked: '?', silent: '×', none: '?' };

export interface PatrolsOnMap {
  patrols: readonly PatrolRow[];
  fixes: ReadonlyMap<number, Fix>;
  signal: (row: PatrolRow) => Signal;
  selectedId: string | null;
}
export interface PatrolLayer {
  sync: (picture: PatrolsOnMap) => void;
  remove: () => void;
}
interface Options {
  title: (row: PatrolRow, signal: Signal) => string;
  onPick: (id: string) => void;
}

export function createPatrolLayer(map: L.Map, { title, onPick }: Options): PatrolLayer {
  const markers = createMarkers(map, { size: 26, onPick });
  const lookOf = (row: PatrolRow, { fixes, signal, selectedId }: PatrolsOnMap): MarkerLook | null => {
    const fix = fixes.get(row.num);
    if (!fix) return null;
    const now = signal(row);
    return {
      id: row.id,
      position: fix.position,
      title: () => title(row, now),
      stamp: row,
      className: `round ${tones[row.status]} ${shades[now.state]}`,
      text: signs[now.state] ?? (row.vehicleId === null ? '⊙' : '▲'),
      label: row.name,
      above: 4000,
      selected: row.id === selectedId,
    };
  };
  return {
    sync: (picture) => markers.sync(picture.patrols.map((row) => lookOf(row, picture)).filter((look) => look !== null)),
    remove: markers.remove,
  };
}
