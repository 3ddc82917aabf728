/** Patrols on the map: how sure their place is shows in the shape of the sign, not only in its colour. */
import type * as L from 'leaflet';
import type { PatrolRow, PatrolStatus } from '../../shared/patrols.ts';
import type { Fix } from '../../shared/positions.ts';
import type { Freshness } from '../../shared/shelters.ts';
import type { MarkerLook } from '../map/look.ts';
import { createMarkers } from '../map/markers.ts';
import { fixAge, type FixLimits } from './age.ts';

const tones: Record<PatrolStatus, string> = {
  free: 'tone-ok',
  busy: 'tone-info',
  break: 'tone-quiet',
  ended: 'tone-quiet',
};
const shades: Record<Freshness, string> = { fresh: '', ageing: 'hollow', stale: 'dashed' };

export interface PatrolsOnMap {
  patrols: readonly PatrolRow[];
  fixes: ReadonlyMap<number, Fix>;
  now: Date;
  limits: FixLimits;
  selectedId: string | null;
}
export interface PatrolLayer {
  sync: (picture: PatrolsOnMap) => void;
  remove: () => void;
}
interface Options {
  title: (row: PatrolRow, fix: Fix, age: Freshness) => string;
  onPick: (id: string) => void;
}

export function createPatrolLayer(map: L.Map, { title, onPick }: Options): PatrolLayer {
  const markers = createMarkers(map, { size: 26, onPick });
  const lookOf = (row: PatrolRow, { fixes, now, limits, selectedId }: PatrolsOnMap): MarkerLook | null => {
    const fix = fixes.get(row.num);
    if (!fix) return null;
    const age = fixAge(fix.at, now, limits);
    return {
      id: row.id,
      position: fix.position,
      title: () => title(row, fix, age),
      stamp: row,
      className: `round ${tones[row.status]} ${shades[age]}`,
      text: age === 'stale' ? '?' : row.vehicleId === null ? '⊙' : '▲',
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
